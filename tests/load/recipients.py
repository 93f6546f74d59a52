"""A hundred thousand recipients over a thousand destinations: `python -m tests.load.recipients`.

    python -m tests.load.recipients --recipients 10000 --destinations 100

Half of them are those of one message; of the others, each message has five at each of
twenty destinations.  The reference client sends them, to a hundred and twenty destinations
at a time, into a network whose servers are slow, crowded, weary and shy, or absent: see
`tests.load.network`.  Who is deferred is tried again, up to fifteen times, and then given up.

Rules.
- Every recipient has exactly one final outcome, and it is the right one.
- Who was delivered to is in the ledger of the network once; nobody else is.
- Memory is bounded, and the time for one recipient is the same for few and for many.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import resource
import sys
import tempfile
import time
from collections import Counter, deque
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.client.cache import ConnectionCache
from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.sessions import HeldSession
from dsnlib.adapters.client.settings import ClientSettings
from dsnlib.adapters.content import Content
from dsnlib.adapters.smtp_client import SmtpClient
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.outcome import Disposition
from tests.interop.peers.running import HOST, running
from tests.load.network import LEDGER, PORTS, Traits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dsnlib.adapters.client.result import SendResult

__all__ = ["Delivered", "deliver_all", "main"]

ROOT = Path(__file__).resolve().parents[2]
_RECIPIENTS, _DESTINATIONS = 100_000, 1_000
_AT_EACH = 5
_OF_A_MESSAGE = 20
# As Postfix's `default_destination_recipient_limit`.
_MOST_AT_ONCE = 50
_AT_A_TIME = 120
_MOST_ATTEMPTS = 15
_SAMPLE_SECONDS = 0.5
_LINE = b"x" * 76 + b"\r\n"
_CONTENT = Content(body=b"Subject: x\r\n\r\n" + _LINE * 26)
_SETTINGS = ClientSettings(hello="client.example")
_NOW = dt.datetime(2026, 7, 1, 12, 0, tzinfo=dt.UTC)
_UNHAPPY = frozenset({Disposition.FAILED, Disposition.DELAYED})
# One of so many recipients is unknown, and one of so many has a mailbox that stays full.
_ONE_UNKNOWN, _ONE_FULL = 20, 50

_OPEN, _DELIVERED, _REFUSED, _GIVEN_UP = b"\0\1\2\3"
_NAMES = {_DELIVERED: "delivered", _REFUSED: "refused", _GIVEN_UP: "given up"}


@attrs.frozen(kw_only=True)
class Delivered:
    """What a run was.

    Args:
        recipients: How many there were.
        seconds: How long it took, without the start of the network.
        own_seconds: How much of it the processor worked for the client.
        counts: How many had which outcome.
        wrong: What is against the rules, in words.
        attempts: How often a recipient was tried, all together.
        sends: How many messages went to a destination, all together.
        memory: Octets of memory, in the order of time.
        latencies: Seconds of each send, sorted.
        cache: What the client says of its connections.
    """

    recipients: int
    seconds: float
    own_seconds: float
    counts: Counter[str]
    wrong: tuple[str, ...] = attrs.field(repr=False)
    attempts: int
    sends: int
    memory: tuple[int, ...] = attrs.field(repr=False)
    latencies: tuple[float, ...] = attrs.field(repr=False)
    cache: tuple[str, ...] = ()

    @property
    def microseconds_each(self) -> float:
        """What one recipient took the processor."""
        return self.own_seconds / self.recipients * 1e6

    def __str__(self) -> str:
        mega = [octets / 1e6 for octets in self.memory]
        latency = [self.latencies[int(part * (len(self.latencies) - 1))] for part in (0.5, 0.99, 1)]
        each = self.seconds / self.recipients * 1e6
        counts = ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))
        return "\n".join(
            [
                f"recipients      {self.recipients}: {counts}",
                f"sends           {self.sends}, {self.attempts} attempts at a recipient",
                f"time            {self.seconds:.1f} s, {each:,.0f} us each",
                f"processor       {self.own_seconds:.1f} s, {self.microseconds_each:,.0f} us each",
                "a send          {:.3f} s, 99 of 100 within {:.3f} s, all {:.3f} s".format(
                    *latency
                ),
                f"memory, MB      {mega[0]:.0f} first, {max(mega):.0f} most, {mega[-1]:.0f} last",
                *self.cache,
                f"wrong           {len(self.wrong)}",
                *(f"  {text}" for text in self.wrong[:10]),
            ]
        )


class _Router:
    """Knows the port of each destination."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports

    async def places(self, nexthop: str, *, is_configured: bool = True) -> tuple[ServerPlace, ...]:
        """Return the one place of a destination."""
        del is_configured
        port = self._ports[_number(nexthop)]
        return (ServerPlace(host=f"mx.{nexthop}", address=HOST, port=port, domain=nexthop),)

    async def fallback_places(self, nexthop: str) -> tuple[ServerPlace, ...]:
        """Return that there is no other."""
        del nexthop
        return ()


def _number(nexthop: str) -> int:
    return int(nexthop.removeprefix("d").partition(".")[0])


def _destination(index: int, destinations: int) -> int:
    return index // _AT_EACH % destinations


def _address(index: int, destinations: int) -> str:
    """Return the address of a recipient."""
    kind = "none" if not index % _ONE_UNKNOWN else "full" if not index % _ONE_FULL else "user"
    return f"{kind}-{index}@d{_destination(index, destinations)}.example"


def _index(address: str) -> int:
    return int(address.partition("@")[0].partition("-")[2])


@attrs.frozen
class _Job:
    """Some recipients of a message, at one destination.

    Args:
        envelope: Of the whole message.
        recipients: Those.
        attempt: Which one it is, from 1.
    """

    envelope: Envelope
    recipients: tuple[Recipient, ...]
    attempt: int = 1

    @property
    def nexthop(self) -> str:
        """The destination."""
        return self.recipients[0].address.partition("@")[2]


def _jobs(recipients: int, destinations: int) -> Iterator[_Job]:
    """Yield the first attempts, one message after the other."""
    half = recipients // 2
    yield from _jobs_of_one(range(half), destinations)
    size = _AT_EACH * _OF_A_MESSAGE
    for start in range(half, recipients, size):
        yield from _jobs_of_one(range(start, min(start + size, recipients)), destinations)


def _jobs_of_one(indexes: range, destinations: int) -> Iterator[_Job]:
    """Yield the first attempts at the recipients of one message."""
    envelope = Envelope(
        sender="ann@here.example",
        recipients=[Recipient(_address(index, destinations)) for index in indexes],
    )
    members: dict[int, list[Recipient]] = {}
    for index, recipient in zip(indexes, envelope.recipients, strict=True):
        members.setdefault(_destination(index, destinations), []).append(recipient)
    for several in members.values():
        for begin in range(0, len(several), _MOST_AT_ONCE):
            yield _Job(envelope, tuple(several[begin : begin + _MOST_AT_ONCE]))


class _Run:
    def __init__(self, client: SmtpClient, recipients: int, destinations: int) -> None:
        self._client = client
        self._fresh = _jobs(recipients, destinations)
        self._again: deque[_Job] = deque()
        self._under_way = 0
        self._idle = asyncio.Condition()
        # A destination that others wait for.
        self._waiting: Counter[str] = Counter()
        self.outcomes = bytearray(recipients)
        self.attempts = self.sends = 0
        self.latencies: list[float] = []
        self.wrong: list[str] = []

    async def work(self) -> None:
        """Take one after the other, until nothing is left."""
        while (job := await self._next()) is not None:
            begin = time.perf_counter()
            results = await self._client.send(
                job.envelope, _CONTENT, nexthop=job.nexthop, recipients=job.recipients,
                now=_NOW, is_busy=True,
            )  # fmt: skip
            self.latencies.append(time.perf_counter() - begin)
            self.sends += 1
            await self._done(job, results)

    async def _next(self) -> _Job | None:
        async with self._idle:
            while True:
                job = next(self._fresh, None)
                if job is None and self._again:
                    job = self._again.popleft()
                if job is not None:
                    self._under_way += 1
                    return job
                if not self._under_way:
                    return None
                # What is under way may come back.
                await self._idle.wait()

    async def _done(self, job: _Job, results: Sequence[SendResult]) -> None:
        expected = Counter(each.address for each in job.recipients)
        if Counter(each.recipient for each in results) != expected:
            self.wrong.append(f"{job.nexthop}: results for {[each.recipient for each in results]}")
        self.attempts += len(results)
        left = []
        for result in results:
            disposition = result.outcome.disposition
            if disposition is Disposition.DELAYED and job.attempt < _MOST_ATTEMPTS:
                left.append(result.outcome.recipient)
                continue
            index = _index(result.recipient)
            if self.outcomes[index] != _OPEN:
                self.wrong.append(f"{result.recipient}: another outcome, {result.outcome}")
            self.outcomes[index] = (
                _REFUSED if disposition is Disposition.FAILED
                else _GIVEN_UP if disposition is Disposition.DELAYED
                else _DELIVERED
            )  # fmt: skip
        async with self._idle:
            self._under_way -= 1
            if left:
                self._again.append(_Job(job.envelope, tuple(left), job.attempt + 1))
            self._idle.notify_all()


async def deliver_all(recipients: int, destinations: int) -> Delivered:
    """Deliver to all, and return what came of it."""
    with tempfile.TemporaryDirectory(prefix="dsnlib-network-") as name:
        directory = Path(name)
        command = [sys.executable, "-m", "tests.load.network", str(destinations), name]
        ports_file = directory / PORTS
        with running(command, is_up=ports_file.exists, log=directory / "log", directory=ROOT):
            ports = [int(line) for line in ports_file.read_text("ascii").split()]
            memory: list[int] = []
            sampling = asyncio.create_task(_sample(memory))
            begin, own = time.perf_counter(), time.process_time()
            async with (
                ConnectionCache[HeldSession]() as cache,
                SmtpClient(_SETTINGS, router=_Router(ports), cache=cache) as client,
            ):
                run = _Run(client, recipients, destinations)
                await asyncio.gather(*(run.work() for _ in range(_AT_A_TIME)))
            seconds, own = time.perf_counter() - begin, time.process_time() - own
            sampling.cancel()
            await asyncio.gather(sampling, return_exceptions=True)
            memory.append(_memory_octets())
        ledger = Counter((directory / LEDGER).read_text("ascii").split())
        logged = (directory / "log").read_text("utf-8", "replace")
    wrong = [*run.wrong, *_against(run.outcomes, ledger, destinations)]
    if "Traceback" in logged:
        wrong.append(logged[logged.index("Traceback") :][:2000])
    return Delivered(
        recipients=recipients,
        seconds=seconds,
        own_seconds=own,
        counts=Counter(_NAMES.get(each, "open") for each in run.outcomes),
        wrong=tuple(wrong),
        attempts=run.attempts,
        sends=run.sends,
        memory=tuple(memory),
        latencies=tuple(sorted(run.latencies)),
        cache=tuple(cache.statistics.lines()),
    )


def _against(outcomes: bytearray, ledger: Counter[str], destinations: int) -> Iterator[str]:
    """Yield what is not as it must be."""
    traits = [Traits.of(number) for number in range(destinations)]
    left = Counter(ledger)
    for index, outcome in enumerate(outcomes):
        address = _address(index, destinations)
        found = traits[_number(address.partition("@")[2])]
        if found.is_absent:
            right = _GIVEN_UP
        else:
            right = {"none": _REFUSED, "full": _GIVEN_UP}.get(address[:4], _DELIVERED)
        if outcome != right:
            names = _NAMES.get(outcome, "open"), _NAMES[right]
            yield "{} is {}, not {}; {}".format(address, *names, found)
        count = left.pop(address, 0)
        if count != (right == _DELIVERED):
            yield f"{address} is there {count} times; {found}"
    for address, count in left.items():
        yield f"{address} is there {count} times, and was not sent to"


async def _sample(memory: list[int]) -> None:
    while True:
        memory.append(_memory_octets())
        await asyncio.sleep(_SAMPLE_SECONDS)


def _memory_octets() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print what came of it, and tell by the exit status whether every rule was kept."""
    parser = argparse.ArgumentParser(description="Deliver to very many recipients.")
    parser.add_argument("--recipients", type=int, default=_RECIPIENTS)
    parser.add_argument("--destinations", type=int, default=_DESTINATIONS)
    chosen = parser.parse_args(arguments)
    found = asyncio.run(deliver_all(chosen.recipients, chosen.destinations))
    print(found)  # noqa: T201  a command prints
    return int(bool(found.wrong))


if __name__ == "__main__":
    sys.exit(main())
