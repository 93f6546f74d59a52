"""How many addresses are suppressed, by who says so, for the metrics.

    Intake(store, after_batch=[SuppressionGauge(store, meter).look])

Rules.
- The history is asked in the thread that it belongs to, and not more often than anybody
  looks; what is shown in between is what it said last, and NaN before it was asked.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from typing import TYPE_CHECKING

from dsnlib.bounces.suppression import SuppressionSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.adapters.service.metrics import Meter
    from dsnlib.adapters.store import Store

__all__ = ["SuppressionGauge"]

# Prometheus asks every 15 s to every minute.
_LOOK_SECONDS = 60.0
# No event is of that day, so nothing else is counted.
_NO_DAY = dt.date.max


class SuppressionGauge:
    """The number of suppressions.

    Args:
        store: The history.
        meter: Who shows them.
        look_seconds: How long a number is shown before it is asked for again.
    """

    def __init__(self, store: Store, meter: Meter, *, look_seconds: float = _LOOK_SECONDS) -> None:
        self._store = store
        self._look_seconds = look_seconds
        self._next = 0.0
        self._numbers: dict[str, int] | None = None
        for source in SuppressionSource:
            meter.follow("suppressions", self._number_of(source.value), source.value)

    def look(self) -> None:
        """Ask, if it is time.

        Raises:
            StoreError: The history cannot be read.
        """
        if time.monotonic() >= self._next:
            summary = self._store.summarize(since=_NO_DAY, until=_NO_DAY, worst=0)
            self._numbers = dict(summary.suppressed)
            self._next = time.monotonic() + self._look_seconds

    def _number_of(self, source: str) -> Callable[[], float]:
        def number() -> float:
            return math.nan if self._numbers is None else self._numbers.get(source, 0)

        return number
