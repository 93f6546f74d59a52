"""Dialogues over asyncio: a connection that says and hears (RFC 5321).

aiosmtplib has the connection, its flow control and the change to TLS.  Its reading of
replies is not used: it drops what comes while nothing is awaited, and so all but the
first reply of a pipelined group.

Rules.
- No task, lock or timer for a command: a wait is one future, and one timer follows the
  deadline.
- What is said until the next reply is awaited goes out in one write.
- While a message goes out, replies are taken in up to a bound; beyond it the server has
  to wait.
- Octets in clear behind the reply to STARTTLS are an attack (RFC 3207 s4.2, s5).
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, TypeVar, cast

from aiosmtplib.errors import SMTPException, SMTPResponseException
from aiosmtplib.protocol import SMTPProtocol
from aiosmtplib.response import SMTPResponse

from dsnlib.adapters.client.dialogue import Hear, Lost, Say, StartTls, TlsFailed
from dsnlib.adapters.client.handshake import explain, plan_handshake
from dsnlib.adapters.client.losses import why_lost
from dsnlib.adapters.client.reply_reader import UNREAD_OCTETS, ReplyReader
from dsnlib.adapters.client.tls_context import keep_session
from dsnlib.adapters.client.transcript import Transcript
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dsnlib.adapters.client.dialogue import Answer, Dialogue, Step
    from dsnlib.adapters.client.handshake import Handshake
    from dsnlib.adapters.client.place import Place

__all__ = ["Channel"]

T = TypeVar("T")

_READY = 220


class Channel(SMTPProtocol):
    """One connection.

    Args:
        place: The server.
        transfer_seconds: How long each piece of a message may take to go out.
        observe: Hears what is said.
    """

    def __init__(
        self,
        place: Place,
        *,
        transfer_seconds: float,
        observe: Callable[[str, str], None] | None = None,
    ) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self.tls = ""
        self._place = place
        self._transfer_seconds = transfer_seconds
        self._transcript = None if observe is None else Transcript(observe)
        self._reader = ReplyReader()
        self._is_full = False
        self._waiter: asyncio.Future[Answer | None] | None = None
        # Why there is nothing more to be said or heard.
        self._lost: str | None = None
        self._deadline = 0.0
        self._limit = float("inf")
        self._timer: asyncio.TimerHandle | None = None
        self._tls_answer: Answer = ""
        self._is_leaving = False

    @property
    def is_quiet(self) -> bool:
        """Whether there is a connection, and nothing has been said that nobody asked for."""
        return self._lost is None and self._reader.is_empty

    def limit(self, seconds: float) -> None:
        """Let nothing that follows take longer in all."""
        self._limit = self._loop.time() + seconds

    async def run(self, dialogue: Dialogue[T]) -> T:
        """Hold a dialogue, and return its value.

        Raises whatever the dialogue raises.
        """
        said: list[bytes] = []
        answer: Answer | None = None
        fault: Exception | None = None
        while True:
            try:
                step = dialogue.send(answer) if fault is None else dialogue.throw(fault)
            except StopIteration as stop:
                self._write(b"".join(said))
                return cast("T", stop.value)
            answer = fault = None
            if isinstance(step, Say) and isinstance(step.octets, bytes):
                said.append(step.octets)
                if self._transcript is not None:
                    self._transcript.say(step)
                continue
            if said:
                self._write(said[0] if len(said) == 1 else b"".join(said))
                said.clear()
            try:
                answer = self._reader.take() if isinstance(step, Hear) else None
                if answer is None:
                    answer = await self._do(step)
            except (Lost, TlsFailed, OSError) as error:
                fault = error
            if self._transcript is not None and answer is not None:
                self._transcript.hear(answer)

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
                waiter.set_result(answer)
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

    async def read_response(self, timeout: float | None = None) -> SMTPResponse:  # noqa: ASYNC109  aiosmtplib's signature
        """Return the reply to STARTTLS, which aiosmtplib says.

        Raises:
            Lost: There is none.
            TlsFailed: There is more than one.
        """
        answer = self._reader.take()
        if answer is None:
            answer = await self._wait(self._transfer_seconds if timeout is None else timeout)
        self._tls_answer = answer
        if not isinstance(answer, SmtpReply):
            return SMTPResponse(0, answer)
        if answer.code == _READY and not self._reader.is_empty:
            message = "there are octets in clear behind the reply to STARTTLS"
            raise TlsFailed(message)
        return SMTPResponse(answer.code, "")

    async def _do(self, step: Step) -> Answer | None:
        """Do what takes time, and return what was heard.

        Raises:
            Lost: There is no reply.
            OSError: A message cannot be read.
            TlsFailed: There is no TLS.
        """
        if isinstance(step, Hear):
            return await self._wait(step.seconds)
        if isinstance(step, Say):
            if self._transcript is not None:
                self._transcript.say(step)
            await self._send_chunks(cast("Iterable[bytes]", step.octets))
            return None
        if isinstance(step, StartTls):
            return await self._encrypt(step)
        if step.is_thorough and self._reader.is_empty:
            # The loop looks at the socket once.
            await asyncio.sleep(0)
        return self._take_unasked()

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

    async def _send_chunks(self, chunks: Iterable[bytes]) -> None:
        """Send octets as there is room for them.

        Raises:
            OSError: They cannot be read.
        """
        for chunk in chunks:
            if self._lost is not None:
                return
            self._write(chunk)
            if self._paused:
                await self._drain()

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

    async def _wait(self, seconds: float) -> Answer:
        """Return the next reply, which is not there yet.

        Raises:
            Lost: There is none.
        """
        if self._lost is None:
            if self._is_full:
                self._is_full = False
                self._set_reading(is_on=True)
            self._arm(seconds)
            self._waiter = self._loop.create_future()
            try:
                answer = await self._waiter
            finally:
                self._waiter = None
            if answer is not None:
                return answer
        raise Lost(self._lost)

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

    def _take_unasked(self) -> Answer | None:
        reader = self._reader
        if reader.is_empty:
            if self._lost is not None:
                raise Lost(self._lost)
            return None
        answer = reader.take()
        return reader.rest() if answer is None else answer

    async def _encrypt(self, step: StartTls) -> Answer:
        """Say STARTTLS, shake hands, and return the reply.

        Raises:
            Lost: There was no reply.
            TlsFailed: There is no TLS, and the connection is of no use.
            Trouble: The server is not the right one.
        """
        if self._transcript is not None:
            self._transcript.say(Say(b"STARTTLS\r\n"))
        handshake = plan_handshake(step.policy, self._place)
        try:
            await self.start_tls(
                handshake.context, server_hostname=handshake.server_name, timeout=step.seconds
            )
        except SMTPResponseException:
            return self._tls_answer
        except (OSError, SMTPException) as error:
            self.close()
            cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
            words = explain(cause) if isinstance(cause, OSError) else str(cause)
            raise TlsFailed(words) from error
        self.look_at(handshake)
        return self._tls_answer

    def look_at(self, handshake: Handshake) -> None:
        """Take note of TLS, and find out whether the server is the right one.

        Args:
            handshake: What it was begun with.

        Raises:
            Trouble: It is not.
        """
        assert self.transport is not None  # noqa: S101  there was a handshake
        connection = self.transport.get_extra_info("ssl_object")
        # It is encrypted, whoever is there: so it is closed as what is.
        self.tls = connection.version() or ""
        handshake.check(connection)
