"""What the tests of scores are made from: days, and events on them."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import strategies as st

from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

ADDRESS = "bob@example.org"
DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
# Noon of a Monday: the hours round it are of the same day, UTC.
NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)

_NUMBERS = itertools.count(1)


def failure(occurred: dt.datetime, **fields: Any) -> BounceEvent:  # noqa: ANN401  those of an event
    """Return a hard failure that is the recipient's fault, and no other's event."""
    values: dict[str, Any] = {
        "recipient": ADDRESS,
        "kind": EventKind.FAILURE,
        "permanence": Permanence.HARD,
        "fault": Fault.RECIPIENT,
        "reason": Reason.UNKNOWN_USER,
        "occurred": occurred,
        "event_id": f"{next(_NUMBERS):032x}",
    }
    return BounceEvent(**{**values, **fields})


def soft(occurred: dt.datetime, **fields: Any) -> BounceEvent:  # noqa: ANN401  those of an event
    """Return a transient failure that is the recipient's fault."""
    values: dict[str, Any] = {"permanence": Permanence.SOFT, "reason": Reason.MAILBOX_FULL}
    return failure(occurred, **{**values, **fields})


def other(kind: EventKind, occurred: dt.datetime, **fields: Any) -> BounceEvent:  # noqa: ANN401  those of an event
    """Return what is no failure."""
    values: dict[str, Any] = {"reason": None, "permanence": Permanence.UNKNOWN}
    return failure(occurred, kind=kind, **{**values, **fields})


def on_days(*days: float, until: dt.datetime = NOON) -> list[BounceEvent]:
    """Return a hard failure on each of some days, counted back from the last."""
    return [failure(until - each * DAY) for each in days]


def identifiers(events: Iterable[BounceEvent]) -> tuple[str, ...]:
    """Return the names of events, in their order."""
    return tuple(each.event_id for each in events)


def lives(
    *, kinds: Iterable[EventKind] = EventKind, faults: Iterable[Fault] = Fault
) -> st.SearchStrategy[list[BounceEvent]]:
    """Return what may happen to an address in two months: many events on few instants.

    Args:
        kinds: What may happen.
        faults: Whose fault it may be.
    """
    event = st.builds(
        BounceEvent,
        recipient=st.just(ADDRESS),
        kind=st.sampled_from(list(kinds)),
        permanence=st.sampled_from(Permanence),
        fault=st.sampled_from(list(faults)),
        reason=st.sampled_from(
            [None, Reason.UNKNOWN_USER, Reason.MAILBOX_FULL, Reason.NULL_MX, Reason.EXPIRED]
        ),
        envelope_id=st.sampled_from([None, "probe"]),
        # Six instants a day, so that many are equal, and some lie in the future.
        occurred=st.integers(-240, 24).map(lambda quarter: NOON + quarter * 4 * HOUR),
    )
    return st.lists(event, max_size=40).map(_named)


def _named(events: list[BounceEvent]) -> list[BounceEvent]:
    return [attrs.evolve(each, event_id=f"{n:032x}") for n, each in enumerate(events)]
