"""RFC 3464 s2.3, s3, s4.2: what a system reports of an outcome, and what it keeps to itself."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib import (
    Action,
    DeliveryOutcome,
    DiagnosticCode,
    Disposition,
    EnhancedStatusCode,
    Envelope,
    InvalidValue,
    MtaName,
    Recipient,
    SmtpReply,
    TypedAddress,
    parse_mail_parameters,
    parse_rcpt_parameters,
)
from dsnlib.policy.dsn_policy import DsnPolicy
from dsnlib.policy.notify import DsnDecision, plan_dsns
from dsnlib.policy.privacy import Privacy
from tests.compose.occasions import ARRIVAL, EXPIRY, NOW, REPORTER
from tests.conformance.composed import compose, groups, standard

if TYPE_CHECKING:
    from dsnlib import DsnPlan

STATUSES = {
    Disposition.DELIVERED: "2.1.5",
    Disposition.RELAYED: "2.0.0",
    Disposition.HANDED_ON: "2.0.0",
    Disposition.EXPANDED: "2.1.5",
    Disposition.DELAYED: "4.4.1",
    Disposition.FAILED: "5.1.1",
}
CLIENT = MtaName("dns", "relay.example", comment="[192.0.2.7]")
HOP = MtaName("dns", "mx.example.net")
REPLY = DiagnosticCode.from_reply(SmtpReply.parse(b"550 5.1.1 No such user here\r\n"))
ATTEMPT = NOW - dt.timedelta(minutes=20)
EVERYTHING = ["NOTIFY=SUCCESS,FAILURE,DELAY"]
# Where an alias of this system leads to.
SECRET = "secret@pager.example.net"


def accepted(address: str, *options: str, **more: str) -> Recipient:
    """Return a recipient as RCPT gave it."""
    return Recipient(address, parse_rcpt_parameters([*options]), **more)


def outcome(recipient: Recipient, disposition: Disposition, **more: Any) -> DeliveryOutcome:  # noqa: ANN401  whatever the value takes
    """Return what became of a recipient."""
    status = EnhancedStatusCode.parse(STATUSES[disposition])
    return DeliveryOutcome(recipient=recipient, disposition=disposition, status=status, **more)


def decide(*outcomes: DeliveryOutcome, envid: str | None = None, **more: Any) -> DsnDecision:  # noqa: ANN401  the same
    """Return what is to be sent about a message that came by SMTP."""
    envelope = Envelope(
        sender=more.pop("sender", "ann@example.org"),
        mail=parse_mail_parameters([] if envid is None else [f"ENVID={envid}"]),
        recipients=[each.recipient for each in outcomes],
        arrival=ARRIVAL,
        received_from=CLIENT,
    )
    return plan_dsns(envelope, outcomes, reporter=REPORTER, **more)


def the_plan(*outcomes: DeliveryOutcome, **more: Any) -> DsnPlan:  # noqa: ANN401  the same
    """Return the one notification that is to be sent."""
    (plan,) = decide(*outcomes, **more).plans
    return plan


@pytest.mark.requirement("3464-2.3.2-03")
@pytest.mark.parametrize("disposition", [Disposition.DELIVERED, Disposition.FAILED])
@pytest.mark.parametrize(
    "recipient",
    [
        accepted("Bob@Example.com", *EVERYTHING),
        accepted(SECRET, *EVERYTHING, expanded_from="Bob@Example.com"),
    ],
    ids=["as it came", "after an alias"],
)
def test_the_final_recipient_is_what_was_accepted(
    recipient: Recipient, disposition: Disposition
) -> None:
    """It is the address of RCPT, whatever this system made of it afterwards."""
    rewritten = TypedAddress("rfc822", "b7@store.example.com")

    plan = the_plan(outcome(recipient, disposition, final_recipient=rewritten))

    assert "rfc822; Bob@Example.com" == dict(groups(compose(plan))[1])["Final-Recipient"]


@pytest.mark.requirement("3464-1.3-02")
@pytest.mark.requirement("3464-2.2.1-02")
@pytest.mark.requirement("3464-2.2.2-03")
@pytest.mark.requirement("3464-2.2.4-02")
@pytest.mark.requirement("3464-2.2.5-01")
@pytest.mark.requirement("3464-2.3.1-02")
@pytest.mark.requirement("3464-2.3.6-02")
@pytest.mark.requirement("3464-2.3.6-03")
@pytest.mark.requirement("3464-2.3.6-06")
@pytest.mark.requirement("3464-2.3.7-01")
@pytest.mark.requirement("3464-3-03")
def test_all_that_is_known_is_reported() -> None:
    """Envelope and attempt fill every field for which they have a value."""
    recipient = accepted("bob@example.com", "ORCPT=rfc822;Bob+2BNews@example.com")
    failed = outcome(
        recipient, Disposition.FAILED, remote_mta=HOP, diagnostic=REPLY, attempted=ATTEMPT
    )

    octets = compose(the_plan(failed, envid="QQ+2B1"))

    message, one = (dict(group) for group in groups(octets))
    message.pop("X-Example-Sender")
    assert {
        "Original-Envelope-Id": "QQ+1",
        "Reporting-MTA": "dns; mail.example.org",
        "Received-From-MTA": "dns; relay.example ([192.0.2.7])",
        "Arrival-Date": "Sun, 22 Nov 2026 10:30:00 +0100",
    } == message
    assert {
        "Original-Recipient": "rfc822; Bob+News@example.com",
        "Final-Recipient": "rfc822; bob@example.com",
        "Action": "failed",
        "Status": "5.1.1",
        "Remote-MTA": "dns; mx.example.net",
        "Diagnostic-Code": "smtp; 550 5.1.1 No such user here",
        "Last-Attempt-Date": "Sun, 22 Nov 2026 14:10:00 +0100",
    } == one


@pytest.mark.requirement("3464-2.2.1-03")
@pytest.mark.requirement("3464-2.2.3-02")
@pytest.mark.requirement("3464-2.3.1-04")
@pytest.mark.requirement("3464-2.3.5-02")
@pytest.mark.requirement("3464-2.3.7-02")
@pytest.mark.requirement("3464-3-04")
@pytest.mark.parametrize("disposition", [*STATUSES], ids=lambda each: each.value)
def test_what_is_not_known_is_not_reported(disposition: Disposition) -> None:
    """No ENVID, ORCPT, remote MTA, time of an attempt or gateway is made up."""
    recipient = accepted("bob@example.com", *EVERYTHING)

    plans = decide(outcome(recipient, disposition)).plans
    assert bool(plans) == (disposition is not Disposition.HANDED_ON)
    for plan in plans:
        names = {name for group in groups(compose(plan)) for name, _ in group}

        assert names.isdisjoint(
            {
                "Original-Envelope-Id",
                "DSN-Gateway",
                "Original-Recipient",
                "Remote-MTA",
                "Last-Attempt-Date",
            }
        )


@pytest.mark.requirement("3464-2.3.3-08")
@pytest.mark.parametrize(
    ("options", "is_told"),
    [
        (["NOTIFY=SUCCESS"], True),
        (EVERYTHING, True),
        (["NOTIFY=FAILURE,DELAY"], False),
        (["NOTIFY=NEVER"], False),
        ([], False),
    ],
    ids=["SUCCESS", "all", "FAILURE,DELAY", "NEVER", "nothing"],
)
def test_a_relay_is_told_to_who_asked(
    options: list[str],
    is_told: bool,  # noqa: FBT001  a column of the table
) -> None:
    """Nobody hears of a relay but who asked to hear of success."""
    recipient = accepted("bob@example.com", *options)

    decision = decide(outcome(recipient, Disposition.RELAYED))

    actions = [each.action for plan in decision.plans for each in plan.report.recipients]
    assert ([Action.RELAYED] if is_told else []) == actions


@pytest.mark.requirement("3464-2.3.3-04")
@pytest.mark.requirement("3464-2.3.3-05")
@pytest.mark.requirement("3464-2.3.3-06")
@pytest.mark.parametrize("disposition", [*STATUSES], ids=lambda each: each.value)
def test_only_a_delay_says_that_it_goes_on(disposition: Disposition) -> None:
    """A delay tells until when it is tried; nothing else can."""
    recipient = accepted("bob@example.com", *EVERYTHING)
    if disposition is not Disposition.DELAYED:
        with pytest.raises(InvalidValue):
            outcome(recipient, disposition, retry_until=EXPIRY)
        return

    (fields,) = the_plan(outcome(recipient, disposition, retry_until=EXPIRY)).report.recipients

    assert EXPIRY == fields.will_retry_until


@pytest.mark.requirement("3464-3-05")
def test_one_end_is_reported_once() -> None:
    """A recipient has one outcome; of several that an alias made, the sender hears as of one."""
    bob = accepted("bob@example.com")
    envelope = Envelope(sender="ann@example.org", recipients=(bob,))
    ends = [outcome(bob, Disposition.FAILED), outcome(bob, Disposition.DELIVERED)]
    with pytest.raises(InvalidValue, match="two outcomes"):
        plan_dsns(envelope, ends, reporter=REPORTER)

    team = [accepted(f"{name}@example.net", expanded_from="team@example.org") for name in "abc"]
    (fields,) = the_plan(*[outcome(each, Disposition.FAILED) for each in team]).report.recipients
    assert TypedAddress("rfc822", "team@example.org") == fields.final_recipient


@pytest.mark.requirement("3464-2-11")
@pytest.mark.parametrize("disposition", [*STATUSES], ids=lambda each: each.value)
def test_a_notification_that_comes_to_nothing_ends(disposition: Disposition) -> None:
    """What became of a notification is reported to nobody but the postmaster of this system."""
    first = the_plan(outcome(accepted("bob@example.com"), Disposition.FAILED))
    recipient = accepted("ann@example.org", *EVERYTHING)

    decision = decide(outcome(recipient, disposition), sender=first.envelope.sender)

    assert {REPORTER.postmaster} >= {plan.recipient.address for plan in decision.plans}
    assert all(plan.envelope.has_null_path for plan in decision.plans)


@pytest.mark.requirement("3464-4.2-01")
@pytest.mark.requirement("3464-4.2-04")
@pytest.mark.parametrize("disposition", [*STATUSES], ids=lambda each: each.value)
def test_a_forwarding_address_can_be_kept_confidential(disposition: Disposition) -> None:
    """On request it stands nowhere, nor does what the system behind it is and said."""
    recipient = accepted(SECRET, *EVERYTHING, expanded_from="bob@example.com")
    said = DiagnosticCode("smtp", f"550 5.1.1 <{SECRET}> is unknown")
    forwarded = outcome(
        recipient,
        disposition,
        remote_mta=MtaName("dns", "mx.pager.example.net"),
        diagnostic=said if disposition is Disposition.FAILED else None,
        log_id="pager.example.net/77",
        final_recipient=TypedAddress("rfc822", SECRET),
    )
    hidden = DsnPolicy(privacy=Privacy(hides_expansions=True))

    silent, open_ = decide(forwarded, policy=hidden).plans, decide(forwarded).plans

    assert len(silent) == len(open_) == (disposition is not Disposition.HANDED_ON)
    assert not any(b"pager.example.net" in compose(plan) for plan in silent)
    assert all(b"pager.example.net" in compose(plan) for plan in open_)


@pytest.mark.requirement("3464-4.2-06")
@pytest.mark.parametrize(
    ("policy", "field"),
    [
        (DsnPolicy(names_source=False), "Received-From-MTA"),
        (DsnPolicy(names_attempts=False), "Last-Attempt-Date"),
        (DsnPolicy(privacy=Privacy(internal_domains=("relay.example",))), "Received-From-MTA"),
        (DsnPolicy(privacy=Privacy(internal_domains=("example.net",))), "Remote-MTA"),
    ],
    ids=["source", "attempts", "internal source", "internal host"],
)
def test_a_site_may_leave_optional_fields_out(policy: DsnPolicy, field: str) -> None:
    """What it leaves out is gone, and the rest is there."""
    failed = outcome(
        accepted("bob@example.com"), Disposition.FAILED, remote_mta=HOP, attempted=ATTEMPT
    )

    def names(policy: DsnPolicy | None) -> set[str]:
        fields = groups(compose(the_plan(failed, policy=policy)))
        return {name for group in fields for name, _ in group}

    assert {field} == names(None) - names(policy)


@pytest.mark.requirement("3464-2.4-03")
@pytest.mark.requirement("3464-2.4-05")
def test_the_field_of_the_transport_has_its_name() -> None:
    """The one other name that is written without X- is that of RFC 3461 s6.3 (j)."""
    recipient = accepted(SECRET, expanded_from="bob@example.com")

    plan = the_plan(outcome(recipient, Disposition.FAILED, remote_mta=HOP))

    (fields,) = plan.report.recipients
    assert [("SMTP-Remote-Recipient", SECRET)] == [
        (each.name, each.value) for each in fields.extensions
    ]
    assert "bob@example.com" == fields.recipient


@pytest.mark.requirement("3464-2-08")
def test_the_postmaster_is_one_of_the_reporting_mta() -> None:
    """From and the address to ask are both in the domain of the system that reports."""
    octets = compose(the_plan(outcome(accepted("bob@example.com"), Disposition.FAILED)))

    assert REPORTER.domain == standard(octets)["From"].addresses[0].domain
    assert REPORTER.postmaster.encode() in octets
