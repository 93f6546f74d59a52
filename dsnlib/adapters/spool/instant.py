"""A point in time as a column has it: microseconds since 1970, so that an index has them in order.

>>> time_of(0).isoformat()
'1970-01-01T00:00:00+00:00'
"""

from __future__ import annotations

import datetime as dt

from dsnlib.model.date import add_time

__all__ = ["micros_of", "time_of"]

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def micros_of(when: dt.datetime) -> int:
    """Return a time as a column has it.  Never raises for a time with a zone."""
    return (when - _EPOCH) // _MICROSECOND


def time_of(micros: int) -> dt.datetime:
    """Return the time of a column; one beyond the calendar is its end."""
    return add_time(_EPOCH, dt.timedelta(microseconds=micros))
