"""Replay what a Postfix did, and tell where we would do otherwise.

    python -m tests.interop.postfix_vectors DIR [--misses N] [--config DIR]

DIR has a folder for each case; `postfix_case` says what is in one.  The files of
the site are those of --config, else those in DIR/../../config, else those of the
shared vectors (`DSNLIB_SHARED`, or `../shared`) if these come from the same host.
One line a case, and at the end how many agree.  The labels are those of
docs/decisions/0010.

Rules.  Number, addressees, recipients, actions and status are the same in a case
that agrees; what else is otherwise has a label.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import DsnError
from dsnlib.model.text import decode_wire
from tests.interop.postfix_case import greeting_host, read_case
from tests.interop.postfix_choices import Difference
from tests.interop.postfix_compare import compare_notices
from tests.interop.postfix_replay import replay
from tests.interop.postfix_site import read_site

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.interop.postfix_case import Case

__all__ = ["Result", "compare_case", "compare_folder", "main"]

ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = Path(os.environ.get("DSNLIB_SHARED", ROOT.parent / "shared"))


@attrs.frozen
class Result:
    """How a case went.

    Args:
        name: The case.
        differences: What is not the same.
    """

    name: str
    differences: tuple[Difference, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether nothing is otherwise but what was chosen."""
        return not any(each.is_miss for each in self.differences)

    @property
    def labels(self) -> frozenset[str | None]:
        """Why it does not agree; `None` is among them if that is not known."""
        return frozenset(
            each.label
            for each in self.differences
            # The number follows from what only one of us sends.
            if each.is_miss and each.field != "number"
        )

    def __str__(self) -> str:
        if not self.differences:
            return f"{self.name}: agree"
        word = "chosen difference" if self.agrees else "DIFFERS"
        shown = [each for each in self.differences if self.agrees or each.is_miss]
        return f"{self.name}: {word}: {'; '.join(map(str, dict.fromkeys(shown)))}"


def compare_case(case: Case) -> Result:
    """Return what is otherwise in a case.

    Raises:
        DsnError: Something in it does not go into a value of ours.
    """
    replayed = replay(case)
    differences = compare_notices(replayed.sent, case.notices, replayed.marks)
    return Result(case.name, (*differences, *replayed.differences))


def compare_folder(folder: Path, config: Path | None = None) -> Iterator[Result]:
    """Yield how the cases of a folder went, by name; what cannot be replayed differs.

    Args:
        folder: The folder.
        config: Where the files of the site are; if not given they are looked for.
    """
    site = read_site(folder.resolve().parent.parent / "config" if config is None else config)
    cases = sorted(path for path in folder.iterdir() if (path / "session.txt").is_file())
    if site.folder is None:
        host = _greeting_host(cases)
        shared = read_site(SHARED / "postfix" / "config")
        site = shared if host == shared.host else site
        if site.folder is None and host is not None:
            site = site.with_settings(f"myhostname = {host}")
    for path in cases:
        try:
            yield compare_case(read_case(path, site))
        except (DsnError, ValueError) as error:
            yield Result(path.name, (Difference("replay", str(error), "", is_grave=True),))


def _greeting_host(cases: Sequence[Path]) -> str | None:
    """Return the name that most greetings have: sendmail(1) is told none."""
    sessions = [decode_wire((path / "session.txt").read_bytes()) for path in cases]
    hosts = Counter(host for each in sessions if (host := greeting_host(each)) is not None)
    return hosts.most_common(1)[0][0] if hosts else None


def main(arguments: list[str] | None = None) -> int:
    """Run the program; return 1 if more cases miss than may."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop.postfix_vectors")
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder for each case")
    parser.add_argument("--misses", type=int, default=0, metavar="N", help="how many may differ")
    parser.add_argument("--config", type=Path, metavar="DIR", help="the files of the site")
    options = parser.parse_args(arguments)
    results = []
    for result in compare_folder(options.folder, options.config):
        results.append(result)
        sys.stdout.write(f"{result}\n")
    agreeing = sum(result.agrees for result in results)
    sys.stdout.write(f"{agreeing} of {len(results)} agree\n")
    return int(len(results) - agreeing > options.misses)


if __name__ == "__main__":
    sys.exit(main())
