"""The dialects that come with the library."""

from __future__ import annotations

import functools

from dsnlib.bounces.dialects import mailers
from dsnlib.bounces.index import DialectIndex

__all__ = ["shipped_index"]


@functools.cache
def shipped_index() -> DialectIndex:
    """Return all of them, ready to be asked."""
    return DialectIndex(mailers.DIALECTS)
