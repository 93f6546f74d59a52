"""The table: what became of a recipient, and what was asked, give what is reported.

    disposition   NOTIFY absent      has its word   lacks it   NEVER   its word
    delivered     nothing            delivered      nothing    -       SUCCESS
    relayed       nothing            relayed        nothing    -       SUCCESS
    expanded      nothing            expanded       nothing    -       SUCCESS
    handed on     nothing            nothing        nothing    -
    delayed       delayed (policy)   delayed        nothing    -       DELAY
    failed        failed             failed         nothing    -       FAILURE

RFC 3461 s5.2.2 to s5.2.7 say so in prose.  Two more rules come before it: what
RFC 2852 s4.1.4 wants traced is reported as relayed to all but NEVER, and a
deadline of mode N that has passed is reported as a delay whatever the policy
says of delays (RFC 2852 s4.1.3).  One comes after it: a delivery after a delay
that was told, where the policy says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.model.esmtp import Notify
from dsnlib.model.outcome import Disposition
from dsnlib.model.report import Action
from dsnlib.policy.trail import Effect, TrailEntry

if TYPE_CHECKING:
    from dsnlib.policy.dsn_policy import DsnPolicy

__all__ = ["DISPOSITIONS", "Case", "Verdict", "judge"]


@attrs.frozen
class Row:
    """One row of the table.

    Args:
        action: What a report calls it.
        event: The word of NOTIFY that asks for it; `None` if none can.
        requirement: Where it is said what a sender who asks is told.
        otherwise: Where it is said that another is not told.
    """

    action: Action
    event: Notify | None
    requirement: str
    otherwise: str


DISPOSITIONS = {
    # disposition: action, its word, where it is said of who asked, and of who did not
    Disposition.DELIVERED: Row(Action.DELIVERED, Notify.SUCCESS, "3461-5.2.3-03", "3461-5.2.3-04"),
    Disposition.RELAYED: Row(Action.RELAYED, Notify.SUCCESS, "3461-5.2.2-02", "3461-5.2.2-07"),
    Disposition.EXPANDED: Row(
        Action.EXPANDED, Notify.SUCCESS, "3461-5.2.7.3-03", "3461-5.2.7.2-01"
    ),
    Disposition.HANDED_ON: Row(Action.RELAYED, None, "3461-5.2.2-02", "3461-5.2.2-02"),
    Disposition.DELAYED: Row(Action.DELAYED, Notify.DELAY, "3461-5.2.5-01", "3461-5.2.5-03"),
    Disposition.FAILED: Row(Action.FAILED, Notify.FAILURE, "3461-5.2.6-01", "3461-5.2.6-02"),
}  # fmt: skip


@attrs.frozen
class Case:
    """What the table is asked: one recipient's part of an outcome.

    Args:
        disposition: What became of it.
        notify: What was asked, `None` if nothing was.
        is_traced: See `DeliveryOutcome`.
        is_delay_reported: See `DeliveryOutcome`.
        is_late: See `DeliveryOutcome`.
    """

    disposition: Disposition
    notify: Notify | None
    is_traced: bool = False
    is_delay_reported: bool = False
    is_late: bool = False


@attrs.frozen(kw_only=True)
class Verdict:
    """What the table says.

    Args:
        event: SUCCESS, FAILURE or DELAY; `None` if there is nothing to report.
        action: What a report calls it.
        is_requested: Whether NOTIFY asked for it by its word.
        entry: Why.
    """

    event: Notify | None
    action: Action
    is_requested: bool
    entry: TrailEntry


def judge(case: Case, policy: DsnPolicy, *, is_delay_due: bool = True) -> Verdict:
    """Return what is to be reported of one recipient.

    Args:
        case: What became of it, and what was asked.
        policy: What RFC 3461 leaves open.
        is_delay_due: Whether this is the time to tell of delays.
    """
    row = DISPOSITIONS[case.disposition]
    notify, event = case.notify, row.event
    if notify == Notify.NEVER:
        return _nothing(row, "NOTIFY is NEVER", "3461-4.1-08")
    if case.is_traced:
        return Verdict(
            event=Notify.SUCCESS, action=Action.RELAYED, is_requested=False,
            entry=_passed("DELIVERBY asks for a trace of the relay", "2852-4.1.4-02"),
        )  # fmt: skip
    if event is None:
        return _nothing(row, "the next hop answers for it", row.otherwise)
    if event is Notify.DELAY:
        refusal = _not_now(case, policy, is_delay_due=is_delay_due)
        if refusal is not None:
            return _nothing(row, *refusal)
    return _asked(case, row, event, policy)


def _not_now(case: Case, policy: DsnPolicy, *, is_delay_due: bool) -> tuple[str, str | None] | None:
    """Return why a delay is not told now, whoever asked for it."""
    if case.is_delay_reported:
        return "the sender was told of the delay before", None
    if case.is_late:
        return None
    if not policy.reports_delays:
        return "this system tells nobody of delays", "3461-5.2.5-04"
    if not is_delay_due:
        return "it is too early to tell of a delay", None
    return None


def _asked(case: Case, row: Row, event: Notify, policy: DsnPolicy) -> Verdict:
    notify = case.notify
    if notify is not None and event in notify:
        entry = _passed(f"NOTIFY has {event}", row.requirement)
        return Verdict(event=event, action=row.action, is_requested=True, entry=entry)
    if notify is None and (event in policy.unasked or case.is_late):
        requirement = "2852-4.1.3-02" if case.is_late else _UNASKED[event]
        entry = _passed(f"there is no NOTIFY, which means {policy.unasked}", requirement)
        return Verdict(event=event, action=row.action, is_requested=False, entry=entry)
    if _clears_delay(case, event, policy):
        entry = _passed("the sender was told of a delay, which is over", None)
        return Verdict(event=event, action=row.action, is_requested=False, entry=entry)
    asked = "there is no NOTIFY" if notify is None else f"NOTIFY is {notify}"
    return _nothing(row, f"{asked}, without {event}", row.otherwise)


def _clears_delay(case: Case, event: Notify, policy: DsnPolicy) -> bool:
    return (
        event is Notify.SUCCESS
        and case.is_delay_reported
        and policy.confirms_cleared_delays
        and (case.notify is None or Notify.DELAY in case.notify)
    )


_UNASKED = {Notify.FAILURE: "3461-5.2.6-04", Notify.DELAY: "3461-5.2.5-02"}


def _passed(why: str, requirement: str | None) -> TrailEntry:
    return TrailEntry("notify", Effect.PASSED, why, requirement=requirement)


def _nothing(row: Row, why: str, requirement: str | None) -> Verdict:
    entry = TrailEntry("notify", Effect.STOPPED, why, requirement=requirement)
    return Verdict(event=None, action=row.action, is_requested=False, entry=entry)
