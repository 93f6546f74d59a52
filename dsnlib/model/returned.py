"""The part of a report that returns the original, found but not copied.

A `ReturnedContent` is a place in the octets that the reader was given (RFC
6522 s3, RFC 6533 s4.2, s4.3).  Its end is looked for only when somebody asks:
a report that returns a megabyte costs no more to read than one that returns a
line.

`message()` is for a person who wants the subject or the attachments.  We read
the header; mail-parser gets the MIME fields and the body, for the text and the
attachments.  What cannot be read is left out, and no exception gets out.

Rules.
- The original may be hostile.  Libraries take square time over what no honest
  mail has, so a field with very many encoded words, or a very long MIME field,
  is not given to them.
- Header texts and names of files have no control characters, so they can be
  put into another header field.  Text and octets are as they came.
"""

from __future__ import annotations

import binascii
import contextlib
import re
from typing import TYPE_CHECKING, Any

import attrs

from dsnlib.model.header import LONGEST_FIELD, MOST_ENCODED_WORDS, decode_words, one_line
from dsnlib.model.text import decode_base64, decode_wire, encode_wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

__all__ = ["Attachment", "ReturnedContent", "ReturnedMessage"]

# An empty line; the very first one ends a header without fields.
_HEADER_END = re.compile(rb"(\A|\r?\n)\r?\n|(\A|\r)\r")
_LINE_END = re.compile(r"\r\n|\n|\r")
_HEADERS_ONLY = ("text/rfc822-headers", "message/global-headers", "message/rfc822-headers")
# What may follow the boundary in a delimiter line                RFC 2046 s5.1.1
_DELIMITER_ENDS = (b"", b"\n", b"\r", b" ", b"\t")

# A MIME field with its folds: field-body = (*([FWS] VCHAR) *WSP)  RFC 5322 s2.2
_MIME_FIELD = rb"(?:\A|(?<=[\r\n]))content-[^\r\n:]*:[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*"


@attrs.frozen(kw_only=True)
class Attachment:
    """A file that the original had attached.

    Args:
        filename: As the original named it, without control characters; empty
            if it did not.
        media_type: Such as `image/png`.
        octets: The content, decoded.
    """

    filename: str
    media_type: str
    octets: bytes


@attrs.frozen(kw_only=True)
class ReturnedMessage:
    """The original message, as far as it came back and could be read.

    Args:
        headers: Name and decoded text of each header field, in order, unfolded
            and without control characters.
        text: The plain text, `""` if only the header came back.
        attachments: The files it had attached.
    """

    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""
    attachments: tuple[Attachment, ...] = ()

    def header(self, name: str) -> str | None:
        """Return the text of the first field of that name, in any case."""
        wanted = name.lower()
        return next((text for found, text in self.headers if found.lower() == wanted), None)

    @property
    def subject(self) -> str | None:
        """The Subject, decoded."""
        return self.header("Subject")

    @property
    def message_id(self) -> str | None:
        """The Message-ID with its brackets."""
        return self.header("Message-ID")

    @property
    def list_id(self) -> str | None:
        """The List-Id of RFC 2919."""
        return self.header("List-Id")


@attrs.frozen(kw_only=True)
class ReturnedContent:
    """Where the returned message, or its header, lies in the input.

    Args:
        media_type: As labelled, lower case: `message/rfc822`.
        encoding: The Content-Transfer-Encoding, lower case; `7bit` if none.
        source: The octets that `start` counts in: the caller's own, or, for a
            report inside an encoded part, the decoded ones.
        start: The first octet of the content.
        delimiter: The boundary line that ends it, with the line end before;
            empty if the content runs to `limit`.
        limit: The last place where it can end.
    """

    media_type: str
    encoding: str = "7bit"
    source: bytes = attrs.field(repr=False)
    start: int
    delimiter: bytes = b""
    limit: int

    @property
    def end(self) -> int:
        """One past the last octet.  Looks for the boundary; linear in the size."""
        if not self.delimiter:
            return self.limit
        # From one before, because an empty content shares its line end with
        # the delimiter.
        found = self._find_delimiter(max(self.start - 1, 0))
        if found < 0:
            return self.limit
        if found > self.start and self.source[found - 1 : found] == b"\r":
            found -= 1
        return max(found, self.start)

    def _find_delimiter(self, position: int) -> int:
        source, delimiter, limit = self.source, self.delimiter, self.limit
        # At the very beginning there is no line end before it.
        if (
            not self.start
            and delimiter[:1] == b"\n"
            and source.startswith(delimiter[1:], 0, limit)
            and self._ends_line(len(delimiter) - 1)
        ):
            return 0
        while (found := source.find(delimiter, position, limit)) >= 0:
            # A boundary may be the beginning of another one.
            position = found + len(delimiter)
            if self._ends_line(position):
                break
        return found

    def _ends_line(self, position: int) -> bool:
        following = self.source[position : min(position + 2, self.limit)]
        return following == b"--" or following[:1] in _DELIMITER_ENDS

    @property
    def has_body(self) -> bool:
        """Whether the part is labelled as a whole message, not as a header."""
        return self.media_type not in _HEADERS_ONLY

    def octets(self) -> bytes:
        """Return the content, its transfer encoding undone as far as it came."""
        octets = self.source[self.start : self.end]
        if self.encoding == "base64":
            return decode_base64(octets)
        if self.encoding == "quoted-printable":
            return binascii.a2b_qp(octets)
        return octets

    def header_octets(self) -> bytes:
        """Return the header alone, up to the first empty line, even if truncated.

        Octet for octet, the end of its last line included (RFC 6522 s4).
        """
        octets = self.octets()
        found = _HEADER_END.search(octets)
        return octets if found is None else octets[: found.end(found.lastindex or 0)]

    def message(self) -> ReturnedMessage:
        """Return the original for a person: header fields, text, attachments.

        Never raises; what cannot be read is left out.
        """
        octets = self.octets()
        headers = _header_fields(octets)
        try:
            return _with_mail_parser(headers, octets)
        except Exception:  # noqa: BLE001  # odd mail makes mail-parser raise anything
            return ReturnedMessage(headers=headers)


def _with_mail_parser(headers: tuple[tuple[str, str], ...], octets: bytes) -> ReturnedMessage:
    from email import message_from_bytes

    import mailparser  # 46 ms, and only people ask

    original = message_from_bytes(_mime_octets(octets))
    parsed: Any = mailparser.MailParser(original)
    return ReturnedMessage(
        headers=headers,
        text="\n".join(parsed.text_plain),
        attachments=tuple(_attachments(parsed.attachments, _have_names(original))),
    )


def _mime_octets(octets: bytes) -> bytes:
    """Return the message with no field in its header but those that mail-parser needs."""
    mime_field = re.compile(_MIME_FIELD, re.IGNORECASE)
    found = _HEADER_END.search(octets)
    header = octets if found is None else octets[: found.start()]
    body = b"" if found is None else octets[found.end() :]
    fields = [_harmless(field) for field in mime_field.finditer(header)]
    return b"\n".join([*fields, b"", mime_field.sub(_harmless, body)])


def _harmless(found: re.Match[bytes]) -> bytes:
    field = found[0]
    if len(field) > LONGEST_FIELD or field.count(b"=?") > MOST_ENCODED_WORDS:
        return b"X-Left-Out:"
    return field


def _have_names(original: Message) -> Iterator[bool]:
    """Tell of each part that mail-parser takes for an attachment whether it has a name.

    Where there is none mail-parser gives the Content-ID, or makes one up at random.
    """
    for part in original.walk():
        disposition, subtype = part.get_content_disposition(), part.get_content_subtype()
        if part.is_multipart() and disposition != "attachment":
            continue
        if decode_words(part.get_filename() or "").strip():
            yield True
        elif (
            disposition == "attachment"
            or subtype in "rtf"  # as mail-parser compares it
            or (part.get("Content-ID") and subtype not in ("html", "plain"))
        ):
            yield False


def _attachments(parsed: list[dict[str, Any]], have_names: Iterator[bool]) -> Iterator[Attachment]:
    for each in parsed:
        name = str(each.get("filename") or "") if next(have_names, False) else ""
        media_type = str(each.get("mail_content_type") or "application/octet-stream")
        # One that cannot be decoded costs the others nothing.
        with contextlib.suppress(ValueError):
            octets = _payload(each)
            yield Attachment(
                filename=one_line(name), media_type=one_line(media_type), octets=octets
            )


def _payload(attachment: dict[str, Any]) -> bytes:
    payload: str | bytes = attachment.get("payload") or ""
    octets = encode_wire(payload) if isinstance(payload, str) else payload
    return decode_base64(octets) if attachment.get("binary") else octets


def _header_fields(octets: bytes) -> tuple[tuple[str, str], ...]:
    """Read name and text of each field, encoded words decoded."""
    found = _HEADER_END.search(octets)
    header = octets if found is None else octets[: found.start()]
    fields: list[list[str]] = []
    for line in _LINE_END.split(decode_wire(header)):
        if line[:1] in (" ", "\t") and fields:
            fields[-1].append(line.strip())
        else:
            name, colon, text = line.partition(":")
            if colon:
                fields.append([name.strip(), text.strip()])
    texts = [(name, " ".join(lines).strip()) for name, *lines in fields]
    return tuple([(one_line(name), one_line(decode_words(text))) for name, text in texts])
