"""RFC 5321 and RFC 3834 on notices: from whom, to whom, in which form."""

import pytest

from dsnlib.model.outcome import Disposition
from dsnlib.model.report import Kind
from dsnlib.parse.report import parse_report
from dsnlib.policy.dsn_policy import DsnPolicy, PostmasterClass
from dsnlib.policy.facts import MessageFacts
from tests.compose.occasions import COMPOSER, NOW, TOKEN
from tests.policy.cases import decide, envelope, outcome, rcpt, reported

ORIGINAL = (
    b"From: Ann <from@elsewhere.example>\r\n"
    b"Sender: sender@elsewhere.example\r\n"
    b"Reply-To: reply@elsewhere.example\r\n"
    b"Errors-To: errors@elsewhere.example\r\n"
    b"\r\nHello\r\n"
)


def written(policy: DsnPolicy | None = None) -> list[bytes]:
    """Return the notifications about a failed message, as they are sent."""
    facts = MessageFacts.from_header(ORIGINAL)
    return [
        COMPOSER.compose(plan, ORIGINAL, now=NOW, token=TOKEN).as_bytes()
        for plan in decide(envelope(), policy=policy, facts=facts).plans
    ]


@pytest.mark.requirement("5321-3.6.3-02")
@pytest.mark.requirement("5321-3.6.3-03")
def test_a_notice_is_a_standard_report_of_ours() -> None:
    """What is sent is read back as a report, made by the host that found the failure."""
    (message,) = written()

    report = parse_report(message)

    assert "mail.example.org" == (report.message.reporting_mta or pytest.fail("none")).name
    assert ["bob@example.com"] == [each.recipient for each in report.recipients]


@pytest.mark.requirement("3834-4-02")
def test_no_field_of_the_message_is_a_destination() -> None:
    """The notice goes to the return path, whatever addresses the header has."""
    (plan,) = decide(envelope(), facts=MessageFacts.from_header(ORIGINAL)).plans
    (message,) = written()

    assert "ann@example.org" == plan.recipient.address
    head = message.partition(b"\r\n\r\n")[0]
    assert b"To: <ann@example.org>\r\n" in head
    assert b"elsewhere" not in head


@pytest.mark.requirement("3834-3.1.7-01")
@pytest.mark.requirement("3834-5.2-01")
@pytest.mark.requirement("3834-5.2-02")
def test_every_notice_is_auto_replied() -> None:
    """The sender's and the postmaster's notice say `auto-replied`, never `auto-generated`."""
    messages = written(DsnPolicy(postmaster_classes=PostmasterClass.BOUNCE))

    assert 2 == len(messages)
    for message in messages:
        fields = [
            line for line in message.partition(b"\r\n\r\n")[0].split(b"\r\n")
            if line.lower().startswith(b"auto-submitted:")
        ]  # fmt: skip
        assert [b"Auto-Submitted: auto-replied"] == fields


@pytest.mark.requirement("5321-4.4-01")
def test_some_were_served_and_some_were_not() -> None:
    """After a 250 the recipients that failed are told of, and they alone."""
    good, bad = rcpt("good@example.com"), rcpt("bad@example.com")

    decision = decide(envelope(good, bad), [outcome(good, Disposition.DELIVERED), outcome(bad)])

    assert [("bad@example.com", "failed")] == reported(decision.plans)


@pytest.mark.requirement("5321-4.2.5-01")
@pytest.mark.requirement("5321-6.1-01")
def test_who_has_no_outcome_is_still_owed() -> None:
    """A recipient that nobody has tried is handed back, not forgotten."""
    one, other = rcpt("one@example.com"), rcpt("other@example.com")

    assert (other,) == decide(envelope(one, other), [outcome(one)]).undecided


@pytest.mark.requirement("2852-4.1.4-03")
def test_a_trace_is_no_end() -> None:
    """A traced relay reads back as relayed, which is neither a delivery nor a failure."""
    asked = rcpt()
    traced = outcome(asked, Disposition.HANDED_ON, is_traced=True)
    (plan,) = decide(envelope(asked, mail="BY=60;NT"), [traced]).plans

    report = parse_report(COMPOSER.compose(plan, ORIGINAL, now=NOW, token=TOKEN).as_bytes())

    assert (Kind.RELAYED, False) == (report.kind, report.is_bounce)
