"""Why there is no connection, in words for a report."""

from __future__ import annotations

import os

__all__ = ["why_lost"]


def why_lost(error: OSError | UnicodeError) -> str:
    """Return what has happened, in the words of the system and without addresses.

    >>> why_lost(ConnectionRefusedError(111, "Connect call failed ('192.0.2.1', 25)"))
    'Connection refused'

    Never raises.
    """
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno:
        # asyncio has a sentence of its own around it.
        return os.strerror(error.errno)
    return type(error).__name__
