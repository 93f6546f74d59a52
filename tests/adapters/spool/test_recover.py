"""What a crash, a broken disk or a hand that slipped has left is put in order at the start."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.queue import QueueUnavailable
from dsnlib.adapters.spool import Spool, database
from dsnlib.adapters.spool.database import DATABASE
from dsnlib.adapters.spool.recover import LOST_CONTENT
from tests.adapters.queueing import NOW, message

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dsnlib.adapters.queue import NewMessage
    from dsnlib.adapters.spool.recover import Recovered


@pytest.fixture
def fill(tmp_path: Path) -> Callable[..., list[NewMessage]]:
    """Return a function that puts messages of these contents into a queue, each in its file."""

    def fill_queue(*contents: bytes) -> list[NewMessage]:
        news = [message(content) for content in contents]

        async def add() -> None:
            async with Spool.open(tmp_path, reserve_octets=0) as queue:
                for new in news:
                    await queue.add([new])

        asyncio.run(add())
        return news

    return fill_queue


def reopen(directory: Path) -> tuple[Recovered, list[str], dict[str, bool]]:
    """Open a queue again: what was put in order, who is due, and whether each is held."""

    async def look() -> tuple[Recovered, list[str]]:
        async with Spool.open(directory, reserve_octets=0) as queue:
            claimed = await queue.claim(NOW, most=100)
            return queue.recovered, [each.queue_id for each in claimed]

    recovered, due = asyncio.run(look())
    connection = sqlite3.connect(directory / DATABASE)
    held = dict(connection.execute("SELECT queue_id, is_held FROM messages"))
    connection.close()
    return recovered, due, {queue_id: bool(is_held) for queue_id, is_held in held.items()}


def test_nothing_to_do(tmp_path: Path, fill: Callable[..., list[NewMessage]]) -> None:
    """A queue that was closed is as it was."""
    (new,) = fill(b"octets")
    recovered, due, _ = reopen(tmp_path)

    assert (1, (), 0, 0, 0) == (
        recovered.messages,
        recovered.lost,
        recovered.removed_files,
        recovered.removed_incoming,
        recovered.removed_messages,
    )
    assert [new.queue_id] == due


def test_files_that_nobody_was_promised(
    tmp_path: Path, fill: Callable[..., list[NewMessage]]
) -> None:
    """Files without rows go, whatever their names; and what was being received."""
    (new,) = fill(b"octets")
    (tmp_path / "messages" / "zz").mkdir()
    for name in ("zz/ZZZ", "zz/.x", "zz/\udcff", "stray"):
        (tmp_path / "messages" / name).write_bytes(b"half a mes")
    (tmp_path / "incoming" / "x.tmp").write_bytes(b"half")
    recovered, due, _ = reopen(tmp_path)

    assert (3, 1) == (recovered.removed_files, recovered.removed_incoming)
    assert [new.queue_id] == due
    assert ["stray"] == [
        path.name for path in (tmp_path / "messages").iterdir() if path.is_file()
    ], "a file beside the directories is none of ours"


@pytest.mark.parametrize("damage", ["gone", "cut", "empty"])
def test_a_message_that_has_lost_its_octets(
    tmp_path: Path,
    fill: Callable[..., list[NewMessage]],
    caplog: pytest.LogCaptureFixture,
    damage: str,
) -> None:
    """It is held, with the reason, and told of in the log; the others go on."""
    lost, other = fill(b"octets" * 100, b"other")
    (path,) = (each for each in tmp_path.glob("messages/*/*") if each.stat().st_size == 600)
    if damage == "gone":
        path.unlink()
    else:
        os.truncate(path, 599 if damage == "cut" else 0)
    with caplog.at_level(logging.ERROR):
        recovered, due, held = reopen(tmp_path)

    assert (lost.queue_id,) == recovered.lost
    assert [other.queue_id] == due
    assert {lost.queue_id: True, other.queue_id: False} == held
    assert f"{lost.queue_id}: {LOST_CONTENT}" in caplog.text


def test_messages_that_were_deleted(tmp_path: Path, fill: Callable[..., list[NewMessage]]) -> None:
    """What an operator deleted while nobody was there goes, octets and all."""
    deleted, _ = fill(b"octets", b"other")
    connection = sqlite3.connect(tmp_path / DATABASE)
    with connection:
        connection.execute(
            "UPDATE messages SET is_deleted = 1 WHERE queue_id = ?", (deleted.queue_id,)
        )
    connection.close()
    recovered, due, held = reopen(tmp_path)

    assert (1, 1, 1) == (recovered.messages, recovered.removed_messages, recovered.removed_files)
    assert [*held] == due
    assert 1 == len(list(tmp_path.glob("messages/*/*")))


def test_files_whose_database_is_gone(
    tmp_path: Path, fill: Callable[..., list[NewMessage]]
) -> None:
    """No file is removed because the database is not there: somebody is told instead."""
    fill(b"octets")
    (tmp_path / DATABASE).unlink()
    for octets in (None, b"", None):
        if octets is not None:
            (tmp_path / DATABASE).write_bytes(octets)
        with pytest.raises(QueueUnavailable, match="has files and their database"):
            Spool.open(tmp_path)

    assert 1 == len(list(tmp_path.glob("messages/*/*")))


def test_a_database_of_a_later_version(
    tmp_path: Path, fill: Callable[..., list[NewMessage]]
) -> None:
    """What a later version has written is left alone."""
    fill(b"octets")
    connection = sqlite3.connect(tmp_path / DATABASE)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(QueueUnavailable, match=r"is of version 99, and this program knows up to 2"):
        Spool.open(tmp_path)


def test_a_database_of_an_earlier_version(
    tmp_path: Path, fill: Callable[..., list[NewMessage]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an earlier version has written is brought up to date, step by step, or not at all."""
    (new,) = fill(b"octets")
    monkeypatch.setattr(database, "VERSION", 4)
    steps = {2: ("CREATE TABLE more (x)",), 3: ("no statement",)}
    monkeypatch.setattr(database, "_UPGRADES", steps)
    with pytest.raises(QueueUnavailable, match="syntax error"):
        Spool.open(tmp_path)
    steps[3] = ("INSERT INTO more VALUES (7)",)
    _, due, _ = reopen(tmp_path)

    assert [new.queue_id] == due
    connection = sqlite3.connect(tmp_path / DATABASE)
    assert [(7,)] == connection.execute("SELECT x FROM more").fetchall()
    assert (4,) == connection.execute("PRAGMA user_version").fetchone()
    connection.close()


def test_the_first_version(tmp_path: Path, fill: Callable[..., list[NewMessage]]) -> None:
    """A queue from before anything could be noted is opened, and has the tables of today."""
    (new,) = fill(b"octets")
    connection = sqlite3.connect(tmp_path / DATABASE)
    today = _shape(connection)
    with connection:
        connection.execute("DROP TABLE notes")
        for column in ("passed", "is_requeued"):
            connection.execute(f"ALTER TABLE messages DROP COLUMN {column}")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    _, due, _ = reopen(tmp_path)

    assert [new.queue_id] == due
    connection = sqlite3.connect(tmp_path / DATABASE)
    assert today == _shape(connection)
    connection.close()


def _shape(connection: sqlite3.Connection) -> list[object]:
    tables = ("messages", "notes", "spending", "counters")
    return [
        *(connection.execute(f"PRAGMA table_info({table})").fetchall() for table in tables),
        sorted(connection.execute("SELECT name FROM sqlite_schema").fetchall()),
    ]


def test_a_database_of_another_program(tmp_path: Path) -> None:
    """A database with other tables is no queue, and stays as it is."""
    connection = sqlite3.connect(tmp_path / DATABASE)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(QueueUnavailable, match="database of another program"):
        Spool.open(tmp_path)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """A file of any octets is no queue."""
    (tmp_path / DATABASE).write_bytes(b"these are not the octets of SQLite" * 100)
    with pytest.raises(QueueUnavailable, match="not a database"):
        Spool.open(tmp_path)
    # The lock is free again.
    (tmp_path / DATABASE).unlink()
    assert [] == reopen(tmp_path)[1]
