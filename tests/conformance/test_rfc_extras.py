"""RFC 3886, 7372, 7504, 7505 and 8460: what they add to codes and reports."""

import attrs
import pytest

import dsnlib
from dsnlib.model import registry
from tests.compose.occasions import (
    COMPOSER,
    DELIVERED,
    NOW,
    ORIGINAL,
    RELAYED,
    TOKEN,
    plan,
    recipient,
)

parse = dsnlib.EnhancedStatusCode.parse


def compose(plan_: dsnlib.DsnPlan) -> dsnlib.ComposedMessage:
    """Compose with what matters not to the test."""
    return COMPOSER.compose(plan_, ORIGINAL, now=NOW, token=TOKEN)


@pytest.mark.requirement("3886-3.3.4-01")
@pytest.mark.parametrize("reported", [RELAYED, DELIVERED], ids=["relayed", "delivered"])
def test_a_code_of_message_tracking_is_reported_as_it_came(
    reported: dsnlib.RecipientFields,
) -> None:
    """X.1.9 is for what was relayed; that a system said it for another is passed on."""
    said = attrs.evolve(
        reported,
        status=parse("2.1.9"),
        diagnostic_code=dsnlib.DiagnosticCode("smtp", "250 2.1.9 Ok"),
    )

    report = dsnlib.parse_report(compose(plan(said)).as_bytes())

    assert ((reported.action, "2.1.9"),) == tuple(
        (each.action, str(each.status)) for each in report.recipients
    )


@pytest.mark.requirement("7504-3-01")
def test_521_is_a_host_that_takes_no_mail() -> None:
    """A greeting of 521 is a permanent failure, and X.3.2 is the code registered for it."""
    greeting = dsnlib.SmtpReply.parse("521 mx.example takes no mail\r\n")

    assert "5.0.0" == str(greeting.effective_status)
    assert ["X.3.2"] == [str(entry) for entry in registry.entries_for_reply(521)]
    assert "5.3.2" == str(dsnlib.SmtpReply(521, parse("5.3.2"), ("no mail",)).status)


@pytest.mark.requirement("7504-4-01")
@pytest.mark.parametrize(
    ("text", "status"), [("556 no mail", "5.0.0"), ("556 5.1.10 no mail", "5.1.10")]
)
def test_556_is_a_permanent_failure(text: str, status: str) -> None:
    """A reply of 556 is reported as any other of its class."""
    reply = dsnlib.SmtpReply.parse(text)
    said = dsnlib.DiagnosticCode.from_reply(reply)
    assert reply.effective_status is not None

    failed = dsnlib.DeliveryOutcome(
        recipient=dsnlib.Recipient("bob@example.com"),
        disposition=dsnlib.Disposition.FAILED,
        status=reply.effective_status,
        diagnostic=said,
    )

    assert (status, text) == (str(failed.status), said.text)
    with pytest.raises(dsnlib.InvalidValue):
        attrs.evolve(failed, disposition=dsnlib.Disposition.DELAYED)


@pytest.mark.requirement("7505-4.1-01")
@pytest.mark.requirement("7505-4.1-02")
@pytest.mark.parametrize(("code", "status"), [(556, "5.1.10"), (550, "5.7.27")])
def test_the_replies_of_a_null_mx(code: int, status: str) -> None:
    """A domain that takes no mail has one reply as recipient, another as sender."""
    entry = dsnlib.look_up(parse(status))

    assert entry is not None
    assert ((code,), (dsnlib.StatusClass.PERMANENT,)) == (entry.replies, entry.classes)
    assert entry in registry.entries_for_reply(code)


@pytest.mark.requirement("7372-4-01")
def test_several_checks_that_failed_have_a_code() -> None:
    """X.7.26 is registered for it, with 550."""
    entry = dsnlib.look_up(parse("5.7.26"))

    assert entry is not None
    assert ("Multiple authentication checks failed", (550,)) == (entry.title, entry.replies)


@pytest.mark.requirement("7372-4-02")
@pytest.mark.parametrize("detail", range(20, 28))
def test_authentication_is_no_matter_of_the_address(detail: int) -> None:
    """A list that looks at the subject of a code does not take these for a bad address."""
    status = dsnlib.EnhancedStatusCode(dsnlib.StatusClass.PERMANENT, 7, detail)

    described = dsnlib.describe(status)

    assert described.entry is not None
    assert "Security or Policy Status" == described.subject_title
    assert described.subject_title != dsnlib.describe(parse("5.1.1")).subject_title


@pytest.mark.requirement("8460-6.2-01")
@pytest.mark.parametrize(
    ("sender", "media_type"),
    [
        ("ann@example.org", "message/delivery-status"),
        ("müller@example.org", "message/global-delivery-status"),
    ],
)
def test_the_report_type_of_both_forms(sender: str, media_type: str) -> None:
    """A report is of type delivery-status in either form, as it is registered."""
    message = compose(plan(recipient("δ@example.com"), sender=sender))

    assert media_type == message.media_type
    assert "delivery-status" == message.as_email_message().get_param("report-type")
    assert ("delivery-status", media_type) in registry.REPORT_TYPES
    assert {
        "message/disposition-notification",
        "message/global-disposition-notification",
    } == {each for type_, each in registry.REPORT_TYPES if type_ == "disposition-notification"}
    assert {"application/tlsrpt+gzip", "application/tlsrpt+json"} == {
        each for type_, each in registry.REPORT_TYPES if type_ == "tlsrpt"
    }
