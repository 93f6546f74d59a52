"""What is to be sent in one attempt, and whereto."""

from __future__ import annotations

import datetime as dt

import attrs

from dsnlib.adapters.content import Content
from dsnlib.model.envelope import Envelope, Recipient

__all__ = ["Errand"]


@attrs.frozen(kw_only=True)
class Errand:
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
    content: Content = attrs.field(repr=False)
    recipients: tuple[Recipient, ...]
    nexthop: str
    now: dt.datetime
    is_busy: bool = False
