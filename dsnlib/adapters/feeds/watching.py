"""Feeds that never end: looked at again and again, until the run is to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dsnlib.adapters.feeds.feed_item import FeedItem
    from dsnlib.adapters.feeds.stop import Stop

__all__ = ["Polled", "watch"]

_INTERVAL_SECONDS = 1.0


class Polled(Protocol):
    """A place where something comes in."""

    def poll(self) -> Iterator[FeedItem | None]:
        """Yield what is there now, and `None` where all before has to be stored first.

        What cannot be read now is told once, and looked for again at the next call.
        """


def watch(
    feeds: Sequence[Polled], stop: Stop, *, interval_seconds: float = _INTERVAL_SECONDS
) -> Iterator[FeedItem | None]:
    """Yield what is there and what comes, in turn, until it is to stop.

    Args:
        feeds: Where.
        stop: The wish for the end.
        interval_seconds: How long it waits before it looks again.
    """
    while not stop.is_set():
        for each in feeds:
            yield from each.poll()
        yield None
        stop.wait(interval_seconds)
