"""The first sentences: what happened, nothing that did not."""

import pytest

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.summary import Summary
from dsnlib.bounces.taxonomy import Permanence
from dsnlib.report.figures import count_figures
from dsnlib.report.sentences import lead
from dsnlib.report.words import words_of
from tests.report.summaries import SINCE, failures, summary_of


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (Summary(since=SINCE, until=SINCE), "In this time nothing failed."),
        (
            summary_of(failures(1), failures(3, permanence=Permanence.SOFT)),
            "4 deliveries failed."
            " Of these failures 25% are lasting: another attempt would fail too.",
        ),
        (
            summary_of(failures(1, kind=EventKind.DELAY), failures(2, kind=EventKind.COMPLAINT)),
            "In this time nothing failed. 1 delivery was delayed."
            " 2 recipients called the mail spam.",
        ),
        (
            Summary(since=SINCE, until=SINCE, unread=1),
            "In this time nothing failed."
            " 1 message looked like a bounce and could not be read.",
        ),
    ],
    ids=["nothing", "failures", "others", "unread"],
)
def test_lead(summary: Summary, expected: str) -> None:
    """Each kind of event that there was has its sentence."""
    words = words_of("en")

    assert words is not None
    assert expected == lead(summary, count_figures(summary), words)
