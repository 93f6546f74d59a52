"""Adding events to a history in SQLite: each once, and fast.

Rules.
- All is done within the transaction of the caller.
- An event is known if its `event_id` is `fresh` or `settled`.
- Before `settle` returns, each event is in `settled`, `mention` and `domain`, and none fresh.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from dsnlib.adapters.history.rows import Batch, TallyRow, tally_rows
from dsnlib.adapters.history.sqlite_row import COLUMNS, flat_rows

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence

__all__ = ["EventAddition", "counters"]

_ID_OCTETS = 16
# Chosen by measuring: a set of so many takes 40 MB, and a tenth of a second to read.
_MOST_FRESH = 400_000
# Additions of one event each: so many rows are read as quickly.
_MOST_ADDITIONS = 2_000

# Rows in one statement; beyond some tens there is nothing to gain.
_TOGETHER = 50
_ASKED = 1_000

_COUNT = f"""
    INSERT INTO tally VALUES ({", ".join("?" * (len(TallyRow._fields) + 1))})
    ON CONFLICT DO UPDATE SET events = events + excluded.events
"""  # noqa: S608  places alone
_MENTION = """
    INSERT INTO mention
    SELECT domain, address, number, kind = 'failure', occurred / 86400000000
        - (occurred % 86400000000 < 0)
    FROM event WHERE number > ? ORDER BY 1, 2, 3
"""
_DOMAIN = """
    INSERT INTO domain
    SELECT domain AS name, iif(kind = 'failure', coalesce(reason, ''), '') AS why,
        occurred / 86400000000 - (occurred % 86400000000 < 0) AS of_day,
        sum(kind = 'failure'), count(*)
    FROM event WHERE number > ? GROUP BY name, why, of_day
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
        # Up to which number, and since which, `_fresh` is what the table says.
        self._last = self._settled = -1

    def forget(self) -> None:
        """Drop what is known of the file, after a transaction that failed."""
        self._fresh.clear()
        self._additions = 0
        self._last = self._settled = -1

    def add(self, batch: Batch) -> int:
        """Add events, and return how many of them are new.

        Raises:
            sqlite3.Error: It cannot be done.
        """
        count = counters(self._connection)
        self._refresh(count)
        rows = {row[0]: row for row in reversed(batch.rows)}
        known = self._known(rows, count["settled"])
        if len(rows) == len(batch.rows) and not known:
            made: Collection[Sequence[Any]] = batch.rows
            tallies = batch.tallies()
        else:
            made = [row for key, row in reversed(rows.items()) if key not in known]
            tallies = sorted(tally_rows(made).items())
        if made:
            self._insert(made, count["event"] + 1)
            self._connection.executemany(_COUNT, [(*key, number) for key, number in tallies])
            if len(self._fresh) > _MOST_FRESH or self._additions > _MOST_ADDITIONS:
                self.settle()
        return len(made)

    def settle(self) -> None:
        """Bring the indexes up.

        Raises:
            sqlite3.Error: It cannot be done.
        """
        connection = self._connection
        count = counters(connection)
        self._refresh(count)
        if count["event"] == count["settled"]:
            return
        insert_flat(connection, "settled", 1, sorted(self._fresh))
        connection.execute(_MENTION, (count["settled"],))
        connection.execute(_DOMAIN, (count["settled"],))
        connection.execute("DELETE FROM fresh")
        connection.execute(
            "UPDATE counter SET number = ? WHERE name = 'settled'", (count["event"],)
        )
        self._fresh.clear()
        self._additions = 0
        self._settled = count["event"]

    def _refresh(self, count: dict[str, int]) -> None:
        if count["settled"] != self._settled or count["event"] < self._last:
            self.forget()
            self._last = self._settled = count["settled"]
        if count["event"] != self._last:
            for (ids,) in self._connection.execute(
                "SELECT event_ids FROM fresh WHERE number > ?", (self._last,)
            ):
                self._additions += 1
                self._fresh.update(
                    [ids[start : start + _ID_OCTETS] for start in range(0, len(ids), _ID_OCTETS)]
                )
            self._last = count["event"]

    def _known(self, ids: Collection[bytes], settled: int) -> set[bytes]:
        known = self._fresh.intersection(ids)
        if settled:
            # Those that lie side by side are looked for one after the other.
            left = iter(sorted(ids))
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

    def _insert(self, made: Collection[Sequence[Any]], first: int) -> None:
        last = first + len(made) - 1
        insert_flat(self._connection, "event", len(COLUMNS), flat_rows(made, first))
        ids = [row[0] for row in made]
        self._connection.execute("INSERT INTO fresh VALUES (?, ?)", (first, b"".join(ids)))
        self._connection.execute("UPDATE counter SET number = ? WHERE name = 'event'", (last,))
        self._fresh.update(ids)
        self._additions += 1
        self._last = last


def insert_flat(
    connection: sqlite3.Connection, table: str, columns: int, values: Sequence[object]
) -> None:
    """Insert rows, many in each statement: half the time of one by one.

    Args:
        connection: In a transaction.
        table: Its name.
        columns: How many it has.
        values: Those of all rows, one after the other.

    Raises:
        sqlite3.Error: It cannot be done.
    """
    row = f"({', '.join('?' * columns)})"
    step = columns * _TOGETHER
    for start in range(0, len(values), step):
        some = values[start : start + step]
        places = ", ".join([row] * (len(some) // columns))
        connection.execute(f"INSERT INTO {table} VALUES {places}", some)  # noqa: S608  names of ours
