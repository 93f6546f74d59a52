"""A feedback report is a complaint of whom its fields name."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.kinds.feedback import (
    Feedback,
    parse_address,
    read_feedback,
    read_feedback_report,
)
from dsnlib.errors import InvalidValue
from tests.growth import BOUND, growth

MAIL = Path(__file__).resolve().parents[2] / "data/mail"
ABUSE = (MAIL / "feedback-abuse.eml").read_bytes()
OUTLOOK = (MAIL / "feedback-outlook.eml").read_bytes()


def report(fields: str) -> bytes:
    """Return a feedback report with these fields."""
    return (
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        f"--b\n\nhello\n--b\nContent-Type: message/feedback-report\n\n{fields}\n--b--\n"
    ).encode()


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_complaint(line_end: bytes) -> None:
    """Each recipient gives an event with all that the report says."""
    data = ABUSE.replace(b"\n", line_end)
    events = read_feedback(data)

    assert ["bob@isp.example", "carol@isp.example"] == [event.recipient for event in events]
    event = events[0]
    assert (EventKind.COMPLAINT, "rfc5965") == (event.kind, event.dialect)
    assert ("sale.17@sender.example", "env-17") == (event.message_id, event.envelope_id)
    assert "mx.isp.example" == event.reporting_mta
    assert dt.datetime(2026, 3, 3, 9, 58, tzinfo=dt.UTC) == event.occurred
    assert ["feedback/feedback-type", "feedback/original-rcpt-to"] == [
        each.rule for each in event.evidence
    ]
    assert event.evidence[1].start == data.index(b"Original-Rcpt-To")


def test_report() -> None:
    """What has no place in an event is in the report."""
    found = read_feedback_report(ABUSE)

    assert found is not None
    assert ("abuse", True, "192.0.2.7") == (
        found.feedback_type,
        found.is_complaint,
        found.source_ip,
    )
    assert ("sender.example", "shop.sender.example") == found.reported_domains
    assert ("news+42@sender.example", "OurLoop/1.0") == (
        found.original_mail_from,
        found.user_agent,
    )


def test_outlook() -> None:
    """Outlook.com returns the mail with the recipient in front of its header."""
    (event,) = read_feedback(OUTLOOK)

    assert ("bob@isp.example", "jmrp") == (event.recipient, event.dialect)
    assert "sale.17@sender.example" == event.message_id


def test_outlook_forwarded() -> None:
    """Who forwards such a mail with a word of his own complains of nothing."""
    forwarded = OUTLOOK.replace(b"\n--jmrp\n", b"\n--jmrp\n\nlook\n--jmrp\n", 1)

    assert read_feedback_report(forwarded) is None


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "Not-Spam (sorry)"])
def test_no_complaint(kind: str) -> None:
    """Some reports are read and complain of nothing."""
    data = report(f"Feedback-Type: {kind}\nOriginal-Rcpt-To: bob@example.org")
    found = read_feedback_report(data)

    assert found is not None
    assert not found.is_complaint
    assert ("bob@example.org",) == found.recipients
    assert () == read_feedback(data)


@pytest.mark.parametrize(
    ("fields", "recipients"),
    [
        ("Feedback-Type: abuse", ()),
        ("Feedback-Type: opt-out\nRemoval-Recipient: bob@example.org", ("bob@example.org",)),
        ("Removal-Recipient: a@b\nOriginal-Rcpt-To: <c@d>", ("c@d",)),
        ("Original-Rcpt-To: a@b\nOriginal-Rcpt-To: a@b", ("a@b",)),
        ("Original-Rcpt-To: redacted\nRemoval-Recipient: a@b", ("a@b",)),
        ("To: a@b", ()),
    ],
)
def test_recipients(fields: str, recipients: tuple[str, ...]) -> None:
    """A field that names somebody counts; nothing is guessed."""
    found = read_feedback_report(report(fields))

    assert found is not None
    assert recipients == found.recipients
    assert list(recipients) == [event.recipient for event in read_feedback(report(fields))]


def test_absent_fields() -> None:
    """What is not said is `None`; a date that is none too."""
    found = read_feedback_report(report("Arrival-Date: soon\nReporting-MTA: dns;"))

    assert found is not None
    assert "abuse" == found.feedback_type
    assert (None, None, None, None) == (
        found.arrival_date, found.reporting_mta, found.message_id, found.original_mail_from
    )  # fmt: skip


def test_received_date() -> None:
    """Yahoo calls the Arrival-Date so."""
    found = read_feedback_report(report("Received-Date: Tue, 3 Mar 2026 09:58:00 +0000"))

    assert found is not None
    assert dt.datetime(2026, 3, 3, 9, 58, tzinfo=dt.UTC) == found.arrival_date


def test_empty_message_id() -> None:
    """An empty Message-ID is none."""
    data = ABUSE.replace(b"\n <sale.17@sender.example>", b" <>")
    found = read_feedback_report(data)

    assert found is not None
    assert found.message_id is None


@pytest.mark.parametrize(
    "data", [b"", b"Subject: x\n\ny", (MAIL / "receipt-displayed.eml").read_bytes()]
)
def test_other_mail(data: bytes) -> None:
    """Other mail complains of nothing."""
    assert read_feedback_report(data) is None
    assert () == read_feedback(data)


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("bob@example.org", "bob@example.org"),
        ("<bob@example.org>", "bob@example.org"),
        ("rfc822;bob@example.org", "bob@example.org"),
        ('"a b"@example.org', '"a b"@example.org'),
        ("Bob <bob@example.org>, carol@example.org", "bob@example.org"),
        ("bob", None),
        ("@example.org", None),
        ("bob@", None),
        ("", None),
    ],
)
def test_addresses(value: str, address: str | None) -> None:
    """An address is what stands round the at sign."""
    assert address == parse_address(value)


@given(st.binary(max_size=300))
def test_anything(fields: bytes) -> None:
    """No octets make it raise."""
    read_feedback(report("") + fields)
    read_feedback(report("X").replace(b"X", fields))


@pytest.mark.parametrize(
    "unit",
    [b"Original-Rcpt-To: a@b\n", b"Original-Rcpt-To: a", b"a" * 9, b"\n ", b"--b\n", b'"a'],
)
def test_growth(unit: bytes) -> None:
    """Twice as much takes less than three times as long."""

    def prepare(count: int) -> Callable[[], object]:
        data = report("X").replace(b"X", b"Original-Rcpt-To: " + unit * count)
        return lambda: read_feedback(data)

    assert growth(prepare, 1 << 15) < BOUND


def test_the_time_of_a_report_has_a_zone() -> None:
    """Without one the complaint would be at another time on each machine."""
    naive = dt.datetime(2026, 11, 23)  # noqa: DTZ001  what is refused
    with pytest.raises(InvalidValue, match=r"^arrival_date: .* has no zone$"):
        Feedback(feedback_type="abuse", arrival_date=naive)

    when = naive.replace(tzinfo=dt.UTC)
    assert when == Feedback(feedback_type="abuse", arrival_date=when).arrival_date
