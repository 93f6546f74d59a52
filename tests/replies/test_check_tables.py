"""Which table is asked of what, and what its values may be."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue
from dsnlib.replies.access import ActionKind
from dsnlib.replies.check_tables import (
    ContentChecks,
    InvalidEdit,
    check_body_value,
    check_value,
    read_value,
)
from dsnlib.replies.content import PieceKind


@attrs.frozen
class NamedTable:
    """A table with a name and nothing in it."""

    name: str
    has_fixed_keys: bool = False

    def lookup(self, key: str) -> str | None:
        """Return nothing."""


A, B, C, D = map(NamedTable, "abcd")


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        (ContentChecks(), [(), (), (), ()]),
        (ContentChecks(headers=[A]), [(A,), (A,), (A,), ()]),
        (ContentChecks(headers=[A], mime_headers=[]), [(A,), (), (A,), ()]),
        (
            ContentChecks(headers=[A], mime_headers=[B], nested_headers=[C], body=[D, A]),
            [(A,), (B,), (C,), (D, A)],
        ),
    ],
)
def test_headers_answer_for_the_others(
    checks: ContentChecks, expected: list[tuple[NamedTable, ...]]
) -> None:
    """Unless there is a list for them, be it an empty one."""
    assert expected == [checks.by_kind()[kind] for kind in PieceKind]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("REJECT", "REJECT"),
        ("reject 5.6.1 no", "REJECT 5.6.1 no"),
        ("WARN", "WARN"),
        ("INFO x", "INFO x"),
        ("DISCARD x", "DISCARD x"),
        ("DUNNO", "DUNNO"),
        ("HOLD", "HOLD"),
        ("IGNORE", "IGNORE"),
        ("STRIP x", "STRIP x"),
        ("PASS", "PASS"),
        ("PREPEND X-A: 1", "PREPEND X-A: 1"),
        ("Replace  X-A: 1 ", "REPLACE X-A: 1"),
        ("REPLACE X-A: 1\n 2", "REPLACE X-A: 1\n 2"),
        ("REPLACE X-A:", "REPLACE X-A:"),
        ("REDIRECT a@b.example", "REDIRECT a@b.example"),
        ("BCC a@b.example", "BCC a@b.example"),
        ("FILTER smtp:[127.0.0.1]:10025", "FILTER smtp:[127.0.0.1]:10025"),
        ("REJECT a\n b\x00", "REJECT a  b\ufffd"),
    ],
)
def test_a_value_is_an_action(value: str, expected: str) -> None:
    """Each action has its word; what is no edit is one line."""
    check_value(value)

    assert expected == str(read_value(value, is_body=False))


@pytest.mark.parametrize(
    "value",
    [
        *("", " ", "\x00", "FOO", "OK", "RELAY", "550 no", "DEFER", "DEFER_IF_PERMIT x"),
        *("PREPEND", "PREPEND x", "REPLACE", "REPLACE : x", "REPLACE X A: 1", "REPLACE \n"),
        *("REDIRECT", "REDIRECT x", "BCC x", "FILTER", "FILTER smtp"),
    ],
)
def test_what_is_no_action_is_refused(value: str) -> None:
    """Unknown words, words of other tables, and arguments that mean nothing."""
    with pytest.raises(InvalidValue):
        check_value(value)


@pytest.mark.parametrize(
    "text",
    [
        *("X-A: 1\nX-B: 2", "X-A: 1\r\nX-B: 2", "X-A: 1\r", "X-A: 1\rX-B: 2", "X-A\n : 1"),
        *("X-A: 1\n\n body", "X-A: 1\n \n 2", "X-A: \x00", "X-A: \ud800", "\u00fc: 1"),
    ],
)
def test_nothing_can_be_smuggled_into_a_header(text: str) -> None:
    """A text to put in is one field, whatever a pattern took from a stranger."""
    for word in ("PREPEND", "REPLACE"):
        with pytest.raises(InvalidEdit):
            read_value(f"{word} {text}x", is_body=False)


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\x00b", "\ud800", "a\n b"])
def test_nothing_can_be_smuggled_into_a_body(text: str) -> None:
    """A text to put in is one line."""
    with pytest.raises(InvalidEdit, match="needs a line"):
        read_value(f"REPLACE {text}", is_body=True)


def test_a_line_of_a_body_need_be_no_field() -> None:
    """The two kinds of table have each their own check."""
    check_body_value("REPLACE any line")
    check_body_value("REJECT")
    with pytest.raises(InvalidValue):
        check_body_value("REPLACE")
    with pytest.raises(InvalidEdit):
        check_value("REPLACE any line")


@pytest.mark.parametrize("value", ["REDIRECT $1", "PREPEND $1", "FILTER $1", "replace ${1}"])
def test_what_a_pattern_fills_in_is_looked_at_later(value: str) -> None:
    """Before that nobody can say what it means."""
    check_value(value)
    with pytest.raises(InvalidValue):
        check_value(value.replace("$", ""))


def test_a_dollar_excuses_no_word() -> None:
    """An unknown action is one whatever follows."""
    with pytest.raises(InvalidValue):
        check_value("FOO $1")


@given(
    st.text()
    | st.sampled_from(["REPLACE ", "REJECT "]).flatmap(
        lambda word: st.text().map(lambda text: word + text)
    ),
    st.booleans(),
)
def test_any_text_is_an_action_or_refused(
    text: str,
    is_body: bool,  # noqa: FBT001  drawn
) -> None:
    """Only `InvalidValue` is raised, and what comes out cannot end a field or a line."""
    try:
        action = read_value(text, is_body=is_body)
    except InvalidValue:
        return
    if action.kind in (ActionKind.PREPEND, ActionKind.REPLACE):
        lines = action.text.split("\n")
        assert all(line[:1] in (" ", "\t") and line.strip() for line in lines[1:])
        assert "\r" not in action.text
    else:
        assert {"\r", "\n", "\x00"}.isdisjoint(action.text)
