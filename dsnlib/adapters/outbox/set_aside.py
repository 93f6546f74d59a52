"""What a sink would never take: set aside in a file, with the reason, for a person.

    {"set_aside": "2026-03-01T09:00:05Z", "outbox": "crm", "number": 17,
     "reason": "https://crm.example.org answers 422", "event": {...}}

Rules.
- A line is on the disk before the outbox goes on.
- `event` is the record of the event: it can be read again (`read_event_record`).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dsnlib.adapters.outbox.json_lines import AppendedFile
from dsnlib.adapters.outbox.notice import format_line
from dsnlib.bounces.event_record import event_record
from dsnlib.model.date import format_time

if TYPE_CHECKING:
    import os

    from dsnlib.adapters.outbox.notice import Notice

__all__ = ["SetAside"]


class SetAside:
    """The file of events that were refused.

    Args:
        path: Its name; made when the first event is refused.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = AppendedFile(path, opening=b'{"set_aside":')

    def add(self, notice: Notice, *, outbox: str, reason: str) -> None:
        """Set an event aside; it is on the disk when this returns.

        Args:
            notice: The event.
            outbox: The name of the outbox.
            reason: Why it is not taken.

        Raises:
            OSError: It could not be written.
        """
        record = {
            "set_aside": format_time(dt.datetime.now(dt.UTC)),
            "outbox": outbox,
            "number": notice.number,
            "reason": reason,
            "event": event_record(notice.event),
        }
        self._file.append([format_line(record)])

    def close(self) -> None:
        """Close the file; twice is fine."""
        self._file.close()
