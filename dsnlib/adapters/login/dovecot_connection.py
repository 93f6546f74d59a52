"""A connection to Dovecot's authentication server, on which many exchanges go on at once.

Rules.
- An exchange has one question open at a time; an answer that nobody waits for is
  passed over.
- When the connection is lost, whoever waits is told so at once.
- No more of the server's octets are kept than a line of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from typing import TYPE_CHECKING

from dsnlib.adapters.login.dovecot_lines import (
    LONGEST_LINE_OCTETS,
    Continued,
    Done,
    Ended,
    Offered,
    Version,
    format_cancel,
    format_handshake,
    read_line,
)
from dsnlib.errors import ParseError

if TYPE_CHECKING:
    from dsnlib.adapters.login.dovecot_lines import ServerLine

    # `None` is the answer of a connection that was lost.
    _Question = asyncio.Future[Continued | Ended | None]

__all__ = ["Connection", "ConnectionLost"]

# Dovecot has a dozen; what is beyond this number is no greeting.
_MOST_GREETING_LINES = 200
# The server reads its number of us into 31 bits.
_LARGEST_CLIENT = 0x7FFF_FFFE
_LARGEST_REQUEST = 0xFFFF_FFFF


class ConnectionLost(ConnectionError):
    """The server has gone away, or talks nonsense."""


class Connection:
    """An open connection, from `open`.

    Attributes:
        offered: The mechanisms that the server told of.
        is_open: Whether questions can be asked.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        offered: tuple[Offered, ...],
    ) -> None:
        self.offered = offered
        self.is_open = True
        self._reader = reader
        self._writer = writer
        self._number = 0
        self._is_retired = False
        self._why = "the exchange is over"
        # Exchanges that go on, each with its question if one is open.
        self._exchanges: dict[int, _Question | None] = {}
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, address: str | tuple[str, int]) -> Connection:
        """Connect and return when the server has told its mechanisms.

        Args:
            address: From `parse_socket_address`.

        Raises:
            OSError: It cannot be reached, or closes the connection.
            ParseError: It talks another protocol.
        """
        reader, writer = await _connect(address)
        try:
            # Not the number of our process: another process may be 1 of its container.
            writer.write(format_handshake(1 + secrets.randbelow(_LARGEST_CLIENT)))
            await writer.drain()
            return cls(reader, writer, await _read_greeting(reader))
        except BaseException:
            await _close(writer)
            raise

    def __len__(self) -> int:
        return len(self._exchanges)

    def begin(self) -> int:
        """Return the number of a new exchange; `end` is to follow.

        Raises:
            ConnectionLost: The connection is gone.
        """
        if not self.is_open:
            raise ConnectionLost(self._why)
        self._number = self._number % _LARGEST_REQUEST + 1
        self._exchanges[self._number] = None
        return self._number

    async def ask(self, number: int, line: bytes) -> Continued | Ended:
        """Send a command of an exchange, and return the answer.

        Args:
            number: From `begin`.
            line: From `dovecot_lines`.

        Raises:
            ConnectionLost: The connection is gone, or the exchange is over.
        """
        if number not in self._exchanges:
            raise ConnectionLost(self._why)
        question: _Question = asyncio.get_running_loop().create_future()
        self._exchanges[number] = question
        try:
            self._writer.write(line)
            await self._writer.drain()
            answer = await question
        except ConnectionError as error:
            raise ConnectionLost(str(error)) from error
        finally:
            if self._exchanges.get(number) is question:
                self._exchanges[number] = None
        if answer is None:
            raise ConnectionLost(self._why)
        return answer

    def end(self, number: int) -> None:
        """Give up an exchange, if it goes on.  Never raises."""
        if number in self._exchanges:
            del self._exchanges[number]
            if self.is_open:
                self._writer.write(format_cancel(number))
        self._close_if_done()

    def retire(self) -> None:
        """Close the connection as soon as no exchange goes on.  Never raises."""
        self._is_retired = True
        self._close_if_done()

    async def close(self) -> None:
        """Close the connection now; whoever waits is told.  Never raises."""
        # A task that has not begun yet would not do it.
        self.is_open = False
        self._task.cancel()
        await asyncio.wait([self._task])
        await _close(self._writer)

    def _close_if_done(self) -> None:
        if self._is_retired and not self._exchanges:
            self._task.cancel()

    async def _read(self) -> None:
        why = "the connection was closed"
        try:
            while True:
                line = await _read_server_line(self._reader)
                if isinstance(line, Continued | Ended):
                    self._settle(line)
        except (OSError, ParseError) as error:
            why = str(error)
        finally:
            self.is_open = False
            self._why = why
            self._writer.close()
            for question in self._exchanges.values():
                if question is not None and not question.done():
                    question.set_result(None)
            self._exchanges.clear()

    def _settle(self, answer: Continued | Ended) -> None:
        question = self._exchanges.get(answer.request)
        if question is not None and not question.done():
            question.set_result(answer)
        if isinstance(answer, Ended):
            self._exchanges.pop(answer.request, None)
            self._close_if_done()


async def _connect(
    address: str | tuple[str, int],
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(address, str):
        return await asyncio.open_unix_connection(address, limit=LONGEST_LINE_OCTETS)
    return await asyncio.open_connection(*address, limit=LONGEST_LINE_OCTETS)


async def _read_greeting(reader: asyncio.StreamReader) -> tuple[Offered, ...]:
    offered = []
    is_known = False
    for _ in range(_MOST_GREETING_LINES):
        line = await _read_server_line(reader)
        if isinstance(line, Version):
            is_known = line.is_known
        elif isinstance(line, Offered):
            offered.append(line)
        elif isinstance(line, Done):
            if not is_known:
                raise ParseError("the server talks another version of the protocol")
            return tuple(offered)
    raise ParseError("the greeting of the server does not end")


async def _read_server_line(reader: asyncio.StreamReader) -> ServerLine | None:
    try:
        return read_line((await reader.readuntil(b"\n"))[:-1])
    except asyncio.IncompleteReadError:
        raise ConnectionLost("the server has closed the connection") from None
    except asyncio.LimitOverrunError:
        raise ParseError("a line of the server is too long") from None


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):  # it was lost before
        await writer.wait_closed()
