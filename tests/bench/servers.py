"""The servers that are compared, one in a process: `python -m tests.bench.servers KIND PORT DIR`.

    plain      aiosmtpd as it is
    mixin      aiosmtpd with DSN
    session    the reference session, which hands messages to nobody
    queued     the same with the queue on the disk, from which nothing is taken
    durable    the same, and all mail is delivered from there, to nobody

Each has the handler that does nothing, or what comes nearest to it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import cProfile
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from dsnlib.adapters.intake import Intake, ReceivedMessage
    from dsnlib.adapters.notifier import Notifier
    from dsnlib.adapters.transport import Attempted, Destination, Job
    from dsnlib.model.reply import SmtpReply

__all__ = ["KINDS", "NullIntake", "listening_socket", "main"]

_HOST = "127.0.0.1"
_HOSTNAME = "server.example"
_WAITING = 1024


def listening_socket(port: int) -> socket.socket:
    """Return a socket that clients can connect to."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((_HOST, port))
    listener.listen(_WAITING)
    return listener


class _NullHandler:
    """A handler of aiosmtpd's that takes everything and keeps nothing."""

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802  aiosmtpd finds it by its name
        return "250 2.0.0 OK"


class NullIntake:
    """An intake that takes everything and keeps nothing."""

    def __init__(self) -> None:
        from dsnlib.model.reply import SmtpReply

        self._fine = SmtpReply.parse("250 2.0.0 OK")

    async def accept(self, message: ReceivedMessage) -> SmtpReply:  # noqa: ARG002  it is not kept
        """Return 250."""
        return self._fine


@contextlib.asynccontextmanager
async def _aiosmtpd(make: Callable[[], Any], listener: socket.socket) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, sock=listener)
    try:
        yield
    finally:
        server.close()


@contextlib.asynccontextmanager
async def _plain(listener: socket.socket, _: Path) -> AsyncIterator[None]:
    from aiosmtpd.smtp import SMTP

    handler = _NullHandler()
    async with _aiosmtpd(lambda: SMTP(handler, hostname=_HOSTNAME), listener):
        yield


@contextlib.asynccontextmanager
async def _mixin(listener: socket.socket, _: Path) -> AsyncIterator[None]:
    from dsnlib.adapters.smtp_server import DSNServer

    handler = _NullHandler()
    async with _aiosmtpd(lambda: DSNServer(handler, hostname=_HOSTNAME), listener):
        yield


@contextlib.asynccontextmanager
async def _session(listener: socket.socket, _: Path) -> AsyncIterator[None]:
    async with _reference(listener, NullIntake()):
        yield


@contextlib.asynccontextmanager
async def _queued(listener: socket.socket, directory: Path) -> AsyncIterator[None]:
    from dsnlib.adapters.intake_queue import QueueIntake
    from dsnlib.adapters.spool.spool import Spool

    async with (
        Spool.open(directory / "queue") as queue,
        _reference(listener, QueueIntake(queue, _notifier()), queue.incoming),
    ):
        yield


@contextlib.asynccontextmanager
async def _durable(listener: socket.socket, directory: Path) -> AsyncIterator[None]:
    from dsnlib.adapters.delivery import Deliverer
    from dsnlib.adapters.intake_queue import QueueIntake
    from dsnlib.adapters.spool.spool import Spool

    notifier = _notifier()
    async with Spool.open(directory / "queue") as queue:
        intake = QueueIntake(queue, notifier)
        with (directory / "tally").open("a", 1, "ascii") as tally:
            deliverer = Deliverer(
                queue,
                routes=_Everywhere(),
                transports={"tally": _Tally(tally)},
                notifier=notifier,
                observe=lambda _: None,
                received=intake.received,
            )
            delivering = asyncio.create_task(deliverer.run())
            async with _reference(listener, intake, queue.incoming):
                yield
            deliverer.stop()
            await delivering


def _notifier() -> Notifier:
    from dsnlib import BounceComposer, Reporter
    from dsnlib.adapters.notifier import Notifier

    return Notifier(BounceComposer(reporter=Reporter.parse(_HOSTNAME)))


@contextlib.asynccontextmanager
async def _reference(
    listener: socket.socket, intake: Intake, folder: Path | None = None
) -> AsyncIterator[None]:
    from dsnlib.adapters.server.listener import Listener
    from dsnlib.adapters.server.server import serve

    server = await serve(Listener(hostname=_HOSTNAME, intake=intake, folder=folder), listener)
    try:
        yield
    finally:
        await server.stop(grace_seconds=1.0)


class _Everywhere:
    """Routes of which there is one."""

    async def route(self, address: str, sender: str | None = None) -> Destination:  # noqa: ARG002  all go the same way
        from dsnlib.adapters.transport import Destination

        return Destination("tally")


class _Tally:
    """A transport that writes down the ENVID of what it gets, and throws it away."""

    def __init__(self, file: TextIO) -> None:
        from dsnlib.adapters.agents.discard import DiscardTransport

        self._file = file
        self._discard = DiscardTransport()

    async def deliver(self, job: Job) -> Sequence[Attempted]:
        envid = job.envelope.mail.envid
        if envid is not None:
            self._file.write(f"{envid}\n")
        return await self._discard.deliver(job)


KINDS: dict[str, Callable[[socket.socket, Path], contextlib.AbstractAsyncContextManager[None]]] = {
    "plain": _plain,
    "mixin": _mixin,
    "session": _session,
    "queued": _queued,
    "durable": _durable,
}


async def _serve(kind: str, port: int, directory: Path) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    async with KINDS[kind](listening_socket(port), directory):
        await over.wait()


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description="Run one of the servers that are compared.")
    parser.add_argument("kind", choices=tuple(KINDS))
    parser.add_argument("port", type=int)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--profile", type=Path, help="where the profile is written")
    chosen = parser.parse_args()
    run = _serve(chosen.kind, chosen.port, chosen.directory)
    if chosen.profile is None:
        asyncio.run(run)
        return
    with cProfile.Profile() as profile:
        asyncio.run(run)
    profile.dump_stats(chosen.profile)


if __name__ == "__main__":
    main()
