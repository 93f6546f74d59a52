"""Each decision beside the truth: who had to be told, who could be, who was.

What a report says of a recipient does not say which it means: two outcomes may
look the same in it.  So outcomes and entries are counted under what is shown of
them: the final recipient, the original recipient and the action.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import attrs

from dsnlib import Action, Audience, DsnPlan
from tests.simulation.ledger import DELAY, FAILURE, SUCCESS, Case, Decision, End, Ledger, Strand
from tests.simulation.reference import normal, original_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsnlib import DsnPolicy, RecipientFields
    from tests.simulation.reference import Original

__all__ = ["Audit", "Group", "Told", "audit_decision", "audit_ledger", "due_of"]

# Final recipient, original recipient, action.
Shown: TypeAlias = "tuple[str, Original | None, Action]"

_ENDS = {
    # how it ended: the condition that asks for it, and what it is called
    End.STORED: (SUCCESS, Action.DELIVERED),
    End.LEFT: (SUCCESS, Action.RELAYED),
    End.SPLIT: (SUCCESS, Action.EXPANDED),
    End.DROPPED: (SUCCESS, Action.RELAYED),
    End.LISTED: (SUCCESS, Action.DELIVERED),
    End.FAILED: (FAILURE, Action.FAILED),
}


@attrs.frozen
class Told:
    """What is due to the sender of one strand.

    Args:
        action: What it would be called.
        must: Whether it has to be told.
        may: Whether it can be.
    """

    action: Action
    must: bool
    may: bool


def due_of(case: Case, strand: Strand, policy: DsnPolicy) -> Told:
    """Return what RFC 3461 s5.2 and RFC 2852 s4.1 say of an outcome.

    Args:
        case: What became of it.
        strand: Of whom.
        policy: How the system notifies, beyond the RFCs.
    """
    asked = strand.asked
    if case.is_traced:
        must = asked.notify is None or bool(asked.notify)
        return Told(Action.RELAYED, must=must, may=must)
    if case.end is End.PASSED:
        return Told(Action.RELAYED, must=False, may=False)
    if case.end is End.WAITING:
        may = asked.notify is None or DELAY in asked.notify
        return Told(Action.DELAYED, must=may and case.is_late, may=may)
    condition, action = _ENDS[case.end]
    must = asked.wants(condition)
    if policy.confirms_cleared_delays and strand.delays and condition == SUCCESS and not must:
        # The strand was told to be late, so whoever is told asked for that.
        must = strand.is_cleared = True
    return Told(action, must=must, may=must)


@attrs.define(eq=False)
class Group:
    """The outcomes of one decision that look the same in a report.

    Args:
        entries: How often a report to the sender says so.
        must: Those that had to be told.
        may: Those that could be.
        others: Those that could not.
        withheld: Of the first, those that a rule of the system's own stopped.
    """

    entries: int = 0
    must: list[tuple[Case, Strand]] = attrs.field(factory=list)
    may: list[tuple[Case, Strand]] = attrs.field(factory=list)
    others: list[tuple[Case, Strand]] = attrs.field(factory=list)
    withheld: list[tuple[Case, Strand]] = attrs.field(factory=list)

    @property
    def most(self) -> int:
        """The most entries that can be right: one for each outcome."""
        return len({id(case) for case, _ in (*self.must, *self.may)})

    @property
    def least(self) -> int:
        """The fewest: the outcomes of one alias may be told as one."""
        cases = {id(case): case for case, _ in self.must}
        return min(len(cases), _plain(list(cases.values())))


def _plain(cases: list[Case]) -> int:
    apart = [case for case in cases if not _is_expanded(case)]
    return len(apart) + (len(apart) < len(cases))


def _is_expanded(case: Case) -> bool:
    outcome = case.outcome
    return outcome is not None and outcome.recipient.expanded_from is not None


@attrs.frozen(eq=False)
class Audit:
    """One decision beside the truth.

    Args:
        decision: What was decided.
        groups: The outcomes, by what is shown of them.
        plans: The notifications to the sender.
        notices: The copies for the postmaster.
    """

    decision: Decision
    groups: dict[Shown, Group]
    plans: tuple[DsnPlan, ...]
    notices: tuple[DsnPlan, ...]


def audit_ledger(ledger: Ledger) -> list[Audit]:
    """Return the audit of each decision, and note with the strands what was told."""
    return [audit_decision(each) for each in ledger.decisions]


def audit_decision(decision: Decision) -> Audit:
    """Return the audit of one decision."""
    made = decision.decision
    owed = {id(outcome) for held in made.withheld if held.is_owed for outcome in held.outcomes}
    groups: dict[Shown, Group] = {}
    for case in decision.cases:
        is_owed = case.outcome is not None and id(case.outcome) in owed
        for strand in case.strands:
            told = due_of(case, strand, decision.host.habit.dsn)
            key = _shown(decision, case, strand, told.action)
            group = groups.setdefault(key, Group())
            _list_for(group, told, strand, is_owed=is_owed).append((case, strand))
    plans = tuple(each for each in made.plans if each.audience is Audience.SENDER)
    for entry in _entries(plans):
        groups.setdefault(_shown_entry(entry), Group()).entries += 1
    for (_, _, action), group in groups.items():
        _note(group, action)
    notices = tuple(each for each in made.plans if each.audience is Audience.POSTMASTER)
    return Audit(decision, groups, plans, notices)


def _list_for(
    group: Group, told: Told, strand: Strand, *, is_owed: bool
) -> list[tuple[Case, Strand]]:
    if not strand.sender or not (told.must or told.may):
        return group.others
    if is_owed:
        return group.withheld
    return group.must if told.must else group.may


def _note(group: Group, action: Action) -> None:
    """Note with the strands what was told of them."""
    for _, strand in group.withheld:
        strand.is_withheld = True
    if group.entries:
        for _, strand in (*group.must, *group.may):
            strand.delays += action is Action.DELAYED
            strand.finals += action is not Action.DELAYED


def _entries(plans: tuple[DsnPlan, ...]) -> Iterator[RecipientFields]:
    for plan in plans:
        yield from plan.report.recipients


def _shown(decision: Decision, case: Case, strand: Strand, action: Action) -> Shown:
    policy = decision.host.habit.dsn
    final = strand.accepted
    if policy.names_expanded and case.outcome is not None:
        final = case.outcome.recipient.address
    original = original_of(strand.asked.orcpt_word)
    if original is None and policy.invents_original:
        original = ("rfc822" if strand.accepted.isascii() else "utf-8", strand.accepted)
    return final, original, action


def _shown_entry(entry: RecipientFields) -> Shown:
    final, action = entry.final_recipient, entry.action
    if final is None or action is None:  # which no plan allows
        return "", None, Action.FAILED
    return final.address, normal(entry.original_recipient), action
