"""The first sentences: what happened, nothing that did not."""

import pytest

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.summary import Summary
from dsnlib.bounces.taxonomy import Permanence
from dsnlib.report.figures import count_figures
from dsnlib.report.sentences import lead
from dsnlib.report.words import words_of
from tests.report.summaries import SINCE, failures, summary_of

NOTHING = "In this time nothing failed."
LAST = "are lasting: another attempt would fail too."


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (Summary(since=SINCE, until=SINCE), NOTHING),
        (summary_of(failures(1)), "1 delivery failed."),
        (
            summary_of(failures(1), failures(3, permanence=Permanence.SOFT)),
            f"4 deliveries failed. Of these failures 25% {LAST}",
        ),
        (
            summary_of(failures(1, kind=EventKind.DELAY), failures(2, kind=EventKind.COMPLAINT)),
            f"{NOTHING} 1 delivery was delayed. 2 recipients called the mail spam.",
        ),
        (
            Summary(since=SINCE, until=SINCE, unread=1),
            f"{NOTHING} 1 message looked like a bounce and could not be read.",
        ),
    ],
    ids=["nothing", "one", "failures", "others", "unread"],
)
def test_lead(summary: Summary, expected: str) -> None:
    """Each kind of event that there was has its sentence."""
    words = words_of("en")

    assert words is not None
    assert expected == lead(summary, count_figures(summary), words)
