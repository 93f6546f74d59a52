"""Adding events to a history in SQLite: each once, and fast.

Rules.
- All is done within the transaction of the caller.
- An event is known if its `event_id` is `fresh` or `settled`.
- Before `settle` returns, each event is in `settled`, `mention` and `domain`, and none fresh;
  `mention` is brought up more seldom than the others, which bound what we remember.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from dsnlib.adapters.history.rows import ID_OCTETS, TallyRow
from dsnlib.adapters.history.sqlite.batch import DomainCount
from dsnlib.adapters.history.sqlite.filter import IdFilter
from dsnlib.adapters.history.sqlite.row import COLUMNS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from dsnlib.adapters.history.sqlite.batch import EventBatch

__all__ = ["EventAddition", "counters"]

# Nobody needs `mention` before he asks for an address or a report, and many at a time cost less;
# bringing it up takes some seconds for so many.
_MOST_UNMENTIONED = 2_000_000
# Chosen by measuring: a set of so many takes 40 MB, and some tenths of a second to read.
_MOST_FRESH = 500_000
# Additions of one event each: so many rows are read as quickly.
_MOST_ADDITIONS = 2_000

# Rows in one statement; beyond some tens there is nothing to gain.
_TOGETHER = 50
_ASKED = 1_000
# To look for one takes as long as to read ten.
_READ_WHILE_ASKED = 10
# With more a filter says little, and nobody else could write while it is made.
_MOST_FILTERED = 30_000_000
_READ = 10_000
_BETWEEN = "\x1f"

_COUNT = f"""
    INSERT INTO tally VALUES ({", ".join("?" * (len(TallyRow._fields) + 1))})
    ON CONFLICT DO UPDATE SET events = events + excluded.events
"""  # noqa: S608  places alone
_MENTION = """
    INSERT INTO mention
    SELECT place, number, kind = 'failure', occurred / 86400000000 - (occurred % 86400000000 < 0)
    FROM event WHERE number > ? ORDER BY 1, 2
"""
_DOMAIN = """
    INSERT INTO domain VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
        failures = failures + excluded.failures, events = events + excluded.events
"""


def counters(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the counters of a history.

    Raises:
        sqlite3.Error: It cannot be read.
    """
    return dict(connection.execute("SELECT name, number FROM counter"))


class EventAddition:
    """Who adds events; it knows those that are fresh.

    Args:
        connection: Where to.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._fresh: set[bytes] = set()
        self._additions = 0
        # (domain, reason, day) -> how many of them are fresh
        self._failures: Counter[tuple[str, str, int]] = Counter()
        self._events: Counter[tuple[str, str, int]] = Counter()
        # What is settled, once so many were looked for that it is worth its making.
        self._filter: IdFilter | None = None
        self._asked = 0
        # Up to which number, and since which, `_fresh` is what the table says.
        self._last = self._settled = -1

    def forget(self) -> None:
        """Drop what is known of the file, after a transaction that failed."""
        self._clear()
        self._filter = None
        self._asked = 0
        self._last = self._settled = -1

    def _clear(self) -> None:
        self._fresh.clear()
        self._failures.clear()
        self._events.clear()
        self._additions = 0

    def add(self, batch: EventBatch) -> int:
        """Add events, and return how many of them are new.

        Raises:
            sqlite3.Error: It cannot be done.
        """
        count = counters(self._connection)
        self._refresh(count)
        unique = set(batch.ids)
        known = self._known(unique, count["settled"])
        if known or len(unique) < len(batch.ids):
            first = {each: place for place, each in reversed([*enumerate(batch.ids)])}
            batch = batch.only(sorted([first[each] for each in unique - known]))
        if batch.ids:
            tallies, domains = batch.counts()
            self._insert(batch, domains, count["event"] + 1)
            self._connection.executemany(_COUNT, [(*key, number) for key, number in tallies])
            if len(self._fresh) > _MOST_FRESH or self._additions > _MOST_ADDITIONS:
                self._settle(self._last)
            if self._last - count["mentioned"] > _MOST_UNMENTIONED:
                self._mention(counters(self._connection))
        return len(batch.ids)

    def settle(self) -> None:
        """Bring the indexes up.

        Raises:
            sqlite3.Error: It cannot be done.
        """
        count = counters(self._connection)
        self._refresh(count)
        if count["settled"] < count["event"]:
            self._settle(count["event"])
        if count["mentioned"] < count["event"]:
            self._mention(count)

    def _settle(self, last: int) -> None:
        connection = self._connection
        insert_ids(connection, sorted(self._fresh))
        if self._filter is not None:
            self._filter.add(self._fresh)
        connection.executemany(
            _DOMAIN, [(*key, self._failures[key], n) for key, n in sorted(self._events.items())]
        )
        connection.execute("DELETE FROM fresh")
        connection.execute("UPDATE counter SET number = ? WHERE name = 'settled'", (last,))
        self._clear()
        self._settled = last

    def _mention(self, count: dict[str, int]) -> None:
        self._connection.execute(_MENTION, (count["mentioned"],))
        self._connection.execute(
            "UPDATE counter SET number = ? WHERE name = 'mentioned'", (count["event"],)
        )

    def _refresh(self, count: dict[str, int]) -> None:
        if count["settled"] != self._settled or count["event"] < self._last:
            self.forget()
            self._last = self._settled = count["settled"]
        if count["event"] != self._last:
            for ids, domains in self._connection.execute(
                "SELECT event_ids, domains FROM fresh WHERE number > ?", (self._last,)
            ):
                self._note(
                    [ids[start : start + ID_OCTETS] for start in range(0, len(ids), ID_OCTETS)],
                    _read_domains(domains),
                )
            self._last = count["event"]

    def _known(self, ids: set[bytes], settled: int) -> set[bytes]:
        known = self._fresh.intersection(ids)
        if settled:
            # Those that lie side by side are looked for one after the other.
            left = iter(sorted(self._maybe_known(ids, settled)))
            while some := list(islice(left, _ASKED)):
                places = ", ".join("?" * len(some))
                known.update(
                    each
                    for (each,) in self._connection.execute(
                        f"SELECT event_id FROM settled WHERE event_id IN ({places})",  # noqa: S608  places alone
                        some,
                    )
                )
        return known

    def _maybe_known(self, ids: set[bytes], settled: int) -> Iterable[bytes]:
        if self._filter is None:
            self._asked += len(ids)
            if settled > _MOST_FILTERED or self._asked < settled // _READ_WHILE_ASKED:
                return ids
            self._filter = IdFilter()
            found = self._connection.execute("SELECT event_id FROM settled")
            while some := found.fetchmany(_READ):
                self._filter.add([each for (each,) in some])
        return self._filter.known([*ids])

    def _insert(self, batch: EventBatch, domains: Iterable[DomainCount], first: int) -> None:
        insert_events(self._connection, first, batch.cells)
        self._connection.execute(
            "INSERT INTO fresh VALUES (?, ?, ?)",
            (
                first,
                b"".join(batch.ids),
                _BETWEEN.join([f"{a}\x1f{b}\x1f{c}\x1f{d}\x1f{e}" for a, b, c, d, e in domains]),
            ),
        )
        self._last = first + len(batch.ids) - 1
        self._connection.execute(
            "UPDATE counter SET number = ? WHERE name = 'event'", (self._last,)
        )
        self._note(batch.ids, domains)

    def _note(self, ids: Iterable[bytes], domains: Iterable[DomainCount]) -> None:
        self._additions += 1
        self._fresh.update(ids)
        for domain, reason, day, failures, events in domains:
            key = domain, reason, day
            self._failures[key] += failures
            self._events[key] += events


def _read_domains(text: str) -> list[DomainCount]:
    return [
        DomainCount(domain, reason, int(day), int(failures), int(events))
        for domain, reason, day, failures, events in zip(
            *[iter(text.split(_BETWEEN))] * 5, strict=True
        )
    ]


def insert_events(connection: sqlite3.Connection, first: int, cells: Sequence[object]) -> None:
    """Insert events, many in each statement: half the time of one by one.

    Args:
        connection: In a transaction.
        first: The number of the first; no other is as great.
        cells: Those of all columns but the number, one after the other.

    Raises:
        sqlite3.Error: It cannot be done.
    """
    width = len(COLUMNS) - 1
    bound = ", ".join("?" * width)
    step = width * _TOGETHER
    for start in range(0, len(cells), step):
        some = cells[start : start + step]
        # SQLite numbers a row by the one before it, if nothing is given.
        places = f"(?, {bound})" + f", (NULL, {bound})" * (len(some) // width - 1)
        number = first + start // width
        connection.execute(f"INSERT INTO event VALUES {places}", (number, *some))  # noqa: S608  places alone


def insert_ids(connection: sqlite3.Connection, ids: Sequence[bytes]) -> None:
    """Insert what is settled, many in each statement.

    Args:
        connection: In a transaction.
        ids: Sorted.

    Raises:
        sqlite3.Error: It cannot be done.
    """
    for start in range(0, len(ids), _ASKED):
        some = ids[start : start + _ASKED]
        places = ", ".join(["(?)"] * len(some))
        connection.execute(f"INSERT INTO settled VALUES {places}", some)  # noqa: S608  places alone
