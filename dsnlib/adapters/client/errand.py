"""What is to be sent in one attempt, and whereto."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import datetime as dt

    from dsnlib.adapters.content import Content
    from dsnlib.model.envelope import Envelope, Recipient

__all__ = ["Errand"]


# Made for each message, and never seen from outside: a tuple is made sooner.
class Errand(NamedTuple):
    """What is to be sent, and whereto.

    Args:
        envelope: The message's.
        content: Its octets, as they go out.
        recipients: Those of the envelope that this is about.
        nexthop: As it is written.
        now: When; with a zone.
        is_busy: Whether other mail waits for the same next hop.
    """

    envelope: Envelope
    content: Content
    recipients: tuple[Recipient, ...]
    nexthop: str
    now: dt.datetime
    is_busy: bool = False
