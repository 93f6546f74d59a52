"""Count the faults that the tests notice: `make mutate`.

    make mutate                               all of dsnlib/model
    make mutate ARGS=dsnlib/policy            another package, or one module
    make mutate ARGS='--own dsnlib/model'     with each module's own tests alone
    make mutate ARGS='--again dsnlib/model'   only those that survived the last time

Method.  The tree is copied, because a run takes long and people go on working.
Each fault (`operators.py`) is given to a process of its own, forked from one
that has loaded pytest and hypothesis but neither the library nor a test, so no
cache hides it.  That process imports the faulty module from memory and runs the
module's own tests, the quick ones first, up to the first failure, then, if there
is none, the rest of the package's.  A fault is *killed* when a test fails or
cannot be collected, and *timeout* when the time limit ends it, which is as good.
What ends otherwise is an *error* of this tool and counts as survived.  Tests
that start a Python of their own see the module without its fault.

One line per fault goes to `build/mutation/<module>.txt`; those that survived are
shown.  The exit status is 1 when less than 90 % of a package are noticed.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis  # noqa: F401  before the fork, so that each process need not load it
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from tests.mutation.operators import Mutant, make_mutants  # noqa: E402  found by the line above

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import CodeType, ModuleType

REPORTS = ROOT / "build" / "mutation"
COPIED = ("dsnlib", "rfc", "tests", "pyproject.toml", "README.md")
GENERATED = {"_registry_data.py"}
AT_LEAST = 0.9

KILLED, TIMEOUT, SURVIVED, ERROR = "killed", "timeout", "survived", "error"
_OUTCOMES = {
    int(pytest.ExitCode.OK): SURVIVED,
    int(pytest.ExitCode.TESTS_FAILED): KILLED,
    int(pytest.ExitCode.INTERRUPTED): KILLED,  # a test module that cannot be collected
}
_LARGEST_MEMORY_OCTETS = 2 << 30


class _FaultyModule(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module from memory, and leaves all others to Python."""

    def __init__(self, name: str, path: Path, code: CodeType) -> None:
        self.name, self.path, self.code = name, path, code

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  the protocol's
        target: ModuleType | None = None,  # noqa: ARG002  the protocol's
    ) -> importlib.machinery.ModuleSpec | None:
        """Tell how the faulty module is loaded."""
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """Leave the module to Python."""

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module with what the faulty code defines."""
        exec(self.code, module.__dict__)  # noqa: S102  our own module


class _QuickFirst:
    """Puts the tests with one example before those with many, and else keeps the order."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Sort what was collected."""
        items.sort(
            key=lambda item: getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        )


def run_tests(path: Path, tree: ast.Module, tests: Sequence[str], limit_seconds: float) -> str:
    """Return how the tests end that meet `tree` where the module of `path` was."""
    child = os.fork()
    if not child:
        _run_in_child(path, tree, tests, limit_seconds)
    deadline = time.monotonic() + limit_seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return TIMEOUT if code == -signal.SIGXCPU else _OUTCOMES.get(code, ERROR)
        time.sleep(0.003)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return TIMEOUT


def _run_in_child(path: Path, tree: ast.Module, tests: Sequence[str], limit: float) -> None:
    status = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        seconds = int(limit + time.process_time()) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (_LARGEST_MEMORY_OCTETS, _LARGEST_MEMORY_OCTETS))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        name = ".".join(path.with_suffix("").parts)
        sys.meta_path.insert(0, _FaultyModule(name, path, compile(tree, str(path), "exec")))
        options = ["-x", "-q", "--tb=no", "--no-header", "-p", "no:cacheprovider"]
        status = int(pytest.main([*options, *tests], [_QuickFirst()]))
    finally:
        os._exit(status)


def _find_tests(path: Path) -> tuple[list[str], list[str]]:
    """Return the tests of the module, and the others of its package."""
    package = Path("tests", path.parent.name)
    everything = [
        *sorted(package.rglob("test_*.py")),
        *sorted(Path("tests/conformance").glob("test_*.py")),
    ]
    names = re.compile(rf"test_{path.stem}(_\w+)?\.py")  # one may be split by theme
    # What is true of all values of a package is tested in one place.
    common = {"test_values.py", "test_defaults.py"}
    own = [each for each in everything if names.fullmatch(each.name) or each.name in common]
    rest = [each for each in everything if each not in own]
    return [str(each) for each in own], [str(each) for each in rest]


class Suite:
    """The tests of a module, in the order in which a fault meets them."""

    def __init__(self, path: Path, tree: ast.Module, *, own_only: bool) -> None:
        own, rest = _find_tests(path)
        self.path = path
        self.stages: list[tuple[list[str], float]] = []
        for tests in (own, [] if own_only else rest):
            if not tests:
                continue
            start = time.monotonic()
            if run_tests(path, tree, tests, 600) != SURVIVED:
                sys.exit(f"{path}: the tests fail without a fault: {' '.join(tests)}")
            self.stages.append((tests, 5 + 4 * (time.monotonic() - start)))

    def judge(self, tree: ast.Module) -> str:
        """Return the outcome of the first tests that notice the fault."""
        for tests, limit in self.stages:
            outcome = run_tests(self.path, tree, tests, limit)
            if outcome != SURVIVED:
                return outcome
        return SURVIVED


def _find_modules(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        for each in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            if each.name not in GENERATED:
                yield each


def _report_of(path: Path) -> Path:
    return REPORTS / f"{'.'.join(path.with_suffix('').parts)}.txt"


def _read_report(path: Path) -> dict[str, str]:
    if not _report_of(path).exists():
        return {}
    lines = _report_of(path).read_text(encoding="utf-8").splitlines()
    return {told: outcome for outcome, _, told in (line.partition("\t") for line in lines)}


def _told(mutant: Mutant, seen: Counter[str]) -> str:
    """Return a line for the mutant that no other of the module has."""
    line = str(mutant).replace("\n", r"\n")
    seen[line] += 1
    return line if seen[line] == 1 else f"{line} ({seen[line]})"


def measure(path: Path, *, again: bool, own_only: bool) -> Counter[str]:
    """Try each fault of a module, write its report, and return the outcomes."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    before = _read_report(path) if again else {}
    suite: Suite | None = None
    outcomes: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for mutant in make_mutants(tree):
        told = _told(mutant, seen)
        outcome = before.get(told, SURVIVED)
        if outcome in (SURVIVED, ERROR):
            if suite is None:
                unharmed = ast.parse(path.read_text(encoding="utf-8"), str(path))
                suite = Suite(path, unharmed, own_only=own_only)
            outcome = suite.judge(tree)
            if outcome in (SURVIVED, ERROR):
                _say(f"{outcome}  {path}:{told}")
        outcomes[told] = outcome
    REPORTS.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{outcome}\t{told}\n" for told, outcome in outcomes.items())
    _report_of(path).write_text(text, encoding="utf-8")
    return Counter(outcomes.values())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _score(counts: Counter[str]) -> float:
    return (counts[KILLED] + counts[TIMEOUT]) / (counts.total() or 1)


def _line(name: str, counts: Counter[str]) -> str:
    figures = "  ".join(f"{counts[each]:4} {each}" for each in (KILLED, TIMEOUT, SURVIVED, ERROR))
    return f"{name:32} {_score(counts):6.1%}  {figures}"


def main() -> int:
    """Measure the modules that the command line names."""
    parser = argparse.ArgumentParser(description="Count the faults that the tests notice.")
    parser.add_argument("paths", nargs="*", type=Path, default=[Path("dsnlib/model")])
    parser.add_argument("--again", action="store_true", help="only what survived the last time")
    parser.add_argument("--own", action="store_true", help="only the module's own tests")
    options = parser.parse_args()
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"
    # Hypothesis' plug-in is of no use without its report; the others cost time.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    by_package: dict[Path, Counter[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, Path(folder, name))
            else:
                shutil.copy(ROOT / name, folder)
        os.chdir(folder)
        sys.path[:] = [folder, *(each for each in sys.path if each != str(ROOT))]
        for path in _find_modules(options.paths):
            start = time.monotonic()
            counts = measure(path, again=options.again, own_only=options.own)
            if not counts:
                continue  # a module that only says what it is for
            _say(f"{_line(str(path), counts)}  {time.monotonic() - start:5.0f} s")
            by_package.setdefault(path.parent, Counter()).update(counts)
        os.chdir(ROOT)
    for package, counts in by_package.items():
        _say(_line(f"{package}/", counts))
    return int(any(_score(counts) < AT_LEAST for counts in by_package.values()))


if __name__ == "__main__":
    sys.exit(main())
