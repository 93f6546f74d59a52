"""Counts of a history in PostgreSQL, summed up: what additions have appended since.

Rules.
- One process at a time, a bounded step in each transaction: whoever adds and does it on the
  way is not kept for long.
- Domains are counted from the events, as far as no event with a lower number can still come.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from dsnlib.adapters.history.rows import TallyRow
from dsnlib.errors import StoreError

if TYPE_CHECKING:
    import psycopg

    from dsnlib.adapters.history.postgres.link import PostgresLink

__all__ = ["DOMAINS_UP_TO", "DOMAIN_COUNTS", "fold_all", "fold_by_chance", "fold_tallies"]

_TALLY = ", ".join(TallyRow._fields)
# How many events, and how many changes of tallies, are summed up at once: about 0.2 s.
_STEP = 40_000
# How many events there are, about, before that is done: a tenth of a second of a summary.
_UNFOLDED = 20_000

# How many events and failures each domain has of each reason and day, among the events that
# are not in `domains` yet.  The bound keeps a long text from being searched at length.
DOMAIN_COUNTS = """
SELECT CASE WHEN strpos(right(address, 320), '@') = 0 THEN ''
        ELSE reverse(split_part(reverse(right(address, 320)), '@', 1)) END AS domain,
    CASE WHEN kind = 'failure' THEN coalesce(reason, '') ELSE '' END AS reason,
    (occurred / 86400000000 - (mod(occurred, 86400000000) < 0)::integer)::integer AS day,
    count(*) FILTER (WHERE kind = 'failure') AS failures, count(*) AS events
FROM dsnlib.events WHERE number > %(up_to)s
"""
# Asked first, and handed back: a planner that does not know the number reads the whole table.
DOMAINS_UP_TO = "SELECT number FROM dsnlib.domains_up_to"
# Nobody else deletes, and nobody updates: what has been found by its place stays there.
_FOLD = f"""
WITH changes AS (
    DELETE FROM dsnlib.tally_changes
    WHERE ctid = ANY (ARRAY(SELECT ctid FROM dsnlib.tally_changes LIMIT {_STEP})) RETURNING *
), folded AS (
    INSERT INTO dsnlib.tallies AS kept ({_TALLY}, events)
    SELECT {_TALLY}, sum(events) FROM changes GROUP BY {_TALLY}
    ON CONFLICT ({_TALLY}) DO UPDATE SET events = kept.events + excluded.events
)
SELECT count(*) FROM changes
"""  # noqa: S608  names of ours
_END = f"""
SELECT count(*), max(number) FROM
    (SELECT number FROM dsnlib.events WHERE number > %s AND number <= %s
     ORDER BY number LIMIT {_STEP}) AS step
"""  # noqa: S608  a number of ours
_FOLD_DOMAINS = f"""
INSERT INTO dsnlib.domains AS kept
SELECT * FROM ({DOMAIN_COUNTS} AND number <= %(end)s GROUP BY 1, 2, 3) AS changes
ON CONFLICT (domain, reason, day) DO UPDATE SET
    failures = kept.failures + excluded.failures, events = kept.events + excluded.events
"""  # noqa: S608  names of ours
# The key of the lock of whoever folds: "dsfold".
_FOLDING = 0x6473666F6C64


def fold_by_chance(link: PostgresLink, new: int) -> None:
    """Sum up what has been appended, now and then.  Never raises.

    Args:
        link: The database.
        new: How many events were added to it just now.
    """
    steps, rest = divmod(new, _UNFOLDED)
    # By chance, so that a process that adds one event and ends does its share.
    if random.random() * _UNFOLDED < rest:  # noqa: S311  nobody gains by guessing it
        steps += 1
    try:
        while steps and link.run(fold_tallies):
            steps -= 1
    except StoreError:
        # The events are there, and the sum is the same: it can be done at another time.
        return


def fold_all(link: PostgresLink) -> None:
    """Sum up all that has been appended: who forgets events wants them counted before.

    Raises:
        StoreError: It was not done.
        StoreUnavailable: It was not done now.
    """
    while link.run(lambda connection: fold_tallies(connection, waits=True)):
        pass


def fold_tallies(connection: psycopg.Connection[Any], *, waits: bool = False) -> bool:
    """Add to the tallies and the counts of domains a step of what has been appended since.

    Args:
        connection: In no transaction.
        waits: Whether for another process that does it; else that one does it.

    Returns:
        Whether there may be more.

    Raises:
        psycopg.Error: It was not done.
    """
    lock = "pg_advisory_xact_lock" if waits else "pg_try_advisory_xact_lock"
    with connection.transaction():
        found = connection.execute(f"SELECT {lock}(%s)", [_FOLDING]).fetchone()
        # The one that waits returns nothing, the other whether it has the lock.
        if found is None or found[0] is False:
            return False
        (changes,) = connection.execute(_FOLD).fetchone() or (0,)
        (horizon,) = connection.execute("SELECT dsnlib.horizon()").fetchone() or (0,)
        (up_to,) = connection.execute(DOMAINS_UP_TO).fetchone() or (0,)
        events, last = connection.execute(_END, (up_to, horizon)).fetchone() or (0, 0)
        end = horizon if events < _STEP else last
        connection.execute(_FOLD_DOMAINS, {"up_to": up_to, "end": end})
        # A horizon may be lower than the one before: who has read the sequence is seen only
        # when it has its lock.
        if end > up_to:
            connection.execute("UPDATE dsnlib.domains_up_to SET number = %s", [end])
    return bool(max(changes, events) >= _STEP)
