"""aiosmtpd's controller, a server in a thread of its own, for servers that do DSN.

Rules.
- Port 0 is any that is free; `port` has it once the controller was started.
- To stop is to close the connections that there are: aiosmtpd leaves them to the
  garbage collector, which complains.
"""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from typing import TYPE_CHECKING, Any, cast

from aiosmtpd.controller import Controller

from dsnlib.adapters.smtp_server import DSNServer
from dsnlib.model.parameter import check_keywords

if TYPE_CHECKING:
    from asyncio import Server

__all__ = ["DSNController"]

# Of asyncio's loop, from an accepted connection to its server, or from the end of a
# server to the end of its socket: it takes three.
_ROUNDS = 5


class DSNController(Controller):
    """aiosmtpd's controller, of a server that does DSN.

    Args:
        handler: As aiosmtpd takes it.
        settings: As aiosmtpd's controller and `DSNServer` take them.

    Raises:
        InvalidValue: `ignored_parameters` is a text.

    Attributes:
        grace_seconds: How long sessions may go on when the server is to stop.
    """

    grace_seconds: float = 0.0

    def __init__(self, handler: Any, **settings: Any) -> None:  # noqa: ANN401  as aiosmtpd takes them
        # A server is made for each connection, which is too late to tell whoever calls.
        check_keywords(settings.get("ignored_parameters") or (), "ignored_parameters")
        super().__init__(handler, **settings)
        self._servers = weakref.WeakSet[DSNServer]()

    def make(self) -> DSNServer:
        """Return the server of a new connection."""
        return DSNServer(self.handler, **self.SMTP_kwargs)

    def factory(self) -> DSNServer:
        """Return what `make` has made, and keep an eye on it."""
        server = self.make()
        self._servers.add(server)
        return server

    def stop(self, no_assert: bool = False) -> None:  # noqa: FBT001, FBT002  as aiosmtpd has it
        """Close all connections and end the thread."""
        if self.loop.is_running():
            asyncio.run_coroutine_threadsafe(self._close_connections(), self.loop).result()
        super().stop(no_assert)

    async def _close_connections(self) -> None:
        server = cast("Server", self.server)
        # A closed server fails for who was accepted a moment before: first nobody is
        # accepted any more, then they get their session, and then it is closed.
        with contextlib.suppress(NotImplementedError):  # by the loop of Windows
            for each in server.sockets:
                self.loop.remove_reader(each.fileno())
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)
        server.close()
        servers = [*self._servers]
        sessions = [each._handler_coroutine for each in servers]  # noqa: SLF001  aiosmtpd has no other name
        tasks = [each for each in sessions if each is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=self.grace_seconds)
        for session in servers:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)

    def _trigger_server(self) -> None:
        if self.port == 0:
            self.port = cast("Server", self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd has no type for it
