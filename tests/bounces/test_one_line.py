"""Text of strangers on one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.one_line import is_fit_address, one_line


@given(st.text(st.characters(codec=None)), st.integers(0, 50))
def test_one_line_is_one(text: str, characters: int) -> None:
    """No line end or control is left, it has octets, and it is no longer than allowed."""
    line = one_line(text, characters)

    assert len(line) <= characters
    assert line.isascii() or line.encode()
    assert not set(line) & {*map(chr, range(32)), "\x7f", "\x85", "\u2028", "\u2029"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("550 no", "550 no"),
        ("  a\r\n\tb\x00c  ", "a b c"),
        ("J\u00fcrgen", "J\u00fcrgen"),
        ("\udc80\ud800", "\ufffd\ufffd"),
    ],
)
def test_one_line_keeps_words(text: str, expected: str) -> None:
    """What is no gap stays as it is."""
    assert expected == one_line(text, 100)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bob@example.org", True),
        ('"a, b> c"@example.org', True),
        ("j\u00fcrgen@example.org", True),
        ("", False),
        ("bob", False),
        ("@example.org", False),
        ("bob@example.org\n", False),
        ("bob\x00@example.org", False),
        ("bob\udc80@example.org", False),
        ("b" * 1000 + "@example.org", False),
    ],
)
def test_fit_address(text: str, *, expected: bool) -> None:
    """A recipient has an at sign, no controls, octets in UTF-8 and a bound."""
    assert expected == is_fit_address(text)
