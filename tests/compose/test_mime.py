"""The little of MIME that a report needs, read back by the standard library."""

import email
import email.policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.mime import (
    base64_chunks,
    base64_lines,
    encode_phrase,
    encode_unstructured,
    encoded_text,
    fold_header,
    free_boundary,
    quoted_printable,
)
from tests.strategies import utf8_characters

LINES = st.lists(st.text(utf8_characters("\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=90))


@given(st.text(utf8_characters("\r\n"), max_size=200))
def test_a_subject_reads_back(text: str) -> None:
    """Encoded words carry any text, each no longer than RFC 2047 s2 allows."""
    encoded = encode_unstructured(text)

    assert encoded.isascii()
    if encoded != text:
        assert text == str(make_header(decode_header(encoded)))
        assert all(len(word) <= 75 for word in encoded.split("\r\n "))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Mail delivery", "Mail delivery"),
        ("Mail (system)", '"Mail (system)"'),
        ('a "b" \\c', '"a \\"b\\" \\\\c"'),
        ("=?x?q?y?=", "=?utf-8?b?PT94P3E/eT89?="),
    ],
)
def test_a_display_name(name: str, expected: str) -> None:
    """A phrase is quoted or encoded as its characters need."""
    assert expected == encode_phrase(name)


def test_a_long_header_is_folded_at_spaces() -> None:
    """Lines stay under 78 columns and the text reads back."""
    text = " ".join(f"word{number}" for number in range(60))

    folded = fold_header("Subject", text)

    assert all(len(line) <= 78 for line in folded.split("\r\n"))
    assert text == email.message_from_string(folded, policy=email.policy.default)["Subject"]


def test_the_boundary_stands_nowhere() -> None:
    """A text that has the boundary, or the next one, changes it."""
    first = free_boundary("report", "token123", [])

    boundary = free_boundary("report", "token123", [f"x --{first}=1".encode(), b"y"])

    assert "report=token123" == first
    assert "report=token123=2" == boundary


@pytest.mark.requirement("6533-4.5-01")
@given(LINES)
def test_encodings_read_back(lines: list[str]) -> None:
    """Quoted-printable and base64 carry every text and keep to 76 columns."""
    octets = "".join(f"{line}\r\n" for line in lines).encode()
    for name, encoded in (
        ("quoted-printable", quoted_printable(octets)),
        ("base64", base64_lines(octets)),
    ):
        assert encoded.isascii()
        assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
        part = email.message_from_bytes(
            f"Content-Transfer-Encoding: {name}\r\n\r\n".encode() + encoded,
            policy=email.policy.SMTP,
        )
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        assert octets == payload.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_base64_in_chunks_is_base64_at_once(chunks: list[bytes]) -> None:
    """How the octets are cut does not show."""
    assert base64_lines(b"".join(chunks)) == b"".join(base64_chunks(chunks))


@pytest.mark.parametrize(
    ("text", "is_seven_bit", "encoding"),
    [
        ("plain", True, "7bit"),
        ("grün und so weiter", False, "8bit"),
        ("grün und so weiter", True, "quoted-printable"),
        ("привет", True, "base64"),
    ],
)
def test_the_encoding_follows_the_text(text: str, is_seven_bit: bool, encoding: str) -> None:  # noqa: FBT001  a table
    """As little as the text and the way ask for."""
    assert encoding == encoded_text(text, is_seven_bit=is_seven_bit)[0]
