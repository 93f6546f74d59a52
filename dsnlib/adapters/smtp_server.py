"""DSN for servers built on aiosmtpd: RET, ENVID, NOTIFY, ORCPT (RFC 3461).

    from aiosmtpd.smtp import SMTP

    class Server(DSNMixin, SMTP):
        pass

or `DSNController(handler)` of `smtp_controller` in place of aiosmtpd's `Controller`.
Handlers stay as they are, and find in `envelope.dsn` what plans and notifications are
made from.

Rules.
- The null path is `""`, for hooks and in `envelope.mail_from`, where aiosmtpd has
  the text `<>`.  Before MAIL `mail_from` is `None`: compare with `is None`.
- Options come to the hooks as a list of words, the keyword in upper case, which
  aiosmtpd made of the whole, and the value as the client wrote it.
- A parameter that nobody knows is answered 555 5.5.4, unless it is in
  `ignored_parameters`.
- Each reply that may carry an enhanced status has one (RFC 2034 s4).
- An exception in a handler is answered 451 4.3.0 and logged: aiosmtpd says 500,
  and so the mail would be returned for a fault of ours.

Sources: RFC 5321 s4.1, RFC 3461 s5; aiosmtpd 1.4.6, whose behaviours that we rely
upon or repair are pinned by tests/adapters/test_aiosmtpd_contract.py.
"""

from __future__ import annotations

import collections
import functools
import logging
import socket
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import MISSING, SMTP, syntax

from dsnlib.adapters.server.data import BareNewlines, MessageReader
from dsnlib.adapters.smtp_command import (
    InvalidCommand,
    MailCommand,
    RcptCommand,
    read_mail,
    read_rcpt,
)
from dsnlib.adapters.smtp_envelope import DSNEnvelope, client_name
from dsnlib.adapters.smtp_reply import ReplyWriter
from dsnlib.errors import InvalidParameter
from dsnlib.model.envelope import Body
from dsnlib.model.esmtp import (
    MailParameters,
    RcptParameters,
    parse_mail_parameters,
    parse_rcpt_parameters,
)
from dsnlib.model.parameter import check_keywords, make_fault
from dsnlib.model.text import replace_controls
from dsnlib.replies.defaults import GREETING
from dsnlib.replies.standard import StandardReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    _Base = SMTP
else:
    _Base = object

__all__ = ["DSNEnvelope", "DSNMixin", "DSNServer"]

_LOG = logging.getLogger("dsnlib.smtp")

# Octets of a command with its line end.  RFC 5321 s4.5.3.1.4 has 512; what DSN,
# SIZE, BODY, SMTPUTF8 and AUTH add makes 1183 of MAIL, and 1048 of RCPT (RFC 3461
# s5.4).  The rest is room for extensions that are only ignored; Postfix has 2048.
_COMMAND_OCTETS = {"MAIL": 2048, "RCPT": 2048, "AUTH": 12288}  # AUTH: RFC 4954 s4
# The longest line that is read at once, and half of what may wait to be read.
_READ_OCTETS = 16_384
# More than asyncio ever keeps for us.
_ALL = 1 << 24

# Behind these the server ends the session: RFC 5321 s3.8, RFC 7504 s3.
_CLOSING = (b"421", b"521")
_ANY = "*"
_ANNOUNCED = ("ENHANCEDSTATUSCODES", "DSN")
_SEND_DATA = StandardReply.SEND_DATA.reply
_MAIL_FINE = StandardReply.MAIL_ACCEPTED.reply
_RCPT_FINE = StandardReply.RCPT_ACCEPTED.reply
_METHOD_PREFIXES = ("smtp_", "auth_")

_fully_qualified_name = functools.cache(socket.getfqdn)


class DSNMixin(_Base):
    """What makes a server of aiosmtpd one that does DSN; put it before `SMTP`.

    Args:
        handler: As aiosmtpd takes it.
        ignored_parameters: Keywords of parameters of MAIL and RCPT that are accepted
            and come to nothing; a text is an `InvalidValue`.
        is_strict: Whether paths and parameters have to keep to the grammar in all.
        bare_newlines: What a CR or LF means that stands alone in a message; aiosmtpd
            keeps it.
        replies: What writes replies, for other rules than the default ones.
        kwargs: As aiosmtpd takes them.

    Attributes:
        answering: The command that is being answered, for the status of a bare reply.
    """

    ignored_parameters: frozenset[str] = frozenset()
    is_strict: bool = False
    bare_newlines: BareNewlines = BareNewlines.KEEP
    replies: ReplyWriter = ReplyWriter()

    envelope: DSNEnvelope
    _is_made: bool = False

    def __init__(
        self,
        handler: Any,  # noqa: ANN401  anything with hooks
        *,
        ignored_parameters: Iterable[str] | None = None,
        is_strict: bool | None = None,
        bare_newlines: BareNewlines | None = None,
        replies: ReplyWriter | None = None,
        **kwargs: Any,  # noqa: ANN401  whatever aiosmtpd takes
    ) -> None:
        ignored = self.ignored_parameters if ignored_parameters is None else ignored_parameters
        check_keywords(ignored, "ignored_parameters")
        # aiosmtpd has one dictionary for all connections, and each new one clears it.
        self.command_size_limits = collections.defaultdict(lambda: type(self).command_size_limit)
        if not kwargs.get("hostname"):
            # aiosmtpd asks the DNS at each connection, and waits for it.
            kwargs["hostname"] = _fully_qualified_name()
        # The reader takes its limit from here, and a command may be longer than a line.
        line_length_limit = self.line_length_limit
        self.line_length_limit = max(line_length_limit, _READ_OCTETS)
        super().__init__(handler, **kwargs)
        self.line_length_limit = line_length_limit
        self.ignored_parameters = frozenset([each.upper() for each in ignored])
        if is_strict is not None:
            self.is_strict = is_strict
        if bare_newlines is not None:
            self.bare_newlines = bare_newlines
        if replies is not None:
            self.replies = replies
        self._set_command_limits()
        self.answering = GREETING
        self._ehlo_lines: list[object] | None = None
        self._smtp_methods = {
            verb: self._noting(verb, method) for verb, method in self._smtp_methods.items()
        }
        self._is_made = True

    def __dir__(self) -> Iterable[str]:
        # At each connection aiosmtpd looks through all names there are for its methods.
        if self._is_made:
            return super().__dir__()
        own = (name for name in vars(self) if name.startswith(_METHOD_PREFIXES))
        return (*self._method_names(), *own)

    @classmethod
    def _method_names(cls) -> tuple[str, ...]:
        made: type = cls
        return _names_of_methods(made)

    def _set_command_limits(self) -> None:
        self.command_size_limits.clear()
        self.command_size_limits.update(_COMMAND_OCTETS)
        # Before EHLO, and after HELO, aiosmtpd has this one for all commands.
        self.command_size_limit = max(_COMMAND_OCTETS["MAIL"], type(self).command_size_limit)

    def _noting(self, verb: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def answer(argument: str | None) -> object:
            self.answering = verb
            return method(argument)

        answer.__dict__.update(method.__dict__)  # the texts of HELP
        return answer

    def _create_envelope(self) -> DSNEnvelope:
        return DSNEnvelope()

    async def push(self, status: object) -> None:
        """Send a reply, well formed and with its status."""
        if self._ehlo_lines is not None:
            self._ehlo_lines.append(status)
            return
        octets = self.replies.write(status, self.answering, is_utf8=self.enable_SMTPUTF8)
        if octets[:1] != b"3":
            self.answering = _ANY
        await self._send(octets)
        if octets[:3] in _CLOSING and self.transport is not None:
            self.transport.close()

    async def _send(self, octets: bytes) -> None:
        self._writer.write(octets)
        _LOG.debug("%r << %r", self.session and self.session.peer, octets)
        await self._writer.drain()

    async def handle_exception(self, error: Exception) -> Any:  # noqa: ANN401  as aiosmtpd has it
        """Answer for what a handler did not catch."""
        if hasattr(self.event_handler, "handle_exception"):
            return await super().handle_exception(error)
        _LOG.error("%s: the handler failed", self.answering, exc_info=error)
        return StandardReply.LOCAL_ERROR.reply

    async def _call_handler_hook(self, command: str, *args: Any) -> Any:  # noqa: ANN401  the same
        # The newer form of handle_EHLO gets the lines, and answers those it wants.
        if command == "EHLO" and len(args) > 1:
            args[1][-1:-1] = [f"250-{keyword}" for keyword in _ANNOUNCED]
        return await super()._call_handler_hook(command, *args)

    @syntax("EHLO hostname")
    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802  aiosmtpd finds it by its name
        """Answer what the server does, as one reply."""
        answered: list[object] = []
        self._ehlo_lines = answered
        try:
            await super().smtp_EHLO(hostname)
        finally:
            self._ehlo_lines = None
        # aiosmtpd adds to the limits at each EHLO.
        self._set_command_limits()
        lines = [line for each in answered for line in _lines_of(each)]
        if not lines[-1].startswith("250"):
            await self.push(lines[-1])
            return
        texts = [replace_controls(line[4:]).rstrip() for line in lines]
        if self._ehlo_hook_ver != "new":
            texts[-1:-1] = _ANNOUNCED
        self.answering = _ANY
        reply = "\r\n".join([*(f"250-{text}" for text in texts[:-1]), f"250 {texts[-1]}", ""])
        await self._send(reply.encode("ascii", "replace"))

    @syntax("MAIL FROM: <address>", extended=" [SP <mail-parameters>]")
    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802  the same
        """Begin a transaction."""
        if await self.check_helo_needed() or await self.check_auth_needed("MAIL"):
            return
        envelope = self.envelope
        if envelope.mail_from is not None:
            await self.push(StandardReply.NESTED_MAIL.reply)
            return
        try:
            command = self.read_mail(arg)
        except (InvalidCommand, InvalidParameter) as error:
            await self.push(error.reply)
            return
        if command.size and self.data_size_limit and command.size > self.data_size_limit:
            await self.push(StandardReply.MESSAGE_TOO_LARGE.reply)
            return
        envelope.smtp_utf8 = command.smtputf8
        envelope.body = command.body
        envelope.mail_parameters = command.parameters
        envelope.received_from = client_name(self.session and self.session.host_name)
        options = command.options
        status = await self._call_handler_hook("MAIL", command.sender, options)
        if status is MISSING:
            envelope.mail_from = command.sender
            envelope.mail_options.extend(options)
            status = _MAIL_FINE
        await self.push(status)

    @syntax("RCPT TO: <address>", extended=" [SP <mail-parameters>]")
    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802  the same
        """Take one recipient."""
        if await self.check_helo_needed() or await self.check_auth_needed("RCPT"):
            return
        envelope = self.envelope
        if envelope.mail_from is None:
            await self.push(StandardReply.MAIL_NEEDED.reply)
            return
        try:
            command = self.read_rcpt(arg)
        except (InvalidCommand, InvalidParameter) as error:
            await self.push(error.reply)
            return
        options = command.options
        before = len(envelope.rcpt_tos)
        status = await self._call_handler_hook("RCPT", command.recipient, options)
        if status is MISSING:
            envelope.rcpt_tos.append(command.recipient)
            envelope.rcpt_options.extend(options)
            status = _RCPT_FINE
        # A handler may have put others in the place of the one that came.
        envelope.accept(envelope.rcpt_tos[before:], command.parameters)
        await self.push(status)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  the same
        """Read the message and hand it over."""
        if self._decode_data or "DATA" not in self._handle_hooks:
            await super().smtp_DATA(arg)
            return
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        if not self.envelope.rcpt_tos:
            await self.push(StandardReply.RCPT_NEEDED.reply)
            return
        if arg:
            await self.push(StandardReply.BAD_ARGUMENT.reply)
            return
        await self.push(_SEND_DATA)
        reader = MessageReader(
            size_octets=self.data_size_limit or None,
            line_octets=self.line_length_limit - len("\r\n"),
            bare_newlines=self.bare_newlines,
        )
        rest = None
        while rest is None:
            # All that has come: what belongs to the next command goes back below.
            rest = reader.feed(await self._reader.read(_ALL))
            self._reset_timeout()
        if rest:
            self._reader.feed_data(rest)
        status: object = reader.refusal
        if status is None:
            content = reader.content().body
            self.envelope.content = self.envelope.original_content = content
            status = await self._call_handler_hook("DATA")
        self.envelope = self._create_envelope()
        await self.push(status)

    def read_mail(self, argument: str | None) -> MailCommand:
        """Return what a MAIL command asks for, of what this server does.

        Raises:
            InvalidCommand: It cannot be carried out.
            InvalidParameter: One of its parameters cannot.
        """
        known = _known_mail(
            self.ignored_parameters,
            has_body=not self._decode_data,
            has_utf8=self.enable_SMTPUTF8,
        )
        parse = functools.partial(
            parse_mail_parameters,
            known=known,
            smtputf8=self.enable_SMTPUTF8,
            lenient=not self.is_strict,
        )
        command = read_mail(argument, parse=parse, is_strict=self.is_strict)
        self._check(command.sender, command.parameters, StandardReply.BAD_SENDER_SYNTAX)
        if command.body is Body.BINARY:
            raise make_fault("BODY", "not offered", argument, None, code=504, lacking="BINARYMIME")
        return command

    def read_rcpt(self, argument: str | None) -> RcptCommand:
        """Return what a RCPT command asks for, of what this server does.

        Raises:
            InvalidCommand: It cannot be carried out.
            InvalidParameter: One of its parameters cannot.
        """
        parse = functools.partial(
            parse_rcpt_parameters,
            known=self.ignored_parameters,
            smtputf8=self.envelope.smtp_utf8,
            lenient=not self.is_strict,
        )
        command = read_rcpt(argument, parse=parse, is_strict=self.is_strict)
        self._check(command.recipient, command.parameters, StandardReply.BAD_RECIPIENT_SYNTAX)
        return command

    def _check(
        self, path: str, parameters: MailParameters | RcptParameters, reply: StandardReply
    ) -> None:
        """Raise for what only this server, or this session, does not take."""
        if self.local_part_limit and len(path.rpartition("@")[0]) > self.local_part_limit:
            message = f"{path!r} has a local part of more than {self.local_part_limit} characters"
            raise InvalidCommand(message, value=path, reply=reply.reply)
        if parameters.as_received and self.session and not self.session.extended_smtp:
            # Only EHLO brings extensions: RFC 5321 s2.2.1.
            message = f"{path!r} has parameters, after HELO"
            raise InvalidCommand(message, value=path, reply=StandardReply.BAD_ARGUMENT.reply)


class DSNServer(DSNMixin, SMTP):
    """A server of aiosmtpd that does DSN."""


@functools.lru_cache(64)
def _names_of_methods(made: type) -> tuple[str, ...]:
    return tuple(name for name in dir(made) if name.startswith(_METHOD_PREFIXES))


@functools.lru_cache(64)
def _known_mail(ignored: frozenset[str], *, has_body: bool, has_utf8: bool) -> frozenset[str]:
    known = {"SIZE", "AUTH", *ignored}
    if has_body:
        known.add("BODY")
    if has_utf8:
        known.add("SMTPUTF8")
    return frozenset(known)


def _lines_of(status: object) -> list[str]:
    text = status.decode("utf-8", "replace") if isinstance(status, bytes) else str(status)
    return text.splitlines() or [""]
