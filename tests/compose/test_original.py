"""The header of the original is found, whatever it comes as and ends its lines with."""

import io
import os
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.original import message_id, open_original, original_date, subject

MESSAGE = (
    b"From: a@example.org\r\nSubject: =?utf-8?q?gr=C3=BC=C3=9F?=\r\n folded\r\n"
    b"Date: Sun, 22 Nov 2026 10:04:00 +0100\r\nMessage-ID: <1@example.org>\r\n\r\nText.\r\n"
)
HEADER, TEXT = MESSAGE[:-9], b"Text.\r\n"


def octets_of(chunks: Iterator[bytes]) -> bytes:
    """Join what is yielded."""
    return b"".join(chunks)


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b"\r"], ids=["CRLF", "LF", "CR"])
@pytest.mark.parametrize("size", [0, 1, 7, 100_000])
def test_header_and_text_are_parted(line_end: bytes, size: int) -> None:
    """Octets, or chunks of any size: the same header, the same text, CRLF."""
    octets = MESSAGE.replace(b"\r\n", line_end)
    chunks = [octets[at : at + size] for at in range(0, len(octets), size)] if size else octets

    original = open_original(chunks)

    assert HEADER == original.header
    assert original.is_headed
    assert TEXT == octets_of(original.body())


def test_a_file_tells_its_size() -> None:
    """A file that can be sought in is as large as what follows where it stands."""
    file = io.BytesIO(b"xx" + MESSAGE)
    file.seek(2)

    original = open_original(file)

    assert len(MESSAGE) == original.size_octets
    assert TEXT == octets_of(original.body())


def test_chunks_do_not_tell_their_size() -> None:
    """Nobody knows how much will come, unless the caller does."""
    assert open_original(iter([MESSAGE])).size_octets is None
    assert 99 == open_original(iter([MESSAGE]), size_octets=99).size_octets


def test_fields_for_a_person() -> None:
    """The subject is unfolded and decoded, the date keeps its zone."""
    fields = open_original(MESSAGE).fields()

    assert "grüß folded" == subject(fields)
    assert "<1@example.org>" == message_id(fields)
    date = original_date(fields)
    assert date is not None
    assert "2026-11-22T10:04:00+01:00" == date.isoformat()


def test_a_field_that_stands_twice() -> None:
    """The first of two fields of one name is the one, in whatever case."""
    fields = open_original(b"Subject: one\r\nSUBJECT: two\r\nSubject: three\r\n\r\n").fields()

    assert {"subject": "one"} == fields


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("22 Nov 26 10:04 EST", "2026-11-22T10:04:00-05:00"),
        ("2026-11-22T10:04:00+01:00", "2026-11-22T10:04:00+01:00"),
        ("Sun Nov 22 10:04:00 2026", "2026-11-22T10:04:00+00:00"),
        ("yesterday", None),
        ("31 Feb 2026 10:04:00 +0000", None),
    ],
)
def test_a_date_that_is_written_otherwise(text: str, date: str | None) -> None:
    """What RFC 5322 does not allow is guessed, if it can be; a letter may do without it."""
    found = original_date({"date": text})

    assert date == (None if found is None else found.isoformat())


@pytest.mark.parametrize(
    "bad", [b"<a b@c>", b"<>", b"a@b", b"<a@b> <c@d>", b"<\x01@b>", b"<" + b"x" * 300 + b"@b>"]
)
def test_a_message_id_that_is_none_is_not_repeated(bad: bytes) -> None:
    """What cannot stand in a header again is left out."""
    fields = open_original(b"Message-ID: " + bad + b"\r\n\r\n").fields()

    assert message_id(fields) is None


@pytest.mark.parametrize(
    "octets", [b"", b"\r\n", b"Subject: x", b"Subject: x\r\n", b"no field at all"]
)
def test_what_has_no_text(octets: bytes) -> None:
    """A header alone, or nothing, is no error."""
    original = open_original(octets)

    assert (octets == b"\r\n") == original.is_headed
    assert b"" == octets_of(original.body())


@given(st.lists(st.sampled_from([b"\r", b"\n", b"x", b"A: b", b"\r\n"]), max_size=12), st.data())
def test_chunks_change_nothing(pieces: list[bytes], data: st.DataObject) -> None:
    """However the octets are cut, header and text come out the same."""
    octets = b"".join(pieces)
    cut = data.draw(st.integers(0, len(octets)))

    whole, cut_up = open_original(octets), open_original([octets[:cut], b"", octets[cut:]])

    assert whole.header == cut_up.header
    assert whole.is_headed == cut_up.is_headed
    text = octets_of(cut_up.body())
    assert octets_of(whole.body()) == text
    assert text.count(b"\n") == text.count(b"\r") == text.count(b"\r\n")


def test_line_ends_that_are_known_are_passed_on() -> None:
    """Who knows them spares the look; the header is read as always."""
    text = b"a\r\n" * 30_000

    original = open_original(iter([MESSAGE, text]), is_crlf=True)

    assert HEADER == original.header
    assert TEXT + text == octets_of(original.body())


def test_a_file_that_cannot_be_sought_in() -> None:
    """A pipe does not tell its size, and is read all the same."""
    read, write = os.pipe()
    with os.fdopen(write, "wb") as sink:
        sink.write(MESSAGE)
    with os.fdopen(read, "rb") as pipe:
        original = open_original(pipe)

        assert original.size_octets is None
        assert TEXT == octets_of(original.body())
