"""Whether a time is one: an instant that every store and every report can have.

Rules.
- It has a zone: without one nobody can say when it is.
- It is in the calendar in UTC too, as which it is kept: the last hours of the year 9999 in
  New York are not.
"""

from __future__ import annotations

import datetime as dt

from dsnlib.errors import InvalidValue
from dsnlib.model.date import require_zone

__all__ = ["check_instant"]


def check_instant(time: dt.datetime | None, name: str) -> None:
    """Raise unless a time is `None` or an instant.

    Args:
        time: A time of a value.
        name: What it is, for the message.

    Raises:
        InvalidValue: It has no zone, or is outside the calendar.
    """
    require_zone(time, name, of_minutes=False)
    if time is None or time.tzinfo is dt.UTC:
        return
    try:
        time.astimezone(dt.UTC)
    except OverflowError:
        message = f"{name}: {time.isoformat()} is outside the calendar"
        raise InvalidValue(message, value=time) from None
