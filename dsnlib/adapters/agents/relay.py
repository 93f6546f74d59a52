"""The transport to other systems: SMTP and LMTP, by the engine's plan.

    connect -> greeting -> EHLO -> STARTTLS, AUTH -> plan_relay -> MAIL, RCPT.., DATA
            -> settle_relay -> an outcome for each recipient

What a server is asked for is what it announced in this very session (RFC 3461 s3).

Rules.
- A next hop is tried at each of its addresses until one greets; its MX is not looked up.
- TLS is used where it is offered, without asking who is there, unless the level says more;
  a password goes out under TLS alone.
- A message that the server cannot be sent fails: nothing is converted.
- A session has an end in time, whatever the server does.
"""

from __future__ import annotations

import asyncio
import smtplib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.agents.connect import Trouble
from dsnlib.adapters.agents.next_hop import HopAddress
from dsnlib.adapters.agents.smtp_session import code_class
from dsnlib.adapters.agents.verdict import decide, one_line
from dsnlib.adapters.head import read_head
from dsnlib.adapters.transport import Attempted
from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Body
from dsnlib.model.local_part import split_address
from dsnlib.model.outcome import Disposition
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.hop import NextHop
from dsnlib.policy.relay import (
    RelayPlan,
    RelayPolicy,
    RelayRecipient,
    Transaction,
    plan_relay,
)
from dsnlib.policy.settle import TransactionReplies, settle_relay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.adapters.agents.connect import Connected, Connector
    from dsnlib.adapters.agents.smtp_session import Answer, SmtpSession
    from dsnlib.adapters.content import Content
    from dsnlib.adapters.transport import Job
    from dsnlib.model.outcome import DeliveryOutcome

__all__ = ["SmtpTransport"]

_PORT = 25
_NEEDS_EIGHT_BIT = ("5.6.3", "the message has octets beyond US-ASCII, which {} does not take")
_NEEDS_BINARY = ("5.6.3", "the message is binary, which {} does not take")
_TOO_LARGE = ("5.3.4", "the message is larger than {} takes")
_LARGEST_DIGITS = 19


class SmtpTransport:
    """Sends mail to other systems.

    Args:
        connector: Opens sessions.
        policy: What RFC 3461 leaves to a relay.
        diagnostic_type: The type of diagnostics in our own words.
        port: Of a next hop that names none.
        most_sessions: The most sessions at a time; no fewer than there are deliveries
            at a time, since the time of one that waits for its thread runs too.
        session_seconds: How long one may take.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        policy: RelayPolicy | None = None,
        port: int = _PORT,
        most_sessions: int = 100,
        session_seconds: float = 1800.0,
    ) -> None:
        self._connector = connector
        self._policy = RelayPolicy() if policy is None else policy
        self._port = port
        self._session_seconds = session_seconds
        self._threads = ThreadPoolExecutor(most_sessions, thread_name_prefix="dsnlib-relay")

    def close(self) -> None:
        """Let the threads end, once they have nothing to do."""
        self._threads.shutdown(wait=False)

    async def deliver(self, job: Job) -> Sequence[Attempted]:
        """Send the message to the next hop, and return what became of each recipient."""
        try:
            target = HopAddress.parse(job.destination.nexthop, port=self._port)
        except InvalidValue:
            return self._nowhere(job)
        attempt = _Attempt(job, target, self._connector, self._policy)
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._session_seconds, attempt.abort)
        try:
            return await loop.run_in_executor(self._threads, attempt.run)
        except asyncio.CancelledError:
            # Nobody waits for the thread any more; it is not to send what is taken back.
            attempt.abort()
            raise
        finally:
            timer.cancel()

    def _nowhere(self, job: Job) -> list[Attempted]:
        """Return that there is no such next hop: the sender's mistake, or ours."""
        text = f"{job.destination.nexthop[:80]!r} is no place to send mail to"
        type_ = self._policy.diagnostic_type
        attempted = []
        for each in job.recipients:
            is_own = split_address(each.address)[2].lower() == job.destination.nexthop
            status = "5.1.2" if is_own else "4.3.5"
            disposition = Disposition.FAILED if is_own else Disposition.DELAYED
            attempted.append(decide(job, each, disposition, status, text, diagnostic_type=type_))
        return attempted


class _Attempt:
    """One session, in a thread of its own."""

    def __init__(
        self, job: Job, target: HopAddress, connector: Connector, policy: RelayPolicy
    ) -> None:
        self._job = job
        self._target = target
        self._connector = connector
        self._policy = policy
        self._session: SmtpSession | None = None
        self._is_aborted = False

    def abort(self) -> None:
        """End the session, from another thread."""
        self._is_aborted = True
        if self._session is not None:
            self._session.abort()

    def _watch(self, session: SmtpSession) -> None:
        self._session = session
        if self._is_aborted:
            message = "there is no time left"
            raise smtplib.SMTPServerDisconnected(message)

    def run(self) -> list[Attempted]:
        """Send the message, and return what became of each recipient."""
        job = self._job
        begun = time.monotonic()
        try:
            connected = self._connector.connect(self._target, self._watch)
        except Trouble as trouble:
            return self._trouble(trouble, time.monotonic() - begun)
        setup = time.monotonic() - begun
        try:
            plan = self._plan(connected)
            replies = [self._transact(connected, each) for each in plan.transactions]
        finally:
            connected.session.leave()
        sending = time.monotonic() - begun - setup
        outcomes = settle_relay(plan, replies, now=job.now)
        return [_attempted(each, connected.relay, setup, sending) for each in outcomes]

    def _trouble(self, trouble: Trouble, setup: float) -> list[Attempted]:
        job = self._job
        transaction = Transaction(
            sender=job.envelope.sender,
            recipients=tuple([RelayRecipient(each) for each in job.recipients]),
        )
        plan = RelayPlan(
            hop=NextHop(name=self._connector.name_of(self._target)),
            transactions=(transaction,),
            diagnostic_type=self._policy.diagnostic_type,
        )
        outcomes = settle_relay(plan, [trouble.replies], now=job.now)
        return [_attempted(each, trouble.relay, setup, 0.0) for each in outcomes]

    def _plan(self, connected: Connected) -> RelayPlan:
        """Return what is to be sent; what the server cannot be sent is refused in it."""
        job, content = self._job, self._job.content
        try:
            is_header_ascii = job.envelope.smtputf8 and _is_header_ascii(content)
            refusal = self._refusal(connected)
        except OSError:
            refusal = ("4.3.0", "the message cannot be read now")
            is_header_ascii = False
        plan = plan_relay(
            job.envelope, connected.hop, policy=self._policy, recipients=job.recipients,
            is_header_ascii=is_header_ascii, now=job.now,
        )  # fmt: skip
        if refusal is None:
            return plan
        status, text = refusal
        refused = [
            decide(
                job, each.recipient,
                Disposition.DELAYED if status[0] == "4" else Disposition.FAILED,
                status, text.format(connected.relay), diagnostic_type=self._policy.diagnostic_type,
            ).outcome
            for transaction in plan.transactions
            for each in transaction.recipients
        ]  # fmt: skip
        return attrs.evolve(plan, transactions=(), outcomes=(*plan.outcomes, *refused))

    def _refusal(self, connected: Connected) -> tuple[str, str] | None:
        """Return why the server cannot be sent the message, as its octets are."""
        envelope, content = self._job.envelope, self._job.content
        size = connected.keywords.get("SIZE", "")
        if size.isdecimal() and len(size) <= _LARGEST_DIGITS and 0 < int(size) < len(content):
            return _TOO_LARGE
        if envelope.body is Body.BINARY:
            return _NEEDS_BINARY
        is_eight_bit = envelope.body is Body.EIGHT_BIT and "8BITMIME" not in connected.keywords
        if is_eight_bit and not all(chunk.isascii() for chunk in content.chunks()):
            return _NEEDS_EIGHT_BIT
        return None

    def _transact(self, connected: Connected, transaction: Transaction) -> TransactionReplies:
        """Send one transaction, and return what was answered."""
        session = connected.session
        options = (*self._neighbour_options(connected), *transaction.options)
        mail = data = None
        recipients: list[Answer] = []
        ends: list[Answer] = []
        stage = "MAIL"
        lost, status = "", _LOST
        try:
            mail = session.command(_command("MAIL FROM", transaction.sender, options))
            for each in transaction.recipients if code_class(mail) == 2 else ():
                stage = "RCPT"
                recipients.append(session.command(_command("RCPT TO", each.address, each.options)))
            taken = sum(code_class(each) == 2 for each in recipients)
            if taken:
                stage = "DATA"
                data = session.command("DATA")
            if code_class(data) == 3:
                stage = "the message"
                session.send_message(self._job.content.chunks())
                stage = "the end of the message"
                for _ in range(taken if self._connector.is_lmtp else 1):
                    # What came before the loss is kept.
                    ends.append(session.answer())  # noqa: PERF401  see above
            else:
                stage = "RSET"
                session.command("RSET")
        except smtplib.SMTPException as error:
            lost = f"{connected.relay} was lost at {stage}: {error}"
        except OSError:
            lost, status = "the message cannot be read now", _UNREADABLE
        return TransactionReplies(
            mail=mail, recipients=recipients, data=data, end=ends,
            lost=one_line(lost) or "no reply", lost_status=status,
        )  # fmt: skip

    def _neighbour_options(self, connected: Connected) -> list[str]:
        """Return the parameters that are between us and the server alone."""
        options = []
        if "SIZE" in connected.keywords:
            options.append(f"SIZE={len(self._job.content)}")
        if "8BITMIME" in connected.keywords and self._job.envelope.body is not Body.SEVEN_BIT:
            options.append(f"BODY={Body.EIGHT_BIT.value}")
        return options


_LOST = EnhancedStatusCode.parse("4.4.2")
_UNREADABLE = EnhancedStatusCode.parse("4.3.0")


def _command(verb: str, path: str, options: Sequence[str]) -> str:
    return " ".join([f"{verb}:<{path}>", *options])


def _is_header_ascii(content: Content) -> bool:
    header, is_whole = read_head(content)
    return is_whole and header.isascii()


def _attempted(outcome: DeliveryOutcome, relay: str, setup: float, sending: float) -> Attempted:
    diagnostic = outcome.diagnostic
    text = "" if diagnostic is None else diagnostic.text
    is_success = outcome.disposition not in (Disposition.FAILED, Disposition.DELAYED)
    if outcome.remote_mta is not None and not is_success:
        text = f"{relay} said: {text}"
    return Attempted(
        outcome=outcome, relay=relay, text=text, setup_seconds=setup, sending_seconds=sending
    )
