"""Tests of `dsnlib.bulk.rows` and `columns`: messages to rows, and rows as Arrow."""

from __future__ import annotations

import datetime as dt
import pickle
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.mailboxes.inputs import ReadError
from dsnlib.bounces.event_record import event_record
from dsnlib.bounces.read import read_bounces
from dsnlib.bulk import finding as finding_module
from dsnlib.bulk.columns import ROW_FIELDS, arrow_batch, arrow_schema
from dsnlib.bulk.finding import BulkFinding, error_finding, find_in
from dsnlib.bulk.rows import Message, event_of, read_arrow, row_of, rows_of
from tests.bulk.bulk_inputs import REPORT, ROOT

if TYPE_CHECKING:
    from dsnlib.bounces.event import BounceEvent

FIXTURES = [
    Message(path.name, None, path.read_bytes())
    for path in sorted((ROOT / "tests/data").rglob("*.eml"))
]
NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
PROSE = (
    b"From: MAILER-DAEMON@example.org\nTo: ada@example.org\nSubject: Undelivered mail\n%s\n"
    b"Your message could not be delivered:\n\n<bob@example.com>: 550 5.1.1 user unknown\n"
)


def test_a_row_is_an_event_and_its_place() -> None:
    """A row has all columns, and those of the event are its record."""
    (row,) = rows_of([Message("a.mbox", 17, REPORT)])
    (event,) = read_bounces(REPORT)

    assert ROW_FIELDS == tuple(row)
    assert ("a.mbox", 17, None) == (row["source"], row["message"], row["error"])
    assert event_record(event) == {name: row[name] for name in event_record(event)}


def test_a_finding_has_the_columns_of_a_row() -> None:
    """Their names and their order are the same."""
    assert ROW_FIELDS == BulkFinding._fields


def test_other_mail_has_no_rows() -> None:
    """A message that reports on nobody has no row."""
    assert [] == rows_of([Message("", None, b"Subject: Minutes\n\nAll well.\n")])


@pytest.mark.parametrize(
    ("header", "arrived", "expected"),
    [
        (b"Date: Mon, 2 Mar 2026 05:00:10 +0100\n", NOW, "2026-03-02T04:00:10Z"),
        (b"date : Mon, 2 Mar 26 05:00:10 EST\n", NOW, "2026-03-02T10:00:10Z"),
        (b"Date: Mon, 2 Mar 2026\n 05:00:10 +0100\n", NOW, "2026-03-02T04:00:10Z"),
        (b"Date: some day\n", NOW, "2026-11-23T12:00:00Z"),
        (b"", dt.datetime(2020, 1, 1, tzinfo=dt.UTC), "2020-01-01T00:00:00Z"),
        (b"", None, None),
        (b"Date: Fri, 2 Mar 2029 05:00:10 +0100\n", NOW, "2026-11-23T12:00:00Z"),
        (b"Date: Fri, 31 Dec 9999 23:59:59 -0900\n", None, None),
    ],
    ids=["date", "odd", "folded", "no date", "arrived", "nothing", "future", "no such day in UTC"],
)
def test_the_time_of_an_event(header: bytes, arrived: dt.datetime | None, expected: str) -> None:
    """It is that of the mail where the event has none, and never one to come."""
    (row,) = rows_of([Message("", None, PROSE % header)], arrived=arrived, now=NOW)

    assert expected == row["occurred"]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(
    ("header", "expected"),
    [(b"Date: Mon, 2 Mar 2026 05:00:10 +0100\n", "2026-03-02T04:00:10Z"), (b"", None)],
    ids=["header", "body"],
)
def test_the_date_is_that_of_the_header(
    header: bytes, expected: str | None, line_end: bytes
) -> None:
    """Whatever ends its lines; what the text quotes is another mail's."""
    octets = PROSE % header + b"\nDate: Tue, 3 Mar 2026 05:00:10 +0100\n"

    (row,) = rows_of([Message("", None, octets.replace(b"\n", line_end))])

    assert expected == row["occurred"]


def test_a_fault_of_ours_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that breaks the reader is an error, and the next one is read."""

    def read(octets: bytes, **_: object) -> tuple[BounceEvent, ...]:
        if octets == b"x":
            message = "no"
            raise ZeroDivisionError(message)
        return read_bounces(octets)

    monkeypatch.setattr(finding_module, "read_bounces", read)
    broken, fine = rows_of([Message("a", 0, b"x"), Message("a", 1, REPORT)])

    assert (
        "bug: dsnlib failed on this message; please report ZeroDivisionError: no"
        == (broken["error"])
    )
    assert (None, "tomas@example.net") == (broken["event_id"], fine["recipient"])


def test_the_function_goes_to_other_machines() -> None:
    """An engine can send the function and what it takes."""
    assert rows_of is pickle.loads(pickle.dumps(rows_of))  # noqa: S301  our own octets
    assert FIXTURES[0] == pickle.loads(pickle.dumps(FIXTURES[0]))  # noqa: S301  the same


def test_arrow_has_every_fixture() -> None:
    """Rows go to Arrow and back, and give equal events."""
    pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
    messages = [*FIXTURES, Message("\udcff.eml", None, REPORT)]
    rows = rows_of(messages)

    batch = arrow_batch([each for message in messages for each in find_in(message)])

    assert arrow_schema() == batch.schema
    assert [event_of(row) for row in rows] == [event_of(row) for row in batch.to_pylist()]
    assert "\ufffd.eml" == batch.column("source")[-1].as_py()


def test_text_is_unicode() -> None:
    """What no encoding explains is U+FFFD in a row, in every column."""
    broken = REPORT.replace(b"user unknown", b"user \xe4\xff unknown").replace(
        b"550", b"550 \xfc", 1
    )
    (row,) = rows_of([Message("\ud800", None, broken)])

    assert all(
        value.encode("utf-8") is not None for value in row.values() if isinstance(value, str)
    )


def test_times_of_any_precision_are_read() -> None:
    """Fractions of a second survive, and so does their absence."""
    pa = pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
    (finding,) = find_in(Message("", None, REPORT))
    times = ["2026-03-02T04:00:10Z", "2026-03-02T04:00:10.000001Z", "0002-01-01T00:00:00Z", None]
    first = 1772424010000000
    numbers = [first, first + 1, -62104060800000000, None]

    findings = [finding._replace(occurred=each) for each in numbers]
    batch = arrow_batch(findings)

    assert pa.timestamp("us", "UTC") == batch.schema.field("occurred").type
    assert [None if each is None else dt.datetime.fromisoformat(each) for each in times] == (
        batch.column("occurred").to_pylist()
    )
    assert times == [row_of(each)["occurred"] for each in findings]


def test_rows_with_an_error_have_no_event() -> None:
    """Their columns are empty, and nothing is made of them."""
    pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
    finding = error_finding("a.tar", None, ReadError("damaged", "no header", 65))

    (back,) = arrow_batch([finding]).to_pylist()

    assert row_of(finding) == back
    assert event_of(back) is None


def test_arrow_batches_of_messages() -> None:
    """What Spark and Ray hand in is a column of messages, with or without their places."""
    pa = pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
    octets = [REPORT, None, b"Subject: x\n\n", REPORT]
    plain = pa.record_batch({"content": octets})
    placed = pa.record_batch({"mail": octets, "source": list("abcd"), "message": [1, 2, 3, 4]})

    (first,) = read_arrow([plain])
    (second,) = read_arrow([placed], column="mail")
    (nothing,) = read_arrow([plain.slice(2, 1)])

    assert 2 == first.num_rows
    assert [("a", 1), ("d", 4)] == list(
        zip(second["source"].to_pylist(), second["message"].to_pylist(), strict=True)
    )
    assert (0, arrow_schema()) == (nothing.num_rows, nothing.schema)
