"""A figure of the benchmark, and how two things are timed side by side."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@attrs.frozen(kw_only=True)
class Figure:
    """One row of the table.

    Args:
        name: What was measured.
        ours: Our figure, with its unit.
        theirs: The figure beside it, or `""`.
        value: What is held against the bound: a ratio, or seconds.
        bound: The bound; the least value allowed if `at_least`, else the most.
        at_least: Which of the two.
        note: What else there is to know.
    """

    name: str
    ours: str
    theirs: str
    value: float
    bound: float
    at_least: bool = False
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether the value keeps to the bound."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def print_figures(figures: Sequence[Figure]) -> int:
    """Print a line for each figure; return 1 if one misses its bound, else 0."""
    for each in figures:
        sign = ">=" if each.at_least else "<="
        print(
            f"{'ok  ' if each.passed else 'MISS'} {each.name}:"
            f" {each.ours} ({sign} {each.bound:,})  {each.note}"
        )
    return 0 if all(each.passed for each in figures) else 1


def take_turns(calls: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Return the least seconds that each call took; each has a turn in every round."""
    least = [float("inf")] * len(calls)
    gc.collect()
    for _ in range(rounds):
        for index, call in enumerate(calls):
            begin = time.perf_counter()
            call()
            least[index] = min(least[index], time.perf_counter() - begin)
    return least


def repeated(call: Callable[[], object], times: int) -> Callable[[], object]:
    """Return a call that makes another one many times."""

    def run() -> None:
        for _ in range(times):
            call()

    return run
