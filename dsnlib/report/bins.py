"""Failures over time: days, weeks, months or years, whichever a chart has room for.

Rules.
- Bins are as long as the calendar has them, the first and last too: a bar that stands for
  a part of a week says so by its name.
- A few events with a date far in the past, as a wrong clock gives them, do not flatten the
  rest: they are counted in one number, `earlier`.  So is what is older than all bins.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import attrs

from dsnlib.bounces.taxonomy import Permanence

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MOST_BARS", "Bin", "Timeline", "cut_into_bins"]

MOST_BARS = 62
"""Chosen by us, as bars that a chart of 900 pixels shows apart."""
_DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}
# Chosen by us: of a thousand failures one may have a wrong date.
_STRAYS = 1000

Daily = dict[tuple[dt.date, Permanence], int]


@attrs.frozen(kw_only=True)
class Bin:
    """The failures of a day, week, month or year.

    Args:
        unit: Which of these.
        since: Its first day that is reported on.
        until: Its last.
        hard: Failures that last.
        soft: Those that may pass.
        unknown: Those of which it is not known.
    """

    unit: str
    since: dt.date
    until: dt.date
    hard: int = 0
    soft: int = 0
    unknown: int = 0

    @property
    def failures(self) -> int:
        """How many there are in all."""
        return self.hard + self.soft + self.unknown


@attrs.frozen(kw_only=True)
class Timeline:
    """The bins of a time, each one of them, those with nothing too.

    Args:
        unit: `day`, `week`, `month` or `year`.
        bins: One after the other.
        earlier: Failures before the first of them.
    """

    unit: str
    bins: tuple[Bin, ...]
    earlier: int = 0


def cut_into_bins(
    daily: Mapping[tuple[dt.date, Permanence], int],
    since: dt.date,
    until: dt.date,
    *,
    most: int = MOST_BARS,
) -> Timeline:
    """Return the failures of days in bins.  Never raises.

    Args:
        daily: How many failures there were on a day.
        since: The first day.
        until: The last day.
        most: How many bins there may be, about: a bin that is begun is one.
    """
    start = _start(daily, since, until)
    start = max(start, dt.date(max(1, until.year - most + 1), 1, 1))
    unit = _unit((until - start).days + 1, most)
    counts: dict[dt.date, dict[Permanence, int]] = {}
    earlier = 0
    for (day, permanence), failures in daily.items():
        if day < start:
            earlier += failures
            continue
        bin_ = counts.setdefault(_first_day(day, unit), dict.fromkeys(Permanence, 0))
        bin_[permanence] += failures
    bins = []
    first: dt.date | None = _first_day(start, unit)
    nothing = dict.fromkeys(Permanence, 0)
    while first is not None and first <= until:
        following = _following(first, unit)
        found = counts.get(first, nothing)
        bins.append(
            Bin(
                unit=unit,
                since=max(first, start),
                until=until if following is None else min(until, following - dt.timedelta(days=1)),
                hard=found[Permanence.HARD],
                soft=found[Permanence.SOFT],
                unknown=found[Permanence.UNKNOWN],
            )
        )
        first = following
    return Timeline(unit=unit, bins=tuple(bins), earlier=earlier)


def _start(
    daily: Mapping[tuple[dt.date, Permanence], int], since: dt.date, until: dt.date
) -> dt.date:
    """Return the first day, or a later one if next to nothing was before it."""
    left = sum(daily.values()) // _STRAYS
    start = since
    for day, failures in sorted((day, failures) for (day, _), failures in daily.items()):
        left -= failures
        start = day
        if left < 0:
            break
    return start if (until - start).days * 2 < (until - since).days else since


def _unit(days: int, most: int) -> str:
    # No time is longer than the most years: its start has been chosen so.
    return next(unit for unit, length in _DAYS.items() if days <= most * length)


def _first_day(day: dt.date, unit: str) -> dt.date:
    if unit == "week":
        # ISO 8601: a week begins on Monday.
        return dt.date.fromordinal(max(1, day.toordinal() - day.weekday()))
    if unit == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def _following(first: dt.date, unit: str) -> dt.date | None:
    """Return the first day of the next bin, `None` after the end of the calendar."""
    try:
        # A step of the greatest length ends in the next bin, wherever that begins.
        return _first_day(first + dt.timedelta(days=_DAYS[unit]), unit)
    except OverflowError:
        return None
