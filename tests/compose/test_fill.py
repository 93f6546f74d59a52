"""Lines are wrapped at 72 columns, and only where they may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.fill import COLUMNS, fill, width, wrap


def test_a_long_line_is_wrapped_and_a_short_one_is_not() -> None:
    """Each line is looked at alone; no two of them join."""
    text = "short\n" + "word " * 20 + "\nshort too"

    lines = fill(text).split("\n")

    assert "short" == lines[0]
    assert "short too" == lines[-1]
    assert all(len(line) <= COLUMNS for line in lines)
    assert ["word"] * 20 == " ".join(lines[1:-1]).split()


def test_what_goes_on_is_indented_as_its_line() -> None:
    """The indent of a line is that of each line it becomes."""
    lines = fill("  " + "word " * 30).split("\n")

    assert all(line.startswith("  word") for line in lines)
    assert all(len(line) <= COLUMNS for line in lines)


def test_a_word_is_never_split() -> None:
    """A word longer than the line stays whole, on a line of its own."""
    word = "x" * 100

    assert f"a\n{word}\nb" == fill(f"a {word} b")


def test_a_long_word_at_the_end() -> None:
    """What follows the last place to break is a line, however long; nothing follows it."""
    words, word = "a b " * 15 + "c", "x" * 100

    assert f"{words}\n{word}" == fill(f"{words} {word}")


def test_no_line_of_what_was_white_space() -> None:
    """Spaces behind a line that fits to the last column make no line."""
    word = "x" * COLUMNS

    assert word == fill(f"{word}   ")
    assert f"{word}\n{word}" == fill(f"{word} {word}  ")


def test_scripts_without_spaces_break_between_letters() -> None:
    """Not before a closing mark, and by their width in columns."""
    text = "邮件没有送达。" * 12

    lines = fill(text).split("\n")

    assert text == "".join(lines)
    assert all(width(line) <= COLUMNS for line in lines)
    assert not any(line.startswith("。") for line in lines)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("abc", 3), ("δ", 1), ("花子", 4), ("a邮件", 5), ("e\u0301", 1), ("", 0), ("grü…", 4),
        ("привет", 6), ("\u2068a@b\u2069", 3), ("שָׁלוֹם", 4), ("soft\xadhyphen", 10),
    ],
)  # fmt: skip
def test_columns(text: str, columns: int) -> None:
    """A wide letter takes two columns, a mark and what directs the text none."""
    assert columns == width(text)


def test_marks_take_no_room() -> None:
    """A line of 72 columns is one line, however many marks are in it."""
    line = "e\u0301" * 36 + " " + "e\u0301" * 35

    assert line == fill(line)
    assert 2 == len(fill(f"{line}e").split("\n"))


def test_wrapping_at_79_columns_is_that_of_postfix() -> None:
    """79 columns fit; the 80th starts a line behind the indent."""
    exact = "x" * 39 + " " + "y" * 39
    assert [exact] == wrap(exact, 79, "    ")

    assert ["x" * 39, "    " + "y" * 40] == wrap("x" * 39 + " " + "y" * 40, 79, "    ")


@given(st.text(st.sampled_from("ab é邮。（ "), max_size=400), st.integers(10, 80))
def test_nothing_but_white_space_is_lost(text: str, columns: int) -> None:
    """Wrapping moves white space and nothing else."""
    assert "".join(text.split()) == "".join(fill(text, columns).split())
