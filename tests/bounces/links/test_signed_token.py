"""A token comes back as it went out, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dsnlib.bounces.links.signed_token import Token, has_token_form, read_token, sign_token
from dsnlib.errors import InvalidValue

KEY = b"a key of sixteen"
OTHER = b"another key of ours"
PURPOSE = "test"

TOKENS = st.one_of(st.binary(min_size=1, max_size=64), st.text(min_size=1, max_size=32))


@given(TOKENS)
def test_round_trip(token: Token) -> None:
    """A token survives being signed and read, in either case, and keeps its type."""
    text = sign_token(token, key=KEY, purpose=PURPOSE)

    assert has_token_form(text)
    assert token == read_token(text, keys=[KEY], purpose=PURPOSE)
    assert token == read_token(f" {text.upper()}\r\n", keys=[OTHER, KEY], purpose=PURPOSE)


@given(TOKENS)
def test_alphabet(token: Token) -> None:
    """There are lower-case letters and digits in it, and none that people misread but the first."""
    text = sign_token(token, key=KEY, purpose=PURPOSE)

    assert text[0] in "12"
    assert set() == set(text[1:]) - set("abcdefghijklmnopqrstuvwxyz234567")


@given(TOKENS, st.data())
def test_tampering_is_noticed(token: Token, data: st.DataObject) -> None:
    """With any character changed, added or left out it is not ours."""
    text = sign_token(token, key=KEY, purpose=PURPOSE)
    at = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz1234567="))
    assume(character != text[at])

    for changed in (
        text[:at] + character + text[at + 1 :],
        text[:at] + text[at + 1 :],
        text + character,
    ):
        assert read_token(changed, keys=[KEY], purpose=PURPOSE) is None


@given(TOKENS)
def test_another_key_or_purpose(token: Token) -> None:
    """What was signed with another key, or as another thing, is not ours."""
    text = sign_token(token, key=KEY, purpose=PURPOSE)

    assert read_token(text, keys=[OTHER], purpose=PURPOSE) is None
    assert read_token(text, keys=[], purpose=PURPOSE) is None
    assert read_token(text, keys=[KEY], purpose="another") is None


def test_octets_are_not_text() -> None:
    """The same octets as text and as octets are two tokens."""
    text = sign_token("abc", key=KEY, purpose=PURPOSE)

    assert read_token(f"1{text[1:]}", keys=[KEY], purpose=PURPOSE) is None


@given(st.text())
def test_any_text(text: str) -> None:
    """No text raises."""
    assert read_token(text, keys=[KEY], purpose=PURPOSE) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "2a",
        "1" + "a" * 11,
        "1" + "a" * 12,
        "3" + "a" * 16,
        "1" + "a" * 2000,
        "1\u212a" * 9,
    ],
    ids=["empty", "short", "no octets", "a signature", "odd", "form", "long", "kelvin sign"],
)
def test_what_has_no_form(text: str) -> None:
    """What cannot be a token of anybody is told apart from what was not signed by us."""
    assert not has_token_form(text)


@pytest.mark.parametrize("token", ["", b"", "\ud800"])
def test_no_token(token: Token) -> None:
    """What is empty or has no octets cannot be signed."""
    with pytest.raises(InvalidValue, match=r"^token: "):
        sign_token(token, key=KEY, purpose=PURPOSE)


def test_short_key() -> None:
    """A key that might be guessed is refused, when signing and when reading."""
    text = sign_token("abc", key=KEY, purpose=PURPOSE)

    with pytest.raises(InvalidValue, match=r"^key: 15 octets"):
        sign_token("abc", key=KEY[:-1], purpose=PURPOSE)
    with pytest.raises(InvalidValue, match=r"^key: 0 octets"):
        read_token(text, keys=[b""], purpose=PURPOSE)
