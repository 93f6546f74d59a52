"""How deep restriction classes lead to each other, while they are read.

Rules.
- No class leads to itself.
- The chain from any class to its last is at most 100 long, in whatever order the
  classes are given: whoever walks a list calls itself for each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.errors import RestrictionError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DEEPEST", "Nesting"]

# Chosen by us, as the judge's: nobody writes so deep by hand.
DEEPEST = 100


class Nesting:
    """The classes that are being read, and how far those lead that have been.

    Args:
        origin: The name of the file or setting, for errors.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._open: list[str] = []
        self._depths: dict[str, int] = {}

    def enter(self, name: str) -> str:
        """Begin a class, and return its place for errors.

        Raises:
            RestrictionError: It leads to itself, or those before it are too many.
        """
        place = self._place(name)
        if name in self._open:
            message = f"restrictions: the class {name!r} leads to itself"
            raise RestrictionError(message, origin=place, line=1)
        self._open.append(name)
        self._check(len(self._open), name)
        return place

    def leave(self, inner: Iterable[str]) -> None:
        """End the class that was begun last.

        Args:
            inner: What it names; what is no class does not count.

        Raises:
            RestrictionError: It leads too far.
        """
        name = self._open.pop()
        depth = 1 + max((self._depths.get(each, 0) for each in inner), default=0)
        self._check(depth, name)
        self._depths[name] = depth

    def _check(self, depth: int, name: str) -> None:
        if depth > DEEPEST:
            message = f"restrictions: classes lead to each other more than {DEEPEST} deep"
            raise RestrictionError(message, origin=self._place(name), line=1)

    def _place(self, name: str) -> str:
        return f"{self._origin}[{name}]"
