"""The text of look-up tables -> logical lines, keys, values, and blocks of rules.

The files are those that Postfix admins have, and so are the rules:

- A line that begins with white space continues the one before it.
- An empty line, and one whose first character besides white space is `#`, is
  passed over, between a line and its continuation too.
- A key ends at the first white space.  One that begins with a double quote may
  hold white space up to the next quote; a backslash takes the next character as
  it is.  What follows the quotes, such as a domain, is part of the key.
- White space is that of US-ASCII: no look-alike of a space ends a key.
- Lines end with LF or CRLF.  A byte order mark in front is passed over.  A NUL
  is refused: such a file is no text but a compiled table.
- Rules may stand between `if` and `endif`, to any depth.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from dsnlib.errors import Defect, InvalidValue, TableError
from dsnlib.model.text import decode_wire, encode_wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "Blocks",
    "Groups",
    "Template",
    "ValueCheck",
    "expression_pieces",
    "extra_text",
    "fill_template",
    "logical_lines",
    "read_entry",
    "read_statement",
    "read_template",
    "table_name",
]

# A value that depends on what is found: octets, and the numbers of groups between them.
Template = tuple[bytes | int, ...]

_WHITE = " \t\r\v\f"
_NOT_A_START = _WHITE + "#"
_ENTRY = re.compile(r"([^ \t\r\v\f]++)[ \t\r\v\f]*+(.*+)", re.DOTALL)
_QUOTED = re.compile(r'"((?>(?:[^"\\]++|\\.)*))"([^ \t\r\v\f]*+)[ \t\r\v\f]*+(.*+)', re.DOTALL)
_PAIR = re.compile(r"\\(.)", re.DOTALL)
# As much of an expression as has to be told apart to see where a class ends.
_PIECE = re.compile(r"\\Q.*?(?:\\E|\Z)|\\.|\[:\^?[a-z]+:\]|.", re.DOTALL)
# group = "$" ( 1*digit / "{" 1*digit "}" / "(" 1*digit ")" )
_DOLLAR = re.compile(
    r"\$(?:([1-9][0-9]{0,3})(?![A-Za-z0-9_])|\{([1-9][0-9]{0,3})\}|\(([1-9][0-9]{0,3})\)|(\$))?"
)
# statement = [ "if" / "endif" ] [ "!" ] rest
_STATEMENT = re.compile(
    r"(?:(if|endif)(?![a-z0-9]))?[ \t\r\v\f]*+(!?)[ \t\r\v\f]*+(.*+)", re.DOTALL | re.IGNORECASE
)


class Groups(Protocol):
    """A match, of whichever engine."""

    def __getitem__(self, group: int, /) -> bytes | None:
        """Return what a group found, `None` if it took no part."""


def table_name(kind: str, origin: str) -> str:
    """Return how messages name a table: `texthash:/etc/mail/access`.  Never raises.

    A spec as origin, `inline:{ a=b }`, is a name already.
    """
    return origin if origin.startswith(f"{kind}:") else f"{kind}:{origin}"


def logical_lines(text: str, *, origin: str) -> Iterator[tuple[int, str]]:
    """Yield each logical line and the number of its first line, counted from 1.

    Continuations keep the white space that they begin with, as their tables'
    grammars may want it; at the end of a logical line there is none.

    Args:
        text: What is in the file.
        origin: Its name, for the errors.

    Raises:
        TableError: A NUL, or a continuation of nothing.
    """
    nul = text.find("\0")
    if nul >= 0:
        message = "there is a NUL: this is no text; give the file that the table is compiled from"
        raise TableError(message, origin=origin, line=text.count("\n", 0, nul) + 1)
    start, parts = 0, [""]
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    for number, line in enumerate(text.split("\n"), 1):
        # The empty string is in every string.
        if line[:1] not in _NOT_A_START:
            if start:
                yield start, "".join(parts).rstrip(_WHITE)
            start, parts = number, [line]
            continue
        content = line.strip(_WHITE)
        if not content or content[0] == "#":
            continue
        if not start:
            message = f"{content[:80]!r} follows white space, but there is no line to continue"
            raise TableError(message, origin=origin, line=number)
        parts.append(line)
    if start:
        yield start, "".join(parts).rstrip(_WHITE)


def read_entry(text: str, *, origin: str, line: int) -> tuple[str, str]:
    """Return the key and the value of a logical line.

    Raises:
        TableError: There is no value, or a quote is open.
    """
    if text[0] == '"':
        match = _QUOTED.match(text)
        if match is None:
            message = f"key {text[:80]!r}: the double quote is not closed"
            raise TableError(message, origin=origin, line=line)
        key, value = _PAIR.sub(r"\1", match[1]) + match[2], match[3]
    else:
        # A logical line begins with something that is not white space.
        key, value = _ENTRY.match(text).groups()  # type: ignore[union-attr]  # it always matches
    if not value:
        message = f"key {key[:80]!r} has no value"
        raise TableError(message, origin=origin, line=line)
    return key, value


def read_statement(text: str) -> tuple[str, bool, str]:
    """Return the word that a rule begins with, whether it is turned round, and the rest.

    Never raises.

    >>> read_statement("if !/^List-/")
    ('if', True, '/^List-/')

    Returns:
        `if`, `endif` or `""`; whether `!` follows; what is left.
    """
    word, turned, rest = _STATEMENT.match(text).groups("")  # type: ignore[union-attr]  # the same
    return word.lower(), bool(turned), rest


def read_template(value: str, *, origin: str, line: int) -> str | Template:
    """Return a value, taken apart where it depends on what a pattern finds.

    Raises:
        TableError: A `$` that is neither a group, `$1`, `${1}` or `$(1)`, nor `$$`.
    """
    parts: list[bytes | int] = []
    start = 0
    for match in _DOLLAR.finditer(value):
        if match.lastindex is None:
            found = value[match.start() : match.start() + 80]
            message = f"{found!r} is no group; write ${{1}}, or $$ for a dollar"
            raise TableError(message, origin=origin, line=line)
        parts.append(encode_wire(value[start : match.start()]))
        number = match[match.lastindex]
        parts.append(b"$" if number == "$" else int(number))
        start = match.end()
    parts.append(encode_wire(value[start:]))
    if any(isinstance(part, int) for part in parts):
        return tuple(parts)
    return fill_template(tuple(parts), {})


def fill_template(template: str | Template, groups: Groups) -> str:
    """Return a value with the groups that were found, each as it is, in it.  Never raises."""
    if isinstance(template, str):
        return template
    # A group may end inside a character, so octets are joined, not texts.
    parts = [part if isinstance(part, bytes) else groups[part] or b"" for part in template]
    return decode_wire(b"".join(parts))


def extra_text(text: str, *, origin: str, line: int) -> tuple[Defect, ...]:
    """Return the defect that tells of text without a meaning, if there is any.  Never raises."""
    if not text:
        return ()
    what = f"{origin}:{line}: {text[:80]!r} has no meaning here"
    return (Defect(code="table-extra-text", message=what),)


def expression_pieces(expression: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of an expression, and whether each stands inside a class.  Never raises.

    The brackets of a class stand outside it.
    """
    in_class = is_first = False
    before = ""
    for found in _PIECE.finditer(expression):
        piece = found[0]
        if not in_class:
            yield piece, False
            in_class = is_first = piece == "["
        elif piece == "]" and not is_first:
            yield piece, False
            in_class = False
        else:
            yield piece, True
            is_first = is_first and piece == "^" and before == "["
        before = piece


class Blocks:
    """Which `endif` ends which `if`, while rules are read one after the other.

    Attributes:
        ends: The number of the rule of an `if` -> that of the rule behind its `endif`.
    """

    def __init__(self, origin: str) -> None:
        self.ends: dict[int, int] = {}
        self._origin = origin
        self._open: list[tuple[int, int]] = []

    def open(self, rule: int, *, line: int) -> None:
        """Take note of an `if`, which is the rule of this number.  Never raises."""
        self._open.append((rule, line))

    def close(self, rule: int, *, line: int) -> None:
        """Take note of an `endif` before the rule of this number.

        Raises:
            TableError: No `if` is open.
        """
        if not self._open:
            raise TableError("endif without an if", origin=self._origin, line=line)
        self.ends[self._open.pop()[0]] = rule

    def finish(self) -> None:
        """Raise unless each `if` has its `endif`.

        Raises:
            TableError: One has none; the error names the innermost.
        """
        if self._open:
            raise TableError("if without an endif", origin=self._origin, line=self._open[-1][1])


class ValueCheck:
    """Checks the values of a table, each distinct one once.

    Args:
        check: Raises `InvalidValue` for a value that cannot be used; or `None`.
        origin: The name of the table, for the errors.
    """

    def __init__(self, check: Callable[[str], object] | None, *, origin: str) -> None:
        self._check = check
        self._origin = origin
        self._passed: set[str] = set()

    def __call__(self, value: str, line: int) -> None:
        """Raise unless the value of this line can be used.

        Raises:
            TableError: It cannot.
        """
        if self._check is None or value in self._passed:
            return
        try:
            self._check(value)
        except InvalidValue as error:
            raise TableError(str(error), origin=self._origin, line=line) from error
        self._passed.add(value)
