"""Run one harness: `python -m fuzz.engine NAME [ARGUMENT ...]`.

The arguments are libFuzzer's: directories of inputs, files to try once, and
`-max_total_time=60`.  Where atheris is not installed, every file named and every
file of a directory named is tried once.

The harnesses import neither this module nor atheris, so tests call their
`check` anywhere.  dsnlib is imported here under atheris's eyes: coverage is
counted only in modules that it saw being imported.
"""

from __future__ import annotations

import importlib
import logging
import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.slow import watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["HARNESSES", "load", "main", "reads"]

HARNESSES = tuple(
    sorted(path.stem.removeprefix("fuzz_") for path in Path(__file__).parent.glob("fuzz_*.py"))
)
_PREFIX = "-artifact_prefix="


def load(name: str) -> Callable[[bytes], None]:
    """Return the check function of a harness.

    Raises:
        ModuleNotFoundError: There is no harness of that name.
    """
    check: Callable[[bytes], None] = importlib.import_module(f"fuzz.fuzz_{name}").check
    return check


def reads(name: str) -> tuple[str, ...]:
    """Return the names of the modules and packages that a harness is for.

    Raises:
        ModuleNotFoundError: There is no harness of that name.
    """
    names: tuple[str, ...] = importlib.import_module(f"fuzz.fuzz_{name}").READS
    return names


def main(arguments: list[str]) -> int:
    """Fuzz until libFuzzer ends the process, or try each file once."""
    if not arguments or arguments[0] not in HARNESSES:
        print(f"usage: python -m fuzz.engine {{{','.join(HARNESSES)}}} [ARGUMENT ...]")
        return 2
    name, *rest = arguments
    logging.disable()  # mail-parser's lines would drown the traceback
    try:
        import atheris
    except ImportError:
        return _try_each(load(name), rest)
    with atheris.instrument_imports(include=["dsnlib"]):
        check = load(name)
        importlib.import_module("dsnlib.parse.fallback")  # imported late by design
    # libFuzzer leaves a signal alone that has a handler, and Python's would raise in a check.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for prefix in (each.removeprefix(_PREFIX) for each in rest if each.startswith(_PREFIX)):
        check = watch(check, prefix)
    # With -merge=1 libFuzzer starts itself again, by a shell.
    command = f"{shlex.quote(sys.executable)} -m fuzz.engine {name}"
    atheris.Setup([command, *rest], check)
    atheris.Fuzz()
    return 0


def _try_each(check: Callable[[bytes], None], arguments: list[str]) -> int:
    count = 0
    for path in _files(arguments):
        try:
            check(path.read_bytes())
        except Exception as error:  # noqa: BLE001  any exception is a finding
            print(f"{path}: {type(error).__name__}: {error}", file=sys.stderr)
            return 1
        count += 1
    print(f"tried {count} inputs once")
    return 0


def _files(arguments: list[str]) -> Iterator[Path]:
    for argument in arguments:
        path = Path(argument)
        if path.is_dir():
            yield from (each for each in sorted(path.rglob("*")) if each.is_file())
        elif path.is_file():
            yield path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
