"""A mail filter that says what a test has written down, on a loopback socket.

It answers each packet by its letter, keeps what it was told, and can break every
rule: that is what it is for.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Self

import attrs

from dsnlib.adapters.milters.settings import Milter

if TYPE_CHECKING:
    from pathlib import Path

ALL_ACTIONS = 0x1FF
CONTINUE = b"c"
CLOSE = None


class Told(NamedTuple):
    """A packet that came: its letter, and its data."""

    letter: str
    data: bytes


def packet(body: bytes) -> bytes:
    """Return a packet: its first octet is the letter."""
    return struct.pack("!L", len(body)) + body


def negotiation(
    version: int = 6, actions: int = ALL_ACTIONS, flags: int = 0, macros: bytes = b""
) -> bytes:
    """Return the answer to an offer."""
    return b"O" + struct.pack("!LLL", version, actions, flags) + macros


# What answers a letter: packets; `None` closes the connection, octets in a tuple of
# one are sent as they are.
Answer = Sequence[bytes | tuple[bytes] | float | None]


class ScriptedFilter:
    """A filter; `answers` has what it says to a letter, one row for each time it comes.

    The last row stays.  What is not there is answered with "continue".

    Args:
        answers: By letter.
        negotiation: The answer to the offer.
        silent: Letters that are not answered at all.
    """

    def __init__(
        self,
        answers: Mapping[str, Sequence[Answer]] | None = None,
        *,
        negotiation: bytes | tuple[bytes] | float | None = negotiation(),
        silent: str = "",
    ) -> None:
        self._answers = {letter: list(rows) for letter, rows in (answers or {}).items()}
        self._negotiation = negotiation
        self._silent = f"{silent}DAQ"
        self.told: list[Told] = []
        self.macros: dict[str, dict[str, str]] = {}
        self._where = ""
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def heard(self, letter: str) -> None:
        """Return when a letter has come."""
        while letter not in self.letters:
            self._news.clear()
            await self._news.wait()

    @property
    def letters(self) -> str:
        """The letters of what came, without macros."""
        return "".join(each.letter for each in self.told if each.letter != "D")

    def data(self, letter: str) -> list[bytes]:
        """Return what came with a letter."""
        return [each.data for each in self.told if each.letter == letter]

    def milter(self, **settings: object) -> Milter:
        """Return the settings that lead here."""
        return attrs.evolve(Milter(where=self._where), **settings)  # type: ignore[arg-type]  # a test has them

    @contextlib.asynccontextmanager
    async def running(self, *, path: Path | None = None) -> AsyncIterator[Self]:
        """Serve on a port of the loopback interface, or on a socket file."""
        if path is None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self._where = f"inet:127.0.0.1:{server.sockets[0].getsockname()[1]}"
        else:
            server = await asyncio.start_unix_server(self._serve, path)
            self._where = f"unix:{path}"
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        size = int.from_bytes(await reader.readexactly(4))
        body = await reader.readexactly(size)
        letter, data = chr(body[0]), body[1:]
        self.told.append(Told(letter, data))
        self._news.set()
        if letter == "D":
            fields = data[1:].split(b"\0")[:-1]
            names, values = fields[::2], fields[1::2]
            self.macros.setdefault(chr(data[0]), {}).update(
                {name.decode(): value.decode() for name, value in zip(names, values, strict=True)}
            )
        for each in self._row(letter):
            match each:
                case None:
                    return False
                case (octets,):
                    writer.write(octets)
                case bytes():
                    writer.write(packet(each))
                case float():
                    await writer.drain()
                    await asyncio.sleep(each)
        await writer.drain()
        return True

    def _row(self, letter: str) -> Answer:
        if letter == "O":
            return (self._negotiation,)
        rows = self._answers.get(letter)
        if rows:
            return rows[0] if len(rows) == 1 else rows.pop(0)
        return () if letter in self._silent else (CONTINUE,)
