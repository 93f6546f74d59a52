"""What a client has sent and nobody has read yet: in lines, or as it comes.

The protocol puts octets in, and one task takes them out.  When too much waits, the
transport is told to read no more until some of it was taken, so a client that sends
faster than it is answered fills its own buffers and not ours.

Rules.
- A line ends with LF; what stands before it is the reader's to judge.
- A line that is too long is read to its end, forgotten, and told of.
- After the end of the input what came before can still be read (RFC 5321 s3.8: a
  client may half-close; what it has sent is answered).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ClientInput", "InputEnded", "LineTooLong"]

# Chosen by us: as much as asyncio lets wait for output.
_MOST_WAITING = 65_536


class InputEnded(Exception):
    """The client will send nothing more."""


class LineTooLong(Exception):
    """A line was longer than it may be; it has been read."""


class ClientInput:
    """The input of one connection.

    Args:
        pause: Tells the transport to read no more.
        resume: Tells it to read again.

    Attributes:
        has_ended: Whether nothing more will come.
    """

    def __init__(self, *, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self._pause = pause
        self._resume = resume
        self._octets = bytearray()
        # How far it is known that there is no line end.
        self._searched = 0
        self._is_paused = False
        self.has_ended = False
        self._waiter: asyncio.Future[None] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._octets

    @property
    def has_line(self) -> bool:
        """Whether `line` would return at once."""
        return b"\n" in self._octets or self.has_ended

    def feed(self, octets: bytes) -> None:
        """Put in what has come."""
        if self.has_ended:
            return
        self._octets += octets
        if len(self._octets) > _MOST_WAITING and not self._is_paused:
            self._is_paused = True
            self._pause()
        self._wake()

    def end(self) -> None:
        """Take note that nothing more will come."""
        self.has_ended = True
        self._wake()

    def clear(self) -> None:
        """Forget what waits (RFC 3207 s4.2)."""
        self._octets.clear()
        self._taken()

    def put_back(self, octets: bytes) -> None:
        """Put in front what was taken too much."""
        self._octets[:0] = octets
        self._searched = 0

    async def line(self, most_octets: int) -> bytes:
        """Return the next line, with its LF.

        Args:
            most_octets: How long it may be without CR and LF.

        Raises:
            InputEnded: There is no whole line, and none will come.
            LineTooLong: It is longer.
        """
        octets = self._octets
        is_too_long = False
        while (end := octets.find(b"\n", self._searched)) < 0:
            if self.has_ended:
                raise InputEnded
            if len(octets) > most_octets + 1:
                is_too_long = True
                octets.clear()
                self._taken()
            self._searched = len(octets)
            await self._wait()
        line = bytes(octets[: end + 1])
        del octets[: end + 1]
        self._taken()
        if is_too_long or end - line.endswith(b"\r\n") > most_octets:
            raise LineTooLong
        return line

    async def octets(self, most: int | None = None) -> bytes:
        """Return what has come, at least one octet.

        Args:
            most: How many at most.

        Raises:
            InputEnded: Nothing has come, and nothing will.
        """
        while not self._octets:
            if self.has_ended:
                raise InputEnded
            await self._wait()
        taken = bytes(self._octets if most is None else self._octets[:most])
        del self._octets[: len(taken)]
        self._taken()
        return taken

    def _taken(self) -> None:
        self._searched = 0
        if self._is_paused and len(self._octets) <= _MOST_WAITING // 2:
            self._is_paused = False
            self._resume()

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
