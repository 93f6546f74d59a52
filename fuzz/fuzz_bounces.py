"""Fuzz `read_bounces`.

Invariant.
- Any octets give events or none, nothing else; twice the same ones.
- An event has a recipient with an at sign or the one that a field names, its own
  `event_id`, a reason and a fault where it tells of a failure, and evidence.
- A mail that gives events is never handed out as unknown.
- A mail of US-ASCII gives the same events with CRLF line ends.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.read import read_bounces
from fuzz.alphabet import MESSAGE, expand

if TYPE_CHECKING:
    from dsnlib.bounces.event import BounceEvent
    from dsnlib.bounces.unknown import UnknownBounce

__all__ = ["BOUNCE", "READS", "check"]

READS = (
    "dsnlib.bounces.read",
    "dsnlib.bounces.words",
    "dsnlib.bounces.dialect",
    "dsnlib.bounces.index",
    "dsnlib.bounces.reason",
    "dsnlib.bounces.complete",
    "dsnlib.bounces.rules.rule_set",
    "dsnlib.bounces.rules.reply_text",
    "dsnlib.bounces.rules.codes",
)

_HEXADECIMAL = re.compile(r"[0-9a-f]{32}")
_FROM_FIELDS = ("rfc3464", "rfc5965", "jmrp")

# What bounces in other forms are made of, before the words of reports.
BOUNCE = (
    b"From: mailer-daemon@mx.example.org\n",
    b"Subject: Undelivered Mail Returned to Sender\n",
    b"Subject: Delivery delayed\n",
    b"Hi. This is the qmail-send program\n",
    b"<bob@example.org>:\n",
    b"--- Below this line is a copy of the message.\n",
    b"This message was created automatically by mail delivery software",
    b"The following address(es) failed:\n  bob@example.org\n",
    b"   ----- The following addresses had permanent fatal errors -----\n",
    b"   ----- Transcript of session follows -----\n",
    b">>> RCPT TO:<bob@example.org>\n",
    b"<<< 550 5.1.1 unknown\n",
    b"did not reach the following recipient(s):\n",
    b"message/feedback-report",
    b"text/html\n\n",
    b"<p>",
    b"<br>",
    b"&#64;",
    b"=40",
    b"could not be delivered to ",
    b"will be retried",
    b"mailbox is full",
    b"> ",
    b"#5.1.1",
    b"(550)",
    *MESSAGE,
)


def check(data: bytes) -> None:
    """Read one input in every way and assert the invariant."""
    mail = expand(data, BOUNCE)
    unknown: list[UnknownBounce] = []
    events = read_bounces(mail, on_unknown=unknown.append)
    assert not (events and unknown)
    assert events == read_bounces(mail)
    # A report may have the same recipient twice: that is one event, told twice.
    named = {event.event_id: (event.kind, _folded(event)) for event in events}
    assert all(named[event.event_id] == (event.kind, _folded(event)) for event in events)
    for event in events:
        _check_event(event)
    if mail.isascii() and b"\r" not in mail:
        again = read_bounces(mail.replace(b"\n", b"\r\n"))
        assert [_told(event) for event in events] == [_told(event) for event in again]


def _check_event(event: BounceEvent) -> None:
    assert event.dialect in _FROM_FIELDS or "@" in event.recipient
    assert _HEXADECIMAL.fullmatch(event.event_id)
    assert event.evidence
    if event.kind in (EventKind.FAILURE, EventKind.DELAY):
        assert event.reason is not None


def _folded(event: BounceEvent) -> str:
    local_part, at, domain = event.recipient.rpartition("@")
    return f"{local_part}{at}{domain.lower()}"


def _told(event: BounceEvent) -> tuple[object, ...]:
    return event.recipient, event.kind, event.status, event.reply_code, event.reason, event.fault
