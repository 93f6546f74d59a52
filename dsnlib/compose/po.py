"""The text form of a catalogue: a `.po` file of GNU gettext, read strictly.

The grammar::

    entry  = *comment [msgctxt] msgid [msgid_plural] msgstr / 1*msgstr[N]
    string = DQUOTE *(char / escape) DQUOTE, continued on the next lines

Rules.  A translator's slip is told with its line: a catalogue that is read half
speaks two languages at once.  Only UTF-8; only the escapes that gettext's own
tools write.  Obsolete entries (`#~`) are passed over; fuzzy ones are marked, as
nobody has checked them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from dsnlib.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Entry", "read_po"]

# A string on its line, and what may stand before it.
_STRING = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"')
_KEYWORD = re.compile(r"(msgctxt|msgid|msgid_plural|msgstr|msgstr\[([0-9])\])[ \t]*(?=\")")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
# keyword -> the keywords that it may follow in its entry
_AFTER = {
    "msgctxt": {""},
    "msgid": {"", "msgctxt"},
    "msgid_plural": {"msgid"},
    "msgstr": {"msgid"},
    "msgstr[": {"msgid_plural", "msgstr["},
}


class Entry(NamedTuple):
    """One message of a catalogue with its translation.

    Args:
        line: Where its text begins, counted from 1; 0 in a compiled catalogue.
        context: What tells it from others with the same text, or `None`.
        text: The message, in the singular if it has both.
        plural: The message in the plural, or `None`.
        translations: One, or one for each plural form; empty where it is missing.
        is_fuzzy: Whether somebody has yet to check it.
    """

    line: int
    context: str | None
    text: str
    plural: str | None
    translations: tuple[str, ...]
    is_fuzzy: bool = False


def read_po(data: bytes, *, origin: str = "") -> tuple[Entry, ...]:
    """Return every entry of a `.po` file in its order, the header among them.

    Raises:
        CatalogueError: With the line of what cannot be read.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogueError(
            f"not UTF-8: {data[error.start : error.start + 1]!r}",
            origin=origin,
            line=data.count(b"\n", 0, error.start) + 1,
        ) from error
    reader = _Reader(origin)
    # Not splitlines: U+2028 and its like are letters here.
    for line, content in enumerate(text.split("\n"), 1):
        reader.take(line, content.strip(" \t\r"))
    reader.end()
    return tuple(reader.entries)


class _Reader:
    """Takes the lines of a file, keeps the entries.  Lives for one file."""

    def __init__(self, origin: str) -> None:
        self.entries: list[Entry] = []
        self._origin = origin
        self._begin()

    def _begin(self) -> None:
        self._line = 0  # of msgid
        self._last_line = 0
        self._is_fuzzy = False
        self._keyword = ""
        self._parts: dict[str, list[str]] = {}

    def take(self, line: int, content: str) -> None:
        """Take one line, without its white space."""
        if not content:
            return
        if content.startswith("#"):
            self._finish_translated()
            if content.startswith("#,") and "fuzzy" in re.split(r"[,\s]+", content):
                self._is_fuzzy = True
            return
        self._last_line = line
        if content.startswith('"'):
            if not self._keyword:
                self._refuse(line, "a string stands alone")
            self._parts[self._part].append(self._string(line, content))
            return
        self._take_keyword(line, content)

    def _take_keyword(self, line: int, content: str) -> None:
        found = _KEYWORD.match(content)
        if found is None:
            self._refuse(line, f"neither a keyword nor a string: {content[:60]!r}")
        part, number = found[1], found[2]
        keyword = "msgstr[" if number else part
        if keyword in ("msgctxt", "msgid"):
            self._finish_translated()
        if self._keyword not in _AFTER[keyword] or part in self._parts:
            self._refuse(line, f"{part} is out of its order")
        if number and int(number) != sum(name.startswith("msgstr[") for name in self._parts):
            self._refuse(line, f"{part} is out of its order")
        if keyword == "msgid":
            self._line = line
        self._keyword, self._part = keyword, part
        self._parts[part] = [self._string(line, content[found.end() :])]

    def _finish_translated(self) -> None:
        """Keep the entry that has its translation; a comment may begin the next."""
        if self._keyword in ("msgstr", "msgstr["):
            parts = {name: "".join(pieces) for name, pieces in self._parts.items()}
            translations = tuple(text for name, text in parts.items() if name.startswith("msgstr"))
            self.entries.append(
                Entry(
                    self._line,
                    parts.get("msgctxt"),
                    parts["msgid"],
                    parts.get("msgid_plural"),
                    translations,
                    self._is_fuzzy,
                )
            )
            self._begin()

    def end(self) -> None:
        """Take the end of the file."""
        self._finish_translated()
        if self._keyword:
            self._refuse(self._last_line, "the last entry has no msgstr")

    def _string(self, line: int, content: str) -> str:
        found = _STRING.fullmatch(content)
        if found is None:
            self._refuse(line, f"not a string in double quotes: {content[:60]!r}")
        if "\\" not in found[1]:
            return found[1]
        if unknown := next(self._unknown_escapes(found[1]), None):
            self._refuse(line, f"unknown escape {unknown!r}")
        return _ESCAPE.sub(lambda escape: _ESCAPED[escape[1]], found[1])

    @staticmethod
    def _unknown_escapes(text: str) -> Iterator[str]:
        return (each[0] for each in _ESCAPE.finditer(text) if each[1] not in _ESCAPED)

    def _refuse(self, line: int, problem: str) -> NoReturn:
        raise CatalogueError(problem, origin=self._origin, line=line)
