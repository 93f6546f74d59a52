"""The fields of a report: the one table that readers and writers work from.

`FIELDS` is in the order in which RFC 3464 s2.2 and s2.3 give them, with those
of RFC 2852 and RFC 6533.
"""

from __future__ import annotations

import enum

import attrs

__all__ = ["FIELDS", "FieldForm", "FieldRule", "FieldScope"]


class FieldScope(enum.Enum):
    """Which group of a report a field belongs to."""

    MESSAGE = "message"
    RECIPIENT = "recipient"


class FieldForm(enum.Enum):
    """How the text of a field is to be read."""

    TEXT = "text"
    MTA_NAME = "mta-name"
    ADDRESS = "address"
    ACTION = "action"
    STATUS = "status"
    DIAGNOSTIC = "diagnostic"
    LOCALIZED = "localized"
    DATE = "date"


@attrs.frozen
class FieldRule:
    """A row of `FIELDS`: a field's name, place, form and whether it must be."""

    name: str
    scope: FieldScope
    attribute: str
    form: FieldForm
    required: bool = False


_M, _R = FieldScope.MESSAGE, FieldScope.RECIPIENT

FIELDS = (
    FieldRule("Original-Envelope-Id", _M, "original_envelope_id", FieldForm.TEXT),
    FieldRule("Reporting-MTA", _M, "reporting_mta", FieldForm.MTA_NAME, required=True),
    FieldRule("DSN-Gateway", _M, "dsn_gateway", FieldForm.MTA_NAME),
    FieldRule("Received-From-MTA", _M, "received_from_mta", FieldForm.MTA_NAME),
    FieldRule("Arrival-Date", _M, "arrival_date", FieldForm.DATE),
    FieldRule("Deliver-By-Date", _M, "deliver_by_date", FieldForm.DATE),  # RFC 2852 s5
    FieldRule("Original-Recipient", _R, "original_recipient", FieldForm.ADDRESS),
    FieldRule("Final-Recipient", _R, "final_recipient", FieldForm.ADDRESS, required=True),
    FieldRule("Action", _R, "action", FieldForm.ACTION, required=True),
    FieldRule("Status", _R, "status", FieldForm.STATUS, required=True),
    FieldRule("Remote-MTA", _R, "remote_mta", FieldForm.MTA_NAME),
    FieldRule("Diagnostic-Code", _R, "diagnostic_code", FieldForm.DIAGNOSTIC),
    # Zero or more, after Diagnostic-Code: RFC 6533 s4.1.
    FieldRule("Localized-Diagnostic", _R, "localized_diagnostics", FieldForm.LOCALIZED),
    FieldRule("Last-Attempt-Date", _R, "last_attempt_date", FieldForm.DATE),
    FieldRule("Final-Log-ID", _R, "final_log_id", FieldForm.TEXT),
    FieldRule("Will-Retry-Until", _R, "will_retry_until", FieldForm.DATE),
)
