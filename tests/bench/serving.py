"""How many messages a second a server takes: `python -m tests.bench.serving`.

    plain      aiosmtpd as it is, with a handler that does nothing
    mixin      the same with DSN
    session    the reference session, which hands messages to nobody
    queued     the same with the queue on the disk, from which nothing is taken
    durable    the same, and mail is delivered from there, to nobody
    postfix    Postfix's smtpd with its queue on the same disk; mail is discarded from there

Messages of 2 kB over 20 connections that stay, from smtp-source, which is Postfix's and in C; a
client of ours takes its place where it was not fetched.  All run in one go and take
turns; of each the best round counts, but where a disk is waited for, whose moods are no
lower bound: there it is the median.  Only ratios mean anything on another machine.

What is taken and not delivered yet when the last 250 is there is delivered before the
next one has its turn.  How many a second that makes, from the first connection to the
last delivery, is shown too: to take mail first and deliver it later is not less work.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import pstats
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

ROOT = Path(__file__).resolve().parent.parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))


from dsnlib.adapters.spool.database import DATABASE  # noqa: E402  found by the line above
from tests.bench.figure import Figure  # noqa: E402  the same
from tests.bench.servers import KINDS  # noqa: E402  the same
from tests.interop.peers.peer import peer  # noqa: E402  the same
from tests.interop.peers.postfix import can_run, postfix_running  # noqa: E402  the same
from tests.interop.peers.running import HOST, answers, free_port, running, wait_for  # noqa: E402  the same
from tests.load.client import Addressee, Client, Submission  # noqa: E402  the same

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Rates", "measure_serving"]

MIXIN_TO_PLAIN = 0.85
SESSION_TO_PLAIN = 0.85
# The goal is 1.0, and it is not promised: what is reached is only shown.
DURABLE_TO_POSTFIX = 0.0

_ON_DISK = frozenset({"queued", "durable", "postfix"})
_DELIVERING = frozenset({"durable", "postfix"})
_EMPTY_SECONDS = 60.0
_CONNECTIONS = 20
_OCTETS = 2048
_MESSAGES = 3000
_SENDER, _RECIPIENT = "ann@client.example", "bob@there.example"
_DISCARDING = {
    "default_transport": "discard",
    "smtpd_client_connection_count_limit": "0",
    # Its best: it is not to wait for the discarding of what it has taken.
    "in_flow_delay": "0",
    "smtpd_recipient_restrictions": "permit_mynetworks, reject",
}
_TOP = 25


@attrs.frozen(kw_only=True)
class Rates:
    """Messages a second in each round, by the name of the server.

    Args:
        rounds: Until the last was answered.
        delivered: Until the last was delivered, of those that deliver.
    """

    rounds: Mapping[str, tuple[float, ...]]
    delivered: Mapping[str, tuple[float, ...]]

    def rate(self, name: str) -> float:
        """Return what counts of a server: the best, or the median where a disk is waited for."""
        found = self.rounds[name]
        return statistics.median(found) if name in _ON_DISK else max(found)

    def ratio(self, name: str, other: str) -> float | None:
        """Return how two servers compare; `None` if one is not there."""
        if name not in self.rounds or other not in self.rounds:
            return None
        return self.rate(name) / self.rate(other)


def measure(names: Sequence[str], *, rounds: int, messages: int, stays: bool = True) -> Rates:
    """Run the servers at once, and send to each in turn.

    Args:
        names: Those of `KINDS`, and `postfix`.
        rounds: How often each has a turn.
        messages: How many it is sent in a turn.
        stays: Whether a connection is kept for the next message.
    """
    taken: dict[str, list[float]] = {name: [] for name in names}
    delivered: dict[str, list[float]] = {name: [] for name in names if name in _DELIVERING}
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(_server(name)) for name in names}
        for server in servers.values():
            # What is made late is made now.
            _send(server.port, _CONNECTIONS * 5, stays=stays)
            server.wait_empty()
        for _ in range(rounds):
            for name, server in servers.items():
                begin = time.perf_counter()
                _send(server.port, messages, stays=stays)
                taken[name].append(messages / (time.perf_counter() - begin))
                server.wait_empty()
                if name in delivered:
                    delivered[name].append(messages / (time.perf_counter() - begin))
    return Rates(
        rounds={name: tuple(each) for name, each in taken.items()},
        delivered={name: tuple(each) for name, each in delivered.items()},
    )


@attrs.frozen
class _Server:
    """A server that runs.

    Args:
        port: Where it listens.
        wait_empty: Returns when all that it has taken is delivered.
    """

    port: int
    wait_empty: Callable[[], None] = lambda: None


def _wait_empty(database: Path) -> None:
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as queue:
        wait_for(
            lambda: queue.execute("SELECT count(*) FROM messages").fetchone() == (0,),
            what="an empty queue",
            seconds=_EMPTY_SECONDS,
        )


@contextlib.contextmanager
def _server(name: str, profile: Path | None = None) -> Iterator[_Server]:
    """Run a server."""
    if name == "postfix":
        with postfix_running(_DISCARDING) as postfix:
            yield _Server(postfix.port, lambda: postfix.wait_empty(_EMPTY_SECONDS))
        return
    port = free_port()
    with tempfile.TemporaryDirectory(prefix=f"dsnlib-{name}-") as directory:
        command = [sys.executable, "-m", "tests.bench.servers", name, str(port), directory]
        if profile is not None:
            command += ["--profile", str(profile)]
        log = Path(directory) / "log"
        with running(command, is_up=answers(port), log=log, directory=ROOT):
            if name in _DELIVERING:
                yield _Server(port, lambda: _wait_empty(Path(directory) / "queue" / DATABASE))
            else:
                yield _Server(port)


def _send(port: int, messages: int, *, stays: bool) -> None:
    """Send messages, and return when the last has been answered.

    Raises:
        subprocess.CalledProcessError: One was refused.
    """
    postfix = peer("postfix")
    if postfix is None:
        asyncio.run(_send_ourselves(port, messages, stays=stays))
        return
    command = [
        str(postfix.program("smtp-source")),
        "-s", str(_CONNECTIONS), "-m", str(messages), "-l", str(_OCTETS),
        "-f", _SENDER, "-t", _RECIPIENT, "-M", "client.example",
        *(["-d"] if stays else []),
        f"inet:{HOST}:{port}",
    ]  # fmt: skip
    done = subprocess.run(
        command, env=postfix.environment, check=True, capture_output=True, timeout=300
    )
    # A refusal is only a warning to it.
    if done.stderr:
        raise subprocess.CalledProcessError(1, command, stderr=done.stderr)


async def _send_ourselves(port: int, messages: int, *, stays: bool) -> None:
    line = b"x" * 76 + b"\r\n"
    submission = Submission(
        sender=_SENDER,
        recipients=[Addressee(_RECIPIENT)],
        content=b"Subject: x\r\n\r\n" + line * (_OCTETS // len(line)),
    )
    each = messages // _CONNECTIONS

    async def connection() -> None:
        left = each
        while left:
            async with Client(HOST, port) as client:
                for _ in range(left if stays else 1):
                    await client.submit(submission)
                    left -= 1

    await asyncio.gather(*(connection() for _ in range(_CONNECTIONS)))


def measure_serving(rounds: int, *, messages: int = _MESSAGES) -> list[Figure]:
    """Return the figures of all servers that can run here."""
    names = [*KINDS, *(["postfix"] if can_run() else [])]
    return figures(measure(names, rounds=rounds, messages=messages))


def figures(rates: Rates) -> list[Figure]:
    """Return what is claimed, and whether it holds."""
    found = []
    for name, other, bound in (
        ("mixin", "plain", MIXIN_TO_PLAIN),
        ("session", "plain", SESSION_TO_PLAIN),
        ("durable", "postfix", DURABLE_TO_POSTFIX),
    ):
        ratio = rates.ratio(name, other)
        if ratio is None:
            continue
        found.append(
            Figure(
                name=f"messages taken, {name} to {other}",
                ours=f"{rates.rate(name):,.0f}/s",
                theirs=f"{rates.rate(other):,.0f}/s",
                value=ratio,
                bound=bound,
                at_least=True,
                note=f"{_CONNECTIONS} connections, {_OCTETS} octets",
            )
        )
    return found


def profile(name: str, messages: int, *, stays: bool = True) -> None:
    """Print where the time of a server goes."""
    with tempfile.TemporaryDirectory(prefix="dsnlib-profile-") as directory:
        path = Path(directory) / "profile"
        with _server(name, path) as server:
            _send(server.port, messages, stays=stays)
        pstats.Stats(str(path)).sort_stats("tottime").print_stats(_TOP)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Compare servers.")
    parser.add_argument("names", nargs="*", help="all of them if none is named")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=_MESSAGES)
    parser.add_argument("--reconnect", action="store_true", help="a connection for each message")
    parser.add_argument("--profile", metavar="NAME", help="where the time of a server goes")
    chosen = parser.parse_args()
    if chosen.profile:
        profile(chosen.profile, chosen.messages, stays=not chosen.reconnect)
        return 0
    names = chosen.names or [*KINDS, *(["postfix"] if can_run() else [])]
    rates = measure(
        names, rounds=chosen.rounds, messages=chosen.messages, stays=not chosen.reconnect
    )
    for name in names:
        rounds = " ".join(f"{each:,.0f}" for each in rates.rounds[name])
        print(f"{name:10} {rates.rate(name):8,.0f}/s   rounds {rounds}")
        if name in rates.delivered:
            rounds = " ".join(f"{each:,.0f}" for each in rates.delivered[name])
            rate = statistics.median(rates.delivered[name])
            print(f"  delivered{rate:8,.0f}/s   rounds {rounds}")
    for figure in figures(rates):
        print(f"{figure.name:40} {figure.value:.2f}, bound {figure.bound:g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
