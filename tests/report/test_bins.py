"""Failures over time: which bins a time has, and that nothing is lost in them."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.taxonomy import Permanence
from dsnlib.report.bins import MOST_BARS, cut_into_bins

DAY = dt.date(2026, 1, 1)  # a Thursday
HARD, SOFT, UNKNOWN = Permanence.HARD, Permanence.SOFT, Permanence.UNKNOWN


def later(days: int) -> dt.date:
    """Return a day after the first."""
    return DAY + dt.timedelta(days=days)


@pytest.mark.parametrize(
    ("days", "unit", "bins"),
    [
        (1, "day", 1),
        (62, "day", 62),
        (63, "week", 10),
        (434, "week", 63),
        (435, "month", 15),
        (1922, "month", 64),
        (1923, "year", 6),
    ],
)
def test_units(days: int, unit: str, bins: int) -> None:
    """The longer the time, the longer the bins; a week or month that is begun is one."""
    timeline = cut_into_bins({(later(days - 1), HARD): 1, (DAY, HARD): 1}, DAY, later(days - 1))

    assert (unit, bins) == (timeline.unit, len(timeline.bins))


def test_edges() -> None:
    """A week begins on Monday; the first and the last have the days that are reported on."""
    timeline = cut_into_bins({(DAY, HARD): 1, (later(69), SOFT): 2}, DAY, later(69))
    first, second, *_, last = timeline.bins

    assert (DAY, later(3)) == (first.since, first.until)
    assert (later(4), later(10)) == (second.since, second.until)
    assert (later(67), later(69)) == (last.since, last.until)
    assert (1, 0, 0) == (first.hard, first.soft, first.unknown)
    assert (0, 2, 0, 2) == (last.hard, last.soft, last.unknown, last.failures)


def test_fewer_bins() -> None:
    """Where there is less room, there are fewer bins."""
    timeline = cut_into_bins({(DAY, HARD): 1, (later(40), HARD): 1}, DAY, later(40), most=31)

    assert ("week", 7) == (timeline.unit, len(timeline.bins))


def test_stray_dates() -> None:
    """One event of 1970 among thousands does not make a chart of fifty years."""
    stray = dt.date(1970, 1, 1)
    daily = {(stray, HARD): 1, (DAY, HARD): 3000, (later(9), UNKNOWN): 20}
    timeline = cut_into_bins(daily, stray, later(9))

    assert ("day", 10, 1) == (timeline.unit, len(timeline.bins), timeline.earlier)
    assert DAY == timeline.bins[0].since


def test_old_failures_are_no_strays() -> None:
    """What is a part of the whole is shown, however long ago."""
    old = dt.date(1990, 1, 1)
    timeline = cut_into_bins({(old, HARD): 10, (DAY, HARD): 3000}, old, DAY)

    assert ("year", 37, 0) == (timeline.unit, len(timeline.bins), timeline.earlier)


def test_more_than_a_lifetime() -> None:
    """Of ten thousand years the last are shown, however many failures were before."""
    first = dt.date(1, 1, 1)
    timeline = cut_into_bins({(first, HARD): 70, (DAY, HARD): 30}, first, DAY, most=31)

    assert ("year", 31, 70) == (timeline.unit, len(timeline.bins), timeline.earlier)


def test_end_of_the_calendar() -> None:
    """The last day that there is ends the last bin."""
    until = dt.date.max
    timeline = cut_into_bins({(until, HARD): 1}, until - dt.timedelta(days=100), until)

    assert (until, 1) == (timeline.bins[-1].until, timeline.bins[-1].failures)


def test_nothing() -> None:
    """A time without failures has its bins all the same."""
    assert 3 == len(cut_into_bins({}, DAY, later(2)).bins)


@given(
    st.dictionaries(
        st.tuples(st.dates(), st.sampled_from(Permanence)), st.integers(1, 10**12), max_size=20
    ),
    st.sampled_from([10, 31, MOST_BARS]),
)
def test_nothing_is_lost(daily: dict[tuple[dt.date, Permanence], int], most: int) -> None:
    """Each failure is in one bin or before all; bins follow each other without a gap."""
    days = [day for day, _ in daily] or [DAY]
    timeline = cut_into_bins(daily, min(days), max(days), most=most)
    bins = timeline.bins

    assert sum(daily.values()) == timeline.earlier + sum(each.failures for each in bins)
    assert max(days) == bins[-1].until
    assert len(bins) <= most + 3
    assert all(each.since <= each.until for each in bins)
    assert all(
        before.until + dt.timedelta(days=1) == after.since
        for before, after in itertools.pairwise(bins)
    )
