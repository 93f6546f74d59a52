"""What an operator does with a queue, beside a running server and without one."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING

import attrs
import pytest

from dsnlib.adapters.queue import QueuedMessage, QueueUnavailable, Settlement
from dsnlib.adapters.spool import Spool
from dsnlib.adapters.spool.control import Damaged, QueueControl
from dsnlib.adapters.spool.database import DATABASE
from dsnlib.errors import InvalidValue
from tests.adapters.queueing import BOB, NOW, later, left, message

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from dsnlib.adapters.queue import NewMessage


def beside(directory: Path, test: Callable[[Spool, QueueControl], Awaitable[None]]) -> None:
    """Run a test with a queue that is open, and an operator beside it."""

    async def with_both() -> None:
        async with Spool.open(directory, reserve_octets=0) as queue:
            with QueueControl.open(directory) as control:
                await test(queue, control)

    asyncio.run(with_both())


def fill(directory: Path, *news: NewMessage) -> None:
    """Put messages into a queue that nobody runs afterwards."""

    async def add() -> None:
        async with Spool.open(directory, reserve_octets=0) as queue:
            await queue.add(news)

    asyncio.run(add())


async def due(queue: Spool) -> list[str]:
    """Return who is due, and leave them as they were."""
    claimed = [each.queue_id for each in await queue.claim(NOW, most=100)]
    for queue_id in claimed:
        await queue.release(queue_id)
    return claimed


def test_what_is_there(tmp_path: Path) -> None:
    """All messages are told of in the order in which they came, held ones and octets too."""

    async def test(queue: Spool, control: QueueControl) -> None:
        news = [message(b"one"), message(b"y" * 100_000, is_held=True)]
        await queue.add(news)

        found = [each for each in control.messages() if isinstance(each, QueuedMessage)]
        assert [(new.queue_id, new.envelope) for new in news] == [
            (each.queue_id, each.envelope) for each in found
        ]
        assert found[1] == control.message(news[1].queue_id)
        assert [new.queue_id for new in news] == control.identifiers()
        assert None is control.message("ZZZ")
        for new in news:
            assert new.content.body == control.content(new.queue_id).read()
        with pytest.raises(QueueUnavailable, match="there is no ZZZ"):
            control.content("ZZZ")

    beside(tmp_path, test)


def test_hold_and_release(tmp_path: Path) -> None:
    """What is held is not due until it is released; only what is held can be released."""

    async def test(queue: Spool, control: QueueControl) -> None:
        held, other = message(), message()
        await queue.add([held, other])
        assert [held.queue_id] == control.hold([held.queue_id, "ZZZ", held.queue_id])
        assert [other.queue_id] == await due(queue)
        assert [held.queue_id] == control.flush([held.queue_id], now=NOW)
        assert [other.queue_id] == await due(queue)
        assert [held.queue_id] == control.release([held.queue_id, other.queue_id], now=NOW)
        assert {held.queue_id, other.queue_id} == {*await due(queue)}

    beside(tmp_path, test)


def test_flush(tmp_path: Path) -> None:
    """What waits for its time is due at once, and a waiting server hears of it."""

    async def test(queue: Spool, control: QueueControl) -> None:
        new = message(due=later(hours=3))
        await queue.add([new])
        assert [] == await due(queue)
        await queue.wait(0)
        waiting = asyncio.create_task(queue.wait(None))
        await asyncio.sleep(0)
        assert [new.queue_id] == control.flush([new.queue_id], now=NOW)
        await asyncio.wait_for(waiting, 5)
        assert [new.queue_id] == await due(queue)

    beside(tmp_path, test)


def test_requeue(tmp_path: Path) -> None:
    """The waits begin anew; when it came and what was told is not forgotten."""

    async def test(queue: Spool, control: QueueControl) -> None:
        await queue.add([message()])
        (claimed,) = await queue.claim(NOW, most=1)
        settlement = left(claimed, BOB, due=later(hours=2), reason="late")
        assert settlement.history is not None
        history = attrs.evolve(settlement.history, warned=NOW, attempts=7)
        await queue.settle(attrs.evolve(settlement, history=history, is_held=True))
        assert [claimed.queue_id] == control.requeue([claimed.queue_id], now=NOW)
        (again,) = await queue.claim(NOW, most=1)

        assert attrs.evolve(history, attempts=0) == again.history
        assert ("", NOW, False) == (again.reason, again.due, again.is_held)

    beside(tmp_path, test)


def test_delete_beside_a_server(tmp_path: Path) -> None:
    """What is deleted is not tried again, and the server removes its octets."""

    async def test(queue: Spool, control: QueueControl) -> None:
        gone, stays = message(b"x" * 40_000), message(b"y" * 40_000)
        await queue.add([gone, stays])
        assert [gone.queue_id] == control.delete([gone.queue_id])
        assert [stays.queue_id] == [
            each.queue_id for each in control.messages() if isinstance(each, QueuedMessage)
        ]
        assert [] == control.delete([gone.queue_id])
        assert [] == control.hold([gone.queue_id])
        assert [stays.queue_id] == await due(queue)

    beside(tmp_path, test)
    assert 1 == len(list(tmp_path.glob("messages/*/*")))


def test_delete_without_a_server(tmp_path: Path) -> None:
    """Where nobody runs the queue the octets are removed at once."""
    gone, stays = message(b"x" * 40_000), message(b"y" * 40_000)
    fill(tmp_path, gone, stays)
    with QueueControl.open(tmp_path) as control:
        assert [gone.queue_id] == control.delete([gone.queue_id])

    assert 1 == len(list(tmp_path.glob("messages/*/*")))


@pytest.mark.parametrize("end", ["done", "left", "released"])
def test_deleted_while_it_is_tried(tmp_path: Path, end: str) -> None:
    """The attempt goes on, and what it owes is sent; then the message is gone."""

    async def test(queue: Spool, control: QueueControl) -> None:
        await queue.add([message(b"x" * 40_000)])
        (claimed,) = await queue.claim(NOW, most=1)
        control.delete([claimed.queue_id])
        assert b"x" * 40_000 == (await queue.content(claimed.queue_id)).read()
        notice = message(b"It failed.")
        if end == "released":
            await queue.release(claimed.queue_id)
            await queue.add([notice])
        elif end == "left":
            settlement = left(claimed, BOB, due=NOW, reason="")
            await queue.settle(attrs.evolve(settlement, added=[notice]))
        else:
            await queue.settle(Settlement(queue_id=claimed.queue_id, added=[notice]))

        assert [notice.queue_id] == await due(queue)

    beside(tmp_path, test)
    assert 1 == len(list(tmp_path.glob("messages/*/*")))


def test_held_while_it_is_tried(tmp_path: Path) -> None:
    """What an operator holds stays held, though the attempt knows nothing of it."""

    async def test(queue: Spool, control: QueueControl) -> None:
        await queue.add([message()])
        (claimed,) = await queue.claim(NOW, most=1)
        control.hold([claimed.queue_id])
        await queue.settle(left(claimed, BOB, due=NOW, reason="late"))

        assert [] == await due(queue)
        (found,) = control.messages()
        assert isinstance(found, QueuedMessage)
        assert (True, "late") == (found.is_held, found.reason)

    beside(tmp_path, test)


def test_many_at_once(tmp_path: Path) -> None:
    """Thousands are changed, and removed by the server in small steps."""
    news = [message(b"x") for _ in range(1_500)]

    async def test(queue: Spool, control: QueueControl) -> None:
        await queue.add(news)
        assert 1_500 == len(control.hold(control.identifiers()))
        assert 1_500 == len(control.delete(control.identifiers()))
        assert [] == await due(queue)

    beside(tmp_path, test)
    assert [] == list(tmp_path.glob("messages/*/*"))


def test_one_identifier_is_not_several(tmp_path: Path) -> None:
    """One identifier is refused: nothing would be there by its letters."""
    new = message()
    fill(tmp_path, new)
    with QueueControl.open(tmp_path) as control:
        for change in (control.hold, control.delete):
            with pytest.raises(InvalidValue, match=r"queue_ids: '.*' is one text"):
                change(new.queue_id)
        assert [new.queue_id] == control.identifiers()


def test_damaged(tmp_path: Path) -> None:
    """What cannot be read is told of by its name, and can be held and deleted."""
    new = message()
    fill(tmp_path, new)
    connection = sqlite3.connect(tmp_path / DATABASE)
    with connection:
        connection.execute("UPDATE messages SET history = x'7b7d'")
    connection.close()
    with QueueControl.open(tmp_path) as control:
        (found,) = control.messages()
        assert isinstance(found, Damaged)
        assert new.queue_id == found.queue_id
        assert found == control.message(new.queue_id)
        assert [] == control.requeue([new.queue_id], now=NOW)
        assert [new.queue_id] == control.hold([new.queue_id])
        assert [new.queue_id] == control.delete([new.queue_id])


def test_no_queue(tmp_path: Path) -> None:
    """A directory without a queue is not made one."""
    with pytest.raises(QueueUnavailable, match="is no queue"):
        QueueControl.open(tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_a_queue_that_cannot_be_read(tmp_path: Path) -> None:
    """Whatever the database says is one kind of error."""
    fill(tmp_path, message())
    with QueueControl.open(tmp_path) as control:
        connection = control._store._connection
        connection.execute("ALTER TABLE messages RENAME TO elsewhere")
        asked: tuple[Callable[[], object], ...] = (
            lambda: list(control.messages()),
            lambda: control.message("A"),
            control.identifiers,
            lambda: control.content("A"),
            lambda: control.hold(["A"]),
        )
        for ask in asked:
            with pytest.raises(QueueUnavailable, match="no such table"):
                ask()
