"""The trace field that a server puts in front of a message (RFC 5321 s4.4).

    Received: from client.example (mx.example [192.0.2.1])
            by mail.example.org with ESMTPS id 1A2B3C
            for <bob@example.org>; Sun, 22 Nov 2026 12:00:00 +0000

Rules.
- Who is said to have sent it is what the client said of itself; in parentheses
  stands what we know of it.  A stranger's name is cleared of what would end the
  parenthesis or the field.
- `for` stands there only for a message with one recipient: it would tell the others
  of each other (RFC 5321 s7.6).
- A fold is CRLF and TAB.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from dsnlib.errors import InvalidAddress
from dsnlib.model.address import Mailbox
from dsnlib.model.date import format_date
from dsnlib.model.text import cut_octets, encode_wire, replace_controls

if TYPE_CHECKING:
    import datetime as dt

    from dsnlib.replies.session import Client

__all__ = ["count_hops", "protocol_name", "received_field"]

# What no atom, domain or literal has; it could open a comment or a quoted string.
_UNSAFE = re.compile(r'[()<>\\",;\s]')
_LONGEST_NAME_OCTETS = 255
# What `Mailbox` takes, as nearly everybody writes it.
_USUAL = re.compile(
    r"[A-Za-z0-9_-]{1,20}(?:\.[A-Za-z0-9_-]{1,20}){0,2}@(?:[A-Za-z0-9]{1,40}\.){1,4}[A-Za-z]{2,40}"
)
_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")


# By whether it is LMTP, and whether the message came with SMTPUTF8.
_PROTOCOLS = {
    (False, False): "ESMTP",
    (False, True): "UTF8SMTP",
    (True, False): "LMTP",
    (True, True): "UTF8LMTP",
}


def protocol_name(
    *,
    is_extended: bool,
    is_tls: bool,
    has_login: bool,
    smtputf8: bool = False,
    is_lmtp: bool = False,
) -> str:
    """Return the word behind `with` (RFC 3848, RFC 6531 s4.3).

    >>> protocol_name(is_extended=True, is_tls=True, has_login=True)
    'ESMTPSA'

    Args:
        is_extended: Whether the client sent EHLO.
        is_tls: Whether the session is encrypted.
        has_login: Whether the client has authenticated.
        smtputf8: Whether the message came with SMTPUTF8.
        is_lmtp: Whether the protocol is LMTP.
    """
    if not is_extended:
        return "SMTP"
    name = _PROTOCOLS[is_lmtp, smtputf8]
    return f"{name}{'S' if is_tls else ''}{'A' if has_login else ''}"


def received_field(
    *,
    client: Client,
    helo: str | None,
    hostname: str,
    protocol: str,
    queue_id: str,
    recipient: str | None,
    when: dt.datetime,
    smtputf8: bool = False,
) -> bytes:
    """Return the field, with its line end.

    Args:
        client: Who sent the message.
        helo: What it calls itself.
        hostname: Our name.
        protocol: From `protocol_name`.
        queue_id: The identifier of the message.
        recipient: Its only recipient, or `None`.
        when: When it came; with a zone of whole minutes.
        smtputf8: Whether the field may have UTF-8.

    Raises:
        InvalidValue: The time has no such zone.
    """
    said = _name(helo or "") or "unknown"
    address = _literal(client.address)
    known = _name(client.hostname or "") or "unknown"
    lines = [
        f"Received: from {said} ({known} {address})",
        f"by {hostname} with {protocol} id {queue_id}",
    ]
    end = f"; {format_date(when)}"
    if recipient is not None and _can_stand(recipient):
        lines.append(f"for <{recipient}>{end}")
    else:
        lines[-1] += end
    text = "\r\n\t".join(lines) + "\r\n"
    return encode_wire(text) if smtputf8 else text.encode("ascii", "replace")


def count_hops(head: bytes) -> int:
    """Return how many Received fields a header has (RFC 5321 s6.3).

    Args:
        head: The message, or its beginning.
    """
    end = _HEADER_END.search(head)
    return sum(1 for _ in _RECEIVED.finditer(head, 0, len(head) if end is None else end.start()))


# The clients of a while have few names; a name is a line of theirs at most.
@functools.lru_cache(256)
def _name(text: str) -> str:
    return cut_octets(_UNSAFE.sub("?", replace_controls(text)), _LONGEST_NAME_OCTETS)


def _literal(address: str) -> str:
    return f"[IPv6:{address}]" if ":" in address else f"[{_name(address)}]"


def _can_stand(recipient: str) -> bool:
    if _USUAL.fullmatch(recipient) is not None:
        return True
    try:
        Mailbox.parse(recipient)
    except InvalidAddress:
        return False
    return True
