"""What a delivery found out, as an event: refusals that never become a bounce.

A system that sends by itself hears most failures while it sends.  They belong into the
same history as the bounces that come back later.

Rules.
- A recipient that was reached is `SUCCESS`; one whose message was only handed to the next
  system is `RELAYED`: bounces may follow.
- The same outcome of the same message gives the same `event_id`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.bounces.event import REPLY_CODES, BounceEvent, Confidence, EventKind, Evidence
from dsnlib.bounces.links.event_id import digest_parts
from dsnlib.bounces.reason import classify
from dsnlib.bounces.taxonomy import Fault, Permanence
from dsnlib.model.date import has_zone
from dsnlib.model.number import is_whole
from dsnlib.model.outcome import Disposition
from dsnlib.model.report import Action

if TYPE_CHECKING:
    import datetime as dt

    from dsnlib.model.outcome import DeliveryOutcome

__all__ = ["outcome_event"]

_KINDS = {
    Disposition.DELIVERED: EventKind.SUCCESS,
    Disposition.RELAYED: EventKind.RELAYED,
    Disposition.HANDED_ON: EventKind.RELAYED,
    Disposition.EXPANDED: EventKind.EXPANDED,
    Disposition.DELAYED: EventKind.DELAY,
    Disposition.FAILED: EventKind.FAILURE,
}
_ACTIONS = {EventKind.FAILURE: Action.FAILED, EventKind.DELAY: Action.DELAYED}


def outcome_event(
    outcome: DeliveryOutcome,
    *,
    at: dt.datetime,
    message_id: str | None = None,
    envelope_id: str | None = None,
    reporting_mta: str | None = None,
    reply_code: int | None = None,
) -> BounceEvent:
    """Return what an outcome says of its recipient.

    Args:
        outcome: What became of one recipient.
        at: When, if the outcome does not say; with a zone.  Without one it is passed
            over, and the event has no time.
        message_id: The Message-ID of the message, without brackets.
        envelope_id: Its ENVID.
        reporting_mta: The system that tried.
        reply_code: What decided, if there was a reply; passed over unless it is 200 to 599.

    Never raises.
    """
    kind = _KINDS[outcome.disposition]
    diagnostic = None if outcome.diagnostic is None else outcome.diagnostic.text
    remote_mta = None if outcome.remote_mta is None else outcome.remote_mta.name
    occurred = outcome.attempted or (at if has_zone(at) else None)
    if not is_whole(reply_code, *REPLY_CODES):
        reply_code = None
    recipient = outcome.recipient.address
    why: dict[str, object] = {"permanence": Permanence.UNKNOWN, "fault": Fault.UNKNOWN}
    evidence = [
        Evidence(field="kind", rule=f"outcome/{outcome.disposition.value}",
                 confidence=Confidence.CERTAIN)
    ]  # fmt: skip
    action = _ACTIONS.get(kind)
    if action is not None:
        found = classify(
            reply_code=reply_code,
            status=outcome.status,
            text=diagnostic or "",
            action=action,
            remote_mta=remote_mta,
        )
        why = {"reason": found.reason, "permanence": found.permanence, "fault": found.fault}
        evidence += found.evidence
    return BounceEvent(
        recipient=recipient,
        kind=kind,
        status=outcome.status,
        reply_code=reply_code,
        diagnostic=diagnostic,
        remote_mta=remote_mta,
        reporting_mta=reporting_mta,
        dialect="outcome",
        envelope_id=envelope_id,
        message_id=message_id,
        occurred=occurred,
        event_id=digest_parts(
            "outcome 1", kind.value, recipient, message_id or "", envelope_id or "",
            "" if occurred is None else occurred.isoformat(),
        ),
        evidence=evidence,
        **why,  # type: ignore[arg-type]  # names of its fields
    )  # fmt: skip
