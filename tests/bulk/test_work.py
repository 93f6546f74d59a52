"""Tests of `dsnlib.bulk.work` and `part`: a shard gives a part, each row once."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.store import open_store
from dsnlib.bounces.read import read_bounces
from dsnlib.bulk import part
from dsnlib.bulk.plan_shards import plan_shards
from dsnlib.bulk.work import BulkJob, receipt_path, run_shard
from tests.bulk.bulk_inputs import BOUNCES, REPORT, read_lines, report_on

if TYPE_CHECKING:
    from dsnlib.bulk.shard import Shard


@pytest.fixture
def job(tmp_path: Path) -> BulkJob:
    """A job with an empty directory."""
    directory = tmp_path / "out"
    (directory / "_run" / "receipts").mkdir(parents=True)
    return BulkJob(directory=str(directory), format="jsonl")


def one_shard(*paths: Path) -> Shard:
    """Return the only shard of some files."""
    (shard,) = plan_shards([str(path) for path in paths])
    return shard


def test_a_part_and_its_receipt(tmp_path: Path, job: BulkJob) -> None:
    """A shard gives the rows of its messages, and says how many there are."""
    (tmp_path / "minutes.eml").write_bytes(b"Subject: Minutes\n\nAll well.\n")
    shard = one_shard(BOUNCES, tmp_path / "minutes.eml", tmp_path / "gone.eml")

    result = run_shard(shard, job)
    rows = read_lines(Path(job.directory))

    assert (15, 1) == (result.messages, result.errors)
    assert result.rows == len(rows)
    assert [("gone.eml", "missing")] == [(Path(c.source).name, c.code) for c in result.complaints]
    assert [f"missing: {result.complaints[0].reason}"] == [
        row["error"] for row in rows if row["error"] is not None
    ]
    receipt = json.loads(receipt_path(Path(job.directory), shard.identity).read_bytes())
    assert result.messages == receipt["result"]["messages"]
    assert result.rows - result.errors == sum(sum(each[-1][1::2]) for each in receipt["tallies"])


def test_a_shard_that_is_done_again_is_there_once(tmp_path: Path, job: BulkJob) -> None:
    """The same part comes out, octet for octet."""
    (tmp_path / "r.eml").write_bytes(REPORT)
    shard = one_shard(tmp_path / "r.eml")
    run_shard(shard, job)
    (first,) = Path(job.directory).glob("part-*")
    octets = first.read_bytes()

    run_shard(shard, job)

    assert [(first, octets)] == [(p, p.read_bytes()) for p in Path(job.directory).glob("part-*")]


def test_bounces_that_cannot_be_read_are_counted(tmp_path: Path, job: BulkJob) -> None:
    """A mail that looks like a bounce and names nobody is no error, and is told."""
    (tmp_path / "u.eml").write_bytes(
        b"From: MAILER-DAEMON@example.org\nSubject: Undelivered mail returned\n\nSorry.\n"
    )

    assert 1 == run_shard(one_shard(tmp_path / "u.eml"), job).unread


@pytest.mark.parametrize("format_", part.FORMATS)
def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, job: BulkJob, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    """A part that cannot be written is not there, not even half of it."""
    if format_ == "parquet":
        pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
    (tmp_path / "r.eml").write_bytes(REPORT)

    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        run_shard(one_shard(tmp_path / "r.eml"), BulkJob(directory=job.directory, format=format_))

    assert ["_run"] == [each.name for each in Path(job.directory).iterdir()]


def test_row_groups_are_bounded(
    tmp_path: Path, job: BulkJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parquet is written in groups, so that memory holds one."""
    pq = pytest.importorskip("pyarrow.parquet", reason="the extra `arrow` is not installed")
    monkeypatch.setattr("dsnlib.bulk.work._BATCH_ROWS", 10)
    monkeypatch.setattr(part, "_GROUP_ROWS", 30)
    for number in range(95):
        (tmp_path / f"{number}.eml").write_bytes(report_on(f"p{number}@example.net", number))
    run_shard(one_shard(*sorted(tmp_path.glob("*.eml"))), BulkJob(directory=job.directory))

    (path,) = Path(job.directory).glob("part-*")
    metadata = pq.read_metadata(path)

    assert [30, 30, 30, 5] == [metadata.row_group(n).num_rows for n in range(4)]


def test_events_go_to_a_store_too(tmp_path: Path, job: BulkJob) -> None:
    """A history gets what the rows say, once, however often a shard is done."""
    place = str(tmp_path / "history.db")
    paths = [tmp_path / f"{number}.eml" for number in range(5)]
    for number, path in enumerate(paths):
        path.write_bytes(report_on(f"p{number}@example.net", number))
    job = BulkJob(directory=job.directory, format="jsonl", store=place)

    run_shard(one_shard(*paths), job)
    run_shard(one_shard(*paths), job)

    with open_store(place) as store:
        found = list(store.events())
    assert [f"p{number}@example.net" for number in range(5)] == [
        each.event.recipient for each in found
    ]
    assert {"bulk"} == {each.source for each in found}


def test_no_time_is_later_than_the_run(tmp_path: Path, job: BulkJob) -> None:
    """An event that a mail puts into the future happened when the run began, at the latest."""
    (tmp_path / "r.eml").write_bytes(REPORT)
    (event,) = read_bounces(REPORT)
    assert event.occurred is not None
    began = event.occurred - dt.timedelta(days=1)

    run_shard(
        one_shard(tmp_path / "r.eml"),
        BulkJob(directory=job.directory, format="jsonl", began=began),
    )
    (row,) = read_lines(Path(job.directory))

    assert began == dt.datetime.fromisoformat(row["occurred"])
    shutil.rmtree(job.directory)
