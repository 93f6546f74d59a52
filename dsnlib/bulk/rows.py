"""From messages to rows: the one function that every engine runs.

    rows_of(messages)                     a batch of messages -> rows
    read_arrow(batches)                   the same for Arrow: Spark's `mapInArrow`, Ray Data

Rules.
- A message gives the same rows wherever it is read.
- What a message does to the reader is an error of that message, and the rest is read.
- A time that the event lacks is that of the mail: its `Date`, else when it arrived.  A time
  in the future is set to now.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from dsnlib.adapters.mailboxes.inputs import ReadError
from dsnlib.bounces.event_record import event_record, read_event_record
from dsnlib.bounces.links.clues import field_pattern, read_clues
from dsnlib.bounces.read import read_bounces
from dsnlib.bulk.columns import ROW_FIELDS, arrow_batch
from dsnlib.model.date import guess_date, parse_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa

    from dsnlib.bounces.event import BounceEvent
    from dsnlib.bounces.unknown import OnUnknown

__all__ = [
    "CONTENT",
    "Message",
    "error_row",
    "event_of",
    "read_arrow",
    "rows_of",
]

# The column that messages stand in, unless another is named.
CONTENT = "content"

_DATE = field_pattern("date")
_PLAIN = b"\nDate: "
_TEXTS = (
    "source", "recipient", "original_recipient", "diagnostic", "remote_mta", "reporting_mta",
    "envelope_id", "message_id",
)  # fmt: skip
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOTHING = dict.fromkeys(ROW_FIELDS)


class Message(NamedTuple):
    """A message, and where it was found.

    Args:
        source: The file, or whatever tells a person where to look.
        number: The place in it; `None` if it is the whole file.
        octets: The message.
    """

    source: str
    number: int | None
    octets: bytes


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
    rows: list[dict[str, Any]] = []
    for message in messages:
        try:
            events = read_bounces(message.octets, on_unknown=on_unknown)
            of_message = [_row(message, event) for event in events]
            _tell_time(of_message, events, message.octets, arrived, now)
        except Exception as error:  # noqa: BLE001  one message must not end a run over millions
            reason = f"dsnlib failed on this message; please report {type(error).__name__}: {error}"
            of_message = [error_row(message.source, message.number, ReadError("bug", reason, 70))]
        rows += of_message
    return rows


def _row(message: Message, event: BounceEvent) -> dict[str, Any]:
    row = {"source": message.source, "message": message.number, **event_record(event)}
    row["error"] = None
    for name in _TEXTS:
        text = row[name]
        if text is not None and not text.isascii():
            row[name] = _SURROGATE.sub("\ufffd", text)
    for evidence in row["evidence"]:
        if not evidence["text"].isascii():
            evidence["text"] = _SURROGATE.sub("\ufffd", evidence["text"])
    return row


def _tell_time(
    rows: Iterable[dict[str, Any]],
    events: Iterable[BounceEvent],
    octets: bytes,
    arrived: dt.datetime | None,
    now: dt.datetime | None,
) -> None:
    """Give times to the rows of a message whose events have none, or one to come."""
    otherwise: dt.datetime | None = None
    for row, event in zip(rows, events, strict=True):
        occurred = event.occurred
        if occurred is None:
            otherwise = otherwise or _date_of(octets) or arrived
            occurred = otherwise
        if occurred is not None and now is not None and occurred > now:
            occurred = now
        if occurred is not event.occurred and occurred is not None:
            row["occurred"] = occurred.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _date_of(octets: bytes) -> dt.datetime | None:
    # As nearly every mail has it: many times faster than any header.
    start = octets.find(_PLAIN, 0, octets.find(b"\n\n") + 1)
    if start >= 0:
        line = octets[start + len(_PLAIN) : octets.find(b"\n", start + 1)]
        with contextlib.suppress(ValueError):  # folded, or in another form
            return _in_calendar(parse_date(line.decode("ascii")))
    clues = read_clues(octets, _DATE)
    return _in_calendar(guess_date(clues["date"][0].text)) if clues else None


def _in_calendar(when: dt.datetime | None) -> dt.datetime | None:
    # A day at an end of the calendar has no time in UTC.
    return when if when is not None and dt.MINYEAR < when.year < dt.MAXYEAR else None


def error_row(source: str, number: int | None, error: ReadError) -> dict[str, Any]:
    """Return the row of what could not be read.  Never raises."""
    texts = {"source": source, "error": f"{error.code}: {error.message}"}
    clean = {name: _SURROGATE.sub("\ufffd", text) for name, text in texts.items()}
    return {**_NOTHING, **clean, "message": number}


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
        yield arrow_batch(rows_of(_messages(batch, column)))


def _messages(batch: pa.RecordBatch, column: str) -> Iterator[Message]:
    names = batch.schema.names
    sources = batch.column("source") if "source" in names else None
    numbers = batch.column("message") if "message" in names else None
    for place, octets in enumerate(batch.column(column)):
        source = None if sources is None else sources[place].as_py()
        number = None if numbers is None else numbers[place].as_py()
        yield Message(source or "", number, octets.as_py() or b"")
