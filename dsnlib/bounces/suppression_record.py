"""One suppression as a flat record: what is exported, imported and shown to programs.

Rules.
- Within a version keys are only added; readers ignore keys that they do not know.
- Times are UTC as RFC 3339 writes them, with `Z`.
- Reading what was written gives an equal suppression.
- In a table of text, such as CSV, the evidence is one cell: identifiers, a space between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsnlib.bounces.record_field import read_text, read_time
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.errors import InvalidValue
from dsnlib.model.date import format_time

if TYPE_CHECKING:
    import datetime as dt
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
        "created": format_time(entry.created),
        "expires": None if entry.expires is None else format_time(entry.expires),
        "released": None if entry.released is None else format_time(entry.released),
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
    created = read_time(record, "created") or now
    if created is None:
        message = "created: it is missing"
        raise InvalidValue(message, value=None)
    return Suppression(
        address=read_text(record, "address") or "",
        source=_source(record),
        created=created,
        reason=read_text(record, "reason"),
        evidence=_evidence(record),
        expires=read_time(record, "expires"),
        released=read_time(record, "released"),
        note=read_text(record, "note") or "",
    )


def _source(record: Mapping[str, Any]) -> SuppressionSource:
    # Whoever wrote a list without sources made it elsewhere.
    value = read_text(record, "source") or SuppressionSource.IMPORT.value
    try:
        return SuppressionSource(value)
    except ValueError:
        message = f"source: {value!r} is no SuppressionSource"
        raise InvalidValue(message, value=value) from None


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
