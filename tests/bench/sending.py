"""How many messages a second a client sends: `python -m tests.bench.sending`.

On one connection that stays, one message after the other:

    session      the reference session, without what is around it, with PIPELINING
    client       the reference client, which keeps the connection in its cache
    chunked      the same to a server with CHUNKING, which is sent all of it at once
    aiosmtplib   `SMTP.sendmail` of aiosmtplib
    smtplib      `SMTP.sendmail` of smtplib, which waits in system calls

To 20 destinations at once, one message at a time to each:

    cached       the reference client
    new          the same with a new connection for each message

Messages of 2 kB, to a server that takes everything and does nothing, in a process of its
own.  All take many short turns in one go, so that what else the machine does falls on all
alike; of each the best turn counts, and the latencies are those of all.  Only ratios mean
anything on another machine.  `own` is the time that the processor worked for the sender.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import cProfile
import datetime as dt
import pstats
import smtplib
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import attrs

ROOT = Path(__file__).resolve().parent.parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from dsnlib.adapters.content import Content  # noqa: E402  found by the line above
from dsnlib.model.envelope import Envelope, Recipient  # noqa: E402  the same
from tests.bench.figure import Figure  # noqa: E402  the same
from tests.interop.peers.running import HOST, answers, free_port, running  # noqa: E402  the same

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
__all__ = ["Sending", "figures", "measure_sending"]

CLIENT_TO_AIOSMTPLIB = 2.0
CACHED_TO_NEW = 3.0

_OCTETS = 2048
_MESSAGES = 300
_ROUNDS = 20
# What is made late is made before the clock runs.
_WARM = 30
_DESTINATIONS = 20
_SENDER, _RECIPIENT = "ann@client.example", "bob@there.example"
_LINE = b"x" * 76 + b"\r\n"
_MESSAGE = b"Subject: x\r\n\r\n" + _LINE * (_OCTETS // len(_LINE))
_NOW = dt.datetime(2026, 7, 1, 12, 0, tzinfo=dt.UTC)
_TOP = 30

Send = Callable[[int], Awaitable[None]]
"""Sends one message, to the destination of a number."""


@attrs.frozen(kw_only=True)
class Sending:
    """What one sender did.

    Args:
        rates: Messages a second in each round.
        own_seconds: What one message took the processor, at best.
        latencies: Seconds that each message took, sorted.
    """

    rates: tuple[float, ...]
    own_seconds: float
    latencies: tuple[float, ...] = attrs.field(repr=False)

    @property
    def rate(self) -> float:
        """The best round: what else the machine does makes it slower, never faster."""
        return max(self.rates)

    def latency(self, part: float) -> float:
        """Return how many seconds that part of the messages took at most."""
        return self.latencies[int(part * (len(self.latencies) - 1))]


def _content() -> tuple[Envelope, Content]:
    envelope = Envelope(sender=_SENDER, recipients=[Recipient(_RECIPIENT)])
    return envelope, Content(body=_MESSAGE)


@contextlib.asynccontextmanager
async def _session(ports: Sequence[int]) -> AsyncIterator[Send]:
    from dsnlib.adapters.client.peer_session import PeerSession
    from dsnlib.adapters.client.place import ServerPlace
    from dsnlib.adapters.client.plan import plan_message
    from dsnlib.adapters.client.settings import ClientSettings
    from dsnlib.adapters.client.tls.policy import TlsPolicy
    from dsnlib.policy.relay import RelayPolicy
    from dsnlib.policy.settle import settle_recipients
    from dsnlib.replies.discard import Discards

    place = ServerPlace(host=HOST, address=HOST, port=ports[0])
    settings = ClientSettings(hello="client.example")
    session = await PeerSession.open(
        place, settings, policy=TlsPolicy(), login=None, discards=Discards()
    )
    envelope, content = _content()
    policy = RelayPolicy()

    async def send(_: int) -> None:
        plan = plan_message(
            session.features, session.hop, envelope, envelope.recipients, content, policy, _NOW
        )
        replies = [
            await session.transact(each, content, body=envelope.body) for each in plan.transactions
        ]
        (settled,) = settle_recipients(plan, replies, now=_NOW)
        assert settled.outcome.status.class_ == 2, settled

    yield send
    await session.quit()


@contextlib.asynccontextmanager
async def _client(ports: Sequence[int], *, caches: bool = True) -> AsyncIterator[Send]:
    from dsnlib.adapters.client.cache import ConnectionCache
    from dsnlib.adapters.client.sessions import HeldSession
    from dsnlib.adapters.client.settings import ClientSettings
    from dsnlib.adapters.smtp_client import SmtpClient

    envelope, content = _content()
    places = [f"[{HOST}]:{port}" for port in ports]
    settings = ClientSettings(hello="client.example")
    async with (
        ConnectionCache[HeldSession](on_demand=caches) as cache,
        SmtpClient(settings, cache=cache) as client,
    ):

        async def send(number: int) -> None:
            (result,) = await client.send(
                envelope, content, nexthop=places[number], is_busy=caches, now=_NOW
            )
            assert result.is_success, result

        yield send


@contextlib.asynccontextmanager
async def _new(ports: Sequence[int]) -> AsyncIterator[Send]:
    async with _client(ports, caches=False) as send:
        yield send


@contextlib.asynccontextmanager
async def _aiosmtplib(ports: Sequence[int]) -> AsyncIterator[Send]:
    import aiosmtplib

    async with aiosmtplib.SMTP(
        hostname=HOST, port=ports[0], local_hostname="client.example", start_tls=False
    ) as client:

        async def send(_: int) -> None:
            await client.sendmail(_SENDER, _RECIPIENT, _MESSAGE)

        yield send


@contextlib.asynccontextmanager
async def _smtplib(ports: Sequence[int]) -> AsyncIterator[Send]:
    with smtplib.SMTP(HOST, ports[0], "client.example") as client:

        async def send(_: int) -> None:
            client.sendmail(_SENDER, [_RECIPIENT], _MESSAGE)

        yield send


_Make: TypeAlias = Callable[[Sequence[int]], contextlib.AbstractAsyncContextManager[Send]]
# The first server has CHUNKING, the others have not.
_CHUNKING, _ONE, _ALL = slice(0, 1), slice(1, 2), slice(1, 1 + _DESTINATIONS)
_KINDS: Mapping[str, tuple[slice, _Make]] = {
    "session": (_ONE, _session),
    "client": (_ONE, _client),
    "chunked": (_CHUNKING, _client),
    "aiosmtplib": (_ONE, _aiosmtplib),
    "smtplib": (_ONE, _smtplib),
    "cached": (_ALL, _client),
    "new": (_ALL, _new),
}


@contextlib.contextmanager
def _sinks() -> Iterator[tuple[int, ...]]:
    """Run the servers, and yield their ports."""
    found: set[int] = set()
    while len(found) <= _DESTINATIONS:
        # One that nobody listens on yet may be found twice.
        found.add(free_port())
    ports = tuple(found)
    command = [
        sys.executable, "-m", "tests.bench.mail_sink", *map(str, ports), "--chunking", "1",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="dsnlib-sink-") as name:
        log = Path(name) / "log"
        with running(command, is_up=answers(ports[-1]), log=log, directory=ROOT):
            yield ports


@attrs.frozen(kw_only=True)
class _Turn:
    """One turn of a sender."""

    rate: float
    own_seconds: float
    latencies: list[float]


async def _turn(name: str, ports: Sequence[int], messages: int) -> _Turn:
    chosen, make = _KINDS[name]
    count = len(ports[chosen])
    latencies: list[float] = []
    clock = time.perf_counter

    async def work(send: Send, number: int, messages: int) -> None:
        for _ in range(messages):
            begin = clock()
            await send(number)
            latencies.append(clock() - begin)

    async def all_of_them(send: Send, messages: int) -> None:
        if count == 1:
            await work(send, 0, messages)
        else:
            each = max(messages // count, 1)
            await asyncio.gather(*(work(send, number, each) for number in range(count)))

    async with make(ports[chosen]) as send:
        await all_of_them(send, _WARM)
        latencies.clear()
        begin, own = clock(), time.process_time()
        await all_of_them(send, messages)
        seconds, own = clock() - begin, time.process_time() - own
    sent = len(latencies)
    return _Turn(rate=sent / seconds, own_seconds=own / sent, latencies=latencies)


def measure(names: Sequence[str], *, rounds: int, messages: int) -> dict[str, Sending]:
    """Let each sender have a turn in every round.

    Args:
        names: The senders.
        rounds: How often each has a turn.
        messages: How many it sends in a turn.
    """
    turns: dict[str, list[_Turn]] = {name: [] for name in names}
    with _sinks() as ports:
        for _ in range(rounds):
            for name in names:
                turns[name].append(asyncio.run(_turn(name, ports, messages)))
    return {
        name: Sending(
            rates=tuple([turn.rate for turn in found]),
            own_seconds=min(turn.own_seconds for turn in found),
            latencies=tuple(sorted(each for turn in found for each in turn.latencies)),
        )
        for name, found in turns.items()
    }


def measure_sending(rounds: int = _ROUNDS, *, messages: int = _MESSAGES) -> list[Figure]:
    """Return the figures of all senders."""
    return figures(measure(tuple(_KINDS), rounds=rounds, messages=messages))


def figures(found: Mapping[str, Sending]) -> list[Figure]:
    """Return what is claimed, and whether it holds."""
    return [
        Figure(
            name=f"messages sent, {name} to {other}",
            ours=f"{found[name].rate:,.0f}/s",
            theirs=f"{found[other].rate:,.0f}/s",
            value=found[name].rate / found[other].rate,
            bound=bound,
            at_least=True,
            note=note,
        )
        for name, other, bound, note in (
            ("session", "aiosmtplib", CLIENT_TO_AIOSMTPLIB, "one connection, PIPELINING, 2 kB"),
            ("client", "aiosmtplib", CLIENT_TO_AIOSMTPLIB, "one connection, PIPELINING, 2 kB"),
            ("chunked", "aiosmtplib", CLIENT_TO_AIOSMTPLIB, "one connection, CHUNKING, 2 kB"),
            ("cached", "new", CACHED_TO_NEW, f"{_DESTINATIONS} destinations, 2 kB"),
        )
        if name in found and other in found
    ]


def profile(name: str, messages: int) -> None:
    """Print where the time of a sender goes."""
    with _sinks() as ports, cProfile.Profile() as profiler:
        asyncio.run(_turn(name, ports, messages))
    pstats.Stats(profiler).sort_stats("tottime").print_stats(_TOP)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Compare senders.")
    parser.add_argument("names", nargs="*", help="all of them if none is named")
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("--messages", type=int, default=_MESSAGES)
    parser.add_argument("--profile", metavar="NAME", help="where the time of a sender goes")
    chosen = parser.parse_args()
    if chosen.profile:
        profile(chosen.profile, chosen.messages)
        return 0
    names = chosen.names or tuple(_KINDS)
    found = measure(names, rounds=chosen.rounds, messages=chosen.messages)
    columns = ("best", "median", "own us", "p50 ms", "p95", "p99", "most")
    print(" " * 12 + "".join(f"{column:>10}" for column in columns))
    for name, each in found.items():
        rates = each.rate, statistics.median(each.rates), each.own_seconds * 1e6
        latencies = [each.latency(part) * 1e3 for part in (0.5, 0.95, 0.99, 1.0)]
        row = [f"{value:10,.0f}" for value in rates] + [f"{value:10.2f}" for value in latencies]
        print(f"{name:12}" + "".join(row))
    shown = figures(found)
    for figure in shown:
        print(f"{figure.name:40} {figure.value:.2f}, bound {figure.bound:g}")
    return int(not all(figure.passed for figure in shown))


if __name__ == "__main__":
    sys.exit(main())
