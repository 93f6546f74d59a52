"""Who a report is about, where its status part does not say.

TOLERANT: some systems send a multipart/report whose status part has the
per-message fields alone, and name the recipients in a header field or in the
explanation.  RFC 3464 s2.3.2 wants them in the part; the reader that finds
them here adds the defect `recipient-elsewhere`.

Taken is what can hardly be anything else: `X-Failed-Recipients`, which Exim and
Google write, and addresses that stand alone on a line of the explanation.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

from dsnlib.errors import InvalidAddress
from dsnlib.model.address import Mailbox, TypedAddress
from dsnlib.model.report import RecipientFields
from dsnlib.model.text import decode_base64, decode_wire
from dsnlib.parse.labels import HEADER_END, read_labels, top_header

if TYPE_CHECKING:
    from dsnlib.parse.locate import StatusPart

__all__ = ["recipients_elsewhere"]

_FAILED_RECIPIENTS = re.compile(
    rb"\nx-failed-recipients[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE
)
# Far more than any explanation; a bound for the lines looked at.
_EXPLANATION_OCTETS = 1 << 16
_LEAD = " \t*-+\u2022\u00b7"
# Whom a reader is told to write to: RFC 2142 s2, s4, s5.
_CONTACTS = frozenset({"postmaster", "mailer-daemon", "abuse", "support", "helpdesk", "noc"})


def recipients_elsewhere(octets: bytes, part: StatusPart) -> tuple[RecipientFields, ...]:
    """Return a recipient for each address named outside the status part."""
    addresses = _in_header(octets) or _in_explanation(octets, part)
    return tuple(
        RecipientFields(final_recipient=TypedAddress.from_address(address))
        for address in dict.fromkeys(addresses)
    )


def _in_header(octets: bytes) -> list[str]:
    header = b"\n" + top_header(octets)
    return [
        address
        for found in _FAILED_RECIPIENTS.finditer(header)
        for each in decode_wire(found[1]).split(",")
        if (address := _mailbox(each.strip(" \t\r\n<>")))
    ]


def _in_explanation(octets: bytes, part: StatusPart) -> list[str]:
    if part.explanation < 0:
        return []
    stop = min(part.header, part.explanation + _EXPLANATION_OCTETS)
    if part.delimiter and (line := octets.find(part.delimiter, part.explanation, stop)) >= 0:
        stop = line
    text = b"\n" + octets[part.explanation : stop]
    end = HEADER_END.search(text)
    if end is None:
        return []
    encoding = read_labels(text[: end.start() + 1]).encoding
    text = text[end.end() :]
    if encoding == "base64":
        text = decode_base64(text)
    elif encoding == "quoted-printable":
        text = binascii.a2b_qp(text)
    addresses = []
    for each in decode_wire(text).splitlines():
        address = _mailbox(each.strip(_LEAD).rstrip(".:;,").removeprefix("<").removesuffix(">"))
        if address and address.partition("@")[0].lower() not in _CONTACTS:
            addresses.append(address)
    return addresses


def _mailbox(text: str) -> str | None:
    if "@" not in text or "." not in text:
        return None
    try:
        return str(Mailbox.parse(text))
    except InvalidAddress:
        return None
