"""What a header says of its part is read alike, wherever its fields stand and however spelt."""

from __future__ import annotations

import pytest

from dsnlib.parse.labels import Labels, read_labels, read_top
from dsnlib.parse.limits import Limits
from dsnlib.parse.report import read_reports

SPELLINGS = ("Content-Type:", "content-type:", "CONTENT-TYPE:", "Content-type :")
PLAIN = Labels("message/delivery-status", b"message/delivery-status", "7bit", -1)


@pytest.mark.parametrize(
    "block",
    [
        b"Content-Type: message/delivery-status\n\n",
        b"Content-Description: report\nContent-Type: message/delivery-status\n\n",
        b"Content-Type: message/delivery-status\nContent-Description: report\n\n",
        b"Content-Transfer-Encoding: 7BIT\nContent-Type: message/delivery-status\n\n",
        b"\nContent-Type: message/delivery-status\n\n",
        b"Content-Type: message/delivery-status",
    ],
    ids=["alone", "behind", "in front", "encoding", "line end in front", "no end"],
)
def test_the_usual_spelling(block: bytes) -> None:
    """The usual spelling gives the same labels in the first line as in any other.

    By them `inspect` knows the many reports whose structure needs no closer look.
    """
    assert PLAIN == read_labels(block)


@pytest.mark.parametrize(
    "block",
    [
        b"content-type: Message/Delivery-Status\n\n",
        b"X-A: 1\nCONTENT-TYPE\t:message/delivery-status\n\n",
        b"Content-Type: (a report)message/delivery-status\n\n",
        b"Content-Type:\n message/delivery-status\n\n",
    ],
    ids=["lower case", "tab", "comment", "folded"],
)
def test_other_spellings(block: bytes) -> None:
    """Names and types compare without case; comments and folds are no part of a type."""
    labels = read_labels(block)

    assert ("message/delivery-status", "7bit", -1) == (
        labels.media_type, labels.encoding, labels.run_in,
    )  # fmt: skip


@pytest.mark.parametrize(
    "block",
    [
        b"Content-Type: text/plain\nContent-Type: text/html\n\n",
        b"content-type: text/plain\nContent-Type: text/html\n\n",
        b"X-A: 1\nContent-type: text/plain\nContent-Type: text/html\n\n",
        b"Content-Type: text/plain\ncontent-type: text/html\n\n",
    ],
    ids=["both usual", "in the first line", "behind another", "usual first"],
)
def test_the_first_of_two_types_counts(block: bytes) -> None:
    """A header with two types, which RFC 2045 s3 forbids, means the first, however it is spelt."""
    assert "text/plain" == read_labels(block).media_type


@pytest.mark.parametrize("second", SPELLINGS)
@pytest.mark.parametrize("first", SPELLINGS)
@pytest.mark.parametrize("before", [b"", b"Subject: x\n"], ids=["at the top", "below"])
def test_the_first_type_counts_at_the_top(before: bytes, first: str, second: str) -> None:
    """Of two types the first one counts, in a message and in a part, however each is spelt."""
    header = b"%s%s text/html\nX: 1\n%s text/plain\n" % (before, first.encode(), second.encode())

    assert "text/html" == read_labels(header).media_type
    assert "text/html" == read_top(header, 1000)[0].media_type


def test_a_limit_changes_no_reading() -> None:
    """A second type that a tight limit hides is not the one that counts without the limit."""
    message = (
        b"Subject: x\ncontent-type: multipart/report; boundary=b\nX: "
        + b"x" * 200
        + b"\nContent-Type: text/plain\n--b\ncontent-type: message/delivery-status\n\n"
        b"Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; bob@example.net\n"
        b"Action: failed\nStatus: 5.1.1\n--b--\n"
    )

    reports = read_reports(message)

    assert 1 == len(reports)
    assert reports == read_reports(message, limits=Limits(header_octets=100))
