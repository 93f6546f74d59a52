"""The forms that an event has on its way out."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

from hypothesis import given

from dsnlib.adapters.outbox.notice import Notice, format_line, message_of
from dsnlib.bounces.event_record import event_record, read_event_record
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.bounces.suppression_record import suppression_record
from tests.adapters.outbox.events import NOW, event
from tests.strategies import bounce_events

if TYPE_CHECKING:
    from dsnlib.bounces.event import BounceEvent


def test_message() -> None:
    """A message has a type, a time and the record, with source and suppression."""
    known = Suppression(
        address="user0@example.org",
        source=SuppressionSource.BOUNCE,
        created=NOW,
        evidence=["a"],
        expires=NOW + dt.timedelta(days=1),
    )
    message = message_of(Notice(1, event(), "list", known))
    data = message.pop("data")
    suppression = data.pop("suppression")

    assert {"type": "bounce.failure", "timestamp": "2026-03-01T09:00:00Z"} == message
    assert {**event_record(event()), "source": "list"} == data
    assert suppression_record(known) == suppression
    assert ["a"] == suppression["evidence"]
    assert "2026-03-02T09:00:00Z" == suppression["expires"]
    assert message_of(Notice(1, event()))["data"]["suppression"] is None


@given(bounce_events())
def test_line(told: BounceEvent) -> None:
    """A line is ASCII without a line end in it, and reads back as the event."""
    line = format_line(event_record(told))

    assert line.isascii()
    assert b"\n" == line[-1:]
    assert 1 == line.count(b"\n")
    assert b"\r" not in line
    assert event_record(told) == json.loads(line)
    if len(told.event_id) == 32:
        assert told == read_event_record(json.loads(line))
