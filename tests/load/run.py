"""Five hundred connections at once for a minute: `make load`.

    make load
    make load ARGS='--seconds 5 --connections 100'

Each connection sends one message after the other, with a pause between that is as
long as the server takes to answer five hundred.  What the server has taken is
handed to a transport that writes down what it gets; the two are compared at the
end.  The memory of the server is read twice a second.

Rules.
- Nothing that was answered 250 is missing, and nothing is there twice.
- No connection is refused or lost.
- Memory is bounded: it does not grow any more once all connections are there.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from tests.interop.peers.running import HOST, answers, free_port, running
from tests.load.client import Addressee, Client, Promise, Submission

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Load", "load", "main"]

ROOT = Path(__file__).resolve().parents[2]
_CONNECTIONS = 500
_SECONDS = 60.0
_SAMPLE_SECONDS = 0.5
_DRAIN_SECONDS = 120.0
_SMALL_OCTETS, _LARGE_OCTETS = 2_000, 400_000
# One of so many is large enough to be written to a file while it comes.
_ONE_IN = 200
_LINE = b"x" * 76 + b"\r\n"
# More than the limit of memory that the second half may be above the first.
MOST_GROWTH = 1.25


@attrs.frozen(kw_only=True)
class Load:
    """What a run was.

    Args:
        connections: How many were there at once.
        seconds: For how long they were sent over.
        taken: Messages that were answered 250.
        refused: Messages that were not.
        lost: Messages that were answered 250 and are not there.
        repeated: Messages that are there twice.
        broken: Connections that could not be made, or ended before their time.
        latencies: Seconds from MAIL to the last reply, sorted.
        memory: Octets of memory of the server, in the order of time.
    """

    connections: int
    seconds: float
    taken: int
    refused: int
    lost: int
    repeated: int
    broken: tuple[str, ...] = attrs.field(repr=False)
    latencies: tuple[float, ...] = attrs.field(repr=False)
    memory: tuple[int, ...] = attrs.field(repr=False)

    @property
    def growth(self) -> float:
        """How the most memory of the second half compares with that of the first."""
        half = len(self.memory) // 2
        return max(self.memory[half:]) / max(self.memory[:half])

    @property
    def passed(self) -> bool:
        """Whether every rule was kept."""
        harm = self.refused + self.lost + self.repeated + len(self.broken)
        return not harm and self.growth <= MOST_GROWTH

    def __str__(self) -> str:
        mega = [octets / 1e6 for octets in self.memory]
        half, most = self._latency(0.5), self._latency(0.99)
        lines = [
            f"connections     {self.connections}, {len(self.broken)} broken",
            f"messages        {self.taken}, {self.taken / self.seconds:,.0f}/s",
            f"refused         {self.refused}",
            f"lost            {self.lost}",
            f"twice           {self.repeated}",
            f"latency         {half:.3f} s, 99 of 100 within {most:.3f} s",
            f"memory, MB      {mega[0]:.0f} first, {max(mega):.0f} at most, {mega[-1]:.0f} last",
            f"growth          {self.growth:.2f} times in the second half",
            *(f"  {each}" for each in self.broken[:5]),
        ]
        return "\n".join(lines)

    def _latency(self, part: float) -> float:
        return self.latencies[int(part * (len(self.latencies) - 1))] if self.latencies else 0.0


@attrs.define
class _Tally:
    taken: list[str] = attrs.field(factory=list)
    refused: int = 0
    broken: list[str] = attrs.field(factory=list)
    latencies: list[float] = attrs.field(factory=list)


async def load(*, connections: int = _CONNECTIONS, seconds: float = _SECONDS) -> Load:
    """Run a server and all the connections to it.

    Raises:
        TimeoutError: The server does not come up, or is not done with its queue in time.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="dsnlib-load-") as name:
        directory = Path(name)
        command = [sys.executable, "-m", "tests.bench.servers", "durable", str(port), name]
        with running(command, is_up=answers(port), log=directory / "log", directory=ROOT) as server:
            tally = _Tally()
            memory: list[int] = []
            sampling = asyncio.create_task(_sample(server.pid, memory))
            await _send_all(port, tally, connections=connections, seconds=seconds)
            there = await _arrived(directory / "tally", len(tally.taken))
            sampling.cancel()
            await asyncio.gather(sampling, return_exceptions=True)
        logged = (directory / "log").read_text("utf-8", "replace")
    if "Traceback" in logged:
        tally.broken.append(logged[logged.index("Traceback") :][:2000])
    return Load(
        connections=connections,
        seconds=seconds,
        taken=len(tally.taken),
        refused=tally.refused,
        lost=len(set(tally.taken) - set(there)),
        repeated=sum(count > 1 for count in there.values()),
        broken=tuple(tally.broken),
        latencies=tuple(sorted(tally.latencies)),
        memory=tuple(memory),
    )


async def _send_all(port: int, tally: _Tally, *, connections: int, seconds: float) -> None:
    are_there = asyncio.Barrier(connections)
    await asyncio.gather(
        *(_connection(port, number, tally, are_there, seconds) for number in range(connections))
    )


async def _connection(
    port: int, number: int, tally: _Tally, are_there: asyncio.Barrier, seconds: float
) -> None:
    chance = random.Random(number)
    try:
        async with Client(HOST, port) as client:
            # Nobody begins before all are connected.
            await are_there.wait()
            end = time.monotonic() + seconds
            count = 0
            while time.monotonic() < end:
                count += 1
                token = f"c{number}x{count}"
                begin = time.monotonic()
                promise, _ = await client.submit(_submission(chance, token))
                if promise is not Promise.TAKEN:
                    tally.refused += 1
                    tally.broken.append(f"{token}: {promise.value}")
                    return
                tally.latencies.append(time.monotonic() - begin)
                tally.taken.append(token)
    except (OSError, asyncio.BrokenBarrierError) as error:
        tally.broken.append(f"connection {number}: {error!r}")
        await are_there.abort()


def _submission(chance: random.Random, token: str) -> Submission:
    octets = _SMALL_OCTETS if chance.randrange(_ONE_IN) else _LARGE_OCTETS
    return Submission(
        sender="ann@client.example",
        options=(f"ENVID={token}",),
        recipients=[Addressee("bob@there.example", ("NOTIFY=NEVER",))],
        content=f"Subject: token {token}\r\n\r\n".encode() + _LINE * (octets // len(_LINE)),
    )


async def _sample(pid: int, memory: list[int]) -> None:
    while True:
        memory.append(_memory_octets(pid))
        await asyncio.sleep(_SAMPLE_SECONDS)


def _memory_octets(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()


async def _arrived(path: Path, count: int) -> Counter[str]:
    """Return the tokens of what the transport was handed, once they are as many as expected."""
    end = time.monotonic() + _DRAIN_SECONDS
    while True:
        there = Counter(_tokens(path))
        if there.total() >= count or time.monotonic() > end:
            return there
        await asyncio.sleep(0.2)


def _tokens(path: Path) -> list[str]:
    return path.read_text("ascii").split() if path.exists() else []


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print what came of it, and tell by the exit status whether every rule was kept."""
    parser = argparse.ArgumentParser(description="Send over many connections at once.")
    parser.add_argument("--connections", type=int, default=_CONNECTIONS)
    parser.add_argument("--seconds", type=float, default=_SECONDS)
    chosen = parser.parse_args(arguments)
    found = asyncio.run(load(connections=chosen.connections, seconds=chosen.seconds))
    print(found)  # noqa: T201  a command prints
    return int(not found.passed)


if __name__ == "__main__":
    sys.exit(main())
