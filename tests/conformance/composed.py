"""What the tests of conformance see in a notification, found without our own reader."""

from __future__ import annotations

import email
import email.policy
import re
from typing import TYPE_CHECKING, Any

from tests.compose.occasions import (
    COMPOSER,
    DELAYED,
    DELIVERED,
    EXPANDED,
    NOW,
    ORIGINAL,
    RELAYED,
    TOKEN,
    plan,
)

if TYPE_CHECKING:
    from email.message import EmailMessage, MIMEPart

    from dsnlib import BounceComposer, DsnPlan

__all__ = ["PLANS", "compose", "groups", "parts", "received", "standard"]

# One of each action.
PLANS = {
    "failed": plan(),
    "delayed": plan(DELAYED),
    "delivered": plan(DELIVERED),
    "relayed": plan(RELAYED),
    "expanded": plan(EXPANDED),
}

_HEAD = (
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    b"--b\r\n\r\nNotice\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    b"Reporting-MTA: dns; mail.example.org\r\n\r\n"
)
_GROUP = {
    "Final-Recipient": "rfc822; bob@example.com",
    "Action": "failed",
    "Status": "5.1.1",
}

# CRLF before white space is a fold.                              RFC 5322 s2.2.3
_FOLD = re.compile(r"\r\n(?=[ \t])")


def compose(
    plan_: DsnPlan,
    original: bytes = ORIGINAL,
    *,
    composer: BounceComposer = COMPOSER,
    **more: Any,  # noqa: ANN401  whatever compose takes
) -> bytes:
    """Return the octets of a notification about `original`."""
    return composer.compose(plan_, original, now=NOW, token=TOKEN, **more).as_bytes()


def standard(octets: bytes) -> EmailMessage:
    """Return the message as the standard library reads it."""
    return email.message_from_bytes(octets, policy=email.policy.SMTP)


def parts(octets: bytes) -> list[MIMEPart]:
    """Return the parts of the report."""
    return list(standard(octets).iter_parts())


def groups(octets: bytes) -> list[list[tuple[str, str]]]:
    """Return name and text of each field of the status part, group by group, unfolded."""
    start = re.search(rb"\r\nContent-Type: message/(?:global-)?delivery-status\r\n", octets)
    assert start is not None
    _, _, content = octets[start.end() - 2 :].partition(b"\r\n\r\n")
    text = _FOLD.sub("", content.partition(b"\r\n--")[0].decode()).strip("\r\n")
    return [[_field(line) for line in group.split("\r\n")] for group in re.split(r"\r\n\r\n", text)]


def _field(line: str) -> tuple[str, str]:
    name, _, text = line.partition(": ")
    return name, text


def received(**fields: str) -> bytes:
    """Return a report of another system; names have `_` in place of `-`."""
    group = _GROUP | {name.replace("_", "-"): text for name, text in fields.items()}
    lines = "".join(f"{name}: {text}\r\n" for name, text in group.items())
    return _HEAD + lines.encode() + b"\r\n--b--\r\n"
