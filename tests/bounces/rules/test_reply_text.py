"""The text of a reply is made ready to be searched, and places in it are not lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.rules.reply_text import MOST_CHARACTERS, ReplyText


@pytest.mark.parametrize(
    ("given_text", "lowered"),
    [
        ("550 User  UNKNOWN", "550 user unknown"),
        ("550 a\r\n\tb", "550 a b"),
        ("550-5.1.1 No such\r\n550 5.1.1 user", "550-5.1.1 no such user"),
        ("550-5.7.1 not 550-5.7.1 wanted 550 5.7.1 mail", "550-5.7.1 not wanted mail"),
        ("550-one\n550 two", "550-one two"),
        ("no 550 5.1.1 user", "no 550 5.1.1 user"),
        ("<Spam@Example.ORG> no", "<____@example.org> no"),
        ("a@b@c", "_@_@c"),
        ("\u0130\u0130", "ii"),
        (b"550 \xff No", "550 \udcff no"),
    ],
)
def test_what_is_searched(given_text: str | bytes, lowered: str) -> None:
    """Lower case, single blanks, no codes of continuation lines, no local parts."""
    assert lowered == ReplyText(given_text).lowered


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("550 no", "550"),
        ("  550 no", "550"),
        ("550", "550"),
        ("550-5.1.1 no", "550"),
        ("smtp; 550 no", "550"),
        ("host mx said: 452 full", "452"),
        ("'550 5.1.1 no'", "550"),
        ("because of 550 5.1.1 no", "550"),
        ("because of 550 #5.1.1 no", "550"),
        ("571 no", "571"),
        ("450 busy\n551 not here\n503 need RCPT", "551"),
        ("503 need RCPT\n450 busy", "450"),
        ("503 first", "503"),
        ("450 one\n451 two", "450"),
        ("354 go on\n451 4.3.0 no", "451"),
        ("larger than 500 bytes", None),
        ("[192.0.2.550 x", None),
        ("4500 no", None),
        ("550.1 no", None),
        ("250 ok", None),
        ("", None),
    ],
)
def test_the_reply_code_that_counts(text: str, code: str | None) -> None:
    """The first 5yz where a reply code stands, else the first 4yz, 503 last."""
    found = ReplyText(text).reply_code()

    assert code == (None if found is None else found.code)
    assert found is None or found.code == text[found.start : found.end]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("550 5.1.1 no", "5.1.1"),
        ("no (#5.1.1)", "5.1.1"),
        ("no 5.1.1.", "5.1.1"),
        ("host[4.2.2.1] no", None),
        ("version 14.5.1 no", None),
        ("5.01.1 no", None),
        ("2.1.5 ok", None),
    ],
)
def test_the_enhanced_code(text: str, status: str | None) -> None:
    """An enhanced code is no part of an address or of another number."""
    found = ReplyText(text).status()

    assert status == (None if found is None else str(found[0]))


def test_only_the_beginning_is_looked_at() -> None:
    """What is longer than the bound is cut, as text and as octets."""
    assert MOST_CHARACTERS == len(ReplyText("x" * 10_000).given)
    assert MOST_CHARACTERS == len(ReplyText(b"x" * 100_000).given)


@pytest.mark.parametrize(
    ("text", "octets"),
    [("aé b", (4, 5)), ("a\ud800 b", (5, 6)), ("a  b", (3, 4)), ("a b", (2, 3))],
)
def test_octets(text: str, octets: tuple[int, int]) -> None:
    """A place is told in octets of UTF-8, of what was given."""
    ready = ReplyText(text)
    start = ready.lowered.index("b")

    assert octets == ready.octets(*ready.place(start, start + 1))


@given(st.text(alphabet=" \t\r\nab5.-1@é\u0130X"))
def test_a_place_is_where_it_was(text: str) -> None:
    """Each letter that is searched stands in the text at the place that is told."""
    ready = ReplyText(text)

    for index, letter in enumerate(ready.lowered):
        start, end = ready.place(index, index + 1)
        if letter not in " _":
            assert letter == ready.given[start:end].replace("\u0130", "i").lower()


@given(st.text() | st.binary())
def test_anything_can_be_searched(text: str | bytes) -> None:
    """Nothing raises, and codes stand where they are told."""
    ready = ReplyText(text)
    code, status = ready.reply_code(), ready.status()

    assert code is None or code.code == ready.given[code.start : code.end]
    assert status is None or status[1].code == str(status[0])
