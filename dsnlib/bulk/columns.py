"""The columns of a row: an event (`bounces.event_record`) and where it was read.

One row for each event.  A message that reports on nobody has none, and is counted; one
that could not be read has a row with an `error` and no event.  The columns::

    source, message     the file (of an archive its name, `/`, the member), and the place
                        in it: the octet at which a message of an mbox begins, the row of
                        a Parquet file; nothing in a file that is one message
    event_id ...        as `bounces.event_record` has them; each may be missing, because
                        a row with an error has no event
    error               `code: what went wrong`

Rules.
- All text is Unicode that has a form in UTF-8, as Arrow demands: what a lone surrogate
  stood for (an octet that no encoding explains) is U+FFFD.  `event_id` was made before.
- Names of closed sets are text.  Parquet encodes them as dictionaries by itself, and not
  every reader of Arrow takes dictionaries (Spark does not).
- Times are UTC, in microseconds.
- Evidence is a list of structs, so that a query can ask for a rule.
- Columns are only added.
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any

from dsnlib.bounces.event import Confidence
from dsnlib.bounces.event_record import EVENT_FIELDS
from dsnlib.bulk.clean_text import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from dsnlib.bounces.event import Evidence
    from dsnlib.bulk.finding import BulkFinding

__all__ = ["ROW_FIELDS", "arrow_batch", "arrow_schema"]

# Where it was read, then what it says, then what went wrong.
ROW_FIELDS = ("source", "message", *EVENT_FIELDS, "error")

_NO_EVIDENCE: tuple[Evidence, ...] = ()
_CONFIDENCES = {each: each.name.lower() for each in Confidence}


@functools.cache
def arrow_schema() -> pa.Schema:
    """Return the schema of rows, as Parquet files have it.

    Raises:
        ImportError: pyarrow is missing; it comes with `dsnlib[arrow]`.
    """
    import pyarrow as pa

    special = {
        "source": pa.field("source", pa.string(), nullable=False),
        "message": pa.field("message", pa.int64()),
        "occurred": pa.field("occurred", pa.timestamp("us", "UTC")),
        "reply_code": pa.field("reply_code", pa.int16()),
        "evidence": pa.field("evidence", pa.list_(pa.field("element", _evidence_type()))),
    }
    return pa.schema([special.get(name) or pa.field(name, pa.string()) for name in ROW_FIELDS])


def arrow_batch(findings: Sequence[BulkFinding]) -> pa.RecordBatch:
    """Return findings as Arrow has rows.

    Args:
        findings: As `finding.find_in` makes them.

    Raises:
        ImportError: pyarrow is missing.
    """
    import pyarrow as pa

    schema = arrow_schema()
    columns = list(zip(*findings, strict=True)) or [()] * len(ROW_FIELDS)
    arrays = []
    for field, values in zip(schema, columns, strict=True):
        if field.name == "evidence":
            arrays.append(_evidence_array(values))
        elif field.name == "occurred":
            arrays.append(pa.array(values, pa.int64()).view(field.type))
        else:
            arrays.append(_array(values, field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.array(values, type_)
    except UnicodeEncodeError:  # lone surrogates: few batches have any
        clean = [None if each is None else clean_text(each) for each in values]
        return pa.array(clean, type_)


def _evidence_type() -> pa.DataType:
    import pyarrow as pa

    kinds = {"version": pa.int32(), "start": pa.int64(), "end": pa.int64()}
    names = ("field", "rule", "version", "start", "end", "text", "confidence")
    return pa.struct([pa.field(name, kinds.get(name, pa.string())) for name in names])


def _evidence_array(values: Sequence[Sequence[Evidence] | None]) -> pa.Array:
    """Return lists of structs, made column by column: that takes a third of the time."""
    import pyarrow as pa

    type_ = _evidence_type()
    lists = [_NO_EVIDENCE if each is None else each for each in values]
    flat = list(itertools.chain.from_iterable(lists))
    columns: tuple[list[Any], ...] = (
        [each.field for each in flat],
        [each.rule for each in flat],
        [each.version for each in flat],
        [each.start for each in flat],
        [each.end for each in flat],
        [each.text for each in flat],
        [_CONFIDENCES[each.confidence] for each in flat],
    )
    arrays = [_array(each, field.type) for each, field in zip(columns, type_, strict=True)]
    structs = pa.StructArray.from_arrays(arrays, fields=list(type_))
    offsets = pa.array(itertools.accumulate(map(len, lists), initial=0), pa.int32())
    return pa.ListArray.from_arrays(
        offsets,
        structs,
        type=arrow_schema().field("evidence").type,
        mask=pa.array([each is None for each in values], pa.bool_()),
    )
