"""What the verbs of a history say when it cannot be used, and how they end then."""

from __future__ import annotations

from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.errors import StoreError, StoreUnavailable

__all__ = ["complain_of_store"]


def complain_of_store(error: StoreError) -> Exit:
    """Say on standard error what is wrong with a history, and return the exit code."""
    code, end = "store", Exit.NO_INPUT
    if isinstance(error, StoreUnavailable):
        code, end = "store-unavailable", Exit.TEMPORARY
    reason = str(error)
    place = error.place or "STORE"  # never as it was given: a URL may have a password in it
    output.complain(place, None, reason.removeprefix(f"{place}: "), code)
    return end
