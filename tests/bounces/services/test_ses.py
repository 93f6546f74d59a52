"""Notifications of Amazon SES."""

from __future__ import annotations

import copy
import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.event import BounceEvent, Confidence, EventKind
from dsnlib.bounces.event_record import event_record, read_event_record
from dsnlib.bounces.rules.names import System, foreign_name
from dsnlib.bounces.services.ses import read_ses
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason

MAIL = {
    "timestamp": "2026-11-23T03:59:00.000Z",
    "messageId": "0100-m-1",
    "source": "ann@example.net",
    "destination": ["bob@example.org", "Al <al@example.org>"],
    "headers": [
        {"name": "Subject", "value": "hello"},
        {"name": "Message-ID", "value": "<one@example.net>"},
    ],
    "commonHeaders": {"messageId": "<other@example.net>"},
}
BOUNCE: dict[str, Any] = {
    "notificationType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {
                "emailAddress": "bob@example.org",
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 nobody of that name",
            }
        ],
        "timestamp": "2026-11-23T04:00:00.123Z",
        "feedbackId": "0100-f-1",
        "remoteMtaIp": "192.0.2.1",
        "reportingMTA": "dns; out.ses.example",
    },
    "mail": MAIL,
}


def bounce(type_: str, sub_type: str, **recipient: object) -> BounceEvent:
    """Return the event of a bounce."""
    value = copy.deepcopy(BOUNCE)
    value["bounce"] |= {
        "bounceType": type_, "bounceSubType": sub_type,
        "bouncedRecipients": [{"emailAddress": "bob@example.org", **recipient}],
    }  # fmt: skip
    (event,) = read_ses(json.dumps(value))
    return event


def test_bounce() -> None:
    """A bounce says who, why, when, by whom, and which mail it was."""
    (event,) = read_ses(json.dumps(BOUNCE))

    assert ("bob@example.org", EventKind.FAILURE) == (event.recipient, event.kind)
    assert (Reason.UNKNOWN_USER, Permanence.HARD, Fault.RECIPIENT) == (
        event.reason, event.permanence, event.fault,
    )  # fmt: skip
    assert ("5.1.1", 550) == (str(event.status), event.reply_code)
    assert "550 5.1.1 nobody of that name" == event.diagnostic
    assert ("192.0.2.1", "out.ses.example") == (event.remote_mta, event.reporting_mta)
    assert ("one@example.net", "0100-m-1") == (event.message_id, event.envelope_id)
    assert dt.datetime(2026, 11, 23, 4, 0, 0, 123_000, tzinfo=dt.UTC) == event.occurred
    assert "amazon-ses" == event.dialect
    assert "amazon-ses/Permanent/General" == event.evidence[0].rule
    assert event == read_event_record(event_record(event))


@pytest.mark.parametrize(
    ("type_", "sub_type", "reason", "permanence"),
    [
        ("Permanent", "General", Reason.UNDEFINED, Permanence.HARD),
        ("Permanent", "NoEmail", Reason.UNKNOWN_USER, Permanence.HARD),
        ("Permanent", "Suppressed", Reason.SUPPRESSED, Permanence.HARD),
        ("Permanent", "OnAccountSuppressionList", Reason.SUPPRESSED, Permanence.HARD),
        ("Permanent", "UnsubscribedRecipient", Reason.SUPPRESSED, Permanence.HARD),
        ("Transient", "General", Reason.UNDEFINED, Permanence.SOFT),
        ("Transient", "MailboxFull", Reason.MAILBOX_FULL, Permanence.SOFT),
        ("Transient", "MessageTooLarge", Reason.MESSAGE_TOO_LARGE, Permanence.SOFT),
        ("Transient", "ContentRejected", Reason.BAD_CONTENT, Permanence.SOFT),
        ("Transient", "AttachmentRejected", Reason.BAD_CONTENT, Permanence.SOFT),
        ("Transient", "CustomTimeoutExceeded", Reason.EXPIRED, Permanence.SOFT),
        ("Undetermined", "Undetermined", Reason.UNDEFINED, Permanence.UNKNOWN),
        ("New", "Newer one", Reason.UNDEFINED, Permanence.UNKNOWN),
    ],
)
def test_sub_types(type_: str, sub_type: str, reason: Reason, permanence: Permanence) -> None:
    """Where the server has said nothing, type and sub-type tell."""
    event = bounce(type_, sub_type)

    assert (reason, permanence) == (event.reason, event.permanence)
    known = f"{type_}/{sub_type}" if type_ != "New" else "New/other"
    assert f"amazon-ses/{known}" == event.evidence[0].rule


@pytest.mark.parametrize(
    ("type_", "sub_type"),
    [
        ("Permanent", "NoEmail"), ("Permanent", "Suppressed"), ("Transient", "MailboxFull"),
        ("Transient", "MessageTooLarge"), ("Transient", "ContentRejected"),
        ("Permanent", "General"), ("Transient", "General"), ("Undetermined", "Undetermined"),
    ],
)  # fmt: skip
def test_names_come_back(type_: str, sub_type: str) -> None:
    """What we make of a sub-type has that name with SES again."""
    event = bounce(type_, sub_type)

    assert event.reason is not None
    assert f"{type_}/{sub_type}" == foreign_name(event.reason, event.permanence, System.SES)


@pytest.mark.parametrize(
    ("type_", "sub_type", "status", "diagnostic", "reason", "permanence"),
    [
        ("Transient", "General", "5.1.1", "smtp; 550 5.1.1 user unknown",
         Reason.UNKNOWN_USER, Permanence.HARD),
        ("Permanent", "NoEmail", "5.2.2", "smtp; 552 5.2.2 mailbox full",
         Reason.MAILBOX_FULL, Permanence.SOFT),
        ("Transient", "General", "4.4.7", "", Reason.EXPIRED, Permanence.SOFT),
        ("Permanent", "General", "5.0.0", "smtp; 550 no", Reason.UNDEFINED, Permanence.HARD),
        # SES speaks, and gives the code of what was once.
        ("Permanent", "Suppressed", "5.1.1", "SES has not sent it: user unknown",
         Reason.SUPPRESSED, Permanence.HARD),
        ("Permanent", "General", "nonsense", "x-other; no", Reason.UNDEFINED, Permanence.HARD),
    ],
)  # fmt: skip
def test_what_the_server_says_counts(
    type_: str, sub_type: str, status: str, diagnostic: str, reason: Reason, permanence: Permanence
) -> None:
    """Code and words of the server tell more than the sub-type, if it was asked."""
    event = bounce(type_, sub_type, status=status, diagnosticCode=diagnostic)

    assert (reason, permanence) == (event.reason, event.permanence)


def test_bounce_that_is_delayed() -> None:
    """The action may be of a delay."""
    assert EventKind.DELAY is bounce("Transient", "General", action="delayed").kind


def test_delay() -> None:
    """A delay of published events tells why."""
    value = {
        "eventType": "DeliveryDelay",
        "mail": MAIL,
        "deliveryDelay": {
            "timestamp": "2026-11-23T04:10:00Z",
            "delayType": "SpamDetected",
            "expirationTime": "2026-11-24T04:10:00Z",
            "delayedRecipients": [
                {"emailAddress": "bob@example.org", "status": "4.0.0", "diagnosticCode": "x"},
                {"emailAddress": "al@example.org", "status": "4.2.2", "diagnosticCode": "full"},
            ],
        },
    }
    bob, al = read_ses(json.dumps(value))

    assert (EventKind.DELAY, Reason.SPAM_CONTENT) == (bob.kind, bob.reason)
    assert (Reason.MAILBOX_FULL, Permanence.SOFT) == (al.reason, al.permanence)
    assert bob.event_id != al.event_id


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"complaintFeedbackType": "abuse"}, "abuse"),
        ({"complaintFeedbackType": "fraud"}, "fraud"),
        ({"complaintFeedbackType": "Virus"}, "virus"),
        ({}, None),
        ({"complaintSubType": "OnAccountSuppressionList"}, "OnAccountSuppressionList"),
        ({"complaintSubType": None, "complaintFeedbackType": None}, None),
    ],
)
def test_complaint(about: dict[str, Any], expected: str | None) -> None:
    """Who complains is told, and of what."""
    recipients = [{"emailAddress": "bob@example.org"}]
    value = {
        "notificationType": "Complaint",
        "complaint": {"complainedRecipients": recipients, "feedbackId": "f-2", **about},
        "mail": MAIL,
    }
    (event,) = read_ses(json.dumps(value))

    assert (EventKind.COMPLAINT, "bob@example.org") == (event.kind, event.recipient)
    assert expected == event.diagnostic
    assert Confidence.CERTAIN is event.evidence[1].confidence
    assert dt.datetime(2026, 11, 23, 3, 59, tzinfo=dt.UTC) == event.occurred


def test_complaint_of_one_of_several() -> None:
    """Where several may have complained, it is likely of each."""
    recipients = [{"emailAddress": "bob@example.org"}, {"emailAddress": "al@example.org"}]
    value = {"eventType": "Complaint", "complaint": {"complainedRecipients": recipients}}
    events = read_ses(json.dumps({**value, "mail": MAIL}))

    assert [Confidence.LIKELY] * 2 == [event.evidence[1].confidence for event in events]


@pytest.mark.parametrize("type_", ["not-spam", "auth-failure", "NOT-SPAM"])
def test_no_complaint(type_: str) -> None:
    """A complaint that is taken back, and a broken signature, are none."""
    about = {
        "complainedRecipients": [{"emailAddress": "bob@example.org"}],
        "complaintFeedbackType": type_,
    }

    assert () == read_ses(json.dumps({"eventType": "Complaint", "complaint": about, "mail": MAIL}))


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [("250 2.6.0 taken", "2.6.0", 250), ("250 taken", None, 250), ("taken", None, None)],
)
def test_delivery(said: str, status: str | None, code: int | None) -> None:
    """The server of each recipient has taken it, which is no delivery to a mailbox."""
    about = {
        "timestamp": "2026-11-23T04:00:00Z", "recipients": ["bob@example.org", 3, None],
        "smtpResponse": said, "reportingMTA": "out.ses.example",
    }  # fmt: skip
    value = {"notificationType": "Delivery", "delivery": about, "mail": MAIL}
    (event,) = read_ses(json.dumps(value))

    assert (EventKind.RELAYED, said) == (event.kind, event.diagnostic)
    assert (status, code) == (event.status and str(event.status), event.reply_code)
    assert event.reason is None


@pytest.mark.parametrize(
    ("value", "reason", "said"),
    [
        ({"eventType": "Reject", "reject": {"reason": "Bad content"}}, Reason.VIRUS, "Bad content"),
        ({"eventType": "Rendering Failure", "failure": {"errorMessage": "Attribute 'a'"}},
         Reason.BAD_CONTENT, "Attribute 'a'"),
    ],
)  # fmt: skip
def test_not_sent(value: dict[str, Any], reason: Reason, said: str) -> None:
    """What SES has not sent has failed for each address of the mail, and is not their fault."""
    events = read_ses(json.dumps({**value, "mail": MAIL}))

    assert ["bob@example.org", "al@example.org"] == [event.recipient for event in events]
    assert {(EventKind.FAILURE, reason, Fault.CONTENT, said)} == {
        (event.kind, event.reason, event.fault, event.diagnostic) for event in events
    }


@pytest.mark.parametrize("kind", ["Open", "Click", "Send", "Subscription", "Later", "", None, [1]])
def test_other_events(kind: object) -> None:
    """What happens besides, and what will be new, is no event."""
    assert () == read_ses(json.dumps({**BOUNCE, "notificationType": kind}))


def test_message_ids() -> None:
    """The Message-ID is the header's, else that of the common headers, else what SES has."""
    value = copy.deepcopy(BOUNCE)
    found = []
    for name in ("headers", "commonHeaders", "messageId"):
        (event,) = read_ses(json.dumps(value))
        found.append((event.message_id, event.envelope_id))
        del value["mail"][name]
    (event,) = read_ses(json.dumps(value))

    assert [
        ("one@example.net", "0100-m-1"),
        ("other@example.net", "0100-m-1"),
        ("0100-m-1", "0100-m-1"),
    ] == found
    assert (None, None) == (event.message_id, event.envelope_id)


def test_name_of_an_event() -> None:
    """A bounce has one name, as notification, as published event and in any envelope."""
    published = {**BOUNCE, "eventType": "Bounce"}
    del published["notificationType"]
    (event,) = read_ses(json.dumps(BOUNCE))
    (same,) = read_ses(json.dumps(published))
    (inside,) = read_ses(json.dumps({"Type": "Notification", "Message": json.dumps(BOUNCE)}))

    assert event == same == inside
    assert "768cac5fd42ff160bfc62c68e914935c" == event.event_id


@pytest.mark.parametrize(
    "address", [None, 3, "", "bob", "@", "bob@example.org\n\n", {"a": 1}, "\ud800@example.org"]
)
def test_no_address(address: object) -> None:
    """A recipient without an address is passed over, the others are not."""
    value = copy.deepcopy(BOUNCE)
    value["bounce"]["bouncedRecipients"] += [{"emailAddress": address}, 7]
    events = read_ses(json.dumps(value))

    assert {"bob@example.org"} == {event.recipient for event in events}


def test_no_address_in_others() -> None:
    """A complaint of nobody, and a mail to nobody, are none."""
    nobody = {"complainedRecipients": [{"emailAddress": 3}]}
    mail = {**MAIL, "destination": ["undisclosed", None]}

    assert () == read_ses(json.dumps({"eventType": "Complaint", "complaint": nobody, "mail": MAIL}))
    assert () == read_ses(json.dumps({"eventType": "Reject", "reject": {}, "mail": mail}))


def test_last_of_two_members_counts() -> None:
    """Of members with one name the last counts, as in JavaScript."""
    text = json.dumps(BOUNCE).replace('"status": "5.1.1"', '"status": "5.2.1", "status": "5.1.1"')
    (event,) = read_ses(text)

    assert "5.1.1" == str(event.status)


def _members(value: object) -> list[tuple[Any, Any]]:
    """Return each place of a value, as what holds it and its name there."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        names = list(value) if isinstance(value, dict) else list(range(len(value)))
        for name in names:
            found += [(value, name), *_members(value[name])]
    return found


@given(
    st.data(),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(st.characters(codec=None)),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
)
def test_any_value(data: st.DataObject, other: object) -> None:
    """Whatever a member is, it gives events that can be stored, or none."""
    value = copy.deepcopy(BOUNCE)
    for holder, name in data.draw(st.lists(st.sampled_from(_members(value)), max_size=3)):
        holder[name] = other
    for event in read_ses(json.dumps(value)):
        assert event == read_event_record(event_record(event))
        json.dumps(event_record(event), ensure_ascii=False).encode()
