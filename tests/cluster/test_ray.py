"""Tests of `dsnlib.bulk.ray_engine`: the same result as on local workers, whatever is lost."""

from __future__ import annotations

import functools
import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from dsnlib.bulk import ray_engine
from dsnlib.bulk.run_bulk import BulkResult, run_bulk
from tests.bulk.bulk_inputs import read_lines, report_on
from tests.bulk.lost_work import die_always, die_once, fill_the_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dsnlib.bulk.shard import Shard
    from dsnlib.bulk.work import BulkJob, ShardResult

pytest.importorskip("ray", reason="the extra `ray` is not installed")
# Ray leaves sockets and files to the end of the process, and warns of what is to come.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # left open to the end of the process
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # the same
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of its own future
    pytest.mark.filterwarnings("ignore::FutureWarning"),  # the same
]

COUNT = 40
EXPECTED = {f"p{number}@example.net": 1 for number in range(COUNT)}


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    """Ray, started once: it takes seconds."""
    with ray_engine.connected(workers=2, address=None):
        yield


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    """A directory of reports on different people."""
    directory = tmp_path / "mail"
    directory.mkdir()
    for number in range(COUNT):
        (directory / f"{number:03d}.eml").write_bytes(report_on(f"p{number}@example.net", number))
    return directory


def run(mail: Path, out: Path) -> BulkResult:
    """Run over the mail in a few shards."""
    return run_bulk(
        [str(mail)], str(out), format="jsonl", engine="ray", workers=2, shard_octets=16_000
    )


def use_work(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[Shard, BulkJob], ShardResult]
) -> None:
    """Let tasks do something else with their shards."""
    on_ray = functools.partial(ray_engine.run_on_ray, work=work)
    monkeypatch.setattr(ray_engine, "run_on_ray", on_ray)


def recipients(out: Path) -> dict[str, int]:
    """Return how often each recipient is in the rows of a result."""
    return dict(Counter(row["recipient"] for row in read_lines(out)))


def test_all_messages_are_read(mail: Path, tmp_path: Path) -> None:
    """The result is that of local workers, row for row."""
    total = run(mail, tmp_path / "out")
    run_bulk([str(mail)], str(tmp_path / "local"), format="jsonl", shard_octets=16_000)

    assert EXPECTED == recipients(tmp_path / "out")
    assert (COUNT, 0) == (total.messages, total.set_aside)
    assert read_lines(tmp_path / "local") == read_lines(tmp_path / "out")


def test_workers_that_are_killed(
    mail: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each shard costs its first worker, and the result is complete, each row once."""
    use_work(monkeypatch, die_once)

    total = run(mail, tmp_path / "out")

    assert EXPECTED == recipients(tmp_path / "out")
    assert (COUNT, 0) == (total.messages, total.set_aside)


def test_a_shard_that_costs_every_worker(
    mail: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is set aside, the rest is done, and another run tries it again."""
    use_work(monkeypatch, die_always)

    total = run(mail, tmp_path / "out")

    assert 1 == total.set_aside
    monkeypatch.undo()
    assert total.shards == run(mail, tmp_path / "out").kept
    assert EXPECTED == recipients(tmp_path / "out")


def test_a_full_disk(mail: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be written ends the run, as it does locally."""
    use_work(monkeypatch, fill_the_disk)

    with pytest.raises(OSError, match="No space left"):
        run(mail, tmp_path / "out")


def test_ray_keeps_to_itself() -> None:
    """Nothing is sent to those who make Ray."""
    assert "0" == os.environ["RAY_USAGE_STATS_ENABLED"]
