"""What the inputs of a harness reach: `python -m fuzz.covered [--result FILE] [NAME ...]`.

Each harness says in `READS` for which modules it is; a package stands for all in it.  This
says how many of the branches in them its seeds, fixtures and grown corpus take, and how
long the slowest of these inputs takes.  It needs no atheris.

Rules.
- A branch is one of the ways on from a line that has more than one, as coverage.py counts
  them.
- Times are measured without coverage, each input once, in a process of their own.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import logging
import multiprocessing
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from fuzz.corpus import seed_directories, unpack
from fuzz.engine import HARNESSES, load, reads
from fuzz.outcome import append_result
from fuzz.slow import seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Branches", "Covered", "count_branches", "inputs_of", "main", "measure"]

_Value = TypeVar("_Value")


class Branches(NamedTuple):
    """How many branches modules have, and how many were taken."""

    taken: int
    all: int


class Covered(NamedTuple):
    """What the inputs of a harness reach.

    Args:
        harness: Its name.
        inputs: How many there are.
        branches: Those that there are in what it reads.
        taken: How many of them were taken.
        slowest_seconds: What the slowest input takes.
        slowest_octets: How long that is.
        modules: What each module has and how much of it was taken, the least first.
    """

    harness: str
    inputs: int
    branches: int
    taken: int
    slowest_seconds: float
    slowest_octets: int
    modules: dict[str, Branches]

    def __str__(self) -> str:
        """Return the line that a person reads."""
        percent = 100 * self.taken / self.branches if self.branches else 100.0
        return (
            f"{self.harness:16} {self.inputs:>5} inputs {percent:>6.1f} % of {self.branches:>5}"
            f" branches, slowest {self.slowest_seconds * 1000:.1f} ms"
        )


def inputs_of(name: str) -> list[bytes]:
    """Return all that a run of a harness starts from."""
    seeds = [
        path.read_bytes()
        for directory in seed_directories(name)
        for path in sorted(directory.iterdir())
        if path.is_file()
    ]
    return [*seeds, *unpack(name).values()]


def measure(name: str) -> Covered:
    """Return what the inputs of a harness reach."""
    modules = _in_new_process(count_branches, name)
    seconds, octets = max(_in_new_process(_times, name))
    return Covered(
        harness=name,
        inputs=len(inputs_of(name)),
        branches=sum(each.all for each in modules.values()),
        taken=sum(each.taken for each in modules.values()),
        slowest_seconds=seconds,
        slowest_octets=octets,
        modules=modules,
    )


def count_branches(name: str) -> dict[str, Branches]:
    """Return the branches of what a harness reads, module by module, the worst first.

    In this process, which must not have imported them before.
    """
    from coverage import Coverage

    logging.disable()  # mail-parser's lines
    with tempfile.TemporaryDirectory() as folder:
        measured = Coverage(branch=True, source=["dsnlib"], data_file=None, config_file=False)
        measured.exclude("if TYPE_CHECKING:")
        measured.start()
        check = load(name)
        files = {_file(module): module for module in _modules(reads(name))}
        for data in inputs_of(name):
            check(data)
        measured.stop()
        report = Path(folder, "report.json")
        measured.json_report(outfile=str(report), include=list(files))
        found = json.loads(report.read_text(encoding="utf-8"))["files"]
    counted = {
        files[str(Path(path).resolve())]: Branches(
            told["summary"]["covered_branches"], told["summary"]["num_branches"]
        )
        for path, told in found.items()
    }
    return dict(sorted(counted.items(), key=lambda each: each[1].taken - each[1].all))


def _times(name: str) -> list[tuple[float, int]]:
    inputs = inputs_of(name)
    return [
        (taken, len(data))
        for taken, data in zip(seconds_of(name, inputs, warm=inputs[:20]), inputs, strict=True)
    ]


def _modules(names: tuple[str, ...]) -> Iterator[str]:
    """Yield names of modules, for a package all that are in it."""
    for name in names:
        found = importlib.util.find_spec(name)
        if found is None:
            message = f"READS: there is no {name}"
            raise ModuleNotFoundError(message)
        folder = Path(found.origin or "").parent
        if found.submodule_search_locations is None:
            yield name
            continue
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            yield ".".join([name, *parts]).removesuffix(".__init__")


def _file(module: str) -> str:
    found = importlib.util.find_spec(module)
    return str(Path((found and found.origin) or "").resolve())


def _in_new_process(function: Callable[[str], _Value], name: str) -> _Value:
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned) as pool:
        return pool.submit(function, name).result()


def main() -> int:
    """Measure the harnesses that the command line names, one after the other."""
    parser = argparse.ArgumentParser(
        prog="python -m fuzz.covered", description="Say what the inputs of a harness reach."
    )
    parser.add_argument(
        "--result", type=Path, metavar="FILE", help="append a line of JSON for each to FILE"
    )
    parser.add_argument("--modules", action="store_true", help="tell of each module as well")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(HARNESSES))
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(HARNESSES))
    if unknown:
        parser.error(f"no harness is called {', '.join(unknown)}")
    for name in given.names or HARNESSES:
        covered = measure(name)
        print(covered, flush=True)
        for module, branches in covered.modules.items() if given.modules else ():
            print(f"    {branches.taken:>5} of {branches.all:>5}  {module}")
        if given.result:
            append_result(given.result, json.dumps(covered._asdict()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
