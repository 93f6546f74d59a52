"""The numbers of a report: counted once, sorted, nothing lost."""

import datetime as dt

from hypothesis import given

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.summary import Summary
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.report.figures import count_figures
from tests.report.summaries import SINCE, failures, summaries, summary_of


def test_what_is_counted() -> None:
    """Reasons, faults, providers and codes are those of failures; other kinds are counted too."""
    figures = count_figures(
        summary_of(
            failures(5, provider="google"),
            failures(7, reason=None, fault=Fault.UNKNOWN, status="", permanence=Permanence.SOFT),
            failures(100, kind=EventKind.DELAY),
        )
    )

    assert (12, 112) == (figures.failures, figures.events)
    assert {Reason.UNDEFINED: 7, Reason.UNKNOWN_USER: 5} == figures.reasons
    assert {"google": 5, "": 7} == figures.providers
    assert {Fault.UNKNOWN: 7, Fault.RECIPIENT: 5} == figures.faults
    assert {"": 7, "5.1.1": 5} == figures.codes
    assert 5 == figures.permanences[Permanence.HARD]
    assert 100 == figures.kinds[EventKind.DELAY]
    assert 5 == figures.provider_reasons["google", Reason.UNKNOWN_USER]


def test_order() -> None:
    """The greatest comes first, equals by name, and what has no name last."""
    figures = count_figures(
        summary_of(
            failures(9, provider=""),
            failures(2, provider="yahoo"),
            failures(2, provider="apple"),
            failures(3, provider="google"),
        )
    )

    assert ["google", "apple", "yahoo", ""] == list(figures.providers)


def test_days_are_added() -> None:
    """Tallies of several days are one number, and one bin for each."""
    figures = count_figures(
        summary_of(failures(1), failures(2, SINCE + dt.timedelta(days=2)), failures(0))
    )

    assert 3 == figures.codes["5.1.1"]
    assert [1, 0, 2] == [each.failures for each in figures.timeline.bins]


@given(summaries())
def test_nothing_is_lost(summary: Summary) -> None:
    """Each view of the failures has all of them; the order of the tallies does not matter."""
    figures = count_figures(summary)
    total = sum(tally.events for tally in summary.tallies if tally.key.kind is EventKind.FAILURE)
    views = (
        figures.permanences,
        figures.faults,
        figures.reasons,
        figures.providers,
        figures.codes,
        figures.provider_reasons,
    )
    turned = Summary(
        since=summary.since, until=summary.until, tallies=tuple(reversed(summary.tallies))
    )

    assert [total] * len(views) == [sum(view.values()) for view in views]
    assert figures == count_figures(turned)
    assert list(figures.codes) == list(count_figures(turned).codes)
