"""What can be asked for a key: a table of ours, or of a caller's own over a database.

Rules.
- `None` is "not there", and is the only way to say so.  What cannot answer
  raises, and whatever it raises is a failed lookup: mail is never let through
  because a table was broken.
- A table may answer with an awaitable.  Whoever asks then has to await it:
  `ask` does.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Protocol, TypeVar

from dsnlib.errors import LookupFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Table", "ask", "settle"]

_T = TypeVar("_T")


class Table(Protocol):
    """A source of values by key."""

    @property
    def name(self) -> str:
        """What messages call it, its kind and its path for most."""

    @property
    def has_fixed_keys(self) -> bool:
        """Whether part of an address, such as its domain, is a key of its own.

        A table of patterns or networks sees the whole.
        """

    def lookup(self, key: str) -> str | Awaitable[str | None] | None:
        """Return the value for a key, or `None` if there is none.

        Raises:
            LookupFailed: It cannot be told.  Any other exception is taken for it.
        """


async def ask(table: Table, key: str) -> str | None:
    """Return what a table says of a key.

    Raises:
        LookupFailed: The table raised something, or answers what is no text.
    """
    answer: object = await settle(lambda: table.lookup(key), source=table.name, key=key)
    if answer is None or isinstance(answer, str):
        return answer
    message = f"{table.name}: {key!r}: it answers {type(answer).__name__}, not text"
    raise LookupFailed(message, source=table.name, key=key)


async def settle(question: Callable[[], _T | Awaitable[_T]], *, source: str, key: str) -> _T:
    """Return the answer to a question, awaited if need be.

    Args:
        question: Asks.
        source: Who is asked, for the error.
        key: For what, for the error.

    Raises:
        LookupFailed: The question raised something.
    """
    try:
        answer = question()
        return await answer if inspect.isawaitable(answer) else answer
    except LookupFailed:
        raise
    except Exception as error:  # a table of the caller's may raise anything
        message = f"{source}: {key!r}: {type(error).__name__}: {error}"
        raise LookupFailed(message, source=source, key=key) from error
