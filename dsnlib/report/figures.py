"""The numbers of a report, counted once from the tallies of a summary.

Rules.
- Rows are sorted by their number, the greatest first, then by name: the same history gives
  the same report.
- What has no name, such as all other providers, is the last, however great it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import attrs

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.report.bins import MOST_BARS, Timeline, cut_into_bins

if TYPE_CHECKING:
    import datetime as dt

    from dsnlib.bounces.summary import Summary

__all__ = ["Figures", "count_figures"]

_Name = TypeVar("_Name")
# A `TallyKey` without its day.
_Alike = tuple[str, EventKind, Permanence, Reason | None, Fault, str]


@attrs.frozen(kw_only=True)
class Figures:
    """What a report says in numbers.

    Args:
        kinds: Events of each kind.
        permanences: Failures by whether they last.
        faults: Failures by whose fault they are.
        reasons: Failures by reason; without one they are `UNDEFINED`.
        providers: Failures by provider, `""` for all that have no name.
        codes: Failures by status code as text, `""` for those without.
        provider_reasons: Failures by provider and reason.
        timeline: Failures over time.
    """

    kinds: Mapping[EventKind, int]
    permanences: Mapping[Permanence, int]
    faults: Mapping[Fault, int]
    reasons: Mapping[Reason, int]
    providers: Mapping[str, int]
    codes: Mapping[str, int]
    provider_reasons: Mapping[tuple[str, Reason], int]
    timeline: Timeline

    @property
    def failures(self) -> int:
        """How many failures there are."""
        return self.kinds[EventKind.FAILURE]

    @property
    def events(self) -> int:
        """How many events there are of any kind."""
        return sum(self.kinds.values())


def count_figures(summary: Summary, *, most_bars: int = MOST_BARS) -> Figures:
    """Return the numbers of a summary; in the time that its tallies take.  Never raises.

    Args:
        summary: What became of the mail.
        most_bars: How many bins the timeline may have, about.
    """
    # Members of an enumeration are slow to hash, and days make most of the tallies: two
    # sums for each tally, and the rest from what is left of them.
    alike: dict[_Alike, int] = {}
    daily: dict[tuple[dt.date, Permanence], int] = {}
    failure = EventKind.FAILURE
    for key, events in summary.tallies:
        rest = key[1:]
        alike[rest] = alike.get(rest, 0) + events
        if key.kind is failure:
            day = key.day, key.permanence
            daily[day] = daily.get(day, 0) + events
    return _counted(alike, cut_into_bins(daily, summary.since, summary.until, most=most_bars))


def _counted(alike: Mapping[_Alike, int], timeline: Timeline) -> Figures:
    kinds = dict.fromkeys(EventKind, 0)
    permanences = dict.fromkeys(Permanence, 0)
    faults: dict[Fault, int] = {}
    reasons: dict[Reason, int] = {}
    providers: dict[str, int] = {}
    codes: dict[str, int] = {}
    provider_reasons: dict[tuple[str, Reason], int] = {}
    for (provider, kind, permanence, reason, fault, status), events in alike.items():
        kinds[kind] += events
        if kind is not EventKind.FAILURE:
            continue
        known = reason or Reason.UNDEFINED
        permanences[permanence] += events
        faults[fault] = faults.get(fault, 0) + events
        reasons[known] = reasons.get(known, 0) + events
        providers[provider] = providers.get(provider, 0) + events
        codes[status] = codes.get(status, 0) + events
        pair = provider, known
        provider_reasons[pair] = provider_reasons.get(pair, 0) + events
    return Figures(
        kinds=kinds,
        permanences=permanences,
        faults=_sorted(faults),
        reasons=_sorted(reasons),
        providers=_sorted(providers),
        codes=_sorted(codes),
        provider_reasons=provider_reasons,
        timeline=timeline,
    )


def _sorted(counts: dict[_Name, int]) -> dict[_Name, int]:
    ordered = sorted(counts.items(), key=lambda each: (not each[0], -each[1], str(each[0])))
    return {name: count for name, count in ordered if count}
