"""The row of an event in SQLite: a few columns to ask by, and the details in one text.

A value that is bound costs as much as a hundred octets that are written, so what no statement
asks for stands in one column: texts with U+001F between them, in the order of `_DETAILS`.

Rules.
- U+001F in a text is escaped by `rows.pack_text`; so there are always as many parts.
- An empty part is `None` where a column may be that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsnlib.adapters.history.rows import EventRow
from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["COLUMNS", "flat_rows", "read_row"]

COLUMNS = ("number", "domain", "event_id", "occurred", "address", "kind", "reason", "details")
# Beside number, domain, event_id, occurred, address, kind and reason.
_DETAILS = (
    "recipient", "original_recipient", "permanence", "fault", "status", "reply_code", "diagnostic",
    "remote_mta", "reporting_mta", "dialect", "envelope_id", "message_id", "evidence", "source",
)  # fmt: skip
# Of those the ones that are never `None`.
_ALWAYS = frozenset({"permanence", "fault", "dialect", "evidence", "source"})
_BETWEEN = "\x1f"


def flat_rows(made: Iterable[Sequence[Any]], first: int) -> list[object]:
    """Return the columns of all rows, one after the other.  Never raises.

    Args:
        made: The columns of `EventRow`.
        first: The number of the first.
    """
    flat: list[object] = []
    for number, (
        event_id, occurred, address, recipient, original, kind, permanence, reason, fault, status,
        code, diagnostic, remote, reporting, dialect, envelope, message, evidence, source,
    ) in enumerate(made, first):  # fmt: skip
        _, at, domain = address.rpartition("@")
        details = (
            f"{recipient or ''}\x1f{original or ''}\x1f{permanence}\x1f{fault}\x1f{status or ''}"
            f"\x1f{code or ''}\x1f{diagnostic or ''}\x1f{remote or ''}\x1f{reporting or ''}"
            f"\x1f{dialect}\x1f{envelope or ''}\x1f{message or ''}\x1f{evidence}\x1f{source}"
        )
        flat += (
            number, domain if at else "", event_id, occurred, address, kind, reason, details,
        )  # fmt: skip
    return flat


def read_row(row: Sequence[Any]) -> EventRow:
    """Return the columns of an event.

    Args:
        row: `COLUMNS`, as the database gives them.

    Raises:
        InvalidValue: The details are damaged.
    """
    number, _, event_id, occurred, address, kind, reason, details = row
    try:
        parts = details.split(_BETWEEN)
        named: dict[str, Any] = {
            name: part or (part if name in _ALWAYS else None)
            for name, part in zip(_DETAILS, parts, strict=True)
        }
        named["reply_code"] = None if named["reply_code"] is None else int(named["reply_code"])
    # Of a damaged file a column may have any type.
    except (AttributeError, ValueError) as error:
        message = f"event {number}: its details are not those of one"
        raise InvalidValue(message, value=details) from error
    return EventRow(
        event_id=event_id, occurred=occurred, address=address, kind=kind, reason=reason, **named
    )
