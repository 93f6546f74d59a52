"""How much waits in a queue, for the metrics."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.memory_queue import MemoryQueue
from dsnlib.adapters.queue import QueueStatus, QueueUnavailable
from dsnlib.adapters.service.queue_size import QueueSize
from tests.adapters.queueing import message

if TYPE_CHECKING:
    from collections.abc import Callable


class Followed:
    """A meter that has what it is to show."""

    def __init__(self) -> None:
        self.numbers: dict[str, Callable[[], float]] = {}

    def count(self, name: str, *labels: str, by: float = 1) -> None:
        """Do nothing."""

    def observe(self, name: str, value: float) -> None:
        """Do nothing."""

    def follow(self, name: str, value: Callable[[], float], *labels: str) -> None:
        """Have a number to read."""
        self.numbers["/".join((name, *labels))] = value

    def read(self, name: str) -> float:
        """Return a number."""
        return self.numbers[name]()


def look(
    queue: MemoryQueue, meter: Followed, monkeypatch: pytest.MonkeyPatch, *, times: int
) -> None:
    """Let it ask some times."""
    asked = 0

    async def run() -> None:
        sleep = asyncio.sleep
        size = QueueSize(queue, meter)

        async def slept(_: float) -> None:
            nonlocal asked
            asked += 1
            await sleep(0)
            if asked == times:
                raise asyncio.CancelledError

        monkeypatch.setattr(asyncio, "sleep", slept)
        with pytest.raises(asyncio.CancelledError):
            await asyncio.ensure_future(size.run())
        monkeypatch.setattr(asyncio, "sleep", sleep)

    asyncio.run(run())


def test_nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty queue has no oldest message."""
    meter = Followed()
    look(MemoryQueue(), meter, monkeypatch, times=1)

    assert (0, 0.0) == (meter.read("queue_messages"), meter.read("queue_oldest_seconds"))


def test_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number and the age are the queue's, held messages and those in work included."""
    queue, meter = MemoryQueue(), Followed()
    arrival = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    news = [message(arrival=arrival), message(arrival=arrival, is_held=True)]
    asyncio.run(queue.add(news))
    look(queue, meter, monkeypatch, times=1)

    assert 2 == meter.read("queue_messages")
    assert 3600 <= meter.read("queue_oldest_seconds") < 3700


def test_a_queue_that_cannot_tell(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The last number stays, and the log says why."""

    class Mute(MemoryQueue):
        is_mute = False

        async def status(self) -> QueueStatus:
            if self.is_mute:
                raise QueueUnavailable("it is mute")
            self.is_mute = True
            return QueueStatus(messages=7)

    meter = Followed()
    with caplog.at_level(logging.WARNING, "dsnlib.service"):
        look(Mute(), meter, monkeypatch, times=2)

    assert 7 == meter.read("queue_messages")
    assert "it is mute" in caplog.text
