"""What the tests of conformance see in a notification, found without our own reader."""

from __future__ import annotations

import email
import email.policy
import re
from typing import TYPE_CHECKING, Any

from tests.compose.occasions import COMPOSER, NOW, ORIGINAL, TOKEN

if TYPE_CHECKING:
    from email.message import EmailMessage, MIMEPart

    from dsnlib import BounceComposer, DsnPlan

__all__ = ["compose", "groups", "parts", "standard"]

# CRLF before white space is a fold.                              RFC 5322 s2.2.3
_FOLD = re.compile(r"\r\n(?=[ \t])")


def compose(
    plan: DsnPlan,
    original: bytes = ORIGINAL,
    *,
    composer: BounceComposer = COMPOSER,
    **more: Any,  # noqa: ANN401  whatever compose takes
) -> bytes:
    """Return the octets of a notification about `original`."""
    return composer.compose(plan, original, now=NOW, token=TOKEN, **more).as_bytes()


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
