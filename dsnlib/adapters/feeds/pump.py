"""From a feed into the store, in batches: acknowledged when they are on the disk.

    pump = Pump(intake)
    pump.run(MaildirFeed("Maildir").poll())

Rules.
- A batch is stored when it has so many events or octets, when its first is a second old,
  and when the feed has nothing now.
- What was offered is acknowledged after its batch is stored, in order.  A crash between
  the two has it read again, and an event that is known is not added twice.
- Who is patient waits when the store is away or full, says so once, and says when it is
  back.  Others get the error.
- A stop ends it after the batch that is begun.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, TypeVar

from dsnlib.adapters.feeds.stop import Stop
from dsnlib.adapters.feeds.totals import Totals
from dsnlib.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dsnlib.adapters.feeds.feed_item import FeedItem
    from dsnlib.adapters.feeds.intake import BounceIntake
    from dsnlib.adapters.feeds.mail_reading import MailReading
    from dsnlib.bounces.event import BounceEvent

    OnTaken = Callable[[FeedItem, MailReading | None], object]

__all__ = ["Patience", "Pump", "Stopped"]

_LOG = logging.getLogger("dsnlib.ingest")
_Product = TypeVar("_Product")

# Chosen by us: one transaction of this size costs a few milliseconds.
_MOST_EVENTS = 1000
_MOST_SECONDS = 1.0
# What could not be read is in memory until its batch is done.
_MOST_OCTETS = 32 << 20
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0


class Stopped(Exception):
    """It was told to stop while it waited; what is not stored is not acknowledged."""


class Patience:
    """Tries until it works, and says once that it does not.

    Args:
        stop: Set when it is to give up.
        first_seconds: How long it waits at first; each time twice as long, up to 30 s.
    """

    def __init__(self, stop: Stop, *, first_seconds: float = _FIRST_WAIT_SECONDS) -> None:
        self._stop = stop
        self._first_seconds = first_seconds

    def persist(
        self,
        action: Callable[[], _Product],
        *awaited: type[Exception],
    ) -> _Product:
        """Return what an action does, as soon as it can be done.

        Args:
            action: Is tried again for these errors.
            awaited: Those that pass; of a store and of a disk if none are given.

        Raises:
            Stopped: It was told to stop.
        """
        passing = awaited or (StoreError, OSError)
        seconds = self._first_seconds
        has_failed = False
        while True:
            try:
                product = action()
            except passing as error:
                if not has_failed:
                    _LOG.warning("nothing can be stored, waiting: %s", error)
                has_failed = True
                if self._stop.wait(seconds):
                    raise Stopped from error
                seconds = min(2 * seconds, _LONGEST_WAIT_SECONDS)
            else:
                if has_failed:
                    _LOG.warning("the store is back, going on")
                return product


class Pump:
    """Stores what feeds offer.

    Args:
        intake: Where it goes.
        patience: How to wait for a store; without one its errors pass through.
        stop: Set when the run is to end.
        on_taken: Called with each item when it is durable, and with how the mail was read.
        most_events: As many as are stored at once.
        most_seconds: How long the first of a batch may wait.

    Attributes:
        totals: What all runs have come to.
    """

    def __init__(
        self,
        intake: BounceIntake,
        *,
        patience: Patience | None = None,
        stop: Stop | None = None,
        on_taken: OnTaken | None = None,
        most_events: int = _MOST_EVENTS,
        most_seconds: float = _MOST_SECONDS,
    ) -> None:
        self._intake = intake
        self._patience = patience
        self._stop = Stop() if stop is None else stop
        self._on_taken = on_taken
        self._most_events = most_events
        self._most_seconds = most_seconds
        self._pending: list[tuple[FeedItem, MailReading | None]] = []
        self._events: list[BounceEvent] = []
        self._octets = 0
        self._due = 0.0
        self.totals = Totals()

    def run(self, items: Iterable[FeedItem | None]) -> None:
        """Store all that a feed offers, until it ends or the run is stopped.

        Args:
            items: `None` among them says that there is nothing now.

        Raises:
            StoreError: A batch could not be stored, and nobody is patient; nothing of it
                was acknowledged.
            OSError: A mail could not be put aside, in the same case.
            Stopped: It was told to stop while it waited.
        """
        for item in self._until_stopped(items):
            if item is None:
                self._flush()
                continue
            self._add(item)
            if (
                len(self._events) >= self._most_events
                or len(self._pending) >= self._most_events
                or self._octets >= _MOST_OCTETS
                or time.monotonic() >= self._due
            ):
                self._flush()
        self._flush()

    def _until_stopped(self, items: Iterable[FeedItem | None]) -> Iterator[FeedItem | None]:
        for item in items:
            yield item
            if self._stop.is_set():
                return

    def _add(self, item: FeedItem) -> None:
        reading = None
        events = item.events
        octets = item.octets
        if octets is not None:
            arrived = item.arrived
            self._octets += len(octets)
            reading = self._persist(lambda: self._intake.read(octets, arrived=arrived))
            events = reading.events
            self.totals.count_mail(reading)
        if not self._pending:
            self._due = time.monotonic() + self._most_seconds
        # The mail itself is needed no longer, and a batch has many.
        self._pending.append((item._replace(octets=None), reading))
        self._events.extend(events)

    def _flush(self) -> None:
        events = self._events
        if events:
            new, _ = self._persist(lambda: self._intake.put(events))
            self.totals.events += len(events)
            self.totals.new += new
        pending, self._pending, self._events = self._pending, [], []
        self._octets = 0
        for item, reading in pending:
            if item.done is not None:
                try:
                    item.done()
                except (OSError, StoreError) as error:
                    _LOG.warning("%s: it is stored, and cannot be marked so: %s", item.place, error)
            if self._on_taken is not None:
                self._on_taken(item, reading)

    def _persist(self, action: Callable[[], _Product]) -> _Product:
        return action() if self._patience is None else self._patience.persist(action)
