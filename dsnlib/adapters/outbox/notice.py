"""One event on its way out, and the forms it has there.

    {"type": "bounce.failure", "timestamp": "2026-03-01T09:00:00Z",
     "data": {"event_id": ..., "recipient": ..., "source": ..., "suppression": {...}}}

Rules.
- `data` is the record of the event (`bounces.event_record`), with `source`, the word that
  the history has for where it came from, and `suppression`: what was known of the
  recipient when the event was handed on, `null` if nothing.
- Within a version keys are only added; receivers ignore keys that they do not know.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from dsnlib.bounces.event_record import event_record
from dsnlib.bounces.suppression_record import suppression_record

if TYPE_CHECKING:
    from dsnlib.bounces.event import BounceEvent
    from dsnlib.bounces.suppression import Suppression

__all__ = ["Notice", "format_line", "message_of"]


class Notice(NamedTuple):
    """An event that is handed on.

    Args:
        number: Its place in the history.
        event: What happened.
        source: Where it came from.
        suppression: What is known of the recipient; `None` if nothing, or if the sink
            does not ask for it.
    """

    number: int
    event: BounceEvent
    source: str = ""
    suppression: Suppression | None = None


def message_of(notice: Notice) -> dict[str, Any]:
    """Return what a webhook says of an event: its type, its time, its data.  Never raises."""
    record = event_record(notice.event)
    known = notice.suppression
    return {
        "type": f"bounce.{notice.event.kind.value}",
        "timestamp": record["occurred"],
        "data": {
            **record,
            "source": notice.source,
            "suppression": None if known is None else suppression_record(known),
        },
    }


def format_line(record: object) -> bytes:
    """Return JSON on one line, in ASCII, with its LF: text of strangers is escaped."""
    return json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"
