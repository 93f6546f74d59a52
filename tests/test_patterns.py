"""The patterns that we write mean the same in every Python that we run on."""

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(
    path
    for folder in ("dsnlib", "tests", "fuzz", "rfc")
    for path in (ROOT / folder).rglob("*.py")
    # What this module says of such patterns is no pattern.
    if path != Path(__file__).resolve()
)
# Until 3.11.2, which Debian 12 has, a repeated group with `+` behind its quantifier
# goes on from where its last, failed round had come to.  `(?>(?:...)*)` says the same
# and is right everywhere; so is a class with such a quantifier.
POSSESSIVE_GROUP = re.compile(r"(?<!\\)\)(?:[*+?]|\{[0-9,]+\})\+")


def strings(source: str) -> list[str]:
    """Return the string literals of a source, as they are written."""
    kinds = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.string for token in tokens if token.type in kinds]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_group_is_possessive(path: Path) -> None:
    """A group that gives nothing back is an atomic one around a plain repeat."""
    written = strings(path.read_text(encoding="utf-8"))

    assert [] == [text for text in written if POSSESSIVE_GROUP.search(text)]


@pytest.mark.parametrize(
    ("pattern", "is_possessive"),
    [
        (r"(?:ab?c)?+d", True),
        (r"(?:a|b)++", True),
        (r"(?:a){2,3}+", True),
        (r"(?>(?:ab?c)?)d", False),
        (r"[^()]*+", False),
        (r"\(a\)*+", False),
        (r"[)]++", False),
        (r"(a)+\+", False),
    ],
)
def test_what_is_a_possessive_group(pattern: str, *, is_possessive: bool) -> None:
    """A class, an escaped bracket and a quantifier before a plus sign are none."""
    assert is_possessive == bool(POSSESSIVE_GROUP.search(pattern))


def test_atomic_repeat() -> None:
    """What we write instead goes on from where its last whole round ended."""
    field = r"(?>(?:, (?!status=)[a-z]+=[0-9]+)*)"

    assert re.fullmatch(field + r", status=sent", ", a=1, b=22, status=sent")
    assert re.fullmatch(field + r", b=x", ", a=1, b=x")
    assert re.fullmatch(field + r", b=[0-9]+", ", a=1, b=22") is None
