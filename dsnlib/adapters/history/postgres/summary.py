"""The numbers of a report from PostgreSQL: tallies as they are kept, the worst as counted.

Rules.
- What happened by day is summed up from the tallies, however many events there are.
- The worst domains are summed up from counts of their own, which outlive the events too.
- The worst addresses are counted among the events that are still there, from the one index
  that has all it takes.  The table itself is read as far as VACUUM has not been by, which it
  is told to do often (`schema`): in the minutes after millions of events were added.
  A table of counts would be written all over with each addition, and serve no report of some
  days.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from dsnlib.adapters.history import rows
from dsnlib.adapters.history.postgres.folding import DOMAIN_COUNTS, DOMAINS_UP_TO
from dsnlib.bounces.summary import Summary, Tally, Worst
from dsnlib.bounces.suppression import digest_address
from dsnlib.bounces.taxonomy import Reason

if TYPE_CHECKING:
    import psycopg

__all__ = ["read_summary"]

_A_DAY = 86_400_000_000
_TALLY = ", ".join(rows.TallyRow._fields)
_TALLIES = f"""
SELECT {_TALLY}, sum(events)::bigint
FROM (SELECT * FROM dsnlib.tallies UNION ALL SELECT * FROM dsnlib.tally_changes) AS kept
WHERE day BETWEEN %s AND %s GROUP BY {_TALLY} ORDER BY {_TALLY}
"""  # noqa: S608  names of ours
_SUPPRESSED = """
SELECT source, count(*) FROM dsnlib.suppressions
WHERE released IS NULL AND (expires IS NULL OR expires > %s) GROUP BY source ORDER BY source
"""
# Two steps: of millions of addresses no more is counted than it takes to find the worst.
_ADDRESSES = """
WITH worst AS (
    SELECT address FROM dsnlib.events
    WHERE kind = 'failure' AND occurred >= %(start)s AND occurred < %(end)s
    GROUP BY address ORDER BY count(*) DESC, address LIMIT %(worst)s
), counted AS (
    SELECT address AS name, coalesce(reason, '') AS reason,
        max(occurred) FILTER (WHERE kind = 'failure') AS last,
        count(*) FILTER (WHERE kind = 'failure') AS failures, count(*) AS events
    FROM dsnlib.events JOIN worst USING (address)
    WHERE occurred >= %(start)s AND occurred < %(end)s
    GROUP BY 1, 2
)
"""
_DOMAINS = f"""
WITH counted AS (
    SELECT domain AS name, reason, max(day) FILTER (WHERE failures > 0) AS last,
        sum(failures)::bigint AS failures, sum(events)::bigint AS events
    FROM (
        SELECT * FROM dsnlib.domains UNION ALL ({DOMAIN_COUNTS} GROUP BY 1, 2, 3)
    ) AS kept
    WHERE domain <> '' AND day BETWEEN %(first)s AND %(last)s GROUP BY 1, 2
)
"""  # noqa: S608  names of ours
_WORST = """
SELECT name, sum(failures)::bigint AS failures, sum(events)::bigint, max(last),
    (array_agg(reason ORDER BY counted.failures DESC, reason)
        FILTER (WHERE reason <> '' AND counted.failures > 0))[1]
FROM counted GROUP BY name HAVING sum(failures) > 0
ORDER BY failures DESC, name LIMIT %(worst)s
"""
_AT_ONE_TIME = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
# Chosen by us: with the 4 MB of the default what is counted is sorted on the disk.
_MEMORY = "SET LOCAL work_mem = '64MB'"
_STOPPED = """
SELECT address FROM dsnlib.suppressions
WHERE address = ANY(%s) AND released IS NULL AND (expires IS NULL OR expires > %s)
"""


def read_summary(
    connection: psycopg.Connection[Any],
    *,
    since: dt.date | None,
    until: dt.date | None,
    worst: int,
    now: dt.datetime,
) -> Summary:
    """Return the numbers of a report.

    Args:
        connection: In no transaction.
        since: The first day; that of the first event if there is none.
        until: The last day; that of the last event if there is none.
        worst: How many addresses and domains are named.
        now: What suppressions are active at; with a zone.

    Raises:
        InvalidValue: A row is none of ours.
        psycopg.Error: The server does not answer.
    """
    with connection.transaction():
        connection.execute(_AT_ONE_TIME)
        connection.execute(_MEMORY)
        return _read(connection, since, until, worst, now)


def _read(
    connection: psycopg.Connection[Any],
    since: dt.date | None,
    until: dt.date | None,
    worst: int,
    now: dt.datetime,
) -> Summary:
    first, last = since or dt.date.min, until or dt.date.max
    tallies = tuple(
        [
            Tally(rows.read_tally_row(row), events)
            for *row, events in connection.execute(_TALLIES, (first.isoformat(), last.isoformat()))
        ]
    )
    start = rows.to_microseconds(dt.datetime.combine(first, dt.time.min, dt.UTC))
    end = rows.to_microseconds(dt.datetime.combine(last, dt.time.max, dt.UTC)) + 1
    (up_to,) = connection.execute(DOMAINS_UP_TO).fetchone() or (0,)
    values = {
        "start": start, "end": end, "worst": worst, "up_to": up_to,
        "first": start // _A_DAY, "last": (end - 1) // _A_DAY,
    }  # fmt: skip
    days = [each.key.day for each in tallies]
    today = now.date()
    return Summary(
        since=since or min(days, default=min(today, last)),
        until=until or max(days, default=max(today, first)),
        tallies=tallies,
        addresses=_with_suppressed(connection, _worst(connection, _ADDRESSES, values, 1), now),
        domains=_worst(connection, _DOMAINS, values, _A_DAY),
        suppressed=tuple(connection.execute(_SUPPRESSED, (rows.to_microseconds(now),))),
    )


def _worst(
    connection: psycopg.Connection[Any], counted: str, values: dict[str, int], unit: int
) -> tuple[Worst, ...]:
    return tuple(
        [
            Worst(
                name=rows.unpack_text(name),
                failures=failures,
                events=events,
                reason=Reason(reason) if reason else None,
                last=rows.from_microseconds(last * unit).date(),
            )
            for name, failures, events, last, reason in connection.execute(
                counted + _WORST,
                values,
            )
        ]
    )


def _with_suppressed(
    connection: psycopg.Connection[Any], found: tuple[Worst, ...], now: dt.datetime
) -> tuple[Worst, ...]:
    keys = {each.name: (rows.pack_text(each.name), digest_address(each.name)) for each in found}
    asked = [key for pair in keys.values() for key in pair]
    stopped = {key for (key,) in connection.execute(_STOPPED, (asked, rows.to_microseconds(now)))}
    return tuple(
        [each._replace(suppressed=not stopped.isdisjoint(keys[each.name])) for each in found]
    )
