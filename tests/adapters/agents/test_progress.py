"""What is known of an attempt while it is under way, and how much of it is on the disk."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import attrs
import pytest

from dsnlib.adapters.agents.progress import Progress
from dsnlib.adapters.memory_queue import MemoryQueue
from dsnlib.adapters.queue import QueueUnavailable
from dsnlib.model.envelope import Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.replies.rewrite import RewrittenOutcome
from tests.adapters.queueing import NOW, message

U = tuple(Recipient(f"u{number}@example.org") for number in range(4))
STATUSES = {Disposition.RELAYED: "2.0.0", Disposition.FAILED: "5.1.1", Disposition.DELAYED: "4.2.2"}


class Disk(MemoryQueue):
    """A queue whose disk is slow, and can have faults.

    Attributes:
        gate: What a note waits for.
        faults: What the next notes end with.
        notes: How many outcomes there were in each.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.faults: list[Exception] = []
        self.notes: list[int] = []

    async def note(self, queue_id: str, outcomes: Sequence[DeliveryOutcome]) -> None:
        """Note when the gate is open, unless there is a fault."""
        outcomes = tuple(outcomes)
        await self.gate.wait()
        if self.faults:
            raise self.faults.pop(0)
        await super().note(queue_id, outcomes)
        self.notes.append(len(outcomes))


def outcome(recipient: Recipient, disposition: Disposition) -> DeliveryOutcome:
    """Return what became of a recipient."""
    status = EnhancedStatusCode.parse(STATUSES[disposition])
    return DeliveryOutcome(recipient=recipient, disposition=disposition, status=status)


def ended(
    *recipients: Recipient, disposition: Disposition = Disposition.RELAYED
) -> list[RewrittenOutcome]:
    """Return what became of recipients."""
    outcomes = [outcome(each, disposition) for each in recipients]
    return [RewrittenOutcome(outcome=each, original=each) for each in outcomes]


def run(
    test: Callable[[Disk, Progress], Awaitable[None]], *recipients: Recipient
) -> tuple[DeliveryOutcome, ...]:
    """Run a test with the progress of a message, and return what is noted of it then."""

    async def with_message() -> tuple[DeliveryOutcome, ...]:
        queue = Disk()
        await queue.add([message(recipients=recipients or U)])
        (claimed,) = await queue.claim(NOW, most=1)
        await test(queue, Progress(queue, claimed))
        return queue.messages[0].noted

    return asyncio.run(with_message())


async def idle() -> None:
    """Let all go on that can."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_one_note_at_a_time() -> None:
    """What ends while the disk is busy goes into the next note together."""

    async def test(queue: Disk, progress: Progress) -> None:
        queue.gate.clear()
        for recipient in U[:3]:
            progress.take(ended(recipient), is_last=False)
            await idle()
        queue.gate.set()
        await idle()
        assert [1, 2] == queue.notes

    assert list(U[:3]) == [each.recipient for each in run(test)]


def test_what_is_put_off_is_not_noted() -> None:
    """It is tried again after a crash."""

    async def test(_queue: Disk, progress: Progress) -> None:
        progress.take(ended(U[0], disposition=Disposition.DELAYED), is_last=False)
        progress.take(ended(U[1], disposition=Disposition.FAILED), is_last=False)
        await idle()

    assert [U[1]] == [each.recipient for each in run(test)]


def test_what_ends_last_is_not_noted() -> None:
    """Nor what has ended while the disk was busy: a settlement follows at once."""

    async def test(queue: Disk, progress: Progress) -> None:
        queue.gate.clear()
        progress.take(ended(U[0]), is_last=False)
        await idle()
        progress.take(ended(U[1]), is_last=False)
        progress.take(ended(U[2], U[3]), is_last=True)
        queue.gate.set()
        await idle()
        assert list(U) == [each.outcome.recipient for each in progress.outcomes()]

    assert [U[0]] == [each.recipient for each in run(test)]


def test_what_cannot_be_settled_is_noted() -> None:
    """All that has ended for good is kept, once."""

    async def test(_queue: Disk, progress: Progress) -> None:
        progress.take(ended(U[0]), is_last=False)
        progress.take(ended(*U[1:]), is_last=True)
        await progress.keep()
        await progress.keep()

    assert list(U) == [each.recipient for each in run(test)]


def test_many_are_noted_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event loop is not kept from its work by one of a hundred thousand."""
    monkeypatch.setattr("dsnlib.adapters.agents.progress._NOTED_AT_ONCE", 3)

    async def test(queue: Disk, progress: Progress) -> None:
        progress.take(ended(*U), is_last=True)
        await progress.keep()
        assert [3, 1] == queue.notes

    assert list(U) == [each.recipient for each in run(test)]


@pytest.mark.parametrize("fault", [QueueUnavailable("full"), RuntimeError("a defect")])
def test_a_note_that_is_not_taken(fault: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """It is tried again with the next, and the log says why it was not."""

    async def test(queue: Disk, progress: Progress) -> None:
        queue.faults = [fault, fault]
        for recipient in U[:3]:
            progress.take(ended(recipient), is_last=False)
            await idle()
        assert [3] == queue.notes

    with caplog.at_level(logging.WARNING, "dsnlib.delivery"):
        noted = run(test)

    assert list(U[:3]) == [each.recipient for each in noted]
    assert str(fault) in caplog.text


def test_what_was_noted_before() -> None:
    """Who is noted is not open; of two who are equal, one may be."""
    twice = (U[0], U[1], U[1])

    async def test(queue: Disk, progress: Progress) -> None:
        before = [outcome(U[1], Disposition.FAILED), outcome(U[3], Disposition.RELAYED)]
        progress = Progress(queue, attrs.evolve(progress.message, noted=before))
        assert [U[0], U[1]] == progress.open
        assert before[:1] == [each.outcome for each in progress.noted]
        progress.take(ended(U[1], U[0]), is_last=True)
        assert [(U[0], "2.0.0"), (U[1], "5.1.1"), (U[1], "2.0.0")] == [
            (each.outcome.recipient, str(each.outcome.status)) for each in progress.outcomes()
        ]

    assert () == run(test, *twice)


@pytest.mark.parametrize("is_settled", [True, False])
def test_the_end(is_settled: bool) -> None:  # noqa: FBT001  a parameter of the table
    """A message that is not settled goes back, with what is known; what is settled is gone."""

    async def test(queue: Disk, progress: Progress) -> None:
        progress.take(ended(*U), is_last=True)
        progress.is_settled = is_settled
        await progress.end()
        assert int(is_settled) == (await queue.status()).in_work

    assert (0 if is_settled else 4) == len(run(test))
