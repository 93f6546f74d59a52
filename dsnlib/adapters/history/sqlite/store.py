"""A history in SQLite: one file, and nothing to install.

Rules.
- Those of `link`: durable when a call returns; one process writes at a time.
- The file is on a local disk.  The log is shared memory, which no network file system has.
"""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING, Any

from dsnlib.adapters.history import rows
from dsnlib.adapters.history.contract import Added, Numbered
from dsnlib.adapters.history.sqlite.addition import EventAddition
from dsnlib.adapters.history.sqlite.batch import event_batch
from dsnlib.adapters.history.sqlite.forgetting import erase, prune
from dsnlib.adapters.history.sqlite.health import LostEvents, facts, problems, rescue
from dsnlib.adapters.history.sqlite.link import SqliteLink
from dsnlib.adapters.history.sqlite.row import COLUMNS, place_of, read_row
from dsnlib.adapters.history.sqlite.summary import summarize
from dsnlib.adapters.history.sqlite.suppression import Suppressions
from dsnlib.bounces.address_key import address_key
from dsnlib.bounces.instant import check_instant
from dsnlib.errors import InvalidValue, StoreError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from dsnlib.bounces.event import BounceEvent
    from dsnlib.bounces.probe import SentProbe
    from dsnlib.bounces.summary import Summary
    from dsnlib.bounces.suppression import Suppression

__all__ = ["SqliteStore"]

_BATCH = 10_000
_PAGE = 1_000
# So many events may be looked through one by one; the indexes are brought up before more are.
_MOST_UNMENTIONED = 1_000

_EVENT = ", ".join(COLUMNS)
_ALL = f"SELECT {_EVENT} FROM event WHERE number > ? ORDER BY number LIMIT {_PAGE}"  # noqa: S608  names of ours
_OF_ADDRESS = f"""
    SELECT {_EVENT} FROM event WHERE number IN (
        SELECT number FROM mention WHERE place = ?1 AND number > ?3
        UNION ALL
        SELECT number FROM event WHERE place = ?1
            AND number > max(?3, (SELECT number FROM counter WHERE name = 'mentioned'))
    ) AND address = ?2 ORDER BY number LIMIT {_PAGE}
"""  # noqa: S608  names of ours


class SqliteStore:
    """A history in a file.

    Args:
        place: The name of the file.
        creates: Whether it is made where there is none.
        rescues: Whether it is opened though it is damaged, for reading alone.

    Raises:
        StoreError: It is not there, is damaged, of another program or of a later version.
        StoreUnavailable: Another process keeps it busy.
    """

    def __init__(self, place: str, *, creates: bool = True, rescues: bool = False) -> None:
        self.place = place
        self.link = SqliteLink(place, creates=creates, rescues=rescues)
        self._addition = EventAddition(self.link.connection)
        self._suppressions = Suppressions(self.link)

    def add(self, events: Iterable[BounceEvent], *, source: str = "") -> Added:
        """Add events, each once; see `Store.add`."""
        packed = rows.pack_text(source)
        left = iter(events)
        # What is wrong with an event is known before anybody has to wait for us.
        batch = event_batch(itertools.islice(left, _BATCH), packed)
        if not batch.ids:
            return Added(0, 0)
        new = seen = 0
        try:
            with self.link.writing():
                while batch.ids:
                    new += self._addition.add(batch)
                    seen += len(batch.ids)
                    batch = event_batch(itertools.islice(left, _BATCH), packed)
        except BaseException:
            self._addition.forget()
            raise
        return Added(new, seen - new)

    def settle(self) -> None:
        """Bring the indexes up to the last event; reading by address and reports need it.

        Raises:
            StoreError: It cannot be done.
        """
        try:
            with self.link.writing():
                self._addition.settle()
        except BaseException:
            self._addition.forget()
            raise

    def _unmentioned(self) -> int:
        count = dict(self.link.fetch("SELECT name, number FROM counter"))
        return int(count["event"] - count["mentioned"])

    def events(self, *, after: int = 0, address: str | None = None) -> Iterator[Numbered]:
        """Yield events in the order in which they were added; see `Store.events`."""
        statement = _ALL
        key: tuple[int | str, ...] = ()
        if address is not None:
            packed = rows.pack_text(address_key(address))
            statement, key = _OF_ADDRESS, (place_of(packed), packed)
            if self._unmentioned() > _MOST_UNMENTIONED:
                self.settle()
        # No transaction is open while the caller works: it would keep the log from ending.
        while found := self.link.fetch(statement, (*key, after)):
            yield from map(self._numbered, found)
            after = found[-1][0]

    def _numbered(self, row: Sequence[Any]) -> Numbered:
        try:
            found = read_row(row)
            return Numbered(row[0], rows.read_event_row(found), rows.unpack_text(found.source))
        except InvalidValue as error:
            raise self._damaged(error) from error

    def _damaged(self, error: InvalidValue) -> StoreError:
        return StoreError(f"{self.place}: damaged: {error}", place=self.place)

    def summarize(
        self, *, since: dt.date | None = None, until: dt.date | None = None, worst: int = 20
    ) -> Summary:
        """Return the numbers of a report; see `Store.summarize`."""
        if self._unmentioned():
            self.settle()
        now = dt.datetime.now(dt.UTC)
        try:
            with self.link.reading() as connection:
                return summarize(connection, since=since, until=until, worst=worst, now=now)
        except InvalidValue as error:
            raise self._damaged(error) from error

    def suppress(self, entries: Iterable[Suppression]) -> int:
        """Add suppressions or replace those of the same addresses; see `Store.suppress`."""
        return self._suppressions.suppress(entries)

    def release(self, address: str, *, now: dt.datetime) -> Suppression | None:
        """Let an address go; see `Store.release`."""
        check_instant(now, "now")
        return self._suppressions.release(address, now=now)

    def suppression(self, address: str) -> Suppression | None:
        """Return what is known of an address; see `Store.suppression`."""
        return self._suppressions.find(address)

    def released(self, address: str) -> dt.datetime | None:
        """Return when an address was let go last; see `Store.released`."""
        return self._suppressions.released(address)

    def note_probe(self, probe: SentProbe) -> None:
        """Keep what was sent to try an address; see `Store.note_probe`."""
        self._suppressions.note_probe(probe)

    def probe(self, address: str) -> SentProbe | None:
        """Return the last probe of an address; see `Store.probe`."""
        return self._suppressions.probe(address)

    def suppressions(self) -> Iterator[Suppression]:
        """Yield all entries, by address; see `Store.suppressions`."""
        return self._suppressions.entries()

    def stopped(self, addresses: Collection[str], *, now: dt.datetime) -> frozenset[str]:
        """Return those of many addresses that must not be sent to; see `Store.stopped`."""
        return self._suppressions.stopped(addresses, now=now)

    def may_send(self, address: str, *, now: dt.datetime) -> bool:
        """Tell whether nothing active stops mail to an address; see `Store.may_send`."""
        return self._suppressions.may_send(address, now=now)

    def cursor(self, name: str) -> int:
        """Return how far a reader of `events` has come; 0 for a new one."""
        found = self.link.fetch("SELECT number FROM cursor WHERE name = ?", (rows.pack_text(name),))
        return int(found[0][0]) if found else 0

    def advance(self, name: str, number: int) -> None:
        """Note how far a reader of `events` has come; it is durable."""
        with self.link.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO cursor VALUES (?, ?)", (rows.pack_text(name), number)
            )

    def prune(self, before: dt.date) -> int:
        """Forget events that occurred before a day, in steps; see `Store.prune`."""
        self.settle()
        return prune(self.link, before)

    def erase(self, address: str, *, keeps_suppression: bool = True) -> int:
        """Forget all events of an address; see `Store.erase`."""
        self.settle()
        return erase(self.link, address, keeps_suppression=keeps_suppression)

    def facts(self) -> dict[str, object]:
        """Return what it is like: versions, counts, days, size.

        Raises:
            StoreError: It cannot be read.
        """
        return facts(self.link)

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with it, a sentence each; it reads the whole file.

        Raises:
            StoreUnavailable: It is too busy.
        """
        return problems(self.link)

    def rescue(self) -> Iterator[Numbered | LostEvents]:
        """Yield all events that can be read, and what is lost between them.

        Raises:
            StoreError: Nothing can be read.
        """
        return rescue(self.link, self._numbered)

    def close(self) -> None:
        """Give everything back; twice is fine."""
        self.link.connection.close()

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()
