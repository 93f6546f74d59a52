"""The tracking signal of django-anymail, with the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.adapters.outbox.sink import EventRefused, SinkUnavailable
from dsnlib.bounces.event import EventKind
from dsnlib.bounces.event_record import event_record
from dsnlib.bounces.taxonomy import Reason
from tests.adapters.outbox.events import NOW, event, notice

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("anymail", reason="django-anymail is not installed")


@pytest.fixture
def got() -> Iterator[list[dict[str, Any]]]:
    """What a receiver of the signal is told."""
    from anymail.signals import tracking
    from django.conf import settings
    from django.db.utils import OperationalError

    if not settings.configured:
        settings.configure()
    told: list[dict[str, Any]] = []

    def receiver(sender: object, event: Any, **arguments: object) -> None:  # noqa: ANN401  without types
        told.append({"sender": sender, "event": event, **arguments})
        if event.recipient == "poison@example.org":
            raise ValueError(event.recipient)
        if event.recipient == "away@example.org":
            raise OperationalError(event.recipient)

    tracking.connect(receiver)
    yield told
    tracking.disconnect(receiver)


def test_signal(got: list[dict[str, Any]]) -> None:
    """A receiver is told all that anymail has a name for."""
    from anymail.signals import AnymailTrackingEvent, EventType, RejectReason

    from dsnlib.adapters.outbox.anymail import AnymailSignal

    sink = AnymailSignal()
    sink.take([notice(0, message_id="a@b")])
    sink.close()
    told = got[0]
    tracked = told["event"]

    assert isinstance(tracked, AnymailTrackingEvent)
    assert ("dsnlib", AnymailSignal) == (told["esp_name"], told["sender"])
    assert (EventType.BOUNCED, RejectReason.BOUNCED) == (tracked.event_type, tracked.reject_reason)
    assert (NOW, event().event_id) == (tracked.timestamp, tracked.event_id)
    assert ("<a@b>", "user0@example.org") == (tracked.message_id, tracked.recipient)
    assert ("unknown-user", "550 5.1.1 No such user") == (tracked.description, tracked.mta_response)
    assert ({"source": "test"}, []) == (tracked.metadata, tracked.tags)
    assert event_record(event(message_id="a@b")) == tracked.esp_event


@pytest.mark.parametrize("kind", list(EventKind))
@pytest.mark.parametrize("reason", [None, *Reason])
def test_names(kind: EventKind, reason: Reason | None) -> None:
    """Every event has a type and a reason that anymail knows."""
    from anymail import signals

    from dsnlib.adapters.outbox.anymail import anymail_event

    tracked = anymail_event(notice(0, kind=kind, reason=reason))
    types = {v for k, v in vars(signals.EventType).items() if k.isupper()}
    reasons = {None, *(v for k, v in vars(signals.RejectReason).items() if k.isupper())}

    assert tracked.event_type in types
    assert tracked.reject_reason in reasons


@pytest.mark.parametrize(
    ("kind", "event_type", "reject_reason"),
    [
        (EventKind.DELAY, "deferred", None),
        (EventKind.SUCCESS, "delivered", None),
        (EventKind.COMPLAINT, "complained", "spam"),
        (EventKind.FAILURE, "bounced", "bounced"),
        (EventKind.RELAYED, "sent", None),
    ],
)
def test_kinds(kind: EventKind, event_type: str, reject_reason: str | None) -> None:
    """What happened decides; for a failure, why."""
    from dsnlib.adapters.outbox.anymail import anymail_event

    tracked = anymail_event(notice(0, kind=kind, envelope_id="E1"))

    assert (event_type, reject_reason) == (tracked.event_type, tracked.reject_reason)
    assert "E1" == tracked.message_id


def test_receiver_raises(got: list[dict[str, Any]]) -> None:
    """A receiver that raises refuses the event; its text, which may quote anything, stays out."""
    from dsnlib.adapters.outbox.anymail import AnymailSignal

    with pytest.raises(EventRefused, match=r"^a receiver raised ValueError$"):
        AnymailSignal(sender="site").take([notice(0, recipient="poison@example.org")])

    assert "site" == got[0]["sender"]


def test_database_is_away(got: list[dict[str, Any]]) -> None:
    """Where the database of the site is away, the event comes again."""
    from dsnlib.adapters.outbox.anymail import AnymailSignal

    with pytest.raises(SinkUnavailable, match=r"is away: OperationalError$"):
        AnymailSignal().take([notice(0, recipient="away@example.org")])

    assert 1 == len(got)
