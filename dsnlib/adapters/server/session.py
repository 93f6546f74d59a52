"""One session with a client: commands in, replies out, and what it has come to so far.

Rules.
- One line in, one reply out, in order.  What cannot be a command is answered 500 and
  counted as an error; errors slow a session down, and then end it with 421.
- A reply is rewritten once, for log and wire.  421 and 521 end the session.
- A client that is refused at the connection may only QUIT (RFC 5321 s3.1).
- What goes wrong here is logged, and answered 451 4.3.0: the client will come again.

Sources: RFC 5321 s4.3.2 for codes; Postfix's smtpd for the order of checks, and for
limits of errors.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.milter import MilterChain
from dsnlib.adapters.server.answers import CANNOT_BEGIN, DENIED, TLS_RATE_BEHIND, standard
from dsnlib.adapters.server.dialogue import Dialogue
from dsnlib.adapters.server.input import InputEnded, LineTooLong
from dsnlib.adapters.server.listener import TlsLevel
from dsnlib.adapters.server.policy_details import policy_details
from dsnlib.adapters.server.rates import Event
from dsnlib.adapters.server.transaction import Effects
from dsnlib.adapters.server.verbs import BEFORE_TLS, JUNK, LAST_OF_GROUP, LMTP_VERBS, VERBS
from dsnlib.errors import LookupFailed, ParseError
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.discard import Discards
from dsnlib.replies.judge import judge
from dsnlib.replies.resolver import identify
from dsnlib.replies.search import find, network_keys
from dsnlib.replies.session import Client, SmtpSession
from dsnlib.replies.stage import Stage
from dsnlib.replies.standard import StandardReply

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from dsnlib.adapters.milter import MilterVerdict
    from dsnlib.adapters.server.state import Offered, ServerState
    from dsnlib.replies.finding import Finding
    from dsnlib.replies.rewrite import RewrittenReply
    from dsnlib.replies.table import Table

__all__ = ["ServerSession"]

# What may stand in place of a greeting: RFC 5321 s3.1, s3.8, s4.3.2; RFC 7504 s3
_AS_GREETING = frozenset({421, 521, 554})
_SERVICE_NOT_AVAILABLE, _TRANSACTION_FAILED = 421, 554
_PERMANENT = 500


class ServerSession(Dialogue):
    """The session of a connection; `serve` makes them.

    Args:
        state: What all sessions of the listener share.

    Attributes:
        effects: What is wanted done with all messages of the session.
        findings: What the lists said of the last command.
        milters: The filters, or `None` if there are none.
    """

    def __init__(self, state: ServerState) -> None:
        super().__init__(state)
        self.discards: Discards | None = Discards()
        self.effects = Effects()
        self.findings: tuple[Finding, ...] = ()
        self.has_talked_early = False
        self.is_trusted = False
        self._deferred: Finding | None = None
        self._is_denied = False
        # The address that is counted, also when XCLIENT has said another.
        self._counted: str | None = None
        self._is_counted = False
        self.milters: MilterChain | None = None
        if self.listener.milters:
            macros = {"j": self.listener.hostname, "v": "dsnlib"}
            self.milters = MilterChain(
                self.listener.milters, macros=macros, directory=self.listener.folder
            )

    @property
    def offered(self) -> Offered:
        """What the client is offered now."""
        return self.state.offered(
            self.discards or Discards(), is_tls=self.tls is not None, is_trusted=self.is_trusted
        )

    def connection_lost(self, error: Exception | None) -> None:
        """Let go of everything."""
        if self.transport is not None and self._counted is not None:
            self.journal.ended("disconnected", self.verb)
        super().connection_lost(error)
        if self._is_counted and self._counted is not None and self.listener.rates is not None:
            self._is_counted = False
            self.listener.rates.disconnect(self._counted)

    async def _handle_client(self) -> None:
        """Talk to the client until one of both has had enough."""
        try:
            if await self._admit():
                await self._serve()
        except (InputEnded, OSError):
            if not self.is_over:
                self.journal.ended("lost connection", self.verb)
        except Exception as error:  # noqa: BLE001  whatever it is, other sessions go on
            self.journal.broken(self.verb, error)
            self.hold(self.last_words(StandardReply.LOCAL_ERROR.reply))
        finally:
            self.forget()
            if self.milters is not None:
                # It is not cancelled with us.
                _ = self.state.keep(self.milters.quit())
        self.close()

    # Before the first command

    async def _admit(self) -> bool:
        """Greet the client; tell whether it may go on."""
        self.client = Client(address=self.address)
        listener = self.listener
        if self.state.is_stopping:
            await self.answer(standard(StandardReply.SHUTTING_DOWN))
            return False
        try:
            await self.hear_proxy()
        except (ParseError, TimeoutError) as error:
            self.journal.faults([str(error) or "proxy: nothing was said of the client"])
            await self.answer(CANNOT_BEGIN)
            return False
        address = self.address
        self.client = Client(address=address)
        self.journal.tell("connected")
        self._counted = address
        if listener.rates is not None:
            is_within = await listener.rates.connect(address)
            self._is_counted = True
            if not is_within:
                await self.answer(standard(StandardReply.TOO_MANY_CONNECTIONS))
                return False
        if not self.note_tls():
            await self.answer(TLS_RATE_BEHIND)
            return False
        if listener.resolver is not None:
            self.client = await identify(address, listener.resolver)
            self._note_certificates()
        await self._look_up()
        if self.limits.greeting_seconds:
            await asyncio.sleep(self.limits.greeting_seconds)
        self.has_talked_early = not self.input.is_empty
        return await self.greet()

    async def greet(self) -> bool:
        """Say the greeting, or that nothing is taken; tell whether commands may follow."""
        refused = await self.judge(Stage.CLIENT)
        if refused is None and self.milters is not None:
            port = self.peer[1] if isinstance(self.peer, tuple) else 0
            refused = self.filtered(await self.milters.connect(self.client, port=port))
        self._is_denied = refused is not None
        name = f"{self.listener.hostname} {self.listener.greeting}"
        greeting = SmtpReply(220, None, (name,)) if refused is None else _as_greeting(refused)
        await self.answer(greeting)
        return not self.is_over

    async def _look_up(self) -> None:
        listener = self.listener
        address = self.client.address
        try:
            self.discards = await listener.discards.discards_for(address)
        except LookupFailed as error:
            self.discards = None
            self.journal.faults([str(error)])
        else:
            self.journal.faults(str(each) for each in self.discards.defects)
        if listener.xclient is not None:
            self.is_trusted = await _is_within(listener.xclient, address)

    def note_tls(self) -> bool:
        """Take note of what the encryption says of the client; tell whether it may go on."""
        if self.tls is None:
            return True
        self._note_certificates()
        if self.milters is not None:
            self.milters.macros |= {"tls_version": self.tls.version, "cipher": self.tls.cipher}
        return self.tls.is_resumed or not self.is_beyond(Event.TLS_SESSION)

    def is_beyond(self, event: Event, *, counts: bool = True) -> bool:
        """Tell whether the client does something too often.

        Args:
            event: What it does.
            counts: Whether it is counted now, or only asked about.
        """
        rates = self.listener.rates
        if rates is None or self._counted is None:
            return False
        if not counts:
            return rates.is_spent(self._counted, event)
        return not rates.count(self._counted, event)

    def _note_certificates(self) -> None:
        if self.tls is not None and self.tls.fingerprints:
            self.client = attrs.evolve(
                self.client,
                certificates=self.tls.fingerprints,
                is_certificate_trusted=self.tls.is_verified,
            )

    # Commands

    async def _serve(self) -> None:
        while not self.is_over:
            if self.state.is_stopping:
                await self.answer(standard(StandardReply.SHUTTING_DOWN))
                break
            try:
                line = await self.read_line(self.limits.login_octets)
            except LineTooLong:
                self.verb = "*"
                await self.answer(standard(StandardReply.COMMAND_TOO_LONG))
                continue
            await self._obey(line)
            await self.flush_much()

    async def _obey(self, line: bytes) -> None:
        """Carry out one command."""
        self.findings = ()
        reply: SmtpReply | RewrittenReply | None
        text = self.read_command(line)
        if isinstance(text, SmtpReply):
            self.verb = "*"
            reply = text
        else:
            verb, _, argument = text.partition(" ")
            self.verb = verb = verb.upper()
            self.argument = argument = argument.strip(" ")
            reply = self._refuse_command(verb)
            if reply is None:
                try:
                    reply = await self._command(verb, argument)
                except (InputEnded, ConnectionError, ssl.SSLError):
                    raise
                except Exception as error:  # noqa: BLE001  the client is not to blame
                    self.journal.broken(verb, error)
                    self.forget()
                    reply = standard(StandardReply.LOCAL_ERROR)
        if reply is not None:
            await self.answer(reply)

    def _refuse_command(self, verb: str) -> SmtpReply | None:
        """Return why a command is refused, whatever its argument is."""
        if verb in JUNK:
            self.junk += 1
            if 0 < self.limits.junk_commands < self.junk:
                self.errors += 1
        if not self.input.is_empty and (verb in LAST_OF_GROUP or not self.is_extended):
            self.has_talked_early = True
        if self._is_denied and verb != "QUIT":
            return DENIED
        if (
            self.tls is None
            and self.listener.tls_level is TlsLevel.ENCRYPT
            and verb not in BEFORE_TLS
        ):
            return standard(StandardReply.TLS_NEEDED)
        # Of AUTH there is more to say than that it is not offered now.
        return None if verb == "AUTH" else self.offered.refusals.get(verb)

    def _command(self, verb: str, argument: str) -> Awaitable[SmtpReply | RewrittenReply | None]:
        verbs = LMTP_VERBS if self.listener.is_lmtp else VERBS
        return verbs.get(verb, verbs["*"])(self, argument)

    def forget(self) -> None:
        """End the transaction, as RSET does."""
        if self.transaction is not None:
            self.transaction.close()
            self.transaction = None
        self.recipient = None
        self._deferred = None

    async def abandon(self) -> None:
        """End the transaction, and tell the filters."""
        if self.milters is not None:
            await self.milters.abort()
        self.forget()

    def start_again(self) -> None:
        """Forget all that the client has said (RFC 3207 s4.2)."""
        self.forget()
        self.helo = self.login = None
        self.is_extended = self.has_talked_early = False
        self.effects = Effects()

    # What is decided

    async def judge(
        self,
        stage: Stage,
        *,
        octets: int | None = None,
        etrn: str | None = None,
    ) -> RewrittenReply | None:
        """Ask the lists that are due, and return the refusal if there is one.

        Args:
            stage: Which command has come.
            octets: The size of the message, if it is known.
            etrn: The argument of ETRN.

        Raises:
            InvalidValue: Something that was said has a control character.
        """
        if self._deferred is None and stage not in self.state.asked:
            return None
        verdict = await judge(
            self.listener.policy,
            self.facts(octets=octets, etrn=etrn),
            stage,
            deferred=self._deferred,
        )
        # What is deferred because of one recipient does not concern the others.
        if stage is not Stage.RECIPIENT:
            self._deferred = verdict.deferred
        self.findings = verdict.findings
        self.journal.judged(verdict)
        effects = self.effects if self.transaction is None else self.transaction.effects
        effects.heed(verdict.actions)
        if verdict.pause_seconds:
            await self.flush()
            await asyncio.sleep(verdict.pause_seconds)
        if verdict.reply is None:
            return None
        return self.rewrite(verdict.reply, verdict.stage)

    def filtered(self, verdict: MilterVerdict | None) -> RewrittenReply | None:
        """Heed what filters say, and return the refusal if there is one."""
        if verdict is None:
            return None
        if verdict.reason:
            self.journal.tell("filter", f"{verdict.milter}: {verdict.reason}")
        if verdict.is_discarded and self.transaction is not None:
            self.transaction.effects.is_discarded = True
        return verdict.rewrite(verb=self.verb, rules=self.listener.rules)

    def facts(self, *, octets: int | None = None, etrn: str | None = None) -> SmtpSession:
        """Return the session as restrictions see it.

        Raises:
            InvalidValue: Something that was said has a control character.
        """
        transaction = self.transaction
        return SmtpSession(
            client=self.client,
            helo=self.helo,
            sender=None if transaction is None else transaction.mail.sender,
            recipient=self.recipient,
            recipients=0 if transaction is None else len(transaction.recipients),
            login=self.login,
            is_tls=self.tls is not None,
            has_talked_early=self.has_talked_early,
            etrn=etrn,
            octets=octets,
            details=policy_details(self) if self.listener.policy.site.policies else {},
        )


def _as_greeting(refused: RewrittenReply) -> RewrittenReply:
    """Return a refusal with a code that can stand in place of a greeting."""
    reply = refused.reply
    if reply.code in _AS_GREETING:
        return refused
    code = _SERVICE_NOT_AVAILABLE if reply.code < _PERMANENT else _TRANSACTION_FAILED
    return attrs.evolve(refused, reply=attrs.evolve(reply, code=code))


async def _is_within(networks: Table, address: str) -> bool:
    """Tell whether a table has a network; one that fails has none."""
    try:
        return await find(networks, network_keys(address)) is not None
    except LookupFailed:
        return False
