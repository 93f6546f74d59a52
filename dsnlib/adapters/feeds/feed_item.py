"""What a feed offers: one mail, or events that were read already, and whom to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from dsnlib.bounces.event import BounceEvent

__all__ = ["FeedItem"]


class FeedItem(NamedTuple):
    """One mail, or some events.

    Args:
        place: Where it comes from, as messages name it.
        octets: The mail; `None` if there are events instead.
        events: Each with its `event_id`.
        number: Which one it is of those of its place, from 0; `None` if it is all there is.
        arrived: When it came; with a zone.
        done: Called when it is durable: the mail may be forgotten.  It may
            raise `OSError` and `StoreError`.
        size: How many octets were read for it, for a progress bar.
    """

    place: str
    octets: bytes | None = None
    events: tuple[BounceEvent, ...] = ()
    number: int | None = None
    arrived: dt.datetime | None = None
    done: Callable[[], object] | None = None
    size: int = 0
