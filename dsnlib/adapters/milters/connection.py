"""The connection to a filter: packets out, packets in, and nothing without a bound.

Rules.
- A packet above the bound, or of no octet, ends the connection before it is read.
- What a filter sends faster than it is used is left with it.
- Whoever waits for a packet waits for a time that is given.
"""

from __future__ import annotations

import asyncio
import collections
from typing import TYPE_CHECKING, cast

from kilter.protocol.messages import Progress

from dsnlib.adapters.milters.packets import MilterFault

if TYPE_CHECKING:
    from dsnlib.adapters.milters.settings import Milter

__all__ = ["FilterConnection"]

# The largest that any filter may be allowed to send: SMFIP_MDS_1M.
_LARGEST_PACKET_OCTETS = 1_048_576
_LENGTH_OCTETS = 4
# How much is read ahead of its use.
_READ_AHEAD_OCTETS = 262_144
# What a packet takes besides its data, roughly.
_PACKET_OVERHEAD_OCTETS = 128
_LOST = "the connection is lost"


class FilterConnection(asyncio.Protocol):
    """A connection to one filter.

    Use `open`.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._octets = bytearray()
        self._packets: collections.deque[tuple[int, bytes]] = collections.deque()
        self._ahead_octets = 0
        self._fault: str | None = None
        self._is_read_paused = False
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._is_write_paused = False

    @classmethod
    async def open(cls, milter: Milter) -> FilterConnection:
        """Connect to a filter.

        Raises:
            MilterFault: It cannot be reached in time.
        """
        loop = asyncio.get_running_loop()
        endpoint = milter.endpoint
        try:
            async with asyncio.timeout(milter.connect_seconds):
                if isinstance(endpoint, tuple):
                    _, connection = await loop.create_connection(cls, *endpoint)
                else:
                    _, connection = await loop.create_unix_connection(cls, endpoint)
        except TimeoutError as error:
            message = f"no connection within {milter.connect_seconds:g} s"
            raise MilterFault(message) from error
        except (OSError, UnicodeError) as error:
            message = f"no connection: {error}"
            raise MilterFault(message) from error
        return connection

    @property
    def has_spoken(self) -> bool:
        """Whether it has said something unasked; that it goes on does not count."""
        while self._packets and self._packets[0][0] == Progress.ident:
            self._take()
        return bool(self._packets)

    async def send(self, packets: bytes, *, seconds: float) -> None:
        """Send packets; returns when the filter takes them, or the system has room for them.

        Raises:
            MilterFault: The connection is lost, or there was no room in time.
        """
        transport = self._usable()
        transport.write(packets)
        if not self._is_write_paused:
            return
        self._writer = asyncio.get_running_loop().create_future()
        await self._wait(self._writer, seconds, "it takes nothing")

    async def receive(self, *, seconds: float) -> tuple[int, bytes]:
        """Return the next packet: its letter, and its data.

        Raises:
            MilterFault: The connection is lost, or no packet came in time.
        """
        while not self._packets:
            self._usable()
            self._reader = asyncio.get_running_loop().create_future()
            await self._wait(self._reader, seconds, "it does not answer")
        return self._take()

    def _take(self) -> tuple[int, bytes]:
        ident, data = self._packets.popleft()
        self._ahead_octets -= len(data) + _PACKET_OVERHEAD_OCTETS
        if self._is_read_paused and self._ahead_octets < _READ_AHEAD_OCTETS:
            self._is_read_paused = False
            if self._transport is not None:
                self._transport.resume_reading()
        return ident, data

    def close(self, *, last: bytes = b"") -> None:
        """Leave, with a last packet if the filter still takes it."""
        transport = self._transport
        self._break("it was closed")
        if transport is None:
            return
        if last and not transport.is_closing():
            transport.write(last)
        if transport.get_write_buffer_size():
            # A filter that takes nothing is not waited for.
            transport.abort()
        else:
            transport.close()

    # What asyncio calls:

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take packets off what has come."""
        if self._fault is not None:
            return
        self._octets += data
        start = 0
        while len(self._octets) - start >= _LENGTH_OCTETS:
            size = int.from_bytes(self._octets[start : start + _LENGTH_OCTETS])
            if not 0 < size <= _LARGEST_PACKET_OCTETS:
                self._break(f"it announces a packet of {size} octets")
                if self._transport is not None:
                    self._transport.abort()
                return
            begin = start + _LENGTH_OCTETS
            if len(self._octets) < begin + size:
                break
            start = begin + size
            self._packets.append((self._octets[begin], bytes(self._octets[begin + 1 : start])))
            self._ahead_octets += size + _PACKET_OVERHEAD_OCTETS - 1
        del self._octets[:start]
        if self._packets:
            _wake(self._reader)
        if self._ahead_octets >= _READ_AHEAD_OCTETS and not self._is_read_paused:
            self._is_read_paused = True
            if self._transport is not None:
                self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits; packets that have come are still there."""
        self._transport = None
        self._break(_LOST if exc is None else f"{_LOST}: {exc}")

    def pause_writing(self) -> None:
        """Let who sends wait."""
        self._is_write_paused = True

    def resume_writing(self) -> None:
        """Let who sends go on."""
        self._is_write_paused = False
        _wake(self._writer)

    def _usable(self) -> asyncio.Transport:
        if self._fault is not None or self._transport is None:
            raise MilterFault(self._fault or _LOST)
        return self._transport

    async def _wait(self, event: asyncio.Future[None], seconds: float, what: str) -> None:
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await event
        except TimeoutError as error:
            message = f"{what} within {seconds:g} s"
            raise MilterFault(message) from error
        if self._fault is not None and not self._packets:
            raise MilterFault(self._fault)

    def _break(self, fault: str) -> None:
        if self._fault is None:
            self._fault = fault
        _wake(self._reader)
        _wake(self._writer)


def _wake(event: asyncio.Future[None] | None) -> None:
    if event is not None and not event.done():
        event.set_result(None)
