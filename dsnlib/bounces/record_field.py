"""One value of a flat record: text and times, as `event_record` and `suppression_record` have them.

Rules.
- Times are those of RFC 3339, as `format_time` writes them.
- An empty text is as none.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from dsnlib.errors import InvalidValue
from dsnlib.model.date import has_zone

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["read_text", "read_time"]


def read_text(record: Mapping[str, Any], key: str) -> str | None:
    """Return the text under a key, `None` if there is none or it is empty.

    Raises:
        InvalidValue: It is no text; the message names the key.
    """
    value = record.get(key)
    if value is not None and not isinstance(value, str):
        message = f"{key}: {value!r} is no text"
        raise InvalidValue(message, value=value)
    return value or None


def read_time(record: Mapping[str, Any], key: str) -> dt.datetime | None:
    """Return the time under a key, in UTC; `None` if there is none.

    Raises:
        InvalidValue: It is no time with a zone; the message names the key.
    """
    text = read_text(record, key)
    if text is None:
        return None
    try:
        time = dt.datetime.fromisoformat(text)
        if has_zone(time):
            return time.astimezone(dt.UTC)
    except (OverflowError, ValueError):
        pass
    message = f"{key}: {text!r} is no time with a zone, as RFC 3339 writes it"
    raise InvalidValue(message, value=text)
