"""The score applied after each mail, by a process for each: what may cost no more than it is worth.

    verdicts = update_if_due(Suppressor(store), store, now=now)

All events of an address are read to judge it, and such a process remembers none.  So who
sends bounces about one address all day would make each of them dearer than the one before.

Rules.
- An update that took long is followed by a rest of nine times as long: a tenth of the time
  is all that goes into it, whoever floods.
- What came meanwhile is judged by the update after the rest.  None is begun by itself: run
  one by the clock as well (`dsnlib suppress update`).
- The end of the rest is a cursor of the store, so that all processes keep it.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from dsnlib.bounces.instant import check_instant

if TYPE_CHECKING:
    import datetime as dt

    from dsnlib.adapters.store import Store
    from dsnlib.adapters.suppressing import Suppressor, Verdicts

__all__ = ["update_if_due"]

_CURSOR = "suppress-rests-until"
# Chosen by us: the start of a process takes as long.
_SHORT_SECONDS = 0.5
_REST = 9
_LONGEST_REST_SECONDS = 3600


def update_if_due(suppressor: Suppressor, store: Store, *, now: dt.datetime) -> Verdicts | None:
    """Do `Suppressor.update`, unless the last one took so long that it is too soon.

    Args:
        suppressor: Of the store.
        store: The history.
        now: The time; with a zone.

    Returns:
        What has changed; `None` if it is too soon.

    Raises:
        StoreError: The history cannot be read or written.
        InvalidValue: The time has no zone.
    """
    check_instant(now, "now")
    seconds = int(now.timestamp())
    # A longer rest is of a clock that has been put back.
    if 0 < store.cursor(_CURSOR) - seconds <= _LONGEST_REST_SECONDS:
        return None
    start = time.monotonic()
    verdicts = suppressor.update(now=now)
    took_seconds = time.monotonic() - start
    if took_seconds > _SHORT_SECONDS:
        rest_seconds = min((1 + _REST) * took_seconds, _LONGEST_REST_SECONDS)
        store.advance(_CURSOR, seconds + math.ceil(rest_seconds))
    return verdicts
