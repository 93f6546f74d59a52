"""Dialogues over asyncio: a connection that says and hears (RFC 5321).

Rules.
- A wait is one future.  What follows from a reply is said when its octets come: to wake
  a task for each would be a turn of the loop each time.
- What is said until the next reply is awaited goes out in one write.
- While a message goes out, replies are taken in up to a bound.
- Octets in clear behind the reply to STARTTLS are an attack (RFC 3207 s4.2, s5).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from aiosmtplib.errors import SMTPException, SMTPResponseException
from aiosmtplib.response import SMTPResponse

from dsnlib.adapters.client.dialogue import Hear, Lost, Say, StartTls, TlsFailed, Unasked
from dsnlib.adapters.client.tls.handshake import explain, plan_handshake
from dsnlib.adapters.client.transcript import Transcript
from dsnlib.adapters.client.wire import Wire
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dsnlib.adapters.client.dialogue import Answer, Dialogue, Step
    from dsnlib.adapters.client.place import ServerPlace
    from dsnlib.adapters.client.tls.handshake import Handshake

__all__ = ["Channel"]

T = TypeVar("T")

_READY = 220


class _Raised(NamedTuple):
    """What a dialogue has raised."""

    error: Exception


class Channel(Wire):
    """One connection that dialogues are held over.

    Args:
        place: The server.
        transfer_seconds: How long each piece of a message may take to go out.
        observe: Hears what is said.
    """

    def __init__(
        self,
        place: ServerPlace,
        *,
        transfer_seconds: float,
        observe: Callable[[str, str], None] | None = None,
    ) -> None:
        super().__init__(transfer_seconds=transfer_seconds)
        self._place = place
        self._transcript = None if observe is None else Transcript(observe)
        self._dialogue: Dialogue[Any] | None = None
        self._tls_answer: Answer = ""

    async def run(self, dialogue: Dialogue[T]) -> T:
        """Hold a dialogue, and return its value.

        Raises whatever the dialogue raises.
        """
        step = self._go_on(dialogue, None)
        while not isinstance(step, tuple):
            answer: Answer | None = None
            fault: Exception | None = None
            try:
                if type(step) is Hear:
                    step = await self._wait(dialogue, step)
                    continue
                answer = await self._do(step)
            except (Lost, TlsFailed, OSError) as error:
                fault = error
            step = self._go_on(dialogue, answer, fault)
        return cast("T", step[0])

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

    async def read_response(self, timeout: float | None = None) -> SMTPResponse:  # noqa: ASYNC109  aiosmtplib's signature
        """Return the reply to STARTTLS, which aiosmtplib says.

        Raises:
            Lost: There is none.
            TlsFailed: There is more than one.
        """
        seconds = self._transfer_seconds if timeout is None else timeout
        answer = await self.run(_hear(Hear(seconds, "STARTTLS")))
        self._tls_answer = answer
        if not isinstance(answer, SmtpReply):
            return SMTPResponse(0, answer)
        if answer.code == _READY and not self._reader.is_empty:
            message = "there are octets in clear behind the reply to STARTTLS"
            raise TlsFailed(message)
        return SMTPResponse(answer.code, "")

    def _resume(self, waiter: asyncio.Future[Any], answer: Answer) -> None:
        """Go on with the dialogue that waits, and wake its task if that is not all."""
        dialogue = cast("Dialogue[Any]", self._dialogue)
        try:
            if self._transcript is not None:
                self._transcript.hear(answer)
            step = self._go_on(dialogue, answer)
        except Exception as error:  # noqa: BLE001  whoever runs the dialogue is told
            # As a result: nobody would take an exception from a task that is cancelled now.
            waiter.set_result(_Raised(error))
            return
        if type(step) is Hear and self._lost is None:
            self._arm(step.seconds)
        else:
            waiter.set_result(step)

    def _go_on(  # noqa: C901  what is done for each step, in one place: it is done often
        self, dialogue: Dialogue[Any], answer: Answer | None, fault: Exception | None = None
    ) -> Step | tuple[Any]:
        """Hold a dialogue until something has to be waited for, and return that, or the end.

        The end is a tuple of the value alone.

        Raises whatever the dialogue raises.
        """
        said: list[bytes] = []
        take, send, transcript = self._reader.take, dialogue.send, self._transcript
        while True:
            try:
                step = send(answer) if fault is None else dialogue.throw(fault)
            except StopIteration as stop:
                if said:
                    self._write(b"".join(said))
                return (stop.value,)
            answer = fault = None
            if type(step) is Say and type(step.octets) is bytes:
                said.append(step.octets)
                if transcript is not None:
                    transcript.say(step)
                continue
            if said:
                self._write(b"".join(said))
                said.clear()
            try:
                if type(step) is Hear:
                    answer = take()
                    if answer is None:
                        return step
                    if transcript is not None:
                        transcript.hear(answer)
                elif type(step) is Unasked and not step.is_thorough:
                    answer = self._take_unasked()
                else:
                    return step
            except Lost as error:
                fault = error

    async def _do(self, step: Step) -> Answer | None:
        """Do what takes time, and return what was heard.

        Raises:
            Lost: There is no reply.
            OSError: A message cannot be read.
            TlsFailed: There is no TLS.
        """
        if isinstance(step, Say):
            if self._transcript is not None:
                self._transcript.say(step)
            await self._send_chunks(cast("Iterable[bytes]", step.octets))
            return None
        if isinstance(step, StartTls):
            return await self._encrypt(step)
        if self._reader.is_empty:
            # The loop looks at the socket once.
            await asyncio.sleep(0)
        return self._take_unasked()

    async def _wait(self, dialogue: Dialogue[Any], step: Hear) -> Step | tuple[Any]:
        """Wait for a reply that is not there yet, and return what `_go_on` does with it.

        Raises what that raises, and:

        Raises:
            Lost: There is none.
        """
        if self._lost is None:
            if self._is_full:
                self._is_full = False
                self._set_reading(is_on=True)
            self._arm(step.seconds)
            self._dialogue = dialogue
            self._waiter = self._loop.create_future()
            try:
                then: Step | tuple[Any] | _Raised | None = await self._waiter
            finally:
                self._waiter = self._dialogue = None
            if isinstance(then, _Raised):
                raise then.error
            if then is not None:
                return then
        raise Lost(self._lost)

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

    def _take_unasked(self) -> Answer | None:
        reader = self._reader
        if reader.is_empty:
            if self._lost is not None:
                raise Lost(self._lost)
            return None
        answer = reader.take()
        if answer is None:
            answer = reader.rest()
        if self._transcript is not None:
            self._transcript.hear(answer)
        return answer

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


def _hear(step: Hear) -> Dialogue[Answer]:
    answer = yield step
    return cast("Answer", answer)
