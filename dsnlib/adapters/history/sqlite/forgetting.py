"""Forgetting in a history in SQLite: old events, and all of one address.

Rules.
- Many events go in steps, so that nobody has to wait for long.
- The tallies stay, and the counter `forgotten` says by how much they are more than the events.
- What is erased is in none of the files: pages are overwritten, and the log is ended.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dsnlib.adapters.history import rows
from dsnlib.adapters.history.sqlite.row import place_of
from dsnlib.adapters.history.sqlite.suppression import Suppressions
from dsnlib.bounces.address_key import address_key
from dsnlib.errors import StoreUnavailable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from dsnlib.adapters.history.sqlite.link import SqliteLink

__all__ = ["erase", "prune"]

# Events looked through in one step: some hundredths of a second.
_STEP = 5_000
_GONE = (
    "DELETE FROM settled WHERE event_id IN (SELECT event_id FROM event WHERE {which})",
    """DELETE FROM mention WHERE (place, number)
        IN (SELECT place, number FROM event WHERE {which})""",
    "DELETE FROM event WHERE {which}",
)


def prune(link: SqliteLink, before: dt.date) -> int:
    """Forget events that occurred before a day, UTC, and return how many.

    Raises:
        StoreError: It cannot be done; what was forgotten until then stays so.
    """
    start = rows.to_microseconds(dt.datetime.combine(before, dt.time(), dt.UTC))
    ((last,),) = link.fetch("SELECT number FROM counter WHERE name = 'settled'")
    number = gone = 0
    while number < last:
        span = (number, min(number + _STEP, last), start)
        which = "number > ? AND number <= ? AND occurred < ?"
        if link.fetch(f"SELECT 1 FROM event WHERE {which} LIMIT 1", span):  # noqa: S608  a condition of ours
            with link.writing() as connection:
                gone += _forget(connection, which, span)
        ((following,),) = link.fetch("SELECT min(number) FROM event WHERE number > ?", (span[1],))
        if following is None:
            break
        number = following - 1
    return gone


def erase(link: SqliteLink, address: str, *, keeps_suppression: bool) -> int:
    """Forget all events of an address, and return how many there were.

    Args:
        link: Where; each event is settled.
        address: In any case.
        keeps_suppression: Whether an active suppression stays, by its digest alone.

    Raises:
        StoreError: It cannot be done.
        StoreUnavailable: All is erased, but a reader keeps the log, and what is in it, alive.
    """
    key = rows.pack_text(address_key(address))
    gone = 0
    with link.writing() as connection:
        numbers = [
            number
            for (number,) in connection.execute(
                "SELECT number FROM event WHERE address = ?2"
                " AND number IN (SELECT number FROM mention WHERE place = ?1)",
                (place_of(key), key),
            )
        ]
        for start in range(0, len(numbers), _STEP):
            some = numbers[start : start + _STEP]
            which = f"number IN ({', '.join('?' * len(some))})"
            gone += _forget(connection, which, some)
        Suppressions(link).erase(address, keeps_suppression=keeps_suppression)
    ((is_busy, _, _),) = link.fetch("PRAGMA wal_checkpoint(TRUNCATE)")
    if is_busy:
        message = f"{link.place}: erased, but the log is in use and still has it: erase it again"
        raise StoreUnavailable(message, place=link.place)
    return gone


def _forget(connection: sqlite3.Connection, which: str, values: Sequence[object]) -> int:
    gone = 0
    for statement in _GONE:
        gone = connection.execute(statement.format(which=which), values).rowcount
    connection.execute("UPDATE counter SET number = number + ? WHERE name = 'forgotten'", (gone,))
    return gone
