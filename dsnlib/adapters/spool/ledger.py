"""What the budgets of notifications have spent, in the database of the queue.

Rules.
- It changes with the messages that it was spent on, in one transaction.
- What was spent longer ago than any budget looks back is forgotten, by the clock of
  what is being spent.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

from dsnlib.adapters.spool.instant import micros_of
from dsnlib.adapters.spool.record import decode_text, encode_text
from dsnlib.policy.budget import Spending

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

__all__ = ["Ledger"]

# Forgotten is what is older than `kept`, looked for that many times in this time.
_LOOKS = 24
# Values in one question: below SQLite's own bound of 999 in old versions.
_ASKED = 500


class Ledger:
    """The spending of budgets.

    Its functions raise `sqlite3.Error` for what the database says.

    Args:
        connection: To the database; used by one thread at a time.
        kept: How long a spending is remembered.
    """

    def __init__(self, connection: sqlite3.Connection, kept: dt.timedelta) -> None:
        self._connection = connection
        self._kept_micros = max(kept // dt.timedelta(microseconds=1), _LOOKS)
        self._next_look = 0

    def write(self, spending: Mapping[str, Spending]) -> None:
        """Write what has changed, inside a transaction."""
        latest = 0
        for key, spent in spending.items():
            micros = micros_of(spent.at)
            latest = max(latest, micros)
            self._connection.execute(
                "INSERT OR REPLACE INTO spending (key, used, at, micros) VALUES (?,?,?,?)",
                (encode_text(key), spent.used, spent.at.isoformat(), micros),
            )
        if latest >= self._next_look:
            self._next_look = latest + self._kept_micros // _LOOKS
            self._connection.execute(
                "DELETE FROM spending WHERE micros < ?", (latest - self._kept_micros,)
            )

    def read(self, keys: Iterable[str]) -> dict[str, Spending]:
        """Return what was spent on those keys that have something spent on them."""
        wanted = [encode_text(key) for key in keys]
        found: dict[str, Spending] = {}
        for start in range(0, len(wanted), _ASKED):
            some = wanted[start : start + _ASKED]
            marks = ",".join("?" * len(some))
            for key, used, at in self._connection.execute(
                f"SELECT key, used, at FROM spending WHERE key IN ({marks})",  # noqa: S608  question marks
                some,
            ):
                # SQLite keeps what is not a number as NULL.
                number = math.nan if used is None else used
                found[decode_text(key)] = Spending(number, dt.datetime.fromisoformat(at))
        return found
