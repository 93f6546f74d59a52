"""The columns of a row: an event (`bounces.event_record`) and where it was read.

One row for each event.  A message that reports on nobody has none, and is counted; one
that could not be read has a row with an `error` and no event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.bounces.event_record import EVENT_FIELDS

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ROW_FIELDS", "arrow_schema"]

# Where it was read, then what it says, then what went wrong.
ROW_FIELDS = ("source", "message", *EVENT_FIELDS, "error")


def arrow_schema() -> pa.Schema:
    """Return the schema of rows, as Parquet files have it.  Needs `dsnlib[arrow]`."""
    raise NotImplementedError
