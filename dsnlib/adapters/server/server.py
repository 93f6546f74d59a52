"""Serve a listener: accept connections on its sockets until told to stop.

    async with serving(listener, host="127.0.0.1", port=0) as server:
        server.port

Rules.
- To stop is: no new connections; sessions that wait for their client hear 421 4.3.2;
  those that are at something end it, and hear it then; after some time all end.
- What has been handed over is in the queue before `stop` returns.
- Nobody is left waiting for a greeting: where no session can begin, because there are
  too many or because of a defect, the client hears 421 and the connection is closed.
- A client on a UNIX socket has the address 127.0.0.1, as Postfix has it: who may open
  the socket is trusted as much as who comes over the loopback interface, and the rights
  of its file are the guard.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from typing import TYPE_CHECKING, cast

from dsnlib.adapters.server.answers import CANNOT_BEGIN, TOO_MANY_SESSIONS
from dsnlib.adapters.server.session import ServerSession
from dsnlib.adapters.server.state import ServerState
from dsnlib.replies.defaults import GREETING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from dsnlib.adapters.server.listener import Listener
    from dsnlib.model.reply import SmtpReply

__all__ = ["Server", "serve", "serving"]

_LOG = logging.getLogger("dsnlib.server")

# Chosen by us, below the 90 s that service managers wait by default.
_GRACE_SECONDS = 30.0
# What is aborted has ended with the next turn of the loop.
_ABORT_SECONDS = 1.0
_BACKLOG = 1024


class Server:
    """A listener at work; `serve` makes it."""

    def __init__(self, state: ServerState, servers: Iterable[asyncio.Server]) -> None:
        self.state = state
        self._servers = tuple(servers)

    @property
    def sockets(self) -> tuple[socket.socket, ...]:
        """The sockets that it listens on."""
        return tuple(each for server in self._servers for each in server.sockets)

    @property
    def port(self) -> int:
        """The port of the first socket."""
        number: int = self.sockets[0].getsockname()[1]
        return number

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self.state.sessions)

    async def stop(self, *, grace_seconds: float = _GRACE_SECONDS) -> None:
        """Stop; may be called again.

        Args:
            grace_seconds: How long sessions may go on with what they are at.
        """
        state = self.state
        state.is_stopping = True
        for server in self._servers:
            server.close()
        for session in tuple(state.sessions):
            session.stop()
        loop = asyncio.get_running_loop()
        end = loop.time() + grace_seconds
        while state.sessions and loop.time() < end:
            await state.wait_change(end - loop.time())
        for session in tuple(state.sessions):
            session.abort()
        end = loop.time() + _ABORT_SECONDS
        while state.sessions and loop.time() < end:
            await state.wait_change(end - loop.time())
        if state.tasks:
            await asyncio.wait(tuple(state.tasks))
        # From Python 3.12 on it waits for handshakes of TLS too, which nobody can end.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ABORT_SECONDS):
                for server in self._servers:
                    await server.wait_closed()


class _Refusal(asyncio.Protocol):
    """A connection that is no session: the client hears why, and that is all."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say it, and close."""
        stream = cast("asyncio.Transport", transport)
        stream.write(self._octets)
        stream.close()


def _begin(state: ServerState) -> asyncio.Protocol:
    """Return the session of a new connection, or what refuses it.  Never raises."""
    most = state.listener.limits.sessions
    if 0 < most <= len(state.sessions):
        _LOG.warning("refused: there are %d sessions already", most)
        return _refusal(state, TOO_MANY_SESSIONS)
    try:
        return ServerSession(state)
    except Exception:  # noqa: BLE001  asyncio would keep it to itself, and let the client wait
        _LOG.exception("failed: a session cannot begin")
        return _refusal(state, CANNOT_BEGIN)


def _refusal(state: ServerState, reply: SmtpReply) -> _Refusal:
    return _Refusal(state.replies.write(reply, GREETING))


async def serve(listener: Listener, *sockets: socket.socket) -> Server:
    """Accept connections on sockets that are bound already.

    Args:
        listener: What they are.
        sockets: At least one, of any family; they are closed when the server stops.

    Raises:
        OSError: One of them cannot listen.
    """
    loop = asyncio.get_running_loop()
    state = ServerState(listener)
    servers: list[asyncio.Server] = []
    try:
        for each in sockets:
            is_tls = listener.is_tls_implicit
            servers.append(
                await loop.create_server(
                    lambda: _begin(state),
                    sock=each,
                    backlog=_BACKLOG,
                    ssl=listener.tls if is_tls else None,
                    ssl_handshake_timeout=listener.limits.handshake_seconds if is_tls else None,
                )
            )
    except BaseException:
        for server in servers:
            server.close()
        raise
    return Server(state, servers)


@contextlib.asynccontextmanager
async def serving(
    listener: Listener, *, host: str = "127.0.0.1", port: int = 0, grace_seconds: float = 5.0
) -> AsyncIterator[Server]:
    """Serve on one address as long as the block runs.

    Args:
        listener: What it is.
        host: An IP address.
        port: A port, 0 for any that is free.
        grace_seconds: As for `Server.stop`.

    Raises:
        OSError: The address or the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except BaseException:
        found.close()
        raise
    server = await serve(listener, found)
    try:
        yield server
    finally:
        await server.stop(grace_seconds=grace_seconds)
