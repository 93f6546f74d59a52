"""A history in SQLite: one file, and nothing to install.

Rules.
- Those of `sqlite_link`: durable when a call returns; one process writes at a time.
- The file is on a local disk.  The log is shared memory, which no network file system has.
"""

from __future__ import annotations

import datetime as dt
import itertools
import sqlite3
from typing import TYPE_CHECKING, Any

from dsnlib.adapters.history import rows
from dsnlib.adapters.history.sqlite_addition import Addition
from dsnlib.adapters.history.sqlite_forgetting import erase, prune
from dsnlib.adapters.history.sqlite_link import Link
from dsnlib.adapters.history.sqlite_summary import summarize
from dsnlib.adapters.store import Added, Numbered
from dsnlib.bounces.address_key import address_key, domain_of
from dsnlib.bounces.suppression import digest_address
from dsnlib.errors import InvalidValue, StoreError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from types import TracebackType
    from typing import Self

    from dsnlib.bounces.event import BounceEvent
    from dsnlib.bounces.summary import Summary
    from dsnlib.bounces.suppression import Suppression

__all__ = ["SqliteStore"]

_BATCH = 10_000
_PAGE = 1_000
# So many events may be looked through one by one; the indexes are brought up before more are.
_MOST_UNSETTLED = 1_000

_EVENT = ", ".join(rows.EventRow._fields)
_ALL = f"SELECT number, {_EVENT} FROM event WHERE number > ? ORDER BY number LIMIT {_PAGE}"  # noqa: S608  names of ours
_OF_ADDRESS = f"""
    SELECT number, {_EVENT} FROM event WHERE number IN (
        SELECT number FROM mention WHERE domain = ?1 AND address = ?2 AND number > ?3
        UNION ALL
        SELECT number FROM event WHERE address = ?2
            AND number > max(?3, (SELECT number FROM counter WHERE name = 'settled'))
    ) ORDER BY number LIMIT {_PAGE}
"""  # noqa: S608  names of ours

_ACTIVE = "released IS NULL AND (expires IS NULL OR expires > ?2)"
# Both in one statement: whether the address is stopped, and whether there is any digest.
_MAY_NOT = f"""
    SELECT EXISTS (SELECT 1 FROM suppression WHERE address = ?1 AND {_ACTIVE}),
        EXISTS (SELECT 1 FROM suppression WHERE address >= 'sha256:' AND address < 'sha256;')
"""  # noqa: S608  a condition of ours
_MAY_NOT_DIGEST = f"SELECT 1 FROM suppression WHERE address = ?1 AND {_ACTIVE}"  # noqa: S608  a condition of ours
_SUPPRESS = f"""
    INSERT OR REPLACE INTO suppression VALUES ({", ".join("?" * len(rows.SuppressionRow._fields))})
"""


class SqliteStore:
    """A history in a file.

    Args:
        place: The name of the file.
        creates: Whether it is made where there is none.

    Raises:
        StoreError: It is not there, is damaged, of another program or of a later version.
        StoreUnavailable: Another process keeps it busy.
    """

    def __init__(self, place: str, *, creates: bool = True) -> None:
        self.place = place
        self.link = Link(place, creates=creates)
        self._addition = Addition(self.link.connection)
        self._execute = self.link.connection.execute

    def add(self, events: Iterable[BounceEvent], *, source: str = "") -> Added:
        """Add events, each once; see `Store.add`."""
        packed = rows.pack_text(source)
        left = iter(events)
        # What is wrong with an event is known before anybody has to wait for us.
        batch = rows.event_rows(itertools.islice(left, _BATCH), packed)
        if not batch.rows:
            return Added(0, 0)
        new = seen = 0
        try:
            with self.link.writing():
                while batch.rows:
                    new += self._addition.add(batch)
                    seen += len(batch.rows)
                    batch = rows.event_rows(itertools.islice(left, _BATCH), packed)
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

    def _unsettled(self) -> int:
        count = dict(self.link.fetch("SELECT name, number FROM counter"))
        return int(count["event"] - count["settled"])

    def events(self, *, after: int = 0, address: str | None = None) -> Iterator[Numbered]:
        """Yield events in the order in which they were added; see `Store.events`."""
        statement, key = _ALL, ()
        if address is not None:
            packed = rows.pack_text(address_key(address))
            statement, key = _OF_ADDRESS, (domain_of(packed), packed)
            if self._unsettled() > _MOST_UNSETTLED:
                self.settle()
        # No transaction is open while the caller works: it would keep the log from ending.
        while found := self.link.fetch(statement, (*key, after)):
            for number, *row in found:
                yield Numbered(number, self._event(row), rows.unpack_text(row[-1]))
            after = found[-1][0]

    def _event(self, row: list[Any]) -> BounceEvent:
        try:
            return rows.read_event_row(row)
        except InvalidValue as error:
            raise self._damaged(error) from error

    def _damaged(self, error: InvalidValue) -> StoreError:
        return StoreError(f"{self.place}: damaged: {error}", place=self.place)

    def summarize(
        self, *, since: dt.date | None = None, until: dt.date | None = None, worst: int = 20
    ) -> Summary:
        """Return the numbers of a report; see `Store.summarize`."""
        if self._unsettled():
            self.settle()
        now = dt.datetime.now(dt.UTC)
        try:
            with self.link.reading() as connection:
                return summarize(connection, since=since, until=until, worst=worst, now=now)
        except InvalidValue as error:
            raise self._damaged(error) from error

    def suppress(self, entries: Iterable[Suppression]) -> int:
        """Add suppressions or replace those of the same addresses; see `Store.suppress`."""
        made = [(rows.suppression_row(each), digest_address(each.address)) for each in entries]
        with self.link.writing() as connection:
            connection.executemany(_SUPPRESS, [row for row, _ in made])
            # Who was erased and comes back is known by one entry again.
            connection.executemany(
                "DELETE FROM suppression WHERE address = ?",
                [(digest,) for row, digest in made if row.address != digest],
            )
        return len(made)

    def release(self, address: str, *, now: dt.datetime) -> Suppression | None:
        """Let an address go; see `Store.release`."""
        with self.link.writing() as connection:
            entry = self.suppression(address)
            if entry is None or not entry.is_active(now):
                return None
            connection.execute(
                "UPDATE suppression SET released = ? WHERE address = ?",
                (rows.to_microseconds(now), rows.pack_text(entry.address)),
            )
        return entry

    def suppression(self, address: str) -> Suppression | None:
        """Return what is known of an address; see `Store.suppression`."""
        for key in (rows.pack_text(address_key(address)), digest_address(address)):
            for row in self.link.fetch("SELECT * FROM suppression WHERE address = ?", (key,)):
                return self._entry(row)
        return None

    def _entry(self, row: tuple[Any, ...]) -> Suppression:
        try:
            return rows.read_suppression_row(row)
        except InvalidValue as error:
            raise self._damaged(error) from error

    def suppressions(self) -> Iterator[Suppression]:
        """Yield all entries, by address."""
        statement = (
            f"SELECT * FROM suppression WHERE address > ? ORDER BY address LIMIT {_PAGE}"  # noqa: S608  a number of ours
        )
        after = ""
        while found := self.link.fetch(statement, (after,)):
            for row in found:
                yield self._entry(row)
            after = found[-1][0]

    def may_send(self, address: str, *, now: dt.datetime) -> bool:
        """Tell whether nothing active stops mail to an address; see `Store.may_send`."""
        time = rows.to_microseconds(now)
        key = address.lower().removesuffix(".")
        try:
            is_stopped, has_digests = self._execute(
                _MAY_NOT, (key if key.isprintable() else rows.pack_text(key), time)
            ).fetchone()
            if is_stopped or not has_digests:
                return not is_stopped
            digest = digest_address(address)
            return self._execute(_MAY_NOT_DIGEST, (digest, time)).fetchone() is None
        except sqlite3.Error as error:
            self.link.fail(error)

    def stopped(self, addresses: Collection[str], *, now: dt.datetime) -> frozenset[str]:
        """Return those of many addresses that must not be sent to; see `Store.stopped`."""
        with self.link.reading():
            return frozenset([each for each in addresses if not self.may_send(each, now=now)])

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
