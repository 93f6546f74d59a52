"""The database of a queue: SQLite in WAL, opened and brought up to date.

    messages    who waits, when he is due, what was tried, where the octets are
    notes       what is known of recipients of a message in work, before it is settled
    spending    what the budgets of notifications have spent
    counters    how often an operator changed something beside a running server

Rules.
- A commit has the data on the disk: `synchronous` is FULL.
- A database of a later version, or of another program, is left alone.
- Times are microseconds since 1970, so that an index has them in order.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING

from dsnlib.adapters.queue import QueueUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["DATABASE", "DatabaseMissing", "open_database", "transaction"]

DATABASE = "queue.db"
"""The name of the file in the directory of a queue."""

VERSION = 2
"""The version of the tables that this module writes."""

# "dsnq", where SQLite has a place for the name of a program.
_APPLICATION = 0x64736E71
_NOTES = (
    "CREATE TABLE notes (queue_id TEXT NOT NULL, outcomes BLOB NOT NULL)",
    "CREATE INDEX notes_queue_id ON notes (queue_id)",
)
_SCHEMA = (
    """CREATE TABLE messages (
        queue_id TEXT PRIMARY KEY,
        arrival INTEGER NOT NULL,
        due INTEGER NOT NULL,
        is_held INTEGER NOT NULL,
        is_deleted INTEGER NOT NULL DEFAULT 0,
        envelope BLOB NOT NULL,
        history BLOB NOT NULL,
        facts BLOB NOT NULL,
        about BLOB,
        reason BLOB NOT NULL,
        destination BLOB NOT NULL,
        file TEXT NOT NULL,
        start INTEGER NOT NULL,
        octets INTEGER NOT NULL,
        prefix BLOB NOT NULL,
        passed BLOB,
        is_requeued INTEGER NOT NULL DEFAULT 0
    )""",
    """CREATE INDEX messages_due ON messages (due, queue_id)
        WHERE is_held = 0 AND is_deleted = 0""",
    "CREATE INDEX messages_arrival ON messages (arrival)",
    "CREATE INDEX messages_deleted ON messages (queue_id) WHERE is_deleted = 1",
    "CREATE INDEX messages_file ON messages (file)",
    "CREATE TABLE spending (key BLOB PRIMARY KEY, used REAL, at TEXT, micros INTEGER)",
    "CREATE INDEX spending_micros ON spending (micros)",
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL)",
    "INSERT INTO counters VALUES ('changes', 0)",
    *_NOTES,
)
# version -> the statements that lead to the next one
_UPGRADES: dict[int, tuple[str, ...]] = {
    1: (
        "ALTER TABLE messages ADD COLUMN passed BLOB",
        "ALTER TABLE messages ADD COLUMN is_requeued INTEGER NOT NULL DEFAULT 0",
        *_NOTES,
    ),
}

# Another process that changes something is done in less than this.
_BUSY_SECONDS = 10.0
# A log that a long reader has made grow is cut to this when it begins anew.
_LOG_OCTETS = 67_108_864


class DatabaseMissing(QueueUnavailable):
    """There is no database, or one without tables."""


def open_database(directory: Path, *, can_create: bool) -> sqlite3.Connection:
    """Open the database of a queue, and bring its tables up to date.

    Args:
        directory: The queue's.
        can_create: Whether one that is not there is made.

    Raises:
        DatabaseMissing: It is not there.
        QueueUnavailable: It is none of ours, or of a later version.
        OSError: The file cannot be made.
        sqlite3.Error: It cannot be read or written.
    """
    path = directory / DATABASE
    missing = f"queue: {directory} is no queue: there is no {DATABASE} in it"
    if not path.exists():
        if not can_create:
            raise DatabaseMissing(missing)
        # SQLite would make one that others may read, too.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    # Autocommit: every transaction is begun and ended in so many words.
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        version = _version(connection, path)
        has_tables = version is not None or can_create
        if has_tables:
            _prepare(connection, version)
    except BaseException:
        connection.close()
        raise
    if not has_tables:
        connection.close()
        raise DatabaseMissing(missing)
    return connection


def _version(connection: sqlite3.Connection, path: Path) -> int | None:
    """Return the version of the tables, or `None` if there are none."""
    execute = connection.execute
    if not execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        return None
    if execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
        raise QueueUnavailable(f"queue: {path} is a database of another program")
    version = int(execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise QueueUnavailable(
            f"queue: {path} is of version {version}, and this program knows up to {VERSION}"
        )
    return version


def _prepare(connection: sqlite3.Connection, version: int | None) -> None:
    """Set a connection up, and the tables if they are not up to date."""
    execute = connection.execute
    execute("PRAGMA journal_mode = WAL")
    execute("PRAGMA synchronous = FULL")
    execute(f"PRAGMA journal_size_limit = {_LOG_OCTETS}")
    if version == VERSION:
        return
    with transaction(connection):
        if version is None:
            _run(connection, _SCHEMA)
            execute(f"PRAGMA application_id = {_APPLICATION}")
        else:
            for step in range(version, VERSION):
                _run(connection, _UPGRADES[step])
        execute(f"PRAGMA user_version = {VERSION}")


def _run(connection: sqlite3.Connection, statements: tuple[str, ...]) -> None:
    for statement in statements:
        connection.execute(statement)


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Carry out what is inside whole, or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # After some errors SQLite has done so itself; and what cannot be undone now is
        # undone when the log is next read.
        with contextlib.suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        raise
