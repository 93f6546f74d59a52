"""One event as a flat record: the shape that history, feeds, tables and webhooks share.

Documented in `docs/reference/json.md`, fixed by `dsnlib/schema/event-v1.json`.  Each
place has the same names in the same order: columns of a database, of Parquet and of
CSV, keys of JSON.

Rules.
- Within a version keys are only added; readers ignore keys that they do not know.
- Times are UTC as RFC 3339 writes them, with `Z`.
- Reading what was written gives an equal event.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Any, TypeVar

from dsnlib.bounces.event import BounceEvent, Confidence, EventKind, Evidence
from dsnlib.bounces.record_field import read_text, read_time
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.errors import DsnError, InvalidValue
from dsnlib.model.date import format_time
from dsnlib.model.status import EnhancedStatusCode

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "EVENT_FIELDS",
    "EVENT_SCHEMA_VERSION",
    "event_record",
    "evidence_record",
    "read_event_record",
]

EVENT_SCHEMA_VERSION = 1

# In the order of the columns.
EVENT_FIELDS = (
    "event_id", "occurred", "recipient", "original_recipient", "kind", "permanence", "reason",
    "fault", "status", "reply_code", "diagnostic", "remote_mta", "reporting_mta", "dialect",
    "envelope_id", "message_id", "evidence",
)  # fmt: skip

_Name = TypeVar("_Name", bound=enum.Enum)
_TEXTS = (
    "original_recipient", "diagnostic", "remote_mta", "reporting_mta", "envelope_id", "message_id",
)  # fmt: skip
# 32 hexadecimal digits, as `links.event_id` makes them: 128 bits in a database.
_EVENT_ID = re.compile(r"[0-9a-f]{32}")


def event_record(event: BounceEvent) -> dict[str, Any]:
    """Return an event as a record, with the keys of `EVENT_FIELDS`.  Never raises.

    >>> event = BounceEvent(recipient="bob@example.org", kind=EventKind.FAILURE)
    >>> event_record(event)["kind"]
    'failure'
    """
    return {
        "event_id": event.event_id,
        "occurred": None if event.occurred is None else format_time(event.occurred),
        "recipient": event.recipient,
        "original_recipient": event.original_recipient,
        "kind": event.kind.value,
        "permanence": event.permanence.value,
        "reason": None if event.reason is None else event.reason.value,
        "fault": event.fault.value,
        "status": None if event.status is None else str(event.status),
        "reply_code": event.reply_code,
        "diagnostic": event.diagnostic,
        "remote_mta": event.remote_mta,
        "reporting_mta": event.reporting_mta,
        "dialect": event.dialect,
        "envelope_id": event.envelope_id,
        "message_id": event.message_id,
        "evidence": [evidence_record(each) for each in event.evidence],
    }


def read_event_record(record: Mapping[str, Any]) -> BounceEvent:
    """Return the event that a record is of.

    Args:
        record: As `event_record` makes it; keys that are not there are as if `None`.

    Raises:
        InvalidValue: A value is none that its key can have; the message names the key.
    """
    identifier = read_text(record, "event_id")
    if identifier is None or _EVENT_ID.fullmatch(identifier) is None:
        message = f"event_id: {identifier!r} is not 32 hexadecimal digits"
        raise InvalidValue(message, value=identifier)
    kind = _member(record, "kind", EventKind)
    if kind is None:
        message = "kind: it is missing"
        raise InvalidValue(message, value=None)
    status = read_text(record, "status")
    return BounceEvent(
        event_id=identifier,
        occurred=read_time(record, "occurred"),
        recipient=read_text(record, "recipient") or "",
        kind=kind,
        permanence=_member(record, "permanence", Permanence) or Permanence.UNKNOWN,
        reason=_member(record, "reason", Reason),
        fault=_member(record, "fault", Fault) or Fault.UNKNOWN,
        status=None if status is None else EnhancedStatusCode.parse(status),
        reply_code=record.get("reply_code"),
        dialect=read_text(record, "dialect") or "",
        evidence=_evidence(record.get("evidence")),
        **{key: read_text(record, key) for key in _TEXTS},
    )


def _member(record: Mapping[str, Any], key: str, names: type[_Name]) -> _Name | None:
    value = read_text(record, key)
    if value is None:
        return None
    try:
        return names(value)
    except ValueError:
        message = f"{key}: {value!r} is no {names.__name__}"
        raise InvalidValue(message, value=value) from None


def evidence_record(evidence: Evidence) -> dict[str, Any]:
    """Return a piece of evidence as a record.  Never raises."""
    return {
        "field": evidence.field,
        "rule": evidence.rule,
        "version": evidence.version,
        "start": evidence.start,
        "end": evidence.end,
        "text": evidence.text,
        "confidence": evidence.confidence.name.lower(),
    }


def _evidence(value: object) -> tuple[Evidence, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        message = f"evidence: {value!r} is no list"
        raise InvalidValue(message, value=value)
    try:
        return tuple([_one_evidence(each) for each in value])
    except (AttributeError, KeyError, TypeError, DsnError) as error:
        message = f"evidence: {value!r} is no list of evidence"
        raise InvalidValue(message, value=value) from error


def _one_evidence(record: Mapping[str, Any]) -> Evidence:
    return Evidence(
        field=record["field"],
        rule=record["rule"],
        version=record.get("version", 1),
        start=record.get("start"),
        end=record.get("end"),
        text=record.get("text", ""),
        confidence=Confidence[record["confidence"].upper()],
    )
