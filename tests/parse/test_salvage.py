"""What is not taken for a bounce where the structure of a report is lost."""

import pytest

from dsnlib import Limits, read_reports
from dsnlib.parse.salvage import may_be_salvaged

RECEIPT = (
    b"--b\nContent-Type: message/disposition-notification\n\n"
    b"Final-Recipient: rfc822; ann@example.net\nDisposition: %s\n\n--b--\n"
)
SEEN = b"manual-action/MDN-sent-manually; displayed"
REFUSED = b"automatic-action/MDN-sent-automatically; deleted"
COMPLAINT = (
    b"--b\n\nann@example.net\n--b\nContent-Type: message/feedback-report\n\n"
    b"Feedback-Type: abuse\nReporting-MTA: dns; mx.example.net\n\n--b--\n"
)
FROM_SYSTEM = b"Return-Path: <>\nFrom: postmaster@example.net\n"


def _message(report_type: bytes, body: bytes) -> bytes:
    parameter = b" report-type=" + report_type + b";" if report_type else b""
    top = b"Content-Type: multipart/report;" + parameter + b" boundary=b\n\n"
    return FROM_SYSTEM + top + body


@pytest.mark.requirement("6533-5-01")
@pytest.mark.parametrize("report_type", [b"disposition-notification", b""])
def test_a_receipt_is_no_bounce(report_type: bytes) -> None:
    """A receipt names a Final-Recipient and comes from the null path; it tells of reading."""
    assert () == read_reports(_message(report_type, RECEIPT % SEEN))


def test_a_receipt_that_refuses_is_a_bounce() -> None:
    """Sieve's reject says by a receipt that the message was not taken (RFC 5429 s2.1.2)."""
    (report,) = read_reports(_message(b"disposition-notification", RECEIPT % REFUSED))

    assert ["ann@example.net"] == [each.recipient for each in report.recipients]


@pytest.mark.parametrize("report_type", [b"feedback-report", b""])
def test_a_complaint_is_no_bounce(report_type: bytes) -> None:
    """A complaint has a Reporting-MTA, and may name its victim on a line alone."""
    assert () == read_reports(_message(report_type, COMPLAINT))


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"From: ann@example.net\n\nFinal-Recipient: rfc822; x\n", False),
        (b"From: MAILER-DAEMON@example.net\n\nFinal-Recipient: rfc822; x\n", True),
        (b"Return-Path: <>\n\nx\n", True),
        (b"Content-Type: multipart/mixed; boundary=b\n\nx\n", True),
        (b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n", False),
    ],
    ids=["a person", "a system", "the null path", "no part", "parts"],
)
def test_what_may_be_salvaged(octets: bytes, expected: bool) -> None:  # noqa: FBT001  a column of the table
    """A mail system's mail, and what says it has parts and has none; not what a person quotes."""
    assert expected == may_be_salvaged(octets, Limits())
