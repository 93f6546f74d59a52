"""What the tests of deciding are made from: an envelope, outcomes, a reporter."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import (
    Notify,
    parse_mail_parameters,
    parse_rcpt_parameters,
)
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.dsn_policy import DsnPolicy
from dsnlib.policy.notify import DsnDecision, plan_dsns
from dsnlib.policy.plan import DsnPlan
from dsnlib.policy.reporter import Reporter

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
REPORTER = Reporter.parse("mail.example.org", "Example")
REMOTE = MtaName("dns", "mx.example.com")
SENDER = "ann@example.org"

# The usual status and words of each.
STATUS = {
    Disposition.DELIVERED: "2.1.5",
    Disposition.RELAYED: "2.0.0",
    Disposition.HANDED_ON: "2.0.0",
    Disposition.EXPANDED: "2.0.0",
    Disposition.DELAYED: "4.4.1",
    Disposition.FAILED: "5.1.1",
}
WORDS = {
    Disposition.FAILED: "550 5.1.1 No such user",
    Disposition.DELAYED: "451 4.4.1 Come back later",
}
ALL_NOTIFY = (None, *(Notify(value) for value in range(8)))


def code(text: str) -> EnhancedStatusCode:
    """Return a status code."""
    return EnhancedStatusCode.parse(text)


def rcpt(address: str = "bob@example.com", options: str = "", **more: Any) -> Recipient:  # noqa: ANN401  whatever the value takes
    """Return a recipient as a server has it after RCPT with these options."""
    return Recipient(address, parse_rcpt_parameters(options, smtputf8=True), **more)


def asking(notify: Notify | None, address: str = "bob@example.com") -> Recipient:
    """Return a recipient of whom the sender wants to hear that."""
    return rcpt(address, "" if notify is None else f"NOTIFY={notify}")


def envelope(*recipients: Recipient, sender: str = SENDER, mail: str = "", **more: Any) -> Envelope:  # noqa: ANN401  the same
    """Return an envelope as a server has it after MAIL with these options."""
    return Envelope(
        sender=sender,
        mail=parse_mail_parameters(mail),
        recipients=recipients or (rcpt(),),
        **more,
    )


def outcome(
    recipient: Recipient,
    disposition: Disposition = Disposition.FAILED,
    status: str | None = None,
    **more: Any,  # noqa: ANN401  the same
) -> DeliveryOutcome:
    """Return what became of a recipient, as the next hop said it."""
    words = WORDS.get(disposition, "250 2.1.5 Fine")
    more.setdefault("diagnostic", DiagnosticCode("smtp", words))
    more.setdefault("remote_mta", REMOTE)
    return DeliveryOutcome(
        recipient=recipient,
        disposition=disposition,
        status=code(status or STATUS[disposition]),
        **more,
    )


def decide(
    mail: Envelope,
    outcomes: Iterable[DeliveryOutcome] | Disposition = Disposition.FAILED,
    policy: DsnPolicy | None = None,
    **more: Any,  # noqa: ANN401  the same
) -> DsnDecision:
    """Return the decision about outcomes, or about all recipients with one disposition."""
    if isinstance(outcomes, Disposition):
        outcomes = [outcome(each, outcomes) for each in mail.recipients]
    return plan_dsns(mail, outcomes, reporter=REPORTER, policy=policy, **more)


def reported(plans: Iterable[DsnPlan]) -> list[tuple[str, str]]:
    """Return each recipient that is reported, with its action."""
    return [
        (str(each.recipient), str(each.action and each.action.value))
        for plan in plans
        for each in plan.report.recipients
    ]


def typed(address: str) -> TypedAddress:
    """Return an address with its type."""
    return TypedAddress.from_address(address)
