"""The queue in memory: what is its own beyond what every queue promises."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.content import Content
from dsnlib.adapters.memory_queue import MemoryQueue
from dsnlib.adapters.queue import QueueFull, QueueUnavailable, Settlement
from tests.adapters.queueing import NOW, message

if TYPE_CHECKING:
    from pathlib import Path


def test_full() -> None:
    """It has room for so many messages; what is settled makes room."""

    async def test() -> None:
        async with MemoryQueue(most_messages=2) as queue:
            await queue.add([message(), message()])
            with pytest.raises(QueueFull, match="no room for more than 2"):
                await queue.add([message()])
            (claimed,) = await queue.claim(NOW, most=1)
            await queue.settle(Settlement(queue_id=claimed.queue_id))
            await queue.add([message()])
            assert 2 == len(queue.messages)

    asyncio.run(test())


def test_away() -> None:
    """Told to be away, it takes and changes nothing, and what is in work stays so."""

    async def test() -> None:
        queue = MemoryQueue()
        await queue.add([message()])
        (claimed,) = await queue.claim(NOW, most=1)
        queue.fault = QueueUnavailable("away")
        with pytest.raises(QueueUnavailable, match="away"):
            await queue.add([message()])
        with pytest.raises(QueueUnavailable, match="away"):
            await queue.settle(Settlement(queue_id=claimed.queue_id))
        queue.fault = None
        await queue.settle(Settlement(queue_id=claimed.queue_id))
        assert () == queue.messages

    asyncio.run(test())


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    """A content whose file cannot be read is not kept."""

    async def test() -> None:
        queue = MemoryQueue()
        with pytest.raises(QueueUnavailable, match="No such file"):
            await queue.add([message(Content(path=tmp_path / "x", octets=5))])
        assert () == queue.messages

    asyncio.run(test())
