"""Logical lines, keys, values and blocks, as every kind of table has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue, TableError
from dsnlib.model.text import decode_wire
from dsnlib.replies.table_text import (
    Blocks,
    ValueCheck,
    expression_pieces,
    extra_text,
    fill_template,
    logical_lines,
    read_entry,
    read_statement,
    read_template,
    table_name,
)


def lines(text: str) -> list[tuple[int, str]]:
    """Return the logical lines of a text."""
    return list(logical_lines(text, origin="access"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("a b", [(1, "a b")], id="no line end"),
        pytest.param("a b\nc d\n", [(1, "a b"), (2, "c d")], id="two lines"),
        pytest.param("a b\n  c\n\td\n", [(1, "a b  c\td")], id="continued"),
        pytest.param("a b\n# c\n\n \n  # d\n e\nf", [(1, "a b e"), (7, "f")], id="comments"),
        pytest.param("# a\n\n\nb c", [(4, "b c")], id="comment first"),
        pytest.param("a b # c", [(1, "a b # c")], id="no comment behind text"),
        pytest.param("a b\r\n c\r\nd e\r\n", [(1, "a b c"), (3, "d e")], id="CRLF"),
        pytest.param("\r\n#\r\na b\r\n", [(3, "a b")], id="CRLF of nothing"),
        pytest.param("\ufeffa b\n", [(1, "a b")], id="byte order mark"),
        pytest.param("a\ufeff b\n", [(1, "a\ufeff b")], id="the same further on"),
        pytest.param("a b \t \n", [(1, "a b")], id="white space at the end"),
        pytest.param("a \n \n b", [(1, "a  b")], id="white space between"),
        pytest.param("\xa0a b", [(1, "\xa0a b")], id="no white space of US-ASCII"),
    ],
)
def test_logical_lines(text: str, expected: list[tuple[int, str]]) -> None:
    """A line with white space in front continues; empty lines and comments are passed over."""
    assert expected == lines(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("  a b", 1, id="first line"),
        pytest.param("# a\n\n b", 3, id="behind a comment"),
        pytest.param("a b\nc\0d", 2, id="NUL"),
    ],
)
def test_text_that_is_no_table(text: str, line: int) -> None:
    """A continuation of nothing and a NUL are faults of their line."""
    with pytest.raises(TableError) as caught:
        lines(text)

    assert ("access", line) == (caught.value.origin, caught.value.line)
    assert str(caught.value).startswith(f"access:{line}: ")


@given(st.lists(st.text(alphabet='a# \t\r"\\', max_size=6)))
def test_white_space_in_front_continues(written: list[str]) -> None:
    """Behind a line, any lines with a blank in front are part of it, but for comments."""
    text = "key\n" + "\n".join([f" {each}" for each in written])
    contents = [each.strip() for each in written]
    expected = "key " + " ".join(each for each in contents if each and each[0] != "#")

    ((number, content),) = lines(text)

    assert 1 == number
    assert expected.split() == content.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a b c", ("a", "b c"), id="plain"),
        pytest.param("a\t \tb", ("a", "b"), id="blanks"),
        pytest.param('"a b" c', ("a b", "c"), id="quoted"),
        pytest.param('"a b"@x.org c', ("a b@x.org", "c"), id="quoted local part"),
        pytest.param(r'"a\"\\b" c', ('a"\\b', "c"), id="escapes"),
        pytest.param('a"b c', ('a"b', "c"), id="quote inside"),
        pytest.param('a "b c"', ("a", '"b c"'), id="quotes of the value"),
        pytest.param("a\xa0b c", ("a\xa0b", "c"), id="no-break space"),
        pytest.param("a\x1cb c", ("a\x1cb", "c"), id="file separator"),
    ],
)
def test_entry(text: str, expected: tuple[str, str]) -> None:
    """A key ends at the first white space that is not in its quotes."""
    assert expected == read_entry(text, origin="access", line=3)


@pytest.mark.parametrize("text", ["a", '"a b"', '"a b', '"a\\" b', '"'])
def test_entry_without_value(text: str) -> None:
    """A key alone, or one whose quote is open, is a fault."""
    with pytest.raises(TableError, match=r"^access:3: key "):
        read_entry(text, origin="access", line=3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/a/ b", ("", False, "/a/ b")),
        ("!/a/ b", ("", True, "/a/ b")),
        ("! /a/ b", ("", True, "/a/ b")),
        ("if /a/", ("if", False, "/a/")),
        ("IF!/a/", ("if", True, "/a/")),
        ("if/a/", ("if", False, "/a/")),
        ("endif", ("endif", False, "")),
        ("Endif # x", ("endif", False, "# x")),
        ("ifx y", ("", False, "ifx y")),
        ("!\r\f y", ("", True, "y")),
    ],
)
def test_statement(text: str, expected: tuple[str, bool, str]) -> None:
    """A rule may begin with `if` or `endif`, in any case, and with `!`."""
    assert expected == read_statement(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("OK", "OK"),
        ("$$5", "$5"),
        ("a $1 b", (b"a ", 1, b" b")),
        ("${12}$(3)", (b"", 12, b"", 3, b"")),
        ("$1-$$", (b"", 1, b"-", b"$", b"")),
    ],
)
def test_template(value: str, expected: object) -> None:
    """A group is written in three ways, and a dollar as two."""
    assert expected == read_template(value, origin="access", line=3)


@pytest.mark.parametrize("value", ["$", "a $ b", "$x", "${x}", "${1", "$(1}", "$0", "${0}", "$1a"])
def test_dollar_that_is_no_group(value: str) -> None:
    """Any other dollar is a fault: it would be sent to a stranger."""
    with pytest.raises(TableError, match=r"^access:3: .* is no group"):
        read_template(value, origin="access", line=3)


def test_group_is_filled_in_as_it_is() -> None:
    """A group that took no part is empty, and halves of a character are joined."""
    template = read_template("<$1$2|$3>", origin="access", line=3)

    assert "<\u00e4|>" == fill_template(template, {1: b"\xc3", 2: b"\xa4", 3: None})
    assert "OK" == fill_template("OK", {})


@pytest.mark.parametrize(
    ("expression", "inside"),
    [
        ("a[bc]d", "bc"),
        ("[]a]b", "]a"),
        ("[^]a]b", "^]a"),
        ("[^^]a]", "^^"),
        (r"[\]a]b", r"\]a"),
        ("[[:alpha:]x]y", "[:alpha:]x"),
        (r"\[a]", ""),
        (r"\Q[a]\Eb", ""),
        ("[a", "a"),
    ],
)
def test_pieces_of_a_class(expression: str, inside: str) -> None:
    """What stands inside a class is told from what stands outside it."""
    pieces = list(expression_pieces(expression))

    assert inside == "".join(piece for piece, in_class in pieces if in_class)
    assert expression == "".join(piece for piece, _ in pieces)


def test_blocks_inside_blocks() -> None:
    """The `endif` that comes first ends the `if` that came last."""
    blocks = Blocks("access")
    blocks.open(0, line=1)
    blocks.open(2, line=3)
    blocks.close(4, line=5)
    blocks.close(5, line=6)
    blocks.finish()

    assert {0: 5, 2: 4} == blocks.ends


def test_blocks_out_of_step() -> None:
    """An `endif` too many, and an `if` too many, are faults of their lines."""
    blocks = Blocks("access")
    with pytest.raises(TableError, match=r"^access:5: endif without an if$"):
        blocks.close(0, line=5)
    blocks.open(0, line=7)
    with pytest.raises(TableError, match=r"^access:7: if without an endif$"):
        blocks.finish()


def test_values_are_checked_once() -> None:
    """A value that has passed is not asked for again; one that fails has its line."""
    asked = []

    def check(value: str) -> None:
        asked.append(value)
        if value == "bad":
            message = "action: 'bad' is none"
            raise InvalidValue(message)

    passes = ValueCheck(check, origin="access")
    passes("good", 1)
    passes("good", 2)
    with pytest.raises(TableError, match=r"^access:3: action: 'bad' is none$"):
        passes("bad", 3)

    assert ["good", "bad"] == asked


def test_values_that_nobody_checks() -> None:
    """Without a check every value passes."""
    ValueCheck(None, origin="access")("anything", 1)


def test_extra_text() -> None:
    """Text without a meaning is told, with its line."""
    assert () == extra_text("", origin="access", line=3)
    (defect,) = extra_text("x", origin="access", line=3)
    assert "table-extra-text: access:3: 'x' has no meaning here" == str(defect)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [("/etc/access", "hash:/etc/access"), ("hash:{ a=b }", "hash:{ a=b }")],
)
def test_name(origin: str, expected: str) -> None:
    """A table is named by its kind and its file."""
    assert expected == table_name("hash", origin)


@given(st.binary())
def test_any_octets_are_lines_or_a_fault(octets: bytes) -> None:
    """No text of a file does anything else."""
    found: list[tuple[int, str]] = []
    line = 1
    try:
        found = lines(decode_wire(octets))
    except TableError as error:
        line = error.line
    assert line > 0
    assert all(number > 0 and content.strip(" \t\r\v\f\n") for number, content in found)
