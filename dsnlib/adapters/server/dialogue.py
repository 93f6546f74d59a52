"""What a session hears and says: lines that are commands, replies, errors that add up.

Rules.
- What cannot be a command is answered 500: no line end of its own, a CR or a NUL in
  it, too long, not UTF-8.
- A reply is rewritten once, for log and wire.  421 and 521 end the session.
- Refusals slow a session down from some number on, and end it with 421 4.7.0 at
  another; a message that was taken forgives them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.server.answers import NOT_A_COMMAND, standard
from dsnlib.adapters.server.connection import Connection
from dsnlib.adapters.server.data import BareNewlines
from dsnlib.adapters.server.journal import Journal
from dsnlib.adapters.server.trace import protocol_name
from dsnlib.model.text import decode_wire, is_utf8
from dsnlib.replies.defaults import GREETING
from dsnlib.replies.footer import add_footer
from dsnlib.replies.refusal import ends_session
from dsnlib.replies.rewrite import RewrittenReply, rewrite_reply
from dsnlib.replies.session import Client
from dsnlib.replies.standard import StandardReply

if TYPE_CHECKING:
    from dsnlib.adapters.server.state import ServerState
    from dsnlib.adapters.server.transaction import Transaction
    from dsnlib.model.reply import SmtpReply
    from dsnlib.replies.stage import Stage

__all__ = ["Dialogue"]

# From this reply code on it is a refusal.
_REFUSALS = 400


class Dialogue(Connection):
    """The dialogue over a connection.

    Args:
        state: What all sessions of the listener share.

    Attributes:
        client: Who it is with, as far as is known.
        verb: The command that is being answered; `"."` is the end of a message.
        argument: What came with it.
        helo: The name in EHLO, HELO or LHLO, or `None`.
        is_extended: Whether it was not HELO.
        login: The account, or `None`.
        login_method: The mechanism by which the client has logged in, or `""`.
        transaction: The one that has begun, or `None`.
        recipient: The recipient that is being asked about, or `None`.
        errors: How many refusals there were.
        junk: How many commands there were that lead to nothing.
    """

    def __init__(self, state: ServerState) -> None:
        super().__init__(state)
        self.client = Client(address="unknown")
        self.verb = GREETING
        self.argument = ""
        self.helo: str | None = None
        self.is_extended = False
        self.login: str | None = None
        self.login_method = ""
        self.transaction: Transaction | None = None
        self.recipient: str | None = None
        self.errors = 0
        self.junk = 0
        self.journal = Journal(self)

    @property
    def protocol(self) -> str:
        """The protocol, as the trace field has it."""
        return protocol_name(
            is_extended=self.is_extended,
            is_tls=self.tls is not None,
            has_login=self.login is not None,
            smtputf8=self.transaction is not None and self.transaction.mail.smtputf8,
            is_lmtp=self.listener.is_lmtp,
        )

    def read_command(self, line: bytes) -> str | SmtpReply:
        """Return the text of a command, or what is answered instead."""
        if line.endswith(b"\r\n"):
            octets = line[:-2]
        elif self.listener.bare_newlines is BareNewlines.REFUSE:
            return NOT_A_COMMAND
        else:
            octets = line[:-1]
        if b"\r" in octets or b"\0" in octets:
            return NOT_A_COMMAND
        if len(octets) > self.limits.command_octets and octets[:5].upper() != b"AUTH ":
            return standard(StandardReply.COMMAND_TOO_LONG)
        text = decode_wire(octets)
        if not octets.isascii() and self.listener.capabilities.smtputf8 and not is_utf8(text):
            return standard(StandardReply.NOT_UTF8)
        return text

    def message_taken(self) -> None:
        """Forgive errors: the client has delivered something."""
        self.errors = self.junk = 0

    def rewrite(self, reply: SmtpReply, stage: Stage | None = None) -> RewrittenReply:
        """Return the reply as the rules of the site have it.  Never raises."""
        return rewrite_reply(reply, stage=stage, verb=self.verb, rules=self.listener.rules)

    async def answer(self, reply: SmtpReply | RewrittenReply, *, is_counted: bool = True) -> None:
        """Answer the command; the reply is rewritten here unless it was.

        Args:
            reply: What is answered.
            is_counted: Whether a refusal is one more error.
        """
        if isinstance(reply, RewrittenReply) or reply.code >= _REFUSALS:
            await self._refuse(reply, is_counted=is_counted)
        else:
            self.hold(self.replies.write(reply, self.verb, is_utf8=self._takes_utf8))

    async def _refuse(self, reply: SmtpReply | RewrittenReply, *, is_counted: bool) -> None:
        done = reply if isinstance(reply, RewrittenReply) else self.rewrite(reply)
        self.journal.refused(self.verb or "CONNECT", done.reply, self.argument)
        self.journal.faults(str(each) for each in done.defects)
        self.errors += is_counted
        limits = self.limits
        if is_counted and limits.tarpit_seconds and 0 < limits.soft_errors < self.errors:
            await self.flush()
            await asyncio.sleep(limits.tarpit_seconds)
        # Behind the log: the footer is for who reads the reply elsewhere.
        signed = self._with_footer(done)
        self.hold(self.replies.write(signed, self.verb, is_utf8=self._takes_utf8))
        if ends_session(done.reply):
            self.is_over = True
        elif is_counted and 0 < limits.hard_errors <= self.errors:
            self.hold(self.last_words(standard(StandardReply.TOO_MANY_ERRORS)))
            self.journal.tell("too many errors")
            self.is_over = True

    def _with_footer(self, done: RewrittenReply) -> RewrittenReply:
        footer = self.listener.footer
        if footer is None:
            return done
        values = {
            "client_address": self.client.address,
            "client_name": self.client.hostname or "unknown",
            "helo_name": self.helo or "",
            "recipient": self.recipient or "",
            "sender": "" if self.transaction is None else self.transaction.mail.sender,
            "server_name": self.listener.hostname,
        }
        return attrs.evolve(done, reply=add_footer(done.reply, footer, values))

    @property
    def _takes_utf8(self) -> bool:
        # Only who has asked for SMTPUTF8 can read it: RFC 6531 s3.7.4.2.
        return self.transaction is not None and self.transaction.mail.smtputf8
