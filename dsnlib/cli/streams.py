"""The standard streams of the command: missing ones, and those that take no more."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["drop", "finish", "open_missing"]


def open_missing() -> None:
    """Give a process that was started without output, by `>&-`, a place to write to."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  for the life of the process


def drop(stream: TextIO) -> None:
    """Forget what a stream has not taken, and what comes: of a full disk, a closed pipe."""
    # A stream that a caller put in place of a standard one has no number.
    with contextlib.suppress(OSError, ValueError):
        number = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)


def finish(stream: TextIO) -> None:
    """Write what is left, or forget it: the interpreter would end with 120 for that."""
    try:
        stream.flush()
    except (OSError, ValueError):
        drop(stream)
