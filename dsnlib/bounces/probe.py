"""A message that tries an address: if it bounces, the address is dead.

A probe is sent when the score of an address has reached the threshold.  Whoever sends
it puts its `envelope_id` into the envelope as ENVID (RFC 3461 s4.4), and into its
Message-ID before the `@`; a bounce brings back at least one of them::

    probe = issue_probe("bob@example.org", sent=now, key=key)
    "MAIL FROM:<bounces@lists.example> ENVID=" + probe.envelope_id
    "Message-ID: <" + probe.envelope_id + "@lists.example>"
    store.note_probe(probe)

Rules.
- The identifier is signed, as `links.envelope_id` has it: nobody can have an address
  suppressed by a bounce of a probe that was never sent.
- Nothing in it tells the address.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

import attrs

from dsnlib.bounces.address_key import address_key
from dsnlib.bounces.instant import check_instant
from dsnlib.bounces.links.envelope_id import issue_envelope_id
from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    from dsnlib.bounces.event import BounceEvent

__all__ = ["SentProbe", "issue_probe"]

_TOKEN_OCTETS = 12


@attrs.frozen(kw_only=True)
class SentProbe:
    """A probe, and how its bounce is known.

    Args:
        address: The key of the address that it tries.
        sent: When it was sent; with a zone.
        envelope_id: Its ENVID, also the part of its Message-ID before the `@`.

    Raises:
        InvalidValue: There is no address or identifier, or the time is no instant.
    """

    address: str = attrs.field(converter=address_key)
    sent: dt.datetime
    envelope_id: str

    def __attrs_post_init__(self) -> None:
        if not (self.address and self.envelope_id):
            message = f"probe: {self.address!r} or {self.envelope_id!r} is empty"
            raise InvalidValue(message, value=self.envelope_id)
        check_instant(self.sent, "sent")

    def is_of(self, event: BounceEvent) -> bool:
        """Tell whether an event is about this probe.  Never raises."""
        wanted = self.envelope_id.lower()
        if event.envelope_id is not None and event.envelope_id.lower() == wanted:
            return True
        return event.message_id is not None and event.message_id.lower().startswith(f"{wanted}@")


def issue_probe(address: str, *, sent: dt.datetime, key: bytes) -> SentProbe:
    """Return a probe to send; the same address and time give the same one.

    >>> now = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    >>> issue_probe("bob@example.org", sent=now, key=b"sixteen octets at least").envelope_id
    '1kmnaepdqohir73jyhw3sl6vziruduqa'

    Args:
        address: Whom it tries.
        sent: When it is sent; with a zone.
        key: The secret of ENVIDs; at least 16 octets.

    Raises:
        InvalidValue: The time is no instant, or the key is short.
    """
    check_instant(sent, "sent")
    what = f"probe {sent.timestamp():.6f} {address_key(address)}"
    token = hashlib.sha256(what.encode("utf-8", "surrogatepass")).digest()[:_TOKEN_OCTETS]
    return SentProbe(address=address, sent=sent, envelope_id=issue_envelope_id(token, key=key))
