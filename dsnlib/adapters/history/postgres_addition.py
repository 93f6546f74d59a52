"""Events written to PostgreSQL: each once, and the tallies with them, in one transaction.

Rules.
- Rows go in by `event_id`, in whatever order they came: of two writers with the same events
  one waits for the other, and never both.  Their numbers are in the order in which they came.
- All is sent before a number is taken: who is slow to send, or hangs, holds up nobody who
  reads events in their order.  After it the server waits for us between statements alone,
  which it does not for long.
- Tallies are appended and never updated here, so that no two writers want the same row.
  `fold_tallies` sums them up now and then, one process at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsnlib.adapters.history.postgres_key import index_key
from dsnlib.adapters.history.postgres_schema import EVENTS_AN_ADDITION
from dsnlib.adapters.history.rows import Batch, EventRow, TallyRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

__all__ = ["DOMAINS_UP_TO", "DOMAIN_COUNTS", "add_rows", "fold_tallies"]

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
_COPY = f"COPY pg_temp.incoming (number, {_COLUMNS}) FROM STDIN"
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
# How many events and failures each domain has of each reason and day, among the events that
# are not in `domains` yet.  The bound keeps a long text from being searched at length.
DOMAIN_COUNTS = """
SELECT coalesce(substring(right(address, 320) FROM '@([^@]*)$'), '') AS domain,
    CASE WHEN kind = 'failure' THEN coalesce(reason, '') ELSE '' END AS reason,
    (occurred / 86400000000 - (mod(occurred, 86400000000) < 0)::integer)::integer AS day,
    count(*) FILTER (WHERE kind = 'failure') AS failures, count(*) AS events
FROM dsnlib.events WHERE number > %(up_to)s
"""
# Asked first, and handed back: a planner that does not know the number reads the whole table.
DOMAINS_UP_TO = "SELECT number FROM dsnlib.domains_up_to"
_FOLD = f"""
WITH changes AS (
    DELETE FROM dsnlib.tally_changes RETURNING *
)
INSERT INTO dsnlib.tallies AS kept ({_TALLY}, events)
SELECT {_TALLY}, sum(events) FROM changes GROUP BY {_TALLY}
ON CONFLICT ({_TALLY}) DO UPDATE SET events = kept.events + excluded.events
"""  # noqa: S608  names of ours
_FOLD_DOMAINS = f"""
INSERT INTO dsnlib.domains AS kept
SELECT * FROM ({DOMAIN_COUNTS} AND number <= %(horizon)s GROUP BY 1, 2, 3) AS changes
ON CONFLICT (domain, reason, day) DO UPDATE SET
    failures = kept.failures + excluded.failures, events = kept.events + excluded.events
"""  # noqa: S608  names of ours
# https://www.postgresql.org/docs/15/sql-copy.html (text format)
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
# Rows at a time, so that the server reads while we write.
_SENT = 500
# The key of the lock of whoever folds: "dsfold".
_FOLDING = 0x6473666F6C64


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
        values = (*_of_server(batch.rows[0]), *tally)
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
            some = enumerate(batch.rows[start : start + _SENT], start)
            copy.write("".join([_line((place, *_of_server(row))) for place, row in some]))
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


def _of_server(row: Sequence[Any]) -> tuple[Any, ...]:
    event_id, occurred, address, recipient, *others = row
    key = index_key(address)
    if key is not address:
        recipient = recipient or address
    return (event_id.hex(), occurred, key, recipient, *others)


def _line(values: Sequence[object]) -> str:
    """Return a line of COPY in its text format."""
    text = "".join([each for each in values if type(each) is str])
    escape = _escape if "\\" in text or not text.isprintable() else str
    return "\t".join(["\\N" if each is None else escape(each) for each in values]) + "\n"


def _escape(value: object) -> str:
    return str(value).translate(_ESCAPES)


def fold_tallies(connection: psycopg.Connection[Any], *, waits: bool = False) -> None:
    """Add to the tallies what has been appended since.

    Args:
        connection: In no transaction.
        waits: Whether for another process that does it; else that one does it.

    Raises:
        psycopg.Error: It was not done.
    """
    lock = "pg_advisory_xact_lock" if waits else "pg_try_advisory_xact_lock"
    with connection.transaction():
        found = connection.execute(f"SELECT {lock}(%s)", [_FOLDING]).fetchone()
        # The one that waits returns nothing, the other whether it has the lock.
        if found is None or found[0] is False:
            return
        connection.execute(_FOLD)
        (horizon,) = connection.execute("SELECT dsnlib.horizon()").fetchone() or (0,)
        (up_to,) = connection.execute(DOMAINS_UP_TO).fetchone() or (0,)
        connection.execute(_FOLD_DOMAINS, {"up_to": up_to, "horizon": horizon})
        # A horizon may be lower than the one before: who has read the sequence is seen only
        # when it has its lock.
        if horizon > up_to:
            connection.execute("UPDATE dsnlib.domains_up_to SET number = %s", [horizon])
