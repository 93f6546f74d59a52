"""The words of a setting: between them are commas or white space, `{...}` is one.

In `check_client_access inline:{ 192.0.2.1 = REJECT, ::1 = OK }, reject` there are
three.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Word", "split_words"]

# Between braces nothing ends a word, at the outer level a comma or white space does.
_STOP = re.compile(r"[{}]|[\s,]+")


class Word(NamedTuple):
    """One word.

    Args:
        text: As it is written, with its braces.
        line: The line it begins on, counted from that of the text.
    """

    text: str
    line: int


def split_words(
    text: str,
    *,
    line: int = 1,
    origin: str = "",
    error: Callable[..., ConfigurationError] = ConfigurationError,
) -> Iterator[Word]:
    """Yield the words of a setting.  Linear in its length.

    >>> [word.text for word in split_words("a, b:{ c, d } e")]
    ['a', 'b:{ c, d }', 'e']

    Args:
        text: The setting.
        line: The line it begins on.
        origin: The name of the file or setting, for errors.
        error: Which error to raise.

    Raises:
        ConfigurationError: Or the one given as `error`: a brace is not closed,
            or closes none.
    """
    start = depth = counted = 0
    for found in _STOP.finditer(text):
        if found[0] == "{":
            depth += 1
            continue
        if found[0] == "}":
            depth -= 1
            if depth < 0:
                break
            continue
        if depth:
            continue
        if found.start() > start:
            line += text.count("\n", counted, start)
            counted = start
            yield Word(text[start : found.start()], line)
        start = found.end()
    line += text.count("\n", counted, start)
    if depth:
        what = "is not closed" if depth > 0 else "closes nothing"
        message = f"a brace {what} in {text[start : start + 80]!r}"
        raise error(message, origin=origin, line=line)
    if start < len(text):
        yield Word(text[start:], line)
