"""The row of an event in SQLite: a few columns to ask by, and the details in one text.

A value that is bound costs as much as a hundred octets that are written, so what no statement
asks for stands in one column: texts with U+001F between them, in the order of `DETAILS`.

Rules.
- U+001F in a text is escaped by `rows.pack_text`; so there are always as many parts.
- An empty part is `None` where a column may be that.
- `place` is a number made of the address, by which events of one address are found: those of
  others may have the same, though by nobody's chance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsnlib.adapters.history.rows import EventRow
from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COLUMNS", "DETAILS", "place_of", "read_row"]

COLUMNS = ("number", "event_id", "occurred", "place", "address", "kind", "details")
# The reason is the first, so that statements find it.
DETAILS = (
    "reason", "permanence", "fault", "status", "reply_code", "recipient", "original_recipient",
    "diagnostic", "remote_mta", "reporting_mta", "dialect", "envelope_id", "message_id",
    "evidence", "source",
)  # fmt: skip
_BETWEEN = "\x1f"
# A prime drawn by lot below 2**61: sums of octets times its residues are as good as random for
# addresses that nobody has chosen for it.  Who has can only slow down questions for his own.
_PRIME = 2_181_637_304_309_422_033


def place_of(address: str) -> int:
    """Return the number by which events of an address are found.  Never raises.

    Args:
        address: Its key, packed.
    """
    return int.from_bytes(address.encode(), "little") % _PRIME


def read_row(row: Sequence[Any]) -> EventRow:
    """Return the columns of an event.

    Args:
        row: `COLUMNS`, as the database gives them.

    Raises:
        InvalidValue: The details are damaged.
    """
    number, event_id, occurred, _, address, kind, details = row
    try:
        (
            reason, permanence, fault, status, code, recipient, original, diagnostic, remote,
            reporting, dialect, envelope, message, evidence, source,
        ) = details.split(_BETWEEN)  # fmt: skip
        return EventRow(
            event_id, occurred, address, recipient or None, original or None, kind, permanence,
            reason or None, fault, status or None, int(code) if code else None,
            diagnostic or None, remote or None, reporting or None, dialect, envelope or None,
            message or None, evidence, source,
        )  # fmt: skip
    # Of a damaged file a column may have any type.
    except (AttributeError, ValueError) as error:
        text = f"event {number}: its details are not those of one"
        raise InvalidValue(text, value=details) from error
