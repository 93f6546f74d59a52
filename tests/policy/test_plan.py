"""A plan that exists can be written, and answers nothing."""

import datetime as dt
from typing import Any

import attrs
import pytest

from dsnlib.errors import InvalidValue
from dsnlib.model.address import MtaName, TypedAddress
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import MailParameters, Notify, RcptParameters, Ret
from dsnlib.model.report import Action, DeliveryReport, Kind, MessageFields, RecipientFields
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.plan import DsnPlan
from dsnlib.policy.trail import Effect, TrailEntry

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
FAILED = RecipientFields(
    final_recipient=TypedAddress("rfc822", "bob@example.com"),
    action=Action.FAILED,
    status=EnhancedStatusCode.parse("5.1.1"),
)
REPORT = DeliveryReport(
    message=MessageFields(reporting_mta=MtaName("dns", "mail.example.org")), recipients=(FAILED,)
)
ENVELOPE = Envelope(sender="", recipients=(Recipient("ann@example.org"),))
PASSED = TrailEntry("notify", Effect.PASSED, "FAILURE was asked for")


def test_a_plan_tells_whom_and_what() -> None:
    """The recipient is the envelope's one, the kind the gravest action."""
    delivered = attrs.evolve(
        FAILED, action=Action.DELIVERED, status=EnhancedStatusCode.parse("2.0.0")
    )

    plan = DsnPlan(
        report=attrs.evolve(REPORT, recipients=(delivered, FAILED)),
        envelope=ENVELOPE,
        trail=[PASSED],
    )

    assert "ann@example.org" == plan.recipient.address
    assert Kind.FAILURE is plan.kind
    assert (PASSED,) == plan.trail


def test_a_delay() -> None:
    """A recipient that is delayed may have a time of giving up, and makes the plan a delay."""
    delayed = attrs.evolve(
        FAILED,
        action=Action.DELAYED,
        status=EnhancedStatusCode.parse("4.4.1"),
        will_retry_until=NOON,
    )

    plan = DsnPlan(report=attrs.evolve(REPORT, recipients=(delayed,)), envelope=ENVELOPE)

    assert Kind.DELAY is plan.kind


def test_languages_are_kept() -> None:
    """Languages stay in their order, whatever they came in."""
    plan = DsnPlan(report=REPORT, envelope=ENVELOPE, languages=["de", "en"])

    assert ("de", "en") == plan.languages


def test_the_kind_is_the_reports() -> None:
    """A plan cannot be told to be of another kind than its report."""
    given: dict[str, Any] = {"kind": Kind.DELAY}

    with pytest.raises(TypeError, match="kind"):
        DsnPlan(report=REPORT, envelope=ENVELOPE, **given)


@pytest.mark.parametrize(
    ("change", "requirement", "problem"),
    [
        pytest.param(
            {"message": MessageFields()}, "3464-2.2.2-01", "the report has no Reporting-MTA",
            marks=pytest.mark.requirement("3464-2.2.2-01"), id="no Reporting-MTA",
        ),
        pytest.param(
            {"recipients": ()}, "3464-2.3-03", "the report has no recipient",
            marks=pytest.mark.requirement("3464-2.3-03"), id="no recipient",
        ),
        pytest.param(
            {"recipients": (attrs.evolve(FAILED, final_recipient=None),)},
            "3464-2.3.2-01", "a recipient has no Final-Recipient",
            marks=pytest.mark.requirement("3464-2.3.2-01"), id="no Final-Recipient",
        ),
        pytest.param(
            {"recipients": (attrs.evolve(FAILED, action=None),)},
            "3464-2.3.3-01", "a recipient has no Action",
            marks=pytest.mark.requirement("3464-2.3.3-01"), id="no Action",
        ),
        pytest.param(
            {"recipients": (attrs.evolve(FAILED, status=None),)},
            "3464-2.3.4-01", "a recipient has no Status",
            marks=pytest.mark.requirement("3464-2.3.4-01"), id="no Status",
        ),
        pytest.param(
            {"recipients": (attrs.evolve(FAILED, will_retry_until=NOON),)},
            "3464-2.3.9-02", "a recipient is not delayed and has Will-Retry-Until",
            marks=pytest.mark.requirement("3464-2.3.9-02"), id="failed, and yet retried",
        ),
    ],
)  # fmt: skip
def test_a_report_that_cannot_be_sent(
    change: dict[str, Any], requirement: str, problem: str
) -> None:
    """What RFC 3464 s3 asks for at least is there; the error names it and has what lacks it."""
    report = attrs.evolve(REPORT, **change)
    faulty = next(iter(change.get("recipients", [report.message])), report)

    with pytest.raises(InvalidValue) as caught:
        DsnPlan(report=report, envelope=ENVELOPE)

    assert (f"plan: {problem}", requirement) == (str(caught.value), caught.value.requirement)
    assert faulty is caught.value.value


@pytest.mark.parametrize(
    ("envelope", "requirement", "problem", "part"),
    [
        pytest.param(
            Envelope(sender="a@b.example", recipients=(Recipient("c@d.example"),)),
            "3461-6.1-01", "the notification has a return path", "sender",
            marks=pytest.mark.requirement("3461-6.1-01"), id="a return path",
        ),
        pytest.param(
            Envelope(sender="", mail=MailParameters(ret=Ret.FULL), recipients=(Recipient("c@d"),)),
            "3461-6.1-03", "the notification asks with RET", "mail",
            marks=pytest.mark.requirement("3461-6.1-03"), id="RET",
        ),
        pytest.param(
            Envelope(sender="", recipients=(Recipient("a@b"), Recipient("c@d"))),
            "3461-6.1-02", "the notification has not one recipient", "recipients",
            marks=pytest.mark.requirement("3461-6.1-02"), id="two recipients",
        ),
        pytest.param(
            Envelope(
                sender="",
                recipients=(Recipient("c@d", RcptParameters(notify=Notify.FAILURE)),),
            ),
            "3461-6.1-05", "the notification asks for one itself", "recipients",
            marks=pytest.mark.requirement("3461-6.1-05"), id="NOTIFY=FAILURE",
        ),
    ],
)  # fmt: skip
def test_an_envelope_that_would_loop(
    envelope: Envelope, requirement: str, problem: str, part: str
) -> None:
    """A notification never asks for one, and has the null return path."""
    with pytest.raises(InvalidValue) as caught:
        DsnPlan(report=REPORT, envelope=envelope)

    assert (f"plan: {problem}", requirement) == (str(caught.value), caught.value.requirement)
    assert getattr(envelope, part) == caught.value.value


def test_notify_never_is_allowed() -> None:
    """RFC 3461 s6.1 lets a notification say NOTIFY=NEVER."""
    recipient = Recipient("ann@example.org", RcptParameters(notify=Notify.NEVER))

    plan = DsnPlan(report=REPORT, envelope=Envelope(sender="", recipients=(recipient,)))

    assert recipient == plan.recipient
