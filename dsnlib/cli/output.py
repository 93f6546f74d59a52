"""The forms in which records of messages are written.

Each form is a sink: it takes the records one by one and writes what it can at
once, so a run over ten million messages needs no more memory than one over
ten.  Tables are in `table`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from dsnlib.cli.text import defuse, json_text, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CsvRows", "JsonArray", "JsonLines", "Record", "Sink", "complain", "use_utf8", "write"]

# A record as `dsnlib.bounces.record` makes it: its values are those of JSON.
Record = dict[str, Any]

# One row for each recipient: what is said of the message, then of him.
_OF_MESSAGE = (
    "file", "message", "kind", "envelope_id", "reporting_mta", "received_from_mta", "arrival_date",
)  # fmt: skip
_OF_RECIPIENT = (
    "recipient", "original_recipient", "action", "status", "status_comment", "diagnostic",
    "diagnostic_type", "remote_mta", "last_attempt_date", "will_retry_until", "final_log_id",
    # The kind is in `action`, or that of the message.
    "reason", "permanence", "fault", "reply_code", "cls", "event_id", "message_id",
)  # fmt: skip


class Sink(Protocol):
    """Where records go."""

    def add(self, record: Record) -> None:
        """Take one record."""

    def close(self) -> None:
        """Write what is left."""


class JsonLines:
    """One object a line, written out at once for whoever waits for it."""

    def add(self, record: Record) -> None:
        """Write the record."""
        sys.stdout.write(json_text(record) + "\n")
        sys.stdout.flush()

    def close(self) -> None:
        """Do nothing: every line is out."""


class JsonArray:
    """One JSON array, an object a line."""

    def __init__(self) -> None:
        self._before = "["

    def add(self, record: Mapping[str, object]) -> None:
        """Write the record."""
        sys.stdout.write(f"{self._before}\n{json_text(record)}")
        self._before = ","

    def close(self) -> None:
        """Write the end of the array."""
        sys.stdout.write("[]\n" if self._before == "[" else "\n]\n")


class CsvRows:
    """One row for each recipient, under a row of names (RFC 4180)."""

    def __init__(self) -> None:
        import csv

        self._rows = csv.writer(sys.stdout, lineterminator="\n")
        self._rows.writerow([*_OF_MESSAGE, *_OF_RECIPIENT])

    def add(self, record: Record) -> None:
        """Write the rows of the record."""
        message = [_csv_cell(record[name]) for name in _OF_MESSAGE]
        for recipient in record["reports"]:
            cells = [_csv_cell(recipient[name]) for name in _OF_RECIPIENT]
            self._rows.writerow([*message, *cells])

    def close(self) -> None:
        """Do nothing: every row is written."""


def _csv_cell(value: object) -> str:
    return "" if value is None else defuse(str(value))


def use_utf8() -> None:
    """Write UTF-8 from now on, whatever the locale: JSON has no other form."""
    # A stream that a caller put in place of standard output may not have it.
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="replace", newline="\n")


def complain(file: str, message: int | None, reason: str, code: str) -> None:
    """Say on standard error what is wrong with an input, on one line."""
    place = file if message is None else f"{file}: message {message}"
    write(f"dsnlib: {printable(place)}: {printable(reason)} [{code}]\n", sys.stderr)


def write(text: str, stream: TextIO | None = None) -> None:
    """Write text, with `?` for what the encoding of the stream does not have.

    Args:
        text: Without lone surrogates, as `printable` makes it.
        stream: Standard output if `None`.
    """
    stream = sys.stdout if stream is None else stream
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding))
