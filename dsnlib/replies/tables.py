"""Look-up tables from the text that Postfix admins have, by the name of their kind.

    hash, btree, lmdb, cdb, dbm, sdbm, texthash   a key and a value in each line
    regexp, pcre                                  expressions
    cidr                                          networks
    inline                                        { key=value, { key = two words } }
    static                                        one value for every key

Rules.
- The text is what counts; a compiled file beside it is not looked at.
- What is bad in a table is told when it is read, with its line, and not when mail
  arrives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

import attrs

from dsnlib.errors import Defect, TableError
from dsnlib.replies.cidr_table import parse_cidr_table
from dsnlib.replies.hash_table import parse_hash_table, parse_inline_table
from dsnlib.replies.pattern_table import parse_pattern_table
from dsnlib.replies.table_text import ValueCheck, table_name

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FILE_KINDS", "KEY_KINDS", "SPEC_KINDS", "StaticTable", "TextTable", "parse_table"]

KEY_KINDS = frozenset({"btree", "cdb", "dbm", "hash", "lmdb", "sdbm", "texthash"})
"""The kinds whose file has a key and a value in each line."""
_PATTERNS = frozenset({"pcre", "regexp"})
FILE_KINDS = KEY_KINDS | _PATTERNS | {"cidr"}
"""The kinds whose text is a file's."""
SPEC_KINDS = frozenset({"inline", "static"})
"""The kinds whose text stands behind their name."""


class TextTable(Protocol):
    """A table that was read from text: it answers at once, and never fails."""

    @property
    def name(self) -> str:
        """How messages name it."""

    @property
    def has_fixed_keys(self) -> bool:
        """Whether part of an address is a key of its own."""

    @property
    def defects(self) -> tuple[Defect, ...]:
        """What was passed over while reading, each with its line."""

    def lookup(self, key: str) -> str | None:
        """Return the value for a key, or `None`.  Never raises."""


@attrs.frozen(kw_only=True)
class StaticTable:
    """One value, whatever the key.

    Args:
        name: How messages name it.
        value: The value.
        defects: None; for the sake of the other tables.
    """

    has_fixed_keys: ClassVar[bool] = True

    name: str
    value: str
    defects: tuple[Defect, ...] = ()

    def lookup(self, key: str) -> str:  # noqa: ARG002  every key has the same value
        """Return the value.  Never raises."""
        return self.value


def parse_table(
    kind: str,
    text: str,
    *,
    origin: str,
    check: Callable[[str], object] | None = None,
    allow_backtracking: bool = False,
) -> TextTable:
    """Return the table of a text.

    >>> table = parse_table("cidr", "192.0.2.0/24 REJECT", origin="clients.cidr")
    >>> table.name, table.lookup("192.0.2.7")
    ('cidr:clients.cidr', 'REJECT')

    Args:
        kind: One of `FILE_KINDS` or `SPEC_KINDS`, in any case.
        text: What is in the file, or stands behind the kind.  A file's was decoded
            by `dsnlib.model.text.decode_wire`, so that no octet is lost.
        origin: The name of the file or setting, for messages.
        check: Raises `InvalidValue` for a value that cannot be used.  It is asked
            once for each distinct value; not for one of a pattern whose first word
            depends on what the pattern finds.
        allow_backtracking: Whether a pattern that cannot be matched in linear time
            is taken all the same.  Dangerous: see `parse_pattern_table`.

    Raises:
        TableError: There is no such kind, or the text breaks the rules of its kind.
    """
    kind = kind.lower()
    if kind in KEY_KINDS:
        return parse_hash_table(text, kind=kind, origin=origin, check=check)
    if kind in _PATTERNS:
        return parse_pattern_table(
            text, kind=kind, origin=origin, check=check, allow_backtracking=allow_backtracking
        )
    if kind == "cidr":
        return parse_cidr_table(text, origin=origin, check=check)
    if kind == "inline":
        return parse_inline_table(text, origin=origin, check=check)
    if kind == "static":
        return _parse_static(text, origin, check)
    known = ", ".join(sorted(FILE_KINDS | SPEC_KINDS))
    raise TableError(f"there is no kind of table {kind[:80]!r}; there are {known}", origin=origin)


def _parse_static(text: str, origin: str, check: Callable[[str], object] | None) -> StaticTable:
    value = text.strip()
    if value[:1] == "{" and value[-1:] == "}" and len(value) > 1:
        value = value[1:-1].strip()
    if not value:
        raise TableError("static: there is no value", origin=origin, line=1)
    ValueCheck(check, origin=origin)(value, 1)
    return StaticTable(name=table_name("static", origin), value=value)
