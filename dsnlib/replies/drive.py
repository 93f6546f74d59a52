"""Run to its end, without an event loop, a coroutine that waits for nothing.

What asks tables is written once, for tables that may answer later.  Our own
answer at once, so for them the same code serves a caller who is not
asynchronous.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["run"]

_T = TypeVar("_T")


def run(coroutine: Coroutine[object, None, _T]) -> _T:
    """Return what a coroutine returns that never waits.

    Args:
        coroutine: One that was not started; it is used up.

    Raises:
        TypeError: It waits, as where a table answers later: await it instead.
        Exception: Whatever the coroutine raises.
    """
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: _T = end.value
        return result
    name = getattr(coroutine, "__qualname__", type(coroutine).__name__)
    coroutine.close()
    message = f"{name}: something that it asks, such as a table, answers later; await it instead"
    raise TypeError(message)
