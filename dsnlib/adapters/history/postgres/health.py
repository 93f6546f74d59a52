"""What a history in PostgreSQL is like, and what is wrong with it.

Rules.
- Looking changes nothing, and sees the database at one time.
- Whether its files are sound is for the tools of PostgreSQL to say (`pg_amcheck`,
  `pg_checksums`); here is looked at what they cannot know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsnlib.adapters.history.rows import TallyRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

__all__ = ["read_facts", "read_problems"]

_AT_ONE_TIME = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_FACTS = """
WITH kept AS (
    SELECT day, events FROM dsnlib.tallies
    UNION ALL SELECT day, events FROM dsnlib.tally_changes
), counted AS (
    SELECT count(*) AS events FROM dsnlib.events
)
SELECT 'PostgreSQL ' || current_setting('server_version') AS engine,
    (SELECT version FROM dsnlib.schema_version) AS version,
    counted.events AS events,
    (SELECT coalesce(sum(events), 0)::bigint FROM kept) - counted.events AS forgotten,
    (SELECT min(day) FROM kept) AS first_day,
    (SELECT max(day) FROM kept) AS last_day,
    (SELECT count(*) FROM dsnlib.suppressions) AS suppressions,
    (SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
        WHERE relnamespace = 'dsnlib'::regnamespace AND relkind IN ('r', 'S')) AS octets
FROM counted
"""
# Whose value lets a crash take what was acknowledged.
_DURABLE = ("fsync", "full_page_writes")

# Events do not have the provider, so tallies are compared without it.
_KEY = ", ".join(name for name in TallyRow._fields if name != "provider")
_RECOUNT = f"""
WITH counted AS (
    SELECT (date '1970-01-01'
            + (occurred / 86400000000 - (mod(occurred, 86400000000) < 0)::integer)::integer
        )::text AS day,
        kind, permanence, coalesce(reason, '') AS reason, fault,
        coalesce(status, '') AS status, count(*) AS events
    FROM dsnlib.events GROUP BY 1, 2, 3, 4, 5, 6
), tallied AS (
    SELECT {_KEY}, sum(events)::bigint AS events
    FROM (SELECT * FROM dsnlib.tallies UNION ALL SELECT * FROM dsnlib.tally_changes) AS kept
    GROUP BY {_KEY}
)
SELECT {_KEY}, counted.events, coalesce(tallied.events, 0)
FROM counted LEFT JOIN tallied USING ({_KEY})
WHERE counted.events > coalesce(tallied.events, 0) ORDER BY {_KEY}
"""  # noqa: S608  names of ours


def read_facts(connection: psycopg.Connection[Any]) -> dict[str, object]:
    """Return what a history is like, for people and programs.

    Raises:
        psycopg.Error: It cannot be read.
    """
    with connection.transaction():
        connection.execute(_AT_ONE_TIME)
        cursor = connection.execute(_FACTS)
        names = [column.name for column in cursor.description or ()]
        return dict(zip(names, cursor.fetchone() or (), strict=True))


def read_problems(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """Yield what is wrong with a history, a sentence each; nothing if it is sound.

    Raises:
        psycopg.Error: It cannot be read.
    """
    for name in _DURABLE:
        ((value,),) = connection.execute("SELECT current_setting(%s)", [name]).fetchall()
        if value == "off":
            yield f"{name} is off: a crash of the server may lose what was acknowledged"
    with connection.transaction():
        connection.execute(_AT_ONE_TIME)
        for *key, events, tallied in connection.execute(_RECOUNT).fetchall():
            what = " ".join(each or "-" for each in key)
            yield f"{events} events of {what}, and tallies of {tallied}"
