"""Mails from many sessions -> one store: taken together, answered each.

A store belongs to one thread, and a commit costs the same for one mail and for a hundred.
So one thread has the store; what waits when it looks is one batch.

Rules.
- `take` returns when the events of the mail are on the disk.
- A store that has failed is opened anew for the next batch; it is said once that it is
  away, and once that it is back.
- What waits is bounded by whoever calls: a session waits for its answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.adapters.feeds.totals import Totals
from dsnlib.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from dsnlib.adapters.feeds.intake import BounceIntake
    from dsnlib.adapters.feeds.mail_reading import MailReading

__all__ = ["StoreThread"]

_LOG = logging.getLogger("dsnlib.ingest")
# Chosen by us: a batch takes less than a second.
_MOST_MAILS = 200
# What could not be read is in memory until its batch is done.
_MOST_OCTETS = 32 << 20


class _Job(NamedTuple):
    fetch: Callable[[], bytes]
    arrived_at: tuple[str, ...]
    future: asyncio.Future[MailReading]


class StoreThread:
    """The thread that has the store.

    Args:
        open_intake: Opens a store with its intake; called in the thread.

    Attributes:
        totals: What all mails have come to.
    """

    def __init__(self, open_intake: Callable[[], AbstractContextManager[BounceIntake]]) -> None:
        self._open_intake = open_intake
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._is_away = False
        self.totals = Totals()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread behind what waits now, and close the store."""
        self._jobs.put(None)
        self._thread.join()

    async def take(
        self, fetch: Callable[[], bytes], *, arrived_at: tuple[str, ...] = ()
    ) -> MailReading:
        """Return what a mail says, when the store has it.

        Args:
            fetch: Returns the mail; called in the thread, so that one is in memory, not all
                that wait.
            arrived_at: The addresses that it was delivered to.

        Raises:
            StoreError: It could not be stored.
            OSError: It could not be fetched, or not be put aside.
        """
        future: asyncio.Future[MailReading] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(fetch, arrived_at, future))
        return await future

    def _run(self) -> None:
        with contextlib.ExitStack() as stack:
            intake: BounceIntake | None = None
            while jobs := self._batch():
                try:
                    if intake is None:
                        intake = stack.enter_context(self._open_intake())
                    self._take(intake, jobs)
                except Exception as error:  # noqa: BLE001  every session gets its answer
                    intake = None
                    # What is wrong with it was said.
                    with contextlib.suppress(StoreError):
                        stack.close()
                    self._tell_away(error)
                    for job in jobs:
                        _answer(job, error=error)

    def _batch(self) -> list[_Job]:
        """Return what waits; nothing at the end."""
        jobs: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == _MOST_MAILS:
                return jobs
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return jobs
        if jobs:
            # The end comes behind this batch.
            self._jobs.put(None)
        return jobs

    def _take(self, intake: BounceIntake, jobs: list[_Job]) -> None:
        some: list[_Job] = []
        readings: list[MailReading] = []
        octets = 0
        for job in jobs:
            mail = job.fetch()
            octets += len(mail)
            some.append(job)
            readings.append(intake.read(mail, arrived_at=job.arrived_at))
            if octets >= _MOST_OCTETS:
                self._store(intake, some, readings)
                some, readings, octets = [], [], 0
        self._store(intake, some, readings)

    def _store(self, intake: BounceIntake, jobs: list[_Job], readings: list[MailReading]) -> None:
        events = [event for reading in readings for event in reading.events]
        new, _ = intake.put(events)
        for reading in readings:
            self.totals.count_mail(reading)
        self.totals.events += len(events)
        self.totals.new += new
        if self._is_away:
            self._is_away = False
            _LOG.warning("the store is back")
        for job, reading in zip(jobs, readings, strict=True):
            _answer(job, reading=reading)

    def _tell_away(self, error: Exception) -> None:
        if not isinstance(error, StoreError | OSError):
            _LOG.error("mails could not be taken", exc_info=error)
        elif not self._is_away:
            self._is_away = True
            _LOG.warning("nothing can be stored, clients are told to come again: %s", error)


def _answer(
    job: _Job, *, reading: MailReading | None = None, error: Exception | None = None
) -> None:
    def set_it() -> None:
        # Whoever asked may be gone.
        if job.future.done():
            return
        if error is not None:
            job.future.set_exception(error)
        elif reading is not None:
            job.future.set_result(reading)

    # The loop may have ended.
    with contextlib.suppress(RuntimeError):
        job.future.get_loop().call_soon_threadsafe(set_it)
