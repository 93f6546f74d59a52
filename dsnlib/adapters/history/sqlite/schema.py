"""The tables of a history in SQLite, and how an older file becomes one of today.

- `event`: the events, as `row` has them; their numbers are in the order of the commits.
- `fresh`, `settled`: which `event_id` are there.  A digest falls on any page of an index, so
  ten thousand new ones would write most pages of a large one.  So the newest are kept as
  octets, one row an addition, and go into the index many at a time, sorted.
- `domain`: counts by domain; they go in at that time too.  Until then those of an addition are
  a text in `fresh`.
- `mention`: events by the place of the recipient; they go in when somebody asks.
- `tally`: counts by what happened; they outlive the events.
- `suppression`, `probe`, `cursor`: as in `adapters.store`.
- `counter`: `event`, the last number given out; `settled` and `mentioned`, up to which number
  events are in those tables; `forgotten`, how many events the tallies know that are here no more.

Rules.
- The number of steps is the version (`PRAGMA user_version`); a step that was released is
  never changed.
- A file of another program is refused by its `application_id`, and left as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.errors import StoreError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

__all__ = ["APPLICATION_ID", "COUNTERS", "STEPS", "migrate"]

# "dsnl" in ASCII.
APPLICATION_ID = 0x64736E6C

# The counters stand at the beginning of the file, which is what is left of one that was cut off.
_FIRST = """
CREATE TABLE counter (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES ('event', 0), ('settled', 0), ('mentioned', 0), ('forgotten', 0);
CREATE TABLE event (
    number INTEGER PRIMARY KEY,
    event_id BLOB NOT NULL,
    occurred INTEGER NOT NULL,
    place INTEGER NOT NULL,
    address TEXT NOT NULL,
    kind TEXT NOT NULL,
    details TEXT NOT NULL
);
CREATE TABLE fresh (number INTEGER PRIMARY KEY, event_ids BLOB NOT NULL, domains TEXT NOT NULL);
CREATE TABLE settled (event_id BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE mention (
    place INTEGER NOT NULL,
    number INTEGER NOT NULL,
    is_failure INTEGER NOT NULL,
    day INTEGER NOT NULL,
    PRIMARY KEY (place, number)
) WITHOUT ROWID;
CREATE TABLE domain (
    domain TEXT NOT NULL,
    reason TEXT NOT NULL,
    day INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (domain, reason, day)
) WITHOUT ROWID;
CREATE TABLE tally (
    day TEXT NOT NULL,
    provider TEXT NOT NULL,
    kind TEXT NOT NULL,
    permanence TEXT NOT NULL,
    reason TEXT NOT NULL,
    fault TEXT NOT NULL,
    status TEXT NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (day, provider, kind, permanence, reason, fault, status)
) WITHOUT ROWID;
CREATE TABLE suppression (
    address TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    created INTEGER NOT NULL,
    reason TEXT,
    evidence TEXT NOT NULL,
    expires INTEGER,
    released INTEGER,
    note TEXT NOT NULL,
    last_released INTEGER
) WITHOUT ROWID;
CREATE INDEX erased ON suppression (address) WHERE address >= 'sha256:' AND address < 'sha256;';
CREATE TABLE probe (
    address TEXT PRIMARY KEY,
    sent INTEGER NOT NULL,
    envelope_id TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE cursor (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
"""

# Step n makes version n + 1 of version n.
STEPS: tuple[str, ...] = (_FIRST,)
# What `counter` has in every history.
COUNTERS = frozenset({"event", "forgotten", "mentioned", "settled"})


def migrate(connection: sqlite3.Connection, place: str, *, steps: Sequence[str] = STEPS) -> None:
    """Bring the tables of a file up to date, in one transaction.

    Args:
        connection: In autocommit mode.
        place: The file, as messages name it.
        steps: What makes the versions: statements, each with its `;` at the end of a line.

    Raises:
        StoreError: The file is another program's, or of a later version.
        sqlite3.Error: It cannot be read or written.
    """
    if _version(connection, place, len(steps)) == len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it meanwhile.
        for step in steps[_version(connection, place, len(steps)) :]:
            for statement in step.split(";\n"):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _version(connection: sqlite3.Connection, place: str, ours: int) -> int:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (application, version, tables) != (0, 0, 0):
        message = f"{place}: a database of another program, no history"
        raise StoreError(message, place=place)
    if version > ours:
        message = (
            f"{place}: its tables are of version {version}, and this dsnlib knows versions"
            f" up to {ours}: a later dsnlib made it"
        )
        raise StoreError(message, place=place)
    return int(version)
