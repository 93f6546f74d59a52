"""A store in memory, which can be away, and counts its commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from dsnlib.adapters.store import Added
from dsnlib.errors import InvalidValue, StoreError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.adapters.store import Store
    from dsnlib.bounces.event import BounceEvent

__all__ = ["MemoryStore", "as_store"]


class MemoryStore:
    """As much of a store as feeds use.

    Attributes:
        added: The events by their names.
        commits: How many events each commit had.
        failures: How many of the next calls fail.
        error: With what.
        refused: The names of events that are refused for what is in them.
    """

    def __init__(self) -> None:
        self.added: dict[str, BounceEvent] = {}
        self.sources: dict[str, str] = {}
        self.commits: list[int] = []
        self.cursors: dict[str, int] = {}
        self.failures = 0
        self.error: StoreError = StoreUnavailable("history.db: it is busy", place="history.db")
        self.refused: set[str] = set()
        self.is_closed = False

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise self.error

    def add(self, events: Iterable[BounceEvent], *, source: str = "") -> Added:
        """Add events, all or none."""
        self._fail()
        found = list(events)
        for each in found:
            if each.event_id in self.refused:
                message = "event: it is refused"
                raise InvalidValue(message, value=each)
            assert len(each.event_id) == 32
            assert each.occurred is not None
            assert each.occurred.tzinfo is not None
        new = {each.event_id: each for each in found if each.event_id not in self.added}
        self.added |= new
        self.sources |= dict.fromkeys(new, source)
        self.commits.append(len(found))
        return Added(len(new), len(found) - len(new))

    def cursor(self, name: str) -> int:
        """Return how far a reader has come."""
        self._fail()
        return self.cursors.get(name, 0)

    def advance(self, name: str, number: int) -> None:
        """Note how far a reader has come."""
        self._fail()
        self.cursors[name] = number

    def close(self) -> None:
        """Note that it is closed."""
        self.is_closed = True

    @property
    def recipients(self) -> list[str]:
        """The recipients of the events, in order."""
        return [each.recipient for each in self.added.values()]


def as_store(store: MemoryStore) -> Store:
    """Return it as what it stands for: feeds use no more of it."""
    return cast("Store", store)
