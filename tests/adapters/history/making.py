"""Events for the tests of histories: many, all different, and the same each time."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import attrs

from dsnlib.bounces.event import BounceEvent, Confidence, EventKind, Evidence
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.model.status import EnhancedStatusCode

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)

# kind, permanence, reason, fault, status, reply code, diagnostic
_ROWS = (
    (EventKind.FAILURE, Permanence.HARD, Reason.UNKNOWN_USER, Fault.RECIPIENT, "5.1.1", 550,
     "550 5.1.1 The email account that you tried to reach does not exist, check the spelling"),
    (EventKind.FAILURE, Permanence.SOFT, Reason.MAILBOX_FULL, Fault.RECIPIENT, "5.2.2", 552,
     "552 5.2.2 The mailbox of this recipient is over its quota, please try it again later on"),
    (EventKind.DELAY, Permanence.SOFT, Reason.RATE_LIMITED, Fault.SENDER, "4.7.28", 421,
     "421 4.7.28 An unusual rate of mail comes from your network, and is limited for now"),
    (EventKind.FAILURE, Permanence.HARD, Reason.BLOCKED_HOST, Fault.SENDER, "5.7.1", 550,
     "550 5.7.1 Service unavailable; the client [192.0.2.7] is on a list of ours, see there"),
)  # fmt: skip
_LARGE = ("gmail.com", "outlook.com", "yahoo.com", "hotmail.com", "icloud.com", "gmx.de", "web.de")


def make_event(
    number: int,
    *,
    recipient: str | None = None,
    occurred: dt.datetime | None = None,
    **changes: Any,  # noqa: ANN401  values of any field
) -> BounceEvent:
    """Return an event: as full as a real one, and its own for each number.

    Args:
        number: Which one.
        recipient: Who it is about; one of a thousand for each thousand events if `None`.
        occurred: When; some seconds after the one before if `None`.
        changes: Other fields.
    """
    kind, permanence, reason, fault, status, code, diagnostic = _ROWS[number % len(_ROWS)]
    if recipient is None:
        # Seven of ten are with the large ones.
        large = number % 10 < len(_LARGE)
        domain = _LARGE[number % 10] if large else f"example{number % 977}.org"
        recipient = f"Subscriber.{number * 7919 % 1_999_993}@{domain}"
    domain = recipient.rpartition("@")[2]
    event = BounceEvent(
        # The digits of a multiple of an odd number: no two of 2**128 are the same.
        event_id=f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128):032x}",
        occurred=NOON + dt.timedelta(seconds=3 * number) if occurred is None else occurred,
        recipient=recipient,
        kind=kind,
        permanence=permanence,
        reason=reason,
        fault=fault,
        status=EnhancedStatusCode.parse(status),
        reply_code=code,
        diagnostic=diagnostic,
        remote_mta=f"mx{number % 4}.{domain}",
        reporting_mta="mail3.lists.example.net",
        envelope_id=f"QQ314159{number}",
        message_id=f"<20260101.{number}@lists.example.net>",
        evidence=(
            Evidence(
                field="recipient", rule="rfc3464/final-recipient", start=1834, end=1860,
                text=recipient, confidence=Confidence.CERTAIN,
            ),
            Evidence(
                field="status", rule="rfc3464/status", start=1900, end=1905,
                text=status, confidence=Confidence.CERTAIN,
            ),
            Evidence(
                field="reason", rule=f"reply/{reason.value}", version=3, start=0, end=9,
                text=diagnostic[:9],
            ),
        ),
    )  # fmt: skip
    return attrs.evolve(event, **changes) if changes else event


def make_events(numbers: Iterable[int], **same: Any) -> list[BounceEvent]:  # noqa: ANN401  values of any field
    """Return many events; `same` is what `make_event` takes."""
    return [make_event(number, **same) for number in numbers]


def make_suppression(address: str, **changes: Any) -> Suppression:  # noqa: ANN401  values of any field
    """Return a suppression by a person, since `NOON`."""
    entry = Suppression(address=address, source=SuppressionSource.MANUAL, created=NOON)
    return attrs.evolve(entry, **changes) if changes else entry
