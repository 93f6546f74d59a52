"""A run whose workers all add to one history: complete, and each event once."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.store import open_store
from dsnlib.bulk import run_bulk as module
from dsnlib.bulk.run_bulk import run_bulk
from dsnlib.bulk.workers import run_on_workers
from tests.bulk.bulk_inputs import report_on
from tests.bulk.lost_work import die_once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COUNT = 60


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a history is to be: a file, and a database."""
    if request.param == "sqlite":
        yield str(tmp_path / "history.db")
        return
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    from tests.adapters.history.postgres_server import new_database, running_server

    with running_server() as url:
        yield new_database(url, "bulk")


def test_workers_share_a_history(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers at once, each killed once for each shard, add every event once."""
    monkeypatch.setattr(module, "run_on_workers", functools.partial(run_on_workers, work=die_once))
    mail = tmp_path / "mail"
    mail.mkdir()
    for number in range(COUNT):
        (mail / f"{number}.eml").write_bytes(report_on(f"p{number}@example.net", number))
    with open_store(place):
        pass

    total = run_bulk(
        [str(mail)], str(tmp_path / "out"), format="jsonl", store=place, workers=2,
        shard_octets=50_000,
    )  # fmt: skip

    with open_store(place) as store:
        found = sorted(each.event.recipient for each in store.events())
    assert (COUNT, 0) == (total.messages, total.set_aside)
    assert sorted(f"p{number}@example.net" for number in range(COUNT)) == found
