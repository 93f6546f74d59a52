"""The kind of a mail is told by its header and its first kilobytes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.event import Confidence
from dsnlib.bounces.kinds.message_kind import MessageKind, find_kind, tell_kind
from tests.growth import BOUND, growth

ROOT = Path(__file__).resolve().parents[3]
MAIL = ROOT / "tests/data/mail"
REPORTS = ROOT / "tests/data/reports"
LARGEST = 1 << 15


def mail(*fields: str, body: str = "text\n") -> bytes:
    """Return a message with these fields."""
    return ("\n".join(("Received: by x", *fields)) + "\n\n" + body).encode()


PERSON = "From: Bob <bob@example.org>"
DAEMON = "From: MAILER-DAEMON@example.org"
NULL = "Return-Path: <>"
REPORT = "Content-Type: multipart/report; boundary=b"


@pytest.mark.parametrize(
    ("fields", "kind", "rule"),
    [
        # The type of the message
        ([f"{REPORT}; report-type=delivery-status"], "report", "report-type"),
        ([f"{REPORT}; report-type=feedback-report"], "feedback", "report-type"),
        ([f'{REPORT};\n report-type="disposition-notification"'], "receipt", "report-type"),
        ([f"{REPORT}; report-type=tlsrpt"], "tls-report", "report-type"),
        (["Content-Type: message/delivery-status"], "report", "media-type"),
        (["TLS-Report-Domain: example.org"], "tls-report", "tls-report-domain"),
        # Fields and senders
        ([PERSON, "X-Failed-Recipients: a@example.org"], "bounce-like", "x-failed-recipients"),
        ([DAEMON], "bounce-like", "system-sender"),
        (["FROM : Mail Delivery System <x@example.org>"], "bounce-like", "system-sender"),
        (["From: <>"], "bounce-like", "system-sender"),
        (["Sender: mdaemon@example.org"], "bounce-like", "system-sender"),
        (["From: Postmaster <postmaster@example.org>"], "bounce-like", "postmaster"),
        ([PERSON, NULL], "bounce-like", "null-path"),
        (["Return-Path:"], "bounce-like", "null-path"),
        (["Return-Path: <MAILER-DAEMON>"], "bounce-like", "null-path"),
        # A bounce is no out-of-office
        ([DAEMON, "Auto-Submitted: auto-replied"], "bounce-like", "system-sender"),
        ([PERSON, "Auto-Submitted: auto-replied", "Subject: Mail delivery failed"],
         "bounce-like", "subject-bounce"),
        # An out-of-office is no bounce
        ([PERSON, NULL, "Subject: Automatic reply: lunch"], "auto-reply", "subject-auto-reply"),
        ([PERSON, NULL, "Subject: Urlaub"], "auto-reply", "subject-away"),
        ([PERSON, "Auto-Submitted: auto-replied (vacation)"], "auto-reply", "auto-submitted"),
        ([PERSON, NULL, "X-Autoreply: yes"], "auto-reply", "x-autoreply"),
        ([PERSON, NULL, "X-Apple-Action: VACATION"], "auto-reply", "x-apple-action"),
        ([PERSON, "Precedence: auto_reply"], "auto-reply", "precedence"),
        (["From: postmaster@example.org", "Subject: Out of office"],
         "auto-reply", "subject-auto-reply"),
        # Filters, lists and reports of other kinds
        ([PERSON, NULL, "Subject: Please confirm your message"],
         "challenge", "subject-challenge"),
        ([PERSON, "X-Delivery-Agent: TMDA/1.1"], "challenge", "x-delivery-agent"),
        ([PERSON, "Subject: Your message to Talk awaits moderator approval"],
         "list-notice", "subject-list-notice"),
        ([PERSON, "X-List-Administrivia: yes"], "list-notice", "x-list-administrivia"),
        ([PERSON, "Subject: Report Domain: a.b Submitter: c.d Report-ID: 1"],
         "dmarc-report", "subject-dmarc-report"),
        ([PERSON, "Subject: complaint about message from 192.0.2.1"],
         "feedback", "subject-complaint"),
        # Anything else
        ([PERSON], "ordinary", None),
        ([PERSON, "Subject: Urlaub"], "ordinary", None),
        ([PERSON, "Subject: Re: Undelivered Mail Returned to Sender"], "ordinary", None),
        ([PERSON, "List-Id: talk <talk.example.org>", "Precedence: list"], "ordinary", None),
        ([PERSON, "X-Autoreply: no", "X-Apple-Action: none"], "ordinary", None),
        ([PERSON, "X-Delivery-Agent: other"], "ordinary", None),
        (["From: Mail order systems <shop@example.org>"], "ordinary", None),
        (["Content-Type: multipart/report; report-type=other", PERSON], "ordinary", None),
        (["Content-Type: application/pdf", PERSON], "ordinary", None),
    ],
)  # fmt: skip
def test_fields(fields: list[str], kind: str, rule: str | None) -> None:
    """Each field tells what it tells, and the one that counts more comes first."""
    found = find_kind(mail(*fields))

    assert kind == found.kind.value
    assert ([] if rule is None else [f"kind/{rule}"]) == [each.rule for each in found.evidence]


def test_evidence_is_where_it_says() -> None:
    """What tells stands in the mail between its two places."""
    data = mail(PERSON, "Subject: Undeliverable:\n lunch")
    evidence = find_kind(data).evidence[0]

    assert b"Subject: Undeliverable:\n lunch" == data[evidence.start : evidence.end]
    assert Confidence.LIKELY == evidence.confidence
    assert "kind" == evidence.field


# They say that they are reports, and tell of no recipient.
STATUSLESS = frozenset({"not-a-report-without-status-part", "recipient-groups-missing"})


@pytest.mark.parametrize("path", sorted(REPORTS.glob("*.eml")), ids=lambda path: path.stem)
def test_reports(path: Path) -> None:
    """A message with a report in it is one, unless somebody only forwards it; others are none."""
    said = json.loads(path.with_suffix(".json").read_bytes())
    kind = tell_kind(path.read_bytes())

    if path.stem == "report-forwarded":
        assert MessageKind.ORDINARY == kind
    else:
        is_one = bool(said["reports"]) or path.stem in STATUSLESS
        assert is_one == (MessageKind.REPORT == kind)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("feedback-abuse", MessageKind.FEEDBACK),
        ("feedback-outlook", MessageKind.FEEDBACK),
        ("receipt-displayed", MessageKind.RECEIPT),
        ("receipt-refuses", MessageKind.BOUNCE_LIKE),
        ("forwarded-bounce", MessageKind.ORDINARY),
        ("bounce-to-anonymize", MessageKind.REPORT),
    ],
)
def test_fixtures(name: str, kind: MessageKind) -> None:
    """The same kind with LF, CRLF and CR, and behind an mbox separator."""
    data = (MAIL / f"{name}.eml").read_bytes()

    assert kind == tell_kind(data)
    assert kind == tell_kind(data.replace(b"\n", b"\r\n"))
    assert kind == tell_kind(data.replace(b"\n", b"\r"))
    assert kind == tell_kind(b"From x Tue Mar  3 10:00:00 2026\n" + data)


def part(media_type: str, body: str = "text") -> str:
    """Return a part behind its delimiter line."""
    return f"--b\nContent-Type: {media_type}\n\n{body}\n"


MIXED = "Content-Type: multipart/mixed; boundary=b"
JMRP = "X-HmXmrOriginalRecipient: a@example.org\nSubject: x\n"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (part("text/plain") + part("message/delivery-status"), "report"),
        (part("text/plain") + part("message/global-delivery-status"), "report"),
        (part("message/feedback-report"), "feedback"),
        (part("application/tlsrpt+gzip"), "tls-report"),
        (part("multipart/report; boundary=c", "--c\nContent-Type: message/delivery-status\n\n"),
         "report"),
        (part("message/rfc822", JMRP), "feedback"),
        (part("text/plain") + part("message/rfc822", JMRP), "ordinary"),
        (part("message/rfc822", "Content-Type: message/delivery-status\n\n"), "ordinary"),
        (part("text/plain") * 9 + part("message/delivery-status"), "ordinary"),
        (part("text/plain") + "--b--\n", "ordinary"),
        ("--b", "ordinary"),
        ("no parts", "ordinary"),
        (part("text/plain", "x" * 20_000) + part("message/delivery-status"), "ordinary"),
    ],
)  # fmt: skip
def test_parts(body: str, kind: str) -> None:
    """The type of an outermost part tells, if it comes early; what a mail holds does not."""
    assert kind == tell_kind(mail(MIXED, PERSON, body=body)).value


def test_multipart_without_boundary() -> None:
    """A multipart that names no boundary has no parts to look at."""
    assert MessageKind.ORDINARY == tell_kind(mail("Content-Type: multipart/mixed", PERSON))


def test_deep_multiparts() -> None:
    """Parts within parts are looked into so far."""
    body = "message/delivery-status\n\n"
    for level in range(6):
        body = f"multipart/mixed; boundary=b{level}\n\n--b{level}\nContent-Type: {body}"

    assert MessageKind.ORDINARY == tell_kind(mail(f"Content-Type: {body}"))


@pytest.mark.parametrize("data", [b"", b"\n", b"\r", b"x" * 2000, b"From x", b"Subject: \xff\n"])
def test_no_mail(data: bytes) -> None:
    """What is no mail is ordinary."""
    assert MessageKind.ORDINARY == tell_kind(data)


def test_long_first_line() -> None:
    """A first line longer than any may be does not hide the others."""
    data = b"X: " + b"y" * 2000 + b"\r\nFrom: MAILER-DAEMON@example.org\r\n\r\n"

    assert MessageKind.BOUNCE_LIKE == tell_kind(data)


def test_header_without_an_end() -> None:
    """A header that nothing ends is read as far as a header goes."""
    assert MessageKind.BOUNCE_LIKE == tell_kind(b"From: MAILER-DAEMON\n" + b"X: y\n" * 50_000)


@given(st.binary(max_size=500))
def test_anything(data: bytes) -> None:
    """No octets make it raise, and a kind but the ordinary has evidence."""
    kind, evidence = find_kind(data)

    assert (kind is MessageKind.ORDINARY) == (evidence == ())


@pytest.mark.parametrize(
    "unit",
    [b"Subject: " , b"\nFrom: a@", b"\nReturn-Path: <", b" ", b"\nSubject:\n ", b"=?utf-8?q?a?= ",
     b"\nContent-Type: multipart/mixed; boundary=b\n\n--b\n", b"\n--b", b"<mailer-daemon@"],
)  # fmt: skip
def test_growth(unit: bytes) -> None:
    """Twice as much takes less than three times as long."""

    def prepare(count: int) -> Callable[[], object]:
        data = b"Content-Type: multipart/mixed; boundary=b\nFrom: x" + unit * count
        return lambda: tell_kind(data)

    assert growth(prepare, LARGEST) < BOUND
