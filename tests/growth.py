"""How the time of a call grows with the size of what it is given.

A size is doubled until the call takes long enough to be measured; then it is measured
against one with eight times the size.  Linear work takes 8 times as long, quadratic work
64 times; the bound of three for each doubling is between them, at 27.  What is refused or
declined early, however large, is never too slow.

The time is that of the processor, the least of several runs counts, and a ratio
has to be bad in every one of a few attempts, so a busy machine fails no test.
"""

from __future__ import annotations

import contextlib
import gc
import time
from typing import TYPE_CHECKING

from dsnlib.errors import DsnError

if TYPE_CHECKING:
    from collections.abc import Callable

BOUND = 3.0

FIRST_COUNT = 1 << 9
# Shorter, and the clock is measured.
MEASURABLE_SECONDS = 0.005
# Beyond it one run tells as much as several.
SLOW_SECONDS = 0.4
RUNS = 2
ATTEMPTS = 4
DOUBLINGS = 3


def _seconds(read: Callable[[], object]) -> float:
    begin = time.process_time()
    # To refuse is an answer too, and takes the time that is measured.
    with contextlib.suppress(DsnError):
        read()
    return time.process_time() - begin


def least_seconds(read: Callable[[], object], runs: int = RUNS) -> float:
    """Return the seconds of processor that a call took at best.

    Args:
        read: What is timed; it may raise a `DsnError`.
        runs: How often, unless it is slow.
    """
    least = _seconds(read)
    for _ in range(runs - 1):
        if least > SLOW_SECONDS:
            break
        least = min(least, _seconds(read))
    return least


def growth(
    prepare: Callable[[int], Callable[[], object]], largest: int, first: int = FIRST_COUNT
) -> float:
    """Return how many times longer twice the size takes; the best of some attempts.

    Args:
        prepare: Returns what to time for a count.
        largest: The count to stop at if even that takes no time worth measuring.
        first: The count to begin with.
    """
    count = first
    while count < largest and _seconds(prepare(count)) < MEASURABLE_SECONDS:
        count *= 2
    single, multiple = prepare(count), prepare(count << DOUBLINGS)
    ratio = float("inf")
    gc.disable()  # what the other tests left behind is no part of the work
    try:
        for attempt in range(ATTEMPTS):
            # A busy moment makes either look long: hidden growth is in the shorter alone.
            shorter, longer = least_seconds(single), _seconds(multiple)
            if longer < MEASURABLE_SECONDS:
                return 0.0  # refused: nothing to measure, at any size
            ratio = min(ratio, (longer / max(shorter, MEASURABLE_SECONDS / 8)) ** (1 / DOUBLINGS))
            # One look at what is slow may have met a moment when the machine was.
            if ratio < BOUND or (longer > SLOW_SECONDS and attempt):
                break
    finally:
        gc.enable()
    return ratio
