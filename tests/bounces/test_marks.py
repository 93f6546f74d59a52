"""What a score keeps of the events of one address."""

from __future__ import annotations

import datetime as dt

import attrs
import pytest

from dsnlib.bounces.marks import Marks
from dsnlib.bounces.score import judge_marks
from dsnlib.bounces.score_policy import ScorePolicy
from dsnlib.errors import InvalidValue
from tests.bounces.scoring import DAY, HOUR, NOON, failure, soft

POLICY = ScorePolicy()


def test_marks_are_judged_at_a_time_with_a_zone() -> None:
    """And so is a release."""
    with pytest.raises(InvalidValue, match=r"^now: "):
        judge_marks(Marks(POLICY), now=NOON.replace(tzinfo=None))
    with pytest.raises(InvalidValue, match=r"^released: "):
        Marks(POLICY, released=NOON.replace(tzinfo=None))


def test_memory_is_of_days_not_of_events() -> None:
    """Of ten thousand events of a day two are kept: the last of each weight."""
    marks = Marks(POLICY)
    event = failure(NOON)
    for number in range(10_000):
        later = NOON + number * dt.timedelta(seconds=1)
        marks.add(attrs.evolve(event, occurred=later), now=NOON + DAY)
    last = soft(NOON)
    marks.add(last, now=NOON + DAY)

    assert {
        (NOON.date(), 1.0): NOON + dt.timedelta(seconds=9_999),
        (NOON.date(), 0.5): NOON,
    } == {key: mark.occurred for key, mark in marks.failures.items()}


def test_what_is_in_the_future_is_left_out() -> None:
    """Whoever keeps marks is told, and reads the events again when it has come."""
    marks = Marks(POLICY)
    marks.add(failure(NOON), now=NOON)
    assert marks.is_complete

    marks.add(failure(NOON + HOUR), now=NOON)

    assert (False, 1) == (marks.is_complete, len(marks.failures))
