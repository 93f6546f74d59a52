"""What strangers said is harmless, and what was harmless is unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.neutral import LONGEST_TEXT, LONGEST_WORD, neutral_text, unclickable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("550 5.1.1 No such user here", "550 5.1.1 No such user here"),
        ("grüß 你好 привет 😀", "grüß 你好 привет 😀"),
        ("a\r\nBcc: x@y.example", "a??Bcc: x@y.example"),
        ("nul\x00 esc\x1b[31m del\x7f", "nul? esc?[31m del?"),
        ("tab\there", "tab here"),
        ("exe.\u202egpj", "exe.?gpj"),
        ("zero\u200bwidth \u2066isolate\u2069", "zero?width ?isolate?"),
        ("line\u2028separator", "line?separator"),
        ("octet \udcff", "octet ?"),
        ("tag \U000e0041", "tag ?"),
    ],
)
def test_what_could_do_harm_is_replaced(text: str, expected: str) -> None:
    """Controls, line ends and marks that turn or hide text become `?`."""
    assert expected == neutral_text(text)


def test_a_long_word_is_broken() -> None:
    """A word longer than the bound gets spaces, so a line can be folded."""
    words = neutral_text("x" * (2 * LONGEST_WORD + 5)).split(" ")

    assert [LONGEST_WORD, LONGEST_WORD, 5] == [len(word) for word in words]


def test_a_long_text_is_cut_and_says_so() -> None:
    """What is beyond the bound is gone, and the text shows it."""
    text = neutral_text("word " * LONGEST_TEXT)

    assert text.endswith(" [...]")
    assert LONGEST_TEXT >= len(text) > LONGEST_TEXT - 20


@given(st.text(st.characters(), max_size=900))
def test_twice_is_as_once(text: str) -> None:
    """Neutral text is neutral."""
    once = neutral_text(text)

    assert once == neutral_text(once)
    assert not any(character in "\r\n\x00\u202e" for character in once)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://mx.example/x?y", "see https[:]//mx.example/x?y"),
        ("HTTP://A.example www.b.example", "HTTP[:]//A.example www[.]b.example"),
        ("550 5.1.1 a: b // c", "550 5.1.1 a: b // c"),
    ],
)
def test_links_are_broken_on_request(text: str, expected: str) -> None:
    """Only what a program would take for a link is changed."""
    assert expected == unclickable(text)
