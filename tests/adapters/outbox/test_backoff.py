"""Waits between tries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.outbox.backoff import Backoff
from dsnlib.errors import InvalidValue


@given(
    failures=st.integers(-5, 10**9),
    chance=st.floats(0, 1),
    asked=st.none() | st.floats(allow_nan=False, min_value=0),
)
def test_bounds(failures: int, chance: float, asked: float | None) -> None:
    """No wait is longer than the longest, nor shorter than chance may make the first."""
    wait = Backoff().wait_seconds(failures, chance=chance, asked_seconds=asked)

    assert 0.7 <= wait <= 300


def test_growth() -> None:
    """Each wait is the factor longer; chance takes off a part."""
    backoff = Backoff(first_seconds=2, factor=3, longest_seconds=50, jitter=0.5)

    assert [2, 6, 18, 50, 50] == [backoff.wait_seconds(n, chance=0) for n in range(1, 6)]
    assert 1 == backoff.wait_seconds(1, chance=1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_seconds", 0),
        ("first_seconds", float("nan")),
        ("longest_seconds", 0.5),
        ("factor", 0.5),
        ("factor", 11),
        ("jitter", -0.1),
        ("jitter", 1.1),
    ],
)
def test_bad(field: str, value: float) -> None:
    """What is out of range is named."""
    with pytest.raises(InvalidValue, match=field):
        Backoff(**{field: value})
