"""What an operator does with a queue, beside a running server or without one.

What becomes of a message::

    hold     it waits until it is released         release   it is due at once
    delete   it is gone, and nobody hears of it    flush     it is due at once
    requeue  it is due at once, waits between attempts begin anew, and aliases are
             followed as they are by then

Rules.
- A message that a server is just trying is not taken from it: what it was told of
  holds when the attempt is over.
- A message that is held stays held when it is flushed; to requeue releases it.
- Nobody is told of a message that was deleted: that is the operator's to do.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Self

import attrs

from dsnlib.adapters.queue import QueueUnavailable
from dsnlib.adapters.spool.bodies import Bodies
from dsnlib.adapters.spool.database import open_database
from dsnlib.adapters.spool.faults import fault_of
from dsnlib.adapters.spool.instant import micros_of
from dsnlib.adapters.spool.lock import QueueLock, QueueLocked
from dsnlib.adapters.spool.record import DamagedRecord, read_history, write_history
from dsnlib.adapters.spool.recover import recover
from dsnlib.adapters.spool.store import Store
from dsnlib.model.texts import texts

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from dsnlib.adapters.content import Content
    from dsnlib.adapters.queue import QueuedMessage
    from dsnlib.adapters.spool.store import Row

__all__ = ["Damaged", "QueueControl"]

# A row of the database is read and changed while nobody else changes any: so many at
# a time, so that a running server is not kept waiting.
_CHANGED_AT_ONCE = 1000


@attrs.frozen
class Damaged:
    """A message of which nothing can be read but its name.

    Args:
        queue_id: Its identifier.
        reason: What is wrong.
    """

    queue_id: str
    reason: str


class QueueControl:
    """A queue as an operator has it; made by `open`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._store = Store(open_database(directory, can_create=False))
        self._bodies = Bodies(directory)

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Open a queue that is there.

        Args:
            directory: The queue's.

        Raises:
            QueueUnavailable: It is none, or cannot be read.
        """
        try:
            return cls(directory.absolute())
        except (OSError, sqlite3.Error) as error:
            raise fault_of(error, directory) from error

    def close(self) -> None:
        """Let go of it."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def messages(self) -> Iterator[QueuedMessage | Damaged]:
        """Yield all messages, in the order in which they came.

        Raises:
            QueueUnavailable: The database cannot be read.
        """
        try:
            for row in self._store.rows():
                yield self._message(row)
        except sqlite3.Error as error:
            raise fault_of(error, self._directory) from error

    def identifiers(self) -> list[str]:
        """Return the identifiers of all messages.

        Raises:
            QueueUnavailable: The database cannot be read.
        """
        try:
            return self._store.ids()
        except sqlite3.Error as error:
            raise fault_of(error, self._directory) from error

    def message(self, queue_id: str) -> QueuedMessage | Damaged | None:
        """Return a message, or `None` if it is not there.

        Raises:
            QueueUnavailable: The database cannot be read.
        """
        try:
            row = self._store.row(queue_id)
            return None if row is None else self._message(row)
        except sqlite3.Error as error:
            raise fault_of(error, self._directory) from error

    def content(self, queue_id: str) -> Content:
        """Return the octets of a message.

        Raises:
            QueueUnavailable: They are not there, or cannot be read.
        """
        try:
            place = self._store.place(queue_id)
            if place is None:
                raise QueueUnavailable(f"queue: there is no {queue_id}")
            return self._bodies.read(place)
        except (OSError, sqlite3.Error) as error:
            raise fault_of(error, self._directory) from error

    def hold(self, queue_ids: Iterable[str]) -> list[str]:
        """Let messages wait until they are released; return those that were there."""
        return self._change(queue_ids, lambda _: ("is_held = 1", ()))

    def release(self, queue_ids: Iterable[str], *, now: dt.datetime) -> list[str]:
        """Let messages that are held be due at once; return those that were there."""
        due = micros_of(now)
        return self._change(
            queue_ids,
            lambda row: ("is_held = 0, due = min(due, ?)", (due,)) if row.is_held else ("", ()),
        )

    def flush(self, queue_ids: Iterable[str], *, now: dt.datetime) -> list[str]:
        """Let messages be due at once; return those that were there."""
        due = micros_of(now)
        return self._change(queue_ids, lambda _: ("due = min(due, ?)", (due,)))

    def requeue(self, queue_ids: Iterable[str], *, now: dt.datetime) -> list[str]:
        """Let messages be due as if they had just come; return those that were there.

        When they expire, and what their senders were told, is as it was.  Before the
        next attempt the server that runs the queue looks up once more where the
        addresses lead that the mail was accepted for, if somebody still waits there.
        The copies that a list has made stay with its members of that time; of each
        member it is looked up where he leads.
        """
        due = micros_of(now)

        def anew(row: Row) -> tuple[str, tuple[object, ...]]:
            try:
                history = attrs.evolve(read_history(row.history), attempts=0)
            except DamagedRecord:
                return "", ()
            return (
                "is_held = 0, due = min(due, ?), reason = ?, history = ?, is_requeued = 1",
                (due, b"", write_history(history)),
            )

        return self._change(queue_ids, anew)

    def delete(self, queue_ids: Iterable[str]) -> list[str]:
        """Remove messages, and tell nobody; return those that were there.

        A server that runs the queue removes them within a second; if none does, they
        are removed here.
        """
        deleted = self._change(queue_ids, lambda _: ("is_deleted = 1", ()))
        try:
            with QueueLock(self._directory):
                recover(self._store, self._bodies)
        except QueueLocked:
            pass  # the server sees to it
        except (OSError, sqlite3.Error) as error:
            raise fault_of(error, self._directory) from error
        return deleted

    def _change(
        self,
        queue_ids: Iterable[str],
        assign: Callable[[Row], tuple[str, tuple[object, ...]]],
    ) -> list[str]:
        """Change messages; return those that were there and are changed.

        Raises:
            InvalidValue: `queue_ids` is one text.
            QueueUnavailable: The database cannot be read or written.
        """
        wanted = list(dict.fromkeys(texts(queue_ids, "queue_ids")))
        changed: list[str] = []
        try:
            for start in range(0, len(wanted), _CHANGED_AT_ONCE):
                with self._store.transaction():
                    for queue_id in wanted[start : start + _CHANGED_AT_ONCE]:
                        row = self._store.row(queue_id)
                        if row is None:
                            continue
                        assignments, values = assign(row)
                        if assignments:
                            self._store.change(assignments, values, queue_id)
                            changed.append(queue_id)
                    self._store.tell_of_change()
        except (OSError, sqlite3.Error) as error:
            raise fault_of(error, self._directory) from error
        return changed

    def _message(self, row: Row) -> QueuedMessage | Damaged:
        try:
            return self._store.message(row)
        except DamagedRecord as error:
            return Damaged(row.queue_id, str(error))
