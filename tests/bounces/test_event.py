"""An event: one recipient, what happened, why we think so."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from dsnlib.bounces.event import BounceEvent, EventKind, kind_of
from dsnlib.errors import InvalidValue
from dsnlib.model.report import Action


def test_no_recipient() -> None:
    """An event is about somebody."""
    with pytest.raises(InvalidValue, match="there is no recipient"):
        BounceEvent(recipient="", kind=EventKind.FAILURE)


def test_every_action_is_a_kind() -> None:
    """Each action of RFC 3464 s2.3.3 is a kind of event, and no other kind is one."""
    kinds = [kind_of(action) for action in Action]

    assert len(set(kinds)) == len(kinds)
    assert {EventKind.COMPLAINT} == set(EventKind) - set(kinds)


class NoZone(dt.tzinfo):
    """A zone that does not know how far from UTC it is."""

    def utcoffset(self, _when: dt.datetime | None, /) -> None:
        """Return nothing."""

    tzname = dst = utcoffset


NAIVE = dt.datetime(2026, 11, 23, 12)  # noqa: DTZ001  what is refused
SECONDS = dt.timezone(dt.timedelta(seconds=90))


@pytest.mark.parametrize("when", [NAIVE, NAIVE.replace(tzinfo=NoZone())], ids=["none", "unknown"])
def test_a_time_has_a_zone(when: dt.datetime) -> None:
    """Without one nobody can say when it was: the answer would be that of the machine."""
    with pytest.raises(InvalidValue, match=r"^occurred: .* has no zone$") as caught:
        BounceEvent(recipient="bob@example.org", kind=EventKind.FAILURE, occurred=when)

    assert when is caught.value.value


@pytest.mark.parametrize("zone", [dt.UTC, SECONDS, dt.timezone(dt.timedelta(hours=14))])
def test_any_zone_will_do(zone: dt.tzinfo) -> None:
    """No report is written of it, so its zone may have seconds."""
    when = NAIVE.replace(tzinfo=zone)

    event = BounceEvent(recipient="bob@example.org", kind=EventKind.FAILURE, occurred=when)

    assert when == event.occurred


@pytest.mark.parametrize("code", [199, 600, -550, 10**400, True, 550.0, float("nan"), "550"])
def test_a_reply_code_is_one_of_smtp(code: Any) -> None:  # noqa: ANN401  what is refused
    """It is a whole number from 200 to 599, as the schema has it."""
    with pytest.raises(InvalidValue, match=r"^reply_code: .* from 200 to 599$") as caught:
        BounceEvent(recipient="bob@example.org", kind=EventKind.FAILURE, reply_code=code)

    assert code is caught.value.value


@pytest.mark.parametrize("code", [None, 200, 599])
def test_the_ends_of_reply_codes(code: int | None) -> None:
    """The ends are in it, and there may be none."""
    event = BounceEvent(recipient="bob@example.org", kind=EventKind.FAILURE, reply_code=code)

    assert code == event.reply_code
