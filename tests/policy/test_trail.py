"""A trail entry says what a rule did, and is made with its reason."""

import pytest

from dsnlib.policy.trail import Effect, TrailEntry


@pytest.mark.parametrize(
    ("effect", "text"),
    [
        (Effect.PASSED, "spam: passed, it is not spam"),
        (Effect.STOPPED, "spam: stopped, it is not spam"),
        (Effect.SHAPED, "spam: shaped, it is not spam"),
    ],
)
def test_an_entry_reads_as_a_sentence(effect: Effect, text: str) -> None:
    """Rule, effect and reason, in this order."""
    assert text == str(TrailEntry("spam", effect, "it is not spam"))


def test_the_requirement_is_named_by_its_name() -> None:
    """Where a rule stands is optional, and no fourth text in a row."""
    plain = TrailEntry("spam", Effect.PASSED, "x")
    sourced = TrailEntry("spam", Effect.PASSED, "x", requirement="5321-6.2-01")

    assert (None, "5321-6.2-01") == (plain.requirement, sourced.requirement)
    with pytest.raises(TypeError):
        TrailEntry("spam", Effect.PASSED, "x", "5321-6.2-01")  # type: ignore[call-arg]  # refused
