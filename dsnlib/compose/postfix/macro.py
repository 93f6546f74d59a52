"""The `$name` language of Postfix -> checked segments, and what they expand to.

What stands in a line, as bounce(5) and postconf(5) describe it::

    $$                          a dollar sign
    $name  ${name}  $(name)     the value of the name
    ${name?text}                the text, if the value is not empty
    ${name:text}                the text, if it is empty
    ${name?{text}:{text}}       one or the other
    ${{text}==text ? ...}       the same of a comparison: == != < <= >= >, and
                                ==level and the like for compatibility levels

Rules.
- Every branch of a text is parsed, whichever will be expanded.
- Spaces between the marks of a conditional are ignored; those inside `{}`, and
  behind a `?` or `:` without braces, are text.
- Parsing is linear; conditionals nest to a bound.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dsnlib.compose.postfix.segments import (
    OPERATORS,
    Comparison,
    Conditional,
    Name,
    Segments,
    is_level,
)
from dsnlib.errors import TemplateError

if TYPE_CHECKING:
    from dsnlib.compose.postfix.segments import Part

__all__ = ["DEEPEST_NESTING", "parse_macros"]

# Chosen here.  Nobody writes three; Postfix has no bound but its stack.
DEEPEST_NESTING = 20
# A conditional has two brackets; some may be text.  So it is seen early.
_DEEPEST_BRACKETS = 4 * DEEPEST_NESTING

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_]*")
_BRACKETS = {"{": re.compile(r"[{}]"), "(": re.compile(r"[()]")}
_SPACES = " \t\r\n"
# The longer ones first.
_OPERATOR = re.compile(r"(==|!=|<=|>=|<|>)(level\b)?")
# What stands between a relation and its operands.
_MARKS = "=!<>"
# What is shown of a text in a message, in characters.
_SHOWN = 60


_NOTHING = Segments(())
# What a comparison without a text expands to.
_TRUE = Segments(("true",))


def parse_macros(text: str, *, depth: int = 0) -> tuple[str | Name | Conditional | Comparison, ...]:
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


def _closing(text: str, opening: int) -> int | None:
    """Return where the bracket at `opening` is closed; brackets of other kinds are text."""
    bracket = text[opening]
    depth = 0
    for found in _BRACKETS[bracket].finditer(text, opening):
        depth += 1 if found[0] == bracket else -1
        if not depth:
            return found.start()
        if depth > _DEEPEST_BRACKETS:
            raise TemplateError(f"brackets are nested deeper than {_DEEPEST_BRACKETS}")
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
        operators = " ".join(OPERATORS)
        raise TemplateError(f"one of {operators} expected at {_show(text[position:])}")
    position = _skip(text, found.end())
    if text[position : position + 1] != "{":
        raise TemplateError(f"{{text}} expected at {_show(text[position:])}")
    right, position = _braced(text, position, depth)
    if found[2] is not None:
        _require_level(left)
        _require_level(right)
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


def _require_level(operand: Segments) -> None:
    """Raise for a text that is no level, if it is known before there are values."""
    if not operand.has_variables:
        text = operand.render(lambda _: None)
        if not is_level(text):
            raise TemplateError(f"{_show(text)} is no compatibility level")


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACES:
        position += 1
    return position


def _show(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
