"""The log of Postfix, and that of dsnlib's own server."""

from __future__ import annotations

import datetime as dt
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.delivery_log import DeliveryRecord, format_record, log_text, record_as_event
from dsnlib.adapters.service.log import format_json, format_text
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.event_record import event_record, read_event_record
from dsnlib.bounces.logs.postfix import PostfixLog
from dsnlib.bounces.one_line import is_fit_address
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from tests.strategies import mailboxes, status_codes, wire_texts

NOW = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
MX = "mx.example.org[192.0.2.1]:25"
UNKNOWN = (
    "host mx.example.org[192.0.2.1] said: 550 5.1.1 <bob@example.org>: nobody of that name"
    " (in reply to RCPT TO command)"
)


def line_of(
    rest: str, *, program: str = "postfix/smtp", head: str = "Nov 23 04:00:00 out.example.net"
) -> str:
    """Return a line of a message's."""
    return f"{head} {program}[123]: 4F0ABC1D2E: {rest}\n"


def delivery(
    word: str,
    text: str,
    *,
    to: str = "bob@example.org",
    dsn: str = "5.1.1",
    relay: str = MX,
    program: str = "postfix/smtp",
) -> str:
    """Return a line about a recipient."""
    rest = (
        f"to=<{to}>, relay={relay}, delay=1.2, delays=0.1/0/1/0.1, dsn={dsn}, "
        f"status={word} ({text})"
    )
    return line_of(rest, program=program)


def read(*lines: str) -> tuple[BounceEvent, ...]:
    """Return what a log says."""
    log = PostfixLog()
    return tuple(event for line in lines for event in log.feed(line, now=NOW))


def test_failure() -> None:
    """A line says who, why, when, by whom, and which message it was."""
    (event,) = read(
        line_of("message-id=<one@example.net>", program="postfix/cleanup"),
        delivery("bounced", UNKNOWN),
    )

    assert ("bob@example.org", EventKind.FAILURE) == (event.recipient, event.kind)
    assert (Reason.UNKNOWN_USER, Permanence.HARD, Fault.RECIPIENT) == (
        event.reason, event.permanence, event.fault,
    )  # fmt: skip
    assert ("5.1.1", 550) == (str(event.status), event.reply_code)
    assert "550 5.1.1 <bob@example.org>: nobody of that name" == event.diagnostic
    assert ("mx.example.org", "out.example.net") == (event.remote_mta, event.reporting_mta)
    assert ("one@example.net", "postfix-log") == (event.message_id, event.dialect)
    assert dt.datetime(2026, 11, 23, 4, 0, tzinfo=dt.UTC) == event.occurred
    assert "postfix-log/bounced" == event.evidence[0].rule
    assert 32 == len(event.event_id)


@pytest.mark.parametrize(
    ("program", "word", "dsn", "relay", "text", "expected"),
    [
        ("postfix/smtp", "sent", "2.0.0", MX, "250 2.0.0 Taken", EventKind.RELAYED),
        ("postfix/relay/smtp", "sent", "2.0.0", MX, "250 2.0.0 Taken", EventKind.RELAYED),
        ("postfix-out/smtp", "sent", "2.0.0", MX, "250 2.0.0 Taken", EventKind.RELAYED),
        ("postfix/lmtp", "sent", "2.0.0", "a[private/dovecot-lmtp]", "250 ok", EventKind.SUCCESS),
        ("postfix/local", "sent", "2.0.0", "local", "put into a mailbox", EventKind.SUCCESS),
        ("postfix/virtual", "sent", "2.0.0", "virtual", "put into it", EventKind.SUCCESS),
        ("postfix/pipe", "sent", "2.0.0", "filter", "taken by a service", EventKind.SUCCESS),
        ("postfix/local", "sent", "2.0.0", "local", "forwarded as 4F0", EventKind.EXPANDED),
        ("postfix/discard", "sent", "2.0.0", "none", "example.org", None),
        ("postfix/smtp", "bounced", "5.4.4", "none", "no such name", EventKind.FAILURE),
        ("postfix/error", "bounced", "5.0.0", "none", "no such place", EventKind.FAILURE),
        ("postfix/retry", "deferred", "4.4.1", "none", "suspended", EventKind.DELAY),
        ("postfix/smtp", "deferred", "4.4.1", "none", "timed out", EventKind.DELAY),
        ("postfix/smtp", "SOFTBOUNCE", "5.1.1", MX, "550 no", EventKind.DELAY),
        ("postfix/smtp", "undeliverable", "5.1.1", MX, "550 no", EventKind.FAILURE),
        ("postfix/smtp", "undeliverable", "4.1.1", MX, "450 no", EventKind.DELAY),
        ("postfix/smtp", "deliverable", "2.1.5", MX, "250 yes", None),
        ("postfix/smtp", "later", "2.1.5", MX, "a word of a version to come", None),
        # Programs that deliver nothing, and programs of others
        ("postfix/smtpd", "bounced", "5.1.1", MX, "550 no", None),
        ("postfix", "bounced", "5.1.1", MX, "550 no", None),
        ("webmail/smtp", "bounced", "5.1.1", MX, "550 no", None),
        ("webmail", "bounced", "5.1.1", MX, "550 no", None),
    ],
)
def test_kinds(
    program: str, word: str, dsn: str, relay: str, text: str, expected: EventKind | None
) -> None:
    """The word and the program tell what happened."""
    events = read(delivery(word, text, dsn=dsn, relay=relay, program=program))

    assert ([] if expected is None else [expected]) == [event.kind for event in events]


@pytest.mark.parametrize(
    ("text", "said", "mta", "code"),
    [
        ("host a.example[192.0.2.9] said: 550 no (in reply to MAIL FROM command)", "550 no",
         "a.example", 550),
        ("host a.example[192.0.2.9] said: 550 no (in reply to end of DATA command)", "550 no",
         "a.example", 550),
        ("host a.example[2001:db8::1]:25 said: 550 (a (b)) (in reply to RCPT TO command)",
         "550 (a (b))", "a.example", 550),
        ("host a.example[192.0.2.9] refused to talk to me: 554 5.7.1 no", "554 5.7.1 no",
         "a.example", 554),
        # Words of a server that imitates what Postfix writes
        ("host a.example[192.0.2.9] said: 550 x (in reply to y) z (in reply to RCPT TO command)",
         "550 x (in reply to y) z", "a.example", 550),
        ("host a.example[192.0.2.9] said: 550 (in reply to nothing)", "550 (in reply to nothing)",
         "a.example", 550),
        ("the name was not found", "the name was not found", "mx.example.org", None),
        ("a (b) c", "a (b) c", "mx.example.org", None),
    ],
)  # fmt: skip
def test_what_was_said(text: str, said: str, mta: str, code: int | None) -> None:
    """The reply is told from who gave it, and to which command."""
    (event,) = read(delivery("bounced", text))

    assert (said, mta, code) == (event.diagnostic, event.remote_mta, event.reply_code)


@pytest.mark.parametrize(
    "to",
    [
        "bob@example.org",
        '"a, b> c"@example.org',
        r'"a\" b\\"@example.org',
        '"x>, relay=none, delay=0, dsn=5.1.1, status=bounced (y)"@example.org',
        "gone@[192.0.2.1]",
        "j\u00fcrgen@example.org",
    ],
)
def test_addresses(to: str) -> None:
    """What stands in quotes is of the address, whatever it looks like."""
    (event,) = read(delivery("sent", "250 2.0.0 Taken", to=to, dsn="2.0.0"))

    assert (to, EventKind.RELAYED) == (event.recipient, event.kind)


@pytest.mark.parametrize("to", ["", "root", "a\x00b@example.org", "<bob@example.org"])
def test_no_address(to: str) -> None:
    """A line that names no address says nothing of anybody."""
    assert () == read(delivery("bounced", UNKNOWN, to=to))


def test_remote_text_is_text() -> None:
    """A server that says what lines of a log say has said a text."""
    lie = "550 no), status=sent (to=<victim@example.org>, dsn=5.1.1, status=bounced (550 5.1.1 no"
    text = f"host a.example[192.0.2.9] said: {lie} (in reply to RCPT TO command)"
    (event,) = read(delivery("bounced", text))

    assert ("bob@example.org", EventKind.FAILURE) == (event.recipient, event.kind)
    assert lie == event.diagnostic


@pytest.mark.parametrize("fields", ["", "conn_use=3, ", "delay=1, ", "delays=1/0/0/0, dsn=5.1.1, "])
def test_other_orders_are_not_read(fields: str) -> None:
    """Fields have one order: what has another was written by somebody else."""
    assert () == read(line_of(f"to=<bob@example.org>, {fields}status=bounced (no)"))


def test_optional_fields() -> None:
    """The alias, the uses of a connection and TLS may be told; delays and dsn may not."""
    (full,) = read(
        line_of(
            f"to=<bob@example.org>, orig_to=<team@example.org>, relay={MX}, conn_use=7, delay=3,"
            " delays=1/1/0.5/0.5, tls=verified, dsn=5.1.1, status=bounced (550 no)"
        )
    )
    (bare,) = read(
        line_of(f"to=<bob@example.org>, relay={MX}, delay=3, status=bounced (550 5.2.2 full)")
    )

    assert ("team@example.org", "bob@example.org") == (full.original_recipient, full.recipient)
    assert (None, Reason.MAILBOX_FULL) == (bare.status, bare.reason)


@pytest.mark.parametrize("length", [*range(95, len(delivery("bounced", UNKNOWN)), 7)])
def test_line_that_was_cut(length: int) -> None:
    """A line is read as far as it goes, if it goes as far as the word."""
    line = delivery("bounced", UNKNOWN)
    events = read(line[:length])
    if len(line[:length].partition("status=bounced")[1]):
        assert ["bob@example.org"] == [event.recipient for event in events]
        assert line[:length].rstrip(")\n").find(events[0].diagnostic or "") >= 0
    else:
        assert () == events


def test_expired() -> None:
    """A message that is given up has failed for whoever still waits, for what was said last."""
    log = PostfixLog()
    lines = (
        delivery("deferred", "host a.example[192.0.2.9] said: 450 no", dsn="4.0.0"),
        delivery("deferred", "452 4.2.2 full", dsn="4.2.2", to="full@example.org"),
        delivery("deferred", "452 4.2.2 full", dsn="4.2.2", to="later@example.org"),
        delivery("sent", "250 2.0.0 Taken", dsn="2.0.0", to="later@example.org"),
    )
    for line in lines:
        log.feed(line, now=NOW)
    end = line_of(
        "from=<ann@example.net>, status=expired, returned to sender", program="postfix/qmgr"
    )
    bob, full = log.feed(end, now=NOW)

    assert ("bob@example.org", EventKind.FAILURE, Reason.EXPIRED) == (
        bob.recipient, bob.kind, bob.reason,
    )  # fmt: skip
    assert ("full@example.org", Reason.MAILBOX_FULL) == (full.recipient, full.reason)
    assert Permanence.SOFT is full.permanence
    assert "postfix-log/expired" == full.evidence[0].rule
    log.feed(line_of("removed", program="postfix/qmgr"), now=NOW)
    assert () == log.feed(end, now=NOW)


@pytest.mark.parametrize(
    "rest",
    [
        "from=<ann@example.net>, status=expired",
        "from=<>, status=sent, returned to sender",
        "warning: the queue: removed",
    ],
)
def test_other_lines_of_the_queue_manager(rest: str) -> None:
    """Only that a message was returned ends the waiting."""
    delayed = delivery("deferred", "450 no", dsn="4.0.0")

    assert read(delayed) == read(delayed, line_of(rest, program="postfix/qmgr"))


@pytest.mark.parametrize(
    ("program", "rest", "expected"),
    [
        ("postfix/cleanup", "message-id=<one@example.net>", "one@example.net"),
        ("postfix/cleanup", "message-id=one@example.net", "one@example.net"),
        ("postfix/cleanup", "resent-message-id=<one@example.net>", "one@example.net"),
        ("postfix/cleanup", "message-id=<>", None),
        ("postfix/cleanup", "warning: message-id=<one@example.net>", None),
        ("postfix/smtpd", "message-id=<one@example.net>", None),
        ("webmail", "message-id=<one@example.net>", None),
    ],
)
def test_message_id(program: str, rest: str, expected: str | None) -> None:
    """The Message-ID is what cleanup has noted of the message."""
    (event,) = read(line_of(rest, program=program), delivery("bounced", UNKNOWN))

    assert expected == event.message_id


def test_name_of_an_event() -> None:
    """The same line gives the same name, whenever, and in whatever order it is read."""
    line = delivery("bounced", UNKNOWN)
    (event,) = read(line)
    (again,) = PostfixLog(zone=dt.timezone(dt.timedelta(hours=5))).feed(
        line.rstrip("\n"), now=NOW.replace(year=2028)
    )
    (other,) = read(delivery("bounced", UNKNOWN, to="al@example.org"))
    (named,) = read(line_of("message-id=<a@b>", program="postfix/cleanup"), line)

    assert event.event_id == again.event_id == named.event_id
    assert event.event_id != other.event_id
    assert "6f1dc25da73d30e4c021d724db83e906" == event.event_id


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("550 a#011b", "550 a b"),
        ("550 J#303#274rgen", "550 J\u00fcrgen"),
        ("550 see #5.1.1 and ticket #345 or #200", "550 see #5.1.1 and ticket #345 or #200"),
        ("550 caf\udce9", "550 caf\ufffd"),
    ],
)
def test_escapes_of_syslog(written: str, expected: str) -> None:
    """What syslog has escaped is undone, and what it may have is not."""
    (event,) = read(delivery("bounced", written))

    assert expected == event.diagnostic


def test_long_lines_are_bounded() -> None:
    """No more of a line than a bound is looked at, and less is kept."""
    (event,) = read(delivery("bounced", "550 " + "x" * 100_000))

    assert 2000 == len(event.diagnostic or "")


def records() -> st.SearchStrategy[DeliveryRecord]:
    """What dsnlib's own server notes."""
    words = st.sampled_from(["sent", "deferred", "bounced", "SOFTBOUNCE"])
    addresses = mailboxes().map(str).filter(lambda text: "@" in text)
    return st.builds(
        DeliveryRecord,
        queue_id=st.from_regex(r"[0-9A-F]{8,12}", fullmatch=True),
        recipient=addresses,
        accepted=addresses,
        relay=st.sampled_from(["none", "local", "filter", MX, "a.example[2001:db8::1]:25"]),
        connection_uses=st.integers(1, 3),
        delays_seconds=st.tuples(*[st.floats(0, 1e5)] * 4),
        status=status_codes(),
        word=words,
        text=wire_texts(),
    )


KINDS = {
    "deferred": EventKind.DELAY,
    "SOFTBOUNCE": EventKind.DELAY,
    "bounced": EventKind.FAILURE,
}


@given(records())
def test_our_own_log_reads_back(record: DeliveryRecord) -> None:
    """What dsnlib's server writes, as text or as JSON, gives what it has noted."""
    entry = logging.LogRecord("dsnlib.delivery", logging.INFO, "", 1, "%s", None, None)
    entry.args = (format_record(record),)
    entry.event = record_as_event(record)
    texts = PostfixLog().feed(format_text(entry, hostname="mx"), now=NOW)
    objects = PostfixLog().feed(format_json(entry, hostname="mx"), now=NOW)
    if not is_fit_address(log_text(record.recipient)):
        assert texts == objects == ()
        return
    (event,), (same,) = texts, objects

    assert event.recipient == same.recipient == log_text(record.recipient)
    assert event.status == same.status == record.status
    assert event.kind is same.kind
    if record.word == "sent" and not record.text.startswith("forwarded as "):
        expected = EventKind.RELAYED if "[" in record.relay else EventKind.SUCCESS
        assert expected is event.kind
    elif record.word != "sent":
        assert KINDS[record.word] is event.kind
    if record.is_rewritten:
        assert log_text(record.accepted) == event.original_recipient
    assert event == read_event_record(event_record(event))


DELIVERY = {
    "event": "delivery", "time": "2026-11-23T04:00:00+00:00", "host": "mx", "queue_id": "A1",
    "to": "bob@example.org", "relay": "none", "dsn": "5.1.1", "status": "bounced",
    "text": "550 no", "message": "A1: to=<bob@example.org>, dsn=5.1.1, status=bounced (550 no)",
}  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        '{", status=',
        '{"a": ", status="}',
        '{"event": "delivery", "a": ", status="}',
        json.dumps({**DELIVERY, "time": 1}),
        json.dumps({**DELIVERY, "event": "arrival"}),
        '{"a": ' + "[" * 5000 + '", status="',
        '{"a": ' + "9" * 5000 + ', "b": ", status="}',
    ],
)
def test_other_objects(line: str) -> None:
    """An object that is no delivery, or none at all, says nothing."""
    assert () == read(line)


def test_status_that_is_none() -> None:
    """A status of our own log that is none is left out."""
    (event,) = read(json.dumps({**DELIVERY, "dsn": "9.9.9", "orig_to": 3}))

    assert (None, None, dt.datetime(2026, 11, 23, 4, 0, tzinfo=dt.UTC)) == (
        event.status, event.reply_code, event.occurred,
    )  # fmt: skip


@given(st.text(st.characters(codec=None)), st.integers(0, 300))
def test_any_line(text: str, place: int) -> None:
    """Whatever a line has in it, it gives an event that can be stored, or none."""
    line = delivery("bounced", UNKNOWN)
    for event in read(text, line[:place] + text + line[place:], line_of(text)):
        assert event == read_event_record(event_record(event))
        json.dumps(event_record(event), ensure_ascii=False).encode()
