"""Fuzz `read_reports`.

Invariant.
- Any octets give reports or `LimitExceeded`, nothing else.
- Every value of a report writes and reads back; every place lies in the input; all is JSON.
- Tight limits refuse a message or change nothing in what is read.
- A message of US-ASCII reads the same with LF, CRLF and CR line ends.
"""

from __future__ import annotations

import json

from dsnlib import LimitExceeded, Limits, read_reports
from dsnlib.parse.record import message_record
from fuzz.alphabet import MESSAGE, expand
from fuzz.invariants import assert_report, assert_same_reading

__all__ = ["READS", "check"]

READS = (
    "dsnlib.parse",
    "dsnlib.model.report",
    "dsnlib.model.returned",
)

# So small that what fits into a fuzzer's input meets them.
_TIGHT = Limits(header_octets=256, status_octets=512, parts=4, recipients=2, nesting=3)


def check(data: bytes) -> None:
    """Read one input in every way and assert the invariant."""
    message = expand(data, MESSAGE)
    reports = read_reports(message)
    for report in reports:
        assert_report(message, report)
    # Texts that were octets and no UTF-8 are JSON in ASCII alone.
    assert json.dumps(message_record(reports)).isascii()
    try:
        within = read_reports(message, limits=_TIGHT)
    except LimitExceeded as error:
        _check_refusal(error)
    else:
        assert reports == within
    if message.isascii() and b"\r" not in message:
        assert reports == read_reports(message.replace(b"\n", b"\r")) or b"\n" not in message
        assert_same_reading(reports, read_reports(message.replace(b"\n", b"\r\n")))


def _check_refusal(error: LimitExceeded) -> None:
    assert getattr(_TIGHT, error.limit) == error.value
