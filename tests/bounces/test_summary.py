"""A summary is a value: what was counted, and nothing that was not."""

import datetime as dt

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.summary import Summary, Tally, TallyKey, Worst
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason

DAY = dt.date(2026, 11, 22)
KEY = TallyKey(
    day=DAY,
    provider="",
    kind=EventKind.FAILURE,
    permanence=Permanence.HARD,
    reason=Reason.UNKNOWN_USER,
    fault=Fault.RECIPIENT,
    status="5.1.1",
)


def test_nothing_counted() -> None:
    """Without events there are days only; what nobody counted is not zero."""
    summary = Summary(since=DAY, until=DAY)

    assert [(), (), (), ()] == [
        summary.tallies,
        summary.addresses,
        summary.domains,
        summary.suppressed,
    ]
    assert summary.unread is None


def test_same_counts() -> None:
    """Two summaries of the same counts are one, as keys too; another count is another."""
    first, again, other = (
        Summary(since=DAY, until=DAY, tallies=(Tally(KEY, events),)) for events in (3, 3, 4)
    )

    assert first == again != other
    assert 2 == len({first, again, other})


def test_tallies_are_counted_by_all_of_their_key() -> None:
    """What differs in one thing, such as the provider, is another tally."""
    counted = {KEY: 1, KEY._replace(provider="google"): 2, KEY._replace(status=""): 3}

    assert 3 == len(counted)
    assert 1 == counted[TallyKey(*KEY)]


def test_a_domain_is_not_suppressed() -> None:
    """Only an address can be; of a domain nothing is said."""
    worst = Worst("example.org", failures=3, events=4, reason=None, last=DAY)

    assert worst.suppressed is None
