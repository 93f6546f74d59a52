"""Kill the server again and again while it works, and see that nothing is lost: `make crash`.

    make crash                                  300 kills, by a new seed
    make crash ARGS='--kills 20 --seed 7'
    make crash ARGS='--directory /tmp/crash'    what it leaves is kept there

Rules.
- The server is killed (SIGKILL) at random moments, some of them while it starts,
  and started again on the same queue; senders and next hops go on.
- At the end it is let work until its queue is empty, and is stopped (SIGTERM).
- Then the mailboxes, the next hops and the files of the queue are held against
  what clients were promised.  The exit status is 1 if a law is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from tests.crash.evidence import collect
from tests.crash.ledger import Breach, audit
from tests.crash.load import Senders
from tests.crash.server import make_site, start_server, tracebacks
from tests.interop.peers.hop import Hop
from tests.interop.peers.running import HOST, answers, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.crash.server import Started
    from tests.interop.peers.ours import Ours

__all__ = ["Totals", "crash", "main"]

_SENDERS = 6
_LONGEST_LIFE_SECONDS = 0.6
# One of so many dies before it has come up.
_ONE_IN = 10
_START_SECONDS = 30.0
_DRAIN_SECONDS = 300.0
_STOP_SECONDS = 30.0
_TOLD_OF = 20
# How many recipients the next hop of one domain puts off: enough for warnings of delays.
_PUT_OFF = 0.3


@attrs.frozen(kw_only=True)
class Totals:
    """What a run was, and what it has found.

    Args:
        seed: What it follows from.
        kills: How often the server was killed.
        promises: How many messages clients had which answer for.
        copies: Copies in mailboxes.
        notifications: Notifications, by action.
        onward: Copies at next hops.
        repeated: How many of these a next hop has more than once, which SMTP cannot
            exclude (RFC 1047).
        starts: Seconds that each start took.
        seconds: How long it all took.
        breaches: The laws that were broken.
    """

    seed: int
    kills: int
    promises: dict[str, int]
    copies: int
    notifications: dict[str, int]
    onward: int
    repeated: int
    starts: tuple[float, ...] = attrs.field(repr=False)
    seconds: float
    breaches: tuple[Breach, ...] = attrs.field(repr=False)

    def __str__(self) -> str:
        promises = ", ".join(f"{count} {name}" for name, count in sorted(self.promises.items()))
        told = ", ".join(f"{count} {name}" for name, count in sorted(self.notifications.items()))
        starts = sorted(self.starts)
        lines = [
            f"seed {self.seed}: {self.kills} kills in {self.seconds:.0f} s",
            f"messages        {sum(self.promises.values())}: {promises}",
            f"copies          {self.copies}",
            f"notifications   {sum(self.notifications.values())}: {told}",
            f"at next hops    {self.onward}, {self.repeated} of them more than once",
            f"starts          {statistics.median(starts):.2f} s, {starts[-1]:.2f} s at most",
            f"broken laws     {self._laws() or 'none'}",
            *(f"  {each}" for each in self.breaches[:_TOLD_OF]),
        ]
        return "\n".join(lines)

    def _laws(self) -> str:
        laws = Counter(each.law for each in self.breaches)
        return ", ".join(f"{count} {law}" for law, count in sorted(laws.items()))


async def crash(directory: Path, *, kills: int, seed: int, senders: int = _SENDERS) -> Totals:
    """Run the whole of it in a directory.

    Raises:
        TimeoutError: The server does not start, does not empty its queue, or does not stop.
    """
    begin = time.monotonic()
    chance = random.Random(seed)
    starts: list[float] = []
    async with (
        Hop() as dsn,
        Hop(keywords=("8BITMIME",)) as plain,
        Hop(keywords=("8BITMIME",), answer=_sometimes(random.Random(f"{seed}/later"))) as later,
        Hop(answer=lambda _: "550 5.1.1 Nobody of that name") as refusing,
    ):
        hops = {
            "dsn.example": dsn.port,
            "plain.example": plain.port,
            "later.example": later.port,
            "refused.example": refusing.port,
        }
        site = make_site(directory, free_port(), hops)
        load = Senders(host=HOST, port=site.port, seed=seed, count=senders)
        sending = asyncio.create_task(load.run())
        try:
            for _ in range(kills):
                await _live_and_die(site, chance, starts)
            started = start_server(site)
            try:
                starts.append(await _come_up(site, started))
                load.is_over = True
                await sending
                await _until(lambda: not site.waiting(), _DRAIN_SECONDS, "an empty queue")
            finally:
                code = await asyncio.to_thread(started.stop, _STOP_SECONDS)
        finally:
            load.is_over = True
            await sending
        evidence = await asyncio.to_thread(
            collect, site.mailboxes, (*dsn.taken, *plain.taken, *later.taken)
        )
    breaches = audit(load.sent, evidence)
    breaches += [Breach("left-over", each) for each in site.left_over()]
    breaches += [Breach("traceback", each) for each in tracebacks(site)]
    if code:
        breaches.append(Breach("stop", f"SIGTERM ended it with {code}"))
    actions: Counter[str] = Counter()
    for (_, _, action), count in evidence.notifications.items():
        actions[action] += count
    return Totals(
        seed=seed,
        kills=kills,
        promises=dict(Counter(each.promise.value for each in load.sent)),
        copies=evidence.copies.total(),
        notifications=dict(actions),
        onward=evidence.onward.total(),
        repeated=sum(count > 1 for count in evidence.onward.values()),
        starts=tuple(starts),
        seconds=time.monotonic() - begin,
        breaches=tuple(breaches),
    )


async def _live_and_die(site: Ours, chance: random.Random, starts: list[float]) -> None:
    started = start_server(site)
    try:
        if chance.randrange(_ONE_IN):
            starts.append(await _come_up(site, started))
            await asyncio.sleep(chance.random() * _LONGEST_LIFE_SECONDS)
        else:
            usual = statistics.median(starts) if starts else _LONGEST_LIFE_SECONDS
            await asyncio.sleep(chance.random() * usual)
    finally:
        started.kill()


async def _come_up(site: Ours, started: Started) -> float:
    """Return the seconds from the start of a server to its greeting."""
    begin = time.monotonic()
    check = answers(site.port)
    end = begin + _START_SECONDS
    while not await asyncio.to_thread(check):
        if started.has_ended():
            raise RuntimeError(f"the server has ended\n{site.log()[-4000:]}")
        if time.monotonic() > end:
            raise TimeoutError(f"the server did not greet within {_START_SECONDS:g} s")
        await asyncio.sleep(0.01)
    return time.monotonic() - begin


async def _until(check: Callable[[], bool], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(check):
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        await asyncio.sleep(0.1)


def _sometimes(chance: random.Random) -> Callable[[str], str]:
    """Return an answer that puts off some recipients."""

    def answer(address: str) -> str:
        if chance.random() < _PUT_OFF:
            return "451 4.3.2 Come later"
        return f"250 2.1.5 {address} is fine"

    return answer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print what came of it, and tell by the exit status whether every law held."""
    parser = argparse.ArgumentParser(description="Kill the server while it works.")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--senders", type=int, default=_SENDERS)
    parser.add_argument("--directory", type=Path, help="kept; otherwise one that is removed")
    chosen = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(1_000_000) if chosen.seed is None else chosen.seed
    print(f"seed {seed}", flush=True)  # noqa: T201  a command prints; a hang has to name its seed
    with tempfile.TemporaryDirectory(prefix="dsnlib-crash-") as name:
        totals = asyncio.run(
            crash(
                chosen.directory or Path(name),
                kills=chosen.kills,
                seed=seed,
                senders=chosen.senders,
            )
        )
    print(totals)  # noqa: T201  a command prints
    return int(bool(totals.breaches))


if __name__ == "__main__":
    sys.exit(main())
