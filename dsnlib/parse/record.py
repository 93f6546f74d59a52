"""The reports of one message as plain values, ready for JSON.

One shape for everybody who writes records: the command `dsnlib parse`, and
programs that read mail in bulk.  It is documented in `docs/reference/json.md`
and fixed by `dsnlib/schema/message-v1.json`.

Rules.
- Within a version keys are only added.  A key that goes or changes its meaning
  makes a new version.
- Times are UTC in the form of RFC 3339, with `Z`.
- Names of mail systems stand without type and comment, addresses without type.
- Where a message holds several reports, what is said once for a message is
  taken from the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.model.date import format_time
from dsnlib.model.report import Kind

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from dsnlib.model.address import MtaName
    from dsnlib.model.report import DeliveryReport, MessageFields, RecipientFields
    from dsnlib.model.returned import ReturnedContent

__all__ = ["SCHEMA_VERSION", "message_record", "time_record"]

SCHEMA_VERSION = 1

_GRAVEST_FIRST = {kind: rank for rank, kind in enumerate(Kind)}


def message_record(reports: Sequence[DeliveryReport]) -> dict[str, object]:
    """Return what the reports of one message say, as the record of the message.

    All keys of the schema but `file`, `message` and `error`, which tell where
    the message came from and how reading it went: the caller knows.  Never
    raises.

    >>> message_record([])["is_bounce"]
    False

    Args:
        reports: What `read_reports` found, in order; none for other mail.
    """
    first = reports[0] if reports else None
    fields = None if first is None else first.message
    kinds = [report.kind for report in reports if report.kind is not None]
    kind = min(kinds, key=_GRAVEST_FIRST.__getitem__, default=None)
    return {
        "schema_version": SCHEMA_VERSION,
        "is_bounce": any(report.is_bounce for report in reports),
        "kind": None if kind is None else kind.value,
        "envelope_id": None if fields is None else fields.original_envelope_id,
        "reporting_mta": None if fields is None else _name(fields.reporting_mta),
        "received_from_mta": None if fields is None else _name(fields.received_from_mta),
        "arrival_date": None if fields is None else time_record(fields.arrival_date),
        "extensions": [] if fields is None else _extensions(fields),
        "reports": [_recipient(each) for report in reports for each in report.recipients],
        "returned": None if first is None else _returned(first.returned),
        "defects": [attrs.asdict(defect) for report in reports for defect in report.defects],
    }


def _extensions(fields: MessageFields | RecipientFields) -> list[list[str]]:
    return [[each.name, each.value] for each in fields.extensions]


def _recipient(fields: RecipientFields) -> dict[str, object]:
    original, diagnostic = fields.original_recipient, fields.diagnostic_code
    return {
        "recipient": fields.recipient,
        "original_recipient": None if original is None else original.address,
        "action": None if fields.action is None else fields.action.value,
        "status": None if fields.status is None else str(fields.status),
        "status_comment": fields.status_comment,
        "diagnostic": None if diagnostic is None else diagnostic.text,
        "diagnostic_type": None if diagnostic is None else diagnostic.type,
        "localized_diagnostics": {
            each.language: each.text for each in fields.localized_diagnostics
        },
        "remote_mta": _name(fields.remote_mta),
        "last_attempt_date": time_record(fields.last_attempt_date),
        "will_retry_until": time_record(fields.will_retry_until),
        "final_log_id": fields.final_log_id,
        "extensions": _extensions(fields),
    }


def _returned(content: ReturnedContent | None) -> dict[str, object] | None:
    if content is None:
        return None
    return {"media_type": content.media_type, "start": content.start}


def _name(mta: MtaName | None) -> str | None:
    return None if mta is None else mta.name


def time_record(when: dt.datetime | None) -> str | None:
    """Return a time as RFC 3339 writes it, `None` for none.  Never raises."""
    return None if when is None else format_time(when)
