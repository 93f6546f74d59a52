"""One session with a listener: commands in, replies out, by the product's own server.

    ReplayedSession(listener)                    octets go from hand to hand
    ReplayedSession(listener, over_socket=True)  and here over a socket of the loopback

Rules.
- Nothing is delivered: what is accepted is forgotten.
- The session ends with `close`; each has an event loop of its own.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Self

from dsnlib.adapters.server.server import Server, serve
from dsnlib.adapters.server.session import ServerSession
from dsnlib.adapters.server.state import ServerState
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from dsnlib.adapters.intake import ReceivedMessage
    from dsnlib.adapters.server.listener import Listener
    from dsnlib.replies.finding import Finding

__all__ = ["MemoryTransport", "NullIntake", "ReplayedSession"]

_SECONDS = 20.0
_TAKEN = SmtpReply.parse("250 2.0.0 Message accepted")


class NullIntake:
    """Takes every message and forgets it."""

    async def accept(self, message: ReceivedMessage) -> SmtpReply:
        """Return 250."""
        if message.content.path is not None:
            message.content.path.unlink()
        return _TAKEN


class MemoryTransport(asyncio.Transport):
    """The server's end of a connection that nothing but a stream reader listens to.

    Args:
        protocol: The session.
        output: What reads what it says.
        peer: The address of the client.
    """

    def __init__(
        self,
        protocol: asyncio.Protocol,
        output: asyncio.StreamReader,
        *,
        peer: tuple[str, int] = ("127.0.0.1", 50_000),
    ) -> None:
        super().__init__({"peername": peer, "sockname": ("127.0.0.1", 25)})
        self._protocol = protocol
        self._output = output
        self._is_closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Hand over what the server says."""
        if not self._is_closing:
            self._output.feed_data(bytes(data))

    def can_write_eof(self) -> bool:
        """Tell that there is no half of it."""
        return False

    def is_closing(self) -> bool:
        """Tell whether the server has closed it."""
        return self._is_closing

    def pause_reading(self) -> None:
        """Do nothing: what is sent is there."""

    def resume_reading(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """End the connection."""
        if not self._is_closing:
            self._is_closing = True
            self._output.feed_eof()
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        """End the connection."""
        self.close()


class ReplayedSession:
    """A session from its greeting to its end.

    Args:
        listener: What is called.
        over_socket: Whether octets go over a socket.

    Attributes:
        closed: Whether the server has closed the connection.
    """

    def __init__(self, listener: Listener, *, over_socket: bool = False) -> None:
        self.closed = False
        self._runner = asyncio.Runner()
        self._server: Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._session: ServerSession | None = None
        self._in_data = False
        begin = self._connect if over_socket else self._begin
        self._reader: asyncio.StreamReader = self._runner.run(begin(listener))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the lists said of the last command."""
        return () if self._session is None else self._session.findings

    async def _begin(self, listener: Listener) -> asyncio.StreamReader:
        reader = asyncio.StreamReader()
        self._session = ServerSession(ServerState(listener))
        self._session.connection_made(MemoryTransport(self._session, reader))
        return reader

    async def _connect(self, listener: Listener) -> asyncio.StreamReader:
        bound = socket.create_server(("127.0.0.1", 0))
        self._server = await serve(listener, bound)
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        return reader

    def greet(self) -> SmtpReply | None:
        """Return the first reply."""
        found = self._runner.run(self._read())
        if self._server is not None:
            (session,) = self._server.state.sessions
            assert isinstance(session, ServerSession)
            self._session = session
        return found

    def answer(self, command: bytes) -> SmtpReply | None:
        """Return the reply to a command, or to the text of a message; `None` when closed."""
        if self.closed:
            return None
        lines = command.replace(b"\n", b"\r\n") if self._in_data else command
        found = self._runner.run(self._say(lines + b"\r\n"))
        self._in_data = found is not None and found.code == 354
        return found

    async def _say(self, octets: bytes) -> SmtpReply | None:
        if self._writer is not None:
            self._writer.write(octets)
        elif self._session is not None:
            self._session.data_received(octets)
        return await self._read()

    async def _read(self) -> SmtpReply | None:
        lines: list[bytes] = []
        async with asyncio.timeout(_SECONDS):
            while not lines or lines[-1][3:4] == b"-":
                line = await self._reader.readline()
                if not line:
                    self.closed = True
                    return None
                lines.append(line)
            # A session that has ended has closed its side as soon as it has spoken.
            await asyncio.sleep(0)
        return SmtpReply.parse(b"".join(lines))

    def close(self) -> None:
        """End the session; may be called again."""
        self._runner.run(self._end())
        self._runner.close()

    async def _end(self) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._server is not None:
            await self._server.stop(grace_seconds=_SECONDS)
        if self._session is not None and self._writer is None:
            self._session.abort()
            await asyncio.sleep(0)
