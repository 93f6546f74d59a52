"""The first sentences of a report: what happened, in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.taxonomy import Permanence

if TYPE_CHECKING:
    from dsnlib.bounces.summary import Summary
    from dsnlib.report.figures import Figures
    from dsnlib.report.words import Words

__all__ = ["lead"]


def lead(summary: Summary, figures: Figures, words: Words) -> str:
    """Return what happened, in one to five sentences.  Never raises."""
    failures = figures.failures
    said = [words.counted("failed-count", failures) if failures else words.say("nothing-failed")]
    if failures > 1:  # a share of one says nothing
        share = words.percent(figures.permanences[Permanence.HARD], failures)
        said.append(words.say("lasting", share=share))
    for name, count in (
        ("delayed-count", figures.kinds[EventKind.DELAY]),
        ("complained-count", figures.kinds[EventKind.COMPLAINT]),
        ("unread-count", summary.unread or 0),
    ):
        if count:
            said.append(words.counted(name, count))
    return words.sentences(*said)
