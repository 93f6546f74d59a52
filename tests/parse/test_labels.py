"""What a header says of its part is read alike, wherever its fields stand and however spelt."""

from __future__ import annotations

import pytest

from dsnlib.parse.labels import Labels, read_labels

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
