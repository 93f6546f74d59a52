"""Events and suppressions as files: what is written is read, and what is bad is told."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.history import exchange
from dsnlib.adapters.history.exchange import BadLine
from dsnlib.bounces.event import BounceEvent
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from tests.adapters.history.making import NOON, make_event, make_suppression
from tests.strategies import bounce_events

FORMS = [
    (exchange.write_events_jsonl, exchange.read_events_jsonl),
    (exchange.write_events_csv, exchange.read_events_csv),
]
SUPPRESSION_FORMS = [
    (exchange.write_suppressions_jsonl, exchange.read_suppressions_jsonl),
    (exchange.write_suppressions_csv, exchange.read_suppressions_csv),
]


def as_file(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a file in UTF-8 with this text, as programs read it."""
    octets = "".join(lines).encode("utf-8")
    return io.TextIOWrapper(io.BytesIO(octets), encoding="utf-8", newline="")


@pytest.mark.parametrize(("write", "read"), FORMS, ids=["jsonl", "csv"])
@given(events=st.lists(bounce_events(), max_size=4))
def test_events_come_back_equal(
    write: Callable[..., Any], read: Callable[..., Any], events: list[BounceEvent]
) -> None:
    """Any event survives being written and read."""
    assert events == list(read(as_file(write(events))))


@pytest.mark.parametrize(("write", "read"), SUPPRESSION_FORMS, ids=["jsonl", "csv"])
@given(address=st.text(min_size=1), note=st.text(), reason=st.none() | st.text(min_size=1))
def test_suppressions_come_back_equal(
    write: Callable[..., Any],
    read: Callable[..., Any],
    address: str,
    note: str,
    reason: str | None,
) -> None:
    """Any suppression survives being written and read."""
    entry = Suppression(
        address=f"{address}@example.org",
        source=SuppressionSource.BOUNCE,
        created=NOON,
        expires=NOON.replace(year=2030),
        released=NOON.replace(month=5),
        reason=reason,
        note=note,
        evidence=("ab" * 16, "cd" * 16),
    )
    assert [entry, entry] == list(read(as_file(write([entry, entry])), now=NOON))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "'", "''=", "\t=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    """What a sheet would compute is text for it, and comes back as it was."""
    event = make_event(1, recipient=f"{text}a@x", diagnostic=text)
    lines = list(exchange.write_events_csv([event]))

    cells = [cell for row in csv.reader(lines) for cell in row]

    assert not [each for each in cells if each.startswith(("=", "+", "-", "@", "\t"))]
    assert [event] == list(exchange.read_events_csv(lines))


def test_bad_lines_of_json_are_told_and_the_rest_goes_on() -> None:
    """Each line that is no event is told with its number and what is wrong."""
    good = list(exchange.write_events_jsonl([make_event(1), make_event(2)]))
    lines = [good[0], "{", "[]\n", "\n", '{"event_id": "x"}', good[1], "[" * 100_000]

    found = list(exchange.read_events_jsonl(lines))
    bad = [each for each in found if isinstance(each, BadLine)]

    assert [make_event(1), make_event(2)] == [each for each in found if each not in bad]
    assert [2, 3, 5, 7] == [each.line for each in bad]
    assert "no JSON object" == bad[1].reason
    assert "event_id: 'x'" in bad[2].reason


def test_bad_rows_of_csv_are_told_and_the_rest_goes_on() -> None:
    """Each row that is no event is told with its line and what is wrong."""
    names, one, two = exchange.write_events_csv([make_event(1), make_event(2)])
    lines = [
        names, one, "a,b\n", one.replace(",failure,", ",failed,"), one.replace(",552,", ",many,"),
        "\n", two,
    ]  # fmt: skip

    first, *bad, second = exchange.read_events_csv(lines)

    assert (make_event(1), make_event(2)) == (first, second)
    assert [
        BadLine(3, "2 cells, where there are 17 columns"),
        BadLine(4, "kind: 'failed' is no EventKind"),
        BadLine(5, "reply_code: 'many' is no number"),
    ] == bad


def test_a_table_without_the_columns() -> None:
    """A file that is no table of events is told once."""
    assert [BadLine(1, "there is no column event_id")] == list(
        exchange.read_events_csv(["name,address\n", "bob,b@x\n"])
    )
    assert [] == list(exchange.read_events_csv([]))


def test_a_list_of_a_sheet() -> None:
    """Columns in any order and case, more of them, a byte order mark: all fine."""
    lines = ["\ufeffName,Address,Source\r\n", "Bob,Bob@example.org,complaint\r\n", "x,a@x,\r\n"]

    assert [
        make_suppression("bob@example.org", source=SuppressionSource.COMPLAINT),
        make_suppression("a@x", source=SuppressionSource.IMPORT),
    ] == list(exchange.read_suppressions_csv(lines, now=NOON))


def test_a_plain_list() -> None:
    """Lines are addresses, but for comments; what is no single address is told."""
    lines = ["# ours\n", "\n", " Bob@example.org \n", "a@x b@x\n", "c@\0x\n", "d@x\n", " .\n"]

    assert [
        make_suppression("bob@example.org", source=SuppressionSource.IMPORT),
        BadLine(4, "'a@x b@x' is not one address"),
        BadLine(5, "'c@\\x00x' is not one address"),
        make_suppression("d@x", source=SuppressionSource.IMPORT),
        BadLine(7, "'.' is not one address"),
    ] == list(exchange.read_suppressions_text(lines, now=NOON))


def test_quotes_that_are_not_closed() -> None:
    """A table that breaks off in a cell is told, and ends."""
    names, one = exchange.write_events_csv([make_event(1)])

    *events, bad = exchange.read_events_csv([names, one, '"ab'])

    assert [make_event(1)] == events
    assert isinstance(bad, BadLine)
    assert 3 == bad.line
