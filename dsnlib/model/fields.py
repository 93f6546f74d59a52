"""The fields of a report, one by one (RFC 3464 s2.2, s2.3, s2.4; RFC 6533 s4.1).

`FIELDS` is the one table of them, in the order that RFC 3464 gives; the reader
and the writer of reports both work from it.  A field that is not in it is an
`ExtensionField`.
"""

from __future__ import annotations

import enum
import functools
import re

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.text import refuse_controls, refuse_edges

__all__ = [
    "FIELDS",
    "ExtensionField",
    "FieldForm",
    "FieldRule",
    "FieldScope",
    "LocalizedDiagnostic",
    "is_field_name",
]


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


# field-name = 1*(%d33-57 / %d59-126)                           RFC 5322 s2.2
_SHORT = 100
_FIELD_NAME = re.compile(r"[!-9;-~]+")


# Systems use the same few names over and over.
@functools.lru_cache(maxsize=256)
def _is_short_field_name(text: str) -> bool:
    return _FIELD_NAME.fullmatch(text) is not None


def is_field_name(text: str) -> bool:
    """Tell whether `text` can name a field (RFC 5322 s2.2).  Never raises."""
    # What is long is not remembered, or strangers could fill the memory.
    if len(text) < _SHORT:
        return _is_short_field_name(text)
    return _FIELD_NAME.fullmatch(text) is not None


@attrs.frozen
class ExtensionField:
    """A field that RFC 3464 does not define, or could not be read (s2.4).

    Args:
        name: As written; printable US-ASCII without colon or space.
        value: Unfolded, without white space round it.

    Raises:
        InvalidValue: The name is no field name, or the value has controls or
            white space at an end.
    """

    name: str = attrs.field(eq=str.lower)
    value: str

    def __attrs_post_init__(self) -> None:
        if not is_field_name(self.name):
            message = f"extension field: {self.name!r} is not a field name"
            raise InvalidValue(message, value=self.name, requirement="3464-2.4-01")
        if not self.value.isprintable():
            refuse_controls(self.value, self.name, tab=True, requirement="3464-2.4-01")
        refuse_edges(self.value, self.name, requirement="3464-2.4-01")


# Language-Tag = Primary-subtag *( "-" Subtag )                  RFC 3066 s2.1
#   Primary-subtag = 1*8ALPHA
#   Subtag         = 1*8(ALPHA / DIGIT)
# What RFC 5646 s2.1 allows is narrower, and no reader of ours depends on it.
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


@attrs.frozen
class LocalizedDiagnostic:
    """A diagnostic in one language, for people (RFC 6533 s4.1).

    Args:
        language: A language tag, `de` or `pt-BR`; compared without case.
        text: Equivalent to the text of Diagnostic-Code, without white space
            round it.

    Raises:
        InvalidValue: The tag is no tag, or the text has controls or white space
            at an end.
    """

    language: str = attrs.field(eq=str.lower)
    text: str

    def __attrs_post_init__(self) -> None:
        if _LANGUAGE_TAG.fullmatch(self.language) is None:
            message = f"Localized-Diagnostic: {self.language!r} is not a language tag"
            raise InvalidValue(message, value=self.language, requirement="6533-4.1-06")
        refuse_controls(self.text, "Localized-Diagnostic", tab=True, requirement="6533-4.1-06")
        refuse_edges(self.text, "Localized-Diagnostic", requirement="6533-4.1-06")

    def __str__(self) -> str:
        return f"{self.language}; {self.text}"
