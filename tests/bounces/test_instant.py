"""Whether a time is one that every store can have."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import attrs
import pytest

from dsnlib.bounces.instant import check_instant
from dsnlib.bounces.probe import SentProbe
from dsnlib.bounces.standing import CountedDay, Judgement, Standing
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.bounces.taxonomy import Permanence
from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable

NEW_YORK = dt.timezone(dt.timedelta(hours=-5))
NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
LATE = dt.datetime(9999, 12, 31, 23, tzinfo=NEW_YORK)


ENTRY = Suppression(
    address="bob@example.org", source=SuppressionSource.MANUAL, created=NOON - dt.timedelta(days=1)
)
STANDING = Standing(judgement=Judgement.FINE, score=0.0, threshold=5.0)
DAY = CountedDay(
    day=NOON.date(), weight=1.0, score=1.0, occurred=NOON, event_id="", reason=None,
    permanence=Permanence.HARD,
)  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        lambda time: check_instant(time, "when"),
        lambda time: SentProbe(address="bob@example.org", sent=time, envelope_id="x"),
        lambda time: attrs.evolve(ENTRY, created=time),
        lambda time: attrs.evolve(ENTRY, expires=time),
        lambda time: attrs.evolve(ENTRY, released=time),
        lambda time: attrs.evolve(STANDING, since=time),
        lambda time: attrs.evolve(STANDING, expires=time),
        lambda time: attrs.evolve(STANDING, undone=time),
        lambda time: attrs.evolve(STANDING, next_time=time),
        lambda time: attrs.evolve(DAY, occurred=time),
    ],
    ids=[
        "itself",
        "probe",
        "created",
        "expires",
        "released",
        "since",
        "until",
        "undone",
        "next_time",
        "day",
    ],
)
def test_no_instant(make: Callable[[dt.datetime], object]) -> None:
    """A time that a store could write and not read would spoil it for all that is in it."""
    make(NOON)
    make(NOON.astimezone(NEW_YORK))
    with pytest.raises(InvalidValue, match=r"^[a-z_]+: .* has no zone"):
        make(NOON.replace(tzinfo=None))
    with pytest.raises(InvalidValue, match=r"^[a-z_]+: .* is outside the calendar"):
        make(LATE)
