"""What must be true of every network, however its mail went.

A law is given all that happened and yields one line for each time it was put to
the test: nothing if it held, and what broke it if not.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

import attrs

from dsnlib.policy.trail import Effect
from tests.simulation.audit import Audit, audit_ledger
from tests.simulation.ledger import FAILURE, SUCCESS, End, Ledger, MailKind
from tests.simulation.network import Network
from tests.simulation.reference import original_of
from tests.simulation.truth import ENDS
from tests.simulation.words import compare_commands, compare_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.simulation.ledger import Case, Mail, Strand

__all__ = ["LAWS", "Breach", "Law", "check_laws"]


@attrs.frozen
class History:
    """All that happened in a network, and the audit of each decision."""

    network: Network
    ledger: Ledger
    audits: list[Audit]


Law: TypeAlias = "Callable[[History], Iterator[str | None]]"


@attrs.frozen
class Breach(Exception):
    """A law did not hold.

    Args:
        law: Its name.
        what: What broke it.
    """

    law: str
    what: str

    def __str__(self) -> str:
        return f"{self.law}: {self.what}"


def each_outcome_is_what_happened(history: History) -> Iterator[str | None]:
    """What the library makes of replies, times and aliases is what became of the mail."""
    yield from history.ledger.surprises
    for decision in history.ledger.decisions:
        for case in decision.cases:
            if case.outcome is None:
                yield None
            elif not case.strands:
                yield f"{decision.host.name}: nobody is behind {case.outcome}"
            elif case.end not in ENDS[case.outcome.disposition]:
                yield f"{decision.host.name}: {case.end.value}, taken for {case.outcome}"
            elif case.is_traced != case.outcome.is_traced:
                yield f"{decision.host.name}: {case.outcome} is to be traced: {case.is_traced}"
            else:
                yield None


def each_end_is_told_once(history: History) -> Iterator[str | None]:
    """Each system tells what it must of what ended with it, once and in the right word.

    RFC 3461 s5.2.2 to s5.2.7: failures to whoever asked for them or for
    nothing, delivery, relay and expansion to whoever asked for success.
    """
    for audit in history.audits:
        for shown, group in audit.groups.items():
            if not group.must:
                continue
            if group.least <= group.entries <= group.most:
                yield None
            else:
                told = f"told {group.entries} times, not {group.least} to {group.most}"
                strands = ", ".join(str(strand) for _, strand in group.must)
                yield f"{audit.decision.host.name}: {shown} {told}: {strands}"


def each_recipient_is_answered_once(history: History) -> Iterator[str | None]:
    """From submission to the end, one final notification for each recipient who asked.

    Up to the first system without DSN it says what happened: delivered,
    relayed, expanded or failed.  Behind it failures may follow.  Where an alias
    led to several addresses, the expansion is told once and each failure once;
    where a list or a confidential forward was reached, that is the delivery.
    """
    families: dict[int, list[Strand]] = {}
    for strand in history.ledger.strands:
        families.setdefault(id(strand.origin), []).append(strand)
    for family in families.values():
        origin = family[0].origin
        asked = origin.asked
        if origin.mail.kind is not MailKind.POST or not origin.sender or _is_muddled(family):
            continue
        within = [each for each in family if not each.is_past]
        told = Counter(each.end for each in within for _ in range(each.finals))
        failed = sum(each.end is End.FAILED for each in within)
        others = {End.STORED, End.LEFT, End.SPLIT, End.DROPPED, End.LISTED}
        good = [each for each in within if each.end in others and not each.is_split]
        successes = sum(told[end] for end in others)
        yield _compare(origin, "failures", failed * asked.wants(FAILURE), told[End.FAILED])
        yield _compare(origin, "successes", len(good) * asked.wants(SUCCESS), successes)
        if not any(each.is_split for each in within):
            yield _compare(origin, "ends", 1, len(good) + failed)


def silence_is_kept(history: History) -> Iterator[str | None]:
    """NEVER brings nothing to the sender, and no success is told to who did not ask.

    But for the traces of RFC 2852 s4.1.4, which NEVER alone keeps away.  Nobody
    is told twice of one delay; that a deadline has passed is told besides.
    """
    for audit in history.audits:
        for shown, group in audit.groups.items():
            if not group.others:
                continue
            is_told = group.entries > group.most
            strands = ", ".join(str(strand) for _, strand in group.others)
            yield f"{audit.decision.host.name}: {shown} told of {strands}" if is_told else None
    for strand in history.ledger.strands:
        if strand.origin.asked.is_never and not strand.is_past:
            is_told = bool(strand.finals or strand.delays)
            yield f"NEVER is told of: {strand}" if is_told else None
        most = 1 if strand.asked.by is None else 2
        is_right = strand.delays <= most
        yield None if is_right else f"{strand.delays} delays are told of: {strand}"


def nothing_is_told_of_notifications(history: History) -> Iterator[str | None]:
    """No notification answers another, none goes to the null path, a notice has no notice."""
    for mail in history.ledger.mails:
        if mail.plan is None or mail.about is None:
            continue
        about = mail.about
        if mail.plan.envelope.sender or not mail.plan.recipient.address:
            yield f"a notification from {mail.plan.envelope.sender!r}"
        elif mail.kind is MailKind.NOTIFICATION:
            yield f"{_kinds(about)} has a notification" if about.is_report else None
        else:
            kinds = [each.kind for each in about.lineage()]
            yield f"{_kinds(about)} has a notice" if MailKind.NOTICE in kinds else None
    for audit in history.audits:
        for plan in audit.plans:
            sender = audit.decision.envelope.sender
            stripped = sender.rpartition(":")[2]
            is_right = bool(sender) and plan.recipient.address == stripped
            yield None if is_right else f"{sender!r} is told as {plan.recipient.address!r}"
        for plan in audit.notices:
            own = f"postmaster@{audit.decision.host.name}"
            is_right = plan.recipient.address == own
            yield None if is_right else f"{plan.recipient.address!r} is told as postmaster"


def loops_end(history: History) -> Iterator[str | None]:
    """No message passes more systems than the limit, and nothing goes on for ever.

    In the end nobody is left waiting, neither for mail nor for a notification.
    """
    yield None if history.ledger.is_over else "the run does not end"
    for strand in history.ledger.strands:
        yield f"left: {strand}" if strand.end is End.WAITING else None
    most = history.network.most_hops
    for arrival in history.ledger.arrivals:
        # The last system refuses it.
        is_right = arrival.hops <= most
        yield None if is_right else f"{arrival.hops} systems passed at {arrival.client.name}"


def requests_arrive_as_sent(history: History) -> Iterator[str | None]:
    """ENVID, RET, ORCPT and NOTIFY go on octet for octet, or not at all.

    NOTIFY is without SUCCESS behind an alias to several, and with DELAY where a
    deadline is not understood.  To a system without DSN nothing goes, and into
    the copies of a list nothing but what the list asks for.
    """
    for arrival in history.ledger.arrivals:
        yield from compare_commands(arrival)
    for audit in history.audits:
        strands = [each for case in audit.decision.cases for each in case.strands]
        for plan in audit.plans:
            yield compare_report(plan, strands[0].asked) if strands else None


def nobody_is_named_in_vain(history: History) -> Iterator[str | None]:
    """A report names those of whom its reader is to hear, and no hidden address."""
    for audit in history.audits:
        decision = audit.decision
        host = decision.host
        for shown, group in audit.groups.items():
            is_known = bool(group.must or group.may or group.others or group.withheld)
            yield None if is_known else f"{host.name}: {shown} is told, and nobody is that"
        reached = {case.address for case in decision.cases}
        # Where an open alias leads to the same address, that one gives it away.
        hidden = decision.mail.secrets - reached
        if host.habit.dsn.privacy.hides_expansions:
            hidden |= reached
        hidden -= {strand.accepted for case in decision.cases for strand in case.strands}
        hidden -= {decision.envelope.sender.rpartition(":")[2], *_originals(decision.cases)}
        if not hidden:
            continue
        for plan in audit.plans:
            text = str(plan.report.recipients) + str(plan.report.message)
            named = [each for each in hidden if re.search(rf"\b{re.escape(each)}\b", text)]
            yield f"{host.name}: {named} in {text}" if named else None


def each_decision_has_its_reasons(history: History) -> Iterator[str | None]:
    """Each outcome is told of or withheld, and the trail says why."""
    for audit in history.audits:
        made = audit.decision.decision
        name = audit.decision.host.name
        held = {id(outcome): each for each in made.withheld for outcome in each.outcomes}
        told = {shown for shown, group in audit.groups.items() if group.entries}
        for shown, group in audit.groups.items():
            for case, _ in (*group.must, *group.may, *group.others, *group.withheld):
                if case.outcome is None or not case.strands:
                    continue
                is_held = id(case.outcome) in held
                is_right = is_held or shown in told
                yield None if is_right else f"{name}: neither told nor withheld: {case.outcome}"
        for each in made.withheld:
            stopped = each.trail[-1:] and each.trail[-1].effect is Effect.STOPPED
            yield None if stopped else f"{name}: withheld without a reason: {each}"
            policy = audit.decision.host.habit.dsn
            may_stop = policy.guards.enabled or policy.budget is not None
            yield (
                f"{name}: owed, and no rule is on: {each}"
                if each.is_owed > bool(may_stop)
                else None
            )
        for plan in made.plans:
            yield None if plan.trail else f"{name}: planned without a reason: {plan}"


def _is_muddled(family: list[Strand]) -> bool:
    """Tell whether a message was doubled on the way, or more or less is told than was asked."""
    return any(
        each.is_double or each.is_withheld or each.is_traced or each.is_cleared for each in family
    )


def _compare(strand: Strand, what: str, expected: int, actual: int) -> str | None:
    if expected == actual:
        return None
    return f"{actual} {what}, not {expected}, for {strand.accepted} of {strand.mail.sender}"


def _kinds(mail: Mail) -> str:
    return " of a ".join(each.kind.value for each in mail.lineage())


def _originals(cases: Iterable[Case]) -> set[str]:
    """Return the addresses that the sender gave away in ORCPT."""
    words = {each.asked.orcpt_word for case in cases for each in case.strands}
    return {original[1] for original in map(original_of, words) if original is not None}


LAWS: tuple[Law, ...] = (
    # First what explains most of the others.
    requests_arrive_as_sent,
    each_outcome_is_what_happened,
    each_end_is_told_once,
    each_recipient_is_answered_once,
    silence_is_kept,
    nothing_is_told_of_notifications,
    loops_end,
    nobody_is_named_in_vain,
    each_decision_has_its_reasons,
)


def check_laws(network: Network, ledger: Ledger, laws: Iterable[Law] = LAWS) -> Counter[str]:
    """Put laws to the test, and return how often each was.

    Args:
        network: What was run.
        ledger: What happened.
        laws: Which; all if not given.

    Raises:
        Breach: One did not hold.
    """
    history = History(network, ledger, audit_ledger(ledger))
    checks: Counter[str] = Counter()
    for law in laws:
        name = law.__name__
        for what in law(history):
            if what is not None:
                raise Breach(name, what)
            checks[name] += 1
    return checks
