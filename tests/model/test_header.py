"""The text of a header field is shown as one line, and costs no square of time."""

import pytest

from dsnlib.model.header import decode_words, one_line

WORD = "=?utf-8?q?=C3=A9?= "


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("plain", "plain"),
        ("", ""),
        ("=?utf-8?q?gr=C3=BC=C3=9F?=", "grüß"),
        ("=?ISO-8859-1?B?6Q==?= x", "é x"),
        ("=?utf-8?b?w6?=", "=?utf-8?b?w6?="),
        ("=?utf-8?b?w?=", "=?utf-8?b?w?="),
        ("=?x-nowhere?q?a?=", "=?x-nowhere?q?a?="),
        ("=?us-ascii?q?=E9?=", "=?us-ascii?q?=E9?="),
        ("=?utf-8?q?a", "=?utf-8?q?a"),
    ],
)
def test_decode_words(text: str, decoded: str) -> None:
    """Encoded words are decoded; what cannot be is given as it is."""
    assert decoded == decode_words(text)


@pytest.mark.parametrize(("count", "is_decoded"), [(1, True), (64, True), (65, False)])
def test_number_of_words(count: int, is_decoded: bool) -> None:  # noqa: FBT001  a column of the table
    """A text with more encoded words than honest mail has is left as it is."""
    text = WORD * count

    assert ("é" * count if is_decoded else text.strip()) == decode_words(text).strip()


@pytest.mark.parametrize(("length", "is_decoded"), [(8192, True), (8193, False)])
def test_length(length: int, is_decoded: bool) -> None:  # noqa: FBT001  a column of the table
    """So is a text that is longer than any honest field."""
    text = WORD + "x" * (length - len(WORD))

    assert is_decoded == decode_words(text).startswith("é")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a b", "a b"),
        ("a\r\nb", "a b"),
        ("a\nb\rc\td", "a b c d"),
        ("a\r\n\r\nb", "a  b"),
        ("a\x00\x1bb", "a\ufffd\ufffdb"),
    ],
    ids=ascii,
)
def test_one_line(text: str, line: str) -> None:
    """A line end or a TAB becomes a space, another control U+FFFD."""
    assert line == one_line(text)
