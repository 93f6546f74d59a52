"""The page of limits says what the code has, and has every bound of the code."""

import importlib
import re
from functools import cache
from pathlib import Path

import attrs

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/explain/limits.md").read_text(encoding="utf-8")
UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
ROWS = re.findall(r"^\| `([\w.]+)` \| ([0-9][0-9.,]*) ?([KMG]iB)? \| .+ \|$", PAGE, re.MULTILINE)
NAMED = re.compile(r"^(?:class )?([A-Z]\w+|_[A-Z][A-Z0-9_]+)(?=\b[^=\n(]*=|[(:])", re.MULTILINE)
FIELD = re.compile(r"(.*?[A-Z][a-z]\w*)(\.[a-z_]+)")
BOUND = re.compile(r"_?(?:MOST|LONGEST|LARGEST|DEEPEST)(?:_[A-Z0-9_]+)?")
# Bounds that nobody meets from outside.
OURS = (
    # what the person at the keyboard gives, and what a report draws
    r"dsnlib\.(cli|report)\..+",
    r".+\._(MOST|LONGEST)_(SHOWN|TOLD|WORST|COMPLAINTS|REASON|REASON_OCTETS|SHOWN_KEYWORD)",
    r".+\.(delivery_log\._MOST_OCTETS|server\.journal\._LONGEST|config\.near\._LONGEST)",
    # numbers of a grammar
    r".+\._LARGEST_(PORT|SNUM|OCTET|SECOND_DIGIT|BY_TIME|LIMIT|SIZE|CLIENT|REQUEST)",
    r".+\.(rules\.rule\._LARGEST|score_policy\._LONGEST|syslog\._MOST_YEARS_BACK)",
    # a table of three, whose largest is on the page
    r".+\.parse\.fallback\._MOST",
    # how our own work is cut into pieces, and what is remembered of it
    r".+\.history\.sqlite\..+",
    r".+\.(pump\._MOST_SECONDS|destinations\._MOST_APART_SECONDS|writer\._MOST_IN_GROUP)",
    r".+\._LONGEST_(WAIT_SECONDS|REST_SECONDS|REMEMBERED|CHAIN)",
    r".+\.(spool\.lock\._LONGEST|backoff\._MOST_STEPS|pickup\._MOST_NAMES)",
    r".+\.(notifier\._MOST_AT_ONCE_OCTETS|process\._MOST_FILES|sockets\._MOST_WAITING)",
)


@cache
def modules() -> dict[str, str]:
    """Return the text of each module by its dotted name."""
    paths = [each for each in (ROOT / "dsnlib").rglob("*.py") if "_registry" not in each.name]
    return {
        ".".join(each.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): (
            each.read_text(encoding="utf-8")
        )
        for each in paths
    }


@cache
def places() -> frozenset[str]:
    """Return the full name of each constant and of each class."""
    return frozenset(
        f"{module}.{name}" for module, text in modules().items() for name in NAMED.findall(text)
    )


def place_of(name: str) -> str:
    """Return the one thing in the code that a name on the page means."""
    what, field = name, ""
    if match := FIELD.fullmatch(name):
        what, field = match.groups()
    found = [each for each in places() if each.endswith(f".{what}")]
    assert 1 == len(found), f"{name}: {found}"
    return found[0] + field


def value_of(place: str) -> object:
    """Return the number in the code."""
    if match := FIELD.fullmatch(place):
        module, _, class_ = match[1].rpartition(".")
        fields = attrs.fields_dict(getattr(importlib.import_module(module), class_))
        return fields[match[2][1:]].default
    module, _, name = place.rpartition(".")
    return getattr(importlib.import_module(module), name)


def test_numbers() -> None:
    """Each row has the number that the code has."""
    page = {name: float(number.replace(",", "")) * UNITS[unit] for name, number, unit in ROWS}

    assert page == {name: value_of(place_of(name)) for name in page}


def test_every_row_is_read() -> None:
    """No row is passed over because it is written in another way."""
    assert len(re.findall(r"^\| `", PAGE, re.MULTILINE)) == len(ROWS)


def test_every_bound_has_a_row() -> None:
    """What the code calls a bound is on the page, or is nobody's from outside."""
    page = {place_of(name) for name, _, _ in ROWS}
    code = {each for each in places() if BOUND.fullmatch(each.rpartition(".")[2])}

    left = {each for each in code - page if not any(re.fullmatch(our, each) for our in OURS)}

    assert set() == left


def test_no_exception_is_idle() -> None:
    """Each exception is a bound of the code that is not on the page."""
    page = {place_of(name) for name, _, _ in ROWS}

    assert [] == [our for our in OURS if not any(re.fullmatch(our, x) for x in places() - page)]
