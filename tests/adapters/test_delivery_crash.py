"""The process ends at each thing that it does in turn, and starts again.

Invariant: what was answered with 250 is delivered or told of, nobody is told of anything
twice, no mailbox has a message twice, and nothing is left in the queue.
"""

import asyncio
import contextlib
import datetime as dt
import itertools
import logging
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from dsnlib.adapters.agents.limits import DeliveryLimits
from dsnlib.adapters.content import Content
from dsnlib.adapters.memory_queue import MemoryQueue
from dsnlib.adapters.queue import NewMessage, Queue, QueuedMessage, QueueUnavailable, Settlement
from dsnlib.adapters.spool import Spool
from dsnlib.adapters.spool.control import QueueControl
from dsnlib.adapters.transport import Attempted, Job
from dsnlib.errors import LookupFailed
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.policy.budget import Spending
from dsnlib.policy.expansion import Expansion
from tests.adapters import slow_life
from tests.adapters.mail_site import Clock, Site, open_site

ROOT = Path(__file__).resolve().parents[2]
ALIASES = "team: bob, x-5.1.1@example.net\nnews: bob, dora\nowner-news: olga\n"
RECIPIENTS = (
    "bob@example.org NOTIFY=SUCCESS,FAILURE",
    "y-5.1.1@example.net",
    "z@example.net NOTIFY=SUCCESS",
    "team@example.org NOTIFY=SUCCESS,FAILURE",
    "news@example.org NOTIFY=SUCCESS",
    "late-4.2.2@example.net",
)
TOLD = Counter(
    {
        ("delivered", "bob@example.org", "2.0.0"): 1,
        ("failed", "y-5.1.1@example.net", "5.1.1"): 1,
        ("relayed", "z@example.net", "2.0.0"): 1,
        ("expanded", "team@example.org", "2.0.0"): 1,
        ("failed", "team@example.org", "5.1.1"): 1,
        ("delivered", "news@example.org", "2.0.0"): 1,
        ("delayed", "late-4.2.2@example.net", "4.2.2"): 1,
        ("failed", "late-4.2.2@example.net", "4.2.2"): 1,
    }
)


class PowerCut(BaseException):
    """The end of the process: nothing catches it."""


class MortalQueue(MemoryQueue):
    """A queue that the power fails before or after its n-th step, and ever after.

    What was in work is in memory, and is forgotten by `revive`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.steps_left = -1
        self.is_after = False
        self.is_dead = False
        self.noted: list[str] = []

    @contextlib.asynccontextmanager
    async def _step(self) -> AsyncIterator[None]:
        await asyncio.sleep(0)
        if self.is_dead:
            raise PowerCut
        self.steps_left -= 1
        is_last = self.steps_left == 0
        if is_last:
            self.is_dead = True
        if is_last and not self.is_after:
            raise PowerCut
        yield
        if is_last:
            raise PowerCut

    async def add(
        self, messages: Sequence[NewMessage], *, spending: Mapping[str, Spending] | None = None
    ) -> None:
        """Add, unless the power fails."""
        async with self._step():
            await super().add(messages, spending=spending)

    async def claim(self, now: dt.datetime, *, most: int) -> Sequence[QueuedMessage]:
        """Claim, unless the power fails."""
        async with self._step():
            return await super().claim(now, most=most)

    async def note(self, queue_id: str, outcomes: Sequence[DeliveryOutcome]) -> None:
        """Note, unless the power fails."""
        async with self._step():
            await super().note(queue_id, outcomes)
            self.noted += [outcome.recipient.address for outcome in outcomes]

    async def settle(self, settlement: Settlement) -> None:
        """Settle, unless the power fails."""
        async with self._step():
            await super().settle(settlement)

    async def content(self, queue_id: str) -> Content:
        """Return the octets, unless the power fails."""
        async with self._step():
            return await super().content(queue_id)

    async def spending(self, keys: Iterable[str]) -> Mapping[str, Spending]:
        """Return what was spent, unless the power fails."""
        async with self._step():
            return await super().spending(keys)

    async def release(self, queue_id: str) -> None:
        """Do nothing once the power has failed."""
        if not self.is_dead:
            await super().release(queue_id)

    def revive(self) -> None:
        """Start again."""
        self.is_dead = False
        self.steps_left = -1
        self._in_work.clear()


# When something is due: at once, when the sender is warned, when the time is over.
PASSING = ({"hours": 5}, {"days": 5}, {"days": 1})


async def deliver(site: Site) -> None:
    """Deliver until nothing can be left."""
    for passing in PASSING:
        await site.deliverer.deliver_due()
        site.clock.pass_(**passing)
    await site.deliverer.deliver_due()


def assert_done(site: Site, step: int) -> None:
    """Assert that everybody has what is his, and the sender was told once of each."""
    assert () == site.queue.messages, step  # type: ignore[attr-defined]  # it is one in memory
    assert TOLD == Counter(site.told("ann")), step
    # bob: as himself and by the team the same message once, and by the list.
    assert {"bob": 2, "dora": 1} == {user: len(site.mail(user)) for user in ("bob", "dora")}, step


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_each_step_may_be_the_last(tmp_path: Path, is_after: bool) -> None:  # noqa: FBT001  a parameter of the table
    """After a crash at any step of the queue the rest is done, and nothing is done twice."""

    async def first_life(site: Site) -> bool:
        try:
            await site.submit(*RECIPIENTS)
            await deliver(site)
        except PowerCut:
            return True
        return False

    for step in itertools.count(1):
        queue = MortalQueue()
        queue.steps_left, queue.is_after = step, is_after
        home, clock = tmp_path / str(step), Clock()
        site = open_site(home, queue=queue, aliases=ALIASES, clock=clock)
        is_cut = asyncio.run(first_life(site))
        queue.revive()
        site = open_site(home, queue=queue, aliases=ALIASES, clock=clock)
        is_taken = step > 1 or is_after

        asyncio.run(deliver(site))

        if is_taken:
            assert_done(site, step)
        if not is_cut:
            break
    assert step > 20


class TwoWays:
    """A transport with a slow destination: what it hears of ends when it is told to."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.gate = asyncio.Event()

    async def deliver(self, job: Job) -> list[Attempted]:
        """Deliver at once, or when the gate is open."""
        self.begun += [each.address for each in job.recipients]
        if job.destination.nexthop == "slow.example":
            await self.gate.wait()
        await asyncio.sleep(0)
        self.ended += [each.address for each in job.recipients]
        return [self.site.script.say(job, each) for each in job.recipients]


FAST_AND_SLOW = (
    "a@fast.example NOTIFY=SUCCESS",
    "b-5.1.1@fast.example",
    "c@fast.example NOTIFY=NEVER",
    "d-4.2.2@fast.example",
    "e@slow.example NOTIFY=SUCCESS",
    "f-5.1.1@slow.example",
)
HEARD = [
    ("failed", "b-5.1.1@fast.example", "5.1.1"),
    ("failed", "f-5.1.1@slow.example", "5.1.1"),
    ("relayed", "a@fast.example", "2.0.0"),
    ("relayed", "e@slow.example", "2.0.0"),
]
FINAL = ["a@fast.example", "b-5.1.1@fast.example", "c@fast.example"]


def two_ways(home: Path, queue: Queue) -> tuple[Site, TwoWays]:
    """Return a site with such a transport."""
    site = open_site(home, queue=queue)
    transport = TwoWays(site)
    site.deliverer._dispatcher._transports["smtp"] = transport  # type: ignore[index]  # it needs the site
    return site, transport


async def until(is_so: Callable[[], object]) -> None:
    """Return when something is so."""
    for _ in range(5000):
        if is_so():
            return
        await asyncio.sleep(0.001)
    raise AssertionError


def test_the_fast_ones_are_not_tried_again(tmp_path: Path) -> None:
    """Killed while one destination is slow: the others are done, and all is told once."""
    queue = MortalQueue()

    async def first_life(site: Site, transport: TwoWays) -> None:
        await site.submit(*FAST_AND_SLOW)
        running = asyncio.ensure_future(site.deliverer.run())
        await until(lambda: queue.noted)
        assert "e@slow.example" in transport.begun
        assert "e@slow.example" not in transport.ended
        queue.is_dead = True
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    site, transport = two_ways(tmp_path, queue)
    asyncio.run(first_life(site, transport))
    assert FINAL == queue.noted
    assert [] == site.told()

    queue.revive()
    site, transport = two_ways(tmp_path, queue)
    transport.gate.set()
    asyncio.run(site.deliverer.deliver_due())

    rest = ["d-4.2.2@fast.example", "e@slow.example", "f-5.1.1@slow.example"]
    assert rest == sorted(transport.begun)
    # The log has told of the others.
    assert rest == sorted(each.recipient for each in site.records[:3])
    assert HEARD == site.told()
    # One notification of the failures, one of what was relayed: a crash divides neither.
    assert 2 == len(site.reports())
    (message,) = queue.messages
    assert ["d-4.2.2@fast.example"] == [each.address for each in message.envelope.recipients]
    assert (1, ()) == (message.history.attempts, message.noted)


def test_each_moment_of_a_slow_message(tmp_path: Path) -> None:
    """At whatever step the power fails, nobody is tried who was noted, and all is told once."""

    async def life(site: Site, transport: TwoWays) -> bool:
        running = asyncio.ensure_future(site.deliverer.deliver_due())
        await asyncio.wait([running], timeout=0.02)
        transport.gate.set()
        return isinstance((await asyncio.gather(running, return_exceptions=True))[0], PowerCut)

    step = 0
    for number in itertools.count(2):
        step, is_after = divmod(number, 2)
        queue = MortalQueue()
        site, transport = two_ways(tmp_path / f"{step}{is_after}", queue)
        asyncio.run(submitted(site, *FAST_AND_SLOW))
        queue.steps_left, queue.is_after = step, bool(is_after)
        is_cut = asyncio.run(life(site, transport))
        noted = set(queue.noted)
        queue.revive()
        site, again = two_ways(tmp_path / f"{step}{is_after}", queue)
        again.gate.set()
        asyncio.run(site.deliverer.deliver_due())

        assert not noted & set(again.begun), step
        assert HEARD == site.told(), step
        if not is_cut:
            break
    assert step > 5


async def submitted(site: Site, *recipients: str) -> None:
    """Hand in a message."""
    assert 250 == (await site.submit(*recipients)).code


def test_stopped_while_it_is_settled(tmp_path: Path) -> None:
    """A settlement that the disk is just taking is waited for, though the time is over."""

    class Slow(MortalQueue):
        async def settle(self, settlement: Settlement) -> None:
            begun.set()
            await gate.wait()
            await super().settle(settlement)

    async def live() -> None:
        await site.submit("x-5.1.1@example.net")
        running = asyncio.ensure_future(site.deliverer.run(grace_seconds=0))
        await begun.wait()
        site.deliverer.stop()
        await asyncio.wait([running], timeout=0.02)
        assert not running.done()
        gate.set()
        await running

    queue, begun, gate = Slow(), asyncio.Event(), asyncio.Event()
    site = open_site(tmp_path, queue=queue)
    asyncio.run(live())

    assert [] == queue.noted
    assert ["ann@example.org"] == [each.envelope.recipients[0].address for each in queue.messages]


def test_stopped_while_a_destination_is_slow(tmp_path: Path) -> None:
    """What goes back because the time is over has all noted that has ended, on the disk."""

    async def live() -> None:
        async with Spool.open(tmp_path / "queue", reserve_octets=0) as queue:
            site, transport = two_ways(tmp_path, queue)
            await site.submit(*FAST_AND_SLOW)
            running = asyncio.ensure_future(site.deliverer.run(grace_seconds=0))
            await until(lambda: len(transport.ended) == 4)
            site.deliverer.stop()
            await asyncio.wait_for(running, 5)
        async with Spool.open(tmp_path / "queue", reserve_octets=0) as queue:
            site, transport = two_ways(tmp_path, queue)
            transport.gate.set()
            await site.deliverer.deliver_due()
            assert not set(FINAL) & set(transport.begun)
            assert HEARD == site.told()

    asyncio.run(live())


def test_noted_when_nothing_can_be_settled(tmp_path: Path) -> None:
    """While a table of aliases is away nothing is told; what was done outlives a stop."""
    queue = MortalQueue()
    site = open_site(tmp_path, queue=queue, limits=DeliveryLimits(again_seconds=0.01))
    look_up = site.notifier._look_up

    def fail(address: str) -> Expansion | None:
        if address == "ann@example.org":
            raise LookupFailed("away")
        return look_up(address)

    async def live() -> None:
        await site.submit("x-5.1.1@example.net", "y@example.net NOTIFY=NEVER")
        site.notifier._look_up = fail
        running = asyncio.ensure_future(site.deliverer.run())
        await until(lambda: queue.noted)
        site.deliverer.stop()
        await asyncio.wait_for(running, 5)

    asyncio.run(live())
    assert 1 == len(site.script.jobs)
    assert 0 == queue.messages[0].history.attempts
    site.notifier._look_up = look_up
    site = open_site(tmp_path, queue=queue)
    asyncio.run(site.deliverer.deliver_due())

    assert [] == site.script.jobs
    assert [("failed", "x-5.1.1@example.net", "5.1.1")] == site.told()
    assert () == queue.messages


def test_one_destination_notes_nothing(tmp_path: Path) -> None:
    """What is settled at once costs nothing more, however it ends."""
    queue = MortalQueue()
    site = open_site(tmp_path, queue=queue)
    asyncio.run(submitted(site, "a@example.net", "b-5.1.1@example.net", "c-4.2.2@example.net"))
    asyncio.run(site.deliverer.deliver_due())

    assert [] == queue.noted


def test_a_note_that_the_disk_does_not_take(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It holds nothing up: what has ended is noted with what ends next, or settled."""

    class Full(MemoryQueue):
        faults: ClassVar = [QueueUnavailable("full"), RuntimeError("a defect")]

        async def note(self, queue_id: str, outcomes: Sequence[DeliveryOutcome]) -> None:
            if self.faults:
                raise self.faults.pop(0)
            await super().note(queue_id, outcomes)

    async def live(site: Site, transport: TwoWays) -> None:
        await site.submit(
            "a@fast.example", "b@faster.example", "c@fastest.example", "e@slow.example"
        )
        running = asyncio.ensure_future(site.deliverer.deliver_due())
        await until(lambda: len(transport.ended) == 3)
        transport.gate.set()
        await running

    site, transport = two_ways(tmp_path, Full())
    with caplog.at_level(logging.WARNING, "dsnlib.delivery"):
        asyncio.run(live(site, transport))

    assert 4 == len(transport.ended)
    assert () == site.queue.messages  # type: ignore[attr-defined]  # it is one in memory
    assert "cannot be noted now: full" in caplog.text


def test_stopped_at_each_moment(tmp_path: Path) -> None:
    """What is cancelled in the middle is done later, and its notifications once."""

    async def live(site: Site, moments: int) -> bool:
        await site.submit(*RECIPIENTS)
        running = asyncio.ensure_future(site.deliverer.run(grace_seconds=0))
        for _ in range(moments):
            await asyncio.sleep(0)
        is_idle = not site.deliverer._tasks and bool(site.records)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return is_idle

    is_idle = False
    moments = 0
    while not is_idle:
        moments += 1 + moments // 8
        home = tmp_path / str(moments)
        queue = MortalQueue()
        is_idle = asyncio.run(live(open_site(home, queue=queue, aliases=ALIASES), moments))
        site = open_site(home, queue=queue, aliases=ALIASES)

        asyncio.run(deliver(site))

        assert_done(site, moments)
    assert moments > 20


def test_killed_while_a_destination_is_slow(tmp_path: Path) -> None:
    """A process is killed: whom it had delivered to is shown as that, and not tried again."""
    with subprocess.Popen(
        [sys.executable, Path(slow_life.__file__), tmp_path],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        try:
            noted = _noted(tmp_path / "queue")
        finally:
            process.kill()

    assert [Disposition.RELAYED, Disposition.FAILED, Disposition.RELAYED] == noted
    site = asyncio.run(slow_life.live(tmp_path, is_first=False))
    tried = Counter((tmp_path / "tried").read_text().split())
    assert {1} == {tried[address.split()[0]] for address in slow_life.FAST}
    assert {2} == {tried[address.split()[0]] for address in slow_life.SLOW}
    told = ["b-5.1.1@fast.example", "e-5.1.1@slow.example", "a@fast.example", "d@slow.example"]
    assert told == [each[1] for each in site.told()]
    assert 2 == len(site.reports())


def _noted(queue: Path) -> list[Disposition]:
    """Return what a running process has noted, as soon as it has."""
    for _ in range(3000):
        # At first there is no queue, or it is just being made.
        with contextlib.suppress(QueueUnavailable), QueueControl.open(queue) as control:
            for message in control.messages():
                if isinstance(message, QueuedMessage) and message.noted:
                    return [each.disposition for each in message.noted]
        time.sleep(0.01)
    raise AssertionError
