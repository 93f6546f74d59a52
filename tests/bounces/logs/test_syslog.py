"""The head of a line of a log."""

from __future__ import annotations

import datetime as dt

import pytest

from dsnlib.bounces.logs.syslog import LogHead, read_head, read_time

NOW = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
BERLIN = dt.timezone(dt.timedelta(hours=1))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Nov 23 04:00:00 mx postfix/smtp[1]: x", ("Nov 23 04:00:00", "mx", "postfix/smtp")),
        ("Nov  3 04:00:00 mx postfix/smtp[1]: x", ("Nov  3 04:00:00", "mx", "postfix/smtp")),
        ("<22>Nov 23 04:00:00.5 mx exim[1]: x", ("Nov 23 04:00:00.5", "mx", "exim")),
        ("Nov 23 04:00:00 mx postfix-out/smtp: x", ("Nov 23 04:00:00", "mx", "postfix-out/smtp")),
        (
            "2026-11-23T04:00:00.123456+01:00 mx.example.org postfix/smtp[1]: x",
            ("2026-11-23T04:00:00.123456+01:00", "mx.example.org", "postfix/smtp"),
        ),
        ("2026-11-23T04:00:00Z mx p[1]: x", ("2026-11-23T04:00:00Z", "mx", "p")),
        ("2026-11-23T04:00:00+0100 mx p[1]: x", ("2026-11-23T04:00:00+0100", "mx", "p")),
        ("2026-11-23 04:00:00,5 mx p[1]: x", ("2026-11-23 04:00:00,5", "mx", "p")),
        (
            "<22>1 2026-11-23T04:00:00Z mx postfix/smtp 12 - - x",
            ("2026-11-23T04:00:00Z", "mx", "postfix/smtp"),
        ),
        (
            '<22>1 2026-11-23T04:00:00Z mx p 12 ID1 [a@1 b="\\"]\\\\"][c] \ufeffx',
            ("2026-11-23T04:00:00Z", "mx", "p"),
        ),
    ],
)
def test_head(line: str, expected: tuple[str, str, str]) -> None:
    """The forms of RFC 3164 and RFC 5424 and what is used between them are read."""
    head = read_head(line)

    assert head == LogHead(*expected, line.rindex("x"))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "x",
        "Nov 23 04:00:00 mx",
        "Nov 23 04:00:00 mx postfix/smtp[1]",
        "nov 23 04:00:00 mx postfix/smtp[1]: x",
        "Nov 23 4:00:00 mx postfix/smtp[1]: x",
        "<22>1 - - - - - [",
        '<22>1 2026-11-23T04:00:00Z mx p 12 - [a b="] x',
    ],
)
def test_other_lines_have_no_head(line: str) -> None:
    """What is not of a form that is known is left alone."""
    assert read_head(line) is None


@pytest.mark.parametrize(
    ("stamp", "now", "expected"),
    [
        ("Nov 23 04:00:00", NOW, "2026-11-23T04:00:00+00:00"),
        ("Nov 23 23:59:59", NOW, "2026-11-23T23:59:59+00:00"),
        ("Nov 24 04:00:00", NOW, "2026-11-24T04:00:00+00:00"),
        ("Nov 25 04:00:00", NOW, "2025-11-25T04:00:00+00:00"),
        ("Dec 31 23:59:59", dt.datetime(2027, 1, 1, tzinfo=dt.UTC), "2026-12-31T23:59:59+00:00"),
        ("Jan  1 00:00:01", dt.datetime(2026, 12, 31, tzinfo=dt.UTC), "2027-01-01T00:00:01+00:00"),
        ("Feb 29 00:00:00", NOW, "2024-02-29T00:00:00+00:00"),
        ("Feb 29 00:00:00", dt.datetime(1903, 3, 1, tzinfo=dt.UTC), "1896-02-29T00:00:00+00:00"),
        ("Nov 23 04:00:00.25", NOW, "2026-11-23T04:00:00.250000+00:00"),
        ("2026-11-23T04:00:00+01:00", NOW, "2026-11-23T03:00:00+00:00"),
        ("2026-11-23 04:00:00 +0100", NOW, "2026-11-23T03:00:00+00:00"),
        ("2026-11-23 04:00:00 -0530", NOW, "2026-11-23T09:30:00+00:00"),
        ("2026-11-23T04:00:00Z", NOW, "2026-11-23T04:00:00+00:00"),
        ("2026-11-23 04:00:00", NOW, "2026-11-23T04:00:00+00:00"),
    ],
)
def test_time(stamp: str, now: dt.datetime, expected: str) -> None:
    """A time without a year is the latest that is not after now, but for a day."""
    when = read_time(stamp, now=now, zone=dt.UTC)

    assert when is not None
    assert expected == when.isoformat()


@pytest.mark.parametrize("stamp", ["Nov 23 04:00:00", "2026-11-23 04:00:00"])
def test_time_without_a_zone(stamp: str) -> None:
    """A time without a zone is in the one that the reader was told."""
    when = read_time(stamp, now=NOW, zone=BERLIN)

    assert dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC) == when


@pytest.mark.parametrize(
    "stamp",
    [
        "Foo 23 04:00:00",
        "Nov 31 04:00:00",
        "Feb 30 04:00:00",
        "Nov  0 04:00:00",
        "Nov 23 24:00:01",
        "Nov 23 04:00:61",
        "2026-13-01 00:00:00",
        "0001-01-01T00:00:00+23:59",
        "-",
    ],
)
def test_no_such_time(stamp: str) -> None:
    """A time that there is not is none."""
    assert read_time(stamp, now=NOW, zone=dt.UTC) is None


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2016-12-31T23:59:60Z", dt.datetime(2016, 12, 31, 23, 59, 59, tzinfo=dt.UTC)),
        ("2017-01-01T05:29:60.5+05:30", dt.datetime(2016, 12, 31, 23, 59, 59, 500_000, dt.UTC)),
        ("Dec 31 23:59:60", dt.datetime(2025, 12, 31, 23, 59, 59, tzinfo=dt.UTC)),
    ],
    ids=["utc", "zone", "no-year"],
)
def test_leap_second(stamp: str, expected: dt.datetime) -> None:
    """It is the second before it, not a time that nobody knows."""
    assert expected == read_time(stamp, now=dt.datetime(2026, 11, 23, tzinfo=dt.UTC), zone=dt.UTC)


@pytest.mark.parametrize("now", [dt.datetime(2026, 11, 23)])  # noqa: DTZ001  what is passed over
def test_no_year_without_a_zone(now: dt.datetime) -> None:
    """A time now that has no zone is that of no place, so it tells no year."""
    assert read_time("Nov 23 04:00:00", now=now, zone=dt.UTC) is None
    assert read_time("2026-11-23T04:00:00Z", now=now, zone=dt.UTC) is not None
