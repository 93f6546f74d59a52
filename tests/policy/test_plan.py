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


@pytest.mark.parametrize(
    ("change", "requirement"),
    [
        pytest.param(
            {"message": MessageFields()}, "3464-2.2.2-01",
            marks=pytest.mark.requirement("3464-2.2.2-01"), id="no Reporting-MTA",
        ),
        pytest.param(
            {"recipients": ()}, "3464-2.3-03",
            marks=pytest.mark.requirement("3464-2.3-03"), id="no recipient",
        ),
        pytest.param(
            {"recipients": (attrs.evolve(FAILED, final_recipient=None),)}, "3464-2.3.2-01",
            marks=pytest.mark.requirement("3464-2.3.2-01"), id="no Final-Recipient",
        ),
        pytest.param(
            {"recipients": (attrs.evolve(FAILED, action=None),)}, "3464-2.3.3-01",
            marks=pytest.mark.requirement("3464-2.3.3-01"), id="no Action",
        ),
        pytest.param(
            {"recipients": (attrs.evolve(FAILED, status=None),)}, "3464-2.3.4-01",
            marks=pytest.mark.requirement("3464-2.3.4-01"), id="no Status",
        ),
        pytest.param(
            {"recipients": (attrs.evolve(FAILED, will_retry_until=NOON),)}, "3464-2.3.9-02",
            marks=pytest.mark.requirement("3464-2.3.9-02"), id="failed, and yet retried",
        ),
    ],
)  # fmt: skip
def test_a_report_that_cannot_be_sent(change: dict[str, Any], requirement: str) -> None:
    """What RFC 3464 s3 asks for at least is there, or there is no plan."""
    report = attrs.evolve(REPORT, **change)

    with pytest.raises(InvalidValue) as caught:
        DsnPlan(report=report, envelope=ENVELOPE)

    assert requirement == caught.value.requirement


@pytest.mark.parametrize(
    ("envelope", "requirement"),
    [
        pytest.param(
            Envelope(sender="a@b.example", recipients=(Recipient("c@d.example"),)),
            "3461-6.1-01", marks=pytest.mark.requirement("3461-6.1-01"), id="a return path",
        ),
        pytest.param(
            Envelope(sender="", mail=MailParameters(ret=Ret.FULL), recipients=(Recipient("c@d"),)),
            "3461-6.1-03", marks=pytest.mark.requirement("3461-6.1-03"), id="RET",
        ),
        pytest.param(
            Envelope(sender="", recipients=(Recipient("a@b"), Recipient("c@d"))),
            "3461-6.1-02", marks=pytest.mark.requirement("3461-6.1-02"), id="two recipients",
        ),
        pytest.param(
            Envelope(
                sender="",
                recipients=(Recipient("c@d", RcptParameters(notify=Notify.FAILURE)),),
            ),
            "3461-6.1-05", marks=pytest.mark.requirement("3461-6.1-05"), id="NOTIFY=FAILURE",
        ),
    ],
)  # fmt: skip
def test_an_envelope_that_would_loop(envelope: Envelope, requirement: str) -> None:
    """A notification never asks for one, and has the null return path."""
    with pytest.raises(InvalidValue) as caught:
        DsnPlan(report=REPORT, envelope=envelope)

    assert requirement == caught.value.requirement


def test_notify_never_is_allowed() -> None:
    """RFC 3461 s6.1 lets a notification say NOTIFY=NEVER."""
    recipient = Recipient("ann@example.org", RcptParameters(notify=Notify.NEVER))

    plan = DsnPlan(report=REPORT, envelope=Envelope(sender="", recipients=(recipient,)))

    assert recipient == plan.recipient
