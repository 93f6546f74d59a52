"""Fuzz `parse_report`.

Invariant.
- Any octets give a report without defects, `NotADeliveryReport`,
  `MalformedReport` or `LimitExceeded`, nothing else.
- What the strict reader accepts the tolerant one reads as the same report,
  without a defect; what it calls malformed the tolerant one finds too; where it
  finds nothing, neither does the other.
"""

from __future__ import annotations

from dsnlib import MalformedReport, NotADeliveryReport, parse_report, read_reports
from fuzz.alphabet import MESSAGE, expand
from fuzz.invariants import assert_malformed, assert_report

__all__ = ["READS", "check"]

READS = ("dsnlib.parse",)


def check(data: bytes) -> None:
    """Read one input strictly and tolerantly and compare."""
    message = expand(data, MESSAGE)
    tolerant = read_reports(message)
    try:
        report = parse_report(message)
    except NotADeliveryReport:
        assert not tolerant
    except MalformedReport as error:
        assert tolerant
        assert_malformed(message, error)
    else:
        assert not report.defects
        assert report == tolerant[0]
        assert not tolerant[0].defects
        assert_report(message, report)
