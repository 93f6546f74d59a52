"""A process that is killed at any moment leaves a queue that keeps all promises."""

from __future__ import annotations

import asyncio
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib.adapters.content import Content
from dsnlib.adapters.spool import Spool
from dsnlib.adapters.spool.store import Store
from tests.adapters.queueing import message

if TYPE_CHECKING:
    import contextlib

    import pytest

ROOT = Path(__file__).resolve().parents[3]
ROUNDS = os.environ.get("DSNLIB_CRASH_ROUNDS", "30")


def test_killed_at_any_moment(tmp_path: Path) -> None:
    """After a kill everything promised is there, whole and once, and nothing else is."""
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("crash.py"), tmp_path, "--rounds", ROUNDS],
        check=False,
        capture_output=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        text=True,
        timeout=3600,
    )

    assert (0, "") == (done.returncode, done.stderr)
    found = re.match(r"(\d+) rounds, (\d+) lines", done.stdout)
    assert found is not None
    assert int(found[2]) > 10 * int(found[1]), "it was killed before it did anything"


def test_the_octets_are_on_the_disk_before_the_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Octets, then their name, then the row: so a crash never shows a row without octets."""
    events: list[str] = []
    fsync, transaction = os.fsync, Store.transaction

    def noted_fsync(file: int) -> None:
        fsync(file)
        events.append("name" if stat.S_ISDIR(os.fstat(file).st_mode) else "octets")

    def noted_transaction(store: Store) -> contextlib.AbstractContextManager[None]:
        events.append("row")
        return transaction(store)

    async def test() -> list[list[str]]:
        found = []
        async with Spool.open(tmp_path, reserve_octets=0) as queue:
            await queue.add([message()])  # the directories are there
            monkeypatch.setattr(os, "fsync", noted_fsync)
            monkeypatch.setattr(Store, "transaction", noted_transaction)
            path = queue.incoming / "x"
            path.write_bytes(b"x" * 50)
            contents = (b"few", b"x" * 100_000, Content(path=path, octets=50))
            for content in contents:
                events.clear()
                await queue.add([message(content)])
                found.append(list(events))
        return found

    assert [["octets", "name", "row"]] * 3 == asyncio.run(test())


def test_a_commit_is_on_the_disk(tmp_path: Path) -> None:
    """SQLite waits for the disk at every commit: WAL with synchronous FULL."""

    async def test() -> None:
        async with Spool.open(tmp_path) as queue:
            execute = queue._stores[0]._connection.execute
            assert ("wal",) == execute("PRAGMA journal_mode").fetchone()
            assert (2,) == execute("PRAGMA synchronous").fetchone()

    asyncio.run(test())
