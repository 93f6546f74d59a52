"""What was read from files, followed as they change: tables, aliases, accounts.

Rules.
- Files that have become bad change nothing: what was read before stays in force, the
  reason is told once, and they are not read again until they have changed.
- Threads may share it: one of them reads, the others use what was read before until it
  is done.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

from dsnlib.errors import ConfigurationError

if TYPE_CHECKING:
    import logging
    import os
    from collections.abc import Callable, Hashable

__all__ = ["Followed", "Mark", "mark_of"]

_Value = TypeVar("_Value")
Mark = tuple[int, ...]


def mark_of(status: os.stat_result) -> Mark:
    """Return what tells a file from the one that takes its place.  Never raises."""
    # The time of the last change of the file's state cannot be set back.
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


class Followed(Generic[_Value]):
    """A value and the files that it was read from.

    Args:
        load: Reads the value, and returns it with the mark of what was read.
        look: Returns the mark of what is there now, for the value that is in force.
        log: Is told of what was read and what could not be.
        kept: What to say of the value that stays in force.
        interval_seconds: How long `now` relies on the files being the same, or `None`
            if only `refresh` looks.
        clock: Seconds that never go back.

    Attributes:
        value: What is in force.
        error: Why what is there now is not in force, or `None`.

    Raises:
        ConfigurationError: It cannot be read even once.
    """

    def __init__(
        self,
        load: Callable[[], tuple[_Value, Hashable]],
        look: Callable[[_Value], Hashable],
        *,
        log: logging.Logger,
        kept: str,
        interval_seconds: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._look = look
        self._log = log
        self._kept = kept
        self._interval_seconds = interval_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self.value, self._mark = load()
        self._refused: Hashable = None
        self.error: ConfigurationError | None = None
        self._wait()

    def now(self, name: str) -> _Value:
        """Return what is in force, having looked at the files if it is time.

        Never raises.

        Args:
            name: What the log calls it.
        """
        is_due = self._interval_seconds is not None and self._clock() >= self._next_seconds
        # Whoever else holds the lock is looking at the files already.
        if is_due and self._lock.acquire(blocking=False):
            try:
                self._refresh(name)
            finally:
                self._lock.release()
        return self.value

    def refresh(self, name: str) -> bool:
        """Look at the files now, and tell whether another value is in force.

        Never raises: see `error`.

        Args:
            name: What the log calls it.
        """
        with self._lock:
            return self._refresh(name)

    def _wait(self) -> None:
        self._next_seconds = self._clock() + (self._interval_seconds or 0.0)

    def _refresh(self, name: str) -> bool:
        self._wait()
        mark: Hashable = None
        try:
            mark = self._look(self.value)
            if mark == self._mark:
                self.error = self._refused = None
                return False
            # Of what cannot even be looked at there is no mark.
            if mark is not None and mark == self._refused:
                return False
            self.value, self._mark = self._load()
        except ConfigurationError as error:
            self._refused = mark
            # Told once, not at every look.
            if self.error is None or str(error) != str(self.error):
                self._log.warning("%s: %s: %s", name, self._kept, error)
            self.error = error
            return False
        self.error = self._refused = None
        self._log.info("%s: read again", name)
        return True
