"""Events to hand on."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from dsnlib.adapters.outbox.notice import Notice
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.model.status import EnhancedStatusCode

__all__ = ["NOW", "event", "events", "notice"]

NOW = dt.datetime(2026, 3, 1, 9, 0, tzinfo=dt.UTC)


def event(number: int = 0, recipient: str = "", **fields: Any) -> BounceEvent:  # noqa: ANN401  whatever the value takes
    """Return an event that is like no other."""
    known: dict[str, Any] = {
        "recipient": recipient or f"user{number}@example.org",
        "kind": EventKind.FAILURE,
        "permanence": Permanence.HARD,
        "reason": Reason.UNKNOWN_USER,
        "fault": Fault.RECIPIENT,
        "status": EnhancedStatusCode.parse("5.1.1"),
        "diagnostic": "550 5.1.1 No such user",
        "occurred": NOW + dt.timedelta(seconds=number),
        "event_id": hashlib.sha256(b"%d" % number).hexdigest()[:32],
    }
    return BounceEvent(**{**known, **fields})


def events(count: int) -> list[BounceEvent]:
    """Return some, in order."""
    return [event(number) for number in range(count)]


def notice(number: int = 0, **fields: Any) -> Notice:  # noqa: ANN401  whatever the value takes
    """Return one that is on its way out."""
    return Notice(number + 1, event(number, **fields), "test")
