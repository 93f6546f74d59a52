"""The octets of a status part become text in which each field is one line."""

from __future__ import annotations

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import LimitExceeded
from dsnlib.model.text import encode_wire
from dsnlib.parse.fields import StatusText, read_status_text

LIMIT = 1 << 16
MTA = b"Reporting-MTA: dns; mx.example.org\n"
GROUP = b"Final-Recipient: rfc822; ann@example.net\nAction: failed\nStatus: 5.1.1\n"
PLAIN = MTA + b"\n" + GROUP


def read(octets: bytes, encoding: str = "7bit", *, start: int = 0) -> StatusText:
    """Return the text of a status part of any size that a test has."""
    return read_status_text(octets, start, encoding, LIMIT)


# ---------------------------------------------------------------------- folding


@pytest.mark.requirement("3464-2.1.1-01")
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("A: b\n c\n", "A: b c\n"),
        ("A: b\n\tc\n", "A: b c\n"),
        ("A: b\n \t  c\n", "A: b c\n"),
        ("A:\n b\n", "A: b\n"),
        ("A: b \t\n\t c\n", "A: b c\n"),
        ("A: b\n c\n d\nE: f\n", "A: b c d\nE: f\n"),
        ("A: b  c\n", "A: b  c\n"),
        ("A: b\n", "A: b\n"),
        ("A: b", "A: b"),
        ("", ""),
    ],
    ids=[
        "space", "tab", "more", "before the value", "on both sides", "twice", "no fold", "one line",
        "no line end", "empty",
    ],
)  # fmt: skip
def test_a_fold_is_one_space(octets: str, expected: str, line_end: str) -> None:
    """A line end with the white space round it counts as one space (RFC 822 s3.1.4)."""
    assert expected == read(octets.replace("\n", line_end).encode()).text


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"A: b\n \nC: d\n", "A: b\n \nC: d\n"),
        (b"A: b\n\t \n\nC: d\n", "A: b\n\t \n\nC: d\n"),
        (b"A: b\n \n c\n", "A: b\n  c\n"),
        (b"A: b\n ", "A: b\n "),
        (b" A: b\n", " A: b\n"),
    ],
    ids=["alone", "two", "before a fold", "last", "first line"],
)
def test_white_space_alone_is_no_fold(octets: bytes, expected: str) -> None:
    """A line of white space stands where an empty line was meant (RFC 5322 s3.2.2)."""
    text = read(octets).text

    assert [line.isspace() for line in expected.split("\n")] == [
        line.isspace() for line in text.split("\n")
    ]
    assert expected.replace(" ", "") == text.replace(" ", "")


@given(st.text("ab: \t\n", max_size=60))
def test_unfolding_in_another_way(text: str) -> None:
    """Line by line: each line that begins with white space and goes on is put to the last."""
    expected: list[str] = []
    for line in text.split("\n"):
        if expected and line[:1] in {" ", "\t"} and line.strip() and not expected[-1].isspace():
            expected[-1] = f"{expected[-1].rstrip()} {line.strip()}"
        else:
            expected.append(line if line.isspace() else line.rstrip(" \t"))
    found = read(text.encode()).text.split("\n")

    # White space behind an unfolded line, and round a line of it, is nobody's.
    if not any(line.isspace() for line in text.split("\n")):
        assert expected == [line.rstrip(" \t") for line in found]


@given(st.text("ab: \t\n", max_size=60))
def test_crlf_reads_as_lf(text: str) -> None:
    """The text of a part and that of its CRLF twin are equal."""
    assert read(text.encode()).text == read(text.replace("\n", "\r\n").encode()).text


@given(st.binary(max_size=60))
def test_no_octet_is_lost(octets: bytes) -> None:
    """What is no UTF-8 stands as surrogate escapes, so the octets can be had back."""
    if octets.find(b"\r") < 0 and octets.find(b"\n") < 0:
        assert octets == encode_wire(read(octets + b":").text)[:-1]


@pytest.mark.requirement("6533-4.1-10")
@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("für".encode(), "für"),
        (b"f\xfcr", "f\udcfcr"),
        (b"\xef\xbb\xbfA: b", "\ufeffA: b"),
        (b"\x00\x1b\x7f", "\x00\x1b\x7f"),
        (b"a\rb", "a\rb"),
    ],
    ids=["UTF-8", "Latin-1", "byte order mark", "controls", "lone CR"],
)
def test_octets_are_utf8(octets: bytes, expected: str) -> None:
    """Octets are read as UTF-8 and nothing is taken away; judging is for others."""
    assert expected == read(octets).text


# --------------------------------------------------------------------- encodings


@pytest.mark.requirement("6533-4.4-04")
@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary"])
def test_identity_encodings(encoding: str) -> None:
    """Three encodings leave the octets as they are (RFC 2045 s6.2)."""
    status = read(PLAIN, encoding, start=7)

    assert StatusText(PLAIN.decode(), [], PLAIN, 7, decoded=False) == status


@pytest.mark.requirement("6533-4.4-04")
@pytest.mark.parametrize(
    ("encoding", "octets"),
    [
        ("base64", base64.encodebytes(PLAIN)),
        ("base64", base64.b64encode(PLAIN)),
        ("base64", base64.encodebytes(PLAIN).replace(b"\n", b"\r\n")),
        ("base64", b"\n" + base64.encodebytes(PLAIN) + b"\n\n"),
        ("base64", base64.encodebytes(PLAIN.replace(b"\n", b"\r\n"))),
        ("quoted-printable", quopri.encodestring(PLAIN.replace(b"example", b"ex\xc3\xa4mple"))),
        ("quoted-printable", PLAIN.replace(b"failed", b"fai=\nled")),
        ("quoted-printable", PLAIN.replace(b"iled", b"=\r\niled").replace(b"5.1.1", b"5=2E1.1")),
    ],
    ids=[
        "base64", "one line", "CRLF", "empty lines", "CRLF inside", "octets", "soft line break",
        "soft CRLF",
    ],
)  # fmt: skip
def test_encoded_parts(encoding: str, octets: bytes) -> None:
    """A transfer encoding of the whole part is undone, and that is known."""
    status = read(octets, encoding)

    assert PLAIN.decode() == status.text.replace("ä", "a")
    assert status.decoded
    assert [] == status.notes


def test_quoted_printable_without_any_quoting() -> None:
    """A text that needed no quoting stands as it is, so its places count."""
    status = read(PLAIN, "quoted-printable", start=5)

    assert (PLAIN.decode(), False) == (status.text, status.decoded)
    assert 5 + len(MTA) == status.offsets()[1]


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (base64.b64encode(PLAIN)[:-3], PLAIN[:-4]),
        (base64.b64encode(PLAIN)[:-2], PLAIN[:-2]),
        (base64.b64encode(PLAIN)[:-1] + b"?", PLAIN),
        (b"", b""),
        (b"A", b""),
    ],
    ids=["three octets", "two octets", "padding replaced", "empty", "one octet"],
)
def test_base64_that_was_cut_off(octets: bytes, expected: bytes) -> None:
    """Of base64 that does not end right all whole groups of four are read, and it is told."""
    status = read(octets, "base64")

    assert expected.decode()[:80] == status.text[:80]
    assert status.text.startswith(expected.decode()[:-3])
    assert (["status-part-encoding"] if octets.rstrip(b"=") else []) == [
        code for code, _, _ in status.notes
    ]


def test_labelled_base64_and_plain_all_the_same() -> None:
    """A part whose first line has a colon is no base64, whatever it is called."""
    status = read(PLAIN, "base64")

    assert (PLAIN.decode(), False) == (status.text, status.decoded)


@pytest.mark.parametrize("encoding", ["x-unknown", "uuencode", "7-bit", ""])
def test_an_unknown_encoding_is_none(encoding: str) -> None:
    """What nobody can decode is read as it stands."""
    assert PLAIN.decode() == read(PLAIN, encoding).text


def later_groups_encoded(group: bytes) -> bytes:
    """Return a part whose groups behind the first are base64."""
    return MTA + b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(group)


@pytest.mark.requirement("3464-2.1-02")
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("encoding", ["7bit", "x-unknown", "base64"])
def test_only_the_later_groups_are_encoded(encoding: str, line_end: bytes) -> None:
    """Base64 behind the first group is read, whatever the part is labelled."""
    octets = later_groups_encoded(GROUP + b"\n" + GROUP)
    status = read(octets.replace(b"\n", line_end), encoding)

    expected = PLAIN + b"\n" + GROUP
    assert expected.decode() == status.text.replace("Content-Transfer-Encoding: base64\n", "")
    assert status.decoded
    assert ["status-part-encoding"] == [code for code, _, _ in status.notes]


def test_a_short_later_group_is_encoded() -> None:
    """Base64 behind the first group is read also if it is less than two lines long."""
    assert read(later_groups_encoded(GROUP)).text.endswith(GROUP.decode())


@pytest.mark.parametrize(
    "rest",
    [
        b"VGhpcyBpcyBub3QgYSByZXBvcnQ=\n" * 6,
        b"this group has letters but it is no base64\n" * 4,
        b"what? never!\n" * 20,
    ],
    ids=["base64 of a text", "letters", "signs"],
)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_text_behind_the_fields_is_no_base64(rest: bytes, line_end: bytes) -> None:
    """Lines that only look like base64, and hold no fields, stand as they are."""
    octets = MTA + b"\n" + rest
    status = read(octets.replace(b"\n", line_end))

    assert octets.decode() == status.text
    assert (False, []) == (status.decoded, status.notes)


def test_a_long_last_field_without_colons() -> None:
    """A part whose last lines have no colon is plain all the same."""
    octets = PLAIN + b"Diagnostic-Code: smtp; 550" + b"\n no such user here" * 20 + b"\n"

    assert not read(octets).decoded
    assert [] == read(octets).notes


@given(st.binary(max_size=80), st.sampled_from(["base64", "quoted-printable", "7bit", "x-odd"]))
def test_any_octets_have_a_text(octets: bytes, encoding: str) -> None:
    """Whatever the octets are, there is a text, and an offset in the part for each line."""
    status = read(octets, encoding, start=9)
    offsets = status.offsets()

    assert len(offsets) >= status.text.count("\n") + 1 - octets.count(b"\r")
    assert offsets == sorted(offsets)
    assert all(9 <= offset <= 9 + len(octets) for offset in offsets)


# ----------------------------------------------------------------------- offsets


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(
    "octets",
    [
        PLAIN,
        MTA + b"\n\n" + GROUP,
        PLAIN + b"Diagnostic-Code: smtp; 550 no\n\tsuch\n user\nFinal-Log-ID: 7\n",
        MTA + b" \n" + GROUP + b"\t\n" + GROUP,
        b"Final-Log-ID: 7 \n more\nX-Note: 1",
    ],
    ids=["plain", "two empty lines", "folded", "white space", "white space before a fold"],
)
def test_offsets_are_those_of_the_lines(octets: bytes, line_end: bytes) -> None:
    """Each line of the text has the place in the message where its field begins."""
    octets = octets.replace(b"\n", line_end)
    status = read(octets, start=100)
    lines = status.text.split("\n")

    assert len(lines) == len(status.offsets())
    for line, offset in zip(lines, status.offsets(), strict=True):
        assert octets[offset - 100 :].startswith(line.partition(":")[0].encode())


def test_offsets_of_an_encoded_part() -> None:
    """Within an encoded part every line is where the part is."""
    status = read(base64.encodebytes(PLAIN), "base64", start=100)

    assert [100] * len(status.text.split("\n")) == status.offsets()


# ------------------------------------------------------------------------ limits


@pytest.mark.parametrize("encoding", ["7bit", "base64"])
def test_a_part_at_its_bound(encoding: str) -> None:
    """A part of as many octets as the bound is read, a larger one is refused."""
    assert read_status_text(b"x" * 40, 0, encoding, 40).octets
    with pytest.raises(LimitExceeded, match="41 octets are more than 40") as caught:
        read_status_text(b"x" * 41, 0, encoding, 40)
    assert ("status_octets", 40) == (caught.value.limit, caught.value.value)
