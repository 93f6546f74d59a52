"""Lines -> events, by the form that they have."""

from __future__ import annotations

import datetime as dt
import logging
import time
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.feeds.line_reader import (
    LINE_FORMATS,
    make_line_reader,
    read_lines,
    tell_form,
)
from tests.adapters.feeds.test_log_feed import line

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
POSTFIX = line(1)
EXIM = (
    "2026-11-02 10:00:00 1r1Abc-0001ab-CD ** bob@example.org R=dnslookup T=remote_smtp"
    " H=mx.example.net [192.0.2.1]: SMTP error from remote mail server after RCPT"
    " TO:<bob@example.org>: 550 5.1.1 No such user\n"
)


def recipients(form: str, *lines: str) -> list[str]:
    """Return whom lines are about."""
    reader = make_line_reader(form, host="mx.example.org")
    return [each.recipient for each in read_lines(map(str.encode, lines), reader, now=NOW)]


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let a test set the zone of the machine."""
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


def test_each_form() -> None:
    """A line of each form is read, and one of another form says nothing."""
    assert ["r1@example.org"] == recipients("postfix-log", POSTFIX, EXIM)
    assert ["bob@example.org"] == recipients("exim-log", EXIM, POSTFIX)


def test_all_forms_can_be_made() -> None:
    """There is a reader for each form; an empty line says nothing to any."""
    assert [[]] * len(LINE_FORMATS) == [recipients(form, "", "\n") for form in LINE_FORMATS]


def test_no_notice(caplog: pytest.LogCaptureFixture) -> None:
    """A line that is no JSON is said, and passed over; other JSON says nothing."""
    with caplog.at_level(logging.WARNING):
        assert [] == recipients("ses", "no JSON", "{}", "[" * 5000)
    assert 2 == len(caplog.records)


@pytest.mark.parametrize(
    ("zone", "hour"), [("Europe/Berlin", 9), ("UTC", 10), (":America/New_York", 15), ("none", None)]
)
def test_zone(zone: str, hour: int | None, in_zone: pytest.MonkeyPatch) -> None:
    """A time without a zone is that of the machine, by the rules of the day that it names."""
    in_zone.setenv("TZ", zone)
    (event,) = read_lines([POSTFIX.encode()], make_line_reader("postfix-log"), now=NOW)
    assert event.occurred is not None
    if hour is not None:
        assert hour == event.occurred.astimezone(dt.UTC).hour


@pytest.mark.parametrize(
    ("head", "form"),
    [
        (POSTFIX.encode(), "postfix-log"),
        (b"2026-11-02T10:00:00.1+01:00 mx systemd[1]: Started\n", "postfix-log"),
        (b"2026-11-02 10:00:00 1r1Abc-0001ab-CD => bob@example.org R=x T=y\n", "exim-log"),
        (b"2026-11-02 10:00:00 Start queue run: pid=1\n", "exim-log"),
        (b'{"notificationType":"Bounce"}', "ses"),
        (b'{\n  "Type" : "Notification",\n  "TopicArn" : "arn:aws:sns"}', "ses"),
        (b'{"time": "2026-11-02T10:00:00Z", "program": "dsnlib/smtp"}', "postfix-log"),
        (b"From: ann@example.org\n\n", None),
        (b"From ann@example.org Mon Nov  2 10:00:00 2026\nFrom: x\n", None),
        (b"Received: from x\n by y\n", None),
        (b"", None),
        (b"\xff\xfe", None),
    ],
)
def test_tell_form(head: bytes, form: str | None) -> None:
    """Logs and notices are told from mail by how they begin."""
    assert form == tell_form(head)
