"""Cells of a history: texts and times as every database can hold them.

Rules.
- Text is kept as it reads.  What a database cannot hold is escaped: NUL (PostgreSQL) and
  lone surrogates (both), as U+001A SUBSTITUTE and four hexadecimal digits; so are U+001A,
  and U+001F, which SQLite's rows have between texts.
- Times are microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import datetime as dt
import re

__all__ = [
    "EPOCH",
    "ESCAPED",
    "MICROSECONDS_A_DAY",
    "day_text",
    "from_microseconds",
    "pack_text",
    "to_microseconds",
    "unpack_text",
]

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECONDS_A_DAY = 86_400_000_000
# What does not stand in a database as it is.
ESCAPED = re.compile("[\0\x1a\x1f\ud800-\udfff]")
_ESCAPE = re.compile("\x1a([0-9a-f]{4})")


def pack_text(text: str) -> str:
    r"""Return a text as every database can hold it.  Never raises.

    >>> pack_text("γιώργος"), pack_text("\0\udce4")
    ('γιώργος', '\x1a0000\x1adce4')
    """
    if text.isprintable():
        return text
    return ESCAPED.sub(lambda found: f"\x1a{ord(found[0]):04x}", text)


def unpack_text(text: str) -> str:
    """Return the text that `pack_text` was given.  Never raises."""
    if "\x1a" not in text:
        return text
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def to_microseconds(time: dt.datetime) -> int:
    """Return a time, with a zone, as microseconds since 1970.  Never raises."""
    since = time - EPOCH
    return since.days * MICROSECONDS_A_DAY + since.seconds * 1_000_000 + since.microseconds


def from_microseconds(microseconds: int) -> dt.datetime:
    """Return the time, UTC, that `to_microseconds` was given.

    Raises:
        OverflowError: There is no such time.
    """
    return EPOCH + dt.timedelta(microseconds=microseconds)


def day_text(day: int) -> str:
    """Return a day as ISO 8601 writes it.

    Args:
        day: How many days it is after 1970-01-01.

    Raises:
        OverflowError: There is no such day.
    """
    return (EPOCH + dt.timedelta(days=day)).date().isoformat()
