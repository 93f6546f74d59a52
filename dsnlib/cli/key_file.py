"""A file of keys, one a line: those of envelope identifiers, keyed VERP and probes.

Rules.
- White space round a key is none of it, and an empty line is no key: one file gives
  the same keys to every verb, whatever editor or system it was written with.
- The first key signs; all of them are believed.
"""

from __future__ import annotations

__all__ = ["read_keys"]


def read_keys(file: str) -> tuple[bytes, ...]:
    """Return the keys of a file; how long each has to be, is the caller's to say.

    Args:
        file: Its name.

    Raises:
        OSError: It cannot be read.
    """
    with open(file, "rb") as lines:  # noqa: PTH123  pathlib is slow to load
        return tuple([key for line in lines if (key := line.strip())])
