"""Octets of messages: their end, their dots, their faults, their place."""

import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.server.data import HEAD_OCTETS, BareNewlines, MessageReader

PIECES = st.sampled_from([b"\r\n", b".", b"..", b"a", b"bc", b"\r\n.", b"x" * 70])
WILD = st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"a", b"\n.\n", b"\r\n.\r", b"\0", b"\xff"])


def feed(reader: MessageReader, octets: bytes, cuts: list[int]) -> bytes | None:
    """Feed octets cut at places, and return what is left over behind the end."""
    places = sorted({cut % (len(octets) + 1) for cut in cuts} | {0, len(octets)})
    for begin, end in itertools.pairwise(places):
        rest = reader.feed(octets[begin:end])
        if rest is not None:
            return rest + octets[end:]
    return None


def stuffed(text: bytes) -> bytes:
    """Return a text as a client sends it."""
    return re.sub(rb"(^|\r\n)\.", rb"\1..", text) + b".\r\n"


@given(st.lists(PIECES).map(b"".join), st.lists(st.integers(0, 10**4), max_size=8))
def test_transparency(text: bytes, cuts: list[int]) -> None:
    """A text comes out as it went in, however it is cut, and what follows stays."""
    text = text + b"\r\n" if text else text
    reader = MessageReader(size_octets=10**6, line_octets=10**6)

    assert b"QUIT\r\n" == feed(reader, stuffed(text) + b"QUIT\r\n", cuts)
    assert text == reader.content().read()


@given(st.lists(WILD).map(b"".join), st.lists(st.integers(0, 10**4), max_size=8))
def test_cuts_do_not_matter(octets: bytes, cuts: list[int]) -> None:
    """The same octets have the same end and the same fault, however they are cut."""
    whole, cut = MessageReader(), MessageReader()
    once = whole.feed(octets)

    assert once == feed(cut, octets, cuts)
    assert whole.refusal == cut.refusal
    if once is not None and whole.refusal is None:
        assert whole.content().read() == cut.content().read()


@given(st.lists(WILD).map(b"".join))
def test_end_is_crlf_dot_crlf(octets: bytes) -> None:
    """Nothing else ends a message, so nothing can be smuggled behind it."""
    reader = MessageReader(bare_newlines=BareNewlines.NORMALIZE)
    end = (b"\r\n" + octets).find(b"\r\n.\r\n")
    rest = reader.feed(octets)

    assert (None if end < 0 else octets[end + 3 :]) == rest
    if rest is not None:
        content = reader.content().read()
        assert content.count(b"\r\n") == content.count(b"\r") == content.count(b"\n")


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r\n\0.\r\n"]
)
def test_false_end(end: bytes) -> None:
    """An end with a lone CR or LF is none, and the message is refused."""
    reader = MessageReader()

    assert reader.feed(b"text" + end + b"MAIL FROM:<x@y>\r\n") is None
    assert b"" == reader.feed(b".\r\n")
    assert (None if b"\0" in end else "550 5.5.2") == (reader.refusal and str(reader.refusal)[:9])


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"a\nb\r\n", b"a\r\nb\r\n"),
        (b"a\rb\r\n", b"a b\r\n"),
        (b"a\r\r\n", b"a \r\n"),
        (b"a\n.\r\nb\r\n", b"a\r\n.\r\nb\r\n"),
    ],
)
def test_normalize(octets: bytes, expected: bytes) -> None:
    """A lone LF is made a line end and a lone CR a space; a dot between stays."""
    reader = MessageReader(bare_newlines=BareNewlines.NORMALIZE)
    for each in (octets[:1], octets[1:2], octets[2:]):
        reader.feed(each)
    reader.feed(b".\r\n")

    assert expected == reader.content().read()


@given(
    st.lists(st.integers(0, 30), max_size=12),
    st.integers(1, 30),
    st.lists(st.integers(0, 400), max_size=6),
)
def test_line_limit(lengths: list[int], most: int, cuts: list[int]) -> None:
    """A line may have as many octets as said, and not one more."""
    reader = MessageReader(line_octets=most)
    text = b"".join(b"x" * length + b"\r\n" for length in lengths)

    assert b"" == feed(reader, text + b".\r\n", cuts)
    assert (max(lengths, default=0) > most) == (reader.refusal is not None)


@pytest.mark.parametrize(("size", "is_taken"), [(10, True), (9, False)])
def test_size_limit(size: int, is_taken: bool) -> None:  # noqa: FBT001  a column
    """A message that is too large is read to its end and answered 552 5.3.4."""
    reader = MessageReader(size_octets=size)

    assert b"x" == reader.feed(b"12345678\r\n.\r\nx")
    assert is_taken == (reader.refusal is None)
    if reader.refusal is not None:
        assert "552 5.3.4" == str(reader.refusal)[:9]


def test_large_message_is_a_file(tmp_path: Path) -> None:
    """Beyond what fits into memory a message is in a file, and its beginning in both."""
    reader = MessageReader(memory_octets=1000, folder=tmp_path)
    text = b"0123456789\r\n" * 10_000
    for place in range(0, len(text), 700):
        assert reader.feed(text[place : place + 700]) is None
    reader.feed(b".\r\n")
    content = reader.content()
    reader.close()

    assert (text, len(text)) == (content.read(), len(content))
    assert 1000 <= len(content.head) <= HEAD_OCTETS
    assert text.startswith(content.head)
    assert content.path is not None
    assert [content.path] == list(tmp_path.iterdir())
    assert 0 == content.path.stat().st_mode & 0o077


def test_file_is_removed(tmp_path: Path) -> None:
    """What is not wanted leaves no file."""
    reader = MessageReader(memory_octets=10, folder=tmp_path, size_octets=100)
    reader.feed(b"x" * 50)
    assert 1 == len(list(tmp_path.iterdir()))
    reader.feed(b"x" * 60)

    assert [] == list(tmp_path.iterdir())
    assert reader.refusal is not None


def test_no_room(tmp_path: Path) -> None:
    """A disk that is full, or a folder that is gone, is answered 452 4.3.1."""
    for reader in (
        MessageReader(memory_octets=10, folder=tmp_path / "none"),
        MessageReader(memory_octets=10, folder=tmp_path, has_room=lambda _: False),
    ):
        reader.feed(b"x" * 50)
        reader.feed(b"\r\n.\r\n")
        assert reader.refusal is not None
        assert "452 4.3.1" == str(reader.refusal)[:9]
    assert [] == list(tmp_path.iterdir())


@given(st.lists(WILD).map(b"".join), st.lists(st.integers(0, 10**4), max_size=8))
def test_chunks(octets: bytes, cuts: list[int]) -> None:
    """Chunks of what is binary come out as they are; of lines, a fault is found in any cut."""
    for newlines in (BareNewlines.KEEP, BareNewlines.REFUSE):
        reader = MessageReader(bare_newlines=newlines)
        places = sorted({cut % (len(octets) + 1) for cut in cuts} | {0, len(octets)})
        for begin, end in itertools.pairwise(places):
            reader.feed_chunk(octets[begin:end])
        reader.end_chunks()
        has_bare = re.search(rb"(?<!\r)\n|\r(?!\n)", octets) is not None

        assert (has_bare and newlines is BareNewlines.REFUSE) == (reader.refusal is not None)
        if reader.refusal is None:
            assert octets == reader.content().read()
