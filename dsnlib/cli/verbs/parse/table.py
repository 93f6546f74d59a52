"""Records as a table for people: in colour on a terminal, else as aligned text.

Rows are drawn in batches, so memory stays bounded and the first rows show
before the last message is read.  The first batch sets the widths of the
columns; rich measures each batch for itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dsnlib.cli.columns import MEASURED_ROWS, align, colour_console, measure
from dsnlib.cli.output import write
from dsnlib.cli.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from dsnlib.cli.output import Record

__all__ = ["Row", "Table", "Tally"]

# A column of aligned text is not made wider than this for one long cell.
_WIDEST = 48

# The reason comes last: it alone has no bound, and nothing is cut off.
_HEADINGS = ("RECIPIENT", "ACTION", "STATUS", "REMOTE MTA", "FILE", "REASON")
_STYLES = {
    "failed": "red",
    "delayed": "yellow",
    "delivered": "green",
    "relayed": "cyan",
    "expanded": "cyan",
    "complaint": "magenta",
}
_NONE = "-"
_KINDS = ("failure", "delay", "complaint", "expanded", "relayed", "success")
_PLURALS = {
    "message": "messages",
    "bounce": "bounces",
    "failure": "failures",
    "delay": "delays",
    "complaint": "complaints",
    "expanded": "expanded",
    "relayed": "relayed",
    "success": "successes",
}


class Row(NamedTuple):
    """A recipient's row, in the order of the columns; every cell is printable."""

    recipient: str
    action: str
    status: str
    remote_mta: str
    file: str
    reason: str


class Table:
    """A sink that draws a row for each recipient, and counts.

    Args:
        show_file: Whether the rows say which file they are from.
        show_total: Whether the last line says how many there were.
        before_drawing: Called before anything is written, to get a progress
            bar out of the way.
    """

    def __init__(
        self, *, show_file: bool, show_total: bool, before_drawing: Callable[[], None]
    ) -> None:
        self._rows: list[Row] = []
        self._columns = [
            index for index, name in enumerate(_HEADINGS) if show_file or name != "FILE"
        ]
        self._show_total = show_total
        self._before_drawing = before_drawing
        self._tally = Tally()
        self._console = colour_console()
        self._widths: list[int] | None = None

    def add(self, record: Record) -> None:
        """Take the rows of the record."""
        self._tally.add(record)
        self._rows += [_row(record, recipient) for recipient in record["reports"]]
        if len(self._rows) >= MEASURED_ROWS:
            self._draw()

    def close(self) -> None:
        """Draw the rows that are left, and the total."""
        self._before_drawing()
        if self._rows:
            self._draw()
        if self._show_total:
            write(f"{self._tally}\n")

    def _draw(self) -> None:
        self._before_drawing()
        rows = [[row[index] for index in self._columns] for row in self._rows]
        self._rows.clear()
        headings = [_HEADINGS[index] for index in self._columns]
        if self._console is not None:
            _draw_in_colour(self._console, headings, rows)
            return
        lines = rows
        if self._widths is None:
            lines = [headings, *rows]
            self._widths = measure(lines, widest=_WIDEST)
        for cells in lines:
            write(align(cells, self._widths) + "\n")


class Tally:
    """How many messages of each kind there were."""

    def __init__(self) -> None:
        self._messages = self._bounces = self._unread = 0
        self._kinds = dict.fromkeys(_KINDS, 0)

    def add(self, record: Record) -> None:
        """Count the record."""
        if record["error"] is not None and not record["reports"]:
            self._unread += 1
            return
        self._messages += 1
        self._bounces += record["is_bounce"]
        if record["kind"] is not None:
            self._kinds[record["kind"]] += 1

    def __str__(self) -> str:
        """Return one line, such as `3 bounces in 14 messages (2 failures, 1 delay)`."""
        kinds = ", ".join(_count(count, kind) for kind, count in self._kinds.items() if count)
        return (
            f"{_count(self._bounces, 'bounce')} in {_count(self._messages, 'message')}"
            + (f" ({kinds})" if kinds else "")
            + (f"; {self._unread} could not be read" if self._unread else "")
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun if number == 1 else _PLURALS[noun]}"


def _row(record: Record, recipient: Record) -> Row:
    status, reply_code = recipient["status"], recipient["reply_code"]
    reason = (
        recipient["diagnostic"]
        or recipient["status_comment"]
        or _title(status)
        or recipient["reason"]
    )
    file, message = record["file"], record["message"]
    cells = (
        recipient["recipient"],
        recipient["action"] or recipient["kind"],
        status or (None if reply_code is None else str(reply_code)),
        recipient["remote_mta"],
        file if message is None else f"{file}#{message}",
        reason,
    )
    return Row(*(printable(cell) if cell else _NONE for cell in cells))


def _title(status: str | None) -> str | None:
    if status is None:
        return None
    from dsnlib.model.registry import describe
    from dsnlib.model.status import EnhancedStatusCode

    return describe(EnhancedStatusCode.parse(status)).title


def _draw_in_colour(console: Console, headings: list[str], rows: list[list[str]]) -> None:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        narrow = heading in ("ACTION", "STATUS")
        table.add_column(heading, overflow="fold", no_wrap=narrow)
    action = headings.index("ACTION")
    for cells in rows:
        style = _STYLES.get(cells[action], "")
        table.add_row(
            *(
                Text(cell, style=style if index == action else "")
                for index, cell in enumerate(cells)
            )
        )
    console.print(table)
