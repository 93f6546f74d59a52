"""What a notification says: what goes back, and how aliases are named."""

import datetime as dt

import pytest

from dsnlib.model.esmtp import Ret
from dsnlib.model.outcome import Disposition
from dsnlib.policy.dsn_policy import DsnPolicy
from dsnlib.policy.privacy import Privacy
from dsnlib.policy.trail import Effect
from tests.policy.cases import (
    NOON,
    decide,
    envelope,
    outcome,
    rcpt,
)

BOB, EVE = rcpt("bob@example.com"), rcpt("eve@example.com")


@pytest.mark.requirement("3461-4.3-02")
@pytest.mark.parametrize(
    ("mail", "ret"), [("", None), ("RET=FULL", Ret.FULL), ("RET=HDRS", Ret.HDRS)]
)
def test_ret_is_the_senders(mail: str, ret: Ret | None) -> None:
    """The plan has the RET of the message, and none if it had none."""
    (plan,) = decide(envelope(BOB, mail=mail)).plans

    assert ret is plan.ret


@pytest.mark.requirement("8689-5-01")
@pytest.mark.requirement("8689-5-02")
@pytest.mark.parametrize("mail", ["RET=FULL REQUIRETLS", "requiretls"])
def test_requiretls_returns_the_header_under_tls(mail: str) -> None:
    """Of a message that must be encrypted only the header goes back, and encrypted."""
    (plan,) = decide(envelope(BOB, mail=mail)).plans

    assert Ret.HDRS is plan.ret
    assert ["REQUIRETLS"] == plan.envelope.mail.to_options()
    assert ["requiretls"] == [e.rule for e in plan.trail if e.effect is Effect.SHAPED]


@pytest.mark.requirement("2852-4.1-01")
def test_deliver_by_is_in_the_report() -> None:
    """A message with BY is reported with its arrival and its deadline."""
    (plan,) = decide(envelope(BOB, mail="BY=120;N", arrival=NOON)).plans

    assert NOON == plan.report.message.arrival_date
    assert NOON + dt.timedelta(seconds=120) == plan.report.message.deliver_by_date


def test_a_wrong_deliver_by_loses_no_notification() -> None:
    """A BY that nobody can read does not keep the failure from being told."""
    (plan,) = decide(envelope(BOB, mail="BY=soon", arrival=NOON)).plans

    assert plan.report.message.deliver_by_date is None


@pytest.mark.requirement("2852-4.1.3-02")
@pytest.mark.parametrize(("is_late", "count"), [(True, 1), (False, 0)])
def test_the_deadline_of_mode_n_is_told(is_late: bool, count: int) -> None:  # noqa: FBT001  parametrized
    """That the time of DELIVERBY has passed is told, and no status alone says so."""
    late = outcome(BOB, Disposition.DELAYED, "4.4.7", is_late=is_late)

    decision = decide(envelope(BOB, mail="BY=60;N", arrival=NOON), [late], is_delay_due=False)

    assert count == len(decision.plans)
    assert ((BOB,) if is_late else ()) == decision.delays_told


def test_an_alias_is_reported_as_the_address_that_was_accepted() -> None:
    """Final-Recipient is the address of the RCPT command, not where it leads."""
    child = rcpt("bob2@host.example", "ORCPT=rfc822;bob@example.com", expanded_from="bob@mail.org")

    (plan,) = decide(envelope(child)).plans

    assert "rfc822;bob@mail.org" == str(plan.report.recipients[0].final_recipient)


@pytest.mark.requirement("3464-3-05")
def test_targets_of_one_alias_fail_as_one() -> None:
    """Of two failed targets of an alias one is reported, the one that failed for good."""
    late = rcpt("a@host.example", expanded_from="team@example.org")
    gone = rcpt("b@host.example", expanded_from="team@example.org")
    other = rcpt("c@host.example", expanded_from="crew@example.org")
    mail = envelope(late, gone, other)

    (plan,) = decide(mail, [outcome(late, status="4.4.1"), outcome(gone), outcome(other)]).plans

    assert [("team@example.org", "5.1.1"), ("crew@example.org", "5.1.1")] == [
        (each.recipient, str(each.status)) for each in plan.report.recipients
    ]
    assert "3 outcomes of aliases are told of as 2" == plan.trail[-1].why


def test_a_later_milder_failure_of_an_alias_changes_nothing() -> None:
    """The worst outcome stays, whichever comes first."""
    gone = rcpt("b@host.example", expanded_from="team@example.org")
    late = rcpt("a@host.example", expanded_from="team@example.org")

    (plan,) = decide(envelope(gone, late), [outcome(gone), outcome(late, status="4.4.1")]).plans

    assert ["5.1.1"] == [str(each.status) for each in plan.report.recipients]


def test_recipients_without_alias_are_never_merged() -> None:
    """Two recipients with one address, as two RCPT commands gave them, are two."""
    twice = [rcpt(), rcpt()]

    (plan,) = decide(envelope(*twice)).plans

    assert 2 == len(plan.report.recipients)


def test_expanded_addresses_are_named_where_the_policy_says_so() -> None:
    """With `names_expanded` each target is reported by its own address."""
    children = [rcpt(f"{n}@host.example", expanded_from="team@example.org") for n in "ab"]

    (plan,) = decide(envelope(*children), policy=DsnPolicy(names_expanded=True)).plans

    assert ["a@host.example", "b@host.example"] == [
        each.recipient for each in plan.report.recipients
    ]


def test_privacy_is_in_the_trail() -> None:
    """What was left out is said, how often, and why."""
    policy = DsnPolicy(privacy=Privacy(hides_transcripts=True))

    (plan,) = decide(envelope(BOB, EVE), policy=policy).plans

    entry = plan.trail[-1]
    assert ("privacy", Effect.SHAPED, "details of 2 recipients are left out") == (
        entry.rule, entry.effect, entry.why,
    )  # fmt: skip
