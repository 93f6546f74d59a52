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


def test_each_shape_names_its_rule() -> None:
    """What changed a report is in its trail with the rule and its source."""
    child = [rcpt(f"{n}@h.example", expanded_from="team@example.org") for n in "ab"]
    policy = DsnPolicy(privacy=Privacy(hides_transcripts=True))

    (plan,) = decide(envelope(*child, mail="REQUIRETLS"), policy=policy).plans

    assert [
        ("requiretls", "8689-5-02", "only the header goes back, and only under TLS"),
        ("privacy", "3464-4.2-04", "details of 2 recipients are left out"),
        ("expansion", "3464-3-05", "2 outcomes of aliases are told of as 1"),
    ] == [(e.rule, e.requirement, e.why) for e in plan.trail if e.effect is Effect.SHAPED]


def test_what_shaped_nothing_is_not_in_the_trail() -> None:
    """A plain report has no entry of a rule that changed nothing."""
    policy = DsnPolicy(privacy=Privacy(hides_expansions=True))

    (plan,) = decide(envelope(BOB), policy=policy).plans

    assert ["notify"] == [entry.rule for entry in plan.trail]
    assert () == plan.envelope.mail.other


def test_aliases_and_others_in_one_report() -> None:
    """Only what one alias made is told of as one; the rest keeps its place."""
    child = [rcpt(f"{n}@h.example", expanded_from="team@example.org") for n in "ab"]
    twice = [rcpt("bob@example.com"), rcpt("bob@example.com")]

    (plan,) = decide(envelope(child[0], *twice, child[1])).plans

    assert ["team@example.org", "bob@example.com", "bob@example.com"] == [
        each.recipient for each in plan.report.recipients
    ]


def test_the_first_of_equal_failures_stays() -> None:
    """Of two failures of one alias that are as bad, the first is told."""
    first = rcpt("a@h.example", expanded_from="team@example.org")
    second = rcpt("b@h.example", expanded_from="team@example.org")
    outcomes = [outcome(first, status="5.1.1"), outcome(second, status="5.2.2")]

    (plan,) = decide(envelope(first, second), outcomes).plans

    assert ["5.1.1"] == [str(each.status) for each in plan.report.recipients]


def test_the_postmaster_of_the_policy_is_told() -> None:
    """The reporter's postmaster is told where the policy names none."""
    ours = decide(envelope(BOB, sender="")).plans[0]
    theirs = decide(envelope(BOB, sender=""), policy=DsnPolicy(postmaster="a@b.example")).plans[0]

    assert ["postmaster@mail.example.org", "a@b.example"] == [
        ours.recipient.address, theirs.recipient.address,
    ]  # fmt: skip
