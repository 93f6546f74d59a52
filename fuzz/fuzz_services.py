"""Fuzz `read_ses`.

Invariant.
- Any octets give events, none, or `ParseError`, nothing else; twice the same ones.
- An event has a recipient with an at sign, its own `event_id`, evidence, and a reason where
  it tells of a failure; it can be written and read as a record, and has octets in UTF-8.
- In an envelope of SNS and of SQS a notification gives the same events.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dsnlib.bounces.services.ses import read_ses
from dsnlib.errors import ParseError
from fuzz.alphabet import expand, text_of
from fuzz.invariants import assert_event

if TYPE_CHECKING:
    from dsnlib.bounces.event import BounceEvent

__all__ = ["READS", "SERVICE", "check"]

READS = ("dsnlib.bounces.services",)


# What notifications are made of.
SERVICE = (
    b'{"notificationType": "Bounce", "mail": {"messageId": "m"}, "bounce": {',
    b'{"eventType": "DeliveryDelay", "mail": {}, "deliveryDelay": {',
    b'{"eventType": "Complaint", "mail": {}, "complaint": {',
    b'{"eventType": "Delivery", "mail": {}, "delivery": {',
    b'{"eventType": "Reject", "reject": {"reason": "x"}, "mail": {',
    b'"destination": ["bob@example.org", "Al <al@example.org>"]',
    b'"bouncedRecipients": [',
    b'"delayedRecipients": [',
    b'"complainedRecipients": [',
    b'"recipients": ["bob@example.org"]',
    b'{"emailAddress": "bob@example.org"',
    b'"status": "5.1.1"',
    b'"status": "4.2.2"',
    b'"action": "delayed"',
    b'"diagnosticCode": "smtp; 550 5.1.1 unknown"',
    b'"bounceType": "Permanent"',
    b'"bounceType": "Transient"',
    b'"bounceSubType": "MailboxFull"',
    b'"bounceSubType": "Suppressed"',
    b'"delayType": "SpamDetected"',
    b'"complaintFeedbackType": "not-spam"',
    b'"timestamp": "2026-11-23T04:00:00.000Z"',
    b'"feedbackId": "f"',
    b'"smtpResponse": "250 2.0.0 ok"',
    b'"headers": [{"name": "Message-ID", "value": "<a@b>"}]',
    b'{"Type": "Notification", "Message": ',
    b'{"Records": [',
    b'{"body": ',
    b'{"detail": ',
    b'"{',
    b'\\"',
    b"[",
    b"]",
    b"{",
    b"}",
    b"}]}}",
    b", ",
    b": ",
    b'"',
    b"\\ud800",
    b"\\u0000",
    b"\\n",
    b"null",
    b"1e999",
    b"NaN",
    b"-9",
    b"\xff",
    b"\xef\xbb\xbf",
)


def check(data: bytes) -> None:
    """Read one input in every way and assert the invariant."""
    octets = expand(data, SERVICE)
    events = _read(octets)
    if events is None:
        return
    assert events == _read(octets)
    for event in events:
        assert_event(event)
    if events and octets.startswith(b'{"') and b'"Type"' not in octets:
        text = text_of(octets)
        by_sns = json.dumps({"Type": "Notification", "Message": text})
        assert events == _read(by_sns)
        assert events == _read(json.dumps({"Records": [{"body": by_sns}]}))


def _read(data: bytes | str) -> tuple[BounceEvent, ...] | None:
    try:
        return read_ses(data)
    except ParseError:
        return None
