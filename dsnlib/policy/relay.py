"""What travels on: an envelope and a next hop give the commands (RFC 3461 s5.2.1, s5.2.2).

Rules.
- To a server with DSN: what was asked, octet for octet, and nothing that was
  not (RFC 3461 s5.2.1).  To one without: none of it.
- ORCPT is added only where the policy says so, and only from the address as it
  was received (RFC 3461 s5.2.1 (d)).
- What the server cannot be sent is an outcome, with the reason; nothing is left
  out to make it fit.
- Parameters of other extensions, SIZE or BODY, are between two neighbours and
  so the client's matter; those three that concern notifications, BY, SMTPUTF8
  and REQUIRETLS, are planned here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import attrs

from dsnlib.errors import InvalidParameter, InvalidValue
from dsnlib.model.address import DiagnosticCode
from dsnlib.model.deliver_by import ByMode, DeliverBy
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import MailParameters, Notify, RcptParameters
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.parameter import find_parameter
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.model.texts import texts
from dsnlib.policy.hop import NextHop
from dsnlib.policy.original import orcpt_of
from dsnlib.policy.own_words import check_diagnostic_type
from dsnlib.policy.trail import Effect, TrailEntry

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

__all__ = ["RelayPlan", "RelayPolicy", "RelayRecipient", "Transaction", "plan_relay"]

_NOT_CAPABLE = EnhancedStatusCode.parse("5.3.3")
_OUT_OF_TIME = EnhancedStatusCode.parse("5.4.7")
_NEEDS_SMTPUTF8 = EnhancedStatusCode.parse("5.6.7")
_HEADER_NEEDS_SMTPUTF8 = EnhancedStatusCode.parse("5.6.9")
_NO_TLS = EnhancedStatusCode.parse("5.7.10")
_NO_REQUIRETLS = EnhancedStatusCode.parse("5.7.30")
# The rule that each of them is refused by, and where it stands.
_RULES = {
    _NOT_CAPABLE: ("deliver-by", "2852-4.1.4.1-01"),
    _OUT_OF_TIME: ("deliver-by", "2852-4.1.4.1-01"),
    _NEEDS_SMTPUTF8: ("smtputf8", "6531-3.2-01"),
    _HEADER_NEEDS_SMTPUTF8: ("smtputf8", "6531-3.2-01"),
    _NO_TLS: ("requiretls", "8689-4.2.1-01"),
    _NO_REQUIRETLS: ("requiretls", "8689-4.2.1-01"),
}


@attrs.frozen(kw_only=True)
class RelayPolicy:
    """What RFC 3461 s5.2 leaves to a relay.

    Args:
        adds_orcpt: Whether a recipient without ORCPT gets one, made of the
            address as received.  The sender never gave it, and whoever reports
            will show it as if (RFC 3461 s5.2.1 (d), s6.3 (d)).
        separates_never: Whether recipients with NEVER go to a server without
            DSN in a transaction with the null return path, so that nobody can
            tell the sender of them (RFC 3461 s5.2.2 (d)).
        passes_utf8: Whether an address beyond US-ASCII that came without
            SMTPUTF8, which no client may send, goes on as it came, as with
            Postfix; else it fails (RFC 6531 s3.2).
        diagnostic_type: The type of our own words, an atom: `Reporter.diagnostic_type`.

    Raises:
        InvalidValue: The type is no atom.
    """

    adds_orcpt: bool = False
    separates_never: bool = False
    passes_utf8: bool = False
    diagnostic_type: str = attrs.field(default="X-DSN", validator=check_diagnostic_type)


@attrs.frozen
class RelayRecipient:
    """One RCPT command.

    Args:
        recipient: The recipient of the envelope.
        options: Its parameters, as smtplib and aiosmtplib take `rcpt_options`; not one text.
    """

    recipient: Recipient
    options: tuple[str, ...] = attrs.field(default=(), converter=texts)

    @property
    def address(self) -> str:
        """The forward-path of the command."""
        return self.recipient.address


@attrs.frozen(kw_only=True)
class Transaction:
    """One MAIL command and what follows it.

    Args:
        sender: The reverse-path; `""` is the null one.
        options: Its parameters, as smtplib and aiosmtplib take `mail_options`; not one text.
        recipients: At least one.
    """

    sender: str
    options: tuple[str, ...] = attrs.field(default=(), converter=texts)
    recipients: tuple[RelayRecipient, ...]


@attrs.frozen(kw_only=True)
class RelayPlan:
    """How a message goes to a server.

    Args:
        hop: The server.
        transactions: What to send; none if nothing can be.
        outcomes: Recipients that cannot be sent to this server.  If another may
            be tried that can take them, try it before they are reported.
        is_traced: Whether what is relayed is to be reported (RFC 2852 s4.1.4).
        diagnostic_type: The type of our own words, which the policy has checked.
        trail: What was done beyond plain repetition, what could not be, and why.
    """

    hop: NextHop
    transactions: tuple[Transaction, ...] = ()
    outcomes: tuple[DeliveryOutcome, ...] = ()
    is_traced: bool = False
    diagnostic_type: str = "X-DSN"
    trail: tuple[TrailEntry, ...] = ()


def plan_relay(
    envelope: Envelope,
    hop: NextHop,
    *,
    policy: RelayPolicy | None = None,
    recipients: Iterable[Recipient] | None = None,
    is_header_ascii: bool = False,
    now: dt.datetime | None = None,
) -> RelayPlan:
    """Return the transactions that take a message to a server.

    Args:
        envelope: The message's.
        hop: The server, as it announced itself in this session.
        policy: What RFC 3461 leaves open; its defaults if not given.
        recipients: Those of the envelope that go there; all if not given.
        is_header_ascii: Whether the message's header is known to need no
            SMTPUTF8 though it came with it.
        now: When; with a zone.  Only DELIVERBY asks for it.

    Raises:
        InvalidValue: A recipient is not in the envelope, or the message has a
            deadline and `now` or its arrival is missing.
    """
    policy = RelayPolicy() if policy is None else policy
    chosen = envelope.recipients if recipients is None else tuple(recipients)
    _check_chosen(envelope, chosen)
    plain = _plan_plain(envelope, hop, policy, chosen)
    if plain is not None:
        return plain
    planner = _Planner(envelope, hop, policy, is_header_ascii=is_header_ascii)
    planner.look_at_deadline(now)
    planner.look_at_tls()
    sendable = [each for each in chosen if planner.can_send(each)]
    return RelayPlan(
        hop=hop,
        transactions=tuple(planner.transactions(sendable)),
        outcomes=tuple(planner.outcomes),
        is_traced=planner.is_traced,
        diagnostic_type=policy.diagnostic_type,
        trail=tuple(planner.trail),
    )


def _plan_plain(
    envelope: Envelope, hop: NextHop, policy: RelayPolicy, chosen: Sequence[Recipient]
) -> RelayPlan | None:
    """Return the plan for mail that raises no question, as nearly all; `None` for other mail."""
    mail, sender = envelope.mail, envelope.sender
    if mail.other or envelope.smtputf8 or not (chosen and sender.isascii()):
        return None
    if policy.adds_orcpt or policy.separates_never or hop.most_recipients is not None:
        return None
    recipients = []
    for each in chosen:
        params = each.params
        if params.orcpt is not None or params.other or not each.address.isascii():
            return None
        is_asked = hop.dsn and params.notify is not None
        recipients.append(RelayRecipient(each, tuple(params.to_options()) if is_asked else ()))
    is_asked = hop.dsn and not (mail.ret is None and mail.envid is None)
    options = tuple(mail.to_options()) if is_asked else ()
    one = Transaction(sender=sender, options=options, recipients=tuple(recipients))
    return RelayPlan(hop=hop, transactions=(one,), diagnostic_type=policy.diagnostic_type)


_Parameters = TypeVar("_Parameters", MailParameters, RcptParameters)


def _own(params: _Parameters) -> _Parameters:
    """Return parameters without those of other extensions."""
    return attrs.evolve(params, other=()) if params.other else params


def _check_chosen(envelope: Envelope, chosen: Sequence[Recipient]) -> None:
    if chosen is envelope.recipients:
        return
    # A message with many recipients comes here once for each of their next hops.
    known = envelope.recipient_set
    for each in chosen:
        if each not in known:
            message = f"relay: {each.address!r} is not in the envelope"
            raise InvalidValue(message, value=each)


class _Planner:
    """Collects what to send, and what cannot be."""

    def __init__(
        self, envelope: Envelope, hop: NextHop, policy: RelayPolicy, *, is_header_ascii: bool
    ) -> None:
        self.outcomes: list[DeliveryOutcome] = []
        self.trail: dict[TrailEntry, None] = {}
        self.is_traced = False
        self._envelope = envelope
        self._hop = hop
        self._policy = policy
        self._is_header_ascii = is_header_ascii or not envelope.smtputf8
        self._wants_delay = False
        self._options: list[str] = []
        self._refusal: tuple[EnhancedStatusCode, str] | None = None

    def look_at_deadline(self, now: dt.datetime | None) -> None:
        """Plan BY, or refuse what the server would not keep to (RFC 2852 s4.1.4)."""
        envelope, hop = self._envelope, self._hop
        try:
            by = DeliverBy.of(envelope.mail)
        except InvalidParameter as error:
            self._note("deliver-by", Effect.SHAPED, f"passed over: {error}", "2852-4-01")
            return
        if by is None:
            return
        if envelope.arrival is None or now is None:
            message = "relay: a message with BY needs its arrival and `now`"
            raise InvalidValue(message, value=by, requirement="2852-4.1.4-01")
        left = by.remaining(envelope.arrival, now)
        shortest = hop.shortest_seconds
        if by.mode is ByMode.RETURN and left <= 0:
            self._refusal = _OUT_OF_TIME, "the time to deliver it by has passed"
        elif hop.is_final and shortest is None:
            # The mailbox itself: what it takes is delivered, not relayed.
            self._note("deliver-by", Effect.PASSED, f"{left} seconds are left", "2852-4.1.1-01")
        elif by.mode is ByMode.RETURN and shortest is None:
            self._refusal = _NOT_CAPABLE, f"{hop.name.name} takes no time to deliver by"
        elif by.mode is ByMode.RETURN and shortest is not None and left < shortest:
            what = f"{hop.name.name} takes {shortest} seconds or more, and {left} are left"
            self._refusal = _OUT_OF_TIME, what
        elif shortest is not None:
            again = attrs.evolve(by, seconds=left)
            self._options.append(f"BY={again}")
            self._note("deliver-by", Effect.SHAPED, f"{left} seconds are left", "2852-4.1.4-01")
            self.is_traced = by.is_traced
        else:
            self.is_traced = by.is_traced or left > 0
            self._wants_delay = hop.dsn and left > 0
            why = f"{hop.name.name} takes no time to deliver by"
            self._note("deliver-by", Effect.SHAPED, why, "2852-4.1.4.2-01")

    def look_at_tls(self) -> None:
        """Plan REQUIRETLS, or refuse a server that would not keep to it (RFC 8689 s4.2.1)."""
        envelope, hop = self._envelope, self._hop
        if find_parameter(envelope.mail.other, "REQUIRETLS") is None:
            return
        if hop.is_tls and hop.requiretls:
            self._options.append("REQUIRETLS")
        elif envelope.has_null_path:
            # Who would be told of its loss?                       RFC 8689 s5
            why = "a notification goes on without it"
            self._note("requiretls", Effect.SHAPED, why, "8689-5-03")
        elif not hop.is_tls:
            self._refusal = (
                _NO_TLS,
                f"TLS is required, and the session with {hop.name.name} has none",
            )
        else:
            self._refusal = _NO_REQUIRETLS, f"REQUIRETLS is required, and {hop.name.name} has none"

    def can_send(self, recipient: Recipient) -> bool:
        """Tell whether the server can be sent this one; if not, note the outcome."""
        refusal = self._refusal or self._needs_utf8(recipient)
        if refusal is None:
            return True
        status, why = refusal
        rule, requirement = _RULES[status]
        self._note(rule, Effect.STOPPED, why, requirement)
        self.outcomes.append(
            DeliveryOutcome(
                recipient=recipient,
                disposition=Disposition.FAILED,
                status=status,
                diagnostic=DiagnosticCode(self._policy.diagnostic_type, why),
            )
        )
        return False

    def _needs_utf8(self, recipient: Recipient) -> tuple[EnhancedStatusCode, str] | None:
        envelope = self._envelope
        if envelope.smtputf8:
            if self._hop.smtputf8:
                return None
            why = f"needs SMTPUTF8, and {self._hop.name.name} has none"
        elif self._policy.passes_utf8:
            return None
        else:
            why = "needs SMTPUTF8, and came without it"
        if not recipient.address.isascii():
            return _NEEDS_SMTPUTF8, f"the address {why}"
        if not envelope.sender.isascii():
            return _NEEDS_SMTPUTF8, f"the sender's address {why}"
        if not self._is_header_ascii:
            return _HEADER_NEEDS_SMTPUTF8, f"the message {why}"
        return None

    def transactions(self, recipients: Sequence[Recipient]) -> list[Transaction]:
        """Return the transactions, as few as can be."""
        envelope, hop = self._envelope, self._hop
        apart: list[Recipient] = []
        together = recipients
        if self._policy.separates_never and not hop.dsn and envelope.sender:
            apart = [each for each in recipients if each.params.notify == Notify.NEVER]
            together = [each for each in recipients if each.params.notify != Notify.NEVER]
        if apart:
            why = f"{len(apart)} recipients with NEVER go under the null return path"
            self._note("never-apart", Effect.SHAPED, why, "3461-5.2.2-06")
        most = hop.most_recipients or len(recipients) or 1
        return [
            self._transaction(sender, members[start : start + most])
            for sender, members in ((envelope.sender, together), ("", apart))
            for start in range(0, len(members), most)
        ]

    def _transaction(self, sender: str, members: Sequence[Recipient]) -> Transaction:
        envelope, hop = self._envelope, self._hop
        smtputf8 = hop.smtputf8 and self._is_utf8(sender, members)
        options = _own(envelope.mail).to_options() if hop.dsn else []
        options += self._options
        if smtputf8:
            options.append("SMTPUTF8")
        recipients = [
            RelayRecipient(each, self._rcpt_options(each, smtputf8=smtputf8)) for each in members
        ]
        return Transaction(sender=sender, options=tuple(options), recipients=tuple(recipients))

    def _is_utf8(self, sender: str, members: Sequence[Recipient]) -> bool:
        """Tell whether the transaction needs SMTPUTF8, which only then is asked for."""
        if not self._envelope.smtputf8:
            return False
        texts = [sender]
        for each in members:
            orcpt = each.params.orcpt
            texts += [each.address, "" if orcpt is None else orcpt.value]
        return not self._is_header_ascii or not all(text.isascii() for text in texts)

    def _rcpt_options(self, recipient: Recipient, *, smtputf8: bool) -> tuple[str, ...]:
        if not self._hop.dsn:
            return ()
        params = recipient.params
        if self._wants_delay:
            params = self._with_delay(params)
        if self._policy.adds_orcpt and params.orcpt is None:
            params = attrs.evolve(params, orcpt=orcpt_of(recipient.accepted))
            why = "ORCPT is the address as received"
            self._note("orcpt", Effect.SHAPED, why, "3461-5.2.1-10")
        params = _own(params)
        try:
            return tuple(params.to_options(smtputf8=smtputf8))
        except InvalidParameter as error:
            # Its escapes take more room than any server must have: RFC 3461 s5.4.
            self._note("orcpt", Effect.SHAPED, f"left out: {error}", "3461-4.2-04")
            return tuple(attrs.evolve(params, orcpt=None).to_options(smtputf8=smtputf8))

    def _with_delay(self, params: RcptParameters) -> RcptParameters:
        """Ask to hear of delays that DELIVERBY would have shown (RFC 2852 s4.1.4.2)."""
        notify = params.notify
        if notify is None:
            notify = Notify.FAILURE | Notify.DELAY
        elif notify != Notify.NEVER:
            notify |= Notify.DELAY
        return attrs.evolve(params, notify=notify)

    def _note(self, rule: str, effect: Effect, why: str, requirement: str) -> None:
        self.trail[TrailEntry(rule, effect, why, requirement=requirement)] = None
