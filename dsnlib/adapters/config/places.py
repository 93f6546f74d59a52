"""On which line of a TOML text each key stands.

`tomllib` gives values without their places.  This looks at a text that it has read, so
what is here need not know what is no TOML.
"""

from __future__ import annotations

import re

__all__ = ["key_lines"]

# What can stand in a value: strings first, for they may contain the rest.
_TOKEN = re.compile(
    r'"""(?>(?:[^"\\]++|\\.|"(?!""))*)"""+|' + r"'''(?>(?:[^']++|'(?!''))*)'''+|"
    r'"(?>(?:[^"\\\n]++|\\.)*)"' + r"|'[^'\n]*+'|#[^\n]*+|[\[\]{}\n]|[^\"'#\[\]{}\n]++",
    re.DOTALL,
)
_KEY = re.compile(
    r"""[ \t]*+(?:"((?>(?:[^"\\\n]++|\\.)*))"|'([^'\n]*+)'|([A-Za-z0-9_-]++))[ \t]*+[=.]"""
)
_HEADER = re.compile(r"""[ \t]*+(\[\[?)[ \t]*+["']?([A-Za-z0-9_-]++)""")
_DEPTHS = {"[": 1, "{": 1, "]": -1, "}": -1}


def key_lines(text: str) -> dict[tuple[str, int, str], int]:
    r"""Return the lines of the keys.  Linear in the text.

    >>> key_lines("a = 1\n[[listen]]\nport = 25\n")[("listen", 0, "port")]
    3

    Args:
        text: A document that `tomllib` can read.

    Returns:
        The line by the name of the table (`""` at the top), which of those of that name
        it is, from 0, and the key; the line of the table itself where the key is `""`.
    """
    found: dict[tuple[str, int, str], int] = {}
    counts: dict[str, int] = {}
    table, index = "", 0
    place, line = 0, 1
    while place < len(text):
        header = _HEADER.match(text, place)
        named = None if header is not None else _KEY.match(text, place)
        if header is not None:
            table = header[2]
            index = counts.get(table, -1) + 1 if header[1] == "[[" else 0
            counts[table] = index
            found.setdefault((table, index, ""), line)
        elif named is not None:
            name = next(each for each in named.groups() if each is not None)
            found.setdefault((table, index, name), line)
        start = place
        place = _end_of_statement(text, place)
        line += text.count("\n", start, place)
    return found


def _end_of_statement(text: str, place: int) -> int:
    """Return the place behind the line end that ends what begins here."""
    depth = 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:  # no TOML
            return len(text)
        place = token.end()
        depth += _DEPTHS.get(token[0], 0)
        if token[0] == "\n" and depth <= 0:
            break
    return place
