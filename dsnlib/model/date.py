"""Dates of report fields: RFC 5322 date-time with RFC 1123's corrections.

RFC 3464 s2.2.5, s2.3.7 and s2.3.9 ask for a numeric zone, and by way of RFC
1123 for a four-digit year.  `parse_date` takes just that; `guess_date` also
takes what mail systems send instead.

Facts.  A zone of `-0000` says that the local offset is unknown (RFC 5322
s3.3); the instant is still known, so it reads as UTC.  A leap second has no
`datetime`; it reads as the second before.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import TYPE_CHECKING

from dsnlib.errors import InvalidValue
from dsnlib.model.text import split_comment

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "add_time",
    "format_date",
    "format_time",
    "guess_date",
    "has_zone",
    "parse_date",
    "require_zone",
]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBER = {name.lower(): number for number, name in enumerate(_MONTHS, 1)}
_ISO_MONTHS = {name: f"{number:02d}" for number, name in enumerate(_MONTHS, 1)}
_from_iso = dt.datetime.fromisoformat

# date-time = [ day-name "," ] day month year time zone [CFWS]   RFC 5322 s3.3
#   zone      = ( "+" / "-" ) 4DIGIT
# The day name is not checked against the date: nothing depends on it.  The
# comment, which may hold others, is taken off before.
_DATE_TIME = (
    rf"(?:(?:{'|'.join(_DAYS)}),[ \t]*)?"
    r"([0-9]{1,2})[ \t]+([A-Za-z]{3})[ \t]+([0-9]{4})[ \t]+"
    r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?[ \t]+([+-][0-9]{4})"
)

# The same in the form that nearly everybody writes.
_USUAL = re.compile(
    r"(?:" + "|".join(_DAYS) + r"), ([0-9]{1,2}) (" + "|".join(_MONTHS) + r") ([0-9]{4}) "
    r"((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]) ([+-](?:[01][0-9]|2[0-3])[0-5][0-9])"
    r"(?: \([^()]*\))?"
).fullmatch
# TOLERANT: what is sent instead: no comma, full names, dashes, two-digit years,
# no seconds, named zones, none at all.
_LOOSE = (
    r"(?:[a-z]{3,9}\.?,?[ \t]*)?"
    r"([0-9]{1,2})[ \t-]+([a-z]{3})[a-z]*\.?,?[ \t-]+([0-9]{4}|[0-9]{2})[ \t,]+"
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:[.,][0-9]+)?"
    r"(?:[ \t]*([+-][0-9]{2}:?[0-9]{2}|[a-z]{1,5}))?(?:[ \t(].*)?"
)
# TOLERANT: `Thu Apr 29 23:34:45 [zone] 1999`, as C libraries print a time.
_CTIME = (
    r"[a-z]{3},?[ \t]+([a-z]{3})[ \t]+([0-9]{1,2})[ \t]+([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:[ \t]+([+-][0-9]{4}|[a-z]{1,5}))?[ \t]+([0-9]{4})(?:[ \t]+([+-][0-9]{4}))?.*"
)
# obs-zone                                                      RFC 5322 s4.3
_ZONES = {
    "UT": "+0000", "UTC": "+0000", "GMT": "+0000", "Z": "+0000",
    "EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500",
    "MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
}  # fmt: skip
# "2-digit year 00..49 is 2000..2049, 50..99 is 1950..1999"    RFC 5322 s4.3
_CENTURY_TURN = 50
_LAST_SECOND = 59
_MINUTE = dt.timedelta(minutes=1)
# Longer than any date with a comment; a bound for the loose patterns.
_LONGEST = 200


# The odd patterns are compiled when the first odd date comes.
@functools.cache
def _fullmatch_of(pattern: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII | re.DOTALL).fullmatch


@functools.lru_cache(maxsize=256)
def _zone(offset: str) -> dt.timezone:
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if hours >= 24 or minutes >= 60:
        message = f"date: zone {offset!r} is out of range"
        raise InvalidValue(message, value=offset, requirement="3464-2.2.5-03")
    span = dt.timedelta(hours=hours, minutes=minutes)
    return dt.timezone(-span if offset[0] == "-" else span)


def parse_date(text: str) -> dt.datetime:
    """Return the instant that an RFC 1123 date-time names.

    >>> parse_date("Thu, 7 Jul 1994 17:15:49 -0400").isoformat()
    '1994-07-07T17:15:49-04:00'

    Returns:
        An aware time in the zone that was written.

    Raises:
        InvalidValue: Not that form: a named zone, a two-digit year, a day that
            no month has (RFC 3464 s2.2.5).
    """
    # As nearly everybody writes it: the standard library reads the same date in
    # ISO 8601 faster than any code of ours.
    found = _USUAL(text)
    if found is not None:
        day, month, year, time, zone = found.groups()
        try:
            return _from_iso(f"{year}-{_ISO_MONTHS[month]}-{day:0>2}T{time}{zone}")
        except ValueError:
            pass  # no such day
    found = _fullmatch_of(_DATE_TIME)(split_comment(text)[0])
    if found is None:
        message = f"date: {text!r} is not an RFC 1123 date-time with a numeric zone"
        raise InvalidValue(message, value=text, requirement="3464-2.2.5-02")
    day, month, year, hour, minute, second, zone = found.groups()
    return _make(text, year, month, day, hour, minute, second, zone)


def guess_date(text: str) -> dt.datetime | None:
    """Return the instant that `text` most likely names, or `None`.

    Takes all that `parse_date` does, and named zones, two-digit years, ISO
    8601 and the form of C's `ctime`.  A missing or unknown zone is UTC.  Never
    raises.
    """
    text = text[:_LONGEST].strip()
    try:
        if loose := _fullmatch_of(_LOOSE)(text):
            day, month, year, hour, minute, second, zone = loose.groups()
            return _make(text, year, month, day, hour, minute, second, zone)
        if ctime := _fullmatch_of(_CTIME)(text):
            month, day, hour, minute, second, zone, year, late_zone = ctime.groups()
            return _make(text, year, month, day, hour, minute, second, late_zone or zone)
        iso = dt.datetime.fromisoformat(text)
    except ValueError:  # InvalidValue is one
        return None
    offset = iso.utcoffset()
    if offset is None:
        return iso.replace(tzinfo=dt.UTC)
    # RFC 5322 has no zones of seconds, so such a time could not be written.
    return None if offset % _MINUTE else iso


def format_date(when: dt.datetime) -> str:
    """Return `when` as a report field writes it; fractions of a second are cut.

    >>> format_date(dt.datetime(1994, 7, 7, 17, 15, 49, tzinfo=dt.UTC))
    'Thu, 7 Jul 1994 17:15:49 +0000'

    Raises:
        InvalidValue: `when` has no zone, or one that is not whole minutes.
    """
    offset = when.utcoffset()
    zone = None if offset is None else _zone_text(offset)
    if zone is None:
        message = f"date: {when!r} has no zone of whole minutes"
        raise InvalidValue(message, value=when, requirement="3464-2.2.5-03")
    return (
        f"{_DAYS[when.weekday()]}, {when.day} {_MONTHS[when.month - 1]} {when.year:04d}"
        f" {when.hour:02d}:{when.minute:02d}:{when.second:02d} {zone}"
    )


def format_time(when: dt.datetime) -> str:
    """Return a time, with a zone, in UTC as RFC 3339 writes it.  Never raises.

    >>> format_time(dt.datetime(2026, 3, 1, 10, tzinfo=dt.timezone(dt.timedelta(hours=1))))
    '2026-03-01T09:00:00Z'
    """
    # date-time = full-date "T" full-time; time-offset = "Z" / time-numoffset   RFC 3339 s5.6
    try:
        return when.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:  # in UTC it is outside the calendar
        return when.isoformat()


# A system's times have the two offsets of its year.
@functools.lru_cache(maxsize=64)
def _zone_text(offset: dt.timedelta) -> str | None:
    if offset % _MINUTE:
        return None
    minutes = abs(offset) // _MINUTE
    sign = "-" if offset < dt.timedelta(0) else "+"
    return f"{sign}{minutes // 60:02d}{minutes % 60:02d}"


def add_time(when: dt.datetime, time: dt.timedelta) -> dt.datetime:
    """Return a time so much later, or the last or first one that the calendar has.

    Args:
        when: Any time, with a zone or without.
        time: How much later; below zero, how much earlier.

    A queue adds its lifetime to times that others gave; beyond the year 9999
    there is no instant to wait for, and nothing to fail for.  Never raises.
    """
    try:
        return when + time
    except OverflowError:
        edge = dt.datetime.max if time > dt.timedelta(0) else dt.datetime.min  # noqa: DTZ901  the zone follows
        return edge.replace(tzinfo=when.tzinfo)


def has_zone(when: dt.datetime) -> bool:
    """Tell whether a time has a zone: without one it names no instant.  Never raises."""
    return when.tzinfo is not None and when.utcoffset() is not None


def require_zone(when: dt.datetime | None, what: str, *, of_minutes: bool = True) -> None:
    """Raise unless `when` is `None` or a time with a zone.

    Args:
        when: A time of a value.
        what: How the message names the value.
        of_minutes: Whether the zone has to be one that a report can write, whole minutes
            from UTC.

    Raises:
        InvalidValue: A naive time names no instant, and RFC 5322 s3.3 has no
            zones of seconds.
    """
    # UTC, the usual zone, needs no closer look.
    if when is None or when.tzinfo is dt.UTC:
        return
    offset = when.utcoffset()
    fault = None
    if offset is None:
        fault = "zone"
    elif of_minutes and offset % _MINUTE:
        fault = "zone of whole minutes"
    if fault is not None:
        message = f"{what}: {when!r} has no {fault}"
        requirement = "3464-2.2.5-03" if of_minutes else None
        raise InvalidValue(message, value=when, requirement=requirement)


def _make(
    text: str,
    year: str,
    month: str,
    day: str,
    hour: str,
    minute: str,
    second: str | None,
    zone: str | None,
) -> dt.datetime:
    number = int(year)
    if len(year) == 2:
        number += 2000 if number < _CENTURY_TURN else 1900
    offset = zone or "+0000"
    if offset[0] not in "+-":
        offset = _ZONES.get(offset.upper(), "+0000")
    try:
        return dt.datetime(
            number,
            _MONTH_NUMBER[month.lower()],
            int(day),
            int(hour),
            int(minute),
            # 60 is a leap second, the only number beyond 59 that is legal.
            _LAST_SECOND if second == "60" else int(second or 0),
            tzinfo=_zone(offset),
        )
    except (ValueError, KeyError) as error:
        message = f"date: {text!r} names no instant"
        raise InvalidValue(message, value=text, requirement="3464-2.2.5-02") from error
