"""A history in PostgreSQL: many machines write to it at once.

Rules.
- A call that has returned is on the disk of the server.
- When the server goes away, the call says so (`StoreUnavailable`) and a later one connects
  again.  An `add` that was cut off may have been done: adding the same again is harmless.
- Iterators hold no transaction while their reader thinks.
- What is erased is gone for whoever asks; its octets are in the files of the server until
  VACUUM comes by, and in its log and backups for as long as they are kept.
- A store is not handed on through `fork`: each process opens its own.  A pooler between has
  to keep a connection for a session.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from dsnlib.adapters.history import rows
from dsnlib.adapters.history.contract import Added, Numbered
from dsnlib.adapters.history.postgres.addition import add_rows
from dsnlib.adapters.history.postgres.folding import DOMAINS_UP_TO, fold_all, fold_by_chance
from dsnlib.adapters.history.postgres.health import read_facts, read_problems
from dsnlib.adapters.history.postgres.key import index_key
from dsnlib.adapters.history.postgres.link import PostgresLink
from dsnlib.adapters.history.postgres.schema import migrate
from dsnlib.adapters.history.postgres.summary import read_summary
from dsnlib.bounces.address_key import address_key
from dsnlib.bounces.instant import check_instant
from dsnlib.bounces.probe import SentProbe
from dsnlib.bounces.suppression import Suppression, digest_address
from dsnlib.errors import InvalidValue, StoreError
from dsnlib.model.texts import texts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    import psycopg

    from dsnlib.bounces.event import BounceEvent
    from dsnlib.bounces.summary import Summary

__all__ = ["PostgresStore"]

_PAGE = 1_000
_ASKED = 10_000
_PRUNED = 10_000

_EVENT = ", ".join(
    "uuid_send(event_id)" if name == "event_id" else name for name in rows.EventRow._fields
)
_SUPPRESSION = ", ".join(rows.SuppressionRow._fields)
_PAGE_OF_EVENTS = f"""
SELECT number, {_EVENT} FROM dsnlib.events
WHERE number > %s AND number <= %s ORDER BY number LIMIT {_PAGE}
"""  # noqa: S608  names of ours
_PAGE_OF_ADDRESS = f"""
SELECT number, {_EVENT} FROM dsnlib.events
WHERE number > %s AND number <= %s AND address = %s ORDER BY number LIMIT {_PAGE}
"""  # noqa: S608  names of ours
_PAGE_OF_SUPPRESSIONS = f"""
SELECT {_SUPPRESSION} FROM dsnlib.suppressions WHERE address > %s ORDER BY address LIMIT {_PAGE}
"""  # noqa: S608  names of ours
# Who was erased and comes back is known by one entry again: the digest goes.
_SUPPRESS = f"""
WITH erased AS (
    DELETE FROM dsnlib.suppressions WHERE address = %s RETURNING last_released
)
INSERT INTO dsnlib.suppressions AS kept ({_SUPPRESSION}, last_released)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s,
    greatest(%s::bigint, (SELECT last_released FROM erased)))
ON CONFLICT (address) DO UPDATE SET
    source = excluded.source, created = excluded.created, reason = excluded.reason,
    evidence = excluded.evidence, expires = excluded.expires, released = excluded.released,
    note = excluded.note, last_released = greatest(kept.last_released, excluded.last_released)
"""  # noqa: S608  names of ours
_RELEASE = f"""
UPDATE dsnlib.suppressions
SET released = %(now)s, last_released = greatest(last_released, %(now)s)
WHERE address IN (%(key)s, %(digest)s) AND released IS NULL
    AND (expires IS NULL OR expires > %(now)s)
RETURNING {_SUPPRESSION}
"""  # noqa: S608  names of ours
_OF_ADDRESS = f"SELECT {_SUPPRESSION} FROM dsnlib.suppressions WHERE address IN (%s, %s)"  # noqa: S608  names of ours
_STOPPED = """
SELECT address FROM dsnlib.suppressions
WHERE address = ANY(%s) AND released IS NULL AND (expires IS NULL OR expires > %s)
"""
_MAY_NOT = """
SELECT 1 FROM dsnlib.suppressions
WHERE address IN (%s, %s) AND released IS NULL AND (expires IS NULL OR expires > %s)
"""
_ADVANCE = """
INSERT INTO dsnlib.cursors VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET number = excluded.number
"""
_NOTE_PROBE = """
INSERT INTO dsnlib.probes VALUES (%s, %s, %s)
ON CONFLICT (address) DO UPDATE SET sent = excluded.sent, envelope_id = excluded.envelope_id
"""
_STEP = """
SELECT max(number) FROM
    (SELECT number FROM dsnlib.events WHERE number > %s AND number <= %s
     ORDER BY number LIMIT %s) AS step
"""
_PRUNE = "DELETE FROM dsnlib.events WHERE number > %s AND number <= %s AND occurred < %s"
_TO_DIGEST = """
INSERT INTO dsnlib.suppressions
SELECT %s, source, created, reason, '', expires, released, '', last_released
FROM dsnlib.suppressions WHERE address = %s AND released IS NULL
ON CONFLICT (address) DO UPDATE SET
    source = excluded.source, created = excluded.created, reason = excluded.reason,
    evidence = '', expires = excluded.expires, released = NULL, note = ''
"""


def _key(address: str) -> str:
    return index_key(rows.pack_text(address_key(address)))


def _suppression_row(entry: Suppression) -> rows.SuppressionRow:
    row = rows.suppression_row(entry)
    return row._replace(address=index_key(row.address))


class PostgresStore:
    """A history in a database of PostgreSQL.

    Args:
        place: `postgresql://user@host/database`, as libpq reads it.
        creates: Whether the tables are made where there are none; the database is there.

    Raises:
        StoreError: It is not there, not ours, of a later version, or lets us not in.
        StoreUnavailable: It cannot be reached.
    """

    def __init__(self, place: str, *, creates: bool = True) -> None:
        self._link = PostgresLink(place)
        self.place = self._link.name
        try:
            migrate(self._link, creates=creates)
        except BaseException:
            self._link.close()
            raise

    def add(self, events: Iterable[BounceEvent], *, source: str = "") -> Added:
        """Add events, each once; see `Store.add`."""
        batch = rows.event_rows(events, rows.pack_text(source))
        if not batch.rows:
            return Added(0, 0)
        new = self._link.run(lambda connection: add_rows(connection, batch))
        fold_by_chance(self._link, new)
        return Added(new, len(batch.rows) - new)

    def events(self, *, after: int = 0, address: str | None = None) -> Iterator[Numbered]:
        """Yield events in the order in which they were added; see `Store.events`."""
        (last,) = self._fetch("SELECT dsnlib.horizon()")[0]
        statement = _PAGE_OF_EVENTS
        values: tuple[str, ...] = ()
        if address is not None:
            statement, values = _PAGE_OF_ADDRESS, (_key(address),)
        while found := self._fetch(statement, after, last, *values):
            for number, *row in found:
                yield Numbered(number, self._event(row), rows.unpack_text(row[-1]))
            after = found[-1][0]

    def _event(self, row: Sequence[object]) -> BounceEvent:
        try:
            return rows.read_event_row(row)
        except InvalidValue as error:
            raise self._damaged(error) from error

    def _entry(self, row: Sequence[object]) -> Suppression:
        try:
            return rows.read_suppression_row(row)
        except InvalidValue as error:
            raise self._damaged(error) from error

    def _damaged(self, error: InvalidValue) -> StoreError:
        return StoreError(f"{self.place}: damaged: {error}", place=self.place)

    def summarize(
        self, *, since: dt.date | None = None, until: dt.date | None = None, worst: int = 20
    ) -> Summary:
        """Return the numbers of a report; see `Store.summarize`."""
        now = dt.datetime.now(dt.UTC)
        try:
            return self._link.run(
                lambda connection: read_summary(
                    connection, since=since, until=until, worst=worst, now=now
                )
            )
        except InvalidValue as error:
            raise self._damaged(error) from error

    def suppress(self, entries: Iterable[Suppression]) -> int:
        """Add suppressions or replace those of the same addresses; see `Store.suppress`."""
        made = [(_suppression_row(each), digest_address(each.address)) for each in entries]
        newest = {row.address: (digest, *row, row.released) for row, digest in made}
        # In one order, so that of two writers one waits for the other, and never both.
        values = [
            (None if digest == key else digest, *row)
            for key, (digest, *row) in sorted(newest.items())
        ]

        def work(connection: psycopg.Connection[Any]) -> None:
            with connection.transaction():
                connection.cursor().executemany(_SUPPRESS, values)

        if values:
            self._link.run(work)
        return len(made)

    def release(self, address: str, *, now: dt.datetime) -> Suppression | None:
        """Let an address go; see `Store.release`."""
        check_instant(now, "now")
        values = {
            "now": rows.to_microseconds(now),
            "key": _key(address),
            "digest": digest_address(address),
        }
        found = self._fetch(_RELEASE, **values)
        for row in sorted(found, key=lambda row: row[0] == values["digest"]):
            return self._entry(rows.SuppressionRow(*row)._replace(released=None))
        return None

    def released(self, address: str) -> dt.datetime | None:
        """Return when an address was let go last; see `Store.released`."""
        found = self._fetch(
            "SELECT max(last_released) FROM dsnlib.suppressions WHERE address IN (%s, %s)",
            _key(address),
            digest_address(address),
        )
        return None if found[0][0] is None else rows.from_microseconds(found[0][0])

    def note_probe(self, probe: SentProbe) -> None:
        """Keep what was sent to try an address; see `Store.note_probe`."""
        self._execute(
            _NOTE_PROBE,
            index_key(rows.pack_text(probe.address)),
            rows.to_microseconds(probe.sent),
            rows.pack_text(probe.envelope_id),
        )

    def probe(self, address: str) -> SentProbe | None:
        """Return the last probe of an address; see `Store.probe`."""
        for key, sent, envelope_id in self._fetch(
            "SELECT * FROM dsnlib.probes WHERE address = %s", _key(address)
        ):
            return SentProbe(
                address=rows.unpack_text(key),
                sent=rows.from_microseconds(sent),
                envelope_id=rows.unpack_text(envelope_id),
            )
        return None

    def suppression(self, address: str) -> Suppression | None:
        """Return what is known of an address; see `Store.suppression`."""
        digest = digest_address(address)
        found = self._fetch(_OF_ADDRESS, _key(address), digest)
        for row in sorted(found, key=lambda row: row[0] == digest):
            return self._entry(row)
        return None

    def suppressions(self) -> Iterator[Suppression]:
        """Yield all entries, by address."""
        after = ""
        while found := self._fetch(_PAGE_OF_SUPPRESSIONS, after):
            for row in found:
                yield self._entry(row)
            after = found[-1][0]

    def may_send(self, address: str, *, now: dt.datetime) -> bool:
        """Tell whether nothing active stops mail to an address; see `Store.may_send`."""
        values = (
            _key(address),
            digest_address(address),
            rows.to_microseconds(now),
        )
        return not self._link.run(
            lambda connection: connection.execute(_MAY_NOT, values, prepare=True).fetchall()
        )

    def stopped(self, addresses: Collection[str], *, now: dt.datetime) -> frozenset[str]:
        """Return those of many addresses that must not be sent to; see `Store.stopped`."""
        time = rows.to_microseconds(now)
        asked = texts(addresses, "addresses")
        stopped: list[str] = []
        for start in range(0, len(asked), _ASKED):
            keys: dict[str, list[str]] = {}
            for address in asked[start : start + _ASKED]:
                keys.setdefault(_key(address), []).append(address)
                keys.setdefault(digest_address(address), []).append(address)
            for (key,) in self._fetch(_STOPPED, list(keys), time):
                stopped.extend(keys[key])
        return frozenset(stopped)

    def cursor(self, name: str) -> int:
        """Return how far a reader of `events` has come; 0 for a new one."""
        found = self._fetch(
            "SELECT number FROM dsnlib.cursors WHERE name = %s", index_key(rows.pack_text(name))
        )
        return int(found[0][0]) if found else 0

    def advance(self, name: str, number: int) -> None:
        """Note how far a reader of `events` has come; it is durable."""
        self._execute(_ADVANCE, index_key(rows.pack_text(name)), number)

    def prune(self, before: dt.date) -> int:
        """Forget events that occurred before a day; see `Store.prune`."""
        time = rows.to_microseconds(dt.datetime.combine(before, dt.time(), dt.UTC))
        fold_all(self._link)
        # What came behind it is in no count of its domain yet.
        ((last,),) = self._fetch(DOMAINS_UP_TO)
        gone = start = 0
        while (end := self._fetch(_STEP, start, last, _PRUNED)[0][0]) is not None:
            gone += self._execute(_PRUNE, start, end, time)
            start = end
        return gone

    def erase(self, address: str, *, keeps_suppression: bool = True) -> int:
        """Forget all events of an address; see `Store.erase`."""
        key = _key(address)
        digest = digest_address(address)
        fold_all(self._link)

        def work(connection: psycopg.Connection[Any]) -> int:
            with connection.transaction():
                run = connection.execute
                gone = run("DELETE FROM dsnlib.events WHERE address = %s", [key]).rowcount
                run("DELETE FROM dsnlib.probes WHERE address = %s", [key])
                if keeps_suppression:
                    run(_TO_DIGEST, [digest, key])
                else:
                    run("DELETE FROM dsnlib.suppressions WHERE address = %s", [digest])
                run("DELETE FROM dsnlib.suppressions WHERE address = %s", [key])
            return gone

        return self._link.run(work)

    def facts(self) -> dict[str, object]:
        """Return what it is like: versions, counts, days, size.

        Raises:
            StoreError: It cannot be read.
        """
        return self._link.run(read_facts)

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with it, a sentence each; it reads the whole table.

        Raises:
            StoreError: It cannot be read.
        """
        yield from self._link.run(lambda connection: list(read_problems(connection)))

    def close(self) -> None:
        """Give everything back; twice is fine."""
        self._link.close()

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

    def _execute(self, statement: str, *values: object) -> int:
        return self._link.run(lambda connection: connection.execute(statement, values).rowcount)

    def _fetch(self, statement: str, *values: object, **named: object) -> list[Any]:
        return self._link.run(
            lambda connection: connection.execute(statement, named or values).fetchall()
        )
