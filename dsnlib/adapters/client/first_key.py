"""The first of some keys that one of some tables has a value for.

Rules.
- Each key is asked for in all tables before the next one is.
- A table of patterns or networks sees whole names alone: no part of one is a key of its.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.replies.search import Found
from dsnlib.replies.table import ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsnlib.replies.table import Table

__all__ = ["find_first"]


async def find_first(
    tables: Sequence[Table], names: Iterable[str], parts: Iterable[str] = ()
) -> Found | None:
    """Return the value of the first key, `None` if there is none.

    Args:
        tables: Whom to ask.
        names: Keys that are whole names, in order.
        parts: Keys that are part of one, to be asked for after them.

    Raises:
        LookupFailed: A table cannot tell.
    """
    for keys, is_whole in ((names, True), (parts, False)):
        for key in keys:
            for table in tables:
                if is_whole or table.has_fixed_keys:
                    value = await ask(table, key)
                    if value is not None:
                        return Found(value=value, key=key, table=table.name)
    return None
