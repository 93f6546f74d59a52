"""The measure of growth can fail: work that is not linear is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.growth import BOUND, growth

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 1 << 20


def linear(count: int) -> Callable[[], object]:
    """Return work that twice the count doubles."""
    return lambda: list(map(str, range(count)))


def sorting(count: int) -> Callable[[], object]:
    """Return work that twice the count a little more than doubles."""
    numbers = [number * 7_919 % 104_729 for number in range(count)]
    return lambda: sorted(numbers)


def quadratic(count: int) -> Callable[[], object]:
    """Return work that twice the count makes four times as long."""
    text = "<" * count
    return lambda: [text.find(">", start) for start in range(count)]


def refused(count: int) -> Callable[[], object]:
    """Return work that takes no time, however large the count."""
    return lambda: count


@pytest.mark.parametrize("prepare", [linear, sorting, refused])
def test_what_grows_as_it_may(prepare: Callable[[int], Callable[[], object]]) -> None:
    """Work that is as good as linear is below the bound."""
    assert BOUND > growth(prepare, LARGEST)


def test_what_grows_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quadratic work is above it, also where each step is quick."""
    monkeypatch.setattr("tests.growth.ATTEMPTS", 1)  # no other would find less

    assert BOUND < growth(quadratic, LARGEST)
