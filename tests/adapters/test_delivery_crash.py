"""The process ends at each thing that it does in turn, and starts again.

Invariant: what was answered with 250 is delivered or told of, nobody is told of anything
twice, no mailbox has a message twice, and nothing is left in the queue.
"""

import asyncio
import contextlib
import datetime as dt
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from dsnlib.adapters.content import Content
from dsnlib.adapters.memory_queue import MemoryQueue
from dsnlib.adapters.queue import NewMessage, QueuedMessage, Settlement
from dsnlib.policy.budget import Spending
from tests.adapters.mail_site import Clock, Site, open_site

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
    for time in PASSING:
        await site.deliverer.deliver_due()
        site.clock.pass_(**time)
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
