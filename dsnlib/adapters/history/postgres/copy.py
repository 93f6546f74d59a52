r"""Rows of events as PostgreSQL reads them: values for a statement, or the text of COPY.

Rules.
- Where a column may have none, an empty text is none, as in `bounces.event_record`.
- An address that no index takes is replaced by its key, and kept as the recipient.
- In the text of COPY none is a U+001A that stands alone: in a text four digits follow it.  So
  all backslashes are of values, and are escaped at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsnlib.adapters.history.postgres.key import LONGEST_KEY, index_key
from dsnlib.adapters.history.rows import EventRow

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COPY_NONE", "copy_text", "server_row"]

COPY_NONE = "\x1a"
# The columns that are never none.
_ALWAYS = frozenset(
    {"event_id", "occurred", "address", "kind", "permanence", "fault", "dialect", "evidence",
     "source"}
)  # fmt: skip
_MAY_BE_NONE = tuple([name not in _ALWAYS for name in EventRow._fields])
# https://www.postgresql.org/docs/15/sql-copy.html (text format)
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_TABS = len(EventRow._fields)


def server_row(row: Sequence[Any]) -> tuple[Any, ...]:
    """Return the columns of an event as they stand in the table.  Never raises.

    Args:
        row: The columns of `EventRow`.
    """
    event_id, occurred, address, recipient, *others = row
    if len(address) > LONGEST_KEY:
        recipient = recipient or address
        address = index_key(address)
    values = (event_id.hex(), occurred, address, recipient, *others)
    return tuple(
        [
            (each or None) if may_be else each
            for each, may_be in zip(values, _MAY_BE_NONE, strict=True)
        ]
    )


def copy_text(rows: Sequence[Sequence[Any]], first: int) -> str:
    """Return rows as lines of COPY: the place of each, and its columns.  Never raises.

    Bulk loads live here, so what `server_row` does is done without calls, and what has to be
    escaped is looked for in all lines at once.

    Args:
        rows: The columns of `EventRow`.
        first: The place of the first.
    """
    none = COPY_NONE
    lines = []
    for place, (
        event_id, occurred, address, recipient, original, kind, permanence, reason, fault, status,
        code, diagnostic, remote, reporting, dialect, envelope, message, evidence, source,
    ) in enumerate(rows, first):  # fmt: skip
        if len(address) > LONGEST_KEY:
            recipient = recipient or address  # noqa: PLW2901  what stands in the table
            address = index_key(address)  # noqa: PLW2901  the same
        lines.append(
            f"{place}\t{event_id.hex()}\t{occurred}\t{address}\t{recipient or none}"
            f"\t{original or none}\t{kind}\t{permanence}\t{reason or none}\t{fault}"
            f"\t{status or none}\t{code or none}\t{diagnostic or none}\t{remote or none}"
            f"\t{reporting or none}\t{dialect}\t{envelope or none}\t{message or none}"
            f"\t{evidence}\t{source}\n"
        )
    text = "".join(lines)
    if "\r" in text or text.count("\t") != _TABS * len(lines) or text.count("\n") != len(lines):
        return "".join(
            [_escaped_line((place, *server_row(row))) for place, row in enumerate(rows, first)]
        )
    return text.replace("\\", r"\\")


def _escaped_line(values: Sequence[object]) -> str:
    cells = [COPY_NONE if each is None else str(each).translate(_ESCAPES) for each in values]
    return "\t".join(cells) + "\n"
