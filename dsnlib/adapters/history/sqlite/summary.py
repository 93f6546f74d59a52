"""The numbers of a report, from a history in SQLite.

Rules.
- What happened comes from the tallies, which know pruned and erased events too; the worst
  addresses from the events that are there.
- Ten million events take seconds: one pass over an index that is in the order of what is
  counted.
- Who of many with as many failures is named last is one of them, and the same each time.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from dsnlib.adapters.history import rows
from dsnlib.bounces.summary import Summary, Tally, Worst
from dsnlib.bounces.suppression import digest_address
from dsnlib.bounces.taxonomy import Reason

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

__all__ = ["summarize"]

_EPOCH = dt.date(1970, 1, 1)
_DAY = 86_400_000_000

# Chosen by us, so that an address with a million failures does not keep everybody waiting: its
# reason is the one that most of so many have, the newest.
_NEWEST = 1_000
# Of so many more than are named, the addresses are looked up.
_TIED = 200

_SUPPRESSED = """
    SELECT source, count(*) FROM suppression
    WHERE released IS NULL AND (expires IS NULL OR expires > ?) GROUP BY source ORDER BY source
"""
# The address is that of the newest event.
_ADDRESSES = """
    SELECT place, failures, events, last, (SELECT address FROM event WHERE number = newest)
    FROM (
        SELECT place, sum(is_failure) AS failures, count(*) AS events,
            max(CASE WHEN is_failure THEN day END) AS last, max(number) AS newest
        FROM mention {where} GROUP BY place HAVING failures > 0
        ORDER BY failures DESC, place LIMIT ?
    )
"""
_REASONS_OF_ADDRESS = """
    SELECT reason FROM (
        SELECT substr(details, 1, instr(details, char(31)) - 1) AS reason FROM event
        WHERE kind = 'failure' AND address = ?2 AND number IN (
            SELECT number FROM mention
            WHERE place = ?1 AND is_failure AND day BETWEEN ?3 AND ?4
            ORDER BY number DESC LIMIT {newest}
        )
    ) WHERE reason <> '' GROUP BY reason ORDER BY count(*) DESC, reason LIMIT 1
"""
_DOMAINS = """
    SELECT domain, sum(failures) AS failed, sum(events), max(CASE WHEN failures THEN day END)
    FROM domain {where} GROUP BY domain HAVING failed > 0 AND domain <> ''
    ORDER BY failed DESC, domain LIMIT ?
"""
_REASONS_OF_DOMAIN = """
    SELECT reason FROM domain WHERE domain = ? AND reason <> '' AND day BETWEEN ? AND ?
    GROUP BY reason ORDER BY sum(failures) DESC, reason LIMIT 1
"""
_STOPPED = """
    SELECT 1 FROM suppression WHERE address IN (?, ?) AND released IS NULL
        AND (expires IS NULL OR expires > ?)
"""


def summarize(
    connection: sqlite3.Connection,
    *,
    since: dt.date | None,
    until: dt.date | None,
    worst: int,
    now: dt.datetime,
) -> Summary:
    """Return the numbers of a report.

    Args:
        connection: In a transaction; its indexes are up to date.
        since: The first day, or `None`.
        until: The last day, or `None`.
        worst: How many addresses and domains are named.
        now: With a zone.

    Raises:
        InvalidValue: A row is damaged.
        sqlite3.Error: It cannot be read.
    """
    first = (since or dt.date.min, until or dt.date.max)
    tallies = tuple(
        [
            Tally(rows.read_tally_row(row), events)
            for *row, events in connection.execute(
                "SELECT * FROM tally WHERE day BETWEEN ? AND ?",
                [each.isoformat() for each in first],
            )
        ]
    )
    days = [each.key.day for each in tallies]
    today = now.astimezone(dt.UTC).date()
    time = rows.to_microseconds(now)
    span = ((first[0] - _EPOCH).days, (first[1] - _EPOCH).days)
    # Without a bound the days need not be looked at.
    where, bounds = ("", ()) if since is until is None else ("WHERE day BETWEEN ? AND ?", span)
    return Summary(
        since=since or min(days, default=min(today, first[1])),
        until=until or max(days, default=max(today, first[0])),
        tallies=tallies,
        addresses=tuple(
            [
                _worst_address(connection, each, span, time)
                for each in _worst_places(connection, where, bounds, worst)
            ]
        ),
        domains=tuple(
            [
                Worst(
                    name=rows.unpack_text(name),
                    failures=failures,
                    events=events,
                    reason=_reason(connection, _REASONS_OF_DOMAIN, (name, *span)),
                    last=_EPOCH + dt.timedelta(days=last),
                )
                for name, failures, events, last in connection.execute(
                    _DOMAINS.format(where=where), (*bounds, worst)
                )
            ]
        ),
        suppressed=tuple([(name, n) for name, n in connection.execute(_SUPPRESSED, (time,))]),
    )


def _worst_places(
    connection: sqlite3.Connection, where: str, bounds: Sequence[object], worst: int
) -> list[tuple[Any, ...]]:
    found = connection.execute(_ADDRESSES.format(where=where), (*bounds, worst + _TIED)).fetchall()
    # Those with as many failures are in the order of their names, as far as they are looked at.
    return sorted(found, key=lambda row: (-row[1], row[-1]))[:worst]


def _worst_address(
    connection: sqlite3.Connection, found: tuple[Any, ...], span: tuple[int, int], time: int
) -> Worst:
    place, failures, events, last, packed = found
    address = rows.unpack_text(packed)
    return Worst(
        name=address,
        failures=failures,
        events=events,
        reason=_reason(
            connection, _REASONS_OF_ADDRESS.format(newest=_NEWEST), (place, packed, *span)
        ),
        last=_EPOCH + dt.timedelta(days=last),
        suppressed=connection.execute(_STOPPED, (packed, digest_address(address), time)).fetchone()
        is not None,
    )


def _reason(
    connection: sqlite3.Connection, statement: str, values: tuple[object, ...]
) -> Reason | None:
    found = connection.execute(statement, values).fetchone()
    return None if found is None else Reason(found[0])
