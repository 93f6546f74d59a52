r"""The head of a line of a log: when, on which host, which program.

    Nov 23 04:00:00 mx postfix/smtp[123]: TEXT              BSD syslog (RFC 3164 s4.1)
    2026-11-23T04:00:00.123456+01:00 mx postfix/smtp[123]: TEXT
    <22>1 2026-11-23T04:00:00Z mx postfix/smtp 123 - - TEXT     RFC 5424 s6

Rules.
- A time without a year is the latest of that name that is not after now, a day left for
  clocks that disagree: what is read in January was written in December.
- A time without a zone is in the zone that the reader was told.
- A leap second (`23:59:60`), which Python has none of, is the second before it.
- `stamp` is the time as it is written: it is the same whenever the line is read.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import NamedTuple

from dsnlib.model.date import has_zone

__all__ = ["LogHead", "read_head", "read_time"]

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_DAY = dt.timedelta(days=1)
_LEAP_SECOND = re.compile(r"(:[0-9]{2}):60")
# 29 February has a year in any eight, 1896 to 1904 left out.
_MOST_YEARS_BACK = 8

# PRI        = "<" PRIVAL ">"                                   RFC 5424 s6
# TIMESTAMP  = Mmm dd hh:mm:ss                                  RFC 3164 s4.1.2
# TAG        = the name of the program, "[" process "]", ":"    RFC 3164 s4.1.3
# TOLERANT: fractions of a second, and what RFC 3339 writes, as rsyslog and postlogd do.
_PLAIN = re.compile(
    r"(?:<[0-9]{1,3}>)?"
    r"(?P<stamp>[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?"
    r"(?:Z| ?[+-][0-9]{2}:?[0-9]{2})?)"
    r" (?P<host>[^ ]{1,255}) (?P<program>[^ :\[\]]{1,128})(?:\[[0-9]{1,10}\])?: "
)
# HEADER = PRI VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID
# STRUCTURED-DATA = "-" / 1*("[" SD-ID *(SP PARAM-NAME "=" %d34 PARAM-VALUE %d34) "]")
_NEW = re.compile(
    r"<[0-9]{1,3}>1 (?P<stamp>[^ ]{1,40}) (?P<host>[^ ]{1,255}) (?P<program>[^ ]{1,128})"
    r" [^ ]{1,128} [^ ]{1,32} "
    r"(?:-|(?>(?:\[(?>(?:[^\]\"\\]++|\"(?>(?:[^\"\\]++|\\.)*)\")*)\])+)) \ufeff?"
)


class LogHead(NamedTuple):
    """What stands in front of the text of a line.

    Args:
        stamp: The time as it is written.
        host: The name of the host, as it is written.
        program: The name of the program: `postfix/smtp`.
        end: The character that the text begins with.
    """

    stamp: str
    host: str
    program: str
    end: int


def read_head(line: str) -> LogHead | None:
    """Return the head of a line; `None` if it has none that we know.  Linear; never raises.

    >>> read_head("Nov 23 04:00:00 mx postfix/smtp[123]: 4F0: to=<>")
    LogHead(stamp='Nov 23 04:00:00', host='mx', program='postfix/smtp', end=38)
    """
    found = _PLAIN.match(line) or _NEW.match(line)
    if found is None:
        return None
    return LogHead(found["stamp"], found["host"], found["program"], found.end())


def read_time(stamp: str, *, now: dt.datetime, zone: dt.tzinfo) -> dt.datetime | None:
    """Return the time that a line names, in UTC; `None` if there is no such time.

    Args:
        stamp: The time as it is written.
        now: When the line is read, with a zone; without one no year can be found.
        zone: The zone of a time that names none.

    Never raises.
    """
    stamp = _LEAP_SECOND.sub(r"\1:59", stamp)
    if stamp[:1].isalpha():
        return _without_year(stamp, now, zone)
    try:
        when = dt.datetime.fromisoformat(stamp.replace(" +", "+").replace(" -", "-"))
        return _in_utc(when if when.tzinfo is not None else when.replace(tzinfo=zone))
    except (ValueError, OverflowError):
        return None


def _in_utc(when: dt.datetime) -> dt.datetime:
    return when.astimezone(dt.UTC)


@functools.lru_cache(maxsize=64)
def _year_of(month: int, day: int, today: dt.date) -> int | None:
    """Return the year of the latest day of that name that is not after tomorrow."""
    for year in range(today.year + 1, max(today.year - _MOST_YEARS_BACK, 0), -1):
        try:
            if dt.date(year, month, day) - today <= _DAY:
                return year
        except ValueError:  # no such day in that year
            continue
    return None


def _without_year(stamp: str, now: dt.datetime, zone: dt.tzinfo) -> dt.datetime | None:
    month = _MONTHS.get(stamp[:3])
    if month is None or not has_zone(now):
        return None
    day, time = int(stamp[4:6]), stamp[7:]
    try:
        year = _year_of(month, day, now.astimezone(zone).date())
        if year is None:
            return None
        clock = dt.time.fromisoformat(time)
        return _in_utc(dt.datetime.combine(dt.date(year, month, day), clock, zone))
    except (ValueError, OverflowError):
        return None
