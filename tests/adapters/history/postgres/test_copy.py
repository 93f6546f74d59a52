"""Rows of events as the text of COPY: what the server reads is what a statement would say."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.history.postgres.copy import COPY_NONE, copy_text, server_row
from dsnlib.adapters.history.postgres.key import LONGEST_KEY
from dsnlib.adapters.history.rows import event_rows
from dsnlib.bounces.event import BounceEvent
from tests.adapters.history.making import make_events
from tests.strategies import bounce_events

# https://www.postgresql.org/docs/15/sql-copy.html (text format)
_MEANT = {r"\\": "\\", r"\t": "\t", r"\n": "\n", r"\r": "\r"}


def _read(text: str) -> list[tuple[str | None, ...]]:
    """The cells of lines, as the server reads them."""
    rows = []
    for line in text.removesuffix("\n").split("\n"):
        cells = [None if each == COPY_NONE else _cell(each) for each in line.split("\t")]
        rows.append(tuple(cells))
    return rows


def _cell(text: str) -> str:
    assert "\r" not in text
    read, rest = "", text
    while rest:
        size = 2 if rest[0] == "\\" else 1
        read += _MEANT[rest[:size]] if size > 1 else rest[0]
        rest = rest[size:]
    return read


def _expected(events: list[BounceEvent]) -> list[tuple[str | None, ...]]:
    return [
        (str(place), *[None if cell is None else str(cell) for cell in server_row(row)])
        for place, row in enumerate(event_rows(events).rows, 7)
    ]


@given(drawn=st.lists(bounce_events(), min_size=1, max_size=4), odd=st.text("\\\t\r\n\x1aN.a"))
def test_lines_say_what_rows_are(drawn: list[BounceEvent], odd: str) -> None:
    """Fast or escaped: each line has the cells of its row, whatever is in a text."""
    events = [attrs.evolve(each, event_id=f"{n:032x}") for n, each in enumerate(drawn)]
    events.append(attrs.evolve(events[0], diagnostic=odd, dialect=odd, event_id="f" * 32))

    assert _expected(events) == _read(copy_text(event_rows(events).rows, 7))


@pytest.mark.parametrize("recipient", ["a" * (LONGEST_KEY + 1), f"A@{'b' * LONGEST_KEY}.example"])
def test_lines_of_long_addresses(recipient: str) -> None:
    """An address that no index takes is replaced in a line as in a row."""
    events = make_events(range(2), recipient=recipient)

    found = _read(copy_text(event_rows(events).rows, 7))

    assert _expected(events) == found
    assert {recipient.lower(), recipient} >= {row[4] for row in found}
