"""The one thread that writes a queue: all that waits for it goes into one commit.

To wait for the disk costs the same for one message as for a hundred.  While one group
is being written the next one gathers, so the more there is to do the less each costs.

    octets to files, files to the disk, names to the disk; rows, commit; tell; tidy up

Rules.
- Nobody is told before the commit.
- If a group fails it is tried again one by one: who does not fit must not keep others
  from being taken.
- A file that no row names any more goes after the commit, and without haste.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.content import Content
from dsnlib.adapters.queue import QueueFull, QueueUnavailable
from dsnlib.adapters.spool.ballast import Ballast
from dsnlib.adapters.spool.faults import fault_of, free_octets
from dsnlib.adapters.spool.store import Remainder, Row
from dsnlib.policy.budget import Spending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsnlib.adapters.spool.bodies import Bodies, Place
    from dsnlib.adapters.spool.ledger import Ledger
    from dsnlib.adapters.spool.store import Store

__all__ = ["Addition", "Change", "Result", "Writer"]

_LOG = logging.getLogger("dsnlib.queue")

# Chosen by us: what is taken into one commit; more would keep the first of them waiting.
_MOST_IN_GROUP = 500
# From so many in a group on the next one waits for a moment.  It gave a quarter more
# messages a second with twenty clients, and costs nobody who is alone anything.
_SEVERAL = 4
_GATHERING_SECONDS = 0.001


@attrs.define
class Addition:
    """A message to be added.

    Args:
        row: It, with a place that is not yet right if there is a `content`.
        content: Its octets if they are few and in no file yet.
        is_owned: Whether its octets are in a file of another message.
    """

    row: Row
    content: Content | None = None
    is_owned: bool = False


@attrs.define(kw_only=True, eq=False)
class Change:
    """What is carried out whole or not at all.

    Args:
        added: Messages to be added.
        removed: The identifiers of those that are done with.
        updated: A message that goes on waiting.
        held: Messages that are to wait for a person, and why.
        noted: Messages of which something is known, and what.
        spending: What has changed in the budgets.
        needs_reserve: Whether it is refused before the disk is full.
        sources: Files that are no longer needed when it is done.
        files: Files that were made for it, and go if it fails.
        done: Called in the event loop with what became of it.
    """

    added: Sequence[Addition] = ()
    removed: Sequence[str] = ()
    updated: Remainder | None = None
    held: Sequence[tuple[str, str]] = ()
    noted: Sequence[tuple[str, bytes]] = ()
    spending: Mapping[str, Spending] = attrs.field(factory=dict)
    needs_reserve: bool = False
    sources: Sequence[Path] = ()
    files: Sequence[str] = ()
    done: Callable[[Exception | None], None] | None = None


Result = tuple[Change, Exception | None]
"""What became of a change: `None` if it was carried out."""


class Writer:
    """Carries out changes, in groups.

    Args:
        directory: The queue's.
        store: A connection of its own.
        ledger: The budgets, over the same connection.
        bodies: The files.
        reserve_octets: How much room must be left on the disk for a change that needs
            a reserve.
        tell: Called in this thread with what became of a group.
        tidy: Called with files that are needed no longer, by name and by path; it is
            not to be waited for.
    """

    def __init__(
        self,
        directory: Path,
        store: Store,
        ledger: Ledger,
        bodies: Bodies,
        *,
        reserve_octets: int,
        tell: Callable[[Sequence[Result]], None],
        tidy: Callable[[Sequence[str], Sequence[Path]], None],
    ) -> None:
        self._directory = directory
        self._store = store
        self._ledger = ledger
        self._bodies = bodies
        self._reserve_octets = reserve_octets
        self._ballast = Ballast(directory, reserve_octets)
        self._tell = tell
        self._tidy = tidy
        self._last_group = 0
        self._waiting: queue.SimpleQueue[Change | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="dsnlib-queue", daemon=True)
        self._thread.start()

    def submit(self, change: Change) -> None:
        """Let a change be carried out with the next group.  Any thread may ask."""
        self._waiting.put(change)

    def stop(self) -> None:
        """Carry out what waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        is_last = False
        while not is_last:
            group, is_last = self._next_group()
            if not group:
                continue
            try:
                results = self._carry_out(group)
            except Exception:  # noqa: BLE001  the thread must outlive a fault of ours, or all would wait for ever
                _LOG.exception("the queue could not write")
                fault = QueueUnavailable("queue: it could not be written, see the log")
                results = [(change, fault) for change in group]
            self._tell(results)

    def _next_group(self) -> tuple[list[Change], bool]:
        """Return all that waits, and whether nothing comes behind it."""
        group: list[Change] = []
        change = self._waiting.get()
        if self._last_group >= _SEVERAL:
            # Where several ask at a time more are about to: one wait for the disk serves all.
            time.sleep(_GATHERING_SECONDS)
        while change is not None:
            group.append(change)
            if len(group) == _MOST_IN_GROUP:
                break
            try:
                change = self._waiting.get_nowait()
            except queue.Empty:
                break
        self._last_group = len(group)
        return group, change is None

    def _carry_out(self, group: Sequence[Change]) -> list[Result]:
        group, results = self._without_reserve(group)
        if not group:
            return results
        error = self._try(group)
        if error is None:
            return [*results, *((change, None) for change in group)]
        return [*results, *((change, self._try_alone(change)) for change in group)]

    def _try_alone(self, change: Change) -> QueueUnavailable | None:
        error = self._try([change])
        if isinstance(error, QueueFull):
            # A note is only for a crash; the room is for the settlement that follows.
            if not (change.needs_reserve or change.noted):
                self._ballast.drop()
            # Where it cannot be cut the second attempt says why.
            with contextlib.suppress(sqlite3.Error):
                self._store.cut_log()
            error = self._try([change])
        if error is not None:
            self._bodies.discard(change.files)
        return error

    def _without_reserve(self, group: Sequence[Change]) -> tuple[list[Change], list[Result]]:
        """Return those that may go on, and the others with their error."""
        kept: list[Change] = []
        results: list[Result] = []
        try:
            free = free_octets(self._directory)
        except OSError as error:
            return [], [(change, self._failed(change, error)) for change in group]
        self._ballast.hold()
        for change in group:
            # What is in a file already is no longer free.
            wanted = sum(len(each.content) for each in change.added if each.content is not None)
            if change.needs_reserve and free - wanted < self._reserve_octets:
                results.append((change, self._refused(change, free)))
            else:
                free -= wanted
                kept.append(change)
        return kept, results

    def _refused(self, change: Change, free: int) -> QueueFull:
        self._bodies.discard(change.files)
        return QueueFull(
            f"queue: no room in {self._directory}: {free} octets are free,"
            f" and {self._reserve_octets} are to stay so"
        )

    def _failed(self, change: Change, error: OSError | sqlite3.Error) -> QueueUnavailable:
        self._bodies.discard(change.files)
        return fault_of(error, self._directory)

    def _try(self, group: Sequence[Change]) -> QueueUnavailable | None:
        """Carry out a group whole, or nothing of it."""
        files: list[str] = []
        try:
            self._pack(group, files)
            with self._store.transaction():
                left = [file for change in group for file in self._write(change)]
                gone = [file for file in set(left) if not self._store.has_file(file)]
        except (OSError, sqlite3.Error, QueueUnavailable) as error:
            self._bodies.discard(set(files))
            if isinstance(error, QueueUnavailable):
                return error
            return fault_of(error, self._directory)
        sources = [path for change in group for path in change.sources]
        if gone or sources:
            self._tidy(gone, sources)
        return None

    def _pack(self, group: Sequence[Change], files: list[str]) -> None:
        """Write the octets of all that have no file; note in `files` what was made."""
        shared: dict[tuple[int, bytes], list[Addition]] = {}
        for addition in _additions(group):
            if addition.content is not None:
                # Messages of one content share its octets.
                key = (id(addition.content.body), addition.content.prefix)
                shared.setdefault(key, []).append(addition)
        if not shared:
            return
        contents = [
            (first.row.queue_id, first.content)
            for first, *_ in shared.values()
            if first.content is not None
        ]
        places = self._bodies.pack(contents)
        files += [place.file for place in places]
        for additions, place in zip(shared.values(), places, strict=True):
            for addition in additions:
                addition.row = _placed(addition.row, place)

    def _write(self, change: Change) -> list[str]:
        """Write the rows of a change, and return the files that it has left."""
        for addition in change.added:
            if addition.is_owned and not self._store.has_file(addition.row.file):
                raise QueueUnavailable(f"queue: the octets of {addition.row.queue_id} are gone")
            self._store.insert(addition.row)
        removed = list(change.removed)
        if change.updated is not None and not self._store.update(change.updated):
            # An operator deleted it while it was being tried.
            removed.append(change.updated.queue_id)
        for queue_id, reason in change.held:
            self._store.hold(queue_id, reason)
        for queue_id, outcomes in change.noted:
            self._store.note(queue_id, outcomes)
        if change.spending:
            self._ledger.write(change.spending)
        files = [self._store.remove(queue_id) for queue_id in removed]
        return [file for file in files if file is not None]


def _additions(group: Sequence[Change]) -> Iterator[Addition]:
    for change in group:
        yield from change.added


def _placed(row: Row, place: Place) -> Row:
    return row._replace(
        file=place.file, start=place.start, octets=place.octets, prefix=place.prefix
    )
