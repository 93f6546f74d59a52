"""A name for an event that is the same whenever and wherever its bounce is read.

A bounce that is read twice, fetched again after a crash or delivered to two
archives must not count twice.  So the name follows from what the bounce says, and
from nothing that delivery adds to it.

What goes into it
- of the bounce, `digest_bounce`: its Message-ID alone if it has one; else its
  Date, From, To and Subject and the beginning of its text.  Line ends, folds
  and every other field, such as Received,
  Delivered-To and Return-Path, do not count.
- of the event: the kind, the recipient with its domain in lower case, and the
  original's ENVID and Message-ID.

What does not: the reason, the status and whatever else a later version of this
library may read better.

Rules.
- SHA-256, cut off after 32 hexadecimal digits: 128 bits, so of 10^15 events no
  two are expected to meet.
- The form has a version in it.  Another form would be another version, and would
  be told in the change log: it counts everything anew.
"""

from __future__ import annotations

import hashlib
import re
import string
from typing import TYPE_CHECKING

from dsnlib.bounces.links.clues import field_pattern, find_message_ids, read_clues

if TYPE_CHECKING:
    from dsnlib.bounces.event import BounceEvent

__all__ = ["digest_bounce", "digest_parts", "event_id"]

_DIGITS = 32
_NAMES = ("date", "from", "to", "subject")
_FIELDS = field_pattern("message-id", *_NAMES)
_PLAIN = re.compile(rb"[ \t]{0,8}<([!-;=?-~]{1,900})>[ \t]{0,8}\n(?![ \t])")
_PLAIN_OCTETS = 1 << 15
_LINE_END = re.compile(rb"\r\n|\r")
# Of the text: as much as tells two bounces apart.  Twice as much is read, for what
# CRLF takes more.
_TEXT_OCTETS = 4096
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def digest_bounce(header: bytes, text: bytes = b"") -> str:
    """Return what tells a bounce from all others, as 32 hexadecimal digits.

    Args:
        header: Its header, or the whole mail.
        text: What follows the header; looked at if there is no Message-ID.

    Never raises.
    """
    plain = _plain_identifier(header)
    if plain is not None:
        return digest_parts("bounce 1", plain)
    clues = read_clues(header, _FIELDS)
    identifiers = find_message_ids(clues["message-id"][0].text) if "message-id" in clues else ()
    if identifiers:
        return digest_parts("bounce 1", identifiers[0])
    fields = [clues[name][0].text if name in clues else "" for name in _NAMES]
    return digest_parts("bounce 1", *fields, _normalize(text))


def event_id(event: BounceEvent, *, bounce: str, message_id: str | None = None) -> str:
    """Return the name of an event, 32 hexadecimal digits.

    Args:
        event: What was read; its own `event_id` does not count.
        bounce: What `digest_bounce` gave for the mail that it was read from.
        message_id: The Message-ID of the original, if the event has none.

    Never raises.
    """
    local_part, at, domain = event.recipient.rpartition("@")
    identifiers = find_message_ids(event.message_id or message_id or "")
    return digest_parts(
        "event 1",
        bounce,
        event.kind.value,
        f"{local_part}{at}{domain.translate(_LOWER)}",
        event.envelope_id or "",
        *identifiers[:1],
    )


def _plain_identifier(header: bytes) -> str | None:
    """Return the Message-ID if it is written as nearly all are: what takes long is the rest."""
    if b"\r" in header or header[:1].isspace() or header[:5] == b"From ":
        return None
    lowered = b"\n" + header[:_PLAIN_OCTETS].lower()
    start = lowered.find(b"\nmessage-id:")
    empty = lowered.find(b"\n\n")
    if start < 0 or 0 <= empty < start:
        return None
    found = _PLAIN.match(header, start + len("message-id:"))
    return None if found is None else found[1].decode("ascii")


def _normalize(text: bytes) -> str:
    # White space goes first: what is cut off then is the same with either line end.
    start = text.strip()[: 2 * _TEXT_OCTETS]
    # Latin-1 has a character for each octet, whatever they mean.
    return _LINE_END.sub(b"\n", start)[:_TEXT_OCTETS].decode("latin-1")


def digest_parts(*parts: str) -> str:
    """Return a name that follows from some texts, in their order: 32 hexadecimal digits.

    Args:
        parts: The first is what is named, with the version of its form: `bounce 1`.

    Never raises.
    """
    octets = [part.encode("utf-8", "surrogatepass") for part in parts]
    # With their lengths in front no part runs into the next.
    framed = b"".join([b"%d:%s" % (len(each), each) for each in octets])
    return hashlib.sha256(framed).hexdigest()[:_DIGITS]
