"""Which Pythons there are, and whether the package works with each: `make pythons`.

    python -m tests.packaging.pythons                     what was found
    python -m tests.packaging.pythons --fetch             and what Debian has, unpacked
    python -m tests.packaging.pythons --check             the smoke tests, with each
    python -m tests.packaging.pythons --tests tests/model these tests, with each

Rules.
- A Python that is not there is told, not fetched: `--fetch` does that, where there is apt.
- Nothing of the system is changed: what is fetched is unpacked into `.pythons`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from tests.packaging.archives import ROOT
from tests.packaging.check import build_wheel, check_extra
from tests.packaging.fetch_python import fetch
from tests.packaging.interpreters import Interpreter, find_all
from tests.packaging.uses import BARE

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

# What the tests of the core, the adapters and the command need of the extra `test`: mypy,
# ruff and the fuzzer are for those who work on dsnlib, with one Python.
_TEST_LIBRARIES = (
    "hypothesis", "pytest", "pytest-benchmark", "jsonschema", "sybil", "trustme", "flufl.bounce",
    "hatchling", "django-anymail", "opentelemetry-sdk", "purepythonmilter",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what there is and what became of the checks, return the exit code."""
    parser = argparse.ArgumentParser(description="Find Pythons, and try the package with each.")
    parser.add_argument("--fetch", action="store_true", help="unpack what is missing")
    parser.add_argument("--check", action="store_true", help="run the smoke tests with each")
    parser.add_argument("--tests", nargs="+", metavar="PATH", default=[], help="run these tests")
    parser.add_argument("--only", metavar="VERSION", help="with this one alone: 3.14")
    chosen = parser.parse_args(arguments)
    if chosen.fetch:
        for version, python in find_all().items():
            if python is None:
                print(fetch(version))
    failures = 0
    for version, python in find_all().items():
        if python is None:
            print(f"{version:6} not found")
            continue
        where = python.program if python.root is None else f"{python.program} in {python.root}"
        print(f"{python.version():8} {where}", flush=True)
        if chosen.only in {None, version}:
            failures += _try(python, check=chosen.check, tests=chosen.tests)
    return int(failures > 0)


def _try(python: Interpreter, *, check: bool, tests: Sequence[str]) -> int:
    """Install and use the package with one Python, and return how much went wrong."""
    failures = 0
    with tempfile.TemporaryDirectory(prefix="dsnlib-python-") as folder:
        directory = Path(folder)
        if check:
            wheel = build_wheel(directory)
            for extra in (BARE, "all"):
                begun = time.monotonic()
                faults = check_extra(wheel, extra, directory / f"with-{extra}", python)
                print(f"  dsnlib[{extra}]: {len(faults)} faults, {time.monotonic() - begun:.0f} s")
                print(*faults, sep="\n", end="\n" if faults else "", file=sys.stderr, flush=True)
                failures += len(faults)
        if tests:
            failures += _run_tests(python, tests, directory)
    return failures


def _run_tests(python: Interpreter, tests: Sequence[str], directory: Path) -> int:
    python.run("-m", "venv", str(directory / "venv"))
    there = attrs.evolve(python, program=str(directory / "venv/bin/python"))
    there.run("-m", "pip", "install", "--quiet", f"{ROOT}[all]", *_TEST_LIBRARIES)
    done = subprocess.run(
        [
            *there.prefix(ROOT), there.program, "-m", "pytest", "-q", "-p", "no:cacheprovider",
            *tests,
        ],
        cwd=ROOT,
        check=False,
    )  # fmt: skip
    return int(done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
