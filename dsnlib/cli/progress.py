"""A progress bar for long work: on a terminal, with rich, and only after a while."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.progress import Progress as RichProgress

__all__ = ["Progress", "total_octets"]

# What is done within this time needs no bar.
_PATIENCE_SECONDS = 1.0
# A look at the clock after so many messages.
_EVERY = 64


class Progress:
    """How far the reading is, on standard error.

    Args:
        wanted: Whether there may be a bar at all.
        total_octets: How much there is to read; `None` if that is not known.
    """

    def __init__(self, *, wanted: bool, total_octets: int | None = None) -> None:
        self._wanted = wanted and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._total = total_octets
        self._messages = self._octets = 0
        self._due = time.monotonic() + _PATIENCE_SECONDS if self._wanted else 0.0
        self._bar: RichProgress | None = None

    def advance(self, octets: int, *, messages: int = 1) -> None:
        """Note that a message was read, or so many."""
        if not self._wanted:
            return
        self._messages += messages
        self._octets += octets
        if self._messages % _EVERY and messages == 1 and octets < 1 << 20:
            return
        if self._bar is None and time.monotonic() >= self._due:
            self._start()
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, completed=self._octets, messages=self._messages)

    def hide(self) -> None:
        """Take the bar off the screen, until it is due again."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
            self._due = time.monotonic() + _PATIENCE_SECONDS

    def _start(self) -> None:
        try:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as RichProgress
        except ImportError:
            self._wanted = False
            return
        self._bar = RichProgress(
            BarColumn(),
            TextColumn("{task.fields[messages]:,} messages"),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
            transient=True,
            redirect_stdout=False,  # records are not for this screen
        )
        self._bar.add_task("", total=self._total, completed=self._octets, messages=self._messages)
        self._bar.start()


def total_octets(files: Sequence[str]) -> int | None:
    """Return the size of all files, or `None` if one is no regular file."""
    total = 0
    for file in files:
        if not os.path.isfile(file):  # noqa: PTH113  pathlib is slow to load
            return None
        total += os.path.getsize(file)  # noqa: PTH202  the same
    return total
