"""Is what we publish complete, the same every time, and usable: `make package-check`.

    python -m tests.packaging.check                       every extra but the big ones
    python -m tests.packaging.check --extras cli,smtp     these alone
    python -m tests.packaging.check --extras ray          a big one
    python -m tests.packaging.check --python python3.13   with another Python

Builds wheel and sdist twice, under other circumstances, and the wheel once more from the
sdist; compares them octet by octet; looks into them; installs the wheel into a fresh
environment for each extra, and runs there what the extra is for (`uses`).
"""

from __future__ import annotations

import argparse
import hashlib
import shlex
import shutil
import sys
import tarfile
import tempfile
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from tests.packaging.archives import (
    ROOT,
    Circumstances,
    build,
    copy_tree,
    metadata_faults,
    sdist_faults,
    wheel_faults,
)
from tests.packaging.interpreters import Interpreter, here
from tests.packaging.uses import BARE, USES, Use, uses_of

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence

__all__ = ["build_wheel", "check_archives", "check_extra", "extras_of", "main", "run_use"]

# Two people, in two places, on two days.
FIRST = Circumstances(
    umask=0o022,
    touched=1_600_000_000,
    environment={"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
)
SECOND = Circumstances(
    umask=0o077,
    touched=1_700_000_001,
    environment={"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2", "USER": "other"},
)
_COMMANDS = ("dsnlib", "dsnlib-sendmail")
_SMOKE = Path(__file__).resolve().parent / "smoke"
# A command of a smoke test that takes longer hangs.
_TIMEOUT_SECONDS = 300


@attrs.frozen
class Archives:
    """What was built.

    Args:
        wheel: The wheel.
        sdist: The sdist.
        faults: What is wrong with them.
    """

    wheel: Path
    sdist: Path
    faults: tuple[str, ...]


def check_archives(directory: Path) -> Archives:
    """Build all three, and return them with what is wrong.

    Args:
        directory: An empty one for trees and archives.
    """
    built = []
    source = ROOT
    for name, circumstances in (("one", FIRST), ("another/place", SECOND)):
        tree = directory / name / "tree"
        copy_tree(tree, circumstances, source)
        source = tree  # somebody may be writing in the first
        built.append(build(tree, directory / name / "dist", circumstances))
    (sdist, wheel), others = built
    faults = [
        f"{path.name}: two builds differ"
        for path, other in zip((sdist, wheel), others, strict=True)
        if _digest(path) != _digest(other)
    ]
    with tarfile.open(sdist) as archive:
        archive.extractall(directory / "unpacked", filter="data")
    (unpacked,) = (directory / "unpacked").iterdir()
    (from_sdist,) = build(unpacked, directory / "from-sdist", SECOND, "wheel")
    if _digest(from_sdist) != _digest(wheel):
        faults.append(f"{wheel.name}: from the sdist it is another")
    tree = directory / "one" / "tree"
    faults += [*wheel_faults(wheel, tree), *sdist_faults(sdist), *metadata_faults(wheel, _COMMANDS)]
    return Archives(wheel, sdist, tuple(faults))


def build_wheel(directory: Path) -> Path:
    """Return the wheel of the tree, built in an empty directory."""
    copy_tree(directory / "tree", FIRST)
    (wheel,) = build(directory / "tree", directory / "dist", FIRST, "wheel")
    return wheel


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_extra(wheel: Path, extra: str, directory: Path, python: Interpreter) -> list[str]:
    """Install the wheel with an extra, use it, and return what went wrong.

    Args:
        wheel: The wheel.
        extra: The extra; `BARE` for none.
        directory: An empty one for the environment and its work.
        python: The interpreter of the environment.
    """
    python.run("-m", "venv", str(directory / "venv"))
    there = attrs.evolve(python, program=str(directory / "venv/bin/python"))
    there.run(
        "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        f"{wheel}[{extra}]" if extra else str(wheel),
    )  # fmt: skip
    work = directory / "work"
    work.mkdir()
    shutil.copytree(ROOT / "docs/examples", work / "examples")
    shutil.copytree(_SMOKE, work / "smoke")
    installed = extras_of(extra)
    faults = [fault for use in uses_of(installed) for fault in run_use(use, there, work)]
    if not extra:
        for uses in USES.values():
            faults += [fault for use in uses for fault in _refusal(use, there, work)]
    return faults


def extras_of(extra: str) -> frozenset[str]:
    """Return the extras that one brings: itself, or those that `all` names."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for requirement in declared["project"]["optional-dependencies"].get(extra, ()):
        if requirement.startswith("dsnlib["):
            return frozenset(requirement[len("dsnlib[") : -1].split(","))
    return frozenset({extra} - {BARE})


def run_use(use: Use, python: Interpreter, work: Path) -> Iterator[str]:
    """Run a command where its extra is, and yield what is wrong."""
    done = _run(use, python, work)
    printed = done.stdout + done.stderr
    if done.returncode != use.exit or use.shows not in printed or "Traceback" in printed:
        yield f"{use.command}: exit {done.returncode}\n{_indented(printed)}"


def _refusal(use: Use, python: Interpreter, work: Path) -> Iterator[str]:
    """Run a command where its extra is not, and yield what is wrong."""
    if use.extra == BARE or not use.names_extra:
        return
    done = _run(use, python, work)
    last = [line for line in done.stderr.splitlines() if line][-1:]
    if (
        not done.returncode
        or "Traceback" in done.stderr
        or f"dsnlib[{use.extra}]" not in "".join(last)
    ):
        yield f"without the extra: {use.command}: exit {done.returncode}\n{_indented(done.stderr)}"


def _run(use: Use, python: Interpreter, work: Path) -> subprocess.CompletedProcess[str]:
    program, *words = shlex.split(use.command)
    if program == "dsnlib":
        words = ["-m", "dsnlib", *words]
    return python.start(*words, directory=work, timeout_seconds=_TIMEOUT_SECONDS)


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines()[-12:])


def main(arguments: Sequence[str] | None = None) -> int:
    """Check all, print a line for each step, return the exit code."""
    small = [BARE, *(extra for extra in USES if extra not in {BARE, "ray"}), "all"]
    parser = argparse.ArgumentParser(description="Check what is published.")
    parser.add_argument("--extras", help="these, with commas, instead of all small ones")
    parser.add_argument("--python", type=Interpreter, default=here(), help="the interpreter")
    chosen = parser.parse_args(arguments)
    extras = small if chosen.extras is None else chosen.extras.split(",")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dsnlib-package-") as folder:
        directory = Path(folder)
        archives = check_archives(directory)
        count = len(archives.faults)
        for path in (archives.sdist, archives.wheel):
            print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, sha256 {_digest(path)[:16]}")
        _tell("archives", archives.faults, start)
        for extra in extras:
            begun = time.monotonic()
            faults = check_extra(archives.wheel, extra, directory / f"with-{extra}", chosen.python)
            count += len(faults)
            _tell(f"dsnlib[{extra}]" if extra else "dsnlib", faults, begun)
    print(f"{count or 'no'} faults, {time.monotonic() - start:.0f} s")
    return int(count > 0)


def _tell(what: str, faults: Sequence[str], begun: float) -> None:
    print(
        f"{what:20} {'FAILED' if faults else 'fine'}, {time.monotonic() - begun:.0f} s", flush=True
    )
    print(
        *(f"  {fault}" for fault in faults), sep="\n", end="\n" if faults else "", file=sys.stderr
    )


if __name__ == "__main__":
    sys.exit(main())
