"""What a feed reads of one mail: events with a time that can be right."""

from __future__ import annotations

import datetime as dt

import pytest

from dsnlib.adapters.feeds.mail_reading import MailReader, settle_time
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.kinds.message_kind import MessageKind
from dsnlib.bounces.read import read_bounces
from tests.adapters.feeds.bounce_mails import ORDINARY, UNREAD, bounce

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
ARRIVED = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
SENT = dt.datetime(2026, 11, 2, 10, tzinfo=dt.UTC)
TRIED = dt.datetime(2026, 11, 1, 9, tzinfo=dt.UTC)


def occurred(mail: bytes, arrived: dt.datetime | None = ARRIVED) -> dt.datetime | None:
    """Return when the one event of a mail occurred."""
    (event,) = MailReader().read(mail, now=NOW, arrived=arrived).events
    return event.occurred


def test_time_of_the_attempt() -> None:
    """What the report says of the attempt comes first."""
    assert TRIED == occurred(bounce(attempt="Sun, 01 Nov 2026 09:00:00 +0000"))


def test_time_of_the_bounce() -> None:
    """Else the Date of the bounce."""
    assert SENT == occurred(bounce())


@pytest.mark.parametrize("date", [None, "yesterday"])
def test_time_of_arrival(date: str | None) -> None:
    """Else when it arrived; now, if nobody knows."""
    assert ARRIVED == occurred(bounce(date=date))
    assert NOW == occurred(bounce(date=date), None)


def test_the_future_is_now() -> None:
    """Nothing has occurred that will occur, whoever says so."""
    later = "Fri, 01 Jan 2027 00:00:00 +0000"
    assert NOW == occurred(bounce(attempt=later))
    assert NOW == occurred(bounce(date=later))


def test_before_all_time() -> None:
    """A clock that was never set says nothing."""
    event = BounceEvent(
        recipient="bob@example.org",
        kind=EventKind.FAILURE,
        occurred=dt.datetime(1904, 1, 1, tzinfo=dt.UTC),
    )
    assert ARRIVED == settle_time(event, now=NOW, otherwise=ARRIVED).occurred
    early = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
    assert NOW == settle_time(event, now=NOW, otherwise=early).occurred


def test_names_stay() -> None:
    """The event has the name that it has wherever its bounce is read."""
    mail = bounce()
    assert [each.event_id for each in read_bounces(mail)] == [
        each.event_id for each in MailReader().read(mail, now=NOW).events
    ]


def test_other_mail() -> None:
    """Mail that is no bounce has no events, and is not unknown."""
    reading = MailReader().read(ORDINARY, now=NOW)
    assert ((), None, MessageKind.ORDINARY) == (reading.events, reading.unknown, reading.kind)


def test_unread_bounce() -> None:
    """A bounce that nothing can be read of is handed on as it came."""
    reading = MailReader().read(UNREAD, now=NOW)
    assert () == reading.events
    assert reading.unknown is not None
    assert UNREAD == reading.unknown.octets
    assert MessageKind.BOUNCE_LIKE is reading.kind
