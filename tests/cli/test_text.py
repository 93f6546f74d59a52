"""Text of strangers is made safe, and nothing else is done to it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.cli.text import defuse, json_text, printable

ANY_TEXT = st.text(st.characters())  # lone surrogates too
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(ANY_TEXT)
def test_printable(text: str) -> None:
    """What is shown has as many characters, can be encoded, and acts on nothing."""
    shown = printable(text)
    codes = {ord(each) for each in shown}

    assert len(text) == len(shown)
    assert shown == shown.encode().decode()
    assert codes.isdisjoint([*range(0x20), *range(0x7F, 0xA0), *map(ord, BIDI)])


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_ordinary_text_is_untouched(text: str) -> None:
    """Letters, digits, marks of punctuation and symbols are shown as they are."""
    assert text == printable(text)


@pytest.mark.parametrize("text", ["می\u200cخواهم", "👩\u200d🚀", "a\u00a0b"])
def test_spelling_is_untouched(text: str) -> None:
    """The joiners that words and emoji are spelt with stay."""
    assert text == printable(text)


@given(st.recursive(st.none() | ANY_TEXT, st.lists))
def test_json_round_trip(value: object) -> None:
    """JSON is one harmless line that reads back as what was written."""
    text = json_text(value)

    assert value == json.loads(text)
    assert text.encode("utf-8")
    assert text == printable(text)


@given(ANY_TEXT)
def test_defuse(text: str) -> None:
    """A cell can be encoded, begins with nothing that calculates, and keeps its text."""
    cell = defuse(text)

    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell == cell.encode().decode()
    assert len(cell) - len(text) in (0, 1)
