"""One suppression as a flat record: what is exported, imported and shown to programs.

Rules.
- Within a version keys are only added; readers ignore keys that they do not know.
- Times are UTC as RFC 3339 writes them, with `Z`.
- Reading what was written gives an equal suppression.
- In a table of text, such as CSV, the evidence is one cell: identifiers, a space between.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SUPPRESSION_FIELDS", "read_suppression_record", "suppression_record"]

# In the order of the columns.
SUPPRESSION_FIELDS = (
    "address", "source", "reason", "created", "expires", "released", "note", "evidence",
)  # fmt: skip


def suppression_record(entry: Suppression) -> dict[str, Any]:
    """Return a suppression as a record, with the keys of `SUPPRESSION_FIELDS`.  Never raises."""
    return {
        "address": entry.address,
        "source": entry.source.value,
        "reason": entry.reason,
        "created": _format_time(entry.created),
        "expires": _format_time(entry.expires),
        "released": _format_time(entry.released),
        "note": entry.note,
        "evidence": list(entry.evidence),
    }


def read_suppression_record(
    record: Mapping[str, Any], *, now: dt.datetime | None = None
) -> Suppression:
    """Return the suppression that a record is of.

    Args:
        record: As `suppression_record` makes it, or a row of text; keys that are not
            there are as if `None`.
        now: When it began, if the record does not say; with a zone.

    Raises:
        InvalidValue: A value is none that its key can have; the message names the key.
    """
    created = _time(record, "created") or now
    if created is None:
        message = "created: it is missing"
        raise InvalidValue(message, value=None)
    return Suppression(
        address=_text(record, "address") or "",
        source=_source(record),
        created=created,
        reason=_text(record, "reason"),
        evidence=_evidence(record),
        expires=_time(record, "expires"),
        released=_time(record, "released"),
        note=_text(record, "note") or "",
    )


def _format_time(time: dt.datetime | None) -> str | None:
    return None if time is None else time.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _source(record: Mapping[str, Any]) -> SuppressionSource:
    # Whoever wrote a list without sources made it elsewhere.
    value = _text(record, "source") or SuppressionSource.IMPORT.value
    try:
        return SuppressionSource(value)
    except ValueError:
        message = f"source: {value!r} is no SuppressionSource"
        raise InvalidValue(message, value=value) from None


def _time(record: Mapping[str, Any], key: str) -> dt.datetime | None:
    text = _text(record, key)
    if text is None:
        return None
    try:
        return _utc(dt.datetime.fromisoformat(text))
    except (OverflowError, ValueError):
        message = f"{key}: {text!r} is no time with a zone, as RFC 3339 writes it"
        raise InvalidValue(message, value=text) from None


def _utc(time: dt.datetime) -> dt.datetime:
    if time.tzinfo is None:
        raise ValueError
    return time.astimezone(dt.UTC)


def _text(record: Mapping[str, Any], key: str) -> str | None:
    value = record.get(key)
    if value is not None and not isinstance(value, str):
        message = f"{key}: {value!r} is no text"
        raise InvalidValue(message, value=value)
    return value or None


def _evidence(record: Mapping[str, Any]) -> tuple[str, ...]:
    value = record.get("evidence")
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(value.split())
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        return tuple(value)
    message = f"evidence: {value!r} is no list of identifiers"
    raise InvalidValue(message, value=value)
