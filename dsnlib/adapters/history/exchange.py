"""Histories as files: events and suppressions as JSON lines and as CSV, out and in.

JSON lines have the records of `bounces.event_record` and `bounces.suppression_record`, CSV has
the same keys as columns.  A list of suppressions may also be plain: an address on each line.

Rules.
- Reading what was written gives equal values, whatever a stranger's text has in it.
- CSV follows RFC 4180, in UTF-8.  A cell that a sheet would take for a formula has a `'` before
  it, and so has one that begins with `'`; reading takes one away.  NUL and lone surrogates,
  which no CSV can have, are escaped as in a database (`rows.pack_text`).
- A line that cannot be read is told with its number, and the rest goes on.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from dsnlib.adapters.history.rows import pack_text, unpack_text
from dsnlib.bounces.address_key import address_key
from dsnlib.bounces.event_record import EVENT_FIELDS, event_record, read_event_record
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.bounces.suppression_record import (
    SUPPRESSION_FIELDS,
    read_suppression_record,
    suppression_record,
)
from dsnlib.errors import DsnError, InvalidValue
from dsnlib.model.texts import refuse_one_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator

    from dsnlib.bounces.event import BounceEvent

__all__ = [
    "BadLine",
    "read_events_csv",
    "read_events_jsonl",
    "read_suppressions_csv",
    "read_suppressions_jsonl",
    "read_suppressions_text",
    "write_events_csv",
    "write_events_jsonl",
    "write_suppressions_csv",
    "write_suppressions_jsonl",
]

# https://owasp.org/www-community/attacks/CSV_Injection; the apostrophe, so that it can be undone.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_COMMENT = "#"

_Value = TypeVar("_Value")


class BadLine(NamedTuple):
    """A line that could not be read.

    Args:
        line: Its number, counted from 1; of a row of CSV the last line of the row.
        reason: What is wrong.
    """

    line: int
    reason: str


def write_events_jsonl(events: Iterable[BounceEvent]) -> Iterator[str]:
    """Yield events as lines of JSON in ASCII, each with its line end.  Never raises."""
    for event in events:
        yield json.dumps(event_record(event)) + "\n"


def write_events_csv(events: Iterable[BounceEvent]) -> Iterator[str]:
    """Yield events as rows of CSV, the names of the columns first.  Never raises."""
    yield from _write_csv(EVENT_FIELDS, (event_record(each) for each in events))


def write_suppressions_jsonl(entries: Iterable[Suppression]) -> Iterator[str]:
    """Yield suppressions as lines of JSON in ASCII, each with its line end.  Never raises."""
    for entry in entries:
        yield json.dumps(suppression_record(entry)) + "\n"


def write_suppressions_csv(entries: Iterable[Suppression]) -> Iterator[str]:
    """Yield suppressions as rows of CSV, the names of the columns first.  Never raises."""
    yield from _write_csv(SUPPRESSION_FIELDS, (suppression_record(each) for each in entries))


def read_events_jsonl(lines: Iterable[str]) -> Iterator[BounceEvent | BadLine]:
    """Yield the events of lines of JSON, and the lines that are none.  Never raises."""
    return _read_jsonl(lines, read_event_record)


def read_events_csv(lines: Iterable[str]) -> Iterator[BounceEvent | BadLine]:
    """Yield the events of rows of CSV, and the rows that are none.  Never raises."""
    return _read_csv(lines, _read_event_cells, ("event_id", "recipient", "kind"))


def read_suppressions_jsonl(
    lines: Iterable[str], *, now: dt.datetime
) -> Iterator[Suppression | BadLine]:
    """Yield the suppressions of lines of JSON, and the lines that are none.  Never raises.

    Args:
        lines: With or without their ends.
        now: Since when those count that do not say it; with a zone.
    """
    return _read_jsonl(lines, lambda record: read_suppression_record(record, now=now))


def read_suppressions_csv(
    lines: Iterable[str], *, now: dt.datetime
) -> Iterator[Suppression | BadLine]:
    """Yield the suppressions of rows of CSV, and the rows that are none.  Never raises.

    Args:
        lines: With their ends; the first row has the names of the columns, `address` among them.
        now: Since when those count that do not say it; with a zone.
    """
    return _read_csv(lines, lambda cells: read_suppression_record(cells, now=now), ("address",))


def read_suppressions_text(
    lines: Iterable[str],
    *,
    now: dt.datetime,
    source: SuppressionSource = SuppressionSource.IMPORT,
) -> Iterator[Suppression | BadLine]:
    """Yield the suppressions of a plain list: an address on each line.

    Args:
        lines: Empty ones, and those that begin with `#`, are left out.
        now: Since when they count; with a zone.
        source: Who says so.

    Raises:
        InvalidValue: `lines` is one text.  No line raises.
    """
    refuse_one_text(lines, "lines")
    for number, line in enumerate(lines, 1):
        address = line.strip()
        if not address or address.startswith(_COMMENT):
            continue
        is_text = not any(each.isspace() or not each.isprintable() for each in address)
        if not is_text or not address_key(address):
            yield BadLine(number, f"{address!r} is not one address")
        else:
            yield Suppression(address=address, source=source, created=now)


def _read_jsonl(
    lines: Iterable[str], read: Callable[[dict[str, Any]], _Value]
) -> Iterator[_Value | BadLine]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise InvalidValue("no JSON object", value=None)
            value = read(record)
        # Deeply nested JSON is a RecursionError.
        except (DsnError, OverflowError, RecursionError, ValueError) as error:
            yield BadLine(number, str(error))
        else:
            yield value


def _write_csv(names: tuple[str, ...], records: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield _line(names)
    for record in records:
        yield _line([_cell(record[name]) for name in names])


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    # The writer quotes what is in its line end: by CRLF a lone CR too.  RFC 4180 s2 has CRLF at
    # the end of a line, every reader takes LF, and tools for lines want it.
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n") + "\n"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        # Identifiers of events, or evidence.
        plain = all(isinstance(each, str) for each in value)
        value = " ".join(value) if plain else json.dumps(value)
    text = pack_text(str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text


def _read_csv(
    lines: Iterable[str], read: Callable[[dict[str, Any]], _Value], needed: tuple[str, ...]
) -> Iterator[_Value | BadLine]:
    rows = csv.reader(lines, strict=True)
    names: list[str] = []
    while True:
        try:
            cells = next(rows)
            if not cells:
                continue
            if not names:
                names = _names(cells, needed)
                continue
            if len(cells) != len(names):
                raise InvalidValue(
                    f"{len(cells)} cells, where there are {len(names)} columns", value=cells
                )
            value = read({name: _text(cell) for name, cell in zip(names, cells, strict=True)})
        except StopIteration:
            return
        # Once quotes are not closed, nobody knows where the next row begins; the reader does not
        # stop, and says so of each.
        except (DsnError, OverflowError, RecursionError, ValueError, csv.Error) as error:
            yield BadLine(rows.line_num, str(error))
            if not names:
                return
        else:
            yield value


def _names(cells: list[str], needed: tuple[str, ...]) -> list[str]:
    # Sheets write a byte order mark before the first name.
    names = [each.removeprefix("\ufeff").strip().lower() for each in cells]
    missing = [each for each in needed if each not in names]
    if missing:
        raise InvalidValue(f"there is no column {missing[0]}", value=cells)
    return names


def _text(cell: str) -> str:
    return unpack_text(cell.removeprefix("'"))


def _read_event_cells(cells: dict[str, Any]) -> BounceEvent:
    record = dict(cells)
    code = record.get("reply_code")
    if code:
        try:
            record["reply_code"] = int(code)
        except ValueError:
            raise InvalidValue(f"reply_code: {code!r} is no number", value=code) from None
    else:
        record["reply_code"] = None
    evidence = record.get("evidence")
    record["evidence"] = json.loads(evidence) if evidence else None
    return read_event_record(record)
