"""One filter in one SMTP session: what it is told, and what it says to that.

    connect helo [ mail rcpt* data header* end-of-header body* end-of-message ]* quit

Rules.
- What it says to `connect` or `helo` holds for the session, what it says later for
  the message; at `rcpt` a refusal is about this recipient.
- Macros go before the packet that they belong to.
- A filter that does not answer in time, or says what has no place there, is left,
  and the site's default action holds for the rest of the session.
- A filter that says something when it is not its turn is not in step, and is left.
- A field longer than a packet may be is shown as far as it fits.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from kilter.protocol import messages
from kilter.protocol.messages import ProtocolFlags

from dsnlib.adapters.milters.connection import FilterConnection
from dsnlib.adapters.milters.macros import encode_macros
from dsnlib.adapters.milters.negotiation import EVENTS, Agreement, Event, negotiate
from dsnlib.adapters.milters.packets import (
    MilterFault,
    pack_connect,
    pack_envelope,
    pack_header,
    pack_macros,
    pack_message,
    pack_octets,
    string,
    unpack,
)
from dsnlib.adapters.milters.reply_code import read_reply_code
from dsnlib.adapters.milters.revision import Revision
from dsnlib.adapters.milters.verdict import MilterAction, MilterVerdict, away_verdict, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from dsnlib.adapters.milters.draft import Draft
    from dsnlib.adapters.milters.settings import Milter
    from dsnlib.model.reply import SmtpReply
    from dsnlib.replies.session import Client

__all__ = ["MilterSession"]

_LOGGER = logging.getLogger("dsnlib.milter")
_GO_ON = MilterVerdict()
# How much is put together before it is sent, where no answer is waited for.
_TOGETHER_OCTETS = 65_536
# What a filter says may be long; so much of it is for the log.
_LONGEST_REASON = 240
# RFC 5322 s2.1.1: no line is longer.
_LONGEST_NAME_OCTETS = 998
_PERMANENT = 500
_REFUSALS: Mapping[type[messages.Message], MilterAction] = {
    messages.Reject: MilterAction.REJECT,
    messages.TemporaryFailure: MilterAction.TEMPFAIL,
}


class MilterSession:
    """A session with one filter.

    Args:
        milter: The filter.
        macros: What it may be told, by name; looked at again at each step.
        opener: How it is connected to.
    """

    def __init__(
        self,
        milter: Milter,
        *,
        macros: Mapping[str, str],
        opener: Callable[[Milter], Awaitable[FilterConnection]] = FilterConnection.open,
    ) -> None:
        self._milter = milter
        self._open = opener
        self._macros = macros
        self._connection: FilterConnection | None = None
        self._agreement: Agreement | None = None
        self._for_session: MilterVerdict | None = None
        self._for_message: MilterVerdict | None = None
        self._is_in_message = False
        self._outgoing = bytearray()
        self._deadline = 0.0
        self._answer_octets = 0

    async def connect(self, client: Client, *, port: int = 0) -> MilterVerdict:
        """Connect, agree on what is said, and tell of the client.

        A filter that was told of another client is left first, and asked anew.
        """
        await self.quit()
        self._agreement = self._for_session = self._for_message = None
        self._is_in_message = False
        self._outgoing.clear()

        async def step() -> MilterVerdict:
            self._connection = await self._open(self._milter)
            self._agreement = await negotiate(self._connection, self._milter)
            return await self._tell("connect", pack_connect(client, port))

        return await self._guarded(step)

    async def helo(self, name: str) -> MilterVerdict:
        """Tell of the client's name."""
        packet = pack_octets(messages.Helo.ident, string(name))
        return await self._guarded(lambda: self._tell("helo", packet))

    async def mail(self, sender: str, params: Iterable[str]) -> MilterVerdict:
        """Tell of MAIL."""
        packet = pack_envelope(messages.EnvelopeFrom.ident, sender, params)
        macros = {"mail_addr": sender}

        async def step() -> MilterVerdict:
            self._is_in_message = True
            return await self._tell("mail", packet, macros)

        return await self._guarded(step)

    async def rcpt(
        self, recipient: str, params: Iterable[str], *, rejected: SmtpReply | None
    ) -> MilterVerdict:
        """Tell of RCPT, and of one that is refused already if the filter wants to know."""
        packet = pack_envelope(messages.EnvelopeRecipient.ident, recipient, params)

        async def step() -> MilterVerdict:
            if rejected is None:
                return await self._tell("rcpt", packet, {"rcpt_addr": recipient})
            if self._agreed.flags & ProtocolFlags.REJECTED_RECIPIENT:
                status = rejected.effective_status
                macros = {
                    "rcpt_mailer": "error",
                    "rcpt_host": "" if status is None else str(status),
                    "rcpt_addr": rejected.lines[-1],
                }
                await self._exchange(EVENTS["rcpt"], packet, macros)
                await self._flush()
            return _GO_ON

        return await self._guarded(step)

    async def data(self) -> MilterVerdict:
        """Tell of DATA."""
        packet = pack_message(messages.Data())
        return await self._guarded(lambda: self._tell("data", packet))

    async def unknown(self, command: str) -> MilterVerdict:
        """Tell of a command that nobody knows."""
        packet = pack_octets(messages.Unknown.ident, string(command))
        return await self._guarded(lambda: self._tell("unknown", packet))

    async def content(self, draft: Draft) -> MilterVerdict:
        """Show a message, and make the changes that are wanted if it may go on.

        Raises:
            OSError: The message cannot be read, or a new body cannot be written.
        """

        async def step() -> MilterVerdict:
            verdict = await self._show(draft)
            if verdict is None:
                verdict = await self._end(draft)
            return _GO_ON if verdict is None else verdict

        return await self._guarded(step)

    async def abort(self) -> None:
        """Tell that the message comes to nothing, if the filter knows of one."""
        self._for_message = None
        if not self._is_in_message:
            return
        self._is_in_message = False
        if self._for_session is None:

            async def step() -> MilterVerdict:
                self._outgoing += pack_message(messages.Abort())
                await self._flush()
                return _GO_ON

            await self._guarded(step)

    async def quit(self) -> None:
        """Take leave; nothing is asked after this."""
        if self._connection is not None:
            self._connection.close(last=pack_message(messages.Close()))
            self._connection = None

    @property
    def _agreed(self) -> Agreement:
        if self._agreement is None:
            message = "it is not connected"
            raise MilterFault(message)
        return self._agreement

    @property
    def _connected(self) -> FilterConnection:
        if self._connection is None:
            message = "it is not connected"
            raise MilterFault(message)
        return self._connection

    async def _guarded(self, step: Callable[[], Awaitable[MilterVerdict]]) -> MilterVerdict:
        """Take a step, unless it was said already what becomes of it."""
        for standing in (self._for_session, self._for_message):
            if standing is not None:
                return standing
        self._deadline = asyncio.get_running_loop().time() + self._milter.message_seconds
        try:
            return await step()
        except MilterFault as fault:
            return self._leave(str(fault), is_misfit=fault.is_misfit)
        except BaseException:
            # A filter that was left in the middle of a step cannot be asked again.
            self._leave("the step was not finished")
            raise

    def _leave(self, why: str, *, is_misfit: bool = False) -> MilterVerdict:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        why = why[:_LONGEST_REASON]
        action = self._milter.default_action
        _LOGGER.warning("milter %s: %s; default action: %s", self._milter, why, action.value)
        verdict = away_verdict(action, milter=self._milter.name, reason=why, is_misfit=is_misfit)
        self._for_session = verdict
        return verdict

    async def _tell(
        self, name: str, packet: bytes, macros: Mapping[str, str] | None = None
    ) -> MilterVerdict:
        """Tell of a command, and return what the filter says."""
        event = EVENTS[name]
        verdict = self._judge(event, await self._exchange(event, packet, macros))
        await self._flush()
        return _GO_ON if verdict is None else verdict

    async def _show(self, draft: Draft) -> MilterVerdict | None:
        """Show the header and the body; return the verdict if there is one before the end."""
        agreement = self._agreed
        event = EVENTS["header"]
        for field in draft.header if agreement.wants(event) else ():
            name = field.name[:_LONGEST_NAME_OCTETS]
            room = agreement.data_octets - len(name) - 2
            value = field.value(keeps_space=agreement.keeps_space)[:room]
            answer = await self._exchange(event, pack_header(name, value))
            if (verdict := self._judge(event, answer)) is not None:
                return verdict
        event = EVENTS["end of header"]
        answer = await self._exchange(event, pack_message(messages.EndOfHeaders()))
        if (verdict := self._judge(event, answer)) is not None:
            return verdict
        event = EVENTS["body"]
        if not agreement.wants(event):
            return None
        with contextlib.closing(draft.body(agreement.data_octets)) as chunks:
            for chunk in chunks:
                packet = pack_message(messages.Body(chunk), octets=len(chunk))
                answer = await self._exchange(event, packet)
                if isinstance(answer, messages.Skip) and agreement.flags & ProtocolFlags.SKIP:
                    break
                if (verdict := self._judge(event, answer)) is not None:
                    return verdict
        return None

    async def _end(self, draft: Draft) -> MilterVerdict | None:
        """Tell that the message is complete, and take changes until the last word."""
        event = EVENTS["end of message"]
        revision = Revision(
            self._agreed,
            body_octets=self._milter.body_octets,
            directory=draft.directory,
            milter=self._milter.name,
        )
        try:
            answer = await self._exchange(event, pack_message(messages.EndOfMessage(b"")))
            while isinstance(answer, messages.Message) and revision.take(
                answer, self._answer_octets
            ):
                answer = await self._receive(event)
            self._is_in_message = False
            verdict = self._judge(event, answer)
            if verdict is None or verdict is _GO_ON:
                draft.commit(revision)
            return verdict
        finally:
            revision.close()

    def _judge(self, event: Event, answer: messages.Message | int | None) -> MilterVerdict | None:
        """Return what an answer decides; `None` if the filter wants to see more.

        Raises:
            MilterFault: The answer has no place there.
        """
        if answer is None or isinstance(answer, messages.Continue):
            return None
        is_accepted = isinstance(answer, messages.Accept)
        verdict = _GO_ON if is_accepted else self._refusal(event, answer)
        if event.is_of_session or verdict.action is MilterAction.SHUTDOWN:
            self._for_session = verdict
        elif is_accepted or verdict.is_discarded:
            self._for_message = verdict
        return verdict

    def _refusal(self, event: Event, answer: messages.Message | int) -> MilterVerdict:
        name = self._milter.name
        if isinstance(answer, int):
            return refusal(MilterAction.SHUTDOWN, milter=name)
        if isinstance(answer, messages.ReplyCode):
            reply = read_reply_code(bytes(answer.content))
            is_soft = reply.code < _PERMANENT
            action = MilterAction.TEMPFAIL if is_soft else MilterAction.REJECT
            return refusal(action, milter=name, reply=reply)
        if type(answer) in _REFUSALS:
            return refusal(_REFUSALS[type(answer)], milter=name)
        if isinstance(answer, messages.Discard) and not event.is_of_session:
            return MilterVerdict(action=MilterAction.DISCARD, milter=name)
        message = f"it answers {type(answer).__name__} to {event.name}"
        raise MilterFault(message)

    async def _exchange(
        self, event: Event, packet: bytes, macros: Mapping[str, str] | None = None
    ) -> messages.Message | int | None:
        """Send a packet, with its macros in front, and return the answer.

        Returns:
            `None` if the filter does not want to know, or says nothing to it.
        """
        agreement = self._agreed
        if not agreement.wants(event):
            return None
        if event.stage is not None:
            names = agreement.macros.get(event.stage, ())
            found = encode_macros(names, {**self._macros, **(macros or {})})
            if found:
                self._outgoing += pack_macros(event.ident, found)
        self._outgoing += packet
        if agreement.is_answered(event):
            await self._flush()
            return await self._receive(event)
        if len(self._outgoing) >= _TOGETHER_OCTETS:
            await self._flush()
        return None

    async def _flush(self) -> None:
        """Send what was put together."""
        if not self._outgoing:
            return
        connection = self._connected
        if connection.has_spoken:
            message = "it says something when it is not its turn"
            raise MilterFault(message)
        packets = bytes(self._outgoing)
        self._outgoing.clear()
        seconds = min(self._milter.content_seconds, self._left_seconds())
        await connection.send(packets, seconds=seconds)

    async def _receive(self, event: Event) -> messages.Message | int:
        """Return the next packet that says more than that the filter goes on."""
        milter = self._milter
        seconds = milter.content_seconds if event.is_of_content else milter.command_seconds
        while True:
            left = self._left_seconds()
            ident, data = await self._connected.receive(seconds=min(seconds, left))
            if ident != messages.Progress.ident:
                self._answer_octets = len(data)
                return unpack(ident, data)

    def _left_seconds(self) -> float:
        """Return how long the filter may still take for what it was asked."""
        left = self._deadline - asyncio.get_running_loop().time()
        if left <= 0:
            message = f"it takes longer than {self._milter.message_seconds:g} s"
            raise MilterFault(message)
        return left
