"""The part of a report that returns the original, found but not copied.

A `ReturnedContent` is a place in the octets that the reader was given (RFC
6522 s3, RFC 6533 s4.2, s4.3).  Its end is looked for only when somebody asks:
a report that returns a megabyte costs no more to read than one that returns a
line.

`message()` is for a person who wants the subject or the attachments.  It hands
the part to mail-parser; what that library cannot read, the standard library
tries, and what neither can is left out.  No exception of either gets out.
"""

from __future__ import annotations

import binascii
import re
from typing import Any

import attrs

from dsnlib.model.text import decode_wire

__all__ = ["Attachment", "ReturnedContent", "ReturnedMessage"]

_HEADER_END = re.compile(rb"\r?\n\r?\n|\r\r")
_HEADERS_ONLY = ("text/rfc822-headers", "message/global-headers", "message/rfc822-headers")


@attrs.frozen(kw_only=True)
class Attachment:
    """A file that the original had attached.

    Args:
        filename: As the original named it; may be empty.
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
        headers: Name and decoded text of each header field, in order.
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
        found = self.source.find(self.delimiter, self.start - 1, self.limit)
        if found < 0:
            return self.limit
        if found > self.start and self.source[found - 1 : found] == b"\r":
            found -= 1
        return max(found, self.start)

    @property
    def has_body(self) -> bool:
        """Whether the part is labelled as a whole message, not as a header."""
        return self.media_type not in _HEADERS_ONLY

    def octets(self) -> bytes:
        """Return the content, its transfer encoding undone."""
        octets = self.source[self.start : self.end]
        if self.encoding == "base64":
            try:
                return binascii.a2b_base64(octets)
            except binascii.Error:
                return octets
        if self.encoding == "quoted-printable":
            return binascii.a2b_qp(octets)
        return octets

    def header_octets(self) -> bytes:
        """Return the header alone, up to the first empty line, even if truncated."""
        octets = self.octets()
        found = _HEADER_END.search(octets)
        return octets if found is None else octets[: found.start()] + b"\n"

    def message(self) -> ReturnedMessage:
        """Return the original for a person: header fields, text, attachments.

        Never raises; what cannot be read is left out.
        """
        octets = self.octets()
        try:
            return _with_mail_parser(octets)
        except Exception:  # noqa: BLE001  mail-parser raises whatever odd mail makes it raise
            return ReturnedMessage(headers=_header_fields(octets))


def _with_mail_parser(octets: bytes) -> ReturnedMessage:
    import mailparser  # noqa: PLC0415  46 ms, and only people ask

    parsed: Any = mailparser.parse_from_bytes(octets)
    return ReturnedMessage(
        headers=_header_fields(octets),
        text="\n".join(parsed.text_plain),
        attachments=tuple(
            Attachment(
                filename=str(each.get("filename") or ""),
                media_type=str(each.get("mail_content_type") or "application/octet-stream"),
                octets=_payload(each),
            )
            for each in parsed.attachments
        ),
    )


def _payload(attachment: dict[str, Any]) -> bytes:
    payload = attachment.get("payload") or ""
    if attachment.get("binary"):
        return binascii.a2b_base64(payload)
    return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else payload


def _header_fields(octets: bytes) -> tuple[tuple[str, str], ...]:
    """Read name and text of each field, encoded words decoded."""
    from email.errors import HeaderParseError  # noqa: PLC0415
    from email.header import decode_header, make_header  # noqa: PLC0415

    found = _HEADER_END.search(octets)
    block = octets if found is None else octets[: found.start()]
    fields: list[list[str]] = []
    for line in decode_wire(block).splitlines():
        if line[:1] in (" ", "\t") and fields:
            fields[-1].append(line.strip())
        else:
            name, colon, text = line.partition(":")
            if colon:
                fields.append([name.strip(), text.strip()])
    decoded = []
    for name, *lines in fields:
        text = " ".join(lines).strip()
        if "=?" in text:
            try:
                text = str(make_header(decode_header(text)))
            except (HeaderParseError, LookupError, ValueError):
                pass  # as it is
        decoded.append((name, text))
    return tuple(decoded)
