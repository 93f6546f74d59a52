"""What a checker is told to pass over says why, in its line."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(
    path
    for folder in ("dsnlib", "tests", "fuzz", "rfc", "docs")
    for path in (ROOT / folder).rglob("*.py")
    if "_build" not in path.parts
)
# A suppression with nothing behind its codes.
BARE = re.compile(
    r"# (?:(?:ruff: )?noqa: [A-Z]+[0-9]+(?:, [A-Z]+[0-9]+)*"
    r"|type: ignore\[[a-z, -]+\]"
    r"|pragma: no (?:branch|cover))\s*$"
)
# An exception that is let go without a word, and what a test run passes over or
# does not look at: the reason stands in the line or right above.
SILENT = re.compile(
    # This line is one that it finds.
    r"contextlib\.suppress\(|filterwarnings\(|suppress_health_check|mark\.(?:skip|xfail)\b|pytest\.skip\(\)"
)

# pytest says which module is missing, and not what brings it.
UNEXPLAINED = re.compile(r"importorskip\(\s*\"[\w.]+\"\s*\)")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_not_installed_says_what_brings_it(path: Path) -> None:
    """A test that is skipped without a library names the extra."""
    assert [] == UNEXPLAINED.findall(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_suppression_says_why(path: Path) -> None:
    """No line ends with the codes of a suppression."""
    lines = path.read_text(encoding="utf-8").splitlines()

    assert [] == [line for line in lines if BARE.search(line)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_passed_over_says_why(path: Path) -> None:
    """A comment stands in the line of each, or in the line above."""
    lines = path.read_text(encoding="utf-8").splitlines()

    assert [] == [
        line
        for above, line in zip(["", *lines], lines, strict=False)
        if SILENT.search(line) and "#" not in line and not above.lstrip().startswith("#")
    ]


@pytest.mark.parametrize(
    ("ending", "is_bare"),
    [
        ("# noqa: S301", True),
        ("# noqa: PTH123, SIM115  ", True),
        ("# ruff: noqa: INP001, T201", True),
        ("# type: ignore[arg-type]", True),
        ("# pragma: no branch", True),
        ("# pragma: no cover  never runs", False),
        ("# noqa: S301 - our own octets", False),
        ("# ruff: noqa: INP001  an example is no package", False),
        ("# type: ignore[arg-type]  # a table", False),
    ],
)
def test_what_is_bare(ending: str, is_bare: bool) -> None:  # noqa: FBT001  a column of the table
    """A reason behind the codes, however it is set off, is enough."""
    assert is_bare == (BARE.search(f"x = 1  {ending}") is not None)
