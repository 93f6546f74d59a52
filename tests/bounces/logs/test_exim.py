"""The main log of Exim."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.event_record import event_record, read_event_record
from dsnlib.bounces.logs.exim import EximLog
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason

NOW = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
ID = "1abcde-0004xZ-AB"
STAMP = "2026-11-23 04:00:00"
AT = "R=dnslookup T=remote_smtp H=mx.example.org [192.0.2.1]"
SAID = "SMTP error from remote mail server after RCPT TO:<bob@example.org>: 550 5.1.1 nobody here"


def line_of(rest: str, *, stamp: str = STAMP, identifier: str = ID) -> str:
    """Return a line of a message's."""
    return f"{stamp} {identifier} {rest}\n"


def read(*lines: str) -> tuple[BounceEvent, ...]:
    """Return what a log says."""
    log = EximLog(host="out.example.net")
    return tuple(event for line in lines for event in log.feed(line, now=NOW))


def test_failure() -> None:
    """A line says who, why, when, by whom, and which message it was."""
    (event,) = read(
        line_of("<= ann@example.net H=(a id=b) [192.0.2.3] P=esmtp S=9 id=one@example.net"),
        line_of(f"** bob@example.org <team@example.org> {AT}: {SAID}"),
    )

    assert ("bob@example.org", "team@example.org") == (event.recipient, event.original_recipient)
    assert EventKind.FAILURE is event.kind
    assert (Reason.UNKNOWN_USER, Permanence.HARD, Fault.RECIPIENT) == (
        event.reason, event.permanence, event.fault,
    )  # fmt: skip
    assert ("5.1.1", 550) == (str(event.status), event.reply_code)
    assert "550 5.1.1 nobody here" == event.diagnostic
    assert ("mx.example.org", "out.example.net") == (event.remote_mta, event.reporting_mta)
    assert ("one@example.net", "exim-log") == (event.message_id, event.dialect)
    assert dt.datetime(2026, 11, 23, 4, 0, tzinfo=dt.UTC) == event.occurred
    assert "exim-log/failed" == event.evidence[0].rule


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (f'=> bob@example.org {AT} C="250 OK"', EventKind.RELAYED),
        (f'-> bob@example.org {AT} C="250 OK"', EventKind.RELAYED),
        (f'>> bob@example.org {AT} C="250 OK"', EventKind.RELAYED),
        ("=> bob <bob@example.org> R=local T=mbox", EventKind.SUCCESS),
        ("=> |/bin/x -y <bob@example.org> R=filter T=pipe", EventKind.SUCCESS),
        ("=> :blackhole: <bob@example.org> R=drop", None),
        ("*> bob@example.org R=a T=b", None),
        (f"** bob@example.org {AT}: {SAID}", EventKind.FAILURE),
        ("** bob@example.org: Unrouteable address", EventKind.FAILURE),
        (f"== bob@example.org {AT} defer (-44): no", EventKind.DELAY),
        ("== bob@example.org R=a T=b defer (111): Connection refused", EventKind.DELAY),
        ("** bob: no domain", None),
        ("Completed", None),
        ("Message is frozen", None),
        ("<= <> R=1abcde-0004xZ-AA U=exim P=local S=9", None),
    ],
)
def test_kinds(rest: str, expected: EventKind | None) -> None:
    """The flag, and whether there was a host, tell what happened."""
    events = read(line_of(rest))

    assert ([] if expected is None else [expected]) == [event.kind for event in events]
    assert {"bob@example.org"} >= {event.recipient for event in events}


@pytest.mark.parametrize(
    ("text", "said", "status", "code"),
    [
        (SAID, "550 5.1.1 nobody here", "5.1.1", 550),
        ("LMTP error from remote mail server after end of data: 452 4.2.2 full",
         "452 4.2.2 full", "4.2.2", 452),
        ("SMTP error from remote mail server after pipelined end of data: 550 no", "550 no",
         None, 550),
        ("SMTP error from remote mail server after initial connection: 554 5.7.1 no",
         "554 5.7.1 no", "5.7.1", 554),
        ("SMTP error from remote mail server after MAIL FROM:<a@b> SIZE=9: 552 5.3.4 no",
         "552 5.3.4 no", "5.3.4", 552),
        ('SMTP error from remote mail server after RCPT TO:<"a: 250 x"@b.c>: 550 5.1.1 no',
         "550 5.1.1 no", "5.1.1", 550),
        ((r"SMTP error from remote mail server after RCPT TO:<a@b.c>: 550-5.1.1 a\n550 5.1.1 b"
         " DT=0.012s"), "550-5.1.1 a 550 5.1.1 b", "5.1.1", 550),
        (("SMTP error from remote mail server after RCPT TO:<a@b.c>: 451 4.3.0 x: retry timeout"
         " exceeded"), "451 4.3.0 x: retry timeout exceeded", "4.3.0", 451),
        ("Unrouteable address", "Unrouteable address", None, None),
        ("all hosts have been failing", "all hosts have been failing", None, None),
    ],
)  # fmt: skip
def test_what_was_said(text: str, said: str, status: str | None, code: int | None) -> None:
    """The reply is told from the command that it was given to."""
    (event,) = read(line_of(f"** bob@example.org {AT}: {text}"))

    assert (said, code) == (event.diagnostic, event.reply_code)
    assert status == (None if event.status is None else str(event.status))


def test_confirmation() -> None:
    """What the next host has said of its success is kept."""
    (event,) = read(line_of(rf'=> bob@example.org {AT} K C="250 2.0.0 OK \"x\"" QT=1s'))

    assert ("2.0.0", 250) == (str(event.status), event.reply_code)


def test_message_is_forgotten() -> None:
    """What is completed has no Message-ID any more; one that Exim made up counts."""
    log = EximLog()
    log.feed(line_of("<= <> U=exim P=local S=9 id*=two@example.net"), now=NOW)
    failure = line_of("** bob@example.org: no")
    (before,) = log.feed(failure, now=NOW)
    log.feed(line_of("Completed"), now=NOW)
    (after,) = log.feed(failure, now=NOW)

    assert ("two@example.net", None) == (before.message_id, after.message_id)
    assert before.reporting_mta is None
    assert before.event_id == after.event_id


@pytest.mark.parametrize("rest", ["<= ", "<= ann@example.net H=a [192.0.2.3] P=esmtp S=9"])
def test_no_message_id(rest: str) -> None:
    """A mail without a Message-ID has none."""
    (event,) = read(line_of(rest), line_of("** bob@example.org: no"))

    assert event.message_id is None


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("Nov 23 04:00:01 mx exim[12]: ", "mx"),
        ("Nov 23 04:00:01 mx exim4[12]: 2026-11-23 04:00:00 ", "mx"),
        ("<22>1 2026-11-23T04:00:01Z mx exim 12 - - ", "mx"),
        ("2026-11-23 04:00:01 mx exim[12]: ", "mx"),
        ("Nov 23 04:00:01 mx webmail[12]: ", None),
        ("", None),
    ],
)
def test_through_syslog(head: str, expected: str | None) -> None:
    """A log may come by syslog, with the time that Exim writes or without."""
    events = read(f"{head}{ID} ** bob@example.org: no\n")

    assert ([] if expected is None else [expected]) == [event.reporting_mta for event in events]
    if events and events[0].occurred is not None:
        assert dt.datetime(2026, 11, 23, 4, 0, tzinfo=dt.UTC) <= events[0].occurred


def test_zone() -> None:
    """A time without a zone is in the one that the reader was told, another in its own."""
    log = EximLog(zone=dt.timezone(dt.timedelta(hours=1)))
    (plain,) = log.feed(line_of("** bob@example.org: no"), now=NOW)
    (zoned,) = log.feed(line_of("** bob@example.org: no", stamp=f"{STAMP}.5 -0100"), now=NOW)

    assert dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC) == plain.occurred
    assert dt.datetime(2026, 11, 23, 5, 0, 0, 500_000, tzinfo=dt.UTC) == zoned.occurred


def test_long_identifiers() -> None:
    """Message identifiers of Exim 4.97 are longer."""
    (event,) = read(line_of("** bob@example.org: no", identifier="1abcde-00000004xZA-ABCD"))

    assert "bob@example.org" == event.recipient


def test_forged_recipient() -> None:
    """An address that looks like a line about somebody else is about itself."""
    forged = "al@example.org R=a: 550 5.1.1 no"
    (event,) = read(line_of(f'** {forged}@evil.example <"{forged}"@evil.example>: Unrouteable'))

    assert f'"{forged}"@evil.example' == event.recipient


@given(st.text(st.characters(codec=None)), st.integers(0, 200))
def test_any_line(text: str, place: int) -> None:
    """Whatever a line has in it, it gives an event that can be stored, or none."""
    line = line_of(f"** bob@example.org {AT}: {SAID}")
    for event in read(text, line[:place] + text + line[place:], line_of(f"== {text}")):
        assert event == read_event_record(event_record(event))
        json.dumps(event_record(event), ensure_ascii=False).encode()
