"""An event is written as a record and read again, and a bad record is told by its key."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from dsnlib.bounces.event import BounceEvent
from dsnlib.bounces.event_record import EVENT_FIELDS, event_record, read_event_record
from dsnlib.errors import InvalidValue
from tests.strategies import bounce_events

SCHEMA = Draft202012Validator(
    json.loads(
        (Path(__file__).parents[2] / "dsnlib/schema/event-v1.json").read_text(encoding="utf-8")
    )
)
RECORD = {"event_id": "0" * 32, "recipient": "bob@example.org", "kind": "failure"}


@given(bounce_events())
def test_round_trip(event: BounceEvent) -> None:
    """Reading what was written gives an equal event, through JSON too."""
    record = event_record(event)

    assert list(EVENT_FIELDS) == list(record)
    assert event == read_event_record(record)
    assert event == read_event_record(json.loads(json.dumps(record)))


@given(bounce_events())
def test_schema(event: BounceEvent) -> None:
    """A record keeps to its schema, which has the keys in their order."""
    assert SCHEMA.is_valid(event_record(event))
    assert SCHEMA.schema["required"] == list(EVENT_FIELDS)


def test_keys_that_are_not_known() -> None:
    """They are ignored, and those that are missing are nothing."""
    event = read_event_record({**RECORD, "colour": "red"})

    assert ("bob@example.org", None, ()) == (event.recipient, event.status, event.evidence)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"event_id": "x"}, "event_id: 'x'"),
        ({"event_id": None}, "event_id: None"),
        ({"event_id": 1}, "event_id: 1 is no text"),
        ({"recipient": ""}, "no recipient"),
        ({"recipient": ["a"]}, "recipient: "),
        ({"kind": None}, "kind: it is missing"),
        ({"kind": "lost"}, "kind: 'lost'"),
        ({"permanence": "firm"}, "permanence: 'firm'"),
        ({"reason": "because"}, "reason: 'because'"),
        ({"fault": "mine"}, "fault: 'mine'"),
        ({"status": "9.9.9"}, "'9.9.9'"),
        ({"reply_code": "550"}, "reply_code: '550'"),
        ({"reply_code": True}, "reply_code: True"),
        ({"occurred": "yesterday"}, "occurred: 'yesterday'"),
        ({"occurred": "2026-11-23T10:00:00"}, "occurred: '2026"),
        ({"occurred": "0001-01-01T00:00:00+14:00"}, "occurred: '0001"),
        ({"evidence": 7}, "evidence: 7"),
        ({"evidence": [7]}, "evidence: "),
        ({"evidence": [{"field": "x", "rule": "y", "confidence": "some"}]}, "evidence: "),
    ],
)
def test_bad_records(changes: dict[str, Any], place: str) -> None:
    """The key is named, and what stands there."""
    with pytest.raises(InvalidValue) as caught:
        read_event_record({**RECORD, **changes})

    assert place in str(caught.value)
