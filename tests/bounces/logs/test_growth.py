"""The time to read a line grows with its length and no faster, whatever is in it.

Lines are as long as the most that is looked at, and half of that.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from dsnlib.bounces.logs.exim import EximLog
from dsnlib.bounces.logs.noted import LONGEST_LINE
from dsnlib.bounces.logs.postfix import PostfixLog
from tests.growth import least_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.bounces.event import BounceEvent

NOW = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
# What is longer Exim has cut, and is not read.
LONGEST_EXIM_LINE = 8000
SYSLOG = "Nov 23 04:00:00 mx postfix/smtp[1]: 4F0ABC: "
TO = f"{SYSLOG}to=<bob@example.org>, relay=mx[192.0.2.1]:25, delay=1"
EXIM = "2026-11-23 04:00:00 1abcde-0004xZ-AB "
FAILED = f"{EXIM}** bob@example.org R=a T=b"
SAID = "SMTP error from remote mail server after RCPT TO:<"

POSTFIX_LINES = {
    "no head": ("", "Nov 23 "),
    "a host without end": ("Nov 23 04:00:00 ", "m"),
    "a program without end": ("Nov 23 04:00:00 mx ", "a/"),
    "a parameter without end": ('<22>1 2026-11-23T04:00:00Z mx p 1 - [a b="', "\\\\"),
    "parameters": ("<22>1 2026-11-23T04:00:00Z mx p 1 - ", '[a b=""]'),
    "parameters without end": ("<22>1 2026-11-23T04:00:00Z mx p 1 - [", 'b="" '),
    "an address without end": (f"{SYSLOG}to=<", "a"),
    "quotes in an address": (f"{SYSLOG}to=<", '"a" '),
    "a quote without end": (f'{SYSLOG}to=<"', "\\a"),
    "addresses": (f"{SYSLOG}to=<a@b>", ", orig_to=<a@b>"),
    "fields": (f"{TO}, ", "a=b, "),
    "statuses": (TO, ", status=bounced (no)"),
    "a relay without end": (f"{SYSLOG}to=<bob@example.org>, relay=", "a["),
    "commands": (f"{TO}, status=bounced (host a[b] said: 550", " (in reply to RCPT TO command)"),
    "brackets": (f"{TO}, status=bounced (host a[b] said: 550", " ("),
    "hosts": (f"{TO}, status=bounced (", "host a[b] said: "),
    "escapes": (f"{TO}, status=bounced (550 ", "#303#274"),
    "controls": (f"{TO}, status=bounced (550 ", "\x01 \t"),
    "codes": (f"{TO}, status=bounced (", "550 5.1.1 "),
    "objects": ("", '{"a":'),
    "Message-IDs": ("Nov 23 04:00:00 mx postfix/cleanup[1]: 4F0ABC: ", "message-id=<"),
}
EXIM_LINES = {
    "no head": ("", " => "),
    "an address without end": (f"{EXIM}** ", "a"),
    "quotes behind an address": (f"{EXIM}** a@b", ' <"'),
    "quoted addresses": (f"{EXIM}** a@b", ' <"a"@b>'),
    "escapes in quotes": (f'{EXIM}** a@b <"', "\\\\"),
    "brackets": (f"{EXIM}** a@b", " <"),
    "parents": (f"{EXIM}** a@b", " (a@b)"),
    "parents without end": (f"{EXIM}** a@b (", "a, "),
    "fields": (FAILED, " A=b"),
    "quoted fields": (FAILED, ' A="'),
    "fields in brackets": (FAILED, " A=<"),
    "flags": (FAILED, " K"),
    "deferrals": (FAILED, " defer (1)"),
    "hosts": (FAILED, " H=a (b) [c]:1"),
    "hosts without end": (FAILED, " H=a (b"),
    "colons": (FAILED, " A=:"),
    "commands": (f"{FAILED}: ", SAID),
    "paths": (f"{FAILED}: {SAID}", '"a" '),
    "a quote without end": (f'{FAILED}: {SAID}"', "\\a"),
    "colons behind a path": (f"{FAILED}: {SAID}a@b>", ": "),
    "octets": (f"{FAILED}: 550 ", r"\303\274"),
    "line ends": (f"{FAILED}: 550 ", r"\n"),
    "times": (f"{FAILED}: 550", " DT=1s"),
    "a file": (f"{EXIM}=> /", "a "),
}


def _seconds(feed: Callable[..., tuple[BounceEvent, ...]], line: str) -> float:
    def feed_often() -> None:
        for _ in range(4):
            feed(line, now=NOW)

    return least_seconds(feed_often, runs=3)


def _check(
    feed: Callable[..., tuple[BounceEvent, ...]],
    start: str,
    unit: str,
    end: str,
    most: int = LONGEST_LINE,
) -> None:
    room = most - len(start) - len(end)
    half, whole = (start + unit * (room // length // len(unit)) + end for length in (2, 1))
    floor = 0.01  # below it the clock and the rest of the machine count for more

    assert _seconds(feed, whole) < max(floor, 3 * _seconds(feed, half))


@pytest.mark.parametrize("name", POSTFIX_LINES)
def test_postfix(name: str) -> None:
    """A line of twice the length takes less than three times as long."""
    start, unit = POSTFIX_LINES[name]
    _check(PostfixLog().feed, start, unit, ", status=bounced (550 no)")


@pytest.mark.parametrize("name", EXIM_LINES)
def test_exim(name: str) -> None:
    """A line of twice the length takes less than three times as long."""
    start, unit = EXIM_LINES[name]
    _check(EximLog().feed, start, unit, " => ", LONGEST_EXIM_LINE)


def test_long_lines_cost_no_more() -> None:
    """What is behind the bound is not looked at."""
    line = f"{TO}, status=bounced ({'550 5.1.1 ' * 5000})"
    log = PostfixLog()

    assert _seconds(log.feed, line * 20) < max(0.02, 3 * _seconds(log.feed, line))
