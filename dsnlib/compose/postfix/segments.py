"""Text with names in it, parsed: what stands where, and what it expands to.

Rules.
- Names are looked up by a function given at the time.  A name without a value
  is empty; whether a name exists at all is `unknown_name`'s to tell.
- Digits compare as numbers, anything else octet by octet.  What is no
  compatibility level is below every level.
- Expanding is linear.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.model.text import encode_wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "OPERATORS",
    "Comparison",
    "Conditional",
    "Name",
    "Part",
    "Segments",
    "every_name",
    "is_level",
    "unknown_name",
]

# What is left compared with right may be, for the comparison to hold.
OPERATORS = {
    "==": (0,),
    "!=": (-1, 1),
    "<": (-1,),
    "<=": (-1, 0),
    ">=": (0, 1),
    ">": (1,),
}

# major[.minor[.patch]]                                             postconf(5)
_LEVEL = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?")
_DIGITS = re.compile(r"[0-9]+")


@attrs.frozen
class Name:
    """The value of a name."""

    name: str


@attrs.frozen
class Conditional:
    """One text or another, as the value of a name is empty or not."""

    name: str
    if_set: Segments
    if_empty: Segments

    @property
    def branches(self) -> tuple[Segments, ...]:
        """Every text in it."""
        return self.if_set, self.if_empty

    def render(self, look_up: Callable[[str], str | None]) -> str:
        """Return the text that the value chooses."""
        return (self.if_set if look_up(self.name) else self.if_empty).render(look_up)


@attrs.frozen(kw_only=True)
class Comparison:
    """One text or another, as two texts compare.

    Args:
        left: What stands before the operator.
        operator: One of `== != < <= >= >`.
        of_levels: Whether what is compared are compatibility levels, `3.10`.
        right: What stands behind it.
        if_true: What to expand to if the comparison holds.
        if_false: And if it does not.
    """

    left: Segments
    operator: str
    of_levels: bool
    right: Segments
    if_true: Segments
    if_false: Segments

    @property
    def branches(self) -> tuple[Segments, ...]:
        """Every text in it."""
        return self.left, self.right, self.if_true, self.if_false

    def render(self, look_up: Callable[[str], str | None]) -> str:
        """Return the text that the comparison chooses."""
        left, right = self.left.render(look_up), self.right.render(look_up)
        sign = _compare_levels(left, right) if self.of_levels else _compare(left, right)
        holds = sign in OPERATORS[self.operator]
        return (self.if_true if holds else self.if_false).render(look_up)


Part = str | Name | Conditional | Comparison


@attrs.frozen(init=False)
class Segments:
    """Text with the names in it, laid out to be filled in at one go.

    Args:
        parts: Texts and what stands between them, in order.
    """

    # A text, or "" where a value goes; where which value goes.
    _literals: tuple[str, ...]
    _names: tuple[tuple[int, str], ...]
    _choices: tuple[tuple[int, Conditional | Comparison], ...]
    # The name, if there is nothing else.
    _only: str | None

    def __init__(self, parts: Iterable[str | Name | Conditional | Comparison]) -> None:
        literals: list[str] = []
        names: list[tuple[int, str]] = []
        choices: list[tuple[int, Conditional | Comparison]] = []
        run: list[str] = []
        for part in parts:
            if isinstance(part, str):
                run.append(part)
                continue
            if run:
                literals.append("".join(run))
                run = []
            if isinstance(part, Name):
                names.append((len(literals), part.name))
            else:
                choices.append((len(literals), part))
            literals.append("")
        if run:
            literals.append("".join(run))
        only = names[0][1] if len(literals) == len(names) == 1 else None
        self.__attrs_init__(tuple(literals), tuple(names), tuple(choices), only)

    @property
    def has_variables(self) -> bool:
        """Whether anything but text is in it."""
        return bool(self._names or self._choices)

    @property
    def names(self) -> tuple[str, ...]:
        """The names whose values stand in it, but for those in conditionals."""
        return tuple([name for _, name in self._names])

    @property
    def choices(self) -> tuple[Conditional | Comparison, ...]:
        """The conditionals in it."""
        return tuple([choice for _, choice in self._choices])

    def render(self, look_up: Callable[[str], str | None]) -> str:
        """Return the text with the values in it.  Raises what `look_up` does.

        Args:
            look_up: Returns the value of a name; `None` is an empty one.
        """
        if self._only is not None:
            return look_up(self._only) or ""
        pieces = [*self._literals]
        for index, name in self._names:
            pieces[index] = look_up(name) or ""
        for index, choice in self._choices:
            pieces[index] = choice.render(look_up)
        return "".join(pieces)


def unknown_name(segments: Segments, is_known: Callable[[str], bool]) -> str | None:
    """Return the first name that does not exist, or `None`.

    A name that is only tested need not exist; then what would be said of its
    value is never said, and is not looked at.

    Args:
        segments: Where the names stand.
        is_known: Tells whether a name exists.
    """
    for name in segments.names:
        if not is_known(name):
            return name
    for choice in segments.choices:
        looked_at = choice.branches
        if isinstance(choice, Conditional) and not is_known(choice.name):
            looked_at = (choice.if_empty,)
        for each in looked_at:
            found = unknown_name(each, is_known)
            if found is not None:
                return found
    return None


def every_name(segments: Segments) -> Iterator[str]:
    """Yield each name in a text, those that are only tested too.  Never raises."""
    yield from segments.names
    for choice in segments.choices:
        if isinstance(choice, Conditional):
            yield choice.name
        for each in choice.branches:
            yield from every_name(each)


def is_level(text: str) -> bool:
    """Tell whether a text is a compatibility level, such as `3.10`.  Never raises."""
    return _LEVEL.fullmatch(text) is not None


def _compare(left: str, right: str) -> int:
    """Return -1, 0 or 1: digits as numbers, anything else octet by octet."""
    if _DIGITS.fullmatch(left) and _DIGITS.fullmatch(right):
        left, right = left.lstrip("0"), right.lstrip("0")
        # Of two numbers without leading zeros the longer is the greater.
        if len(left) != len(right):
            return -1 if len(left) < len(right) else 1
    first, second = encode_wire(left), encode_wire(right)
    return (first > second) - (first < second)


def _compare_levels(left: str, right: str) -> int:
    first, second = _level(left), _level(right)
    return (first > second) - (first < second)


def _level(text: str) -> tuple[int, ...]:
    """Return the numbers of a level; what is none is below them all."""
    found = _LEVEL.fullmatch(text)
    return () if found is None else tuple([int(number or "0") for number in found.groups()])
