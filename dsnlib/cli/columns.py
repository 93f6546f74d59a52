"""Rows of cells as lines of columns, for people; and what draws them in colour.

Rules.
- A column is as wide as its widest cell among the first rows, and no wider than a bound
  where there is one: a longer cell pushes the others of its line, and nothing is cut off.
- Rows are taken as they come: the first lines show before the last row is read.
- A cell is printable: see `text`.
"""

from __future__ import annotations

import itertools
import os
import sys
from typing import TYPE_CHECKING

from dsnlib.compose.fill import width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

__all__ = ["MEASURED_ROWS", "align", "colour_console", "in_columns", "measure"]

# The rows by which the columns are made as wide as they are: a few screens.
MEASURED_ROWS = 500


def in_columns(
    rows: Iterable[Sequence[str]],
    *,
    headings: Sequence[str] | None = None,
    widest: int | None = None,
) -> Iterator[str]:
    """Yield rows as lines without their ends.  Never raises.

    >>> list(in_columns([["a", "1"], ["bcd", "2"]], headings=["NAME", "NUMBER"]))
    ['NAME  NUMBER', 'a     1', 'bcd   2']

    Args:
        rows: Each of the same number of cells.
        headings: The cells of the first line, which stands only above rows.
        widest: The most columns of the screen that a column of cells takes; `None` is
            no bound.
    """
    left = iter(rows)
    first: list[Sequence[str]] = list(itertools.islice(left, MEASURED_ROWS))
    if not first:
        return
    if headings is not None:
        first.insert(0, headings)
    widths = measure(first, widest=widest)
    for row in itertools.chain(first, left):
        yield align(row, widths)


def measure(rows: Sequence[Sequence[str]], *, widest: int | None = None) -> list[int]:
    """Return how wide each column has to be, in columns of the screen.

    Args:
        rows: One at least, each of the same number of cells.
        widest: The most that a column gets; `None` is no bound.
    """
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return widths if widest is None else [min(each, widest) for each in widths]


def align(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return one row as a line without its end.

    Args:
        cells: What stands in it.
        widths: As `measure` gives them.
    """
    padded = [cell + " " * (room - width(cell)) for cell, room in zip(cells, widths, strict=True)]
    return "  ".join(padded).rstrip()


def colour_console() -> Console | None:
    """Return what draws in colour, or `None` where plain text is due."""
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return None
    try:
        from rich.console import Console
    except ImportError:
        return None
    # Text of strangers is no markup, has no emoji codes and nothing to colour.
    return Console(file=sys.stdout, markup=False, emoji=False, highlight=False)
