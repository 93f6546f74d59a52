"""How an address stands by all that is known of it: a fold over its days.

>>> from dsnlib.bounces.event import BounceEvent, EventKind
>>> from dsnlib.bounces.score_policy import ScorePolicy
>>> from dsnlib.bounces.taxonomy import Fault
>>> day = dt.timedelta(days=1)
>>> now = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
>>> events = [
...     BounceEvent(
...         recipient="bob@example.org",
...         kind=EventKind.FAILURE,
...         occurred=now - n * day,
...         permanence=Permanence.HARD,
...         fault=Fault.RECIPIENT,
...         event_id=f"{n:032x}",
...     )
...     for n in range(5)
... ]
>>> judge_address(events, ScorePolicy(), now=now).judgement.value
'suppress'

Rules.
- What is kept of the events depends on neither their order nor how often each comes
  (`marks`), and everything else follows from it.
- The last of these begins the score anew, and failures at the same instant count as
  later, since a failure that is overlooked costs more than one that counts twice:
  the end of a suppression, mail that arrived, a release by a person, a probe.
- Mail arrived if a report says so (`SUCCESS`).  Where the next hop took it (`RELAYED`)
  a bounce may follow: that begins the score anew at the beginning of its day, and only
  if nothing failed on that day or in `relayed_grace` days after it, which are over.
- `EXPANDED` and `DELAY` undo nothing.
- A complaint is undone by nothing but a release.
"""

from __future__ import annotations

import bisect
import datetime as dt
import itertools
from typing import TYPE_CHECKING

import attrs

from dsnlib.bounces.instant import check_instant
from dsnlib.bounces.marks import Mark, Marks
from dsnlib.bounces.standing import COMPLAINT, CountedDay, Judgement, NextStep, Standing
from dsnlib.bounces.suppression import SuppressionSource
from dsnlib.bounces.taxonomy import Permanence, Reason
from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsnlib.bounces.event import BounceEvent
    from dsnlib.bounces.probe import SentProbe
    from dsnlib.bounces.score_policy import ScorePolicy

__all__ = ["judge_address", "judge_marks"]

_DAY = dt.timedelta(days=1)
# Weights are decimal numbers: five of 0.2 are 1.
_DIGITS = 9
# The longest span of a policy is a hundred years: from these on all of it is in the calendar.
_YEARS = range(1900, 9899)


def judge_address(
    events: Iterable[BounceEvent],
    policy: ScorePolicy,
    *,
    now: dt.datetime,
    released: dt.datetime | None = None,
    probe: SentProbe | None = None,
) -> Standing:
    """Return how an address stands.

    Args:
        events: All that is known of it, in any order, each any number of times; read
            one by one.
        policy: What counts.
        now: The time; with a zone.
        released: When a person let it go; what was before does not count.
        probe: The last probe that was sent to it.

    Raises:
        InvalidValue: `now` or `released` has no zone, or `now` is not in 1900..9898.
    """
    _check_now(now)
    marks = Marks(policy, released=released, probe=probe)
    for event in events:
        marks.add(event, now=now)
    return judge_marks(marks, now=now)


def judge_marks(marks: Marks, *, now: dt.datetime) -> Standing:
    """Return how an address stands by what is kept of its events.

    Args:
        marks: Of all its events up to now.
        now: The time; with a zone; not before an earlier one of the same marks.

    Raises:
        InvalidValue: `now` has no zone, or is not in 1900..9898.
    """
    _check_now(now)
    now = now.astimezone(dt.UTC)
    undone = _undone(marks, now)
    if marks.complaint is not None and marks.policy.complaint_suppresses:
        return _complained(marks.complaint, marks.policy, undone)
    return _fold(marks, now, undone)


def _check_now(now: dt.datetime) -> None:
    check_instant(now, "now")
    if now.year not in _YEARS:
        message = f"now: {now.isoformat()} is not in {_YEARS[0]}..{_YEARS[-1]}"
        raise InvalidValue(message, value=now)


def _fold(marks: Marks, now: dt.datetime, undone: dt.datetime | None) -> Standing:
    """Return the standing of an address that nobody complained of."""
    policy = marks.policy
    failures = sorted((mark, weight) for (_, weight), mark in marks.failures.items())
    probe = None if marks.probe is None or marks.probe.sent > now else marks.probe
    begin = undone
    if probe is not None:
        sent = probe.sent.astimezone(dt.UTC)
        failed = marks.probe_failure
        if failed is not None and (undone is None or failed.occurred >= undone):
            chain = _chain(_between(failures, begin, sent), policy)
            standing = _suppressed([*chain, _of_probe(failed, chain)], policy, undone)
            if standing.expires is None or now < standing.expires:
                return attrs.evolve(standing, is_probed=True)
            sent = max(sent, standing.expires)
        begin = sent if begin is None else max(begin, sent)
    while True:
        chain = _chain(_between(failures, begin, None), policy)
        if policy.verp_probes or not _is_enough(chain, policy):
            break
        standing = _suppressed(chain, policy, undone)
        if standing.expires is None or now < standing.expires:
            return standing
        begin = standing.expires
    if chain and now.date() - chain[-1].day > policy.bounce_info_stale_after:
        chain = []
    standing = _sending(chain, policy, now, undone)
    return _awaiting(standing, marks, now, probe)


def _between(
    failures: Sequence[tuple[Mark, float]],
    begin: dt.datetime | None,
    end: dt.datetime | None,
) -> Sequence[tuple[Mark, float]]:
    """Return the failures from one time on, up to another."""
    start = 0 if begin is None else bisect.bisect_left(failures, begin, key=_occurred)
    stop = None if end is None else bisect.bisect_left(failures, end, key=_occurred)
    return failures[start:stop]


def _occurred(each: tuple[Mark, float]) -> dt.datetime:
    return each[0].occurred


def _chain(failures: Iterable[tuple[Mark, float]], policy: ScorePolicy) -> list[CountedDay]:
    """Return the days that count together; the last of them has the score of all."""
    chain: list[tuple[Mark, float, float]] = []
    last, score = None, 0.0
    for day, of_day in itertools.groupby(failures, key=_day):
        mark, weight = max(of_day, key=_by_weight)
        if last is not None:
            if day - last > policy.bounce_info_stale_after:
                chain.clear()
                score = 0.0
            else:
                score = _decayed(score, policy, day - last)
        score = round(score + weight, _DIGITS)
        last = day
        chain.append((mark, weight, score))
        if score >= policy.bounce_score_threshold and not policy.verp_probes:
            break
    return [_counted(*each) for each in chain]


def _day(each: tuple[Mark, float]) -> dt.date:
    return each[0].day


def _by_weight(each: tuple[Mark, float]) -> tuple[float, Mark]:
    return each[1], each[0]


def _is_enough(chain: Sequence[CountedDay], policy: ScorePolicy) -> bool:
    return bool(chain) and chain[-1].score >= policy.bounce_score_threshold


def _decayed(score: float, policy: ScorePolicy, span: dt.timedelta) -> float:
    if policy.half_life is None:
        return score
    return float(score * 0.5 ** (span / policy.half_life))


def _counted(mark: Mark, weight: float, score: float) -> CountedDay:
    return CountedDay(
        day=mark.day,
        weight=weight,
        score=score,
        occurred=mark.occurred,
        event_id=mark.event_id,
        permanence=Permanence(mark.permanence),
        reason=Reason(mark.reason) if mark.reason else None,
    )


def _of_probe(failure: Mark, chain: Sequence[CountedDay]) -> CountedDay:
    """Return the day on which the probe came back; it adds nothing to what was enough."""
    return _counted(failure, 0.0, chain[-1].score if chain else 0.0)


def _complained(complaint: Mark, policy: ScorePolicy, undone: dt.datetime | None) -> Standing:
    return Standing(
        judgement=Judgement.SUPPRESS,
        score=0.0,
        threshold=policy.bounce_score_threshold,
        since=complaint.occurred,
        source=SuppressionSource.COMPLAINT,
        reason=COMPLAINT,
        evidence=_evidence([complaint.event_id]),
        undone=undone,
        next_step=NextStep.RELEASE,
    )


def _suppressed(
    chain: Sequence[CountedDay], policy: ScorePolicy, undone: dt.datetime | None
) -> Standing:
    last = chain[-1]
    permanence = _permanence(chain)
    span = policy.expires_after(permanence)
    expires = None if span is None else last.occurred + span
    return Standing(
        judgement=Judgement.SUPPRESS,
        score=last.score,
        threshold=policy.bounce_score_threshold,
        days=chain,
        since=last.occurred,
        source=SuppressionSource.BOUNCE,
        reason=None if last.reason is None else last.reason.value,
        permanence=permanence,
        evidence=_evidence(each.event_id for each in chain),
        expires=expires,
        undone=undone,
        next_step=NextStep.RELEASE if expires is None else NextStep.EXPIRE,
        next_time=expires,
    )


def _sending(
    chain: Sequence[CountedDay], policy: ScorePolicy, now: dt.datetime, undone: dt.datetime | None
) -> Standing:
    """Return the standing of an address that is still sent to."""
    threshold = policy.bounce_score_threshold
    if not chain:
        return Standing(judgement=Judgement.FINE, score=0.0, threshold=threshold, undone=undone)
    is_enough = _is_enough(chain, policy)
    last = chain[-1]
    # The first day that is further away than the span.
    stale = last.day + policy.bounce_info_stale_after + _DAY
    return Standing(
        judgement=Judgement.PROBE if is_enough else Judgement.COUNTING,
        score=round(_decayed(last.score, policy, now.date() - last.day), _DIGITS),
        threshold=threshold,
        days=chain,
        since=chain[0].occurred,
        reason=None if last.reason is None else last.reason.value,
        permanence=_permanence(chain),
        evidence=_evidence(each.event_id for each in chain),
        undone=undone,
        next_step=NextStep.SEND_PROBE if is_enough else NextStep.FORGET,
        next_time=None if is_enough else dt.datetime.combine(stale, dt.time(), dt.UTC),
    )


def _awaiting(
    standing: Standing, marks: Marks, now: dt.datetime, probe: SentProbe | None
) -> Standing:
    """Return the standing, or that a probe is under way."""
    if probe is None or marks.probe_failure is not None:
        return standing
    begun = [time for time in (standing.undone, marks.released) if time is not None]
    end = probe.sent.astimezone(dt.UTC) + marks.policy.probe_wait
    if now >= end or any(time >= probe.sent for time in begun):
        return standing
    return attrs.evolve(
        standing,
        judgement=Judgement.PROBE,
        since=standing.since or probe.sent,
        next_step=NextStep.AWAIT_PROBE,
        next_time=end,
    )


def _undone(marks: Marks, now: dt.datetime) -> dt.datetime | None:
    """Return when mail arrived last, as far as that can be relied on."""
    if not marks.relayed:
        return marks.success
    failed = {day for day, _ in marks.failures}
    if marks.probe_failure is not None:
        failed.add(marks.probe_failure.day)
    ordered = sorted(failed)
    for day in sorted(marks.relayed, reverse=True):
        end = day + marks.policy.relayed_grace
        place = bisect.bisect_left(ordered, day)
        if end < now.date() and (place == len(ordered) or ordered[place] > end):
            start = dt.datetime.combine(day, dt.time(), dt.UTC)
            return start if marks.success is None else max(start, marks.success)
    return marks.success


def _permanence(chain: Iterable[CountedDay]) -> Permanence:
    found = {each.permanence for each in chain}
    return next(each for each in Permanence if each in found)


def _evidence(identifiers: Iterable[str]) -> tuple[str, ...]:
    return tuple([each for each in identifiers if each])
