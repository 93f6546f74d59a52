"""Outcomes become notifications: to whom, how many, and nothing is lost."""

from collections.abc import Sequence

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import Notify, RcptParameters
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.report import Action, Kind
from dsnlib.policy.budget import Budget
from dsnlib.policy.dsn_policy import DsnPolicy, PostmasterClass
from dsnlib.policy.facts import MessageFacts
from dsnlib.policy.guard import Guards
from dsnlib.policy.notify import plan_dsns
from dsnlib.policy.plan import Audience
from dsnlib.policy.trail import Effect
from tests.policy.cases import (
    ALL_NOTIFY,
    NOON,
    REPORTER,
    SENDER,
    asking,
    code,
    decide,
    envelope,
    outcome,
    rcpt,
    reported,
)

BOB, EVE, DAN = rcpt("bob@example.com"), rcpt("eve@example.com"), rcpt("dan@example.com")
NOBODY = DsnPolicy(postmaster_classes=PostmasterClass.NONE)


@pytest.mark.requirement("3461-5.2.8-01")
@pytest.mark.requirement("5321-4.4-02")
def test_one_notification_tells_of_all_that_failed() -> None:
    """Several failed recipients are in one report, in the order of the outcomes."""
    mail = envelope(BOB, EVE, DAN)

    decision = decide(mail, [outcome(DAN), outcome(BOB), outcome(EVE)])

    (plan,) = decision.plans
    assert [
        ("dan@example.com", "failed"),
        ("bob@example.com", "failed"),
        ("eve@example.com", "failed"),
    ] == reported([plan])


@pytest.mark.requirement("3461-5.2.8-02")
def test_a_report_names_nobody_of_whom_the_sender_is_not_to_hear() -> None:
    """NEVER and a NOTIFY without FAILURE keep a failed recipient out of the report."""
    silent = [rcpt("x@example.com", "NOTIFY=NEVER"), rcpt("y@example.com", "NOTIFY=SUCCESS")]
    mail = envelope(BOB, *silent)

    decision = decide(mail)

    assert [("bob@example.com", "failed")] == reported(decision.plans)
    assert silent == [each.recipient for held in decision.withheld for each in held.outcomes]


def test_failure_delay_and_success_are_told_apart() -> None:
    """News of different weight are different notifications, the gravest first."""
    happy = rcpt("eve@example.com", "NOTIFY=SUCCESS")
    mail = envelope(happy, DAN, BOB)
    outcomes = [
        outcome(happy, Disposition.DELIVERED),
        outcome(DAN, Disposition.DELAYED),
        outcome(BOB),
    ]

    plans = decide(mail, outcomes).plans

    assert [Kind.FAILURE, Kind.DELAY, Kind.SUCCESS] == [plan.kind for plan in plans]


def test_delivered_relayed_and_expanded_share_a_notification() -> None:
    """All good news are in one."""
    mail = envelope(*(rcpt(f"{name}@example.com", "NOTIFY=SUCCESS") for name in "abc"))
    kinds = (Disposition.DELIVERED, Disposition.RELAYED, Disposition.EXPANDED)
    outcomes = [outcome(*pair) for pair in zip(mail.recipients, kinds, strict=True)]

    (plan,) = decide(mail, outcomes).plans

    assert [Action.DELIVERED, Action.RELAYED, Action.EXPANDED] == [
        each.action for each in plan.report.recipients
    ]


@pytest.mark.requirement("5321-4.4-03")
@pytest.mark.requirement("5321-4.4-04")
@pytest.mark.requirement("5321-6.1-03")
@pytest.mark.requirement("5321-6.1-04")
@pytest.mark.requirement("5321-3.6.3-05")
@pytest.mark.requirement("3834-4-01")
@pytest.mark.requirement("3834-3.3-02")
@pytest.mark.requirement("5321-3.6.3-01")
@pytest.mark.requirement("5321-6.1-02")
def test_it_goes_to_the_return_path_from_nobody() -> None:
    """The notification's recipient is the return path and its own sender is null."""
    (plan,) = decide(envelope(BOB)).plans

    assert SENDER == plan.recipient.address
    assert "" == plan.envelope.sender
    assert Audience.SENDER is plan.audience


@pytest.mark.requirement("3834-3.3-01")
@pytest.mark.requirement("3461-6.1-04")
@pytest.mark.parametrize(("marks", "notify"), [(True, Notify.NEVER), (False, None)])
def test_it_asks_for_no_notification_itself(marks: bool, notify: Notify | None) -> None:  # noqa: FBT001  parametrized
    """The notification's own recipient has NOTIFY=NEVER, unless that is switched off."""
    (plan,) = decide(envelope(BOB), policy=DsnPolicy(marks_never=marks)).plans

    assert notify == plan.recipient.params.notify
    assert plan.envelope.mail.ret is None
    assert plan.envelope.mail.envid is None


@pytest.mark.requirement("5321-6.1-06")
@pytest.mark.parametrize(
    ("sender", "target"),
    [
        ("@a.example,@b.example:user@d.example", "user@d.example"),
        ("@a.example:user@d.example", "user@d.example"),
        ('"@odd:one"@d.example', '"@odd:one"@d.example'),
        ("@nobody", "@nobody"),
        ("@a.example:", "@a.example:"),
    ],
)
def test_a_source_route_is_taken_off(sender: str, target: str) -> None:
    """A return path with a route is told at its mailbox."""
    (plan,) = decide(envelope(BOB, sender=sender)).plans

    assert target == plan.recipient.address


@pytest.mark.parametrize(("sender", "is_utf8"), [(SENDER, False), ("jörg@example.org", True)])
@pytest.mark.requirement("6531-3.4-01")
@pytest.mark.requirement("6531-3.4-02")
def test_smtputf8_where_the_return_path_needs_it(sender: str, is_utf8: bool) -> None:  # noqa: FBT001  parametrized
    """A notification to an address beyond US-ASCII is SMTPUTF8 mail, and no other is."""
    (plan,) = decide(envelope(BOB, sender=sender, smtputf8=True)).plans

    assert is_utf8 is plan.envelope.smtputf8


@pytest.mark.requirement("3461-5.2-01")
@pytest.mark.requirement("5321-6.1-05")
@pytest.mark.requirement("3834-2-01")
@pytest.mark.requirement("5321-4.5.5-03")
@pytest.mark.parametrize("notify", ALL_NOTIFY, ids=str)
@pytest.mark.parametrize("disposition", Disposition)
def test_nobody_is_told_of_the_null_path(notify: Notify | None, disposition: Disposition) -> None:
    """Mail with the null return path has no notification whatever NOTIFY says."""
    facts = MessageFacts.from_header(b"From: ann@example.org\r\nReply-To: ann@example.org\r\n")

    decision = decide(envelope(asking(notify), sender=""), disposition, NOBODY, facts=facts)

    assert () == decision.plans
    assert 1 == sum(len(held.outcomes) for held in decision.withheld)


@pytest.mark.requirement("3461-5.2-02")
def test_the_postmaster_hears_of_the_null_path() -> None:
    """A failure that the sender cannot be told is told to the postmaster, from nobody."""
    decision = decide(envelope(rcpt("bob@example.com", "NOTIFY=FAILURE"), sender=""))

    (plan,) = decision.plans
    assert Audience.POSTMASTER is plan.audience
    assert "postmaster@mail.example.org" == plan.recipient.address
    assert ("", Notify.NEVER) == (plan.envelope.sender, plan.recipient.params.notify)
    assert "null-path" == decision.withheld[0].trail[-1].rule
    assert decision.withheld[0].is_owed is False


@pytest.mark.requirement("5321-4.5.4-01")
@pytest.mark.requirement("5321-3.6.3-04")
@pytest.mark.parametrize(
    "own",
    [
        rcpt("Postmaster@mail.example.org", "NOTIFY=NEVER"),
        rcpt("root@host.example", expanded_from="postmaster@mail.example.org"),
    ],
    ids=["itself", "by an alias"],
)
def test_a_notice_to_the_postmaster_that_fails_is_the_end(own: Recipient) -> None:
    """The postmaster is not told that the postmaster could not be told."""
    decision = decide(envelope(own, BOB, sender=""))

    assert [("bob@example.com", "failed")] == reported(decision.plans)
    assert "double-bounce" in [each.rule for held in decision.withheld for each in held.trail]


def test_a_double_bounce_sender_is_told_nothing() -> None:
    """Of mail from the site's address for notices to the postmaster nothing is reported."""
    policy = DsnPolicy(
        double_bounce_senders=["Double-Bounce@Mail.Example.ORG"],
        postmaster_classes=PostmasterClass.BOUNCE | PostmasterClass.DOUBLE_BOUNCE,
    )

    decision = decide(envelope(BOB, sender="double-bounce@mail.example.org"), policy=policy)

    assert () == decision.plans
    assert ["notify", "double-bounce"] == [each.rule for each in decision.withheld[0].trail]


def test_an_outcome_of_a_stranger() -> None:
    """An outcome of a recipient that the envelope does not have is an error, with the address."""
    with pytest.raises(InvalidValue, match=r"'dan@example\.com' is not in the envelope") as caught:
        decide(envelope(BOB), [outcome(DAN)])

    assert DAN == caught.value.value


@pytest.mark.parametrize("second", [Disposition.DELIVERED, Disposition.FAILED], ids=str)
def test_two_outcomes_of_one(second: Disposition) -> None:
    """A recipient has one outcome, not two, whether or not they agree."""
    with pytest.raises(InvalidValue, match=r"'bob@example\.com' has two outcomes"):
        decide(envelope(BOB), [outcome(BOB), outcome(BOB, second)])


def test_a_missing_outcome_is_still_owed() -> None:
    """Recipients that were not tried are handed back."""
    assert (EVE,) == decide(envelope(BOB, EVE), [outcome(BOB)]).undecided


def test_a_missing_outcome_is_owed_though_nothing_is_sent() -> None:
    """Recipients that were not tried are handed back whatever became of the others."""
    decision = decide(envelope(BOB, EVE), [outcome(BOB, Disposition.HANDED_ON)])

    assert ((), (EVE,)) == (decision.plans, decision.undecided)


def test_equal_recipients_are_told_apart_by_number() -> None:
    """Outcomes made of equal values, as after a restart, each take one recipient."""
    mail = envelope(rcpt(), rcpt(), rcpt())

    decision = decide(mail, [outcome(rcpt()), outcome(rcpt())])

    assert (2, 1) == (len(reported(decision.plans)), len(decision.undecided))
    with pytest.raises(InvalidValue, match="two outcomes"):
        decide(mail, [outcome(rcpt()) for _ in range(4)])


def test_one_object_may_stand_for_two_recipients() -> None:
    """A recipient that is there twice takes two outcomes, and no third."""
    mail = envelope(BOB, BOB)

    assert 2 == len(reported(decide(mail).plans))
    assert (BOB,) == decide(mail, [outcome(BOB)]).undecided
    with pytest.raises(InvalidValue, match="two outcomes"):
        decide(mail, [outcome(BOB) for _ in range(3)])


def test_identical_and_equal_recipients_mix() -> None:
    """Some outcomes name the envelope's own objects and some equal ones."""
    first, second = rcpt(), rcpt()

    decision = decide(envelope(first, second), [outcome(rcpt()), outcome(second)])

    assert () == decision.undecided


def test_an_equal_recipient_takes_what_no_identical_one_took() -> None:
    """Among equals, one that was named itself is not given to an outcome that names its equal."""
    first, second, bob = rcpt(), rcpt(), rcpt("bob@example.com")
    mail = envelope(first, second, bob)

    decision = decide(mail, [outcome(rcpt("bob@example.com")), outcome(second), outcome(rcpt())])

    assert (3, ()) == (len(reported(decision.plans)), decision.undecided)
    with pytest.raises(InvalidValue, match="two outcomes"):
        decide(mail, [outcome(rcpt("bob@example.com")), *[outcome(second)] * 3])


def outcomes_of(mail: Envelope, kinds: Sequence[Disposition]) -> list[DeliveryOutcome]:
    """Return an outcome for each recipient."""
    return [outcome(*pair) for pair in zip(mail.recipients, kinds, strict=True)]


@given(data=st.data())
def test_everything_is_accounted_for(data: st.DataObject) -> None:
    """Each outcome is told to the sender once, or withheld once with a reason."""
    count = data.draw(st.integers(1, 6))
    params = data.draw(st.lists(st.sampled_from(ALL_NOTIFY), min_size=count, max_size=count))
    kinds = data.draw(st.lists(st.sampled_from([*Disposition]), min_size=count, max_size=count))
    mail = envelope(
        *(Recipient(f"u{n}@x.org", RcptParameters(notify=each)) for n, each in enumerate(params)),
        sender=data.draw(st.sampled_from(["", SENDER, "mailer-daemon@x.org"])),
    )
    policy = DsnPolicy(
        guards=data.draw(st.sampled_from([Guards(), Guards(enabled=())])),
        budget=data.draw(st.sampled_from([None, Budget(per_sender=1)])),
        postmaster_classes=PostmasterClass(data.draw(st.integers(0, 15))),
        recipients_per_report=data.draw(st.sampled_from([None, 1, 2])),
    )

    decision = plan_dsns(mail, outcomes_of(mail, kinds), reporter=REPORTER, policy=policy, now=NOON)

    told = [
        name for name, _ in reported(p for p in decision.plans if p.audience is Audience.SENDER)
    ]
    held = [each.recipient.address for one in decision.withheld for each in one.outcomes]
    assert sorted(each.address for each in mail.recipients) == sorted(told + held)
    assert all(one.trail and one.trail[-1].effect is Effect.STOPPED for one in decision.withheld)
    assert all(plan.trail for plan in decision.plans)
    for plan in decision.plans:
        assert "" == plan.envelope.sender
        assert "" != plan.recipient.address


def test_the_order_is_that_of_the_outcomes() -> None:
    """Whatever the recipients asked for, they are told of in the order of the outcomes."""
    asked = [rcpt(f"{n}@x.org", "NOTIFY=FAILURE" if n % 2 else "") for n in range(12)]
    mail = envelope(*asked)

    (plan,) = decide(mail).plans

    assert [f"{n}@x.org" for n in range(12)] == [name for name, _ in reported([plan])]


@pytest.mark.parametrize(
    ("options", "disposition", "sender", "expected"),
    [
        ("", Disposition.DELAYED, SENDER, 1),
        ("", Disposition.FAILED, SENDER, 0),
        ("NOTIFY=FAILURE", Disposition.DELAYED, SENDER, 0),
        ("", Disposition.DELAYED, "", 0),
    ],
)
def test_of_whose_delay_the_sender_is_told(
    options: str, disposition: Disposition, sender: str, expected: int
) -> None:
    """What the sender heard of a delay, and nothing else, is handed back to be remembered."""
    policy = DsnPolicy(postmaster_classes=PostmasterClass.DELAY | PostmasterClass.BOUNCE)

    decision = decide(envelope(rcpt(options=options), sender=sender), disposition, policy)

    assert expected == len(decision.delays_told)


def test_same_input_same_decision() -> None:
    """A decision depends on its arguments alone."""
    mail = envelope(BOB, EVE)

    assert decide(mail) == decide(mail)


def test_a_decision_is_a_value() -> None:
    """Plans can be changed into others, and keep their rules."""
    (plan,) = decide(envelope(BOB)).plans

    assert ("fr",) == attrs.evolve(plan, languages=["fr"]).languages


@pytest.mark.requirement("3834-3.2.1-02")
@pytest.mark.parametrize(
    ("disposition", "status", "action"),
    [
        pytest.param(Disposition.FAILED, "5.7.1", "failed", id="refused"),
        pytest.param(Disposition.RELAYED, "2.6.4", "relayed", id="relayed, content removed"),
        pytest.param(Disposition.DELIVERED, "2.6.4", "delivered", id="delivered, content removed"),
    ],
)
def test_what_a_content_filter_did(disposition: Disposition, status: str, action: str) -> None:
    """A refused content is a failure, a changed one a success with its own status."""
    asked = rcpt(options="NOTIFY=SUCCESS,FAILURE")

    (plan,) = decide(envelope(asked), [outcome(asked, disposition, status)]).plans

    assert [("bob@example.com", action)] == reported([plan])
    assert code(status) == plan.report.recipients[0].status
