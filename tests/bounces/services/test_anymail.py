"""Events of django-anymail, which stand for those of many mail services."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.outbox.anymail import anymail_event
from dsnlib.adapters.outbox.notice import Notice
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.event_record import event_record, read_event_record
from dsnlib.bounces.services.anymail import read_anymail
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason

TIME = dt.datetime(2026, 11, 23, 4, 0, tzinfo=dt.UTC)


def tracked(event_type: str = "bounced", **known: Any) -> AnymailTrackingEvent:  # noqa: ANN401  what anymail takes
    """Return an event of anymail's."""
    values = {
        "event_type": event_type, "timestamp": TIME, "event_id": "e-1", "message_id": "m-1",
        "recipient": "bob@example.org", **known,
    }  # fmt: skip
    return AnymailTrackingEvent(**values)


def read(event_type: str = "bounced", *, esp_name: str = "Some ESP", **known: Any) -> BounceEvent:  # noqa: ANN401  see above
    """Return our event for it."""
    event = read_anymail(tracked(event_type, **known), esp_name=esp_name)
    assert event is not None
    return event


def test_bounce() -> None:
    """A bounce says who, why, when and which mail it was."""
    event = read(mta_response="550 5.1.1 nobody of that name", message_id="<one@example.net>")

    assert ("bob@example.org", EventKind.FAILURE) == (event.recipient, event.kind)
    assert (Reason.UNKNOWN_USER, Permanence.HARD, Fault.RECIPIENT) == (
        event.reason, event.permanence, event.fault,
    )  # fmt: skip
    assert ("5.1.1", 550) == (str(event.status), event.reply_code)
    assert "550 5.1.1 nobody of that name" == event.diagnostic
    assert ("one@example.net", "<one@example.net>") == (event.message_id, event.envelope_id)
    assert TIME == event.occurred
    assert ("anymail", "anymail/some-esp/bounced") == (event.dialect, event.evidence[0].rule)
    assert event == read_event_record(event_record(event))


@pytest.mark.parametrize(
    ("event_type", "kind"),
    [
        (EventType.BOUNCED, EventKind.FAILURE),
        (EventType.REJECTED, EventKind.FAILURE),
        (EventType.FAILED, EventKind.FAILURE),
        (EventType.DEFERRED, EventKind.DELAY),
        (EventType.DELIVERED, EventKind.RELAYED),
        (EventType.COMPLAINED, EventKind.COMPLAINT),
        (EventType.SENT, None),
        (EventType.QUEUED, None),
        (EventType.AUTORESPONDED, None),
        (EventType.OPENED, None),
        (EventType.UNSUBSCRIBED, None),
        ("new", None),
    ],
)
def test_kinds(event_type: str, kind: EventKind | None) -> None:
    """What happened follows from the type; most types are no matter of ours."""
    event = read_anymail(tracked(event_type), esp_name="ESP")

    assert kind == (None if event is None else event.kind)


@pytest.mark.parametrize(
    ("event_type", "word", "said", "reason", "permanence"),
    [
        ("bounced", None, None, Reason.UNDEFINED, Permanence.UNKNOWN),
        ("bounced", RejectReason.BOUNCED, None, Reason.UNDEFINED, Permanence.UNKNOWN),
        ("bounced", RejectReason.INVALID, None, Reason.BAD_RECIPIENT_SYNTAX, Permanence.HARD),
        ("bounced", RejectReason.TIMED_OUT, None, Reason.EXPIRED, Permanence.SOFT),
        ("bounced", RejectReason.BLOCKED, None, Reason.POLICY, Permanence.UNKNOWN),
        ("bounced", RejectReason.BLOCKED, "552 5.2.2 full", Reason.MAILBOX_FULL, Permanence.SOFT),
        ("rejected", RejectReason.BOUNCED, None, Reason.SUPPRESSED, Permanence.HARD),
        ("rejected", RejectReason.SPAM, "bounced before", Reason.SUPPRESSED, Permanence.HARD),
        ("rejected", RejectReason.BLOCKED, "550 5.1.1 no", Reason.UNKNOWN_USER, Permanence.HARD),
        ("rejected", RejectReason.OTHER, None, Reason.UNDEFINED, Permanence.UNKNOWN),
        ("deferred", None, "hm", Reason.UNDEFINED, Permanence.SOFT),
        ("delivered", None, "250 2.0.0 ok", None, Permanence.UNKNOWN),
        ("complained", RejectReason.SPAM, None, None, Permanence.UNKNOWN),
    ],
)
def test_why(
    event_type: str, word: str | None, said: str | None, reason: Reason, permanence: Permanence
) -> None:
    """The server's words count; the service's where they say little or there are none."""
    event = read(event_type, reject_reason=word, mta_response=said, description="its own words")

    assert (reason, permanence) == (event.reason, event.permanence)
    assert (said or "its own words") == event.diagnostic


@pytest.mark.parametrize(
    ("view", "sent", "found"),
    [
        (
            SendGridTrackingWebhookView,
            {
                "email": "bob@example.org", "event": "bounce", "timestamp": 1_795_406_400,
                "sg_event_id": "sg-1", "smtp-id": "<one@example.net>",
                "reason": "550 5.1.1 nobody of that name", "type": "bounce",
            },
            (EventKind.FAILURE, Reason.UNKNOWN_USER, "one@example.net"),
        ),
        (
            MailgunTrackingWebhookView,
            {
                "signature": {"timestamp": "1795406400", "token": "t", "signature": "s"},
                "event-data": {
                    "id": "mg-1", "event": "failed", "severity": "permanent", "reason": "bounce",
                    "timestamp": 1_795_406_400.5, "recipient": "bob@example.org",
                    "message": {"headers": {"message-id": "one@example.net"}},
                    "delivery-status": {"code": 552, "message": "552 5.2.2 mailbox full"},
                },
            },
            (EventKind.FAILURE, Reason.MAILBOX_FULL, "one@example.net"),
        ),
        (
            PostmarkTrackingWebhookView,
            {
                "RecordType": "SpamComplaint", "Type": "SpamComplaint", "ID": 42,
                "MessageID": "pm-1", "Email": "bob@example.org",
                "BouncedAt": "2026-11-23T04:00:00Z",
            },
            (EventKind.COMPLAINT, None, "pm-1"),
        ),
    ],
    ids=["sendgrid", "mailgun", "postmark"],
)  # fmt: skip
def test_services(view: Any, sent: dict[str, Any], found: tuple[object, ...]) -> None:  # noqa: ANN401  no stubs
    """What a service posts becomes one event, by way of anymail's own reading of it."""
    # Its constructor wants a Django site.
    event = read_anymail(
        view.esp_to_anymail_event(object.__new__(view), sent), esp_name=view.esp_name
    )

    assert event is not None
    assert "bob@example.org" == event.recipient
    assert found == (event.kind, event.reason, event.message_id)


def test_once() -> None:
    """The same event counts once; another recipient, service or name is another event."""
    first = read().event_id

    assert first == read(mta_response="said otherwise").event_id
    others = [
        read(event_id="e-2"), read(recipient="al@example.org"), read(esp_name="Another"),
        read("deferred"), read(event_id=None), read(event_id=None, timestamp=None),
    ]  # fmt: skip
    assert len(others) == len({first, *(each.event_id for each in others)}) - 1


def test_our_own() -> None:
    """What dsnlib has told a Django site comes back from there as nothing."""
    ours = anymail_event(Notice(number=1, event=read(), source="list"))

    assert read_anymail(ours, esp_name="dsnlib") is None
    assert read_anymail(ours, esp_name="ESP") is not None


@pytest.mark.parametrize("recipient", [None, "", "nobody", 7])
def test_nobody(recipient: object) -> None:
    """An event of nobody is none."""
    assert read_anymail(tracked(recipient=recipient), esp_name="ESP") is None


VALUES = st.none() | st.text() | st.integers() | st.lists(st.text()) | st.datetimes()
KEYS = ("timestamp", "event_id", "message_id", "reject_reason", "description", "mta_response")


@given(st.sampled_from(["bounced", "rejected", "deferred", "delivered", "complained"]), st.data())
def test_any_value(event_type: str, data: st.DataObject) -> None:
    """Values of any type are read, and what comes of them can be kept."""
    known = {key: data.draw(VALUES, key) for key in KEYS}
    event = read(event_type, esp_name=data.draw(st.text()) + "x", **known)

    assert event == read_event_record(event_record(event))


@pytest.mark.parametrize("zone", [None, dt.UTC])
def test_a_time_without_a_zone_is_none(zone: dt.tzinfo | None) -> None:
    """What the service did not say is not guessed."""
    found = read(timestamp=dt.datetime(2026, 11, 23, tzinfo=zone))

    assert found is not None
    assert (zone is None) is (found.occurred is None)
