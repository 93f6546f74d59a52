"""The numbers of a report, from a history in SQLite.

Rules.
- What happened comes from the tallies, which know pruned and erased events too; the worst
  addresses from the events that are there.
- Ten million events take seconds: one pass over an index that is in the order of what is
  counted.
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

__all__ = ["summarize"]

_EPOCH = dt.date(1970, 1, 1)
_DAY = 86_400_000_000

_SUPPRESSED = """
    SELECT source, count(*) FROM suppression
    WHERE released IS NULL AND (expires IS NULL OR expires > ?) GROUP BY source ORDER BY source
"""
_ADDRESSES = """
    SELECT domain, address, sum(is_failure) AS failures, count(*),
        max(CASE WHEN is_failure THEN day END)
    FROM mention {where} GROUP BY domain, address HAVING failures > 0
    ORDER BY failures DESC, address LIMIT ?
"""
_REASONS_OF_ADDRESS = """
    SELECT reason FROM event WHERE kind = 'failure' AND reason IS NOT NULL
        AND number IN (
            SELECT number FROM mention
            WHERE domain = ? AND address = ? AND is_failure AND day BETWEEN ? AND ?
        )
    GROUP BY reason ORDER BY count(*) DESC, reason LIMIT 1
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
                for each in connection.execute(_ADDRESSES.format(where=where), (*bounds, worst))
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


def _worst_address(
    connection: sqlite3.Connection, found: tuple[Any, ...], span: tuple[int, int], time: int
) -> Worst:
    domain, packed, failures, events, last = found
    address = rows.unpack_text(packed)
    return Worst(
        name=address,
        failures=failures,
        events=events,
        reason=_reason(connection, _REASONS_OF_ADDRESS, (domain, packed, *span)),
        last=_EPOCH + dt.timedelta(days=last),
        suppressed=connection.execute(_STOPPED, (packed, digest_address(address), time)).fetchone()
        is not None,
    )


def _reason(
    connection: sqlite3.Connection, statement: str, values: tuple[object, ...]
) -> Reason | None:
    found = connection.execute(statement, values).fetchone()
    return None if found is None else Reason(found[0])
