"""One session with a listener, as our functions have it: commands in, replies out.

There is no socket here and nothing is delivered.  What is decided about a client, an
address, a parameter or the content is decided by `dsnlib.replies` and `dsnlib.model`;
this module only knows what state a session is in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

import attrs

from dsnlib.errors import InvalidAddress, InvalidParameter
from dsnlib.model.address import check_path
from dsnlib.model.parameter import find_parameter
from dsnlib.model.reply import SmtpReply
from dsnlib.model.text import decode_wire, is_utf8
from dsnlib.replies.checks import check_content_sync
from dsnlib.replies.ehlo import Offer
from dsnlib.replies.judge import judge_now
from dsnlib.replies.refusal import ends_session
from dsnlib.replies.rewrite import rewrite_reply
from dsnlib.replies.session import Client, SmtpSession
from dsnlib.replies.stage import Stage
from dsnlib.replies.standard import StandardReply

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.replies.finding import Finding
    from tests.interop.smtpd_site import Listener

__all__ = ["ReplayedSession"]

# "FROM:" path [SP parameters], the brackets of the path optional as clients have it
_PATH = re.compile(
    r'\s*(?:<((?:[^<>"]|"(?:[^"\\]|\\.)*")*)>|([^<>\s]+))(?:\s+(.*?))?\s*', re.DOTALL
)
_NUMBER = re.compile(r"[0-9]+")
_XVERP = re.compile(r"(?<!\S)XVERP(?:=(\S*))?(?!\S)", re.IGNORECASE)
_VERP = re.compile(r"[-=+]{2}")
_ADDRESS = "127.0.0.1"


class ReplayedSession:
    """A session from its greeting to its end.

    Attributes:
        closed: Whether the server has closed the connection.
        findings: What the lists said of the last command.
    """

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.closed = False
        self.findings: tuple[Finding, ...] = ()
        self._offer = Offer(
            capabilities=listener.capabilities,
            discards=listener.discards.discards_for_sync(_ADDRESS),
        )
        name = "localhost" if listener.has_client_name else None
        self._session = SmtpSession(
            client=Client(address=_ADDRESS, hostname=name, reverse_hostname=name)
        )
        self._deferred: Finding | None = None
        self._stage: Stage | None = None
        self._in_data = False

    def answer(self, command: bytes) -> SmtpReply | None:
        """Return the reply to a command, or to the text of a message; `None` when closed."""
        if self.closed:
            return None
        self.findings = ()
        self._stage = None
        text = decode_wire(command)
        verb, _, argument = text.partition(" ")
        verb = "." if self._in_data else verb.upper()
        if self._in_data:
            reply = self._end_of_data(command)
        elif self.listener.capabilities.smtputf8 and not is_utf8(text):
            reply = StandardReply.NOT_UTF8.reply
        else:
            handler = self._HANDLERS.get(verb, ReplayedSession._unknown)
            reply = self._offer.refuse_command(verb) or handler(self, argument.strip(" "))
        done = rewrite_reply(reply, verb=verb, stage=self._stage, rules=self.listener.rules)
        if ends_session(done.reply):
            self.closed = True
        return done.reply

    def greet(self) -> SmtpReply:
        """Return the first reply."""
        return SmtpReply(220, None, (f"{self.listener.hostname} ESMTP",))

    def _unknown(self, argument: str) -> SmtpReply:  # noqa: ARG002  as the others
        return StandardReply.COMMAND_UNKNOWN.reply

    def _hello(self, argument: str) -> SmtpReply:
        return self._greet_back(argument, lambda: self._offer.ehlo_reply(self.listener.hostname))

    def _helo(self, argument: str) -> SmtpReply:
        return self._greet_back(argument, lambda: self._offer.helo_reply(self.listener.hostname))

    def _greet_back(self, argument: str, reply: Callable[[], SmtpReply]) -> SmtpReply:
        if not argument:
            return StandardReply.BAD_HELLO.reply
        self._forget()
        self._session = attrs.evolve(self._session, helo=argument.split(None, 1)[0])
        return self._judge(Stage.HELO) or reply()

    def _mail(self, argument: str) -> SmtpReply:  # noqa: PLR0911  one for each fault
        if self.listener.needs_helo and self._session.helo is None:
            return StandardReply.HELLO_NEEDED.reply
        if self._session.sender is not None:
            return StandardReply.NESTED_MAIL.reply
        if argument[:5].upper() != "FROM:":
            return StandardReply.BAD_ARGUMENT.reply
        path = self._path(argument[5:])
        if path is None:
            return StandardReply.BAD_SENDER_SYNTAX.reply
        sender, words = path
        # Its delimiters, "+=" by default, are no esmtp-value of RFC 5321 s4.1.2.
        verp = _XVERP.search(words)
        words = _XVERP.sub("", words)
        try:
            parameters = self._offer.parse_mail(words, smtputf8=True, lenient=True)
        except InvalidParameter as error:
            return error.reply
        if verp is not None and verp[1] is not None and not _VERP.fullmatch(verp[1]):
            return StandardReply.BAD_ARGUMENT.reply
        if verp is not None and not sender:
            return SmtpReply.parse("503 5.5.4 The null path has no VERP")
        size = find_parameter(parameters.other, "SIZE")
        if size is not None and int(size.value or 0) > (self.listener.capabilities.size or 0):
            return StandardReply.MESSAGE_TOO_LARGE.reply
        self._session = attrs.evolve(self._session, sender=sender, recipients=0)
        refused = self._judge(Stage.SENDER)
        if refused is not None:
            self._forget()
            return refused
        return StandardReply.MAIL_ACCEPTED.reply

    def _rcpt(self, argument: str) -> SmtpReply:  # noqa: PLR0911  one for each fault
        if self._session.sender is None:
            return StandardReply.MAIL_NEEDED.reply
        if argument[:3].upper() != "TO:":
            return StandardReply.BAD_ARGUMENT.reply
        path = self._path(argument[3:])
        if path is None or not path[0]:
            return StandardReply.BAD_RECIPIENT_SYNTAX.reply
        recipient, words = path
        try:
            self._offer.parse_rcpt(words, smtputf8=True, lenient=True)
        except InvalidParameter as error:
            return error.reply
        if self._session.recipients >= self.listener.recipient_limit:
            return StandardReply.TOO_MANY_RECIPIENTS.reply
        self._session = attrs.evolve(self._session, recipient=recipient)
        refused = self._judge(Stage.RECIPIENT)
        if refused is not None:
            return refused
        count = self._session.recipients + 1
        self._session = attrs.evolve(self._session, recipients=count)
        return StandardReply.RCPT_ACCEPTED.reply

    def _path(self, argument: str) -> tuple[str, str] | None:
        """Return the path and what follows it, `None` if there is none."""
        found = _PATH.fullmatch(argument)
        if found is None or (found[1] is None and self.listener.is_strict):
            return None
        address = found[1] if found[1] is not None else found[2]
        try:
            if address:
                check_path(address, "address")
        except InvalidAddress:
            return None
        return address, (found[3] or "").replace("\t", " ")

    def _data(self, argument: str) -> SmtpReply:
        if self._session.sender is None or not self._session.recipients:
            # A sender whose recipients were all refused is told so.
            has_recipients_refused = self._session.sender is not None
            return (
                StandardReply.NO_RECIPIENTS if has_recipients_refused else StandardReply.RCPT_NEEDED
            ).reply
        if argument:
            return StandardReply.BAD_ARGUMENT.reply
        refused = self._judge(Stage.DATA)
        if refused is not None:
            return refused
        self._in_data = True
        return StandardReply.SEND_DATA.reply

    def _end_of_data(self, octets: bytes) -> SmtpReply:
        self._in_data = False
        refused = self._judge(Stage.END_OF_DATA)
        if refused is None:
            content = octets.removesuffix(b".")
            refused = check_content_sync(content, self.listener.checks).reply
        self._forget()
        return refused or StandardReply.MESSAGE_ACCEPTED.reply

    def _bdat(self, argument: str) -> SmtpReply:
        size, _, last = argument.partition(" ")
        if _NUMBER.fullmatch(size) is None or last.upper() not in ("", "LAST"):
            return StandardReply.BAD_CHUNK.reply
        return StandardReply.CHUNK_ACCEPTED.reply

    def _rset(self, argument: str) -> SmtpReply:
        if argument:
            return StandardReply.BAD_ARGUMENT.reply
        self._forget()
        return StandardReply.RESET.reply

    def _noop(self, argument: str) -> SmtpReply:  # noqa: ARG002  as the others
        return StandardReply.NOTHING_DONE.reply

    def _vrfy(self, argument: str) -> SmtpReply:
        return (StandardReply.NOT_VERIFIED if argument else StandardReply.BAD_ARGUMENT).reply

    def _etrn(self, argument: str) -> SmtpReply:
        # RFC 1985 s5.3 has these without a status.
        return SmtpReply(459 if argument else 500, None, ("Not done",))

    def _quit(self, argument: str) -> SmtpReply:  # noqa: ARG002  as the others
        self.closed = True
        return StandardReply.GOODBYE.reply

    def _forget(self) -> None:
        self._session = attrs.evolve(self._session, sender=None, recipient=None, recipients=0)
        self._deferred = None

    def _judge(self, stage: Stage) -> SmtpReply | None:
        verdict = judge_now(self.listener.policy, self._session, stage, deferred=self._deferred)
        if stage is not Stage.RECIPIENT:
            self._deferred = verdict.deferred
        self.findings = verdict.findings
        self._stage = verdict.stage
        return verdict.reply

    _HANDLERS: ClassVar = {
        "EHLO": _hello,
        "LHLO": _hello,
        "HELO": _helo,
        "MAIL": _mail,
        "RCPT": _rcpt,
        "DATA": _data,
        "BDAT": _bdat,
        "RSET": _rset,
        "NOOP": _noop,
        "VRFY": _vrfy,
        "ETRN": _etrn,
        "QUIT": _quit,
    }
