"""What the queue tells: who is due, and what operators have asked for meanwhile.

One thread asks the database, so that the event loop never waits for a disk.

Rules.
- Who is in work is not in the database: a crash is to undo it.
- Nobody is handed out as he was before his last settlement.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from dsnlib.adapters.queue import QueueStatus
from dsnlib.adapters.spool.bodies import is_small_place
from dsnlib.adapters.spool.instant import time_of
from dsnlib.adapters.spool.record import DamagedRecord
from dsnlib.adapters.spool.writer import Change

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from dsnlib.adapters.content import Content
    from dsnlib.adapters.queue import QueuedMessage
    from dsnlib.adapters.spool.bodies import Bodies, Place
    from dsnlib.adapters.spool.store import Row, Store

__all__ = ["Reader"]

_LOG = logging.getLogger("dsnlib.queue")

# What is removed in one change, so that it does not keep others waiting for long.
_REMOVED_AT_ONCE = 200


class Reader:
    """Answers questions, in one thread; its functions raise `sqlite3.Error`.

    Args:
        store: A connection of its own.
        bodies: The files.
        submit: Takes a change that the writer is to carry out.

    Attributes:
        in_work: The messages in work, and where their octets are.  The reader adds to
            them; whoever settles or releases takes away.
    """

    def __init__(self, store: Store, bodies: Bodies, submit: Callable[[Change], None]) -> None:
        self.in_work: dict[str, Place] = {}
        self._bodies = bodies
        self._read: dict[str, Content] = {}
        self._store = store
        self._submit = submit
        self._seen_changes = -1

    def claim(self, now: int, most: int) -> list[QueuedMessage]:
        """Return who is due, the oldest due first, and mark them as in work."""
        self.heed()
        # Copied before anything is read: who has left work by then was settled before,
        # so what is read of him is what the settlement has left.
        busy = self.in_work.copy()
        with self._store.snapshot():
            waiting = [
                queue_id
                for queue_id in self._store.due_ids(now, most + len(busy))
                if queue_id not in busy
            ]
            rows = [self._store.row(queue_id) for queue_id in waiting[:most]]
            taken = [self._taken(row) for row in rows if row is not None]
        return [message for message in taken if message is not None]

    def _taken(self, row: Row) -> QueuedMessage | None:
        """Mark a message as in work and return it; hold it if it cannot be read."""
        queue_id = row.queue_id
        self.in_work[queue_id] = row.place
        self._read_small(queue_id, row.place)
        try:
            return self._store.message(row)
        except DamagedRecord as error:
            reason = str(error)
            _LOG.error("%s: %s; it is held", queue_id, reason)

        def done(_: Exception | None) -> None:
            self.leave(queue_id)

        self._submit(Change(held=[(queue_id, reason)], done=done))
        return None

    def _read_small(self, queue_id: str, place: Place) -> None:
        """Read a small content now: to come here for it once more costs more than that."""
        if not is_small_place(place):
            return
        # Whoever asks for it hears what is wrong.
        with contextlib.suppress(OSError):
            self._read[queue_id] = self._bodies.read(place)

    def take_read(self, queue_id: str) -> Content | None:
        """Return a content that was read with its message, and keep it no longer."""
        return self._read.pop(queue_id, None)

    def leave(self, queue_id: str) -> bool:
        """Take a message out of work, and tell whether it was in it."""
        self._read.pop(queue_id, None)
        return self.in_work.pop(queue_id, None) is not None

    def next_due(self) -> dt.datetime | None:
        """Return when the next one that is not in work is due."""
        busy = self.in_work.copy()
        for queue_id, due in self._store.next_dues(len(busy) + 1):
            if queue_id not in busy:
                return time_of(due)
        return None

    def status(self) -> QueueStatus:
        """Return how much there is in the queue."""
        oldest = self._store.oldest()
        return QueueStatus(
            messages=self._store.count(),
            held=self._store.count_held(),
            in_work=len(self.in_work),
            oldest=None if oldest is None else time_of(oldest),
        )

    def heed(self) -> bool:
        """Do what operators have asked for, and tell whether there was anything."""
        changes = self._store.changes()
        if changes == self._seen_changes:
            return False
        self._seen_changes = changes
        deleted = [each for each in self._store.deleted_ids() if each not in self.in_work]
        for start in range(0, len(deleted), _REMOVED_AT_ONCE):
            self._submit(Change(removed=deleted[start : start + _REMOVED_AT_ONCE]))
        return True

    def look_again(self) -> None:
        """Let what was asked for be looked at again, though nothing new is."""
        self._seen_changes = -1
