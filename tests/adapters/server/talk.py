"""A client for tests that says exactly what it is told, and a listener that keeps messages."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import ssl
import struct
from typing import TYPE_CHECKING, Any

import trustme

from dsnlib.adapters.server.listener import Listener
from dsnlib.adapters.server.server import Server, serving
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from dsnlib.adapters.intake import ReceivedMessage

__all__ = [
    "MAIL",
    "RCPT",
    "Client",
    "KeepingIntake",
    "authority",
    "client_context",
    "codes",
    "connect",
    "dialogue",
    "server_context",
    "until",
]

_SECONDS = 10.0
MAIL = b"MAIL FROM:<ann@example.org>\r\n"
RCPT = b"RCPT TO:<bob@example.com>\r\n"


class KeepingIntake:
    """Takes messages and keeps them; a file is read and removed."""

    def __init__(self, reply: str = "250 2.0.0 Kept") -> None:
        self.reply = SmtpReply.parse(reply)
        self.messages: list[ReceivedMessage] = []
        self.octets: list[bytes] = []
        self.gate: asyncio.Event | None = None

    async def accept(self, message: ReceivedMessage) -> SmtpReply:
        """Keep a message."""
        if self.gate is not None:
            await self.gate.wait()
        self.messages.append(message)
        self.octets.append(message.content.read())
        if message.content.path is not None and self.reply.code == 250:
            message.content.path.unlink()
        return self.reply


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def read(self) -> str | None:
        """Return one reply, its lines joined by LF; `None` if the server has closed."""
        lines: list[str] = []
        async with asyncio.timeout(_SECONDS):
            while not lines or lines[-1][3:4] == "-":
                try:
                    line = await self.reader.readline()
                except ConnectionResetError:
                    return None
                if not line:
                    return None
                assert line.endswith(b"\r\n"), line
                lines.append(line.decode("utf-8").removesuffix("\r\n"))
        return "\n".join(lines)

    def send(self, octets: bytes) -> None:
        """Send octets as they are."""
        self.writer.write(octets)

    async def say(self, *commands: bytes | str) -> str:
        """Send each command and return the codes of the last reply, such as `250 2.1.0`."""
        reply = await self.full(*commands)
        return codes(reply)

    async def full(self, *commands: bytes | str) -> str:
        """Send each command and return the last reply."""
        reply: str | None = ""
        for each in commands:
            octets = each.encode() + b"\r\n" if isinstance(each, str) else each
            self.send(octets)
            reply = await self.read()
        assert reply is not None, commands
        return reply

    async def deliver(self, message: bytes = b"Subject: x\r\n\r\ntext\r\n") -> str:
        """Send a message from ann to bob and return the codes of the reply to it."""
        await self.say(MAIL, RCPT, "DATA")
        return await self.say(message + b".\r\n")

    async def encrypt(self, context: ssl.SSLContext) -> None:
        """Do the handshake behind STARTTLS."""
        await self.writer.start_tls(context, server_hostname="localhost")

    def reset(self) -> None:
        """End the connection at once, as a system does that fails."""
        found = self.writer.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def close(self) -> None:
        """End the connection."""
        self.writer.close()
        # asyncio never tells of the end of a connection whose handshake has failed.
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(self.writer.wait_closed(), 0.5)


async def until(condition: Callable[[], object]) -> None:
    """Return when a condition holds, which is looked at often."""
    async with asyncio.timeout(_SECONDS):
        while not condition():  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.01)


def codes(reply: str | None) -> str:
    """Return the code of a reply and its status, if it has one."""
    if reply is None:
        return "closed"
    found = SmtpReply.parse(reply)
    return str(found.code) if found.status is None else f"{found.code} {found.status}"


@contextlib.asynccontextmanager
async def dialogue(
    intake: Any = None,  # noqa: ANN401  any intake
    *,
    greeted: bool = True,
    context: ssl.SSLContext | None = None,
    grace_seconds: float = 5.0,
    **settings: Any,  # noqa: ANN401  fields of a listener
) -> AsyncIterator[tuple[Client, Server]]:
    """Serve a listener and connect a client to it, behind greeting and EHLO if wanted."""
    listener = Listener(hostname="mx.example.org", intake=intake or KeepingIntake(), **settings)
    async with serving(listener, grace_seconds=grace_seconds) as server:
        client = await connect(server, context=context)
        try:
            if greeted:
                assert (await client.read() or "").startswith("220 mx.example.org ESMTP")
                assert await client.say("EHLO client.example") == "250"
            yield client, server
        finally:
            await client.close()
    assert not server.state.sessions
    assert not server.state.tasks


async def connect(server: Server, *, context: ssl.SSLContext | None = None) -> Client:
    """Connect one more client."""
    name = None if context is None else "localhost"
    streams = await asyncio.open_connection(
        "127.0.0.1", server.port, ssl=context, server_hostname=name
    )
    return Client(*streams)


@functools.cache
def authority() -> trustme.CA:
    """Return the authority of these tests."""
    return trustme.CA()


def server_context() -> ssl.SSLContext:
    """Return a context with a certificate of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _certificate().configure_cert(context)
    return context


@functools.cache
def _certificate() -> trustme.LeafCert:
    return authority().issue_cert("localhost")


def client_context() -> ssl.SSLContext:
    """Return a context that trusts the authority."""
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context
