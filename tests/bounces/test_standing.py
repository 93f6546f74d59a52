"""A standing as what a store keeps of it."""

from __future__ import annotations

import pytest

from dsnlib.bounces.score import judge_address
from dsnlib.bounces.score_policy import ScorePolicy
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.errors import InvalidValue
from tests.bounces.scoring import DAY, NOON, identifiers, on_days, soft


def test_suppression() -> None:
    """It has the source, the reason, the evidence and the end of the standing."""
    events = [soft(NOON - n * DAY) for n in range(9, -1, -1)]

    entry = judge_address(events, ScorePolicy(), now=NOON).suppression_of(
        "Bob@example.org", note="Hm."
    )

    assert (
        Suppression(
            address="bob@example.org",
            source=SuppressionSource.BOUNCE,
            created=NOON,
            reason="mailbox-full",
            evidence=identifiers(events),
            expires=NOON + 90 * DAY,
            note="Hm.",
        )
        == entry
    )


def test_no_suppression() -> None:
    """Who may be sent to has none."""
    standing = judge_address(on_days(0), ScorePolicy(), now=NOON)

    with pytest.raises(InvalidValue, match=r"^standing: 'counting' "):
        standing.suppression_of("bob@example.org")
