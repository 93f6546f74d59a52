"""The part of a bounce that is written for people, and the header it returns.

A bounce without a delivery-status part is some text, then the original message
or its header: as a part of its own, or in the text behind a line of dashes.
What stands in the original is the sender's text, and must never be taken for
what a mail system says.

Rules.
- The text ends where the original begins: at a message part, at a line that
  says so, or at the first block of header fields.
- Only as many octets as `MOST_OCTETS` are looked at: explanations are short.
- Of HTML the text is taken, of several alternatives the plain one.
- A text is decoded as its charset says; what cannot be decoded is kept in a
  form that US-ASCII survives, because addresses and codes are US-ASCII.
"""

from __future__ import annotations

import binascii
import html
import re
from typing import TYPE_CHECKING, NamedTuple

import attrs

from dsnlib.model.charset import find_codec
from dsnlib.model.text import decode_base64
from dsnlib.parse.labels import HEADER_END, boundary_of, read_labels, skip_mbox_line

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MOST_OCTETS", "Explanation", "read_explanation"]

MOST_OCTETS = 1 << 17
"""What is looked at of a mail, 128 KiB and far more than any explanation."""

_DEEPEST = 3
_HEADER_OCTETS = 1 << 16
# TOLERANT: a boundary on a line of its own without the white space of a fold.
_CONTENT_TYPE = re.compile(
    rb"(?:^|\n)content-type[ \t]*:([^\n]*(?:\n(?:[ \t]|boundary=)[^\n]*)*)", re.IGNORECASE
)
_CHARSET = re.compile(rb"charset[ \t]*=[ \t]*\"?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_RETURNED = (
    "message/rfc822 message/global message/global-headers message/partial text/rfc822-headers "
    "text/rfc822"
)
_RETURNED_TYPES = frozenset(_RETURNED.split())

# Words with which the original is announced, on a line of dashes or at its end.
_ANNOUNCING = (
    "original message", "original mail", "copy of the message", "copy of your message",
    "header of the original", "headers of the original", "returned message", "unsent message",
    "message header", "message headers", "message text follows", "the header and top",
    "body of message", "below this line", "header follows", "headers follow", "message follows",
    "content follows", "contents follow", "undelivered message", "original text",
    "returned mail follows", "message returned", "start of returned", "copy of the header",
    "copy of your mail", "original headers", "message contents", "message is attached",
)  # fmt: skip
_ANNOUNCED = re.compile("|".join(re.escape(each) for each in sorted(_ANNOUNCING, key=len)))
_RULES = frozenset({"--", "==", "__", "**", "++", "##", "-=", "=-", "*-"})
_QUOTES = " \t>*|"
_LONGEST_ANNOUNCEMENT = 120
# field = field-name ":" ...                                        RFC 5322 s3.6
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,40}:(?:[ \t]|$)")
# A header has several of these; an explanation has one or two of them.
_NAMES = (
    "received return-path message-id date from to subject mime-version content-type x-received "
    "dkim-signature x-mailer user-agent sender delivered-to content-transfer-encoding reply-to cc "
    "importance x-priority list-id precedence"
)
_FIELDS = frozenset(_NAMES.split())
_SURE_FIELDS = ("Received:", "Return-Path:", "Return-path:", "X-Received:", "DKIM-Signature:")
_LINES_OF_HEADER = 4

_SKIPPED = re.compile(r"<(style|script|head|title)\b[^>]{0,500}>", re.IGNORECASE)
_BREAK = re.compile(
    r"<(?:br|/?p|/?div|/?tr|/?table|/?li|/?ul|/?h[1-6]|/td|hr)\b[^>]{0,500}>", re.IGNORECASE
)
_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,2000}>")
_ADDRESS_TAG = re.compile(r"<([^<>\s@]{1,100}@[^<>\s@]{1,255})>")


@attrs.frozen(kw_only=True)
class Explanation:
    """What a mail says for people, and what it returns.

    Args:
        header: The top header, with LF, as octets.
        text: The text, with LF.
        start: Where the octets of the text begin, if they are as they came;
            `None` if they were decoded from something.
        returned: The header of the original, as octets, or `None`.
        is_multipart: Whether the mail has parts.
        whole: The text with what looks like the original behind it.
    """

    header: bytes
    text: str
    start: int | None = None
    returned: bytes | None = None
    is_multipart: bool = False
    whole: str = ""


class _Part(NamedTuple):
    media_type: str
    charset: bytes
    encoding: str
    start: int
    stop: int


def read_explanation(octets: bytes) -> Explanation:
    """Return the explanation of a mail that may be a bounce.  Never raises.

    Args:
        octets: The mail, lines ended by LF.
    """
    begin = skip_mbox_line(octets)
    octets = octets[: begin + MOST_OCTETS]
    end = HEADER_END.search(octets, begin)
    # A mail of nothing but a header has no explanation.
    header = octets[begin : len(octets) if end is None else end.start() + 1]
    start = len(octets) if end is None else end.end()
    labels = read_labels(header[:_HEADER_OCTETS])
    texts: list[tuple[str, int | None]] = []
    pages: list[str] = []
    returned: bytes | None = None
    boundary = boundary_of(_content_type(header))
    if boundary:
        for part in _parts(octets, start, len(octets), boundary, 1):
            if part.media_type in _RETURNED_TYPES:
                returned = _header_in(_content(octets, part))
                break
            if part.media_type == "text/html":
                pages.append(_decode(octets, part))
            elif part.media_type == "text/plain":
                is_plain = part.encoding not in ("base64", "quoted-printable")
                texts.append((_decode(octets, part), part.start if is_plain else None))
        if not any(text.strip() for text, _ in texts):
            texts = [(_strip_tags(page), None) for page in pages[:1]]
    else:
        charset = _charset(_content_type(header))
        part = _Part(labels.media_type, charset, labels.encoding, start, len(octets))
        text = _decode(octets, part)
        is_plain = labels.encoding not in ("base64", "quoted-printable")
        if labels.media_type == "text/html" or (
            text[:200].lstrip()[:1] == "<" and "<html" in text[:2000].lower()
        ):
            text, is_plain = _strip_tags(text), False
        texts = [(text, start if is_plain else None)]
    joined = "\n".join(text for text, _ in texts)
    place = texts[0][1] if len(texts) == 1 else None
    cut = _original_at(joined)
    if returned is None and cut < len(joined):
        returned = _header_in(_beyond(joined, cut))
    return Explanation(
        header=header,
        text=joined[:cut],
        start=place,
        returned=returned,
        is_multipart=bool(boundary),
        whole=joined,
    )


def _content_type(header: bytes) -> bytes:
    found = _CONTENT_TYPE.search(header)
    return found[1] if found else b""


def _charset(content_type: bytes) -> bytes:
    found = _CHARSET.search(content_type)
    return found[1].lower() if found else b""


def _parts(octets: bytes, start: int, stop: int, boundary: bytes, depth: int) -> Iterator[_Part]:
    """Yield the parts of a multipart that are no multiparts, in order."""
    delimiter = b"--" + boundary
    place = _delimiter_at(octets, delimiter, start, stop)
    while place >= 0:
        line_end = octets.find(b"\n", place, stop)
        if line_end < 0 or octets.startswith(b"--", place + len(delimiter)):
            # A delimiter that looks like the last and is followed by parts is none.
            following = -1 if line_end < 0 else _delimiter_at(octets, delimiter, line_end, stop)
            if following < 0:
                return
        begin = line_end + 1
        place = _delimiter_at(octets, delimiter, line_end, stop)
        finish = stop if place < 0 else place - 1
        end = HEADER_END.search(octets, line_end, finish)
        if octets.startswith(b"\n", begin):  # a part without a header
            header, body = b"\n", begin + 1
        elif end is None:
            header, body = b"\n", begin
        else:
            header, body = b"\n" + octets[begin : end.start() + 1], end.end()
        labels = read_labels(header[:_HEADER_OCTETS])
        content_type = _content_type(header)
        inner = boundary_of(content_type) if labels.media_type.startswith("multipart/") else b""
        if inner and depth < _DEEPEST:
            yield from _parts(octets, body, finish, inner, depth + 1)
        else:
            media_type = labels.media_type or "text/plain"
            yield _Part(media_type, _charset(content_type), labels.encoding, body, finish)


def _delimiter_at(octets: bytes, delimiter: bytes, start: int, stop: int) -> int:
    if octets.startswith(delimiter, start) and (start == 0 or octets[start - 1 : start] == b"\n"):
        return start
    found = octets.find(b"\n" + delimiter, start, stop)
    return found + 1 if found >= 0 else -1


def _content(octets: bytes, part: _Part) -> bytes:
    content = octets[part.start : part.stop]
    if part.encoding == "base64":
        return decode_base64(content)
    if part.encoding == "quoted-printable":
        return binascii.a2b_qp(content)
    return content


def _decode(octets: bytes, part: _Part) -> str:
    content = _content(octets, part)
    # What is 8-bit and is UTF-8 is hardly anything else, whatever is said.
    if not content.isascii() or b"\x1b" in content:
        for codec in (find_codec(part.charset.decode("latin-1")), "utf-8"):
            if codec is None:
                continue
            try:
                return content.decode(codec)
            except UnicodeError:
                continue
    return content.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")


def _strip_tags(page: str) -> str:
    """Return the text of an HTML page, a line for each block."""
    kept = []
    place = 0
    while found := _SKIPPED.search(page, place):
        kept.append(page[place : found.start()])
        close = page.lower().find(f"</{found[1].lower()}", found.end()) if len(kept) < 20 else -1
        place = len(page) if close < 0 else close
        if close < 0:
            kept.append(page[found.end() :])
    page = "".join([*kept, page[place:]])
    page = " ".join(page.split("\n"))
    page = _BREAK.sub("\n", page)
    # An address in brackets looks like a tag, and is what we are here for.
    page = _ADDRESS_TAG.sub(r"&lt;\1&gt;", page)
    return html.unescape(_TAG.sub(" ", page)).replace("\xa0", " ")


def _original_at(text: str) -> int:
    """Return where the original begins in a text: its end if it is not there.

    One pass over the lines: a rule of dashes with words that announce it, such
    words alone between empty lines, or the first of several header fields.
    """
    place = 0
    header = _HeaderLines()
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if header.is_complete(line, place):
            return header.start
        if line and len(line) < _LONGEST_ANNOUNCEMENT and "@" not in line:
            stripped = line.strip(_QUOTES) if line[0] in _QUOTES else line
            if stripped[:2] in _RULES or stripped[-2:] in _RULES:
                if _ANNOUNCED.search(stripped.lower()):
                    return place
            elif (number == 0 or not lines[number - 1].strip()) and _is_alone(
                stripped, lines[number + 1 : number + 2]
            ):
                return place
        place += len(line) + 1
    return len(text)


class _HeaderLines:
    """Counts the lines of what may be a header, as they come."""

    __slots__ = ("_count", "_is_sure", "start")

    def __init__(self) -> None:
        self.start = 0
        self._count = 0
        self._is_sure = False

    def is_complete(self, line: str, place: int) -> bool:
        """Take a line; tell whether there are enough to be a header."""
        if not line[:1].isalpha():
            if line[:1] not in (" ", "\t"):  # no fold
                self._count = 0
            return False
        name, colon, _ = line.partition(":")
        is_sure = line.startswith(_SURE_FIELDS)
        if colon and (is_sure or name.lower() in _FIELDS):
            if not self._count:
                self.start, self._is_sure = place, False
            self._count += 1
            self._is_sure = self._is_sure or is_sure
            return self._count >= _LINES_OF_HEADER or (self._is_sure and self._count > 1)
        if not (colon and _FIELD.match(line)):
            self._count = 0
        return False


def _is_alone(line: str, following: list[str]) -> bool:
    """Tell whether a line that an empty one precedes announces what follows."""
    ends = line.endswith((":", "."))
    after = following[0].strip() if following else ""
    if not ends and after and after[:2] not in _RULES:
        return False
    lowered = line.lower()
    # "The following addresses did not get a copy of your message:", "Please do not
    # resend your original message.", "The original message was received at ..."
    if any(each in lowered for each in ("addresse", "recipient", "do not ", "was received")):
        return False
    return _ANNOUNCED.search(lowered) is not None


def _beyond(text: str, cut: int) -> bytes:
    """Return what stands from a place on, from its first header field."""
    rest = text[cut:]
    place = 0
    for line in rest.split("\n", 40)[:40]:
        if _FIELD.match(line):
            return rest[place:].encode("utf-8", "surrogatepass")
        place += len(line) + 1
    return b""


def _header_in(content: bytes) -> bytes | None:
    content = content.lstrip(b"\n")
    end = HEADER_END.search(content[:_HEADER_OCTETS])
    header = content[:_HEADER_OCTETS] if end is None else content[: end.start() + 1]
    return header or None
