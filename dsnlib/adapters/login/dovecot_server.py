"""A Dovecot authentication server as we reach it: one connection, made again when it is lost.

Rules.
- Whoever needs a connection while one is being made waits for that one.
- After a failure nobody tries again for a moment: those who wait are told at once.
- A connection that does not answer is used no more, and closed when its last
  exchange is over.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dsnlib.adapters.login.dovecot_connection import Connection
from dsnlib.adapters.socket_address import parse_socket_address
from dsnlib.errors import LookupFailed, ParseError

if TYPE_CHECKING:
    from dsnlib.adapters.login.dovecot_lines import Offered

__all__ = ["Server"]

_PAUSE_SECONDS = 1.0


class Server:
    """A server, connected to when it is needed.

    It belongs to one event loop.

    Args:
        address: As for `parse_socket_address`, or a path alone, as Dovecot's settings have it.
        offered: The mechanisms to go by until it has told its own.
        connect_seconds: How long it may take for a greeting.
        most_exchanges: How many may go on at once.

    Attributes:
        name: How messages name it.
        offered: Its mechanisms, as it told last.

    Raises:
        InvalidValue: The address is none.
    """

    def __init__(
        self,
        address: str,
        *,
        offered: tuple[Offered, ...],
        connect_seconds: float,
        most_exchanges: int,
    ) -> None:
        self.name = address
        self.offered = offered
        is_path = not address.startswith(("inet:", "unix:"))
        self._address = parse_socket_address(f"unix:{address}" if is_path else address)
        self._connect_seconds = connect_seconds
        self._most_exchanges = most_exchanges
        self._connection: Connection | None = None
        # Those on which exchanges go on, though new ones go elsewhere.
        self._retired: set[Connection] = set()
        self._connecting = asyncio.Lock()
        self._failure = ""
        self._pause_until = 0.0
        self._is_closed = False

    async def connect(self) -> Connection:
        """Return the connection, which has room for another exchange.

        Raises:
            LookupFailed: There is none and none can be made, or there are too many
                exchanges.
        """
        async with self._connecting:
            if self._is_closed:
                raise self.failed("no log-in is checked any more")
            if self._connection is None or not self._connection.is_open:
                self._connection = await self._open()
            if len(self._connection) >= self._most_exchanges:
                raise self.failed("too many log-ins are going on")
            return self._connection

    async def _open(self) -> Connection:
        now = asyncio.get_running_loop().time()
        if now < self._pause_until:
            raise self.failed(self._failure)
        try:
            async with asyncio.timeout(self._connect_seconds):
                connection = await Connection.open(self._address)
        except (OSError, ParseError) as error:
            self._failure = _why(error)
            self._pause_until = asyncio.get_running_loop().time() + _PAUSE_SECONDS
            raise self.failed(self._failure) from error
        self.offered = connection.offered
        return connection

    def retire(self, connection: Connection) -> None:
        """Use another connection from now on: this one does not answer.  Never raises."""
        if self._connection is connection:
            self._connection = None
            self._retired = {each for each in self._retired if each.is_open} | {connection}
            connection.retire()

    async def close(self) -> None:
        """Close the connection and make no other one.  Never raises."""
        self._is_closed = True
        async with self._connecting:
            connections = {*self._retired, self._connection} - {None}
            self._retired = set()
            self._connection = None
        for connection in connections:
            if connection is not None:
                await connection.close()

    def failed(self, why: str) -> LookupFailed:
        """Return the error for a log-in that cannot be checked.  Never raises."""
        return LookupFailed(f"{self.name}: {why}", source=self.name)


def _why(error: OSError | ParseError) -> str:
    if isinstance(error, TimeoutError):
        return "the server did not greet us in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)
