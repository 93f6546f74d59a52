"""What a delivery found out is an event like those of bounces."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.event_record import event_record, read_event_record
from dsnlib.bounces.outcome_event import outcome_event
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.model.address import DiagnosticCode, MtaName
from dsnlib.model.envelope import Recipient
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode

NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)


def outcome(disposition: Disposition, status: str, text: str | None = None) -> DeliveryOutcome:
    """Return what became of Bob."""
    return DeliveryOutcome(
        recipient=Recipient("bob@example.org"),
        disposition=disposition,
        status=EnhancedStatusCode.parse(status),
        diagnostic=None if text is None else DiagnosticCode("smtp", text),
        remote_mta=MtaName("dns", "mx.example.org"),
    )


def test_a_refusal() -> None:
    """A refusal in the dialogue is classified as one in a bounce."""
    refused = outcome(Disposition.FAILED, "5.1.1", "550 5.1.1 No such user here")
    event = outcome_event(refused, at=NOW, envelope_id="id-1", reply_code=550)

    assert (EventKind.FAILURE, Reason.UNKNOWN_USER) == (event.kind, event.reason)
    assert (Permanence.HARD, Fault.RECIPIENT) == (event.permanence, event.fault)
    assert ("id-1", NOW, "mx.example.org") == (event.envelope_id, event.occurred, event.remote_mta)
    assert event == read_event_record(event_record(event))


@pytest.mark.parametrize(
    ("disposition", "status", "kind"),
    [
        (Disposition.DELIVERED, "2.0.0", EventKind.SUCCESS),
        (Disposition.RELAYED, "2.0.0", EventKind.RELAYED),
        (Disposition.HANDED_ON, "2.1.5", EventKind.RELAYED),
        (Disposition.EXPANDED, "2.0.0", EventKind.EXPANDED),
        (Disposition.DELAYED, "4.2.2", EventKind.DELAY),
        (Disposition.FAILED, "4.4.7", EventKind.FAILURE),
    ],
)
def test_kinds(disposition: Disposition, status: str, kind: EventKind) -> None:
    """Every way in which an attempt can end is a kind of event."""
    assert kind is outcome_event(outcome(disposition, status), at=NOW).kind


def test_names() -> None:
    """The same outcome has the same name, that of another message another one."""
    refused = outcome(Disposition.FAILED, "5.1.1")
    first = outcome_event(refused, at=NOW, message_id="a@example.com")

    assert first == outcome_event(refused, at=NOW, message_id="a@example.com")
    assert first.event_id != outcome_event(refused, at=NOW, message_id="b@example.com").event_id


def test_a_time_without_a_zone_is_none() -> None:
    """It names no instant, and nothing is raised for it."""
    refused = outcome(Disposition.FAILED, "5.1.1")
    event = outcome_event(refused, at=NOW.replace(tzinfo=None))

    assert event.occurred is None
    assert event_record(event)["occurred"] is None
    assert event.event_id != outcome_event(refused, at=NOW).event_id


@pytest.mark.parametrize("code", [0, 199, 600, True, 550.0])
def test_what_is_no_reply_code_is_passed_over(code: Any) -> None:  # noqa: ANN401  what is refused
    """Nothing is raised for it, and nothing follows from it."""
    refused = outcome(Disposition.FAILED, "5.1.1")

    assert outcome_event(refused, at=NOW) == outcome_event(refused, at=NOW, reply_code=code)
