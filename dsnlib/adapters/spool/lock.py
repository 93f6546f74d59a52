"""One process runs a queue: the lock it holds as long as it lives.

Rules.
- The system takes the lock back from a process that dies, so none is ever left.
- The number of the process stands in the file, for whoever finds it locked.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import TYPE_CHECKING, Self

from dsnlib.adapters.queue import QueueUnavailable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["QueueLock", "QueueLocked"]

_NAME = "lock"
_LONGEST = 20
_PAUSE_SECONDS = 0.05


class QueueLocked(QueueUnavailable):
    """Another process runs the queue."""


class QueueLock:
    """The lock of a queue, held from its making until `release`.

    Args:
        directory: The queue's.
        wait_seconds: How long to wait for another that is about to end.

    Raises:
        QueueLocked: Another process has it.
        OSError: The file cannot be made.
    """

    def __init__(self, directory: Path, *, wait_seconds: float = 0.0) -> None:
        path = directory / _NAME
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._lock(directory, time.monotonic() + wait_seconds)
        except BaseException:
            os.close(self._file)
            raise
        # It is a remark for people: a full disk has no say in who runs the queue.
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
            os.write(self._file, f"{os.getpid()}\n".encode())

    def _lock(self, directory: Path, end_seconds: float) -> None:
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= end_seconds:
                    owner = os.pread(self._file, _LONGEST, 0).decode("ascii", "replace").strip()
                    by = f"process {owner}" if owner.isdecimal() else "another process"
                    raise QueueLocked(f"queue: {directory} is in use by {by}") from None
                time.sleep(_PAUSE_SECONDS)
            else:
                return

    def release(self) -> None:
        """Let go of it; does nothing the second time."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
