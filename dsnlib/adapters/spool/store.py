"""The messages of a queue, as rows: one for each.

The recipients that wait are written with their message, and not in rows of their own:
an attempt concerns them all, and what it leaves is written anew in one row.  What is
noted of some of them while others are being tried is in rows beside it.

Rules.
- Functions are steps of a transaction; whoever calls them begins and ends it.
- What an operator has deleted is told of only to whoever removes it.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.adapters.queue import QueuedMessage
from dsnlib.adapters.spool.bodies import Place
from dsnlib.adapters.spool.database import transaction
from dsnlib.adapters.spool.instant import time_of
from dsnlib.adapters.spool.ledger import Ledger
from dsnlib.adapters.spool.record import (
    decode_text,
    encode_text,
    read_envelope,
    read_facts,
    read_history,
    read_outcomes,
    read_recipients,
)

if TYPE_CHECKING:
    import datetime as dt
    import sqlite3
    from collections.abc import Iterable, Iterator

__all__ = ["Remainder", "Row", "Store"]

_COLUMNS = (
    "queue_id, arrival, due, is_held, envelope, history, facts, about, reason, destination,"
    " file, start, octets, prefix, passed, is_requeued"
)
_MARKS = ",".join("?" * (_COLUMNS.count(",") + 1))
_PLACE = "file, start, octets, prefix"


class Row(NamedTuple):
    """A message as it is written."""

    queue_id: str
    arrival: int
    due: int
    is_held: bool
    envelope: bytes
    history: bytes
    facts: bytes
    about: bytes | None
    reason: bytes
    destination: bytes
    file: str
    start: int
    octets: int
    prefix: bytes
    passed: bytes | None = None
    is_requeued: bool = False

    @property
    def place(self) -> Place:
        """Where its octets are."""
        return Place(self.file, self.start, self.octets, self.prefix)

    def message(self, notes: Iterable[bytes] = ()) -> QueuedMessage:
        """Return what is written.

        Args:
            notes: What is noted of its recipients.

        Raises:
            DamagedRecord: It cannot be read.
        """
        return QueuedMessage(
            queue_id=self.queue_id,
            envelope=read_envelope(self.envelope),
            facts=read_facts(self.facts),
            history=read_history(self.history),
            octets=len(self.prefix) + self.octets,
            due=time_of(self.due),
            is_held=bool(self.is_held),
            about=None if self.about is None else decode_text(self.about),
            reason=decode_text(self.reason),
            destination=decode_text(self.destination),
            noted=[outcome for octets in notes for outcome in read_outcomes(octets)],
            passed=() if self.passed is None else read_recipients(self.passed),
            is_requeued=bool(self.is_requeued),
        )


class Remainder(NamedTuple):
    """What an attempt leaves of a message, as it is written."""

    queue_id: str
    due: int
    is_held: bool
    envelope: bytes
    history: bytes
    reason: bytes
    passed: bytes | None = None
    is_followed: bool = False


class Store:
    """A connection to the database of a queue, used by one thread at a time.

    All functions raise `sqlite3.Error` for what the database says.

    Args:
        connection: It.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute = connection.execute

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def ledger(self, kept: dt.timedelta) -> Ledger:
        """Return the spending of budgets, over the same connection.

        Args:
            kept: How long a spending is remembered.
        """
        return Ledger(self._connection, kept)

    def transaction(self) -> contextlib.AbstractContextManager[None]:
        """Return what carries out all that is inside it, or nothing."""
        return transaction(self._connection)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all that is read inside be of one moment."""
        self._execute("BEGIN")
        try:
            yield
        finally:
            if self._connection.in_transaction:
                self._execute("COMMIT")

    def cut_log(self) -> None:
        """Bring what is in the log into the tables, and give its room back."""
        self._execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def insert(self, row: Row) -> None:
        """Add a message."""
        self._execute(
            f"INSERT INTO messages ({_COLUMNS}) VALUES ({_MARKS})",  # noqa: S608  names of columns
            row,
        )

    def update(self, left: Remainder) -> bool:
        """Write what an attempt has left; tell whether it was there and not deleted.

        A message that an operator holds since stays held; its octets stay where they are.
        Nothing is noted of it any more.
        """
        found = self._execute(
            "UPDATE messages SET due = ?, is_held = max(is_held, ?), envelope = ?, history = ?,"
            " reason = ?, passed = ?, is_requeued = is_requeued AND NOT ?"
            " WHERE queue_id = ? AND is_deleted = 0",
            (
                left.due, left.is_held, left.envelope, left.history, left.reason, left.passed,
                left.is_followed, left.queue_id,
            ),
        )  # fmt: skip
        self._forget(left.queue_id)
        return bool(found.rowcount)

    def note(self, queue_id: str, outcomes: bytes) -> None:
        """Keep what is known of recipients, if the message is there."""
        self._execute(
            "INSERT INTO notes (queue_id, outcomes)"
            " SELECT queue_id, ? FROM messages WHERE queue_id = ?",
            (outcomes, queue_id),
        )

    def _forget(self, queue_id: str) -> None:
        self._execute("DELETE FROM notes WHERE queue_id = ?", (queue_id,))

    def remove(self, queue_id: str) -> str | None:
        """Remove a message, and return the file it was in, if it was there."""
        found = self._execute("SELECT file FROM messages WHERE queue_id = ?", (queue_id,))
        file = found.fetchone()
        self._execute("DELETE FROM messages WHERE queue_id = ?", (queue_id,))
        self._forget(queue_id)
        return None if file is None else str(file[0])

    def hold(self, queue_id: str, reason: str) -> None:
        """Let a message wait for a person."""
        self._execute(
            "UPDATE messages SET is_held = 1, reason = ? WHERE queue_id = ?",
            (encode_text(reason), queue_id),
        )

    def has_file(self, file: str) -> bool:
        """Tell whether a message has its place in a file."""
        found = self._execute("SELECT 1 FROM messages WHERE file = ? LIMIT 1", (file,))
        return found.fetchone() is not None

    def due_ids(self, now: int, most: int) -> list[str]:
        """Return who is due, the oldest due first."""
        found = self._execute(
            "SELECT queue_id FROM messages WHERE is_held = 0 AND is_deleted = 0 AND due <= ?"
            " ORDER BY due, queue_id LIMIT ?",
            (now, most),
        )
        return [queue_id for (queue_id,) in found]

    def next_dues(self, most: int) -> Iterator[tuple[str, int]]:
        """Yield who is due next and when, the earliest first."""
        yield from self._execute(
            "SELECT queue_id, due FROM messages WHERE is_held = 0 AND is_deleted = 0"
            " ORDER BY due, queue_id LIMIT ?",
            (most,),
        )

    def row(self, queue_id: str) -> Row | None:
        """Return a message, or `None` if it is not there or is deleted."""
        found = self._execute(
            f"SELECT {_COLUMNS} FROM messages WHERE queue_id = ? AND is_deleted = 0",  # noqa: S608  names of columns
            (queue_id,),
        ).fetchone()
        return None if found is None else Row(*found)

    def rows(self) -> Iterator[Row]:
        """Yield every message that is not deleted, in the order of their identifiers."""
        for found in self._execute(
            f"SELECT {_COLUMNS} FROM messages WHERE is_deleted = 0 ORDER BY queue_id"  # noqa: S608  names of columns
        ):
            yield Row(*found)

    def message(self, row: Row) -> QueuedMessage:
        """Return the message of a row, with what is noted of its recipients.

        Raises:
            DamagedRecord: It cannot be read.
        """
        found = self._execute(
            "SELECT outcomes FROM notes WHERE queue_id = ? ORDER BY rowid", (row.queue_id,)
        )
        return row.message([octets for (octets,) in found])

    def ids(self) -> list[str]:
        """Return every message's identifier but those of deleted ones, in order."""
        found = self._execute("SELECT queue_id FROM messages WHERE is_deleted = 0 ORDER BY 1")
        return [queue_id for (queue_id,) in found]

    def places(self) -> Iterator[tuple[str, Place]]:
        """Yield every message's identifier and place."""
        for queue_id, *place in self._execute(f"SELECT queue_id, {_PLACE} FROM messages"):  # noqa: S608  names of columns
            yield queue_id, Place(*place)

    def place(self, queue_id: str) -> Place | None:
        """Return where the octets of a message are, or `None` if it is not there."""
        found = self._execute(
            f"SELECT {_PLACE} FROM messages WHERE queue_id = ? AND is_deleted = 0",  # noqa: S608  names of columns
            (queue_id,),
        ).fetchone()
        return None if found is None else Place(*found)

    def deleted_ids(self) -> list[str]:
        """Return those that an operator deleted and nobody has removed yet."""
        return [
            queue_id
            for (queue_id,) in self._execute("SELECT queue_id FROM messages WHERE is_deleted = 1")
        ]

    def changes(self) -> int:
        """Return how often an operator has changed something."""
        return self._number("SELECT value FROM counters WHERE name = 'changes'")

    def count(self) -> int:
        """Return how many messages there are, those that wait for a person too."""
        return self._number("SELECT count(*) FROM messages") - self._number(
            "SELECT count(*) FROM messages WHERE is_deleted = 1"
        )

    def count_held(self) -> int:
        """Return how many messages wait for a person."""
        # An index has those that do not.
        return self.count() - self._number(
            "SELECT count(*) FROM messages WHERE is_held = 0 AND is_deleted = 0"
        )

    def oldest(self) -> int | None:
        """Return when the oldest message came."""
        found = self._execute("SELECT min(arrival) FROM messages").fetchone()
        return None if found[0] is None else int(found[0])

    def _number(self, question: str) -> int:
        return int(self._execute(question).fetchone()[0])

    def change(self, assignments: str, values: tuple[object, ...], queue_id: str) -> bool:
        """Change a message for an operator, and tell whether it was there.

        Args:
            assignments: What follows SET, with `?` for values.
            values: Them.
            queue_id: The message.
        """
        found = self._execute(
            f"UPDATE messages SET {assignments} WHERE queue_id = ? AND is_deleted = 0",  # noqa: S608  a text of ours
            (*values, queue_id),
        )
        return bool(found.rowcount)

    def tell_of_change(self) -> None:
        """Let a running server know that something has changed."""
        self._execute("UPDATE counters SET value = value + 1 WHERE name = 'changes'")
