"""What went wrong on the disk, as the queue tells it to those who use it.

Rules.
- Where the disk has no room the client is to come again: 452 4.3.1.  Any other
  fault is the system's: 451 4.3.0.
- What SQLite calls an input or output error is want of room if there is none.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from typing import TYPE_CHECKING

from dsnlib.adapters.queue import QueueFull, QueueUnavailable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["fault_of", "free_octets"]

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Two blocks of any file system: what is smaller holds no file and no page.
_TOO_LITTLE_OCTETS = 8192
# The primary code is in the low octet of an extended one.
_PRIMARY = 0xFF


def free_octets(directory: Path) -> int:
    """Return how much an ordinary user may still write there.

    Raises:
        OSError: The directory is not there, or not to be asked.
    """
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


def fault_of(error: OSError | sqlite3.Error, directory: Path) -> QueueUnavailable:
    """Return what to raise for what the disk or the database said.  Never raises.

    Args:
        error: What was said.
        directory: The queue's.
    """
    reason = _reason(error)
    if _is_full(error, directory):
        return QueueFull(f"queue: no room in {directory}: {reason}")
    return QueueUnavailable(f"queue: {directory}: {reason}")


def _reason(error: OSError | sqlite3.Error) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)


def _is_full(error: OSError | sqlite3.Error, directory: Path) -> bool:
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    if code != sqlite3.SQLITE_IOERR:
        return code == sqlite3.SQLITE_FULL
    try:
        return free_octets(directory) < _TOO_LITTLE_OCTETS
    except OSError:
        return False
