"""Which addresses and domains are the worst, of events that are counted already."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.bounces.summary import Worst
from dsnlib.bounces.taxonomy import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ReasonGroup", "rank"]


class ReasonGroup(NamedTuple):
    """Events of one name with one reason.

    Args:
        name: The address, or the domain.
        reason: The reason; `None` if nobody asked.
        failures: How many failures there were.
        events: How many events of any kind.
        last: The last day on which it failed, if it did.
    """

    name: str
    reason: str | None
    failures: int
    events: int
    last: dt.date | None


def rank(groups: Iterable[ReasonGroup], most: int) -> tuple[Worst, ...]:
    """Return those with most failures, the worst first; of equals by name.  Never raises."""
    by_name: defaultdict[str, list[ReasonGroup]] = defaultdict(list)
    for group in groups:
        by_name[group.name].append(group)
    failures = {name: sum(each.failures for each in of_name) for name, of_name in by_name.items()}
    names = sorted((name for name in failures if failures[name]), key=lambda n: (-failures[n], n))
    return tuple([_one(name, by_name[name]) for name in names[:most]])


def _one(name: str, groups: Iterable[ReasonGroup]) -> Worst:
    reasons: Counter[str] = Counter()
    failures = events = 0
    days = []
    for group in groups:
        failures += group.failures
        events += group.events
        if group.reason is not None:
            reasons[group.reason] += group.failures
        if group.last is not None:
            days.append(group.last)
    # Of equals the first by name: the order of the rows says nothing.
    reason = min(reasons, key=lambda each: (-reasons[each], each), default=None)
    return Worst(
        name=name,
        failures=failures,
        events=events,
        reason=None if reason is None else Reason(reason),
        last=max(days, default=dt.date.min),
    )
