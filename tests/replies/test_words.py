"""A setting is words between commas and white space; braces keep one together."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import ConfigurationError, RestrictionError
from dsnlib.replies.words import Word, split_words
from tests.growth import BOUND, growth


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param(" \t\n,, ,", [], id="separators"),
        pytest.param("a", ["a"], id="one"),
        pytest.param("a b", ["a", "b"], id="blank"),
        pytest.param("a,b", ["a", "b"], id="comma"),
        pytest.param(" ,a ,\t, b,", ["a", "b"], id="many separators"),
        pytest.param("a\n b\r\n\tc", ["a", "b", "c"], id="lines"),
        pytest.param("{}", ["{}"], id="empty braces"),
        pytest.param("{ a, b }", ["{ a, b }"], id="braces"),
        pytest.param("inline:{ a = b, c = d } e", ["inline:{ a = b, c = d }", "e"], id="table"),
        pytest.param("{a {b, c} d}", ["{a {b, c} d}"], id="nested"),
        pytest.param("a{b c}d{e f}g h", ["a{b c}d{e f}g", "h"], id="braces inside"),
        pytest.param("{a}{b}", ["{a}{b}"], id="braces side by side"),
        pytest.param("{a\nb}\nc", ["{a\nb}", "c"], id="lines in braces"),
        pytest.param("a=b;c", ["a=b;c"], id="other signs"),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    """Each word is as written, with its braces; separators are not."""
    assert expected == [word.text for word in split_words(text)]


def test_words_know_their_lines() -> None:
    """A word's line is where it begins, counted from the line of the text."""
    text = "\n a\n\n b:{ c,\n d }, e\n\n{f\n}\ng"

    assert [
        Word("a", 11),
        Word("b:{ c,\n d }", 13),
        Word("e", 14),
        Word("{f\n}", 16),
        Word("g", 18),
    ] == list(split_words(text, line=10))


def test_first_line_is_one() -> None:
    """Lines are counted from 1 if nothing else is said."""
    assert [Word("a", 1), Word("b", 2)] == list(split_words("a\nb"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a\nb { c\nd", "main.cf:8: a brace is not closed in '{ c\\nd'", id="open"),
        pytest.param("a\n{{b}", "main.cf:8: a brace is not closed in '{{b}'", id="one too few"),
        pytest.param("{", "main.cf:7: a brace is not closed in '{'", id="alone"),
        pytest.param("a\n\nb}} c", "main.cf:9: a brace closes nothing in 'b}} c'", id="close"),
        pytest.param("}{", "main.cf:7: a brace closes nothing in '}{'", id="wrong order"),
        pytest.param("{a}} {", "main.cf:7: a brace closes nothing in '{a}} {'", id="one too many"),
    ],
)
def test_brace_without_its_other(text: str, message: str) -> None:
    """An error tells origin and line of the word that the brace is in, and shows it."""
    with pytest.raises(ConfigurationError) as caught:
        list(split_words(text, line=7, origin="main.cf"))

    assert message == str(caught.value)
    assert ConfigurationError is type(caught.value)


def test_error_is_of_the_kind_asked_for() -> None:
    """Who reads restrictions raises theirs; a place that is not known is not told."""
    with pytest.raises(RestrictionError, match=r"^1: a brace is not closed in ") as caught:
        list(split_words("{", error=RestrictionError))

    assert ("", 1) == (caught.value.origin, caught.value.line)


def test_words_before_the_error_are_given() -> None:
    """Words come one by one, so what stands before the fault was read."""
    words = split_words("a, b, }c")

    assert ["a", "b"] == [next(words).text, next(words).text]
    with pytest.raises(ConfigurationError):
        next(words)


def test_error_shows_a_part() -> None:
    """A message stays short, however long the text."""
    with pytest.raises(ConfigurationError) as caught:
        list(split_words("{" + "x" * 1000))

    assert f"1: a brace is not closed in '{{{'x' * 79}'" == str(caught.value)


plain = st.text(st.sampled_from("abc=:/"), min_size=1, max_size=4)
braced = st.recursive(
    st.text(st.sampled_from("ab ,\n"), max_size=4),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: f"{{{' '.join(parts)}}}"),
    max_leaves=5,
).map("{{{}}}".format)
words = st.lists(plain | braced, min_size=1, max_size=3).map("".join)
separators = st.text(st.sampled_from(" ,\t\n"), min_size=1, max_size=3)


@given(parts=st.lists(st.tuples(words, separators), max_size=6))
def test_words_are_what_was_joined(parts: list[tuple[str, str]]) -> None:
    """Words in balanced braces come back, each with the line it begins on."""
    expected, text = [], ""
    for word, separator in parts:
        expected.append(Word(word, 1 + text.count("\n")))
        text += word + separator

    assert expected == list(split_words(text))


@given(text=st.text(st.sampled_from("ab{} ,\n")))
def test_any_text_is_words_or_an_error(text: str) -> None:
    """Nothing but the documented error is raised, and only where braces do not pair."""
    depths = [text[:end].count("{") - text[:end].count("}") for end in range(len(text) + 1)]
    is_paired = min(depths) >= 0 and depths[-1] == 0
    try:
        found = list(split_words(text))
    except ConfigurationError:
        assert not is_paired
    else:
        assert is_paired
        assert (
            text.replace(",", " ").split()
            == " ".join(word.text for word in found).replace(",", " ").split()
        )


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param("a ", id="words"),
        pytest.param("a\n", id="lines"),
        pytest.param(" \n", id="separators"),
        pytest.param("{", id="open"),
        pytest.param("}", id="close"),
        pytest.param("{}", id="pairs"),
        pytest.param("{} ", id="braced words"),
        pytest.param("a", id="one word"),
        pytest.param("{ a,\n} ", id="braced lines"),
    ],
)
def test_twice_the_text_takes_twice_the_time(unit: str) -> None:
    """Work is linear in the text: under three times as long for twice as much."""

    def prepare(count: int) -> Callable[[], object]:
        text = unit * count
        return lambda: list(split_words(text))

    assert growth(prepare, 1 << 17) < BOUND
