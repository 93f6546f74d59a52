"""Every kind of table, by its name: what each answers, and what is none."""

import pytest

from dsnlib.errors import InvalidValue, TableError
from dsnlib.replies.tables import FILE_KINDS, SPEC_KINDS, StaticTable, TextTable, parse_table

TEXTS = {
    **dict.fromkeys(FILE_KINDS, "Key  Value\n"),
    "cidr": "192.0.2.0/24 Value",
    "inline": "{ key=Value }",
    "pcre": "/key/ Value",
    "regexp": "/key/ Value",
    "static": "Value",
}


@pytest.mark.parametrize("kind", sorted(FILE_KINDS | SPEC_KINDS))
def test_kind(kind: str) -> None:
    """Each kind reads its text, answers, and says how its keys are."""
    table = parse_table(kind.upper(), TEXTS[kind], origin="access")
    key = "192.0.2.1" if kind == "cidr" else "KEY"

    assert "Value" == table.lookup(key)
    assert (None if kind != "static" else "Value") == table.lookup("other")
    assert (f"{kind}:access", ()) == (table.name, table.defects)
    assert (kind not in {"cidr", "pcre", "regexp"}) == table.has_fixed_keys


@pytest.mark.parametrize("kind", sorted(FILE_KINDS | SPEC_KINDS))
def test_value_is_checked(kind: str) -> None:
    """A value that the check refuses is a fault of its line, in every kind."""

    def check(value: str) -> None:
        message = f"action: {value!r} is none"
        raise InvalidValue(message, value=value)

    with pytest.raises(TableError, match=r"^access:1: action: 'Value' is none$"):
        parse_table(kind, TEXTS[kind], origin="access", check=check)


@pytest.mark.parametrize("kind", ["", "ldap", "proxy", "x" * 1000])
def test_no_such_kind(kind: str) -> None:
    """A kind that is not known is refused with those that are."""
    with pytest.raises(TableError, match=r"^access: there is no kind .* there are btree, cdb"):
        parse_table(kind, "a b", origin="access")


@pytest.mark.parametrize(
    ("text", "value"),
    [("OK", "OK"), (" { a b } ", "a b"), ("{a}b", "{a}b"), ("{", "{"), ("{ {a} }", "{a}")],
)
def test_static(text: str, value: str) -> None:
    """A static table has its value for every key; braces around it are not part of it."""
    table: TextTable = StaticTable(name="static:x", value=value)

    assert table == parse_table("static", text, origin="x")
    assert value == table.lookup("")


@pytest.mark.parametrize("text", ["", " ", "{}", "{ }"])
def test_static_without_value(text: str) -> None:
    """A static table of nothing is a mistake."""
    with pytest.raises(TableError, match=r"^x:1: static: there is no value$"):
        parse_table("static", text, origin="x")


def test_backtracking_is_asked_for() -> None:
    """What cannot be matched in linear time is refused unless the caller wants it."""
    with pytest.raises(TableError, match="RE2 has no look-ahead"):
        parse_table("pcre", "/a(?=b)/ A", origin="x")
    table = parse_table("pcre", "/a(?=b)/ A", origin="x", allow_backtracking=True)
    assert "A" == table.lookup("ab")
