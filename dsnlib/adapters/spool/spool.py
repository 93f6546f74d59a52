"""The queue that keeps mail on the disk of this machine: SQLite and files.

In a server::

    async with Spool.open(Path("/var/spool/dsnlib")) as queue:
        await queue.add([message])
        for each in await queue.claim(now, most=20):
            ...
            await queue.settle(settlement)

One thread writes and one reads; a few more move large files.  The event loop does
neither, and of what waits nothing is kept in memory.

Rules.
- As for `Queue`: a crash at any moment loses nothing, and adds nothing twice.
- One process runs a queue; commands beside it change rows, and it heeds them.
- Who is no longer waited for, because a task was cancelled, is carried out all the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self, TypeVar

from dsnlib.adapters.queue import QueueUnavailable
from dsnlib.adapters.spool.bodies import Bodies
from dsnlib.adapters.spool.carrier import Carrier
from dsnlib.adapters.spool.changes import ChangeMaker, check_queue_id, is_quick
from dsnlib.adapters.spool.database import open_database
from dsnlib.adapters.spool.faults import fault_of
from dsnlib.adapters.spool.instant import micros_of
from dsnlib.adapters.spool.lock import QueueLock
from dsnlib.adapters.spool.reader import Reader
from dsnlib.adapters.spool.record import write_outcomes
from dsnlib.adapters.spool.recover import Recovered, open_queue, recover
from dsnlib.adapters.spool.store import Store
from dsnlib.adapters.spool.writer import Change, Writer
from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from dsnlib.adapters.content import Content
    from dsnlib.adapters.queue import NewMessage, QueuedMessage, QueueStatus, Settlement
    from dsnlib.model.outcome import DeliveryOutcome
    from dsnlib.policy.budget import Spending

__all__ = ["RESERVE_OCTETS", "Spool"]

_Value = TypeVar("_Value")

RESERVE_OCTETS = 15_360_000
"""How much stays free; Postfix too has one and a half times its largest message."""

# Threads that move large files and read contents: more would wait for one disk.
_MOVERS = 4
# How long an operator waits at most until a running server has heeded him.
_LOOK_SECONDS = 1.0
# A command beside the queue holds the lock for a moment, a server that ends a bit longer.
_LOCK_SECONDS = 1.0
_KEPT = dt.timedelta(days=1)


class Spool:
    """The durable queue; made by `open`.

    Attributes:
        recovered: What had to be put in order when it was opened.
    """

    def __init__(
        self,
        directory: Path,
        *,
        lock: QueueLock,
        stores: Sequence[Store],
        recovered: Recovered,
        reserve_octets: int,
        spending_kept: dt.timedelta,
    ) -> None:
        self.recovered = recovered
        self._directory, self._lock, self._stores = directory, lock, stores
        self._bodies = Bodies(directory)
        self._made = ChangeMaker(directory, self._bodies, reserve_octets)
        self._movers = ThreadPoolExecutor(_MOVERS, "dsnlib-queue-mover")
        self._carrier = Carrier(directory, self._movers)
        self._asker = ThreadPoolExecutor(1, "dsnlib-queue-reader")
        writing, reading = stores
        self._store = reading
        self._ledger = reading.ledger(spending_kept)
        self._writer = Writer(
            directory,
            writing,
            writing.ledger(spending_kept),
            self._bodies,
            reserve_octets=reserve_octets,
            tell=self._carrier.tell,
            tidy=self._tidy,
        )
        self._carrier.submit = self._writer.submit
        self._news = asyncio.Event()
        self._is_open = True
        self._reader = Reader(reading, self._bodies, self._writer.submit)
        self._in_work = self._reader.in_work
        self._settling: set[str] = set()

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        reserve_octets: int = RESERVE_OCTETS,
        spending_kept: dt.timedelta = _KEPT,
    ) -> Self:
        """Open the queue of a directory, and put in order what a crash has left.

        Args:
            directory: Made if it is not there, for nobody else to read.
            reserve_octets: How much must stay free on the disk when a message is added;
                what follows from delivery may use it.
            spending_kept: How long what a budget has spent is remembered: at least the
                time in which a budget is whole again.

        Raises:
            QueueUnavailable: Another process runs it, or it cannot be used.
        """
        stores: list[Store] = []
        lock = None
        try:
            directory = directory.absolute()
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = QueueLock(directory, wait_seconds=_LOCK_SECONDS)
            bodies = Bodies(directory)
            bodies.make()
            stores.append(open_queue(directory, bodies))
            stores.append(Store(open_database(directory, can_create=False)))
            recovered = recover(stores[0], bodies)
        except BaseException as error:
            for each in stores:
                each.close()
            if lock is not None:
                lock.release()
            if isinstance(error, (OSError, sqlite3.Error)):
                raise fault_of(error, directory) from error
            raise
        return cls(
            directory,
            lock=lock,
            stores=stores,
            recovered=recovered,
            reserve_octets=reserve_octets,
            spending_kept=spending_kept,
        )

    async def close(self) -> None:
        """Carry out what was asked for, and let go of the queue."""
        if self._is_open:
            self._is_open = False
            await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._movers.shutdown()
        self._asker.shutdown()
        self._writer.stop()
        for store in self._stores:
            store.close()
        self._lock.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def incoming(self) -> Path:
        """Where to write what is being received, so that it can be taken over by a link.

        Whatever is in there is removed at the next start.
        """
        return self._bodies.incoming

    async def add(
        self, messages: Sequence[NewMessage], *, spending: Mapping[str, Spending] | None = None
    ) -> None:
        """Keep messages, all of them or none; returns when the disk has them.

        A file of a content is the queue's when this returns; if it raises, it is
        the caller's as before.

        Raises:
            QueueFull: There is no room, or less than is to stay free.
            QueueUnavailable: It cannot be written to now.
            InvalidValue: An identifier cannot be the name of a file.
        """
        for message in messages:
            check_queue_id(message.queue_id)
        self._check_open()
        await self._carrier.carry_out(
            lambda: self._made.addition(messages, spending or {}),
            is_quick=is_quick(messages),
            done=lambda error: self._news.set() if error is None else None,
        )

    async def claim(self, now: dt.datetime, *, most: int) -> Sequence[QueuedMessage]:
        """Return messages that are due, the oldest due first, and mark them as in work.

        Args:
            now: When; with a zone.
            most: How many at most.

        Raises:
            QueueUnavailable: The database cannot be read.
        """
        loop = self._running_loop()
        claimed = loop.run_in_executor(
            self._asker, self._answer, lambda: self._reader.claim(micros_of(now), most)
        )
        try:
            return await asyncio.shield(claimed)
        except asyncio.CancelledError:
            # The reader may be done with it, or is going to be: nobody will work on it.
            claimed.add_done_callback(self._give_back)
            raise

    async def next_due(self) -> dt.datetime | None:
        """Return when the next message that is not in work is due; `None` if none waits.

        Raises:
            QueueUnavailable: The database cannot be read.
        """
        return await self._read(self._reader.next_due)

    async def note(self, queue_id: str, outcomes: Sequence[DeliveryOutcome]) -> None:
        """Keep what is known so far of a message in work; returns when the disk has it.

        Args:
            queue_id: The message.
            outcomes: What became of recipients of whom nothing is noted.

        Raises:
            QueueUnavailable: It was not kept.
            InvalidValue: The message is not in work, or is being settled.
        """
        self._check_open()
        self._check_in_work(queue_id)
        # Made here, however many they are, so that it is written before a settlement
        # that is asked for later.
        await self._carrier.carry_out(
            lambda: Change(noted=[(queue_id, write_outcomes(outcomes))]),
            is_quick=True,
            done=lambda _: None,
        )

    async def settle(self, settlement: Settlement) -> None:
        """Carry out one transition; returns when the disk has it.

        What an operator did in the meantime holds: what he deleted is not tried again,
        and what he held waits for him.

        Raises:
            QueueUnavailable: It was not carried out; the message is still in work.
            InvalidValue: The message is not in work.
        """
        self._check_open()
        queue_id = settlement.queue_id
        self._check_in_work(queue_id)
        for added in settlement.added:
            check_queue_id(added.queue_id)
        waiting = () if settlement.left is None else settlement.left.recipients
        self._settling.add(queue_id)

        def done(error: Exception | None) -> None:
            self._settling.discard(queue_id)
            if error is None:
                self._reader.leave(queue_id)
                self._news.set()

        await self._carrier.carry_out(
            lambda: self._made.settlement(settlement),
            is_quick=is_quick(settlement.added, waiting, settlement.passed),
            done=done,
        )

    async def release(self, queue_id: str) -> None:
        """Take a message out of work as it is: but for what was noted, nothing was tried."""
        # One that is being settled leaves work by that.
        if queue_id not in self._settling and self._reader.leave(queue_id):
            # An operator may have deleted it meanwhile.
            self._reader.look_again()
            self._news.set()

    async def content(self, queue_id: str) -> Content:
        """Return the octets of a message.

        A file that is named in it is there as long as the message is in work.

        Raises:
            QueueUnavailable: They cannot be read.
        """
        read = self._reader.take_read(queue_id)
        if read is not None:
            return read
        place = self._in_work.get(queue_id)
        if place is None:
            place = await self._read(lambda: self._store.place(queue_id))
        if place is None:
            raise QueueUnavailable(f"queue: there is no {queue_id}")
        loop = self._running_loop()
        try:
            return await loop.run_in_executor(self._movers, self._bodies.read, place)
        except OSError as error:
            raise fault_of(error, self._directory) from error

    async def spending(self, keys: Iterable[str]) -> Mapping[str, Spending]:
        """Return what the budgets of notifications have spent, for those keys that have.

        Raises:
            QueueUnavailable: The database cannot be read.
        """
        wanted = tuple(keys)
        return await self._read(lambda: self._ledger.read(wanted)) if wanted else {}

    async def status(self) -> QueueStatus:
        """Return how much there is in it.

        Raises:
            QueueUnavailable: The database cannot be read.
        """
        return await self._read(self._reader.status)

    async def wait(self, seconds: float | None) -> None:
        """Return when something was added or released, or when the time is over.

        So it does when an operator has changed something.
        """
        loop = self._running_loop()
        end = None if seconds is None else loop.time() + seconds
        while not self._news.is_set():
            left = _LOOK_SECONDS if end is None else min(_LOOK_SECONDS, end - loop.time())
            if left <= 0:
                return
            # Now and then it is time to look whether an operator has asked for something.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._news.wait()
            # Who claims next is told of a database that cannot be read.
            with contextlib.suppress(QueueUnavailable):
                if not self._news.is_set() and await self._read(self._reader.heed):
                    return
        self._news.clear()

    def _check_open(self) -> None:
        if not self._is_open:
            raise QueueUnavailable(f"queue: {self._directory} is closed")

    def _check_in_work(self, queue_id: str) -> None:
        if queue_id not in self._in_work or queue_id in self._settling:
            message = f"queue: {queue_id} is not in work"
            raise InvalidValue(message, value=queue_id)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        self._check_open()
        return asyncio.get_running_loop()

    def _tidy(self, files: Sequence[str], sources: Sequence[Path]) -> None:
        def remove() -> None:
            self._bodies.discard(files)
            self._bodies.discard_sources(sources)

        try:
            self._movers.submit(remove)
        except RuntimeError:  # they have gone home: the queue is being closed
            remove()

    async def _read(self, question: Callable[[], _Value]) -> _Value:
        return await self._running_loop().run_in_executor(self._asker, self._answer, question)

    def _answer(self, question: Callable[[], _Value]) -> _Value:
        try:
            return question()
        except sqlite3.Error as error:
            raise fault_of(error, self._directory) from error

    def _give_back(self, claimed: asyncio.Future[list[QueuedMessage]]) -> None:
        if claimed.cancelled() or claimed.exception() is not None:
            return
        for message in claimed.result():
            self._reader.leave(message.queue_id)
        self._news.set()
