"""Every defect that the readers report: its code, the rule it breaks, in words.

The codes are stable: scripts may match on them.  The requirement ids are those
of `rfc/requirements`.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["DEFECTS", "DefectRule"]


class DefectRule(NamedTuple):
    """What a defect's code stands for.

    Args:
        requirement: The catalogue id of the rule, or `None` where the rule is
            MIME's own (RFC 2045, RFC 2046).
        title: The rule that is broken, in a few words.
    """

    requirement: str | None
    title: str


DEFECTS = {
    # The structure of the message
    "report-container": DefectRule("3464-2-01", "the message is not a multipart/report"),
    "report-nested": DefectRule("3464-2-01", "the report is not the whole message"),
    "report-structure": DefectRule("6522-3-03", "no boundary leads to the status part"),
    "report-type-missing": DefectRule("6522-3-01", "the report-type parameter is missing"),
    "report-type": DefectRule("3464-2-02", "the report-type is not delivery-status"),
    "report-parts": DefectRule("6522-3-05", "a report has two or three parts"),
    "report-part-order": DefectRule("6522-3-05", "the status part is not the second"),
    "closing-boundary": DefectRule("6522-3-03", "the closing boundary is missing"),
    "mbox-line": DefectRule(None, "an mbox separator line is no part of the message"),
    "mime-version": DefectRule("3464-2-01", "the MIME-Version field is missing"),
    "status-part-type": DefectRule("3464-2-04", "the status part is labelled as another type"),
    "status-part-parameter": DefectRule("3464-2.1-01", "the status part's type has parameters"),
    "status-part-encoding": DefectRule("3464-2.1-02", "the status part is not 7bit"),
    "status-part-8bit": DefectRule("3464-2.1-02", "the status part has octets beyond US-ASCII"),
    "status-part-utf8": DefectRule("6533-4.1-10", "the status part is not UTF-8"),
    "global-encoding": DefectRule("6533-6.4-01", "a global status part with a wrong encoding"),
    "status-part-header": DefectRule("3464-2.1-03", "no empty line before the fields"),
    # The syntax of fields and groups
    "field-control": DefectRule("3464-2.4-01", "a control character in a field"),
    "field-space": DefectRule("3464-2.1.1-01", "white space before a colon"),
    "field-syntax": DefectRule("3464-2.1.1-01", "a line that is no field"),
    "field-duplicate": DefectRule("3464-2.2-02", "a field that may occur once occurs again"),
    "field-place": DefectRule("3464-2.1-03", "a per-message field in a recipient's group"),
    "blank-line-extra": DefectRule("3464-2.1-05", "an empty line too many"),
    "blank-line-space": DefectRule("3464-2.1-04", "white space in an empty line"),
    "blank-line-stray": DefectRule("3464-2.3-02", "an empty line inside a group"),
    "blank-line-missing": DefectRule("3464-2.1-04", "no empty line before a group"),
    "group-missing": DefectRule("3464-2.1-03", "there is no recipient's group"),
    # What must be there
    "reporting-mta-missing": DefectRule("3464-2.2.2-01", "Reporting-MTA is missing"),
    "final-recipient-missing": DefectRule("3464-2.3.2-01", "Final-Recipient is missing"),
    "action-missing": DefectRule("3464-2.3.3-01", "Action is missing"),
    "status-missing": DefectRule("3464-2.3.4-01", "Status is missing"),
    # Values
    "mta-name": DefectRule("3464-2.2.2-02", "an MTA name without a type"),
    "address": DefectRule("3464-2.3.2-02", "an address without a type"),
    "address-brackets": DefectRule("3461-9.1-01", "angle brackets round an address"),
    "address-utf8": DefectRule("6533-4.1-09", "UTF-8 in an address that is not of type utf-8"),
    "action-value": DefectRule("3464-2.3.3-02", "an action that is none of the five"),
    "action-status": DefectRule("3464-2.3.3-14", "action and status contradict each other"),
    "status-syntax": DefectRule("3464-2.3.4-02", "a status that is not class.subject.detail"),
    "status-leading-zero": DefectRule("3464-2.3.4-06", "a leading zero in a status"),
    "status-text": DefectRule("3464-2.3.4-05", "text round a status that is no comment"),
    "diagnostic": DefectRule("3464-2.3.6-01", "a diagnostic code without a type"),
    "date": DefectRule("3464-2.2.5-02", "a date that is not RFC 1123's"),
    "localized-language": DefectRule("6533-4.1-07", "two localized diagnostics in one language"),
    "localized-alone": DefectRule("6533-4.1-06", "a localized diagnostic without a plain one"),
    "localized": DefectRule("6533-4.1-06", "a localized diagnostic without a language"),
    "retry-not-delayed": DefectRule("3464-2.3.9-02", "Will-Retry-Until with another action"),
    # What was taken from elsewhere
    "recipient-elsewhere": DefectRule("3464-2.3.2-01", "the recipient stands only in the text"),
}
