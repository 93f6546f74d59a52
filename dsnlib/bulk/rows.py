"""From messages to rows: the one function that every engine runs.

    rows_of(messages)                     a batch of messages -> rows
    read_arrow(batches)                   the same for Arrow: Spark's `mapInArrow`, Ray Data

Rules.
- What a row says, `finding` says.
- The same rows come out of both.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from dsnlib.bounces.event_record import evidence_record, read_event_record
from dsnlib.bulk.clean_text import clean_text
from dsnlib.bulk.columns import ROW_FIELDS, arrow_batch
from dsnlib.bulk.finding import BulkFinding, Message, find_in, time_of
from dsnlib.model.date import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa

    from dsnlib.bounces.event import BounceEvent
    from dsnlib.bounces.unknown import OnUnknown

__all__ = [
    "CONTENT",
    "Message",
    "event_of",
    "read_arrow",
    "row_of",
    "rows_of",
]

# The column that messages stand in, unless another is named.
CONTENT = "content"

_TEXTS = (
    "source", "recipient", "original_recipient", "diagnostic", "remote_mta", "reporting_mta",
    "envelope_id", "message_id",
)  # fmt: skip


def rows_of(
    messages: Iterable[Message],
    *,
    arrived: dt.datetime | None = None,
    now: dt.datetime | None = None,
    on_unknown: OnUnknown | None = None,
) -> list[dict[str, Any]]:
    """Return the rows of a batch of messages, each with the keys of `ROW_FIELDS`.

    Never raises for what is in a message.

    Args:
        messages: Many or few; as many rows are in memory as they have events.
        arrived: When they arrived, for those that do not say it.
        now: No time is later than this one.
        on_unknown: As `read_bounces` takes it.
    """
    return [
        row_of(finding)
        for message in messages
        for finding in find_in(message, arrived=arrived, now=now, on_unknown=on_unknown)
    ]


def row_of(finding: BulkFinding) -> dict[str, Any]:
    """Return the row of a finding, with the keys of `ROW_FIELDS`.  Never raises."""
    row: dict[str, Any] = dict(zip(ROW_FIELDS, finding, strict=True))
    for name in _TEXTS:
        text = row[name]
        if text is not None and not text.isascii():
            row[name] = clean_text(text)
    if finding.occurred is not None:
        row["occurred"] = format_time(time_of(finding.occurred))
    if finding.evidence is not None:
        row["evidence"] = records = [evidence_record(each) for each in finding.evidence]
        for record in records:
            if not record["text"].isascii():
                record["text"] = clean_text(record["text"])
    return row


def event_of(row: Mapping[str, Any]) -> BounceEvent | None:
    """Return the event of a row, from Parquet or JSONL; `None` if it is one of an error.

    Raises:
        InvalidValue: A value is none that its column can have.
    """
    if row["event_id"] is None:
        return None
    occurred = row["occurred"]
    if isinstance(occurred, dt.datetime):
        row = {**row, "occurred": occurred.isoformat()}
    return read_event_record(row)


def read_arrow(
    batches: Iterable[pa.RecordBatch], *, column: str = CONTENT
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of messages that come in Arrow batches, as `arrow_schema` has them.

    For Spark: `messages.mapInArrow(read_arrow, schema)`.

    Args:
        batches: With the messages in a binary column; `source` and `message`, if they are
            there, say where each was found.
        column: The name of the column.

    Raises:
        ImportError: pyarrow is missing.
        KeyError: A batch has no such column.
    """
    for batch in batches:
        yield arrow_batch(
            [each for message in _messages(batch, column) for each in find_in(message)]
        )


def _messages(batch: pa.RecordBatch, column: str) -> Iterator[Message]:
    names = batch.schema.names
    sources = batch.column("source") if "source" in names else None
    numbers = batch.column("message") if "message" in names else None
    for place, octets in enumerate(batch.column(column)):
        source = None if sources is None else sources[place].as_py()
        number = None if numbers is None else numbers[place].as_py()
        yield Message(source or "", number, octets.as_py() or b"")
