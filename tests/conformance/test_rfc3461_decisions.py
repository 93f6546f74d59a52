"""RFC 3461 sections 3, 4.1 and 6.3: who is told what, from the command to the report."""

import attrs
import pytest
from hypothesis import given

import dsnlib
from dsnlib.policy.dsn_policy import DsnPolicy
from dsnlib.policy.notify import plan_dsns
from tests.compose.occasions import ARRIVAL, REPORTER, SENDER
from tests.strategies import envids, sendable_addresses

D, N = dsnlib.Disposition, dsnlib.Notify
STATUS = {
    D.DELIVERED: "2.1.5",
    D.RELAYED: "2.0.0",
    D.EXPANDED: "2.1.5",
    D.DELAYED: "4.4.1",
    D.FAILED: "5.1.1",
}
EVERY_OUTCOME = pytest.mark.parametrize("disposition", STATUS, ids=lambda each: each.value)
REPLY = dsnlib.SmtpReply.parse("550-5.1.1 No such user\r\n550 5.1.1 here\r\n")


def envelope(
    rcpt: str = "",
    mail: str = "",
    *,
    sender: str = SENDER,
    address: str = "Bob@Example.COM",
) -> dsnlib.Envelope:
    """Return what a server knows after MAIL, one RCPT and DATA."""
    return dsnlib.Envelope(
        sender=sender,
        mail=dsnlib.parse_mail_parameters(mail),
        recipients=(dsnlib.Recipient(address, dsnlib.parse_rcpt_parameters(rcpt)),),
        arrival=ARRIVAL,
    )


def outcome(message: dsnlib.Envelope, disposition: dsnlib.Disposition) -> dsnlib.DeliveryOutcome:
    """Return how it went for the only recipient."""
    return dsnlib.DeliveryOutcome(
        recipient=message.recipients[0],
        disposition=disposition,
        status=dsnlib.EnhancedStatusCode.parse(STATUS[disposition]),
    )


def plans(
    message: dsnlib.Envelope,
    became: dsnlib.DeliveryOutcome,
    *,
    policy: DsnPolicy | None = None,
    is_delay_due: bool = True,
) -> list[dsnlib.DsnPlan]:
    """Return the notifications to the sender."""
    decision = plan_dsns(
        message, (became,), reporter=REPORTER, policy=policy, is_delay_due=is_delay_due
    )
    return [each for each in decision.plans if each.audience is dsnlib.Audience.SENDER]


def actions(rcpt: str, disposition: dsnlib.Disposition, *, is_delay_due: bool = True) -> list[str]:
    """Return the actions that the sender is told of."""
    message = envelope(rcpt)
    return [
        each.action.value
        for plan in plans(message, outcome(message, disposition), is_delay_due=is_delay_due)
        for each in plan.report.recipients
        if each.action is not None
    ]


def reported(message: dsnlib.Envelope, became: dsnlib.DeliveryOutcome) -> dsnlib.DeliveryReport:
    """Return the only report."""
    (plan,) = plans(message, became)
    return plan.report


@pytest.mark.requirement("3461-3-02")
@pytest.mark.parametrize(
    ("disposition", "told"), [(D.DELIVERED, []), (D.RELAYED, []), (D.FAILED, ["failed"])]
)
def test_without_notify_failure_alone_is_told(
    disposition: dsnlib.Disposition, told: list[str]
) -> None:
    """Who asks for nothing is told of failure; who asks for success, of that instead."""
    assert told == actions("", disposition)
    asked = [] if told else [disposition.value]
    assert asked == actions("NOTIFY=SUCCESS", disposition)


@pytest.mark.requirement("3461-4.1-08")
@EVERY_OUTCOME
def test_never_is_never(disposition: dsnlib.Disposition) -> None:
    """With NOTIFY=NEVER nothing is told, whatever becomes of the message and is wanted else."""
    message = envelope("NOTIFY=NEVER")
    became = outcome(message, disposition)
    eager = DsnPolicy(unasked=N.FAILURE | N.DELAY, confirms_cleared_delays=True)

    for each in (became, attrs.evolve(became, is_delay_reported=True)):
        assert [] == plans(message, each, policy=eager)
    if disposition is D.RELAYED:
        assert [] == plans(message, attrs.evolve(became, is_traced=True), policy=eager)


@pytest.mark.requirement("3461-4.1-09")
@EVERY_OUTCOME
def test_success_and_failure_are_asked_for_apart(disposition: dsnlib.Disposition) -> None:
    """SUCCESS brings the news of success alone, FAILURE that of failure alone."""
    is_success = STATUS[disposition].startswith("2")
    is_failure = disposition is D.FAILED

    assert ([disposition.value] if is_success else []) == actions("NOTIFY=SUCCESS", disposition)
    assert ([disposition.value] if is_failure else []) == actions("NOTIFY=FAILURE", disposition)


@pytest.mark.requirement("3461-4.1-10")
def test_a_delay_is_told_when_it_is_long() -> None:
    """DELAY is a wish to be told, once the system thinks that it has taken too long."""
    assert ["delayed"] == actions("NOTIFY=DELAY", D.DELAYED, is_delay_due=True)
    assert [] == actions("NOTIFY=DELAY", D.DELAYED, is_delay_due=False)


@pytest.mark.requirement("3461-4.1-11")
@pytest.mark.parametrize("notify", ["NEVER", "SUCCESS", "FAILURE", "SUCCESS,FAILURE"])
def test_without_delay_no_delay_is_told(notify: str) -> None:
    """A NOTIFY that lacks DELAY keeps the news of delays away, whatever the policy is."""
    message = envelope(f"NOTIFY={notify}")
    late = outcome(message, D.DELAYED)
    eager = DsnPolicy(unasked=N.FAILURE | N.DELAY, reports_delays=True)

    assert [] == plans(message, late, policy=eager)
    assert [] == plans(message, attrs.evolve(late, is_delay_reported=True), policy=eager)


@pytest.mark.requirement("3461-4.1-12")
@pytest.mark.parametrize("unasked", [N.FAILURE, N.FAILURE | N.DELAY], ids=str)
def test_what_no_notify_means_is_a_choice(unasked: dsnlib.Notify) -> None:
    """Without NOTIFY failure is told, and delay where the system has chosen so."""
    message = envelope()
    policy = DsnPolicy(unasked=unasked)

    assert 1 == len(plans(message, outcome(message, D.FAILED), policy=policy))
    assert (N.DELAY in unasked) == bool(plans(message, outcome(message, D.DELAYED), policy=policy))
    for other in (N.NEVER, N.DELAY, N.SUCCESS | N.FAILURE):
        with pytest.raises(dsnlib.InvalidValue):
            DsnPolicy(unasked=other)


@pytest.mark.requirement("8098-3-02")
@pytest.mark.requirement("3461-5.1-02")
@EVERY_OUTCOME
def test_the_null_path_is_never_answered(disposition: dsnlib.Disposition) -> None:
    """What has no return path, as a receipt has none, is accepted and never reported."""
    message = envelope("NOTIFY=SUCCESS,FAILURE,DELAY", "RET=FULL", sender="")

    assert [] == plans(message, outcome(message, disposition))


@pytest.mark.requirement("3461-6.1-02")
@pytest.mark.parametrize("sender", ["Alice@Example.ORG", '"a b"@example.org', "müller@x.example"])
def test_the_recipient_is_copied_from_mail(sender: str) -> None:
    """RCPT of the notification has the spelling of MAIL."""
    message = envelope(sender=sender)

    (plan,) = plans(message, outcome(message, D.FAILED))

    assert sender == plan.recipient.address


@pytest.mark.requirement("3461-6.1-03")
@pytest.mark.requirement("3461-6.1-05")
@pytest.mark.requirement("4865-5.1.1-01")
def test_a_notification_takes_over_no_request() -> None:
    """RET, NOTIFY, ENVID and a hold of the original are not asked for again."""
    message = envelope("NOTIFY=FAILURE", "RET=FULL ENVID=x HOLDFOR=3600")

    (plan,) = plans(message, outcome(message, D.FAILED))

    assert [] == plan.envelope.mail.to_options()
    assert plan.recipient.params.to_options() in ([], ["NOTIFY=NEVER"])


@pytest.mark.requirement("3461-6.3-01")
@pytest.mark.requirement("3461-6.3-03")
@given(envids())
def test_the_report_has_the_envid(envid: str) -> None:
    """What MAIL said is what the report says, decoded; no field has white space round it."""
    option = str(dsnlib.MailParameters(envid=envid))
    message = envelope(mail=option)

    report = reported(message, outcome(message, D.FAILED))

    assert envid.strip(" \t") == report.message.original_envelope_id


@pytest.mark.requirement("3461-6.3-02")
@pytest.mark.requirement("3461-6.3-09")
@EVERY_OUTCOME
def test_the_report_makes_nothing_up(disposition: dsnlib.Disposition) -> None:
    """Without ENVID and ORCPT the report has neither."""
    message = envelope("NOTIFY=SUCCESS,FAILURE,DELAY")

    report = reported(message, outcome(message, disposition))

    assert report.message.original_envelope_id is None
    assert [None] == [each.original_recipient for each in report.recipients]


@pytest.mark.requirement("3461-6.3-08")
@given(sendable_addresses())
def test_the_report_has_the_orcpt(orcpt: dsnlib.TypedAddress) -> None:
    """What RCPT said is what the report says, type and spelling."""
    (option,) = dsnlib.RcptParameters(orcpt=orcpt).to_options()
    message = envelope(f"NOTIFY=FAILURE {option}")
    received = message.recipients[0].params.orcpt

    (read,) = reported(message, outcome(message, D.FAILED)).recipients

    assert received == read.original_recipient
    assert received is not None
    assert orcpt.address == received.address


@pytest.mark.requirement("3461-6.3-10")
@pytest.mark.requirement("3461-9.1-02")
@pytest.mark.parametrize("address", ["Bob@Example.COM", "odd..dots@host", "postmaster"])
def test_the_final_recipient_is_that_of_the_envelope(address: str) -> None:
    """Neither what an alias made of it nor what delivery knew it by takes its place."""
    message = envelope(address=address)
    inbox = dsnlib.TypedAddress("rfc822", "bob@store7.internal.example")
    expanded = dsnlib.Recipient("robert@example.net", expanded_from=address)
    alias = attrs.evolve(message, recipients=(expanded,))

    plain = attrs.evolve(outcome(message, D.FAILED), final_recipient=inbox)
    for report in (reported(message, plain), reported(alias, outcome(alias, D.FAILED))):
        assert [dsnlib.TypedAddress("rfc822", address)] == [
            each.final_recipient for each in report.recipients
        ]


@pytest.mark.requirement("3461-6.3-15")
@pytest.mark.requirement("3461-6.3-16")
@pytest.mark.requirement("3461-6.3-17")
@pytest.mark.requirement("3461-6.3-18")
def test_who_refused_and_in_which_words() -> None:
    """Of each recipient that a server refused, its name and its reply are reported."""
    addresses = ("bob@example.com", "eve@example.com")
    message = attrs.evolve(envelope(), recipients=tuple(map(dsnlib.Recipient, addresses)))
    refused = [
        dsnlib.DeliveryOutcome(
            recipient=each,
            disposition=D.FAILED,
            status=REPLY.effective_status or dsnlib.EnhancedStatusCode.parse("5.0.0"),
            diagnostic=dsnlib.DiagnosticCode.from_reply(REPLY),
            remote_mta=dsnlib.MtaName("dns", "mx.example.com"),
        )
        for each in message.recipients
    ]

    (plan,) = plan_dsns(message, refused, reporter=REPORTER).plans

    assert [
        ("dns; mx.example.com", "smtp; 550-5.1.1 No such user 550 5.1.1 here", "5.1.1")
    ] * 2 == [
        (str(each.remote_mta), str(each.diagnostic_code), str(each.status))
        for each in plan.report.recipients
    ]


@pytest.mark.requirement("3463-3.5-03")
def test_what_was_wrong_is_told_rather_than_that_time_is_over() -> None:
    """A message given up after a transient error is reported with that error's code."""
    message = envelope()
    given_up = attrs.evolve(
        outcome(message, D.FAILED), status=dsnlib.EnhancedStatusCode.parse("4.4.1")
    )

    (read,) = reported(message, given_up).recipients

    assert (dsnlib.Action.FAILED, "4.4.1") == (read.action, str(read.status))
