r"""What users hand in becomes an envelope and octets that can go out as they are.

Rules.
- Lines end with CRLF, whatever ended them before: a lone CR or LF is no line end of mail
  (RFC 5321 s2.3.8), and some servers take it for one.  Of a binary message no octet changes.
- What the octets and the addresses need is said in the envelope: 8BITMIME (RFC 6152),
  SMTPUTF8 (RFC 6531).
- Bcc does not travel with a message that is given as one.
- What comes from a queue is not touched: it has been looked at before.
"""

from __future__ import annotations

import copy
import re
from email.errors import MessageError
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from dsnlib.adapters.content import Content
from dsnlib.adapters.head import read_head
from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Body, Envelope
from dsnlib.model.text import decode_wire, is_utf8

if TYPE_CHECKING:
    import datetime as dt
    from email.message import Message as EmailPackageMessage

__all__ = ["Sendable", "prepare"]

Sendable: TypeAlias = "bytes | Content | EmailPackageMessage[Any, Any]"
"""A message as octets, as a queue has it, or as the `email` package does."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
# A member of an enumeration takes ten times as long to find in its class.
_SEVEN_BIT, _BINARY = Body.SEVEN_BIT, Body.BINARY
_BLIND = ("Bcc", "Resent-Bcc")
_ADDRESS_FIELDS = ("From", "Sender", "Reply-To", "To", "Cc")


def prepare(envelope: Envelope, content: Sendable, *, now: dt.datetime) -> tuple[Envelope, Content]:
    """Return an envelope that says what its message needs, and the octets to send.

    Args:
        envelope: As the user has made it.
        content: The message.
        now: When; with a zone.

    Raises:
        InvalidValue: `now` has no zone, or a message of the `email` package cannot be
            written as octets.
        TypeError: The message is none of the three.
    """
    if envelope.arrival is None and envelope.mail.other:
        # A time to deliver it by counts from then (RFC 2852 s4).
        envelope = attrs.evolve(envelope, arrival=now)
    if isinstance(content, Content):
        return envelope, content
    if isinstance(content, (bytes, bytearray, memoryview)):
        octets = bytes(content)
    elif hasattr(content, "as_bytes"):
        octets = _flatten(content, is_international=not _has_ascii_addresses(envelope))
    else:
        message = f"a message is bytes, a Content or an EmailMessage, not {type(content).__name__}"
        raise TypeError(message)
    if envelope.body is not _BINARY:
        octets = _with_line_ends(octets)
    ready = Content(body=octets, octets=len(octets))
    body = envelope.body
    if body is _SEVEN_BIT and not octets.isascii():
        body = Body.EIGHT_BIT
    smtputf8 = envelope.smtputf8 or not _has_ascii_addresses(envelope)
    if not smtputf8 and body is not _SEVEN_BIT:
        head = read_head(ready)[0]
        # What is no UTF-8 is an old mistake that SMTPUTF8 does not help.
        smtputf8 = not head.isascii() and is_utf8(decode_wire(head))
    if body is not envelope.body or smtputf8 != envelope.smtputf8:
        envelope = attrs.evolve(envelope, body=body, smtputf8=smtputf8)
    return envelope, ready


def _has_ascii_addresses(envelope: Envelope) -> bool:
    if not envelope.sender.isascii():
        return False
    for each in envelope.recipients:  # noqa: SIM110  a generator takes twice the time
        if not each.address.isascii():
            return False
    return True


def _flatten(message: EmailPackageMessage[Any, Any], *, is_international: bool) -> bytes:
    shown = copy.copy(message)
    for name in _BLIND:
        del shown[name]
    changes: dict[str, Any] = {"linesep": "\r\n"}
    # What is not an EmailMessage may have an older policy, which knows no UTF-8.
    if hasattr(message.policy, "utf8") and (
        is_international or _has_international_address(message)
    ):
        changes["utf8"] = True
    policy = message.policy.clone(**changes)
    try:
        return shown.as_bytes(policy=policy)
    except (ValueError, LookupError, MessageError) as error:
        text = f"the message cannot be written as octets: {error}"
        raise InvalidValue(text, value=type(error).__name__) from error


def _has_international_address(message: EmailPackageMessage[Any, Any]) -> bool:
    """Tell whether an address, which no encoded-word can stand in, is beyond US-ASCII."""
    return any(
        not address.addr_spec.isascii()
        for name in _ADDRESS_FIELDS
        for value in message.get_all(name, [])
        for address in getattr(value, "addresses", ())
    )


def _with_line_ends(octets: bytes) -> bytes:
    if octets.count(b"\n") == octets.count(b"\r") == octets.count(b"\r\n"):
        return octets
    return _LINE_END.sub(b"\r\n", octets)
