"""The jobs that a message becomes, and what they tell their transports."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.agents.destinations import Destinations
from dsnlib.adapters.agents.dispatch import Dispatcher, Routes, Tried
from dsnlib.adapters.agents.limits import DeliveryLimits, TransportLimits
from dsnlib.adapters.agents.verdict import decide
from dsnlib.adapters.content import Content
from dsnlib.adapters.queue import QueuedMessage
from dsnlib.adapters.transport import Attempted, Destination, Job
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.outcome import Disposition
from dsnlib.policy.facts import MessageFacts
from dsnlib.policy.schedule import QueueHistory

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)


class Clock:
    """A time that others move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> dt.datetime:
        """Return it."""
        return self.now

    def go_on(self, seconds: float) -> None:
        """Let time pass."""
        self.now += dt.timedelta(seconds=seconds)


class Recorder:
    """A transport that keeps its jobs, and takes its time."""

    def __init__(self, clock: Clock, *, seconds: float = 0.0, measured: float = 0.0) -> None:
        self.jobs: list[Job] = []
        self._clock = clock
        self._seconds = seconds
        self._measured = measured

    async def deliver(self, job: Job) -> Sequence[Attempted]:
        """Take all."""
        self.jobs.append(job)
        await asyncio.sleep(0)
        self._clock.go_on(self._seconds)
        done = [
            decide(job, each, Disposition.DELIVERED, "2.0.0", "taken", relay="smtp")
            for each in job.recipients
        ]
        return [attrs.evolve(each, setup_seconds=self._measured) for each in done]


class OneWay:
    """Everything goes to the same system."""

    async def route(self, address: str, sender: str | None = None) -> Destination:
        """Return where."""
        del sender
        return Destination(address.partition("@")[0].rstrip("0123456789"), "there.example")


def message(*addresses: str) -> QueuedMessage:
    """Return a message to some people."""
    return QueuedMessage(
        queue_id="4F",
        envelope=Envelope(
            sender="ann@example.com", recipients=[Recipient(each) for each in addresses]
        ),
        facts=MessageFacts(),
        history=QueueHistory(arrival=NOW),
        octets=0,
        due=NOW,
    )


def attempt(
    clock: Clock,
    transport: Recorder,
    messages: Sequence[QueuedMessage],
    limits: DeliveryLimits,
    *,
    routes: Routes | None = None,
) -> list[Tried]:
    """Try messages at the same time, and return what became of their recipients."""
    found: list[Tried] = []

    async def run() -> None:
        dispatcher = Dispatcher(
            routes or OneWay(),
            {"smtp": transport, "lmtp": transport},
            destinations=Destinations(most_at_once=1),
            limits=limits,
            clock=clock,
            diagnostic_type="X-DSN",
        )
        jobs = [
            dispatcher.attempt(
                each, each.envelope.recipients, Content(), None,
                lambda tried, _: found.extend(tried),
            )
            for each in messages
        ]  # fmt: skip
        await asyncio.gather(*jobs)

    asyncio.run(run())
    return found


def test_a_job_knows_of_others() -> None:
    """While others stand in the line a job is busy, and the last of it is; one alone is not."""
    clock = Clock()
    transport = Recorder(clock)
    attempt(clock, transport, [message(f"smtp{each}@x") for each in range(3)], DeliveryLimits())

    assert [True, True, True] == [each.is_busy for each in transport.jobs]

    alone = Recorder(clock)
    attempt(clock, alone, [message("smtp1@x", "smtp2@x"), message("lmtp@x")], DeliveryLimits())
    assert [False, False] == [each.is_busy for each in alone.jobs]


def test_recipients_of_a_job() -> None:
    """A transport that has a limit of its own gets so many at a time."""
    clock = Clock()
    transport = Recorder(clock)
    limits = DeliveryLimits(
        recipients_per_job=3, transports={"lmtp": TransportLimits(recipients_per_job=1)}
    )
    people = [f"{name}{each}@x" for name in ("smtp", "lmtp") for each in range(4)]
    attempt(clock, transport, [message(*people)], limits)

    sizes = [(each.destination.transport, len(each.recipients)) for each in transport.jobs]
    assert [("lmtp", 1)] * 4 + [("smtp", 1), ("smtp", 3)] == sorted(sizes)


def test_times() -> None:
    """Who waits has waited; a transport that measures nothing has taken its time."""
    clock = Clock()
    messages = [message("smtp1@x"), message("smtp2@x")]
    tried = attempt(clock, Recorder(clock, seconds=3), messages, DeliveryLimits())

    assert [0.0, 3.0] == [each.waited_seconds for each in tried]
    assert [3.0, 3.0] == [each.attempted.sending_seconds for each in tried]

    measuring = Recorder(clock, seconds=3, measured=1.0)
    tried = attempt(clock, measuring, messages[:1], DeliveryLimits())
    assert [(1.0, 0.0)] == [
        (each.attempted.setup_seconds, each.attempted.sending_seconds) for each in tried
    ]


def test_a_way_by_sender() -> None:
    """Whoever says where mail goes knows its sender."""
    seen = []

    class Asked(OneWay):
        async def route(self, address: str, sender: str | None = None) -> Destination:
            seen.append((address, sender))
            return await super().route(address)

    clock = Clock()
    attempt(clock, Recorder(clock), [message("smtp1@x")], DeliveryLimits(), routes=Asked())

    assert [("smtp1@x", "ann@example.com")] == seen


def test_one_answer_for_each() -> None:
    """Who is answered for too often counts as often as asked; who is not has been put off."""

    class Careless(Recorder):
        async def deliver(self, job: Job) -> Sequence[Attempted]:
            """Answer thrice for the first, and for a stranger, and for nobody else."""
            first, *_ = await super().deliver(job)
            stranger = attrs.evolve(first.outcome, recipient=Recipient("smtp9@x"))
            return [first, first, attrs.evolve(first, outcome=stranger), first]

    clock = Clock()
    people = ["smtp1@x", "smtp2@x", "smtp1@x"]
    tried = attempt(clock, Careless(clock), [message(*people)], DeliveryLimits())

    outcomes = [each.attempted.outcome for each in tried]
    assert [("smtp1@x", "2.0.0"), ("smtp1@x", "2.0.0"), ("smtp2@x", "4.3.0")] == [
        (each.recipient.address, str(each.status)) for each in outcomes
    ]


def test_a_large_job() -> None:
    """Who has an answer is not looked for among all."""
    clock = Clock()
    people = [f"smtp{number}@x" for number in range(20_000)]

    class Backwards(Recorder):
        async def deliver(self, job: Job) -> Sequence[Attempted]:
            """Answer for the last one first."""
            return (await super().deliver(job))[::-1]

    begun = time.perf_counter()
    limits = DeliveryLimits(recipients_per_job=20_000)
    tried = attempt(clock, Backwards(clock), [message(*people)], limits)

    assert 20_000 == len(tried)
    assert time.perf_counter() - begun < 5
