"""What the command says of each word of the taxonomy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.kinds.message_kind import MessageKind
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.cli.verbs.explain_bounce import reasons

if TYPE_CHECKING:
    import enum


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (reasons.REASONS, Reason),
        (reasons.KINDS, EventKind),
        (reasons.PERMANENCES, Permanence),
        (reasons.FAULTS, Fault),
        (reasons.MESSAGE_KINDS, MessageKind),
    ],
    ids=["reasons", "kinds", "permanences", "faults", "message kinds"],
)
def test_every_word_has_a_text(table: dict[enum.Enum, object], words: type[enum.Enum]) -> None:
    """No word is without one, and no text without a word."""
    assert set(words) == set(table)


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.value)
def test_texts_are_sentences(reason: Reason) -> None:
    """Meaning and advice are whole sentences."""
    for text in reasons.REASONS[reason]:
        assert text[0].isupper()
        assert text.endswith(".")


def test_what_has_not_failed() -> None:
    """Every kind but a failure and a delay says what to do by itself."""
    assert set(EventKind) - {EventKind.FAILURE, EventKind.DELAY} == set(reasons.WITHOUT_FAILURE)
