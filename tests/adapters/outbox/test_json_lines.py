"""A file of events: whole lines, on the disk, whatever is done to the file."""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.outbox.json_lines import AppendedFile, JsonLinesSink
from dsnlib.adapters.outbox.sink import SinkUnavailable
from tests.adapters.outbox.events import notice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file will be."""
    return tmp_path / "events.jsonl"


@pytest.fixture
def sink(path: Path) -> Iterator[JsonLinesSink]:
    """A sink to that file."""
    made = JsonLinesSink(path)
    yield made
    made.close()
    made.close()


def numbers(path: Path) -> list[int]:
    """Return which events are in a file."""
    lines = path.read_text(encoding="ascii").splitlines()
    return [int(json.loads(line)["recipient"][4:].partition("@")[0]) for line in lines]


def test_lines(path: Path, sink: JsonLinesSink) -> None:
    """One record a line, and nobody else may read the addresses."""
    sink.take([notice(0), notice(1)])
    sink.take([notice(2)])

    assert [0, 1, 2] == numbers(path)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("is_removed", [False, True])
def test_rotation(path: Path, sink: JsonLinesSink, *, is_removed: bool) -> None:
    """After the file was moved or removed the next lines are in a new one."""
    sink.take([notice(0)])
    old = path.with_suffix(".1")
    path.rename(old)
    if is_removed:
        old.unlink()
    sink.take([notice(1)])

    assert [1] == numbers(path)
    assert is_removed or [0] == numbers(old)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"event_id":"ab","occ', b""),
        (b'{"event_id":', b""),
        (b'{"ev', b""),
        (b'{"x":1}\n{"event_id":"a', b'{"x":1}\n'),
        (b'{"event_id":"ab"}', b'{"event_id":"ab"}\n'),
        (b"a text of somebody's", b"a text of somebody's\n"),
        (b"\n", b"\n"),
        (b"", b""),
        (b'{"event_id":' + b"[" * 200_000, b""),
        (b"x" * 2_000_000, b"x" * 2_000_000 + b"\n"),
    ],
    ids=[
        "cut",
        "opening",
        "first",
        "second",
        "whole",
        "other",
        "empty-line",
        "empty",
        "deep",
        "long",
    ],
)
def test_cut_off_line(path: Path, sink: JsonLinesSink, before: bytes, after: bytes) -> None:
    """A piece of our own line is taken away; whatever else there is stays."""
    path.write_bytes(before)
    sink.take([notice(0)])
    written = path.read_bytes()

    assert after == written[: len(after)]
    assert written[len(after) :].startswith(b'{"event_id":"')
    assert written.endswith(b"\n")


def test_full_disk(path: Path, sink: JsonLinesSink, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is taken away again, and is told in one line."""
    sink.take([notice(0)])
    write, left = os.write, [700]

    def full(file: int, octets: memoryview) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = write(file, octets[: left[0]])
        left[0] -= done
        return done

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(SinkUnavailable, match=r"events.jsonl: cannot write: No space left"):
        sink.take([notice(1), notice(2)])
    assert [0] == numbers(path)
    left[0] = 10**9
    sink.take([notice(1), notice(2)])

    assert [0, 1, 2] == numbers(path)


def test_name_of_a_new_file(
    path: Path, sink: JsonLinesSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is on the disk with the first lines: else a crash takes away the whole file."""
    synced: list[bool] = []
    monkeypatch.setattr(
        os, "fsync", lambda file: synced.append(stat.S_ISDIR(os.fstat(file).st_mode))
    )

    sink.take([notice(0)])
    sink.take([notice(1)])
    path.unlink()
    sink.take([notice(2)])

    assert [False, True, False, False, True] == synced


def test_no_directory(tmp_path: Path) -> None:
    """Where the directory is missing the sink is unavailable."""
    with pytest.raises(SinkUnavailable, match="No such file"):
        JsonLinesSink(tmp_path / "nosuch" / "file").take([notice()])


def test_two_writers(path: Path) -> None:
    """Lines of several that write at a time stay whole."""
    line = b'{"event_id":"' + b"x" * 5000 + b'"}\n'

    def write() -> None:
        one = AppendedFile(path, opening=b'{"event_id":')
        for _ in range(10):
            one.append([line] * 3)
        one.close()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert 120 == path.read_bytes().count(line) == len(path.read_bytes().splitlines())
