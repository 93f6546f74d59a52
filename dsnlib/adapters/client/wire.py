"""A connection to a server over asyncio: octets, time limits and its end.

aiosmtplib has the connection, its flow control and the change to TLS.  Its reading of
replies is not used: it drops what comes while nothing is awaited, and so all but the
first reply of a pipelined group.

Rules.
- No task or lock for a command, and one timer that follows the deadline of all.
- What is said after the connection was lost is passed over; who waits then is told.
- What has not been taken has a bound; beyond it the server has to wait.
"""

from __future__ import annotations

import abc
import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, cast

from aiosmtplib.protocol import SMTPProtocol

from dsnlib.adapters.client.dialogue import Lost
from dsnlib.adapters.client.losses import why_lost
from dsnlib.adapters.client.reply_reader import UNREAD_OCTETS, ReplyReader
from dsnlib.adapters.client.tls.context import keep_session

if TYPE_CHECKING:
    from dsnlib.adapters.client.dialogue import Answer

__all__ = ["Wire"]

# Chosen by us: what is taken from the socket at once.  Where a protocol has no buffer,
# asyncio makes one of 256 kB for each look at the socket, which malloc has to get from
# the system and to give back: 20 microseconds each time.
_BUFFER_OCTETS = 8192


class Wire(SMTPProtocol, asyncio.BufferedProtocol):
    """One connection.

    Args:
        transfer_seconds: How long each piece of a message may take to go out.

    Attributes:
        closed: Is done when there is no connection any more.
        tls: The version of TLS; empty without.
    """

    def __init__(self, *, transfer_seconds: float) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self.tls = ""
        self._transfer_seconds = transfer_seconds
        self._reader = ReplyReader()
        self._room = memoryview(bytearray(_BUFFER_OCTETS))
        self._is_full = False
        # Who waits for what follows from a reply; it is `None` if there is none.
        self._waiter: asyncio.Future[Any] | None = None
        # Why there is nothing more to be said or heard.
        self._lost: str | None = None
        self._deadline = 0.0
        self._limit = float("inf")
        self._timer: asyncio.TimerHandle | None = None
        self._is_leaving = False

    @property
    def is_quiet(self) -> bool:
        """Whether there is a connection, and nothing has been said that nobody asked for."""
        return self._lost is None and self._reader.is_empty

    def limit(self, seconds: float) -> None:
        """Let nothing that follows take longer in all."""
        self._limit = self._loop.time() + seconds

    def close(self, why: str = "the connection was closed here") -> None:
        """End the connection at once: whoever waits hears that it is lost.  Never raises."""
        self._lose(why)
        transport = self.transport
        if transport is not None:
            cast("asyncio.Transport", transport).abort()
        elif not self.closed.done():
            self.closed.set_result(None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def leave(self, seconds: float) -> None:
        """Say QUIT, and close when the server has answered or does not.  Never raises.

        Args:
            seconds: How long it has.
        """
        if self._lost is not None or self._is_leaving:
            self.close()
            return
        self.keep_tls()
        self._write(b"QUIT\r\n")
        self._is_leaving = True
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self.close)

    def hang_up(self) -> None:
        """Say QUIT, and close without hearing what the server says to it.  Never raises."""
        if not (self._is_leaving or self.tls):
            self._write(b"QUIT\r\n")
            if self.transport is not None and not self._paused:
                # What it has not taken yet goes out; TLS would wait for its end too.
                self.transport.close()
                self._lose("the connection was closed here")
                return
        self.close()

    def keep_tls(self) -> None:
        """Let the next connection resume the TLS of this one.  Never raises."""
        transport = self.transport
        connection = None if transport is None else transport.get_extra_info("ssl_object")
        if connection is not None:
            keep_session(connection)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  asyncio's signature
        """Return where asyncio may put what has come."""
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        """Take octets in that asyncio has put into the buffer."""
        self.data_received(bytes(self._room[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """Take octets in, and wake who waits for a reply that is whole now."""
        if self._is_leaving:
            self.close()
            return
        reader, waiter = self._reader, self._waiter
        reader.feed(data)
        if waiter is not None and not waiter.done():
            try:
                answer = reader.take()
            except Lost as error:
                self.close(str(error))
                return
            if answer is not None:
                self._resume(waiter, answer)
        if len(reader) > UNREAD_OCTETS and not self._is_full:
            self._is_full = True
            self._set_reading(is_on=False)

    def eof_received(self) -> bool:
        """Take note that the server will say nothing more."""
        self._lose("the server closed the connection")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that there is no connection."""
        why = "the server closed the connection"
        if isinstance(exc, OSError):
            why = why_lost(exc)
        self._lose(why)
        super().connection_lost(exc)
        if not self.closed.done():
            self.closed.set_result(None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @abc.abstractmethod
    def _resume(self, waiter: asyncio.Future[Any], answer: Answer) -> None:
        """Do what follows from the reply that somebody waits for."""

    def _lose(self, why: str) -> None:
        if self._lost is None:
            self._lost = why
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _write(self, octets: bytes) -> None:
        transport = self.transport
        # A transport that is closing tells so later; what was heard before is still heard.
        if octets and self._lost is None and transport is not None and not transport.is_closing():
            cast("asyncio.WriteTransport", transport).write(octets)

    async def _drain(self) -> None:
        end = min(self._loop.time() + self._transfer_seconds, self._limit)
        try:
            async with asyncio.timeout_at(end):
                await self._drain_helper()
        except TimeoutError:
            self.close("it took no more octets in time")
        except OSError:
            # Whoever wants to hear something next is told.
            pass

    def _set_reading(self, *, is_on: bool) -> None:
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        # Nothing is to be done where it is done already.
        with contextlib.suppress(RuntimeError):
            reading = cast("asyncio.ReadTransport", transport)
            (reading.resume_reading if is_on else reading.pause_reading)()

    def _arm(self, seconds: float) -> None:
        self._deadline = deadline = min(self._loop.time() + seconds, self._limit)
        timer = self._timer
        if timer is not None:
            if timer.when() <= deadline:
                # It will look at the deadline then.
                return
            timer.cancel()
        self._timer = self._loop.call_at(deadline, self._look_at_time)

    def _look_at_time(self) -> None:
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() >= self._deadline:
            self.close("no answer in time")
        else:
            self._timer = self._loop.call_at(self._deadline, self._look_at_time)
