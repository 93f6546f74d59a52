"""Room on the disk that the queue keeps for itself, to get going again when there is none.

To take a message out of the queue needs room too, for the log of the database.  If other
programs have filled the disk, a queue without ballast could deliver and never note it.

Rules.
- It is dropped for what makes the queue smaller, never to take another message.
- It is taken again when there is plenty.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Ballast"]

_NAME = "ballast"
# The log of the database is begun anew when it has grown to about as much.
_OCTETS = 4_194_304
# Of a small disk it takes no more than this part.
_PART = 8


class Ballast:
    """A file that does nothing but take room; its functions never raise.

    Args:
        directory: The queue's.
        reserve_octets: How much must be free besides when it is taken.
    """

    def __init__(self, directory: Path, reserve_octets: int) -> None:
        self._path = directory / _NAME
        self._reserve_octets = reserve_octets
        self._is_held = False

    def hold(self) -> None:
        """Take the room if it is not held and there is plenty."""
        if self._is_held:
            return
        # Without it the queue works as well, until the disk is full.
        with contextlib.suppress(OSError):
            disk = os.statvfs(self._path.parent)
            octets = min(_OCTETS, disk.f_blocks * disk.f_frsize // _PART)
            if disk.f_bavail * disk.f_frsize >= self._reserve_octets + 2 * octets:
                self._take(octets)

    def _take(self, octets: int) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(file, 0, octets)
            self._is_held = True
        finally:
            os.close(file)

    def drop(self) -> None:
        """Give the room to others."""
        self._is_held = False
        # Then the room it takes is not to be had.
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
