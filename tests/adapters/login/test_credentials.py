"""Names and passwords in their one form (RFC 8265, RFC 4616 s2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.login.credentials import (
    LONGEST_PASSWORD_OCTETS,
    read_name,
    read_password,
)
from dsnlib.errors import InvalidValue


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("ann", "ann"),
        ("ANN@Example.ORG", "ann@example.org"),
        ("Ro\u0308mer", "r\u00f6mer"),  # composed
        ("\uff21\uff2e\uff2e", "ann"),  # of full width
        ("\uff8a", "\u30cf"),  # of half width
        ("ann lee", "ann lee"),
    ],
)
def test_a_name_has_one_form(written: str, name: str) -> None:
    """Width, case and composition do not count."""
    assert name == read_name(written.encode())


@pytest.mark.parametrize(
    ("written", "password"),
    [
        ("Secret", "Secret"),
        ("a\u00a0b\u3000c", "a b c"),  # blanks are blanks
        ("o\u0308", "\u00f6"),
        ("\uff21", "\uff21"),  # width counts
        (" x ", " x "),
    ],
)
def test_a_password_has_one_form(written: str, password: str) -> None:
    """Composition does not count, and neither does which blank it is; case and width do."""
    assert password == read_password(written.encode())


@pytest.mark.parametrize("read", [read_name, read_password])
@pytest.mark.parametrize("octets", [b"", b"a\nb", b"a\0b", b"\x7f", b"a" * 2000, b"\xc2\x00"])
def test_what_is_neither(read: type[str], octets: bytes) -> None:
    """Empty, too long, with a control or not UTF-8: refused, and not shown."""
    with pytest.raises((InvalidValue, UnicodeDecodeError)) as caught:
        read(octets)

    assert "aaaa" not in str(caught.value)


def test_a_password_may_be_longer_than_a_name() -> None:
    """Tokens are."""
    assert LONGEST_PASSWORD_OCTETS == len(read_password(b"a" * LONGEST_PASSWORD_OCTETS))


def test_a_name_that_grows_is_measured_again() -> None:
    """U+0130 in lower case takes three octets instead of two."""
    with pytest.raises(InvalidValue, match="longer"):
        read_name("\u0130".encode() * 127)


@given(st.binary(max_size=300))
def test_reading_twice_is_reading_once(octets: bytes) -> None:
    """The form of a form is itself."""
    for read in (read_name, read_password):
        try:
            text = read(octets)
        except (InvalidValue, UnicodeDecodeError):
            continue
        assert text == read(text.encode())
