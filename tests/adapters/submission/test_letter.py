"""Letters as programs write them."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.submission import letter as module
from dsnlib.adapters.submission.fault import SubmissionFault
from dsnlib.adapters.submission.letter import Letter, read_letter

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER = b"Subject: x\nTo: bob\n"


def read(octets: bytes, *, ends_at_dot: bool = False, most_octets: int = 0) -> Letter:
    """Read a letter from a file."""
    with tempfile.TemporaryFile() as file:
        file.write(octets)
        file.seek(0)
        return read_letter(file.fileno(), ends_at_dot=ends_at_dot, most_octets=most_octets)


def read_pieces(pieces: Sequence[bytes], *, ends_at_dot: bool) -> bytes:
    """Read a letter that comes in pieces, and return it without dots doubled."""
    rest = list(pieces)

    def read_piece(_: int, __: int) -> bytes:
        return rest.pop(0) if rest else b""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "read", read_piece)
        return whole(read_letter(0, ends_at_dot=ends_at_dot))


def whole(letter: Letter, *, stuffs_dots: bool = False) -> bytes:
    """Return all of a letter."""
    octets = b"".join(letter.chunks(stuffs_dots=stuffs_dots))
    letter.close()
    return octets


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"A: 1\n\nbody\n", b"A: 1\r\n\r\nbody\r\n"),
        (b"A: 1\r\n\r\nbody\r\n", b"A: 1\r\n\r\nbody\r\n"),
        (b"A: 1\n\nbody", b"A: 1\r\n\r\nbody\r\n"),
        (b"A: 1", b"A: 1\r\n\r\n"),
        (b"A: 1\n folded\n\ttwice\n\n", b"A: 1\r\n folded\r\n\ttwice\r\n\r\n"),
        (b"no header\nat all\n", b"\r\nno header\r\nat all\r\n"),
        (b"\nbody: x\n", b"\r\nbody: x\r\n"),
        (b"A: 1\nbody\n", b"A: 1\r\n\r\nbody\r\n"),
        (b"From ann Sun Nov 22 10:00:00 2026\nA: 1\n\n", b"A: 1\r\n\r\n"),
        (b"A: a\rb\n\nc\rd\n", b"A: a b\r\n\r\nc d\r\n"),
        (b"", b"\r\n"),
        (b"A : 1\n\n", b"A : 1\r\n\r\n"),
    ],
)
def test_lines(octets: bytes, expected: bytes) -> None:
    """Lines end with CRLF, a lone CR is a blank, and the header ends with an empty line."""
    assert expected == whole(read(octets))


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"A: 1\n\nx\n.\ny\n", b"A: 1\r\n\r\nx\r\n"),
        (b"A: 1\r\n\r\nx\r\n.\r\ny\r\n", b"A: 1\r\n\r\nx\r\n"),
        (b"A: 1\n\nx\n.", b"A: 1\r\n\r\nx\r\n"),
        (b"A: 1\n\n..\n.x\nx.\n", b"A: 1\r\n\r\n..\r\n.x\r\nx.\r\n"),
        (b".\nx", b"\r\n"),
        (b".", b"\r\n"),
        (b"A: 1\n\nx.", b"A: 1\r\n\r\nx.\r\n"),
    ],
)
def test_lone_dot(octets: bytes, expected: bytes) -> None:
    """A line with a lone dot is the end, without -i; with it, it is text."""
    assert expected == whole(read(octets, ends_at_dot=True))
    assert b"\r\n.\r\n" in whole(read(b"A: 1\n\nx\n.\ny\n"))


@given(
    st.lists(st.sampled_from([b"\n", b"\r", b".", b"a", b":"]), max_size=40),
    st.lists(st.integers(1, 4), max_size=40),
    st.booleans(),
)
def test_pieces_do_not_matter(words: list[bytes], sizes: list[int], ends_at_dot: bool) -> None:  # noqa: FBT001  hypothesis gives it
    """However the octets come, the letter is the same, and no line is a lone dot if it ends it."""
    octets = b"".join(words)
    pieces, start = [], 0
    for size in sizes:
        pieces.append(octets[start : start + size])
        start += size
    pieces = [each for each in [*pieces, octets[start:]] if each]
    expected = read_pieces([octets] if octets else [], ends_at_dot=ends_at_dot)

    assert expected == read_pieces(pieces, ends_at_dot=ends_at_dot)
    assert b"\r" not in expected.replace(b"\r\n", b"")
    assert b"\n" not in expected.replace(b"\r\n", b"")
    assert expected.endswith(b"\r\n")
    if ends_at_dot:
        assert b"\r\n.\r\n" not in expected


@given(st.lists(st.sampled_from([b"\n", b".", b"a", b": "]), max_size=60))
def test_stuffing(words: list[bytes]) -> None:
    """Undoing the dots gives the letter, nothing ends it early, and its length is known."""
    octets = b"".join(words)
    stuffed = whole(read(octets), stuffs_dots=True)
    plain = whole(read(octets))

    assert b"\r\n.\r\n" not in b"\r\n" + stuffed
    undone = [line.removeprefix(b".") for line in stuffed.split(b"\r\n")]
    assert plain == b"\r\n".join(undone)
    assert len(plain) == len(read(octets))


def test_large_letter_is_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a bound it is in a file, and comes out of it the same, as often as wanted."""
    body = b".line\n" * 50_000
    expected = whole(read(HEADER + b"\n" + body), stuffs_dots=True)
    monkeypatch.setattr(module, "_MEMORY_OCTETS", 100_000)
    letter = read(HEADER + b"\n" + body)

    assert expected == b"".join(letter.chunks(stuffs_dots=True))
    assert expected == whole(letter, stuffs_dots=True)


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter that is too large is refused, and so is its header: 65."""
    assert 4 == len(read(b"\nab", most_octets=3)) - len(b"\r\n")
    with pytest.raises(SubmissionFault, match="more than the 3 octets") as caught:
        read(b"\nabc", most_octets=3)
    assert os.EX_DATAERR == caught.value.code
    monkeypatch.setattr(module, "_HEADER_OCTETS", 1000)
    with pytest.raises(SubmissionFault, match="the header has more than 1000"):
        read(b"A: 1\n" * 201)


def test_values() -> None:
    """Fields are found by name in any case, unfolded."""
    letter = read(b"TO: ann,\n bob\nCc: eve\nto : x\n\nTo: no\n")

    assert ["ann, bob", "x"] == list(letter.values(b"to"))
    assert ["ann, bob", "eve", "x"] == list(letter.values(b"to", b"cc"))


def test_eighth_bit() -> None:
    """It is known whether BODY=8BITMIME is needed."""
    assert not read(b"A: 1\n\nx").is_8bit
    assert read(b"A: 1\n\n\xc3\xbc").is_8bit
