"""A client of a few lines for servers of aiosmtpd: says what it is told, returns what it hears."""

# ruff: noqa: ANN401  settings are whatever the server takes
from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from dsnlib.adapters.smtp_server import DSNServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from aiosmtpd.smtp import SMTP

TIMEOUT_SECONDS = 10


class Dialogue:
    """One connection to a server.

    Attributes:
        server: The server of this connection.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Any
    ) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer

    async def hear(self) -> str:
        """Return the next reply, its lines with LF between them; `""` at the end."""
        lines: list[str] = []
        while True:
            octets = await asyncio.wait_for(self.reader.readline(), TIMEOUT_SECONDS)
            assert not octets or octets.endswith(b"\r\n"), octets
            lines.append(octets.decode().removesuffix("\r\n"))
            if lines[-1][3:4] != "-":
                return "\n".join(lines)

    async def send(self, octets: bytes) -> None:
        """Send octets as they are."""
        self.writer.write(octets)
        await self.writer.drain()

    async def say(self, *commands: str | bytes) -> list[str]:
        """Send commands, each when the one before was answered; return the replies."""
        replies = []
        for command in commands:
            octets = command.encode() if isinstance(command, str) else command
            await self.send(octets + b"\r\n")
            replies.append(await self.hear())
        return replies


@contextlib.asynccontextmanager
async def dialogue(
    handler: object = None,
    *,
    made: Callable[..., SMTP] = DSNServer,
    **settings: Any,
) -> AsyncIterator[Dialogue]:
    """Connect to a server that has just been made, and hear its greeting."""
    servers: list[SMTP] = []

    def make() -> SMTP:
        defaults: dict[str, Any] = {"hostname": "mx.example", "enable_SMTPUTF8": True}
        servers.append(made(handler, **defaults | settings))
        return servers[-1]

    listening = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    async with listening:
        reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname()[:2])
        greeting = await asyncio.wait_for(reader.readline(), TIMEOUT_SECONDS)
        assert greeting.startswith(b"220 ")
        try:
            yield Dialogue(reader, writer, servers[0])
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):  # the server may have closed it
                await writer.wait_closed()
            for server in servers:
                task = server._handler_coroutine
                if task is not None:
                    task.cancel()
                    await asyncio.wait([task])


def replies_to(*commands: str | bytes, handler: object = None, **settings: Any) -> list[str]:
    """Return what a server answers to commands, one after the other."""

    async def talk() -> list[str]:
        async with dialogue(handler, **settings) as client:
            return await client.say(*commands)

    return asyncio.run(talk())
