"""Tests of `run_bulk`, `run_directory` and `workers`: complete, and each row once."""

from __future__ import annotations

import fcntl
import functools
import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from dsnlib.bulk import run_bulk as module
from dsnlib.bulk.run_bulk import BulkResult, run_bulk
from dsnlib.bulk.run_directory import RunConflict
from dsnlib.bulk.workers import run_on_workers
from dsnlib.errors import InvalidValue
from tests.bulk.bulk_inputs import read_lines, report_on
from tests.bulk.lost_work import die_always, die_once, fill_the_disk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dsnlib.bulk.shard import Shard
    from dsnlib.bulk.work import BulkJob, ShardResult

COUNT = 40
EXPECTED = {f"p{number}@example.net": 1 for number in range(COUNT)}


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    """A directory of reports on different people."""
    directory = tmp_path / "mail"
    directory.mkdir()
    for number in range(COUNT):
        (directory / f"{number:03d}.eml").write_bytes(report_on(f"p{number}@example.net", number))
    return directory


def run(mail: Path, out: Path, **options: object) -> BulkResult:
    """Run over the mail in four shards, with two workers."""
    chosen: dict[str, object] = {"format": "jsonl", "workers": 2, "shard_octets": 16_000, **options}
    return run_bulk([str(mail)], str(out), **chosen)  # type: ignore[arg-type]  # options by name


def recipients(out: Path) -> dict[str, int]:
    """Return how often each recipient is in the rows of a result."""
    return dict(Counter(row["recipient"] for row in read_lines(out)))


def use_work(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[Shard, BulkJob], ShardResult]
) -> None:
    """Let workers do something else with their shards."""
    monkeypatch.setattr(module, "run_on_workers", functools.partial(run_on_workers, work=work))


def test_one_input_is_not_several(mail: Path, tmp_path: Path) -> None:
    """One name is refused: its first letter is the root of all files."""
    with pytest.raises(InvalidValue, match=r"inputs: '.* is one text"):
        run_bulk(str(mail), str(tmp_path / "out"), format="jsonl")

    assert not (tmp_path / "out").exists()


def test_all_messages_are_read(mail: Path, tmp_path: Path) -> None:
    """Every message has its rows, whoever read it."""
    results: list[ShardResult] = []
    plans: list[object] = []

    total = run(mail, tmp_path / "out", on_result=results.append, on_plan=plans.append)

    assert EXPECTED == recipients(tmp_path / "out")
    assert (COUNT, COUNT, 0) == (total.messages, total.rows, total.errors)
    assert total.shards == len(results) > 2
    assert 1 == len(plans)
    assert total.peak_octets > 0


def test_workers_that_are_killed(
    mail: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each shard costs its first worker, and the result is complete, each row once."""
    use_work(monkeypatch, die_once)

    total = run(mail, tmp_path / "out")

    assert EXPECTED == recipients(tmp_path / "out")
    assert (COUNT, 0) == (total.messages, total.set_aside)
    assert [] == list((tmp_path / "out").rglob(".*.tmp"))


def test_a_shard_that_costs_every_worker(
    mail: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is set aside with an error, the rest is done, and another run tries it again."""
    use_work(monkeypatch, die_always)
    results: list[ShardResult] = []

    total = run(mail, tmp_path / "out", on_result=results.append)

    assert 1 == total.set_aside
    (lost,) = [each for each in results if each.failure is not None]
    assert "worker-lost" == lost.complaints[0].code
    monkeypatch.undo()
    again = run(mail, tmp_path / "out")
    assert EXPECTED == recipients(tmp_path / "out")
    assert (COUNT, 0, again.shards - 1) == (again.messages, again.set_aside, again.kept)


def test_a_full_disk(mail: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written ends the run; what is done stays, and the next run goes on."""
    use_work(monkeypatch, fill_the_disk)
    with pytest.raises(OSError, match="No space left"):
        run(mail, tmp_path / "out", workers=1)
    done = recipients(tmp_path / "out")
    monkeypatch.undo()

    total = run(mail, tmp_path / "out")

    assert 0 < len(done) < COUNT
    assert EXPECTED == recipients(tmp_path / "out")
    assert total.kept


def test_an_interruption_keeps_what_is_done(mail: Path, tmp_path: Path) -> None:
    """Ctrl-C ends the workers, and what they have done is not done again."""

    def interrupt(_: ShardResult) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(mail, tmp_path / "out", on_result=interrupt)

    total = run(mail, tmp_path / "out")
    assert EXPECTED == recipients(tmp_path / "out")
    assert total.kept >= 1


def test_a_run_that_is_done_is_not_done_again(mail: Path, tmp_path: Path) -> None:
    """The second run reads nothing, and knows the same numbers."""
    first = run(mail, tmp_path / "out")

    second = run(mail, tmp_path / "out")

    assert (first.messages, first.rows) == (second.messages, second.rows)
    assert second.shards == second.kept


def test_inputs_that_have_changed(mail: Path, tmp_path: Path) -> None:
    """A run does not go on with other mail than it began with."""
    run(mail, tmp_path / "out")
    os.utime(mail / "003.eml", ns=(1, 1))

    with pytest.raises(RunConflict, match="have changed"):
        run(mail, tmp_path / "out")
    run(mail, tmp_path / "out", overwrites=True)

    assert EXPECTED == recipients(tmp_path / "out")


def test_another_run(mail: Path, tmp_path: Path) -> None:
    """A directory that holds another run is left alone, unless it is to be overwritten."""
    run(mail, tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine", "utf-8")

    with pytest.raises(RunConflict, match="with other inputs: --overwrite"):
        run(mail / "001.eml", tmp_path / "out")
    run(mail / "001.eml", tmp_path / "out", overwrites=True)

    assert {"p1@example.net": 1} == recipients(tmp_path / "out")
    assert "mine" == (tmp_path / "out" / "notes.txt").read_text("utf-8")


def test_parts_of_nobody_knows_what(mail: Path, tmp_path: Path) -> None:
    """Parts without a manifest would be taken for those of the new run."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "part-0.jsonl").write_bytes(b"")

    with pytest.raises(RunConflict, match="unknown run"):
        run(mail, tmp_path / "out")


def test_a_damaged_manifest_is_that_of_another_run(mail: Path, tmp_path: Path) -> None:
    """What cannot be read is not gone on with."""
    run(mail, tmp_path / "out")
    (tmp_path / "out" / "_run" / "manifest.json").write_bytes(b"{")

    with pytest.raises(RunConflict, match="another run"):
        run(mail, tmp_path / "out")


def test_one_run_at_a_time(mail: Path, tmp_path: Path) -> None:
    """Two runs in one directory would remove each other's files."""
    run(mail, tmp_path / "out")
    with (tmp_path / "out" / "_run" / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(RunConflict, match="another run is writing"):
            run(mail, tmp_path / "out")
