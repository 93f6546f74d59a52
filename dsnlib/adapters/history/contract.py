"""What a history is asked for, whatever keeps it.

The protocol of a store, and the values that it gives.  `dsnlib.adapters.store` hands them
on with `open_store`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator
    from types import TracebackType
    from typing import Self

    from dsnlib.bounces.event import BounceEvent
    from dsnlib.bounces.probe import SentProbe
    from dsnlib.bounces.summary import Summary
    from dsnlib.bounces.suppression import Suppression

__all__ = ["Added", "Numbered", "Store"]


class Added(NamedTuple):
    """What became of events that were added.

    Args:
        new: How many were not there before.
        known: How many were.
    """

    new: int
    known: int


class Numbered(NamedTuple):
    """An event with its place in the order in which events were added.

    Args:
        number: Grows with each event; there may be gaps.
        event: What happened.
        source: Where it came from, as `add` was told.
    """

    number: int
    event: BounceEvent
    source: str


class Store(Protocol):
    """What every store does.  All functions may raise `StoreError`."""

    def add(self, events: Iterable[BounceEvent], *, source: str = "") -> Added:
        """Add events, each once; they are durable when it returns.

        Args:
            events: With their `event_id`; one without it, or without a time, is `InvalidValue`.
                All of one call or none are added.
            source: Where they come from: a word.
        """

    def events(self, *, after: int = 0, address: str | None = None) -> Iterator[Numbered]:
        """Yield events in the order in which they were added.

        No event that is added later ever gets a number that was passed already.

        Args:
            after: Only those with a greater number.
            address: Only those of this recipient, in any case.
        """

    def summarize(
        self, *, since: dt.date | None = None, until: dt.date | None = None, worst: int = 20
    ) -> Summary:
        """Return the numbers of a report; for all days if none are given."""

    def suppress(self, entries: Iterable[Suppression]) -> int:
        """Add suppressions or replace those of the same addresses; return how many."""

    def release(self, address: str, *, now: dt.datetime) -> Suppression | None:
        """Let an address go; return what it was suppressed by, `None` if by nothing active.

        Raises:
            InvalidValue: `now` has no zone, or is no time that can be stored.
        """

    def suppression(self, address: str) -> Suppression | None:
        """Return what is known of an address, released and expired entries too."""

    def released(self, address: str) -> dt.datetime | None:
        """Return when an address was let go last, whatever stopped it since; `None` if never."""

    def note_probe(self, probe: SentProbe) -> None:
        """Keep what was sent to try an address; it is durable, and replaces an earlier one."""

    def probe(self, address: str) -> SentProbe | None:
        """Return the last probe of an address, `None` if there was none."""

    def suppressions(self) -> Iterator[Suppression]:
        """Yield all entries, by address."""

    def may_send(self, address: str, *, now: dt.datetime) -> bool:
        """Tell whether nothing active stops mail to an address; microseconds."""

    def stopped(self, addresses: Collection[str], *, now: dt.datetime) -> frozenset[str]:
        """Return those of many addresses that must not be sent to, as they were given.

        Raises:
            InvalidValue: They are one text.
        """

    def cursor(self, name: str) -> int:
        """Return how far a reader of `events` has come; 0 for a new one."""

    def advance(self, name: str, number: int) -> None:
        """Note how far a reader of `events` has come; it is durable."""

    def prune(self, before: dt.date) -> int:
        """Forget events that occurred before a day, in steps; the tallies are kept."""

    def erase(self, address: str, *, keeps_suppression: bool = True) -> int:
        """Forget all events of an address; return how many.

        Args:
            address: In any case.
            keeps_suppression: Whether an active suppression stays, by its digest alone.
        """

    def close(self) -> None:
        """Give everything back; twice is fine."""

    def __enter__(self) -> Self:
        """Return the store."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
