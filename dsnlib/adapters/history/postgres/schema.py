"""The tables of a history in PostgreSQL, and how they get from one version to the next.

All stands in a schema `dsnlib` of its own: nothing of the database is touched.  Who only
reads, as a report does, needs three grants::

    GRANT USAGE ON SCHEMA dsnlib TO reader;
    GRANT SELECT ON ALL TABLES IN SCHEMA dsnlib TO reader;
    GRANT SELECT ON ALL SEQUENCES IN SCHEMA dsnlib TO reader;     -- for the events

Rules.
- A step is never changed once it is released; another is added.
- All steps of one opening are one transaction, under a lock: any number of processes may
  open the same new database at once.
- Tables of a later version, or that are not ours, are left alone.

Events are one plain table.  Partitions by time would make it cheap to forget a month, but
in PostgreSQL what is unique has to contain what partitions are made by: the same event with
another time would be there twice.

Numbers of events.  A sequence hands out numbers in one order, and transactions commit in
another: whoever reads "all after 7" may see 9 while 8 is still being written, and would
never see 8.  So each addition takes one number of `additions`, and before it does, a shared
lock whose key says how far the sequence was.  `horizon` is the lowest of these keys: of what
has a number up to there, all is committed or never will be.  Nobody waits for anybody.  A
horizon of transaction numbers would stand still with any long transaction of the cluster,
and would begin anew after a restore into another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsnlib.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from dsnlib.adapters.history.postgres.link import PostgresLink

__all__ = ["EVENTS_AN_ADDITION", "STEPS", "migrate"]

# The number of an event is that of its addition times this, and its place in there.
EVENTS_AN_ADDITION = 1_000_000

# The first 16 bits of keys of advisory locks: "ds".
_TAG = 0x6473
# Of the lock under which tables are made; 47 bits that no addition has as its number.
_MIGRATION = (_TAG << 48) | ((1 << 48) - 1)

_FIRST = f"""
CREATE TABLE dsnlib.events (
    number bigint PRIMARY KEY,
    event_id uuid NOT NULL,
    occurred bigint NOT NULL,
    address text COLLATE "C" NOT NULL,
    recipient text,
    original_recipient text,
    kind text NOT NULL,
    permanence text NOT NULL,
    reason text,
    fault text NOT NULL,
    status text,
    reply_code bigint,
    diagnostic text,
    remote_mta text,
    reporting_mta text,
    dialect text NOT NULL,
    envelope_id text,
    message_id text,
    evidence text NOT NULL,
    source text NOT NULL
) WITH (
    -- The worst addresses are counted from an index alone, as far as VACUUM has been by: so it
    -- comes by often.  Where nothing is deleted, that takes little.
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);
CREATE UNIQUE INDEX events_event_id ON dsnlib.events (event_id);
CREATE INDEX events_address ON dsnlib.events (address, number) INCLUDE (kind, occurred);

CREATE TABLE dsnlib.tallies (
    day text COLLATE "C" NOT NULL,
    provider text NOT NULL,
    kind text NOT NULL,
    permanence text NOT NULL,
    reason text NOT NULL,
    fault text NOT NULL,
    status text NOT NULL,
    events bigint NOT NULL,
    PRIMARY KEY (day, provider, kind, permanence, reason, fault, status)
);
-- What is still to be added to the tallies: writers only append, and never wait for a row.
CREATE TABLE dsnlib.tally_changes (LIKE dsnlib.tallies);

-- The same for domains: they are counted from the events up to `domains_up_to`.
CREATE TABLE dsnlib.domains (
    domain text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    day integer NOT NULL,
    failures bigint NOT NULL,
    events bigint NOT NULL,
    PRIMARY KEY (domain, reason, day)
);
CREATE TABLE dsnlib.domains_up_to (number bigint NOT NULL);
INSERT INTO dsnlib.domains_up_to VALUES (0);

CREATE TABLE dsnlib.suppressions (
    address text COLLATE "C" PRIMARY KEY,
    source text NOT NULL,
    created bigint NOT NULL,
    reason text,
    evidence text NOT NULL,
    expires bigint,
    released bigint,
    note text NOT NULL,
    last_released bigint
);
CREATE TABLE dsnlib.probes (
    address text COLLATE "C" PRIMARY KEY,
    sent bigint NOT NULL,
    envelope_id text NOT NULL
);
CREATE TABLE dsnlib.cursors (
    name text COLLATE "C" PRIMARY KEY,
    number bigint NOT NULL
);

CREATE SEQUENCE dsnlib.additions;
SELECT nextval('dsnlib.additions');

CREATE FUNCTION dsnlib.begin_addition() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE low bigint;
BEGIN
    SELECT last_value INTO low FROM dsnlib.additions;
    PERFORM pg_advisory_xact_lock_shared(({_TAG}::bigint << 48) | low);
    RETURN nextval('dsnlib.additions') * {EVENTS_AN_ADDITION};
END $$;

CREATE FUNCTION dsnlib.horizon() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE high bigint; low bigint;
BEGIN
    -- In this order: who takes a number in between, takes a higher one.
    SELECT last_value INTO high FROM dsnlib.additions;
    SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) INTO low
        FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = {_TAG}
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
    RETURN (least(high, low) + 1) * {EVENTS_AN_ADDITION} - 1;
END $$;
"""  # noqa: S608  numbers of ours

# Step n makes version n of version n - 1.
STEPS = (_FIRST,)


def migrate(link: PostgresLink, *, creates: bool, steps: Sequence[str] = STEPS) -> None:
    """Bring the tables up to date.

    Args:
        link: The database.
        creates: Whether they are made where there are none.
        steps: What makes each version of the one before.

    Raises:
        StoreError: There are none, they are of a later version, or not ours.
        StoreUnavailable: The server cannot be reached.
    """

    def work(connection: psycopg.Connection[Any]) -> None:
        if _version(connection, link.name) == len(steps):
            return
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_MIGRATION])
            version = _version(connection, link.name)
            if not version and not creates:
                message = f"{link.name}: there is no history"
                raise StoreError(message, place=link.name)
            if version > len(steps):
                message = (
                    f"{link.name}: its tables are of version {version}, and this dsnlib knows"
                    f" up to {len(steps)}: a later one is needed"
                )
                raise StoreError(message, place=link.name)
            if not version:
                connection.execute("CREATE SCHEMA IF NOT EXISTS dsnlib")
                connection.execute("CREATE TABLE dsnlib.schema_version (version int NOT NULL)")
                connection.execute("INSERT INTO dsnlib.schema_version VALUES (0)")
            for step in steps[version:]:
                connection.execute(step)
            connection.execute("UPDATE dsnlib.schema_version SET version = %s", [len(steps)])

    link.run(work)


def _version(connection: psycopg.Connection[Any], name: str) -> int:
    """Return the version of the tables that are there, 0 for none."""
    found = connection.execute(
        "SELECT current_setting('server_encoding'), to_regclass('dsnlib.schema_version'),"
        " (SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('dsnlib'))"
    ).fetchone()
    encoding, table, relations = found or ("", None, 0)
    if encoding != "UTF8":
        message = f"{name}: the database is in {encoding}; a history needs one in UTF8"
        raise StoreError(message, place=name)
    if table is None:
        if relations:
            message = f"{name}: a schema `dsnlib` is there, with tables that are not ours"
            raise StoreError(message, place=name)
        return 0
    row = connection.execute("SELECT version FROM dsnlib.schema_version").fetchone()
    return int(row[0]) if row is not None else 0
