"""The requirement catalogue keeps its own format; see `rfc/README.md`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

CATALOGUE = Path(__file__).resolve().parents[2] / "rfc" / "requirements"
FILES = sorted(CATALOGUE.glob("*.toml"))

LEVELS = {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "grammar", "semantic"}
STATEMENTS = {"grammar", "semantic"}  # levels without a keyword
KEYWORDS = {"normative", "lowercase-or-implied", "none"}
ROLES = {
    "gateway",
    "mailing-list",
    "mta-delivery",
    "mta-relay",
    "report-generator",
    "report-parser",
    "smtp-client",
    "smtp-server",
    "submitter",
}

# section = number *("." number) / "App-" letter
SECTION = re.compile(r"\d+(?:\.\d+)*|App-[A-Z]")

TYPES = {
    "id": str,
    "rfc": int,
    "section": str,
    "level": str,
    "keyword": str,
    "role": str,
    "text": str,
    "check": str,
    "verified": bool,
}
OPTIONAL = {"note", "not_applicable", "deviation"}


def load(path: Path) -> list[dict[str, Any]]:
    """Return the requirements of one file."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    assert {"requirement"} == set(tables)
    requirements: list[dict[str, Any]] = tables["requirement"]
    return requirements


REQUIREMENTS = [requirement for path in FILES for requirement in load(path)]


def test_nothing_is_lost() -> None:
    """The catalogue holds 567 requirements, each with an id of its own."""
    ids = [requirement["id"] for requirement in REQUIREMENTS]

    assert 567 == len(ids)
    assert 567 == len(set(ids))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_key_is_there(path: Path) -> None:
    """A requirement has the nine keys, each of its type; others are known and text."""
    for requirement in load(path):
        types = {key: type(value) for key, value in requirement.items() if key not in OPTIONAL}
        assert types == TYPES, requirement["id"]
        others = requirement.keys() & OPTIONAL
        assert all(isinstance(requirement[key], str) for key in others), requirement["id"]


@pytest.mark.parametrize(
    ("key", "allowed"),
    [("level", LEVELS), ("keyword", KEYWORDS), ("role", ROLES)],
    ids=["level", "keyword", "role"],
)
def test_closed_sets(key: str, allowed: set[str]) -> None:
    """Level, keyword and role take no other value, and every value is in use."""
    assert allowed == {requirement[key] for requirement in REQUIREMENTS}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_id_says_where(path: Path) -> None:
    """An id is the RFC, the section and a two-digit number within it."""
    for requirement in load(path):
        where, _, number = requirement["id"].rpartition("-")
        assert f"{requirement['rfc']}-{requirement['section']}" == where
        assert SECTION.fullmatch(requirement["section"]), requirement["id"]
        assert re.fullmatch(r"\d\d", number), requirement["id"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_level_and_keyword_agree(path: Path) -> None:
    """A statement has no keyword; a demand has one, or an implied one."""
    for requirement in load(path):
        is_statement = requirement["level"] in STATEMENTS
        assert is_statement == (requirement["keyword"] == "none"), requirement["id"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_text_and_check_are_one_line(path: Path) -> None:
    """What is demanded and how it is proved are stated, each on one line."""
    for requirement in load(path):
        for key in ("text", "check"):
            assert requirement[key].strip(), requirement["id"]
            assert 1 == len(requirement[key].splitlines()), requirement["id"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_header_names_the_source(path: Path) -> None:
    """A file names every RFC it was taken from, by number, in its first two lines."""
    header = path.read_text(encoding="utf-8").splitlines()[:2]

    for rfc in {requirement["rfc"] for requirement in load(path)}:
        assert all(str(rfc) in line for line in header)


# rfc "-" section "-" number, as a text of the code
NAMED = re.compile(r'"(\d{4}-(?:\d+(?:\.\d+)*|App-[A-Z])-\d\d)"')


def test_what_the_code_names_is_there() -> None:
    """An error, a defect or a trail names no requirement that the catalogue does not have."""
    known = {requirement["id"] for requirement in REQUIREMENTS}
    package = CATALOGUE.parents[1] / "dsnlib"
    named = {
        name: path.name
        for path in package.rglob("*.py")
        for name in NAMED.findall(path.read_text(encoding="utf-8"))
    }

    assert {} == {name: path for name, path in named.items() if name not in known}
    assert len(named) > len(FILES)
