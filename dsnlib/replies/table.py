"""What can be asked for a key: a table of ours, or of a caller's own over a database.

Rules.
- `None` is "not there", and is the only way to say so.  What cannot answer
  raises, and whatever it raises is a failed lookup: mail is never let through
  because a table was broken.
- Nor because one answers what is no answer: a directory that says `None` of a
  domain has not said that it is ours.
- A table may answer with an awaitable.  Whoever asks then has to await it:
  `ask` does.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Protocol, TypeVar

from dsnlib.errors import LookupFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Table", "ask", "not_an_answer", "settle"]

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
    answer = await settle(lambda: table.lookup(key), object, source=table.name, key=key)
    if answer is None or isinstance(answer, str):
        return answer
    raise not_an_answer(answer, "text", source=table.name, key=key)


async def settle(
    question: Callable[[], _T | Awaitable[_T]], kind: type[_T], *, source: str, key: str
) -> _T:
    """Return the answer to a question, awaited if need be.

    Args:
        question: Asks.
        kind: What the answer has to be.
        source: Who is asked, for the error.
        key: For what, for the error.

    Raises:
        LookupFailed: The question raised something, or the answer is of another kind.
    """
    try:
        answer = question()
        settled = await answer if inspect.isawaitable(answer) else answer
    except LookupFailed:
        raise
    except Exception as error:  # a table of the caller's may raise anything
        message = f"{source}: {key!r}: {type(error).__name__}: {error}"
        raise LookupFailed(message, source=source, key=key) from error
    if not isinstance(settled, kind):
        raise not_an_answer(settled, kind.__name__, source=source, key=key)
    return settled


def not_an_answer(answer: object, wanted: str, *, source: str, key: str) -> LookupFailed:
    """Return the error that says what was answered instead.  Never raises.

    Args:
        answer: What was answered.
        wanted: What the answer should be.
        source: Who was asked.
        key: For what.
    """
    message = f"{source}: {key!r}: it answers {type(answer).__name__}, not {wanted}"
    return LookupFailed(message, source=source, key=key)
