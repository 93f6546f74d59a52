"""Events counted by what a report shows, in a form that stands in a receipt."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.provider import provider_of
from dsnlib.bounces.summary import Tally, TallyKey
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.bulk.finding import DAY_MICROSECONDS, time_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dsnlib.bulk.finding import Finding

__all__ = ["TallyCounter", "parse_tallies"]


class TallyCounter:
    """How many events there were, by `TallyKey`."""

    def __init__(self) -> None:
        # By the texts of a row: nothing is made of them before they are asked for.
        self._counts: Counter[tuple[int | str | None, ...]] = Counter()

    def add(self, findings: Iterable[Finding]) -> None:
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
        """Return the counts as values of JSON."""
        return [
            [time_of(int(day or 0) * DAY_MICROSECONDS).date().isoformat(), *rest, events]
            for (day, *rest), events in self._counts.items()
        ]


def parse_tallies(values: Iterable[Any]) -> Iterator[Tally]:
    """Yield the counts that `TallyCounter.format` gave.

    Raises:
        ValueError: They are none.
    """
    for day, provider, kind, permanence, reason, fault, status, events in values:
        key = TallyKey(
            dt.date.fromisoformat(day),
            provider,
            EventKind(kind),
            Permanence(permanence),
            None if reason is None else Reason(reason),
            Fault(fault),
            status,
        )
        yield Tally(key, events)
