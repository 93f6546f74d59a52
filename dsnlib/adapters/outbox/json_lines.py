"""A file of one event a line, that other programs follow.

Rules.
- Lines are on the disk (fsync) when `take` returns, and so is the name of a new file.
- Whoever turns logs over may move or remove the file at any time: the next lines are in a
  new one.
- A line that a crash cut off is taken away when the file is opened again: its event was not
  acknowledged and comes once more.  Nothing that is not a piece of our own line is removed.
- Two processes that write to one file take turns.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib.adapters.outbox.notice import format_line
from dsnlib.adapters.outbox.sink import SinkUnavailable
from dsnlib.bounces.event_record import event_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsnlib.adapters.outbox.notice import Notice

__all__ = ["AppendedFile", "JsonLinesSink"]

# Addresses of people are in it.
_MODE = 0o600
# How far from the end a line may begin that was cut off; ours are far shorter.
_TAIL_OCTETS = 1 << 20


class AppendedFile:
    """A file that lines are appended to, each whole and durable.

    Args:
        path: Its name; made when the first line is there.
        opening: What each of our lines begins with, to know one that was cut off.
    """

    def __init__(self, path: str | os.PathLike[str], *, opening: bytes) -> None:
        self._path = Path(path)
        self._opening = opening
        self._file: int | None = None

    def append(self, lines: Iterable[bytes]) -> None:
        """Write lines; they are on the disk when it returns.

        Raises:
            OSError: They could not be written; none of them is left in the file, as far
                as the system lets us.
        """
        octets = b"".join(lines)
        file = self._open()
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            size = self._mend(file)
            try:
                _write(file, octets)
                os.fsync(file)
                if size == 0:
                    _sync_directory(self._path.parent)
            except OSError:
                # If that fails too, a line that was cut off is mended by the next call.
                with contextlib.suppress(OSError):
                    os.ftruncate(file, size)
                raise
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file; twice is fine."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        if self._file is not None:
            # Gone means turned over: then a new one is made.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(self._file), self._path.stat()):
                    return self._file
            self.close()
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(self._path, flags, _MODE)
        return self._file

    def _mend(self, file: int) -> int:
        """Take away a line that was cut off; return the size of the file then."""
        size = os.fstat(file).st_size
        start = max(0, size - _TAIL_OCTETS)
        if size == 0 or os.pread(file, 1, size - 1) == b"\n":
            return size
        tail = os.pread(file, size - start, start)
        line = tail[tail.rfind(b"\n") + 1 :]
        if _is_whole(line) or not line.startswith(self._opening[: len(line)]):
            _write(file, b"\n")  # whoever wrote it left out the end of its last line
            return size + 1
        size -= len(line)
        os.ftruncate(file, size)
        return size


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _is_whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _write(file: int, octets: bytes) -> None:
    rest = memoryview(octets)
    while rest:
        rest = rest[os.write(file, rest) :]


class JsonLinesSink:
    """Hands events to a file of JSON lines, one record each (`bounces.event_record`).

    Args:
        path: The name of the file.
        most_notices: How many events are written between two syncs of the disk.
    """

    wants_suppression = False

    def __init__(self, path: str | os.PathLike[str], *, most_notices: int = 1000) -> None:
        self.most_notices = most_notices
        self._path = os.fspath(path)
        self._file = AppendedFile(path, opening=b'{"event_id":')

    def take(self, notices: Sequence[Notice]) -> None:
        """Write events.

        Raises:
            SinkUnavailable: The disk is full, the directory is gone, or the like.
        """
        try:
            self._file.append(format_line(event_record(each.event)) for each in notices)
        except OSError as error:
            message = f"{self._path}: cannot write: {error.strerror or error}"
            raise SinkUnavailable(message) from error

    def close(self) -> None:
        """Close the file; twice is fine."""
        self._file.close()
