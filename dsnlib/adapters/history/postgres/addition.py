"""Events written to PostgreSQL: each once, and the tallies with them, in one transaction.

Rules.
- Rows go in by `event_id`, in whatever order they came: of two writers with the same events
  one waits for the other, and never both.  Their numbers are in the order in which they came.
- All is sent before a number is taken: who is slow to send, or hangs, holds up nobody who
  reads events in their order.  After it the server waits for us between statements alone,
  which it does not for long.
- Tallies are appended and never updated here, so that no two writers want the same row.
  `folding` sums them up now and then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsnlib.adapters.history.postgres.copy import COPY_NONE, copy_text, server_row
from dsnlib.adapters.history.postgres.schema import EVENTS_AN_ADDITION
from dsnlib.adapters.history.rows import Batch, EventRow, TallyRow

if TYPE_CHECKING:
    import psycopg

__all__ = ["add_rows"]

_COLUMNS = ", ".join(EventRow._fields)
_TALLY = ", ".join(TallyRow._fields)
_BLANKS = ", ".join(["%s"] * len(EventRow._fields))

_ONE = f"""
WITH added AS (
    INSERT INTO dsnlib.events (number, {_COLUMNS})
    VALUES (dsnlib.begin_addition(), {_BLANKS})
    ON CONFLICT (event_id) DO NOTHING RETURNING number
), counted AS (
    INSERT INTO dsnlib.tally_changes ({_TALLY}, events)
    SELECT {", ".join(["%s"] * len(TallyRow._fields))}, 1 FROM added
)
SELECT count(*) FROM added
"""  # noqa: S608  names of ours
_INCOMING = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS incoming (LIKE dsnlib.events) ON COMMIT DELETE ROWS"
)
_COPY = f"COPY pg_temp.incoming (number, {_COLUMNS}) FROM STDIN WITH (NULL '{COPY_NONE}')"
_MOVE = f"""
INSERT INTO dsnlib.events (number, {_COLUMNS})
SELECT number + %s, {_COLUMNS} FROM pg_temp.incoming ORDER BY event_id, number
ON CONFLICT (event_id) DO NOTHING
"""  # noqa: S608  names of ours
_NEW = "SELECT number FROM dsnlib.events WHERE number BETWEEN %s AND %s"
_COUNT = f"""
INSERT INTO dsnlib.tally_changes ({_TALLY}, events)
SELECT * FROM unnest({", ".join(["%s::text[]"] * len(TallyRow._fields))}, %s::bigint[])
"""  # noqa: S608  names of ours
# Rows at a time, so that the server reads while we write.
_SENT = 500


def add_rows(connection: psycopg.Connection[Any], batch: Batch) -> int:
    """Write events that may be there already; they are durable when it returns.

    Args:
        connection: In no transaction.
        batch: The events; of several with one `event_id` the first is taken.

    Returns:
        How many were new.

    Raises:
        psycopg.Error: None was written, or the connection broke while they were.
    """
    size = len(batch.rows)
    if size == 1:
        ((tally, _),) = batch.tallies()
        values = (*server_row(batch.rows[0]), *tally)
        found = connection.execute(_ONE, values, prepare=True).fetchone()
        return int(found[0]) if found is not None else 0
    with connection.transaction():
        return sum(
            [
                _add_some(
                    connection, Batch(*[part[start : start + EVENTS_AN_ADDITION] for part in batch])
                )
                for start in range(0, size, EVENTS_AN_ADDITION)
            ]
        )


def _add_some(connection: psycopg.Connection[Any], batch: Batch) -> int:
    cursor = connection.cursor()
    cursor.execute(_INCOMING)
    size = len(batch.rows)
    with cursor.copy(_COPY) as copy:
        for start in range(0, size, _SENT):
            copy.write(copy_text(batch.rows[start : start + _SENT], start))
    cursor.execute("SELECT dsnlib.begin_addition()")
    (first,) = cursor.fetchone() or (0,)
    cursor.execute(_MOVE, (first,))
    new = cursor.rowcount
    if new < size:
        cursor.execute(_NEW, (first, first + size - 1))
        places = [number - first for (number,) in cursor]
        batch = Batch([], [batch.keys[place] for place in places])
    if size == EVENTS_AN_ADDITION:
        # More may follow in the same transaction.
        cursor.execute("TRUNCATE pg_temp.incoming")
    if new:
        columns = zip(*[(*tally, count) for tally, count in batch.tallies()], strict=True)
        cursor.execute(_COUNT, [list(column) for column in columns])
    return new
