"""Slow next hops: mail for others does not wait behind them."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from dsnlib.adapters.agents.limits import DeliveryLimits
from dsnlib.adapters.transport import Attempted, Job
from tests.adapters.mail_site import Site, open_site


class Tarpit:
    """A transport that takes its time, until it is released."""

    def __init__(self) -> None:
        self.is_open = asyncio.Event()
        self.begun = 0

    async def deliver(self, job: Job) -> Sequence[Attempted]:  # noqa: ARG002  a transport's
        """Wait."""
        self.begun += 1
        await self.is_open.wait()
        return ()


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something, for ten seconds."""
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110  it is asked of files too
            await asyncio.sleep(0.01)


def has_mail(site: Site, user: str) -> bool:
    """Tell whether somebody has mail."""
    return bool(site.mail(user)) if (site.home / user).is_dir() else False


async def run_with(
    home: Path, destinations: int, each: int, limits: DeliveryLimits, *, until_begun: int
) -> tuple[Site, Tarpit]:
    """Fill a site with mail for slow systems, then submit mail for Bob, and stop."""
    tarpit = Tarpit()
    site = open_site(home, transports={"smtp": tarpit}, limits=limits)
    for number in range(destinations):
        for user in range(each):
            await site.submit(f"x{user}@tarpit{number}.example")
    running = asyncio.create_task(site.deliverer.run(grace_seconds=0.01))
    await until(lambda: tarpit.begun >= until_begun)
    await site.submit("bob@example.org")
    await until(lambda: has_mail(site, "bob"))
    site.deliverer.stop()
    await running
    return site, tarpit


def test_one_next_hop_that_tarpits(tmp_path: Path) -> None:
    """Many messages for one slow next hop do not keep mail for others waiting."""
    limits = DeliveryLimits(
        poll_seconds=0.05, most_messages=50, most_jobs=10, most_per_destination=2
    )
    site, tarpit = asyncio.run(run_with(tmp_path, 1, 60, limits, until_begun=2))

    waiting = site.queue.messages  # type: ignore[attr-defined]  # it is one in memory
    back = [each for each in waiting if each.reason == "many wait for the same way already"]
    assert 2 == tarpit.begun
    # Three quarters of fifty may wait; nobody who went back has been tried, or is forgotten.
    assert (60, 23) == (len(waiting), len(back))
    assert {0} == {each.history.attempts for each in back}
    # They come back one after the other; two may have gone back in the same microsecond.
    assert len(back) - 3 <= len({each.due for each in back})


def test_several_next_hops_that_tarpit(tmp_path: Path) -> None:
    """Slow next hops do not take all turns from the mailboxes here."""
    limits = DeliveryLimits(
        poll_seconds=0.05, most_messages=500, most_jobs=10, most_per_destination=2
    )
    _, tarpit = asyncio.run(run_with(tmp_path, 6, 2, limits, until_begun=10))

    assert 10 == tarpit.begun
