"""Tables of keys and values: files for `hash` and its like, and `inline`.

The compiled forms (`hash`, `btree`, `lmdb`, ...) are read from the text that they
are compiled from: what is in force is what the admin wrote.

Rules.
- Keys are compared in lower case; values keep theirs.
- Of two equal keys the first counts, and a defect tells of the other.
- A key of an aliases file, `root:`, stays as it is, so nothing finds it; a
  defect says so.
- An inline table is `{ key=value, { key = value with blanks } }`: braces around
  all, and around each entry that has blanks or commas in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import attrs

from dsnlib.errors import Defect, InvalidValue, TableError
from dsnlib.replies.table_text import logical_lines, read_entry, table_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["HashTable", "parse_hash_table", "parse_inline_table"]

# entry = key "=" value / "{" key "=" value "}"; blanks around "=" do no harm
_SEPARATOR = re.compile(r"[\s,]*", re.ASCII)
_PLAIN = re.compile(r"([^\s,={}]++)\s*+=\s*+([^\s,{}]+)", re.ASCII)
_BRACE = re.compile(r"[{}]")


@attrs.frozen(kw_only=True, eq=False)
class HashTable:
    """Values by key, in lower case.

    Args:
        name: How messages name it.
        entries: The keys, in lower case, and their values.
        defects: What was passed over while reading.
    """

    has_fixed_keys: ClassVar[bool] = True

    name: str
    entries: Mapping[str, str] = attrs.field(repr=False)
    defects: tuple[Defect, ...] = ()

    def lookup(self, key: str) -> str | None:
        """Return the value for a key, or `None`.  Never raises."""
        return self.entries.get(key.lower())


def parse_hash_table(
    text: str, *, kind: str, origin: str, check: Callable[[str], object] | None = None
) -> HashTable:
    """Return the table of a text with a key and a value in each line.

    Args:
        text: What is in the file.
        kind: What the admin calls it, `hash`.
        origin: Its name, for the errors.
        check: Raises `InvalidValue` for a value that cannot be used.

    Raises:
        TableError: A key without a value, a quote that is open, a value that
            `check` refuses.
    """

    def entries() -> Iterator[tuple[int, str, str]]:
        for line, content in logical_lines(text, origin=origin):
            yield line, *read_entry(content, origin=origin, line=line)

    return _table(entries, kind=kind, origin=origin, check=check)


def parse_inline_table(
    text: str, *, origin: str, check: Callable[[str], object] | None = None
) -> HashTable:
    """Return the table that a spec holds itself: `{ key=value, { key = two words } }`.

    Args:
        text: The braces and what is between them.
        origin: The setting it stands in, for the errors.
        check: Raises `InvalidValue` for a value that cannot be used.

    Raises:
        TableError: A brace that is missing, no entry, an entry without key or
            value, a value that `check` refuses.
    """
    return _table(lambda: _inline_entries(text, origin), kind="inline", origin=origin, check=check)


def _table(
    read: Callable[[], Iterator[tuple[int, str, str]]],
    *,
    kind: str,
    origin: str,
    check: Callable[[str], object] | None,
) -> HashTable:
    entries: dict[str, str] = {}
    # Of a million values there are a few distinct ones: each is kept once.
    distinct: dict[str, str] = {}
    defects = []
    for line, written, value in read():
        key = written.lower()
        if key in entries:
            what = f"{origin}:{line}: key {written!r} stands further up too; the first counts"
            defects.append(Defect(code="table-duplicate-key", message=what))
            continue
        if key[-1:] == ":":
            what = f"{origin}:{line}: key {written!r} ends in a colon, as in an aliases file"
            defects.append(Defect(code="table-key-colon", message=what))
        entries[key] = distinct.setdefault(value, value)
    if check is not None:
        for value in distinct:
            _check(value, check, read, origin)
    return HashTable(name=table_name(kind, origin), entries=entries, defects=tuple(defects))


def _check(
    value: str,
    check: Callable[[str], object],
    read: Callable[[], Iterator[tuple[int, str, str]]],
    origin: str,
) -> None:
    try:
        check(value)
    except InvalidValue as error:
        # Lines are not kept; where one is wanted, the text is read again.
        line = next(line for line, _, found in read() if found == value)
        raise TableError(str(error), origin=origin, line=line) from error


def _inline_entries(text: str, origin: str) -> Iterator[tuple[int, str, str]]:
    content = text.strip()
    # What stands before the content moves its lines.
    above = text[: text.find(content)].count("\n")
    if content[:1] != "{" or content[-1:] != "}" or len(content) == 1:
        message = f"inline: {content[:80]!r} does not stand in braces"
        raise TableError(message, origin=origin, line=1 + above)
    place, counted, line = 1, 0, 1 + above
    end = len(content) - 1
    while True:
        place = _SEPARATOR.match(content, place, end).end()  # type: ignore[union-attr]  # it always matches
        line += content.count("\n", counted, place)
        counted = place
        if place == end:
            break
        key, value, place = _inline_entry(content, place, end)
        if not key or not value:
            found = content[counted : min(end, counted + 80)]
            message = f"inline: {found!r} is no entry: key=value, or {{ key = some words }}"
            raise TableError(message, origin=origin, line=line)
        yield line, key, value
    # Nothing but white space and commas.


def _inline_entry(content: str, place: int, end: int) -> tuple[str, str, int]:
    """Return the key and the value of the entry at a place, and where it ends."""
    if content[place] != "{":
        match = _PLAIN.match(content, place, end)
        return ("", "", place) if match is None else (match[1], match[2], match.end())
    depth = 0
    for brace in _BRACE.finditer(content, place, end):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            key, _, value = content[place + 1 : brace.start()].partition("=")
            return key.strip(), value.strip(), brace.end()
    return "", "", place
