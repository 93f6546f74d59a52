"""Tables for tests: with fixed keys, with a function, broken, and slow.

Each satisfies the protocol of `dsnlib.replies.table`, and `Counting` tells what
was asked of the one in it.
"""

from collections.abc import Awaitable, Callable, Mapping

import attrs

from dsnlib.errors import LookupFailed
from dsnlib.replies.table import Table

__all__ = ["BrokenTable", "Counting", "FixedTable", "FunctionTable", "SlowTable"]


@attrs.frozen
class FixedTable:
    """Answers from a mapping, at once."""

    rows: Mapping[str, str] = attrs.field(factory=dict)
    name: str = "fixed"
    has_fixed_keys: bool = True

    def lookup(self, key: str) -> str | None:
        """Return the row of a key."""
        return self.rows.get(key)


@attrs.frozen
class FunctionTable:
    """Answers what a function says, as a table of patterns does: it sees the whole key."""

    answer: Callable[[str], str | None]
    name: str = "function"
    has_fixed_keys: bool = False

    def lookup(self, key: str) -> str | None:
        """Return what the function returns."""
        return self.answer(key)


@attrs.frozen
class BrokenTable:
    """Raises whenever it is asked."""

    error: Exception = attrs.field(
        factory=lambda: LookupFailed("broken: the disk is gone", source="broken", key="?")
    )
    name: str = "broken"
    has_fixed_keys: bool = True

    def lookup(self, key: str) -> str | None:  # noqa: ARG002  the protocol's
        """Raise the error."""
        raise self.error


@attrs.frozen
class SlowTable:
    """Answers with a coroutine what another table answers, or raises what that raises."""

    table: Table = attrs.field(factory=FixedTable)
    name: str = "slow"
    has_fixed_keys: bool = True

    async def lookup(self, key: str) -> str | None:
        """Return what the other table returns."""
        answer = self.table.lookup(key)
        return await answer if isinstance(answer, Awaitable) else answer


@attrs.define
class Counting:
    """Passes questions on to another table and keeps them."""

    table: Table
    asked: list[str] = attrs.field(factory=list)

    @property
    def name(self) -> str:
        """The name of the other table."""
        return self.table.name

    @property
    def has_fixed_keys(self) -> bool:
        """As the other table."""
        return self.table.has_fixed_keys

    def lookup(self, key: str) -> str | Awaitable[str | None] | None:
        """Note the question and return what the other table returns."""
        self.asked.append(key)
        return self.table.lookup(key)
