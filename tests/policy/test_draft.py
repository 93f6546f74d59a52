"""Who is told what: the sender, the postmaster, together or apart."""

from typing import Any

import pytest

from dsnlib.model.outcome import Disposition
from dsnlib.policy.budget import Budget, Spending
from dsnlib.policy.dsn_policy import DsnPolicy, PostmasterClass
from dsnlib.policy.facts import MessageFacts, SpfResult
from dsnlib.policy.guard import Guards
from dsnlib.policy.plan import Audience
from dsnlib.policy.trail import Effect
from tests.policy.cases import (
    NOON,
    SENDER,
    decide,
    envelope,
    outcome,
    rcpt,
    reported,
)

BOB, EVE, DAN = rcpt("bob@example.com"), rcpt("eve@example.com"), rcpt("dan@example.com")


BOUNCE, DELAY = PostmasterClass.BOUNCE, PostmasterClass.DELAY
DOUBLE, UNREPORTED = PostmasterClass.DOUBLE_BOUNCE, PostmasterClass.UNREPORTED


@pytest.mark.parametrize(
    ("sender", "options", "disposition", "class_"),
    [
        pytest.param(SENDER, "", Disposition.FAILED, BOUNCE, id="bounce"),
        pytest.param(
            SENDER, "NOTIFY=NEVER", Disposition.FAILED, UNREPORTED, id="never",
            marks=[
                pytest.mark.requirement("3461-5.2.2-05"), pytest.mark.requirement("3461-5.2.6-03")
            ],
        ),
        pytest.param(
            SENDER, "NOTIFY=SUCCESS", Disposition.FAILED, UNREPORTED, id="success only",
            marks=pytest.mark.requirement("3461-5.2.6-03"),
        ),
        pytest.param(SENDER, "", Disposition.DELAYED, DELAY, id="delay"),
        pytest.param(SENDER, "NOTIFY=NEVER", Disposition.DELAYED, DELAY, id="delay, never"),
        pytest.param("", "", Disposition.FAILED, DOUBLE, id="double bounce"),
        pytest.param("", "", Disposition.DELAYED, DELAY, id="delay, null path"),
        pytest.param(SENDER, "NOTIFY=SUCCESS", Disposition.DELIVERED, None, id="delivered"),
        pytest.param("", "", Disposition.DELIVERED, None, id="delivered, null path"),
        pytest.param(SENDER, "", Disposition.HANDED_ON, None, id="handed on"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("switched_on", [BOUNCE, DELAY, DOUBLE, UNREPORTED], ids=str)
def test_copies_for_the_postmaster(
    sender: str,
    options: str,
    disposition: Disposition,
    class_: PostmasterClass | None,
    switched_on: PostmasterClass,
) -> None:
    """A copy is made for the class that is switched on, and for no other."""
    policy = DsnPolicy(postmaster_classes=switched_on, postmaster="boss@example.net")

    decision = decide(envelope(rcpt(options=options), sender=sender), disposition, policy)

    copies = [plan for plan in decision.plans if plan.audience is Audience.POSTMASTER]
    assert ([("bob@example.com", disposition.value)] if class_ is switched_on else []) == (
        reported(copies)
    )
    assert all("boss@example.net" == plan.recipient.address for plan in copies)


def test_a_copy_tells_of_all_and_comes_after_the_senders() -> None:
    """Failures told and untold are in one copy, which is sent after the sender's."""
    policy = DsnPolicy(postmaster_classes=BOUNCE | UNREPORTED)
    never = rcpt("eve@example.com", "NOTIFY=NEVER")

    first, second = decide(envelope(never, BOB), policy=policy).plans

    assert (Audience.SENDER, [("bob@example.com", "failed")]) == (first.audience, reported([first]))
    assert Audience.POSTMASTER is second.audience
    assert [("eve@example.com", "failed"), ("bob@example.com", "failed")] == reported([second])


@pytest.mark.parametrize("change", ["not due", "told before"])
def test_no_copy_of_a_delay_before_its_time_or_twice(change: str) -> None:
    """The postmaster hears of a delay when the sender would."""
    policy = DsnPolicy(postmaster_classes=DELAY)
    late = outcome(BOB, Disposition.DELAYED, is_delay_reported=change == "told before")

    decision = decide(envelope(BOB), [late], policy, is_delay_due=change != "not due")

    assert () == decision.plans


@pytest.mark.requirement("3461-5.2-02")
@pytest.mark.parametrize("disposition", [Disposition.FAILED, Disposition.DELAYED])
@pytest.mark.parametrize("is_notice", [False, True], ids=["notification", "notice"])
def test_another_postmasters_notice_is_not_told(
    disposition: Disposition,
    is_notice: bool,  # noqa: FBT001  parametrized
) -> None:
    """What a postmaster's alias has led here is told to nobody: that one might lead back."""
    facts = MessageFacts(is_report=True, is_notice=is_notice)
    policy = DsnPolicy(postmaster_classes=DOUBLE | DELAY)

    decision = decide(envelope(BOB, sender=""), disposition, policy, facts=facts)

    assert is_notice is (() == decision.plans)
    assert is_notice is ("double-bounce" == decision.withheld[-1].trail[-1].rule)


def test_languages_split() -> None:
    """Recipients whose news are written in other languages are told of apart."""
    mail = envelope(BOB, EVE, DAN)
    languages = {BOB.address: ("de",), EVE.address: ("fr", "en"), DAN.address: ("de",)}

    plans = decide(mail, languages=lambda each: languages[each.recipient.address]).plans

    assert [("de",), ("fr", "en")] == [plan.languages for plan in plans]
    assert [2, 1] == [len(plan.report.recipients) for plan in plans]


def test_one_language_for_all() -> None:
    """Tags that are the same for all are on the plan."""
    (plan,) = decide(envelope(BOB, EVE), languages=["de", "en"]).plans

    assert ("de", "en") == plan.languages


def test_apart_splits() -> None:
    """Recipients that must not know of each other are never in one notification."""
    mail = envelope(BOB, EVE, DAN)

    plans = decide(mail, apart=lambda each: each.recipient.address == EVE.address).plans

    assert [["bob@example.com", "dan@example.com"], ["eve@example.com"]] == [
        [str(each.recipient) for each in plan.report.recipients] for plan in plans
    ]


def test_many_recipients_split() -> None:
    """A report has no more recipients than the policy allows, and each is in one."""
    mail = envelope(*(rcpt(f"u{number}@example.com") for number in range(7)))

    plans = decide(mail, policy=DsnPolicy(recipients_per_report=3)).plans

    assert [3, 3, 1] == [len(plan.report.recipients) for plan in plans]
    assert [each.address for each in mail.recipients] == [name for name, _ in reported(plans)]


def test_what_a_guard_stops_is_owed_and_told() -> None:
    """A notification that a rule stops is handed back as owed, with the rule."""
    policy = DsnPolicy(guards=Guards())

    decision = decide(envelope(BOB), policy=policy, facts=MessageFacts(spf=SpfResult.FAIL))

    (held,) = decision.withheld
    assert ((), True, "spf-fail") == (decision.plans, held.is_owed, held.trail[-1].rule)
    assert "notify" == held.trail[0].rule


def test_unreported_failures_go_to_the_postmaster_if_a_guard_stops_them() -> None:
    """The class UNREPORTED covers what a rule has stopped."""
    policy = DsnPolicy(guards=Guards(), postmaster_classes=UNREPORTED)

    decision = decide(envelope(BOB), policy=policy, facts=MessageFacts(is_spam=True))

    assert [Audience.POSTMASTER] == [plan.audience for plan in decision.plans]


@pytest.mark.requirement("3834-2-02")
def test_a_request_overrules_a_guess() -> None:
    """Automatic mail is told only of what NOTIFY asked for."""
    asked = rcpt("eve@example.com", "NOTIFY=FAILURE")
    facts = MessageFacts.from_header(b"Auto-Submitted: auto-generated\r\n\r\n")

    decision = decide(envelope(BOB, asked), policy=DsnPolicy(guards=Guards()), facts=facts)

    assert [("eve@example.com", "failed")] == reported(decision.plans)
    assert "auto-submitted" == decision.withheld[0].trail[-1].rule


def test_each_class_may_have_a_postmaster() -> None:
    """Copies of a class go to whoever is named for it, the others to the postmaster."""
    policy = DsnPolicy(
        postmaster_classes=BOUNCE | DELAY,
        postmaster="all@example.net",
        postmasters={DELAY: "late@example.net", DOUBLE: "twice@example.net"},
    )
    mail = envelope(BOB, EVE)

    plans = decide(mail, [outcome(BOB), outcome(EVE, Disposition.DELAYED)], policy).plans

    assert ["all@example.net", "late@example.net"] == [
        plan.recipient.address for plan in plans if plan.audience is Audience.POSTMASTER
    ]


def test_no_postmaster_is_told_of_another() -> None:
    """A notice to the postmaster of any class is not told to the one of another."""
    policy = DsnPolicy(postmasters={DOUBLE: "twice@example.net", DELAY: "Late@Example.NET"})

    decision = decide(envelope(rcpt("late@example.net"), sender=""), policy=policy)

    assert () == decision.plans


@pytest.mark.requirement("3461-5.2.5-04")
@pytest.mark.parametrize(
    ("disposition", "more", "is_owed"),
    [
        (Disposition.DELAYED, {}, False),
        (Disposition.DELAYED, {"is_late": True}, True),
        (Disposition.FAILED, {}, True),
    ],
    ids=["a delay", "a deadline", "a failure"],
)
@pytest.mark.parametrize("by", ["a rule", "the budget"])
def test_what_is_owed(
    disposition: Disposition,
    more: dict[str, Any],
    is_owed: bool,  # noqa: FBT001  parametrized
    by: str,
) -> None:
    """What is stopped is owed, but for a delay: nobody has to be told of that."""
    guards = Guards() if by == "a rule" else Guards(enabled=())
    policy = DsnPolicy(guards=guards, budget=Budget(per_sender=1))
    spent = {"sender:ann@example.org": Spending(1.0, NOON)}
    one = outcome(BOB, disposition, **more)

    decision = decide(
        envelope(BOB), [one], policy, facts=MessageFacts(is_spam=True), spending=spent, now=NOON
    )

    assert () == decision.plans
    assert is_owed is decision.withheld[0].is_owed


def test_a_language_may_be_a_text() -> None:
    """One tag is one language, not as many as it has letters."""
    (plan,) = decide(envelope(BOB), languages="de").plans

    assert ("de",) == plan.languages


@pytest.mark.parametrize("split", [{"languages": lambda _: ("de",)}, {"apart": lambda _: 1}])
def test_who_is_told_apart_is_told(split: dict[str, Any]) -> None:
    """A sender who is told in several notifications is told: the copy is one of BOUNCE."""
    bounce = decide(envelope(BOB), policy=DsnPolicy(postmaster_classes=BOUNCE), **split)
    other = decide(envelope(BOB), policy=DsnPolicy(postmaster_classes=UNREPORTED), **split)

    assert (2, 1) == (len(bounce.plans), len(other.plans))


@pytest.mark.parametrize(
    ("sender", "options", "class_", "entry"),
    [
        pytest.param(
            "", "", DOUBLE, ("copies of DOUBLE_BOUNCE are on", "3461-5.2-02"), id="null path"
        ),
        pytest.param(
            SENDER, "NOTIFY=NEVER", UNREPORTED, ("copies of UNREPORTED are on", "3461-5.2.6-03"),
            id="never",
        ),
    ],
)  # fmt: skip
def test_why_a_postmaster_is_told(
    sender: str, options: str, class_: PostmasterClass, entry: tuple[str, str]
) -> None:
    """A copy's trail names the class that is on, and where the RFC speaks of it."""
    policy = DsnPolicy(postmaster_classes=class_)

    (plan,) = decide(envelope(rcpt(options=options), sender=sender), policy=policy).plans

    (why,) = plan.trail
    assert ("postmaster-class", Effect.PASSED, *entry) == (
        why.rule, why.effect, why.why, why.requirement,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sender", "rule", "why", "requirement"),
    [
        ("", "null-path", "the return path is <>", "3461-5.2-01"),
        ("twice@example.org", "double-bounce", "it is a notice to the postmaster",
         "5321-4.5.4-01"),
    ],
)  # fmt: skip
def test_why_nobody_is_told(sender: str, rule: str, why: str, requirement: str) -> None:
    """What cannot be told says by which rule, and nothing of it is owed."""
    policy = DsnPolicy(
        double_bounce_senders=["twice@example.org"], postmaster_classes=PostmasterClass.NONE
    )

    (held,) = decide(envelope(BOB, sender=sender), policy=policy).withheld

    entry = held.trail[-1]
    assert (rule, Effect.STOPPED, why, requirement) == (
        entry.rule, entry.effect, entry.why, entry.requirement,
    )  # fmt: skip
    assert not held.is_owed


def test_what_notify_forbids_is_not_owed() -> None:
    """Whoever said NEVER is owed nothing; whoever writes under the null path neither."""
    never = decide(envelope(rcpt(options="NOTIFY=NEVER")))
    own = decide(envelope(rcpt("postmaster@mail.example.org"), sender=""))

    assert [False, False] == [one.withheld[0].is_owed for one in (never, own)]


def test_failures_are_not_lost_with_delays() -> None:
    """That a delay was told before keeps no failure from the postmaster."""
    policy = DsnPolicy(postmaster_classes=BOUNCE | DOUBLE)
    failed = outcome(BOB, is_delay_reported=True)

    for sender, count in ((SENDER, 2), ("", 1)):
        decision = decide(envelope(BOB, sender=sender), [failed], policy, is_delay_due=False)
        assert count == len(decision.plans)


def test_the_postmaster_may_write() -> None:
    """Mail to the postmaster of an ordinary sender is told of like any other."""
    to_postmaster = rcpt("postmaster@mail.example.org")
    policy = DsnPolicy(postmaster_classes=BOUNCE)

    plans = decide(envelope(to_postmaster), policy=policy).plans

    assert [Audience.SENDER, Audience.POSTMASTER] == [plan.audience for plan in plans]


def test_the_gravest_news_are_sent_first() -> None:
    """Failure, delay, success; of each the sender's before the postmaster's."""
    policy = DsnPolicy(postmaster_classes=BOUNCE | DELAY)
    happy = rcpt("eve@example.com", "NOTIFY=SUCCESS")
    late = rcpt("dan@example.com")
    outcomes = [
        outcome(happy, Disposition.DELIVERED), outcome(late, Disposition.DELAYED), outcome(BOB),
    ]  # fmt: skip

    plans = decide(envelope(happy, late, BOB), outcomes, policy).plans

    assert [
        ("failure", Audience.SENDER), ("failure", Audience.POSTMASTER),
        ("delay", Audience.SENDER), ("delay", Audience.POSTMASTER),
        ("success", Audience.SENDER),
    ] == [(plan.kind.value, plan.audience) for plan in plans]  # fmt: skip


def test_what_cannot_be_told_is_not_owed() -> None:
    """Under the null path nothing is owed, of a postmaster's notice neither."""
    mail = envelope(rcpt("postmaster@mail.example.org"), BOB, sender="")

    assert [False, False] == [each.is_owed for each in decide(mail).withheld]
