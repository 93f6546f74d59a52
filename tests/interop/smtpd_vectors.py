"""Replay SMTP sessions with a Postfix, and tell where we would answer otherwise.

    python -m tests.interop.smtpd_vectors DIR [--misses N] [--config DIR] [--socket]

DIR has a transcript for each case; `smtpd_transcript` says how they are written.  The
configuration is that of --config, else that in DIR/../../config, else that of the shared
vectors (`DSNLIB_SHARED`, or `../shared`).  One line a case, and at the end how many lines
of replies agree.  The labels are those of docs/decisions/0011.

Rules.  A line agrees if its reply code and its status do.  The words are compared where
a table of the site gives them; ours are our own.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import DsnError
from tests.interop.smtpd_choices import label_of
from tests.interop.smtpd_session import ReplayedSession
from tests.interop.smtpd_site import read_listeners
from tests.interop.smtpd_transcript import read_transcript

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dsnlib.adapters.server.listener import Listener
    from dsnlib.model.reply import SmtpReply
    from dsnlib.replies.finding import Finding
    from tests.interop.smtpd_transcript import Transcript

__all__ = ["Difference", "Result", "compare_folder", "compare_transcript", "main"]

ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = Path(os.environ.get("DSNLIB_SHARED", ROOT.parent / "shared"))

_LINE = re.compile(r"([2-5][0-9]{2})[ -]?(?:([245]\.[0-9]{1,3}\.[0-9]{1,3})(?= |$))? ?(.*)")
# "<address>: what is refused: " before the words of a table, in theirs and in ours.
_FRAME = re.compile(r"<([^>]*)>: [A-Za-z ]+ (?:rejected|refused): (.*)")


@attrs.frozen(kw_only=True)
class Difference:
    """A line that is otherwise.

    Args:
        command: What was answered.
        expected: The line of the transcript, or `""`.
        actual: Ours, or `""`.
        label: Why, if it is by choice.
        words: Whether only the words of a table are otherwise.
    """

    command: str
    expected: str
    actual: str
    label: str | None = None
    words: bool = False

    def __str__(self) -> str:
        why = f" [{self.label}]" if self.label else ""
        return f"{self.command[:60]!r}: {self.expected!r} is {self.actual!r}{why}"


@attrs.frozen(kw_only=True)
class Result:
    """How a case went.

    Args:
        name: The case.
        lines: How many lines of replies it has.
        differences: Those that are otherwise.
    """

    name: str
    lines: int
    differences: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        if not self.differences:
            return f"{self.name}: agree"
        word = "chosen" if all(each.label for each in self.differences) else "DIFFERS"
        return f"{self.name}: {word}: {'; '.join(map(str, self.differences))}"


def compare_transcript(
    transcript: Transcript, listener: Listener, *, over_socket: bool = False
) -> Result:
    """Return what is otherwise in a session."""
    lines = 0
    differences: list[Difference] = []
    with ReplayedSession(listener, over_socket=over_socket) as session:
        for number, exchange in enumerate(transcript.exchanges):
            actual = session.answer(exchange.command) if number else session.greet()
            lines += len(exchange.reply)
            findings = session.findings if number and actual is not None else ()
            differences += _compare(exchange.command, exchange.reply, actual, findings)
    return Result(name=transcript.name, lines=lines, differences=tuple(differences))


def _compare(
    command: bytes,
    expected: tuple[str, ...],
    reply: SmtpReply | None,
    findings: tuple[Finding, ...],
) -> Iterator[Difference]:
    actual = () if reply is None else tuple(str(reply).split("\n"))
    text = command.decode("utf-8", "replace")
    longer = max(len(expected), len(actual))
    padded = (*expected, *[""] * (longer - len(expected)))
    for theirs, ours in zip(padded, (*actual, *[""] * (longer - len(actual))), strict=True):
        if _codes(theirs) != _codes(ours) or (
            # What EHLO announces is what has to be the same.
            theirs.startswith("250") and len(expected) > 1 and _words(theirs) != _words(ours)
        ):
            label = label_of(text, theirs, ours)
            yield Difference(command=text, expected=theirs, actual=ours, label=label)
        elif findings and findings[-1].source and not _says_same(theirs, ours):
            yield Difference(command=text, expected=theirs, actual=ours, words=True)


def _codes(line: str) -> tuple[str, str]:
    found = _LINE.fullmatch(line)
    return ("", "") if found is None else (found[1], found[2] or "")


def _words(line: str) -> str:
    found = _LINE.fullmatch(line)
    return "" if found is None else found[3]


def _says_same(theirs: str, ours: str) -> bool:
    """Tell whether two lines have the words of one table, about one address."""
    expected, actual = _FRAME.search(theirs), _FRAME.search(ours)
    if expected is None or actual is None:
        return True
    has_own_words = expected[2] not in _BUILT_IN
    return expected[1] == actual[1] and (not has_own_words or expected[2] == actual[2])


# What Postfix says where a table has no words; what we say is ours.
_BUILT_IN = frozenset({"Access denied", "Service unavailable"})


def compare_folder(
    folder: Path, config: Path | None = None, *, over_socket: bool = False
) -> Iterator[Result]:
    """Yield how the transcripts of a folder went, by name.

    Raises:
        DsnError: The configuration cannot be used.
        OSError: It cannot be read.
    """
    listeners = read_listeners(_config(folder, config))
    for path in sorted(folder.glob("*.txt")):
        yield _compare_path(path, listeners, over_socket=over_socket)


def _compare_path(path: Path, listeners: Mapping[int, Listener], *, over_socket: bool) -> Result:
    try:
        transcript = read_transcript(path)
        listener = listeners[transcript.port]
        return compare_transcript(transcript, listener, over_socket=over_socket)
    except (DsnError, ValueError, KeyError) as error:
        fault = Difference(command="", expected="", actual=f"{type(error).__name__}: {error}")
        return Result(name=path.stem, lines=1, differences=(fault,))


def _config(folder: Path, config: Path | None) -> Path:
    if config is not None:
        return config
    beside = folder.resolve().parent.parent / "config"
    return beside if (beside / "main.cf").is_file() else SHARED / "postfix" / "config"


def main(arguments: list[str] | None = None) -> int:
    """Run the program; return 1 if more lines differ than may."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop.smtpd_vectors")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--misses", type=int, default=0, metavar="N", help="lines that may differ")
    parser.add_argument("--config", type=Path, metavar="DIR", help="the configuration")
    parser.add_argument("--socket", action="store_true", help="over a socket of the loopback")
    options = parser.parse_args(arguments)
    # What the server says of the tables is not what is compared.
    logging.getLogger("dsnlib.server").addHandler(logging.NullHandler())
    results = list(compare_folder(options.folder, options.config, over_socket=options.socket))
    for result in results:
        sys.stdout.write(f"{result}\n")
    lines = sum(result.lines for result in results)
    missed = sum(len(result.differences) for result in results)
    agreed = sum(not result.differences for result in results)
    share = 100 * (lines - missed) / max(lines, 1)
    chosen = sum(bool(each.label) for result in results for each in result.differences)
    sys.stdout.write(
        f"{agreed} of {len(results)} sessions agree in every line\n"
        f"{chosen} of the {missed} lines that do not are by choice; {share:.1f} % do\n"
        f"{lines - missed} of {lines} agree\n"
    )
    return int(missed > options.misses or not results)


if __name__ == "__main__":
    sys.exit(main())
