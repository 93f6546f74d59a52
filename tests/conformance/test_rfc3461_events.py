"""RFC 3461 s5.2.2 to s5.2.6, one row a requirement: what is reported of whom."""

from typing import Any

import pytest

from dsnlib.errors import InvalidValue
from dsnlib.model.outcome import Disposition
from dsnlib.model.reply import SmtpReply
from dsnlib.policy.dsn_policy import DsnPolicy
from dsnlib.policy.hop import NextHop
from dsnlib.policy.relay import plan_relay
from dsnlib.policy.settle import TransactionReplies, settle_relay
from tests.policy.cases import NOON, decide, envelope, outcome, rcpt, reported

D, R = Disposition.DELIVERED, Disposition.RELAYED
FAILED, DELAYED = Disposition.FAILED, Disposition.DELAYED


def row(requirement: str, options: str, disposition: Disposition, *actions: str) -> Any:  # noqa: ANN401  pytest's own type is private
    """Return a case: what was asked, what became of it, what is reported."""
    mail = "BY=300;R" if requirement.startswith("2852") else ""
    return pytest.param(
        mail, options, disposition, list(actions),
        id=f"{requirement} {disposition.value} {options}",
        marks=pytest.mark.requirement(requirement),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mail", "options", "disposition", "actions"),
    [
        row("3461-5.2.2-02", "NOTIFY=SUCCESS", R, "relayed"),
        row("3461-5.2.2-03", "NOTIFY=FAILURE", FAILED, "failed"),
        row("3461-5.2.2-04", "NOTIFY=NEVER", R),
        row("3461-5.2.2-04", "NOTIFY=NEVER", FAILED),
        row("3461-5.2.2-07", "", R),
        row("3461-5.2.2-07", "NOTIFY=FAILURE", R),
        row("3461-5.2.2-08", "", FAILED, "failed"),
        row("3461-5.2.3-03", "NOTIFY=SUCCESS,DELAY", D, "delivered"),
        row("3461-5.2.3-04", "NOTIFY=FAILURE", D),
        row("3461-5.2.3-04", "NOTIFY=FAILURE,DELAY", D),
        row("3461-5.2.3-05", "", D),
        row("3461-5.2.5-01", "NOTIFY=DELAY", DELAYED, "delayed"),
        row("3461-5.2.5-02", "", DELAYED, "delayed"),
        row("3461-5.2.5-03", "NOTIFY=SUCCESS,FAILURE", DELAYED),
        row("3461-5.2.5-03", "NOTIFY=NEVER", DELAYED),
        row("3461-5.2.6-01", "NOTIFY=FAILURE", FAILED, "failed"),
        row("3461-5.2.6-02", "NOTIFY=SUCCESS", FAILED),
        row("3461-5.2.6-02", "NOTIFY=DELAY", FAILED),
        row("3461-5.2.6-02", "NOTIFY=SUCCESS,DELAY", FAILED),
        row("3461-5.2.6-04", "", FAILED, "failed"),
        row("2852-4.1.1-01", "NOTIFY=SUCCESS", D, "delivered"),
        row("2852-4.1.2-01", "", FAILED, "failed"),
        row("2852-4.1.2-01", "NOTIFY=FAILURE", FAILED, "failed"),
    ],
)
def test_what_is_reported(
    mail: str, options: str, disposition: Disposition, actions: list[str]
) -> None:
    """One recipient, one outcome: the report that the RFC wants, or none."""
    decision = decide(envelope(rcpt(options=options), mail=mail, arrival=NOON), disposition)

    assert actions == [action for _, action in reported(decision.plans)]


@pytest.mark.requirement("3461-5.2.2-02")
@pytest.mark.requirement("3461-5.2.2-03")
@pytest.mark.requirement("3461-5.2.2-08")
def test_a_server_without_dsn_takes_some() -> None:
    """From the replies to the report: who asked for SUCCESS is relayed, who is refused failed."""
    mail = envelope(
        rcpt("a@x.org", "NOTIFY=SUCCESS"), rcpt("b@x.org", "NOTIFY=FAILURE"),
        rcpt("c@x.org"), rcpt("d@x.org"), rcpt("e@x.org", "NOTIFY=NEVER"),
    )  # fmt: skip
    fine, gone = SmtpReply.parse("250 Fine"), SmtpReply.parse("550 Gone")
    replies = TransactionReplies(
        mail=fine, recipients=[fine, gone, fine, gone, gone],
        data=SmtpReply.parse("354 Go"), end=[fine],
    )  # fmt: skip

    outcomes = settle_relay(plan_relay(mail, NextHop.from_ehlo("x", [])), [replies])

    assert [("b@x.org", "failed"), ("d@x.org", "failed"), ("a@x.org", "relayed")] == reported(
        decide(mail, outcomes).plans
    )


@pytest.mark.requirement("3461-5.2.6-05")
def test_what_was_set_aside_is_no_delivery() -> None:
    """A message put into a dead-letter box has failed: a delivery cannot have such a status."""
    asked = rcpt(options="NOTIFY=SUCCESS,FAILURE")

    with pytest.raises(InvalidValue, match="delivered contradicts status 5"):
        outcome(asked, D, "5.3.0")
    plans = decide(envelope(asked), [outcome(asked, FAILED, "5.3.0", remote_mta=None)]).plans
    assert ["failed"] == [action for _, action in reported(plans)]


@pytest.mark.requirement("3461-5.2.5-04")
def test_no_report_of_a_delay_is_ever_due() -> None:
    """A system may tell nobody of delays."""
    policy = DsnPolicy(reports_delays=False)

    assert () == decide(envelope(rcpt(options="NOTIFY=DELAY")), DELAYED, policy).plans
