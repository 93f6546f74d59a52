"""What a history in SQLite is like, what is wrong with it, and what can still be read of it.

Rules.
- Looking changes nothing; only `problems` reads every page of the file.
- Of a damaged file every event that SQLite still reads is saved; those between are counted.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dsnlib.adapters.history.rows import tally_row
from dsnlib.adapters.history.sqlite.row import COLUMNS, read_row
from dsnlib.errors import InvalidValue, StoreError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dsnlib.adapters.history.contract import Numbered
    from dsnlib.adapters.history.sqlite.link import SqliteLink

__all__ = ["LostEvents", "facts", "problems", "rescue"]

# So many faults of the file are told; a damaged one has thousands.
_MOST_FAULTS = 20
_STEP = 1_024

_COLUMNS = ", ".join(COLUMNS)


class LostEvents(NamedTuple):
    """Events that cannot be read.

    Args:
        first: The number of the first.
        last: The number of the last; some between may never have been there.
        reason: What SQLite says.
    """

    first: int
    last: int
    reason: str


def facts(link: SqliteLink) -> dict[str, object]:
    """Return what a history is like, for people and programs.

    Raises:
        StoreError: It cannot be read.
    """
    count = dict(link.fetch("SELECT name, number FROM counter"))
    ((tallied, first, last),) = link.fetch("SELECT sum(events), min(day), max(day) FROM tally")
    ((suppressions,),) = link.fetch("SELECT count(*) FROM suppression")
    ((version,),) = link.fetch("PRAGMA user_version")
    return {
        "engine": f"SQLite {sqlite3.sqlite_version}",
        "version": version,
        "events": (tallied or 0) - count["forgotten"],
        "forgotten": count["forgotten"],
        "first_day": first,
        "last_day": last,
        "suppressions": suppressions,
        "octets": sum(
            each.stat().st_size
            for each in (Path(link.place), Path(f"{link.place}-wal"))
            if each.exists()
        ),
    }


def problems(link: SqliteLink) -> Iterator[str]:
    """Yield what is wrong with a history, a sentence each; nothing if it is sound.

    Raises:
        StoreUnavailable: It is too busy.
    """
    try:
        faults = link.fetch(f"PRAGMA integrity_check({_MOST_FAULTS})")
        if faults != [("ok",)]:
            yield from (str(fault).replace("\n", "; ") for (fault,) in faults)
            return
        with link.reading() as connection:
            yield from _disagreements(connection)
    except StoreUnavailable:
        raise
    except StoreError as error:
        yield str(error).removeprefix(f"{link.place}: ")


def _disagreements(connection: sqlite3.Connection) -> Iterator[str]:
    count = dict(connection.execute("SELECT name, number FROM counter"))
    (events, last) = connection.execute("SELECT count(*), max(number) FROM event").fetchone()
    if (last or 0) > count["event"]:
        yield f"there is an event {last}, and {count['event']} was the last number given out"
    (known,) = connection.execute(
        "SELECT (SELECT count(*) FROM settled)"
        " + (SELECT coalesce(sum(length(event_ids)), 0) / 16 FROM fresh)"
    ).fetchone()
    if known != events:
        yield f"{events} events, of which {known} are known by their event_id"
    (named,) = connection.execute("SELECT count(*) FROM mention").fetchone()
    (asked,) = connection.execute(
        "SELECT count(*) FROM event WHERE number <= ?", (count["mentioned"],)
    ).fetchone()
    if named != asked:
        yield f"{asked} events that are in an index, of which {named} are known by their address"
    tallies = {tuple(key): number for *key, number in connection.execute("SELECT * FROM tally")}
    more = sum(tallies.values()) - events
    if more != count["forgotten"]:
        yield (
            f"the tallies have {more} events more than there are,"
            f" and {count['forgotten']} were forgotten"
        )
    found = connection.execute(f"SELECT {_COLUMNS} FROM event")  # noqa: S608  names of ours
    try:
        counts = Counter(tally_row(read_row(row)) for row in found)
    except InvalidValue as error:
        yield str(error)
        return
    for key, number in sorted(counts.items()):
        if number > tallies.get(key, 0):
            what = " ".join(each or "-" for each in key)
            yield f"{number} events of {what}, and tallies of {tallies.get(key, 0)}"


def rescue(
    link: SqliteLink, read: Callable[[Sequence[Any]], Numbered]
) -> Iterator[Numbered | LostEvents]:
    """Yield all events that can be read, and what is lost between them.

    Args:
        link: Where from.
        read: Makes the event of a row.

    Raises:
        StoreError: Not even the last number can be found out.
    """
    count = dict(link.fetch("SELECT name, number FROM counter"))
    # A file that is damaged may have no counters, and still events.
    last = count.get("event") or link.fetch("SELECT coalesce(max(number), 0) FROM event")[0][0]
    lost: LostEvents | None = None
    # A stack: what is next is at its end.
    spans = [(first, min(first + _STEP, last + 1)) for first in range(1, last + 1, _STEP)]
    spans.reverse()
    while spans:
        first, end = spans.pop()
        reason = "not found where it should be"
        try:
            found = [
                read(row)
                for row in link.fetch(
                    f"SELECT {_COLUMNS} FROM event WHERE number >= ? AND number < ?"  # noqa: S608  names of ours
                    " ORDER BY number",
                    (first, end),
                )
            ]
        except StoreUnavailable:
            raise
        except StoreError as error:
            found = []
            reason = str(error).removeprefix(f"{link.place}: ")
            is_damaged = True
        else:
            # A number that is damaged ends a search without an error, or leads it astray.  Where
            # events were forgotten, those between others are looked for, and none is missed.
            is_damaged = len(found) < end - first and (not count["forgotten"] or bool(found))
        if is_damaged and end - first > 1:
            middle = (first + end) // 2
            spans += [(middle, end), (first, middle)]
        elif is_damaged:
            lost = LostEvents(first if lost is None else lost.first, first, reason)
        else:
            if lost is not None:
                yield lost
                lost = None
            yield from found
    if lost is not None:
        yield lost
