"""The `$name` language of Postfix -> checked segments, and what they expand to.

What stands in a line, as bounce(5) and postconf(5) describe it:

    $$                          a dollar sign
    $name  ${name}  $(name)     the value of the name
    ${name?text}                the text, if the value is not empty
    ${name:text}                the text, if it is empty
    ${name?{text}:{text}}       one or the other
    ${{text}==text ? ...}       the same of a comparison: == != < <= >= >, and
                                ==level and the like for compatibility levels

Rules.
- Text is parsed once, every branch of it, and expanded any number of times.
- Names are looked up by a function given at the time.  A name without a value
  is empty; whether a name exists at all is `unknown_name`'s to tell.
- Spaces between the marks of a conditional are ignored; those inside `{}`, and
  behind a `?` or `:` without braces, are text.
- Digits compare as numbers, anything else octet by octet.
- Both parsing and expanding are linear; conditionals nest to a bound.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import TemplateError
from dsnlib.model.text import encode_wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "DEEPEST_NESTING",
    "Comparison",
    "Conditional",
    "Name",
    "Part",
    "Segments",
    "every_name",
    "parse_macros",
    "unknown_name",
]

# Chosen here.  Nobody writes three; Postfix has no bound but its stack.
DEEPEST_NESTING = 20

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_]*")
_BRACKETS = {"{": re.compile(r"[{}]"), "(": re.compile(r"[()]")}
_SPACES = " \t\r\n"
_LEVEL = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?")
_DIGITS = re.compile(r"[0-9]+")
# The longer ones first.
_OPERATOR = re.compile(r"(==|!=|<=|>=|<|>)(level\b)?")
# What is left compared with right may be, for the comparison to hold.
_HOLDS = {
    "==": (0,),
    "!=": (-1, 1),
    "<": (-1,),
    "<=": (-1, 0),
    ">=": (0, 1),
    ">": (1,),
}
# What stands between a relation and its operands.
_MARKS = "=!<>"
# What is shown of a text in a message, in characters.
_SHOWN = 60


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
        holds = sign in _HOLDS[self.operator]
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

    def __init__(self, parts: Iterable[Part]) -> None:
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
        self.__attrs_init__(tuple(literals), tuple(names), tuple(choices))

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
        pieces = [*self._literals]
        for index, name in self._names:
            pieces[index] = look_up(name) or ""
        for index, choice in self._choices:
            pieces[index] = choice.render(look_up)
        return "".join(pieces)


_NOTHING = Segments(())
# What a comparison without a text expands to.
_TRUE = Segments(("true",))


def parse_macros(text: str, *, depth: int = 0) -> tuple[Part, ...]:
    """Return the parts of a text.

    Args:
        text: One line, or the value of a parameter.
        depth: How many conditionals it stands in.

    Raises:
        TemplateError: The syntax is wrong.  It has no place: the caller has.
    """
    if depth > DEEPEST_NESTING:
        raise TemplateError(f"conditionals are nested deeper than {DEEPEST_NESTING}")
    parts: list[Part] = []
    position = 0
    while (dollar := text.find("$", position)) >= 0:
        if dollar > position:
            parts.append(text[position:dollar])
        position = dollar + 1
        mark = text[position : position + 1]
        if mark == "$":
            parts.append("$")
            position += 1
        elif mark and mark in "{(":
            end = _closing(text, position)
            if end is None:
                raise TemplateError(f"unclosed ${mark}: {_show(text[dollar:])}")
            parts.append(_expression(text[position + 1 : end], depth))
            position = end + 1
        else:
            name = _name_at(text, position)
            if not name:
                raise TemplateError(f"no name after $: {_show(text[dollar:])}; $$ is a dollar sign")
            parts.append(Name(name))
            position += len(name)
    if position < len(text):
        parts.append(text[position:])
    return tuple(parts)


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
    """Yield each name in a text, those that are only tested too."""
    yield from segments.names
    for choice in segments.choices:
        if isinstance(choice, Conditional):
            yield choice.name
        for each in choice.branches:
            yield from every_name(each)


def _closing(text: str, opening: int) -> int | None:
    """Return where the bracket at `opening` is closed; brackets of other kinds are text."""
    bracket = text[opening]
    depth = 0
    for found in _BRACKETS[bracket].finditer(text, opening):
        depth += 1 if found[0] == bracket else -1
        if not depth:
            return found.start()
    return None


def _name_at(text: str, position: int) -> str:
    found = _PLAIN_NAME.match(text, position)
    return "" if found is None else found[0]


# expression = name [choice] / comparison [choice]                  postconf(5)
def _expression(text: str, depth: int) -> Part:
    """Return what stands between `${` and `}`."""
    if not text:
        raise TemplateError("no name in ${}")
    position = _skip(text, 0)
    if text[position : position + 1] == "{":
        return _comparison(text, position, depth + 1)
    name = _name_at(text, position)
    position = _skip(text, position + len(name))
    if position == len(text):
        return Name(name)
    if text[position] not in "?:":
        raise TemplateError(f"{_show(text)} is no name")
    if_set, if_empty = _choice(text, position, depth + 1)
    return Conditional(name, if_set, if_empty)


# comparison = "{" text "}" operator "{" text "}"
def _comparison(text: str, position: int, depth: int) -> Comparison:
    left, position = _braced(text, position, depth)
    found = _OPERATOR.match(text, position)
    if found is None or text[found.end() : found.end() + 1] in tuple(_MARKS):
        operators = " ".join(_HOLDS)
        raise TemplateError(f"one of {operators} expected at {_show(text[position:])}")
    position = _skip(text, found.end())
    if text[position : position + 1] != "{":
        raise TemplateError(f"{{text}} expected at {_show(text[position:])}")
    right, position = _braced(text, position, depth)
    for operand in (left, right):
        if found[2] and not operand.has_variables and not _level(level := operand.render(_nothing)):
            raise TemplateError(f"{_show(level)} is no compatibility level")
    if_true, if_false = _TRUE, _NOTHING
    if position < len(text):
        if_true, if_false = _choice(text, position, depth)
    return Comparison(
        left=left,
        operator=found[1],
        of_levels=found[2] is not None,
        right=right,
        if_true=if_true,
        if_false=if_false,
    )


# choice = "?" text / ":" text / "?" "{" text "}" [":" ("{" text "}" / text)]
def _choice(text: str, position: int, depth: int) -> tuple[Segments, Segments]:
    """Return what to expand to, and what otherwise."""
    if_set = _NOTHING
    if text[position] == "?":
        if_set, position = _braced_or_rest(text, position + 1, depth)
        if position == len(text):
            return if_set, _NOTHING
    if text[position] != ":":
        raise TemplateError(f"':' expected at {_show(text[position:])}")
    if_empty, position = _braced_or_rest(text, position + 1, depth)
    if position < len(text):
        raise TemplateError(f"nothing expected at {_show(text[position:])}")
    return if_set, if_empty


def _braced_or_rest(text: str, position: int, depth: int) -> tuple[Segments, int]:
    brace = _skip(text, position)
    if text[brace : brace + 1] == "{":
        return _braced(text, brace, depth)
    return Segments(parse_macros(text[position:], depth=depth)), len(text)


def _braced(text: str, position: int, depth: int) -> tuple[Segments, int]:
    """Return what stands in braces, and where what follows begins."""
    end = _closing(text, position)
    if end is None:
        raise TemplateError(f"unbalanced braces: {_show(text[position:])}")
    inside = Segments(parse_macros(text[position + 1 : end], depth=depth))
    return inside, _skip(text, end + 1)


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACES:
        position += 1
    return position


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


def _nothing(_: str) -> None:
    """Return no value."""


def _show(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
