"""What a score keeps of the events of one address: maxima, whose order cannot matter.

A day keeps for each weight only the last failure.  The last success, the first
complaint and the days of relaying are kept in the same way.  So neither the order of
the events nor how often each is added can matter, and an address with a million events
needs no more memory than one with its days.

Rules.
- What has no time does not count: nobody can say when it was.
- What lies in the future does not count yet; `is_complete` is false from then on.
- What was before a release does not count.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.instant import check_instant

if TYPE_CHECKING:
    from dsnlib.bounces.event import BounceEvent
    from dsnlib.bounces.probe import SentProbe
    from dsnlib.bounces.score_policy import ScorePolicy

__all__ = ["Mark", "Marks"]


class Mark(NamedTuple):
    """An event that counts; of two the greater is the later.

    Args:
        day: The day on which it was, UTC.
        occurred: When it was, UTC.
        event_id: Which event it is.
        permanence: The value of its `Permanence`.
        reason: The value of its `Reason`, `""` for none.
    """

    day: dt.date
    occurred: dt.datetime
    event_id: str
    permanence: str
    reason: str


class Marks:
    """What is kept of the events of one address.

    Args:
        policy: What counts.
        released: When a person let the address go; with a zone.
        probe: The last probe that was sent to it.

    Attributes:
        failures: For each day and weight the last failure.
        relayed: The days on which a next hop took mail.
        success: When mail arrived last.
        complaint: The first complaint.
        probe_failure: The last bounce of the probe.
        is_complete: Whether nothing was left out for being in the future.

    Raises:
        InvalidValue: The time has no zone.
    """

    def __init__(
        self,
        policy: ScorePolicy,
        *,
        released: dt.datetime | None = None,
        probe: SentProbe | None = None,
    ) -> None:
        check_instant(released, "released")
        self.policy = policy
        self.released = released
        self.probe = probe
        self.failures: dict[tuple[dt.date, float], Mark] = {}
        self.relayed: set[dt.date] = set()
        self.success: dt.datetime | None = None
        self.complaint: Mark | None = None
        self.probe_failure: Mark | None = None
        self.is_complete = True

    def add(self, event: BounceEvent, *, now: dt.datetime) -> None:
        """Keep what matters of an event.

        Args:
            event: Of the address.
            now: The time; with a zone.

        Never raises.
        """
        occurred = _utc(event.occurred)
        if occurred is None:
            return
        if occurred > now:
            self.is_complete = False
            return
        if self.released is not None and occurred < self.released:
            return
        if event.kind is EventKind.SUCCESS:
            self.success = occurred if self.success is None else max(self.success, occurred)
        elif event.kind is EventKind.RELAYED:
            self.relayed.add(occurred.date())
        elif event.kind is EventKind.COMPLAINT:
            mark = _mark(event, occurred)
            self.complaint = mark if self.complaint is None else min(self.complaint, mark)
        elif weight := self.policy.weigh(event):
            self._add_failure(_mark(event, occurred), weight, event)

    def _add_failure(self, mark: Mark, weight: float, event: BounceEvent) -> None:
        if self.probe is not None and self.probe.is_of(event):
            known = self.probe_failure
            self.probe_failure = mark if known is None else max(known, mark)
        else:
            key = (mark.day, weight)
            known = self.failures.get(key)
            if known is None or mark > known:
                self.failures[key] = mark


def _mark(event: BounceEvent, occurred: dt.datetime) -> Mark:
    reason = "" if event.reason is None else event.reason.value
    day = occurred.date()
    return Mark(day, occurred, event.event_id, event.permanence.value, reason)


def _utc(time: dt.datetime | None) -> dt.datetime | None:
    if time is None or time.tzinfo is dt.UTC:
        return time
    try:
        return time.astimezone(dt.UTC)
    except OverflowError:  # on the first or the last day of the calendar
        return None
