"""A bounce to hand out: the same mail with the names in it replaced.

A bounce that nobody can read is worth most to those who can teach a program to
read it, and is full of what is nobody else's business.  Here addresses, hosts,
IP addresses, Message-IDs, queue ids, names of persons and the subject of what
came back are replaced, consistently and with a key (`substitutes`), and what the
mail is told by stays: parts and boundaries, line ends, folds, names of fields,
codes, and the words of mail systems.

Rules.
- The body of the returned message becomes a marker, also where the returned
  message stands in a text.  So does content that is no text.
- An encoded part is decoded, treated and encoded again; one in which nothing is
  replaced stays as it is.
- Prose that a person wrote into a bounce may name somebody in words that nothing
  gives away.  Whoever hands a mail out should look at it.
- Linear in the size of the mail.  What it does not understand is treated as text.
"""

from __future__ import annotations

import binascii
import codecs
import re
from typing import TYPE_CHECKING

from dsnlib.bounces.scrub.header import HeaderScrubber, decode_ascii_superset
from dsnlib.bounces.scrub.scrubber import Scrubber
from dsnlib.bounces.scrub.substitutes import Substitutes
from dsnlib.model.text import decode_base64
from dsnlib.parse.labels import HEADER_END, STATUS_TYPES, boundary_of, read_labels, skip_mbox_line
from dsnlib.parse.locate import find_delimiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.parse.labels import Labels

__all__ = ["BODY_MARKER", "anonymize"]

BODY_MARKER = b"[body removed]"

_FIELD_TYPES = STATUS_TYPES | {
    "message/feedback-report",
    "message/disposition-notification",
    "message/global-disposition-notification",
}
# A returned message, or its header.
_RETURNED_TYPES = frozenset(
    {
        "message/rfc822", "message/global", "message/partial", "message/rfc822-headers",
        "message/global-headers", "text/rfc822-headers", "text/rfc822-header", "message/news",
    }
)  # fmt: skip
# Charsets whose octets are not US-ASCII where they look so.  All others are read as
# UTF-8, or as Latin-1, which gives every octet back.
_CODECS = frozenset(
    codecs.lookup(name).name
    for name in ("shift_jis", "cp932", "big5", "gbk", "gb2312", "gb18030", "cp949", "johab")
)
# What has names in it that look like none.  Hardly anybody sends it, so nothing stays.
_OPAQUE_CHARSETS = ("utf-16", "utf-32", "utf-7", "utf16", "utf32", "utf7")
_CHARSET = re.compile(rb"charset[ \t]*+=[ \t]*+\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_BASE64_LINES = re.compile(rb"[A-Za-z0-9+/=\s]+")
_BASE64_BODY = re.compile(rb"\s*+(?>(?:[A-Za-z0-9+/=]++[ \t]*+(?:\r?\n\s*+|\Z))*)")
_MOST_LEVELS = 20
_LINE_END = re.compile(rb"\r?\n")
_BASE64_LINE = 57


def anonymize(data: bytes, *, key: bytes) -> bytes:
    """Return the same bounce with the names in it replaced.

    Args:
        data: The message, with any line ends.
        key: A secret of 16 octets or more: the same gives the same substitutes.

    Returns:
        A message of the same structure.

    Raises:
        InvalidValue: The key is shorter.
    """
    anonymizer = _Anonymizer(Substitutes(key))
    is_cr_only = b"\n" not in data and b"\r" in data
    if is_cr_only:
        data = data.replace(b"\r", b"\n")
    # First to learn the names, then to replace them wherever they stand.
    anonymizer.message(data)
    made = anonymizer.message(data)
    return made.replace(b"\n", b"\r") if is_cr_only else made


class _Anonymizer:
    """One mail: what has been learned about it, and how its parts are treated."""

    def __init__(self, substitutes: Substitutes) -> None:
        self._scrubber = Scrubber(substitutes)
        self._headers = HeaderScrubber(self._scrubber)

    def message(self, data: bytes) -> bytes:
        start = skip_mbox_line(data)
        return self._fields(data[:start]) + self._entity(data[start:], 0)

    def _entity(self, octets: bytes, level: int) -> bytes:
        """Treat a header and what it says of the body behind it."""
        header, body = _divide(octets)
        labels = read_labels(header)
        boundary = boundary_of(labels.content_type)
        renamed = self._rename(boundary)
        made = self._headers.header(header, boundary, renamed)
        return made + self._body(body, labels, renamed, level)

    def _rename(self, boundary: bytes) -> bytes:
        """Return a boundary without the host and the token that may be in it."""
        if not boundary:
            return boundary
        text, codec = decode_ascii_superset(boundary)
        return self._scrubber.text(text).encode(codec)

    def _body(self, body: bytes, labels: Labels, renamed: bytes, level: int) -> bytes:
        media_type = labels.media_type
        if media_type.startswith("multipart/") and renamed and level < _MOST_LEVELS:
            made = self._multipart(body, boundary_of(labels.content_type), renamed, level)
            if made is not None:
                return made
        treat: Callable[[bytes], bytes]
        if labels.encoding.startswith(("uu", "x-uu")):
            return _mark(body)
        if media_type in _RETURNED_TYPES:

            def treat(octets: bytes) -> bytes:
                return self._returned(octets, level)

        elif media_type in _FIELD_TYPES:
            treat = self._fields
        elif not media_type or media_type.startswith(("text", "multipart/")):
            codec = _codec_of(labels.content_type)

            def treat(octets: bytes) -> bytes:
                return self._text(octets, codec)

        else:
            return _mark(body)
        return _recode(body, labels.encoding, treat)

    def _multipart(self, body: bytes, boundary: bytes, renamed: bytes, level: int) -> bytes | None:
        """Treat the parts of a multipart; `None` if its boundary never occurs."""
        # A line end in front, so that the first delimiter follows one too.
        octets = b"\n" + body
        delimiter = b"\n--" + boundary
        line = find_delimiter(octets, delimiter, 0, len(octets))
        if line < 0:
            return None
        made = [self._text(octets[1 : line + 1], "utf-8") if line else b""]
        if line:
            made[0] = made[0].removesuffix(b"\n")
        while line >= 0:
            after = line + len(delimiter)
            is_last = octets.startswith(b"--", after)
            end = octets.find(b"\n", after)
            end = len(octets) if end < 0 else end
            made += [b"\n--" if line or len(made) > 1 else b"--", renamed, octets[after:end]]
            line = -1 if is_last else find_delimiter(octets, delimiter, end, len(octets))
            content = octets[end : len(octets) if line < 0 else line]
            if is_last:
                made.append(self._text(content, "utf-8"))
            elif content:
                # The line end of the delimiter line, the part, and its last CR.
                part = content[1:]
                tail = b"\r" if line >= 0 and part.endswith(b"\r") else b""
                part = part.removesuffix(tail) if tail else part
                made += [b"\n", self._entity(part, level + 1), tail]
        return b"".join(made)

    def _returned(self, octets: bytes, level: int) -> bytes:
        """Treat a returned message: its header stays in form, its body does not stay."""
        header, body = _divide(octets)
        labels = read_labels(header)
        if labels.media_type == "multipart/report" and level < _MOST_LEVELS:
            # A bounce that somebody has forwarded, or that has bounced.
            return self._entity(octets, level + 1)
        boundary = boundary_of(labels.content_type)
        made = self._headers.header(header, boundary, self._rename(boundary), is_returned=True)
        return made + _mark(body)

    def _fields(self, octets: bytes) -> bytes:
        blank = HEADER_END.search(octets)
        if blank is not None and _BASE64_LINES.fullmatch(octets, blank.end()):
            # TOLERANT: Office 365 encodes the groups behind the first.
            groups = octets[blank.end() :]
            if b":" in decode_base64(groups):
                made = _recode(groups, "base64", self._fields)
                return self._fields(octets[: blank.end()]) + made
        text, codec = decode_ascii_superset(octets)
        return self._headers.lines(text).encode(codec)

    def _text(self, octets: bytes, codec: str | None) -> bytes:
        if codec is None:
            return _mark(octets)
        try:
            text = octets.decode(codec)
            return self._plain(text).encode(codec)
        except ValueError:
            text, codec = decode_ascii_superset(octets)
            return self._plain(text).encode(codec)

    def _plain(self, text: str) -> str:
        """Treat a text, which may hold the original from some line on."""
        start, end = self._headers.find_original(text)
        if start < 0:
            return self._headers.lines(text)
        before = self._headers.lines(text[:start])
        header = self._headers.fields(text[start:end], is_returned=True)
        return before + header + _mark(text[end:].encode()).decode()


def _divide(octets: bytes) -> tuple[bytes, bytes]:
    """Return a header with the empty line behind it, and what follows."""
    end = HEADER_END.search(b"\n" + octets)
    if end is None:
        return octets, b""
    return octets[: end.end() - 1], octets[end.end() - 1 :]


def _mark(body: bytes) -> bytes:
    """Return the marker with the line end of a body in place of it."""
    if not body.strip():
        return body
    end = _LINE_END.search(body)
    return BODY_MARKER + (end[0] if end and body.endswith(b"\n") else b"")


def _codec_of(content_type: bytes) -> str | None:
    """Return the codec of a text, `None` if it is one that hides names."""
    found = _CHARSET.search(content_type)
    charset = found[1].decode("ascii").lower() if found else ""
    if charset.startswith(_OPAQUE_CHARSETS):
        return None
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        return "utf-8"
    return name if name in _CODECS else "utf-8"


def _recode(octets: bytes, encoding: str, treat: Callable[[bytes], bytes]) -> bytes:
    """Treat the content of a part, its transfer encoding undone and done again."""
    if encoding == "base64":
        # TOLERANT: labelled base64 and plain all the same, or with a plain footer of a
        # list behind it.  What is plain is text.
        found = _BASE64_BODY.match(octets)
        plain = octets[found.end() :] if found else b""
        octets = octets[: len(octets) - len(plain)]
        content = decode_base64(octets)
        made = treat(content)
        behind = treat(plain) if plain else b""
        if made == content:
            return octets + behind
        end = _LINE_END.search(octets)
        line_end = end[0] if end else b"\n"
        lines = [
            binascii.b2a_base64(made[start : start + _BASE64_LINE], newline=False)
            for start in range(0, len(made), _BASE64_LINE)
        ]
        return line_end.join(lines) + (line_end if octets.endswith(b"\n") else b"") + behind
    if encoding == "quoted-printable":
        content = binascii.a2b_qp(octets)
        made = treat(content)
        return octets if made == content else binascii.b2a_qp(made)
    return treat(octets)
