"""Fuzz `anonymize`, and what tells the kind of a mail that is no report.

Invariant.
- Nothing raises, whatever the message.
- The kind of a mail has evidence that stands in the mail, unless it is ordinary.
- A complaint has a recipient, and complains of what is a complaint.
- The same key gives the same octets; a message without a CR gets none.
- No address of a domain that is sure to be replaced is left.
"""

from __future__ import annotations

import re

from dsnlib.bounces.anonymize import anonymize
from dsnlib.bounces.kinds.feedback import read_feedback, read_feedback_report
from dsnlib.bounces.kinds.message_kind import MessageKind, find_kind
from dsnlib.bounces.kinds.receipt import read_receipt
from fuzz.alphabet import MESSAGE, expand

__all__ = ["READS", "check"]

READS = (
    "dsnlib.bounces.anonymize",
    "dsnlib.bounces.scrub",
    "dsnlib.bounces.kinds",
)

_KEY = b"0123456789abcdef"
# A domain that the alphabet does not have, in texts that are not encoded.
_SECRET = re.compile(rb"[a-z]{3,9}@secret-acme\.org(?![a-z.=-])", re.IGNORECASE)


def check(data: bytes) -> None:
    """Read and anonymize one message and assert the invariant."""
    octets = expand(data, MESSAGE)
    kind, evidence = find_kind(octets)
    assert (kind is MessageKind.ORDINARY) == (not evidence)
    for each in evidence:
        assert each.start is not None
        assert each.end is not None
        assert 0 <= each.start <= each.end <= len(octets)
    report = read_feedback_report(octets)
    events = read_feedback(octets)
    assert not events or (report is not None and report.is_complaint)
    assert all(event.recipient for event in events)
    read_receipt(octets)
    made = anonymize(octets, key=_KEY)
    assert made == anonymize(octets, key=_KEY)
    assert b"\r" in octets or b"\r" not in made
    assert not _SECRET.search(made)
    anonymize(made, key=_KEY)
