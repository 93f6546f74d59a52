"""A budget ends what goes out."""

import pytest

from dsnlib.errors import InvalidValue
from dsnlib.policy.budget import Budget, Spending
from dsnlib.policy.dsn_policy import DsnPolicy, PostmasterClass
from dsnlib.policy.facts import MessageFacts
from dsnlib.policy.trail import Effect
from tests.policy.cases import (
    NOON,
    decide,
    envelope,
    rcpt,
)

BOB, EVE, DAN = rcpt("bob@example.com"), rcpt("eve@example.com"), rcpt("dan@example.com")


def test_a_budget_ends() -> None:
    """As many notifications go out as the budget has; the others are owed."""
    policy = DsnPolicy(budget=Budget(per_sender=2))
    spending: dict[str, Spending] = {}
    decisions = []
    for _ in range(4):
        decisions.append(decide(envelope(BOB), policy=policy, spending=spending, now=NOON))
        spending.update(decisions[-1].spending)

    held = decisions[-1].withheld[0]
    assert [1, 1, 0, 0] == [len(decision.plans) for decision in decisions]
    assert held.is_owed
    entry = held.trail[-1]
    assert ("budget", Effect.STOPPED, "that of sender:ann@example.org is spent") == (
        entry.rule, entry.effect, entry.why,
    )  # fmt: skip


def test_a_budget_counts_within_one_decision() -> None:
    """The notifications of one message spend the same budget."""
    policy = DsnPolicy(budget=Budget(per_sender=2), recipients_per_report=1)

    decision = decide(envelope(BOB, EVE, DAN), policy=policy, now=NOON)

    assert 2 == len(decision.plans)
    assert {"sender:ann@example.org": Spending(2.0, NOON)} == decision.spending


def test_a_budget_of_a_source_needs_the_source() -> None:
    """Mail of another client has a budget of its own."""
    policy = DsnPolicy(budget=Budget(per_source=1))
    facts = MessageFacts(source="192.0.2.1")
    spent = decide(envelope(BOB), policy=policy, facts=facts, now=NOON).spending

    again = decide(envelope(BOB), policy=policy, facts=facts, spending=spent, now=NOON)
    other = decide(
        envelope(BOB), policy=policy, facts=MessageFacts(source="192.0.2.2"), spending=spent,
        now=NOON,
    )  # fmt: skip

    assert (0, 1) == (len(again.plans), len(other.plans))


def test_copies_cost_nothing() -> None:
    """What goes to the postmaster is not counted."""
    policy = DsnPolicy(postmaster_classes=PostmasterClass.BOUNCE, budget=Budget(per_sender=1))

    decision = decide(envelope(BOB), policy=policy, now=NOON)

    assert 2 == len(decision.plans)
    assert 1.0 == decision.spending["sender:ann@example.org"].used


def test_a_budget_needs_the_time() -> None:
    """Without `now` a budget cannot be asked."""
    with pytest.raises(InvalidValue, match="needs to know the time"):
        decide(envelope(BOB), policy=DsnPolicy(budget=Budget()))


def test_enough_is_left_is_in_the_trail() -> None:
    """A budget that was asked is in the trail of what it let through, once."""
    policy = DsnPolicy(budget=Budget(per_sender=9), recipients_per_report=1)

    decision = decide(envelope(BOB, EVE), policy=policy, now=NOON)

    assert 2 == len(decision.plans)
    for plan in decision.plans:
        assert Effect.PASSED is next(e for e in plan.trail if e.rule == "budget").effect
        assert ["enough is left"] == [e.why for e in plan.trail if e.rule == "budget"]
