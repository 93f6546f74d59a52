"""The history of bounces: what a system knows of each address, and whom it must not mail.

    with open_store("history.db") as store:                      # SQLite: one file
        added = store.add(events, source="list-bounces")
        store.may_send("bob@example.org", now=now)

    open_store("postgresql://mail@db.example.org/bounces")       # PostgreSQL: many machines

Rules.
- `add` has returned when the events are on the disk, and not before: whoever fed them may
  forget them.
- An event is there once, however often it is added (`event_id`).
- Both stores have one behaviour; `tests/adapters/history` runs the same tests on both.
- A store belongs to one thread.  Any number of processes may have the same one open.
"""

from __future__ import annotations

from dsnlib.adapters.history.contract import Added, Numbered, Store
from dsnlib.errors import StoreError

__all__ = ["Added", "Numbered", "Store", "open_store"]

# What libpq takes as a connection URI.
_POSTGRES = ("postgresql://", "postgres://")
# What SQLite takes as no file, and would be one of that name here.
_MEMORY = ":memory:"


def open_store(place: str, *, creates: bool = True) -> Store:
    """Open a store, and bring its tables up to date.

    Args:
        place: The name of a file, or `postgresql://...`.
        creates: Whether a new one is made where there is none.

    Raises:
        StoreError: It is not there, is damaged, is of a later version of dsnlib, or would be in
            memory.
        StoreUnavailable: It cannot be reached now.
    """
    if place == _MEMORY:
        raise StoreError("a history is a file; one in memory forgets all it was given", place=place)
    if place.startswith(_POSTGRES):
        from dsnlib.adapters.history.postgres.store import PostgresStore

        return PostgresStore(place, creates=creates)
    from dsnlib.adapters.history.sqlite.store import SqliteStore

    return SqliteStore(place, creates=creates)
