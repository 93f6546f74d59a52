"""Events counted by what a report shows, in a form that stands in a receipt."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.provider import provider_of
from dsnlib.bounces.summary import Tally, TallyKey
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.bulk.finding import DAY_MICROSECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dsnlib.bulk.finding import BulkFinding

__all__ = ["TallyCounter", "sum_tallies"]

_EPOCH = dt.date(1970, 1, 1)


class TallyCounter:
    """How many events there were, by `TallyKey`."""

    def __init__(self) -> None:
        # By the texts of a row: nothing is made of them before they are asked for.
        self._counts: Counter[tuple[Any, ...]] = Counter()

    def add(self, findings: Iterable[BulkFinding]) -> None:
        """Count the events of findings; those without a time are left out.  Never raises."""
        self._counts.update(
            [
                (
                    each.occurred // DAY_MICROSECONDS,
                    provider_of(each.remote_mta, each.recipient or ""),
                    each.kind,
                    each.permanence,
                    each.reason,
                    each.fault,
                    each.status or "",
                )
                for each in findings
                if each.occurred is not None
            ]
        )

    def format(self) -> list[list[Any]]:
        """Return the counts as values of JSON: what happened, and days with their numbers."""
        days: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
        for (day, *what), events in self._counts.items():
            days[tuple(what)] += (day, events)
        return [[*what, numbers] for what, numbers in days.items()]


def sum_tallies(formatted: Iterable[Iterable[Any]]) -> Iterator[Tally]:
    """Yield the counts of many counters together, in no order.

    Args:
        formatted: What `TallyCounter.format` gave for each.

    Raises:
        ValueError: One is none.
    """
    sums: defaultdict[tuple[Any, ...], dict[int, int]] = defaultdict(dict)
    for counts in formatted:
        for *what, numbers in counts:
            days = sums[tuple(what)]
            pairs = iter(numbers)
            for day, events in zip(pairs, pairs, strict=True):
                days[day] = days.get(day, 0) + events
    for (provider, kind, permanence, reason, fault, status), days in sums.items():
        names = (
            EventKind(kind),
            Permanence(permanence),
            None if reason is None else Reason(reason),
            Fault(fault),
        )
        for day, events in days.items():
            yield Tally(TallyKey(_EPOCH + dt.timedelta(day), provider, *names, status), events)
