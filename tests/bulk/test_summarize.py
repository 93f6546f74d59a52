"""Tests of `dsnlib.bulk.summarize`: the numbers of a report out of parts."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.taxonomy import Reason
from dsnlib.bulk.part import FORMATS
from dsnlib.bulk.run_bulk import run_bulk
from dsnlib.bulk.summarize import is_bulk_result, summarize_parts
from tests.bulk.bulk_inputs import report_on

if TYPE_CHECKING:
    from pathlib import Path

    from dsnlib.bounces.summary import Summary

# recipient -> how often it fails
FAILURES = {
    "bob@example.net": 7, "BOB@example.net.": 2, "eve@example.org": 5, "ada@example.net": 1,
    "tom@gmail.com": 3,
}  # fmt: skip


@pytest.fixture(params=FORMATS)
def summary(request: pytest.FixtureRequest, tmp_path: Path) -> Summary:
    """The summary of a result, in either format."""
    if request.param == "parquet":
        pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
    mail = tmp_path / "mail"
    mail.mkdir()
    number = 0
    for recipient, count in FAILURES.items():
        for _ in range(count):
            (mail / f"{number}.eml").write_bytes(report_on(recipient, number))
            number += 1
    (mail / "other.eml").write_bytes(b"Subject: x\n\n")
    (mail / "damaged.gz").write_bytes(b"\x1f\x8b")
    out = tmp_path / "out"
    run_bulk([str(mail)], str(out), format=request.param, workers=1, shard_octets=9000)
    assert is_bulk_result(out)
    assert not is_bulk_result(mail)
    return summarize_parts(out, worst=3)


def test_tallies(summary: Summary) -> None:
    """Every event is in one tally, by its day and its provider."""
    assert 18 == sum(each.events for each in summary.tallies)
    assert {EventKind.FAILURE} == {each.key.kind for each in summary.tallies}
    assert summary.since == summary.until == dt.date(2026, 3, 2)
    assert 0 == summary.unread


def test_the_worst(summary: Summary) -> None:
    """Addresses are one in any case, and domains have the failures of all of theirs."""
    assert [
        ("bob@example.net", 9, 9), ("eve@example.org", 5, 5), ("tom@gmail.com", 3, 3),
    ] == [(each.name, each.failures, each.events) for each in summary.addresses]  # fmt: skip
    assert [("example.net", 10), ("example.org", 5), ("gmail.com", 3)] == [
        (each.name, each.failures) for each in summary.domains
    ]
    assert {Reason.UNKNOWN_USER} == {each.reason for each in summary.addresses}
    assert {dt.date(2026, 3, 2)} == {each.last for each in summary.addresses}


@pytest.mark.parametrize("block_rows", [1, 5, 100])
def test_blocks_together_are_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_rows: int
) -> None:
    """However many rows are looked at together, both formats tell the same."""
    pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
    recipients = "a@x.example A@x.example. b@y.example a@x.example c b@y.example d@x.example"
    for number, recipient in enumerate(recipients.split() * 3):
        status = b"4.2.2" if number % 4 == 1 else b"5.1.1"
        octets = report_on(recipient, number).replace(b"5.1.1", status)
        action = b"delayed" if number % 3 == 1 else b"failed"
        (tmp_path / f"{number}.eml").write_bytes(octets.replace(b"failed", action))
    monkeypatch.setattr("dsnlib.bulk.group_columns._BLOCK_ROWS", block_rows)
    mail = sorted(str(each) for each in tmp_path.glob("*.eml"))
    lines, columns = tmp_path / "lines", tmp_path / "columns"
    run_bulk(mail, str(lines), format="jsonl", workers=1, shard_octets=3000)
    run_bulk(mail, str(columns), format="parquet", workers=1, shard_octets=3000)

    expected = summarize_parts(lines)

    assert expected == summarize_parts(columns)
    assert ("x.example", "a@x.example") == (
        expected.domains[0].name, expected.addresses[0].name,
    )  # fmt: skip
    assert len(expected.addresses) > 2


def test_nothing_at_all(tmp_path: Path) -> None:
    """A run that found nothing has a summary without numbers."""
    (tmp_path / "a.eml").write_bytes(b"Subject: x\n\n")
    for format_ in FORMATS:
        run_bulk([str(tmp_path / "a.eml")], str(tmp_path / format_), format=format_, workers=1)

        assert () == summarize_parts(tmp_path / format_).tallies
        assert () == summarize_parts(tmp_path / format_).addresses


def test_no_result(tmp_path: Path) -> None:
    """A directory that no run has made has no numbers."""
    with pytest.raises(OSError, match="receipts"):
        summarize_parts(tmp_path)
