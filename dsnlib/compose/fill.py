"""Lines that grew too long, wrapped for a screen of 72 columns (RFC 5322 s2.1.1).

A template has one line for a paragraph; what stands for a `$name` in it may be
long.  Each line is looked at alone, so no two lines of a template ever join.

Rules.
- A line is broken at a space; where there is none it stays long, but for the
  scripts that are written without spaces: they break between two letters, not
  before a closing mark nor behind an opening one.
- What goes on is indented like the line it belongs to.
"""

from __future__ import annotations

import functools
import re
import unicodedata

__all__ = ["COLUMNS", "fill", "width", "wrap"]

COLUMNS = 72

# Han, kana and the full-width forms, written without spaces as Hangul is not.
_WIDE = "\u2e80-\u312f\u3190-\u9fff\uf900-\ufaff\uff01-\uff60"
# Latin, Greek and Cyrillic letters, each in one column, as most texts have them.
_ONE_EACH = "[ -\xac\xae-\u02ff\u0370-\u0482\u048a-\u052f\u1e00-\u1fff\u2010-\u2027]*"

# What no line begins with, and what none ends with (JIS X 4051, GB/T 15834).
_CLOSING = "、。，．・：；？！）］｝〉》」』】〕〗ーァィゥェォッャュョぁぃぅぇぉっゃゅょ々…‥％"
_OPENING = "（［｛〈《「『【〔〖"
_TOKEN = rf" +|[{_OPENING}]*(?:[{_WIDE}]|[^ {_WIDE}]+)[{_CLOSING}]*|[{_OPENING}]+"
# Sets beyond US-ASCII take `re` milliseconds, so they wait for the first such text.
_compiled = functools.cache(re.compile)


def fill(text: str, columns: int = COLUMNS) -> str:
    """Return `text` with each line wrapped that is wider than `columns`.  Never raises.

    White space at the end of a line goes.
    """
    half = columns // 2
    return "\n".join(
        [
            line.rstrip() if len(line) <= half or _fits(line, columns) else _wrapped(line, columns)
            for line in text.split("\n")
        ]
    )


def wrap(line: str, columns: int, indent: str) -> list[str]:
    """Return one line as several, each but the first behind `indent`.  Never raises."""
    if _fits(line, columns):
        return [line.rstrip()]
    if _is_one_each(line):
        return _wrapped_words(line, columns, indent)
    lines, current, room = [], "", columns
    taken = 0
    for token in _compiled(_TOKEN).findall(line):
        size = width(token)
        if taken and taken + size > room and token[0] != " ":
            lines.append(current.rstrip())
            current, taken = indent, len(indent)
        # White space goes with what is before it, and off where a line ends.
        current += token
        taken += size
    lines.append(current.rstrip())
    return lines


def _wrapped_words(line: str, columns: int, indent: str) -> list[str]:
    """Wrap a line whose letters are all one column wide."""
    lines, start, room, before = [], 0, columns, ""
    while len(line) - start > room:
        place = line.rfind(" ", start, start + room + 1)
        # White space alone would make an empty line.
        if place < 0 or line[start:place].isspace() or place == start:
            place = line.find(" ", start + room)
            if place < 0:
                break
        lines.append(before + line[start:place].rstrip(" "))
        start = place
        while line[start : start + 1] == " ":
            start += 1
        before, room = indent, columns - len(indent)
    if start < len(line):
        lines.append(before + line[start:].rstrip(" "))
    return lines


def width(text: str) -> int:
    """Return how many columns `text` takes.  Never raises.

    An East Asian wide letter takes two; marks on a letter, and what only
    directs the text, take none.
    """
    if _is_one_each(text):
        return len(text)
    return sum(
        0
        if unicodedata.category(each) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(each) in "WF"
        else 1
        for each in text
    )


def _is_one_each(text: str) -> bool:
    return text.isascii() or _compiled(_ONE_EACH).fullmatch(text) is not None


def _fits(line: str, columns: int) -> bool:
    return len(line) * 2 <= columns or width(line) <= columns


def _wrapped(line: str, columns: int) -> str:
    content = line.lstrip(" ")
    indent = line[: len(line) - len(content)]
    lines = wrap(content, columns - len(indent), "")
    return indent + f"\n{indent}".join(lines)
