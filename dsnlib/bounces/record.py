"""What any mail says, report or not, as plain values, ready for JSON.

The record of a report (`dsnlib.parse.record`) with what events add to it; of a
bounce in another form the same record, made from its events alone.  It is
documented in `docs/reference/json.md` and fixed by `dsnlib/schema/message-v1.json`.

Rules.
- What a field of a report says stands in the record as `dsnlib.parse.record` has
  it: events only add keys.
- Each recipient is in the record once for each time that the mail reports on it.
  An event belongs to the entry that has its address; one that has no entry gets
  one.
- `cls` is the class by which to count a recipient: that of the status, else of
  the reply code, else of what happened.  Permanence has no part in it: a system
  that gave up on a full mailbox reports a failure (class 5), which may be over
  tomorrow all the same.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from dsnlib.bounces.event import EventKind, kind_of
from dsnlib.bounces.event_record import evidence_record
from dsnlib.bounces.taxonomy import Fault, Permanence
from dsnlib.model.report import Action
from dsnlib.parse.record import message_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.bounces.event import BounceEvent, Evidence
    from dsnlib.model.report import DeliveryReport

__all__ = ["mail_record"]

_GRAVEST_FIRST = (
    EventKind.FAILURE,
    EventKind.DELAY,
    EventKind.COMPLAINT,
    EventKind.EXPANDED,
    EventKind.RELAYED,
    EventKind.SUCCESS,
)
_BOUNCES = frozenset({EventKind.FAILURE, EventKind.DELAY})
# A complaint has no action: the message was delivered, but nobody says so here.
_ACTIONS = {kind_of(action): action.value for action in Action}
_REPORT = "rfc3464"

_CLASSES = ("2", "4", "5")
_OF_KIND = {
    EventKind.FAILURE: "5",
    EventKind.DELAY: "4",
    EventKind.SUCCESS: "2",
    EventKind.RELAYED: "2",
    EventKind.EXPANDED: "2",
}


def mail_record(
    reports: Sequence[DeliveryReport], events: Sequence[BounceEvent]
) -> dict[str, object]:
    """Return what a mail says, as its record.

    All keys of the schema but `file`, `message` and `error`, which tell where
    the mail came from and how reading it went: the caller knows.  Never raises.

    >>> mail_record([], [])["is_bounce"]
    False

    Args:
        reports: What `read_reports` found in it.
        events: What `read_bounces` found in it.
    """
    record: dict[str, Any] = message_record(reports)
    happened = {event.kind for event in events}
    if record["kind"] is not None:
        happened.add(EventKind(record["kind"]))
    gravest = next((kind for kind in _GRAVEST_FIRST if kind in happened), None)
    record["is_bounce"] = not _BOUNCES.isdisjoint(happened)
    record["kind"] = None if gravest is None else gravest.value
    if events and not reports:
        record["envelope_id"] = events[0].envelope_id
        record["reporting_mta"] = events[0].reporting_mta
    record["reports"] = _entries(record["reports"], events)
    record["dialect"] = events[0].dialect if events else _REPORT if reports else None
    return record


def _entries(
    entries: Sequence[dict[str, Any]], events: Sequence[BounceEvent]
) -> list[dict[str, Any]]:
    """Return the entries of the reports with what the events add, and those of other events."""
    waiting: dict[str, deque[BounceEvent]] = {}
    for event in events:
        waiting.setdefault(event.recipient, deque()).append(event)
    owned: list[BounceEvent | None] = []
    for entry in entries:
        of_address = waiting.get(entry["recipient"])
        owned.append(of_address.popleft() if of_address else None)
    left = [event for queue in waiting.values() for event in queue]
    nameless = [number for number, entry in enumerate(entries) if not entry["recipient"]]
    # Where a report says what happened and the text alone to whom, their order tells.
    if len(nameless) == len(left):
        for number, event in zip(nameless, left, strict=True):
            entries[number]["recipient"] = event.recipient
            owned[number] = event
        left = []
    return [
        *(_complete(entry, event) for entry, event in zip(entries, owned, strict=True)),
        *(_complete(_entry(event), event) for event in left),
    ]


def _entry(event: BounceEvent) -> dict[str, Any]:
    """Return an entry with the keys of a report's."""
    return {
        "recipient": event.recipient,
        "original_recipient": event.original_recipient,
        "action": _ACTIONS.get(event.kind),
        "status": None if event.status is None else str(event.status),
        "status_comment": None,
        "diagnostic": event.diagnostic,
        "diagnostic_type": None,
        "localized_diagnostics": {},
        "remote_mta": event.remote_mta,
        "last_attempt_date": None,
        "will_retry_until": None,
        "final_log_id": None,
        "extensions": [],
    }


def _complete(entry: dict[str, Any], event: BounceEvent | None) -> dict[str, Any]:
    """Return the entry with the keys that events add."""
    if event is None:
        action = entry["action"]
        kind = None if action is None else kind_of(Action(action))
        reason, permanence, fault, reply_code = None, Permanence.UNKNOWN, Fault.UNKNOWN, None
        event_id = message_id = None
        evidence: Sequence[Evidence] = ()
    else:
        kind, reason, permanence, fault = event.kind, event.reason, event.permanence, event.fault
        reply_code, evidence = event.reply_code, event.evidence
        event_id, message_id = event.event_id or None, event.message_id
    return {
        **entry,
        "kind": None if kind is None else kind.value,
        "reason": None if reason is None else reason.value,
        "permanence": permanence.value,
        "fault": fault.value,
        "reply_code": reply_code,
        "cls": _class(entry["status"], reply_code, kind),
        "event_id": event_id,
        "message_id": message_id,
        "evidence": [evidence_record(each) for each in evidence],
    }


def _class(status: str | None, reply_code: int | None, kind: EventKind | None) -> str | None:
    if status is not None:
        return status[0]
    if reply_code is not None and (digit := str(reply_code)[0]) in _CLASSES:
        return digit
    return None if kind is None else _OF_KIND.get(kind)
