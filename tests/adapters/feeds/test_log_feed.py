"""A log that is followed: over rotation, over restarts, over a store that is away."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.feeds.intake import BounceIntake
from dsnlib.adapters.feeds.line_reader import make_line_reader
from dsnlib.adapters.feeds.log_feed import LogFeed
from dsnlib.adapters.feeds.pump import Pump
from dsnlib.errors import StoreUnavailable
from tests.adapters.feeds.memory_store import MemoryStore, as_store

if TYPE_CHECKING:
    from pathlib import Path


def line(number: int, *, host: str = "mx") -> str:
    """Return the line of a failure."""
    return (
        f"Nov 02 10:00:{number % 60:02d} {host} postfix/smtp[1]: 4F0ABC{number}:"
        f" to=<r{number}@example.org>, relay=mx.example.net[192.0.2.1]:25, delay=1,"
        " delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx.example.net[192.0.2.1] said:"
        " 550 5.1.1 No such user)\n"
    )


def write(path: Path, *numbers: int, mode: str = "a") -> None:
    """Write lines."""
    with path.open(mode) as file:
        file.writelines(line(number) for number in numbers)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The name of a log."""
    return tmp_path / "mail.log"


@pytest.fixture
def store() -> MemoryStore:
    """A store."""
    return MemoryStore()


def follow(log: Path, store: MemoryStore) -> LogFeed:
    """Return what follows a log."""
    return LogFeed(str(log), make_line_reader("postfix-log"), as_store(store))


def run(feed: LogFeed, store: MemoryStore) -> list[int]:
    """Store what is there now, and return the numbers of the lines that are new."""
    before = len(store.added)
    Pump(BounceIntake(as_store(store))).run(feed.poll())
    return [int(each.partition("@")[0][1:]) for each in store.recipients[before:]]


def test_what_comes(log: Path, store: MemoryStore) -> None:
    """What is there is read, and then what comes; a line counts when it has its end."""
    feed = follow(log, store)
    write(log, 1, 2)
    assert [1, 2] == run(feed, store)
    with log.open("a") as file:
        file.write(line(3)[:50])
    assert [] == run(feed, store)
    with log.open("a") as file:
        file.write(line(3)[50:])
    assert [3] == run(feed, store)
    feed.close()


def test_restart(log: Path, store: MemoryStore) -> None:
    """A new run goes on where the last one was, and reads nothing twice."""
    write(log, 1, 2)
    feed = follow(log, store)
    run(feed, store)
    feed.close()
    write(log, 3)
    commits = len(store.commits)
    feed = follow(log, store)
    assert [3] == run(feed, store)
    assert [1] == store.commits[commits:]
    feed.close()


def test_restart_in_a_line(log: Path, store: MemoryStore) -> None:
    """A line that was half there is read whole by the next run."""
    write(log, 1)
    with log.open("a") as file:
        file.write(line(2)[:60])
    feed = follow(log, store)
    run(feed, store)
    feed.close()
    with log.open("a") as file:
        file.write(line(2)[60:])
    feed = follow(log, store)
    assert [2] == run(feed, store)
    feed.close()


def test_renamed(log: Path, store: MemoryStore) -> None:
    """A log that is renamed is read to its end, and then the one that takes its place."""
    feed = follow(log, store)
    write(log, 1)
    run(feed, store)
    write(log, 2)
    log.rename(log.with_suffix(".log.1"))
    assert [2] == run(feed, store)  # the next one is not there yet
    write(log.with_suffix(".log.1"), 3)
    write(log, 4)
    assert [3, 4] == run(feed, store)
    write(log, 5)
    assert [5] == run(feed, store)
    feed.close()


def test_cut_off(log: Path, store: MemoryStore) -> None:
    """A log that is copied and cut off is read anew from its start."""
    feed = follow(log, store)
    write(log, 1, 2)
    run(feed, store)
    write(log, 3, mode="w")
    assert [3] == run(feed, store)
    feed.close()


def test_renamed_while_it_is_written(log: Path, store: MemoryStore) -> None:
    """Whoever writes goes on with the old file until it is told, though the new one is there."""
    feed = follow(log, store)
    write(log, 1)
    run(feed, store)
    log.rename(log.with_suffix(".log.1"))
    log.touch()
    assert [] == run(feed, store)
    write(log.with_suffix(".log.1"), 2)
    assert [2] == run(feed, store)
    write(log.with_suffix(".log.1"), 3)
    write(log, 4)
    assert [3, 4] == run(feed, store)
    feed.close()


def test_copied_and_cut_off(log: Path, store: MemoryStore) -> None:
    """What was not read before a log was cut off is read from its copy."""
    feed = follow(log, store)
    write(log, 1)
    run(feed, store)
    write(log, 2)
    log.with_suffix(".log.1").write_bytes(log.read_bytes())
    write(log, mode="w")
    assert [2] == run(feed, store)
    write(log, 3)
    assert [3] == run(feed, store)
    feed.close()


def test_cut_off_and_longer_than_before(log: Path, store: MemoryStore) -> None:
    """A log that is longer again at the next look is known by its first line."""
    feed = follow(log, store)
    write(log, 1)
    run(feed, store)
    write(log, 2, 3, 4, mode="w")
    assert [2, 3, 4] == run(feed, store)
    feed.close()


def test_a_line_without_end(log: Path, store: MemoryStore) -> None:
    """A line that never ends takes no memory, and the one after it is read."""
    feed = follow(log, store)
    write(log, 1)
    run(feed, store)
    with log.open("a") as file:
        for _ in range(40):
            file.write("x" * 100_000)
    assert [] == run(feed, store)
    with log.open("a") as file:
        file.write("\n" + line(2))
    assert [2] == run(feed, store)
    feed.close()


def test_rotated_between_runs(log: Path, store: MemoryStore) -> None:
    """What was not read before a rotation is read by the next run, compressed ones aside."""
    write(log, 1)
    feed = follow(log, store)
    run(feed, store)
    feed.close()
    write(log, 2)
    log.rename(log.with_suffix(".log.1"))
    write(log.with_suffix(".log.2"), 7)  # read never, and not ours to begin with
    log.with_suffix(".log.3.gz").write_bytes(b"\x1f\x8b")
    write(log, 3)
    feed = follow(log, store)
    assert [2, 3] == run(feed, store)
    feed.close()


def test_not_there_yet(log: Path, store: MemoryStore, caplog: pytest.LogCaptureFixture) -> None:
    """A log that is not there is said once, and read when it is."""
    feed = follow(log, store)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            run(feed, store)
        write(log, 1)
        assert [1] == run(feed, store)
    assert 2 == len(caplog.records)
    feed.close()


def test_store_is_away(log: Path, store: MemoryStore) -> None:
    """What the store did not take is read again."""
    write(log, 1)
    feed = follow(log, store)
    run(feed, store)
    feed.close()
    write(log, 2)
    feed = follow(log, store)
    store.failures = 1  # of the cursor
    assert [] == run(feed, store)
    assert [2] == run(feed, store)
    write(log, 3)
    store.failures = 1  # of the events
    with pytest.raises(StoreUnavailable):
        run(feed, store)
    feed.close()
    feed = follow(log, store)
    assert [3] == run(feed, store)
    feed.close()


def test_no_file(log: Path, store: MemoryStore, caplog: pytest.LogCaptureFixture) -> None:
    """A directory is no log."""
    log.mkdir()
    with caplog.at_level(logging.WARNING):
        run(follow(log, store), store)
    assert "it is no regular file" in caplog.text or "directory" in caplog.text


def test_rotated_ones_that_cannot_be_read(log: Path, store: MemoryStore) -> None:
    """What stands beside the log and cannot be read keeps nobody from it."""
    write(log, 1)
    log.with_suffix(".log.1").symlink_to(log.with_suffix(".log.2"))
    log.with_suffix(".log.3").mkdir()
    feed = follow(log, store)
    assert [1] == run(feed, store)
    feed.close()
