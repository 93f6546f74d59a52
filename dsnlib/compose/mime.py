"""The octets of a multipart/report (RFC 6522, RFC 2045-2047).

The standard library would fold the returned header anew and write diagnostics
as encoded words, in twenty times the time; so what little of MIME a report needs
is written here.  Every message that the tests compose is read by the standard
library and by our own strict reader, and both agree.

Rules.
- Lines end in CRLF.  A header is US-ASCII unless its message is SMTPUTF8.
- A boundary is checked against every octet that is known before the first one
  leaves; what comes from a stream cannot know it, because it is made from the
  caller's token.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "base64_chunks",
    "base64_lines",
    "encode_phrase",
    "encode_unstructured",
    "encoded_text",
    "encoding_field",
    "fold_header",
    "free_boundary",
    "multipart",
    "quoted_printable",
    "text_part",
]

_COLUMNS = 76
# An encoded word has at most 75 characters (RFC 2047 s2): `=?utf-8?b?` and `?=`
# leave 63, which hold 45 octets in base64.
_WORD_OCTETS = 45
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_BASE64_LINE_OCTETS = 57
_SPACE = re.compile(r" (?=[^ ])")


def encode_unstructured(text: str) -> str:
    """Return the text of a Subject in US-ASCII, as encoded words if need be (RFC 2047 s5).

    Never raises.

    >>> encode_unstructured("Zustellung verzögert")
    '=?utf-8?b?WnVzdGVsbHVuZyB2ZXJ6w7ZnZXJ0?='
    """
    # A plain text that looks like an encoded word would be decoded.
    if text.isascii() and "=?" not in text:
        return text
    return "\r\n ".join(_encoded_words(text))


def encode_phrase(text: str) -> str:
    """Return a display name as a phrase (RFC 5322 s3.2.5, RFC 2047 s5).  Never raises.

    >>> encode_phrase("Mail delivery"), encode_phrase("Jane (mail)")
    ('Mail delivery', '"Jane (mail)"')
    """
    if not text.isascii() or "=?" in text:
        return "\r\n ".join(_encoded_words(text))
    if _PLAIN_PHRASE.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _encoded_words(text: str) -> Iterator[str]:
    # "Each encoded-word must encode an integral number of characters": s5.
    word: list[str] = []
    size = 0
    for character in text:
        octets = len(character.encode("utf-8", "replace"))
        if size + octets > _WORD_OCTETS:
            yield _encoded_word("".join(word))
            word, size = [], 0
        word.append(character)
        size += octets
    yield _encoded_word("".join(word))


def _encoded_word(text: str) -> str:
    octets = text.encode("utf-8", "replace")
    return f"=?utf-8?b?{binascii.b2a_base64(octets, newline=False).decode('ascii')}?="


def fold_header(name: str, text: str) -> str:
    """Return a header field with its CRLF, folded at spaces if it is long.  Never raises."""
    line = f"{name}: {text}"
    if len(line) <= _COLUMNS or "\r\n" in line:
        return f"{line}\r\n"
    lines = [name + ":"]
    for word in _SPACE.split(text):
        if len(lines[-1]) + len(word) >= _COLUMNS and lines[-1] != name + ":":
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines) + "\r\n"


def free_boundary(prefix: str, token: str, known: Iterable[bytes]) -> str:
    """Return a boundary made from a token that stands in none of the texts.  Never raises.

    Args:
        prefix: What tells the boundaries of one message apart.
        token: Letters, digits, `.`, `-`, `_`.
        known: What the boundary will stand between.
    """
    first = boundary = f"{prefix}={token}"
    texts = list(known)
    count = 0
    while any(boundary.encode("ascii") in text for text in texts):
        count += 1
        boundary = f"{first}={count}"
    return boundary


def text_part(media_type: str, text: str, fields: str = "", *, is_seven_bit: bool) -> bytes:
    """Return a part with a text: its header, an empty line, its content.

    Args:
        media_type: With its parameters.
        text: With CRLF line ends.
        fields: What else stands in the header, each with its CRLF.
        is_seven_bit: Whether the way allows no octets beyond US-ASCII.

    Raises:
        UnicodeEncodeError: The header is not US-ASCII, or the text has a surrogate
            that `decode_wire` does not make.
    """
    encoding, octets = encoded_text(text, is_seven_bit=is_seven_bit)
    header = f"{fields}Content-Type: {media_type}\r\n{encoding_field(encoding)}\r\n"
    return header.encode("ascii") + octets


def encoding_field(encoding: str) -> str:
    """Return the Content-Transfer-Encoding; the usual one need not be said (RFC 2045 s6.1).

    Never raises.
    """
    return "" if encoding == "7bit" else f"Content-Transfer-Encoding: {encoding}\r\n"


def multipart(media_type: str, prefix: str, token: str, parts: Sequence[bytes]) -> bytes:
    """Return a part made of parts: its header, an empty line, its content.  Never raises.

    Args:
        media_type: Such as `multipart/alternative`.
        prefix: What its boundary begins with.
        token: What it is made from: letters, digits, `.`, `-`, `_`.
        parts: Each with its header.
    """
    boundary = free_boundary(prefix, token, parts)
    encoding = "7bit" if all(part.isascii() for part in parts) else "8bit"
    delimiter = f"\r\n--{boundary}".encode("ascii")
    header = f'Content-Type: {media_type}; boundary="{boundary}"\r\n{encoding_field(encoding)}'
    return b"".join(
        [
            header.encode("ascii"),
            *(delimiter + b"\r\n" + part for part in parts),
            delimiter,
            b"--\r\n",
        ]
    )


def encoded_text(text: str, *, is_seven_bit: bool) -> tuple[str, bytes]:
    """Return the transfer encoding of a text and its octets under it.

    Args:
        text: With CRLF line ends.
        is_seven_bit: Whether the way allows no octets beyond US-ASCII.

    Raises:
        UnicodeEncodeError: The text has a surrogate that `decode_wire` does not make.
    """
    octets = text.encode("utf-8", "surrogateescape")
    if octets.isascii():
        return "7bit", octets
    if not is_seven_bit:
        return "8bit", octets
    # Where most letters would be escaped base64 is shorter.
    if sum(octet > 0x7F for octet in octets) * 6 > len(octets):
        return "base64", base64_lines(octets)
    return "quoted-printable", quoted_printable(octets)


def quoted_printable(octets: bytes) -> bytes:
    """Return text with CRLF line ends as quoted-printable (RFC 2045 s6.7).  Never raises."""
    encoded = binascii.b2a_qp(octets.replace(b"\r\n", b"\n"), istext=True)
    return encoded.replace(b"\n", b"\r\n")


def base64_lines(octets: bytes) -> bytes:
    """Return octets as lines of base64 (RFC 2045 s6.8).  Never raises."""
    return b"".join(base64_chunks([octets]))


def base64_chunks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield chunks as lines of base64, holding little more than one of them.

    Raises what reading the chunks does.
    """
    held = b""
    for chunk in chunks:
        octets = held + chunk
        whole = len(octets) - len(octets) % _BASE64_LINE_OCTETS
        yield _base64(octets[:whole])
        held = octets[whole:]
    if held:
        yield _base64(held)


def _base64(octets: bytes) -> bytes:
    view = memoryview(octets)
    return b"".join(
        [
            binascii.b2a_base64(view[start : start + _BASE64_LINE_OCTETS])[:-1] + b"\r\n"
            for start in range(0, len(octets), _BASE64_LINE_OCTETS)
        ]
    )
