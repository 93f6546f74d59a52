"""Put a queue in order before it is used: what a crash has left half done is undone.

What is found, and why::

    a file that no row names     was being added when the power failed: nobody was told
                                 that it is safe, so it goes; or its last message is done
    a row that has lost its file the disk has lost it: it is held, for a person to see
    a row that is marked deleted an operator said so while nobody was there to do it

Rules.
- Nothing that a client was promised is removed.
- Where all rows are gone and files are left nothing is touched: that is no crash.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.queue import QueueUnavailable
from dsnlib.adapters.spool.database import DATABASE, DatabaseMissing, open_database
from dsnlib.adapters.spool.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from dsnlib.adapters.spool.bodies import Bodies

__all__ = ["LOST_CONTENT", "Recovered", "open_queue", "recover"]

_LOG = logging.getLogger("dsnlib.queue")

LOST_CONTENT = "its content is lost"
"""Why a message without its file is held."""


@attrs.frozen(kw_only=True)
class Recovered:
    """What had to be put in order.

    Args:
        messages: How many there are now.
        lost: The messages that have no content any more.
        removed_files: How many files belonged to no message.
        removed_incoming: How many files were being received.
        removed_messages: How many had been marked as deleted.
    """

    messages: int = 0
    lost: tuple[str, ...] = ()
    removed_files: int = 0
    removed_incoming: int = 0
    removed_messages: int = 0


def open_queue(directory: Path, bodies: Bodies) -> Store:
    """Return the database of a queue, a new one if there is nothing at all.

    Args:
        directory: The queue's.
        bodies: Its files.

    Raises:
        QueueUnavailable: There are files and no database, or it is none of ours.
        OSError: The files cannot be looked at.
        sqlite3.Error: The database cannot be read or written.
    """
    has_files = next(bodies.sizes(), None) is not None
    try:
        return Store(open_database(directory, can_create=not has_files))
    except DatabaseMissing as error:
        raise QueueUnavailable(
            f"queue: {bodies.messages} has files and their database {DATABASE} is gone;"
            " bring it back, or move the files away"
        ) from error


def recover(store: Store, bodies: Bodies) -> Recovered:
    """Put a queue in order that nobody else uses.

    Args:
        store: Its database.
        bodies: Its files.

    Raises:
        OSError: The files cannot be looked at.
        sqlite3.Error: The database cannot be read or written.
    """
    sizes = dict(bodies.sizes())
    deleted = store.deleted_ids()
    lost = []
    needed = set()
    with store.transaction():
        for queue_id in deleted:
            store.remove(queue_id)
        for queue_id, place in list(store.places()):
            if sizes.get(place.file, -1) < place.start + place.octets:
                lost.append(queue_id)
                store.hold(queue_id, LOST_CONTENT)
            needed.add(place.file)
    for queue_id in lost:
        _LOG.error("%s: %s, and it is held", queue_id, LOST_CONTENT)
    orphans = sizes.keys() - needed
    bodies.discard(orphans)
    return Recovered(
        messages=store.count(),
        lost=tuple(lost),
        removed_files=len(orphans),
        removed_incoming=bodies.clear_incoming(),
        removed_messages=len(deleted),
    )
