"""A folder for the files of a harness, in memory where the system has such a place.

On a disk a small file takes longer to make than to read in all ways there are.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

__all__ = ["scratch_folder"]

_IN_MEMORY = Path("/dev/shm")  # noqa: S108  a new folder in it, with a name that nobody can guess


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a new folder, which is there as long as the object is."""
    place = _IN_MEMORY if _IN_MEMORY.is_dir() else None
    return tempfile.TemporaryDirectory(prefix="fuzz-", dir=place)
