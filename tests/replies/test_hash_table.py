"""Keys and values: which key counts, what is told, and which line is at fault."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue, TableError
from dsnlib.replies.hash_table import HashTable, parse_hash_table, parse_inline_table


def table(text: str) -> HashTable:
    """Return the table of a text."""
    return parse_hash_table(text, kind="hash", origin="access")


def refuse_bad(value: str) -> None:
    """Refuse one value."""
    if value == "bad":
        message = "action: 'bad' is none"
        raise InvalidValue(message)


def test_lookup() -> None:
    """Keys are compared in lower case, and values keep theirs."""
    found = table("Example.ORG  Reject It\n")

    assert "Reject It" == found.lookup("eXample.org")
    assert found.lookup("example.com") is None
    assert ("hash:access", True, ()) == (found.name, found.has_fixed_keys, found.defects)


def test_first_of_equal_keys_counts() -> None:
    """A key that stands further up too is told with its line."""
    found = table("a 1\nb 2\nA 3\n")

    assert "1" == found.lookup("a")
    (defect,) = found.defects
    assert "table-duplicate-key" == defect.code
    assert "access:3: key 'A' stands further up too; the first counts" == defect.message


def test_aliases_file() -> None:
    """The colon of an aliases file is part of the key, and is told."""
    found = table("root: ann\n")

    assert found.lookup("root") is None
    (defect,) = found.defects
    assert "table-key-colon" == defect.code
    assert "access:1: key 'root:' ends in a colon, as in an aliases file" == defect.message


@given(
    st.dictionaries(
        st.text(alphabet='ab" \\#:\u00c4', min_size=1).filter(str.strip),
        st.text(alphabet="abA$#", min_size=1),
        max_size=8,
    )
)
def test_what_is_written_in_quotes_is_found(entries: dict[str, str]) -> None:
    """A key in quotes, with a backslash before each character, is found as it is."""
    text = "".join(
        f'"{"".join(f"{chr(92)}{each}" for each in key)}" {value}\n'
        for key, value in entries.items()
    )
    found = table(text)
    lower: dict[str, str] = {}
    for key, value in entries.items():
        lower.setdefault(key.lower(), value)

    assert lower == {key: found.lookup(key) for key in lower}


def test_value_that_is_refused() -> None:
    """A value that the check refuses is a fault of the first line that has it."""
    with pytest.raises(TableError, match=r"^access:3: action: 'bad' is none$") as caught:
        parse_hash_table(
            "a good\n# c\nb bad\nc bad\n", kind="hash", origin="access", check=refuse_bad
        )

    assert isinstance(caught.value.__cause__, InvalidValue)


def test_values_are_checked_once() -> None:
    """Each distinct value is checked once, however many keys have it."""
    asked: list[str] = []
    parse_hash_table("a 1\nb 1\nc 2\na 3\n", kind="hash", origin="access", check=asked.append)

    assert ["1", "2"] == asked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{ a=b }", {"a": "b"}, id="one"),
        pytest.param("{a=b, C = D}", {"a": "b", "c": "D"}, id="commas and blanks"),
        pytest.param("{ a=b c=d }", {"a": "b", "c": "d"}, id="blanks alone"),
        pytest.param(
            "{ { a = b, c d }, e=f }", {"a": "b, c d", "e": "f"}, id="braces around an entry"
        ),
        pytest.param("{ { a = {b} c } }", {"a": "{b} c"}, id="braces in a value"),
        pytest.param("{ {a b = c = d} }", {"a b": "c = d"}, id="blank in a key"),
        pytest.param("\n{\n a=b,\n c=d\n}\n", {"a": "b", "c": "d"}, id="lines"),
        pytest.param("{ , }", {}, id="nothing"),
        pytest.param("{}", {}, id="empty"),
    ],
)
def test_inline(text: str, expected: dict[str, str]) -> None:
    """An inline table has entries between commas and blanks, in braces or not."""
    found = parse_inline_table(text, origin="main.cf")

    assert expected == found.entries
    assert "inline:main.cf" == found.name


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("a=b", 1, id="no braces"),
        pytest.param("{ a=b", 1, id="no second brace"),
        pytest.param("{", 1, id="one brace"),
        pytest.param("", 1, id="nothing"),
        pytest.param("{ a=b,\n c }", 2, id="no value"),
        pytest.param("\n\n{ =b }", 3, id="no key"),
        pytest.param("{ a= }", 1, id="empty value"),
        pytest.param("{ a=b }}", 1, id="a brace too many"),
        pytest.param("{ {a=b }", 1, id="a brace too few"),
        pytest.param("{ { = b } }", 1, id="no key in braces"),
        pytest.param("{ { a } }", 1, id="no value in braces"),
    ],
)
def test_inline_that_is_none(text: str, line: int) -> None:
    """Whatever is no entry is a fault of its line."""
    with pytest.raises(TableError, match=rf"^main\.cf:{line}: inline: "):
        parse_inline_table(text, origin="main.cf")


def test_inline_value_that_is_refused() -> None:
    """The values of an inline table are checked too, and told of again by line."""
    with pytest.raises(TableError, match=r"^main\.cf:2: action"):
        parse_inline_table("{ a=good,\n b=bad }", origin="main.cf", check=refuse_bad)


def test_inline_key_twice() -> None:
    """Of two equal keys of an inline table the first counts too."""
    found = parse_inline_table("{ a=1, A=2 }", origin="main.cf")

    assert "1" == found.lookup("a")
    assert ["table-duplicate-key"] == [defect.code for defect in found.defects]
