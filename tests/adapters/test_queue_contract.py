"""What every queue promises: `dsnlib.adapters.queue`, on the one in memory and the one on disk."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import attrs
import pytest

from dsnlib.adapters.content import Content
from dsnlib.adapters.queue import QueueStatus, QueueUnavailable, Settlement
from dsnlib.errors import InvalidValue
from dsnlib.model.address import DiagnosticCode, MtaName
from dsnlib.model.envelope import Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.budget import Spending
from tests.adapters.queueing import (
    BOB,
    EVE,
    NOW,
    later,
    left,
    memory,
    message,
    on_disk,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from dsnlib.adapters.queue import Queue

    Run = Callable[[Callable[[Queue], Awaitable[None]]], None]


@pytest.fixture(params=[memory, on_disk], ids=["memory", "disk"])
def run(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[Callable[[Queue], Awaitable[None]]], None]:
    """Return a function that runs a test with an empty queue."""
    opened: Callable[[Path], AbstractAsyncContextManager[Queue]] = request.param

    def run_test(test: Callable[[Queue], Awaitable[None]]) -> None:
        async def with_queue() -> None:
            async with opened(tmp_path) as queue:
                await test(queue)

        asyncio.run(with_queue())

    return run_test


def test_a_message_comes_back_as_it_was_added(run: Run) -> None:
    """All that was given is there: envelope, options as received, facts, octets, due."""

    async def test(queue: Queue) -> None:
        new = message(Content(body=b"body\r\n", prefix=b"Received: x\r\n"), about="4F")
        new = attrs.evolve(new, destination="smtp:[192.0.2.1]")
        await queue.add([new])
        (claimed,) = await queue.claim(NOW, most=10)
        content = await queue.content(new.queue_id)

        assert new.queue_id == claimed.queue_id
        assert new.envelope == claimed.envelope
        assert new.envelope.mail.as_received == claimed.envelope.mail.as_received
        assert [BOB.params.as_received] == [
            each.params.as_received for each in claimed.envelope.recipients
        ]
        assert new.facts == claimed.facts
        assert (NOW, 0) == (claimed.history.arrival, claimed.history.attempts)
        assert ("4F", "", False) == (claimed.about, claimed.reason, claimed.is_held)
        assert "smtp:[192.0.2.1]" == claimed.destination
        assert NOW == claimed.due
        assert len(new.content) == claimed.octets
        assert b"Received: x\r\nbody\r\n" == content.read()

    run(test)


def test_a_file_is_taken_over(run: Run, tmp_path: Path) -> None:
    """The octets of a file are the queue's, prefix and all, and the file is gone."""

    async def test(queue: Queue) -> None:
        path = tmp_path / "received"
        path.write_bytes(b"x" * 100_000)
        content = Content(path=path, body=b"x" * 10, octets=100_000, prefix=b"Received: x\r\n")
        new = message(content)
        await queue.add([new])
        (claimed,) = await queue.claim(NOW, most=1)

        assert len(content) == claimed.octets
        octets = (await queue.content(new.queue_id)).read()
        assert b"Received: x\r\n" + b"x" * 100_000 == octets
        for _ in range(100):  # it goes without haste
            if not path.exists():
                break
            await asyncio.sleep(0.01)
        assert not path.exists()

    run(test)


def test_due_order(run: Run) -> None:
    """The oldest due come first, no more than asked for, and none before their time."""

    async def test(queue: Queue) -> None:
        third, first, second, not_yet = (
            message(due=due) for due in (NOW, later(hours=-2), later(hours=-1), later(hours=1))
        )
        await queue.add([third, first, second, not_yet])

        assert later(hours=-2) == await queue.next_due()
        two = await queue.claim(NOW, most=2)
        assert [first.queue_id, second.queue_id] == [each.queue_id for each in two]
        assert NOW == await queue.next_due()
        rest = await queue.claim(NOW, most=2)
        assert [third.queue_id] == [each.queue_id for each in rest]
        assert later(hours=1) == await queue.next_due()

    run(test)


def test_in_work_is_nobody_elses(run: Run) -> None:
    """A message is handed out once, until it is settled or released."""

    async def test(queue: Queue) -> None:
        await queue.add([message()])
        (claimed,) = await queue.claim(NOW, most=10)

        assert [] == list(await queue.claim(NOW, most=10))
        assert None is await queue.next_due()
        await queue.release(claimed.queue_id)
        assert [claimed] == list(await queue.claim(NOW, most=10))

    run(test)


def test_claims_at_the_same_time(run: Run) -> None:
    """Several who ask at once share what is there."""

    async def test(queue: Queue) -> None:
        await queue.add([message() for _ in range(30)])
        shares = await asyncio.gather(*(queue.claim(NOW, most=7) for _ in range(6)))
        claimed = [each.queue_id for share in shares for each in share]

        assert 30 == len(claimed) == len(set(claimed))

    run(test)


def test_settled_for_good(run: Run) -> None:
    """What is done with is gone, and its octets."""

    async def test(queue: Queue) -> None:
        await queue.add([message()])
        (claimed,) = await queue.claim(NOW, most=1)
        await queue.settle(Settlement(queue_id=claimed.queue_id))

        assert None is await queue.next_due()
        with pytest.raises(QueueUnavailable):
            await queue.content(claimed.queue_id)

    run(test)


def test_settled_for_now(run: Run) -> None:
    """What waits has the recipients that are left, its history and its reason."""

    async def test(queue: Queue) -> None:
        await queue.add([message(recipients=(BOB, EVE))])
        (claimed,) = await queue.claim(NOW, most=1)
        due = later(minutes=5)
        settlement = left(claimed, EVE, due=due, reason="connection refused")
        await queue.settle(settlement)

        assert [] == list(await queue.claim(NOW, most=1))
        (again,) = await queue.claim(due, most=1)
        assert (settlement.left, settlement.history) == (again.envelope, again.history)
        assert ("connection refused", due) == (again.reason, again.due)
        assert b"Subject" == (await queue.content(again.queue_id)).read()[:7]

    run(test)


def test_settled_and_held(run: Run) -> None:
    """What is held waits for a person, whatever the time."""

    async def test(queue: Queue) -> None:
        await queue.add([message(), message(is_held=True)])
        (claimed,) = await queue.claim(NOW, most=5)
        settlement = left(claimed, BOB, due=NOW, reason="look at it")
        await queue.settle(attrs.evolve(settlement, is_held=True))

        assert [] == list(await queue.claim(later(days=30), most=5))
        assert None is await queue.next_due()

    run(test)


def test_what_follows_is_added_with_the_settlement(run: Run) -> None:
    """A notification is in the queue when the recipient is out of it."""

    async def test(queue: Queue) -> None:
        await queue.add([message()])
        (claimed,) = await queue.claim(NOW, most=1)
        notice = message(b"It failed.\r\n", sender="", about=claimed.queue_id)
        spent = {"sender:ann@example.org": Spending(1.0, NOW)}
        await queue.settle(Settlement(queue_id=claimed.queue_id, added=[notice], spending=spent))

        (found,) = await queue.claim(NOW, most=5)
        assert (notice.queue_id, claimed.queue_id) == (found.queue_id, found.about)
        assert b"It failed.\r\n" == (await queue.content(found.queue_id)).read()
        assert spent == await queue.spending(["sender:ann@example.org", "domain:example.org"])

    run(test)


def test_a_copy_has_the_octets_of_the_original(run: Run, tmp_path: Path) -> None:
    """What follows may have the content of what is settled: small, or in a file."""

    async def test(queue: Queue) -> None:
        path = tmp_path / "large"
        path.write_bytes(b"y" * 200_000)
        large = message(Content(path=path, octets=200_000, prefix=b"P: 1\r\n"))
        await queue.add([message(b"small"), large])
        expected = {}
        for claimed in await queue.claim(NOW, most=5):
            content = await queue.content(claimed.queue_id)
            copy = message(attrs.evolve(content, prefix=b"P: 2\r\n" + content.prefix))
            expected[copy.queue_id] = copy.content.read()
            await queue.settle(Settlement(queue_id=claimed.queue_id, added=[copy]))

        found = {
            each.queue_id: (await queue.content(each.queue_id)).read()
            for each in await queue.claim(NOW, most=5)
        }
        assert expected == found
        assert {b"P: 2\r\nsmall", b"P: 2\r\nP: 1\r\n" + b"y" * 200_000} == {*found.values()}

    run(test)


def known(recipient: Recipient, disposition: Disposition, status: str) -> DeliveryOutcome:
    """Return what became of a recipient."""
    return DeliveryOutcome(
        recipient=recipient,
        disposition=disposition,
        status=EnhancedStatusCode.parse(status),
        diagnostic=DiagnosticCode("smtp", f"{status} it is said"),
        remote_mta=MtaName("dns", "mx.example.net"),
        attempted=NOW,
    )


def test_what_is_noted_is_there_when_it_is_claimed_again(run: Run) -> None:
    """What was known of recipients comes back in order, all else as if nothing was tried."""

    async def test(queue: Queue) -> None:
        await queue.add([message(recipients=(BOB, EVE, EVE)), message()])
        claimed, other = await queue.claim(NOW, most=2)
        first = [
            known(BOB, Disposition.RELAYED, "2.0.0"),
            known(EVE, Disposition.FAILED, "5.1.1"),
        ]
        second = [known(EVE, Disposition.FAILED, "5.1.1")]
        await queue.note(claimed.queue_id, first)
        await queue.note(claimed.queue_id, [])
        await queue.note(claimed.queue_id, second)
        assert 2 == (await queue.status()).in_work
        await queue.release(claimed.queue_id)
        await queue.release(other.queue_id)
        again, same = await queue.claim(NOW, most=2)

        assert attrs.evolve(claimed, noted=[*first, *second]) == again
        assert other == same

    run(test)


@pytest.mark.parametrize("is_left", [True, False], ids=["left", "done"])
def test_a_settlement_ends_what_is_noted(run: Run, is_left: bool) -> None:  # noqa: FBT001  a parameter of the table
    """Of a message that was settled nothing is noted any more."""

    async def test(queue: Queue) -> None:
        await queue.add([message(recipients=(BOB, EVE))])
        (claimed,) = await queue.claim(NOW, most=1)
        noting = asyncio.ensure_future(
            queue.note(claimed.queue_id, [known(BOB, Disposition.RELAYED, "2.0.0")])
        )
        await asyncio.sleep(0)
        # It does not wait for the note, and still comes after it.
        done = Settlement(queue_id=claimed.queue_id)
        await queue.settle(left(claimed, EVE, due=NOW, reason="x") if is_left else done)
        await noting
        if not is_left:
            await queue.add([message(queue_id=claimed.queue_id)])
        (again,) = await queue.claim(NOW, most=1)

        assert () == again.noted

    run(test)


def test_noting_of_what_is_not_in_work(run: Run) -> None:
    """Only who has claimed a message may note something of it, and not after he settles it."""

    async def test(queue: Queue) -> None:
        new = message()
        outcomes = [known(BOB, Disposition.RELAYED, "2.0.0")]
        await queue.add([new])
        with pytest.raises(InvalidValue, match="not in work"):
            await queue.note(new.queue_id, outcomes)
        await queue.claim(NOW, most=1)
        settling = asyncio.ensure_future(queue.settle(Settlement(queue_id=new.queue_id)))
        await asyncio.sleep(0)
        with pytest.raises(InvalidValue, match="not in work"):
            await queue.note(new.queue_id, outcomes)
        await settling

    run(test)


def test_where_aliases_have_led(run: Run) -> None:
    """A settlement says where else they led, and the next one says it anew."""

    async def test(queue: Queue) -> None:
        await queue.add([message(recipients=(BOB, EVE))])
        (claimed,) = await queue.claim(NOW, most=1)
        passed = Recipient("dora@example.org", expanded_from="team@example.org")
        settlement = left(claimed, EVE, due=NOW, reason="late")
        await queue.settle(attrs.evolve(settlement, passed=[passed]))
        (again,) = await queue.claim(NOW, most=1)
        assert (passed,) == again.passed

        await queue.settle(settlement)
        (again,) = await queue.claim(NOW, most=1)
        assert () == again.passed

    run(test)


def test_settling_what_is_not_in_work(run: Run) -> None:
    """Only who has claimed a message may settle it, and only once."""

    async def test(queue: Queue) -> None:
        new = message()
        await queue.add([new])
        with pytest.raises(InvalidValue, match="not in work"):
            await queue.settle(Settlement(queue_id=new.queue_id))
        await queue.claim(NOW, most=1)
        await queue.settle(Settlement(queue_id=new.queue_id))
        with pytest.raises(InvalidValue, match="not in work"):
            await queue.settle(Settlement(queue_id=new.queue_id))

    run(test)


def test_all_or_none(run: Run) -> None:
    """One message that cannot be kept keeps the others of its call out, and no others."""

    async def test(queue: Queue) -> None:
        first = message()
        twice = message(queue_id=first.queue_id)
        await queue.add([first])
        results = await asyncio.gather(
            queue.add([message(), twice]), queue.add([message()]), return_exceptions=True
        )

        assert [QueueUnavailable, type(None)] == [type(each) for each in results]
        assert 2 == len(await queue.claim(NOW, most=9))

    run(test)


def test_messages_of_one_content(run: Run, tmp_path: Path) -> None:
    """Several messages share their octets, and one outlives the other."""

    async def test(queue: Queue) -> None:
        path = tmp_path / "large"
        path.write_bytes(b"z" * 70_000)
        in_file = Content(path=path, octets=70_000, prefix=b"P: 1\r\n")
        other = attrs.evolve(in_file, prefix=b"P: 2\r\n")
        small = Content(body=b"few")
        large = Content(body=b"q" * 70_000)
        contents = (in_file, other, small, small, large, large)
        news = [message(each) for each in contents]
        expected = {new.queue_id: new.content.read() for new in news}
        await queue.add(news)

        for claimed in await queue.claim(NOW, most=9):
            assert expected[claimed.queue_id] == (await queue.content(claimed.queue_id)).read()
            await queue.settle(Settlement(queue_id=claimed.queue_id))

    run(test)


def test_nothing_to_add(run: Run) -> None:
    """To add no message is no fault."""

    async def test(queue: Queue) -> None:
        await queue.add([])
        await queue.add([], spending={"a": Spending(2.5, NOW)})

        assert {"a": Spending(2.5, NOW)} == await queue.spending(iter(["a"]))
        assert {} == await queue.spending([])

    run(test)


def test_wait_ends_when_something_comes(run: Run) -> None:
    """Who waits is woken by what is added, released or left waiting; else by the time."""

    async def test(queue: Queue) -> None:
        began = time.monotonic()
        await queue.wait(0.02)
        assert time.monotonic() - began < 20

        waiting = asyncio.create_task(queue.wait(None))
        await asyncio.sleep(0)
        await queue.add([message()])
        await asyncio.wait_for(waiting, 5)
        (claimed,) = await queue.claim(NOW, most=1)
        await queue.release(claimed.queue_id)
        await asyncio.wait_for(queue.wait(None), 5)
        (claimed,) = await queue.claim(NOW, most=1)
        await queue.settle(left(claimed, BOB, due=NOW, reason="late"))
        await asyncio.wait_for(queue.wait(None), 5)

    run(test)


def test_status(run: Run) -> None:
    """Whoever watches a queue hears how many there are, and since when."""

    async def test(queue: Queue) -> None:
        assert QueueStatus() == await queue.status()
        await queue.add([message(arrival=later(hours=-3), is_held=True), message(), message()])
        await queue.claim(NOW, most=1)

        expected = QueueStatus(messages=3, held=1, in_work=1, oldest=later(hours=-3))
        assert expected == await queue.status()

    run(test)


def test_what_came_before_the_wait_is_not_missed(run: Run) -> None:
    """Something that is added between looking and waiting ends the wait at once."""

    async def test(queue: Queue) -> None:
        assert [] == list(await queue.claim(NOW, most=1))
        await queue.add([message()])
        await asyncio.wait_for(queue.wait(None), 5)

    run(test)
