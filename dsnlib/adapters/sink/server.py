"""The server behind a sink: hooks that do what the local part says, and a controller.

Rules.
- What `Sink.answer` was told goes before what an address says.
- Statuses go out as they are asked for, also where they do not fit a recipient.
- To close the connection is to end the task of the session, as if the client had gone.
"""

from __future__ import annotations

import asyncio
import collections
import socket
import time
from typing import TYPE_CHECKING, Any, Protocol

from dsnlib.adapters.sink.message import SinkMessage
from dsnlib.adapters.sink.rules import read_deed, reply_with
from dsnlib.adapters.smtp_controller import DSNController
from dsnlib.adapters.smtp_reply import ReplyWriter
from dsnlib.adapters.smtp_server import DSNServer
from dsnlib.model.address import DiagnosticCode
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.parameter import PLACES, make_fault
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.replies.rewrite import RewriteRules
from dsnlib.replies.standard import StandardReply

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from aiosmtpd.smtp import Session

    from dsnlib.adapters.sink.message import Scripted
    from dsnlib.adapters.sink.rules import Deed
    from dsnlib.adapters.smtp_command import MailCommand, RcptCommand
    from dsnlib.adapters.smtp_envelope import DSNEnvelope
    from dsnlib.model.envelope import Recipient
    from dsnlib.model.reply import SmtpReply

__all__ = ["Keeper", "SinkController", "SinkHandler"]

# Chosen by us: what is forgotten is greylisted once more.
_MOST_TRIED = 10_000
_GREYLISTED = EnhancedStatusCode.parse("4.7.1")
_DELAYED = EnhancedStatusCode.parse("4.4.1")
_DELIVERED = EnhancedStatusCode.parse("2.1.5")
_DISPOSITIONS = {
    StatusClass.SUCCESS: Disposition.DELIVERED,
    StatusClass.TRANSIENT: Disposition.DELAYED,
    StatusClass.PERMANENT: Disposition.FAILED,
}
_WRITER = ReplyWriter(RewriteRules(fits_stage=False))


class Keeper(Protocol):
    """What keeps the messages, and knows what it was told to answer."""

    @property
    def announces_dsn(self) -> bool:
        """Whether the server does DSN."""

    def scripted(self, verb: str, addresses: Iterable[str]) -> Scripted | None:
        """Return what is to be answered to a command instead, if anything."""

    def keep(self, message: SinkMessage, outcomes: list[DeliveryOutcome]) -> None:
        """Take a message, and write the notifications about it."""


class SinkHandler:
    """The hooks of aiosmtpd.

    Args:
        sink: What keeps the messages.
    """

    def __init__(self, sink: Keeper) -> None:
        self.sink = sink
        # (sender, recipient) -> when it was tried first
        self._tried: collections.OrderedDict[tuple[str, str], float] = collections.OrderedDict()

    async def handle_EHLO(  # noqa: N802  the name and the arguments are aiosmtpd's
        self,
        server: SinkServer,  # noqa: ARG002  the same
        session: Session,
        envelope: DSNEnvelope,  # noqa: ARG002  the same
        name: str,
        lines: list[str],
    ) -> list[str]:
        """Announce what the sink does."""
        session.host_name = name
        return [line for line in lines if self.sink.announces_dsn or line[4:] != "DSN"]

    async def handle_MAIL(  # noqa: N802  the same
        self,
        server: SinkServer,  # noqa: ARG002  the same
        session: Session,  # noqa: ARG002  the same
        envelope: DSNEnvelope,
        address: str,
        options: list[str],
    ) -> SmtpReply:
        """Take any sender."""
        reply = self._scripted("MAIL", [address])
        if reply is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply or StandardReply.MAIL_ACCEPTED.reply

    async def handle_RCPT(  # noqa: N802  the same
        self,
        server: SinkServer,  # noqa: ARG002  the same
        session: Session,  # noqa: ARG002  the same
        envelope: DSNEnvelope,
        address: str,
        options: list[str],
    ) -> SmtpReply:
        """Do with a recipient what its local part says."""
        reply = self._scripted("RCPT", [address])
        deed = read_deed(address)
        if reply is None and deed is not None and deed.word in _AT_RCPT:
            reply = await _AT_RCPT[deed.word](self, deed, (envelope.mail_from or "", address))
        if reply is None:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return reply or StandardReply.RCPT_ACCEPTED.reply

    async def handle_DATA(  # noqa: N802  the same
        self,
        server: SinkServer,  # noqa: ARG002  the same
        session: Session,
        envelope: DSNEnvelope,
    ) -> SmtpReply:
        """Take a message, unless one of its recipients says otherwise."""
        reply = self._scripted("DATA", envelope.rcpt_tos)
        dsn = envelope.dsn
        deeds = [(each, read_deed(each.address)) for each in dsn.recipients]
        for recipient, deed in deeds:
            if reply is None and deed is not None and deed.word == "data" and deed.status:
                reply = reply_with(deed.status, recipient.address)
        if reply is not None:
            return reply
        peer = str(session.peer[0]) if session.peer else ""
        content = envelope.original_content or b""
        outcomes = [_outcome(each, deed) for each, deed in deeds if deed and deed.word in _TELLING]
        self.sink.keep(SinkMessage(envelope=dsn, content=content, peer=peer), outcomes)
        if any(deed is not None and deed.word == "lose" for _, deed in deeds):
            raise asyncio.CancelledError
        return StandardReply.MESSAGE_ACCEPTED.reply

    def _scripted(self, verb: str, addresses: Iterable[str]) -> SmtpReply | None:
        scripted = self.sink.scripted(verb, addresses)
        if scripted is not None and scripted.reply is None:
            raise asyncio.CancelledError
        return None if scripted is None else scripted.reply

    async def _bounce(self, deed: Deed, pair: tuple[str, str]) -> SmtpReply | None:
        return None if deed.status is None else reply_with(deed.status, pair[1])

    async def _drop(self, deed: Deed, pair: tuple[str, str]) -> SmtpReply | None:  # noqa: ARG002  as the others
        raise asyncio.CancelledError

    async def _slow(self, deed: Deed, pair: tuple[str, str]) -> SmtpReply | None:  # noqa: ARG002  as the others
        await asyncio.sleep(deed.seconds or 0)
        return None

    async def _greylist(self, deed: Deed, pair: tuple[str, str]) -> SmtpReply | None:  # noqa: ARG002  as the others
        is_new = self._waited(pair) is None
        return reply_with(_GREYLISTED, pair[1]) if is_new else None

    async def _delay(self, deed: Deed, pair: tuple[str, str]) -> SmtpReply | None:
        waited = self._waited(pair) or 0.0
        is_over = deed.seconds is not None and waited >= deed.seconds
        return None if is_over else reply_with(_DELAYED, pair[1])

    def _waited(self, pair: tuple[str, str]) -> float | None:
        """Return how many seconds ago a sender tried a recipient first; `None` if now."""
        now = time.monotonic()
        first = self._tried.get(pair)
        if first is not None:
            return now - first
        self._tried[pair] = now
        if len(self._tried) > _MOST_TRIED:
            self._tried.popitem(last=False)
        return None


# word of a deed -> what is answered to RCPT; the others are about the message.
_AT_RCPT: dict[
    str,
    Callable[[SinkHandler, Deed, tuple[str, str]], Coroutine[None, None, SmtpReply | None]],
] = {
    "bounce": SinkHandler._bounce,  # noqa: SLF001  the table of the class
    "greylist": SinkHandler._greylist,  # noqa: SLF001  the same
    "delay": SinkHandler._delay,  # noqa: SLF001  the same
    "slow": SinkHandler._slow,  # noqa: SLF001  the same
    "drop": SinkHandler._drop,  # noqa: SLF001  the same
}
_TELLING = frozenset({"report", "success"})


def _outcome(recipient: Recipient, deed: Deed) -> DeliveryOutcome:
    status = deed.status or _DELIVERED
    is_delivered = status.class_ is StatusClass.SUCCESS
    reply = reply_with(status, recipient.address)
    return DeliveryOutcome(
        recipient=recipient,
        disposition=_DISPOSITIONS[status.class_],
        status=status,
        diagnostic=None if is_delivered else DiagnosticCode.from_reply(reply),
    )


class SinkServer(DSNServer):
    """One session of the sink."""

    def read_mail(self, argument: str | None) -> MailCommand:
        """Return what a MAIL command asks for; without DSN none of its parameters is known."""
        command = super().read_mail(argument)
        self._check_dsn("MAIL", command.parameters.as_received)
        return command

    def read_rcpt(self, argument: str | None) -> RcptCommand:
        """Return what a RCPT command asks for, in the same way."""
        command = super().read_rcpt(argument)
        self._check_dsn("RCPT", command.parameters.as_received)
        return command

    def _check_dsn(self, verb: str, words: Iterable[str]) -> None:
        for word in words:
            keyword = word.partition("=")[0].upper()
            if keyword in PLACES and not self.event_handler.sink.announces_dsn:
                raise make_fault(keyword, f"has no place on {verb}", word, None, code=555)


class SinkController(DSNController):
    """The thread of a sink.

    Args:
        handler: The hooks.
        host: The address to listen on.
        port: The port, 0 for any that is free.
        name: What the server calls itself.
    """

    def __init__(self, handler: SinkHandler, host: str, port: int, name: str) -> None:
        super().__init__(
            handler, hostname=host, port=port, server_hostname=name, replies=_WRITER, ident="sink"
        )
        self._socket: socket.socket

    def make(self) -> DSNServer:
        """Return the server of a new connection."""
        return SinkServer(self.handler, **self.SMTP_kwargs)

    def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: The port cannot be had.
        """
        # aiosmtpd's own way takes five seconds to notice that the port is taken.
        family = socket.AF_INET6 if ":" in self.hostname else socket.AF_INET
        try:
            self._socket = socket.create_server((self.hostname, self.port), family=family)
        except OSError:
            self.loop.close()
            raise
        self.port = self._socket.getsockname()[1]
        super().start()

    def _create_server(self) -> Coroutine[Any, Any, asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._socket)
