"""Summaries to report on: one that has something of everything, and strategies for any."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.summary import Summary, Tally, TallyKey, Worst
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason

SINCE, UNTIL = dt.date(2026, 1, 5), dt.date(2026, 6, 28)
NOW = dt.datetime(2026, 7, 1, 8, 0, tzinfo=dt.UTC)

HOSTILE = "\u202eevil\x1b[31m<script>alert(1)</script>&amp;{{ 7*7 }}@example.org"

# why, its code, whether it lasts, whose fault, how many a day
_CAUSES = (
    (Reason.UNKNOWN_USER, "5.1.1", Permanence.HARD, Fault.RECIPIENT, 90),
    (Reason.MAILBOX_FULL, "4.2.2", Permanence.SOFT, Fault.RECIPIENT, 40),
    (Reason.BLOCKED_HOST, "5.7.1", Permanence.SOFT, Fault.SENDER, 20),
    (Reason.RATE_LIMITED, "4.7.28", Permanence.SOFT, Fault.SENDER, 15),
    (Reason.EXPIRED, "4.4.7", Permanence.SOFT, Fault.INFRASTRUCTURE, 9),
    (Reason.POLICY, "5.7.1", Permanence.UNKNOWN, Fault.POLICY, 4),
    (Reason.MESSAGE_TOO_LARGE, "5.3.4", Permanence.HARD, Fault.CONTENT, 2),
    (None, "", Permanence.UNKNOWN, Fault.UNKNOWN, 3),
)
_PROVIDERS = ("google", "microsoft", "", "t-online")


def key(day: dt.date, **changes: Any) -> TallyKey:  # noqa: ANN401  each test changes what it is about
    """Return the key of hard failures for an unknown user, with changes."""
    usual = TallyKey(
        day, "", EventKind.FAILURE, Permanence.HARD, Reason.UNKNOWN_USER, Fault.RECIPIENT, "5.1.1"
    )
    return usual._replace(**changes)


def failures(count: int, day: dt.date = SINCE, **changes: Any) -> Tally:  # noqa: ANN401  as above
    """Return so many failures of a day."""
    return Tally(key(day, **changes), count)


def summary_of(*tallies: Tally) -> Summary:
    """Return what has these tallies, from the first day of them to the last."""
    days = [each.key.day for each in tallies]
    return Summary(since=min(days), until=max(days), tallies=tallies)


def busy_summary() -> Summary:
    """Return half a year that has something of everything."""
    tallies = []
    for number in range((UNTIL - SINCE).days + 1):
        day = SINCE + dt.timedelta(days=number)
        for place, provider in enumerate(_PROVIDERS):
            for reason, status, permanence, fault, daily in _CAUSES:
                count = (daily + 3 * number % 7) // (place + 1) * (60 if number == 80 else 1)
                found = TallyKey(
                    day, provider, EventKind.FAILURE, permanence, reason, fault, status
                )
                tallies.append(Tally(found, count))
        tallies.append(failures(5, day, kind=EventKind.DELAY, permanence=Permanence.SOFT))
        tallies.append(failures(1, day, kind=EventKind.COMPLAINT, reason=None))
    names = (HOSTILE, "ann@example.org", "x" * 3000 + "@example.net", "نشرة@مثال.example")
    return Summary(
        since=SINCE,
        until=UNTIL,
        tallies=tuple(tallies),
        addresses=tuple(
            Worst(name, 40 - place, 44, Reason.UNKNOWN_USER, UNTIL, suppressed=bool(place % 2))
            for place, name in enumerate(names)
        ),
        domains=(Worst("example.org", 900, 950, None, UNTIL),),
        suppressed=(("manual", 3), ("bounce", 4211), ("complaint", 312)),
        unread=2,
    )


def empty_summary() -> Summary:
    """Return a time in which nothing was heard."""
    return Summary(since=SINCE, until=UNTIL)


@st.composite
def summaries(draw: st.DrawFn) -> Summary:
    """Any summary: days, words and numbers of any size."""
    days = st.dates()
    words = st.text(max_size=30)
    keys = st.builds(
        TallyKey,
        days,
        words,
        st.sampled_from(EventKind),
        st.sampled_from(Permanence),
        st.none() | st.sampled_from(Reason),
        st.sampled_from(Fault),
        words | st.sampled_from(["5.1.1", "4.2.2"]),
    )
    counts = st.integers(0, 10**15)
    tallies = draw(st.lists(st.builds(Tally, keys, counts), max_size=12))
    found = [each.key.day for each in tallies] or [draw(days)]
    worst = st.builds(
        Worst,
        words,
        counts,
        counts,
        st.none() | st.sampled_from(Reason),
        days,
        st.none() | st.booleans(),
    )
    return Summary(
        since=min(found),
        until=max(found),
        tallies=tuple(tallies),
        addresses=tuple(draw(st.lists(worst, max_size=3))),
        domains=tuple(draw(st.lists(worst, max_size=3))),
        suppressed=tuple(draw(st.lists(st.tuples(words, counts), max_size=3))),
        unread=draw(st.none() | counts),
    )
