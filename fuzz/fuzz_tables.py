"""Fuzz `parse_table`, for each kind, and look-ups in what it gives.

The first line of an input is the key that is looked up, the rest is the table.

Invariant.
- Any text is a table, or `TableError` with its origin and a line of the text.
- Any key has a value or none, and so has every key that `search` makes of it.
- Lines that end with CRLF are the same table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.errors import TableError
from dsnlib.replies.search import address_keys, host_keys, network_keys
from dsnlib.replies.tables import FILE_KINDS, SPEC_KINDS, parse_table
from fuzz.alphabet import expand, text_of

if TYPE_CHECKING:
    from dsnlib.replies.tables import TextTable

__all__ = ["READS", "TABLE", "check"]

READS = (
    "dsnlib.replies.tables",
    "dsnlib.replies.table_text",
    "dsnlib.replies.pattern_table",
    "dsnlib.replies.cidr_table",
    "dsnlib.replies.hash_table",
    "dsnlib.replies.search",
)

# One kind of those that are read alike.
_KINDS = sorted(FILE_KINDS - {"btree", "cdb", "dbm", "lmdb", "sdbm", "texthash"} | SPEC_KINDS)

# The words of every kind of table, and what stands in their keys.
TABLE = (
    b"\n",
    b"\n ",
    b"\r\n",
    b"\n# ",
    b"\nif ",
    b"\nif !",
    b"\nendif",
    b"\n!",
    b" REJECT 5.7.1 no",
    b" DUNNO",
    b" $1",
    b" ${2}",
    b" $(1)",
    b" $$",
    b"/^",
    b"$/",
    b"/im ",
    b"/x ",
    b"/sAU ",
    b"(.*)",
    b"(a|b)",
    b"[[:alpha:]]",
    b"[^",
    b"\\1",
    b"\\h",
    b"\\Q",
    b"\\E",
    b"\\/",
    b"(?=",
    b"(?:",
    b"(*UTF8)",
    b"{1,3}",
    b"{,",
    b"*+",
    b"10.0.0.0/8",
    b"10.1.2.3",
    b"192.0.2.0/24",
    b"[2001:db8::]/32",
    b"2001:db8::1",
    b"::ffff:10.1.2.3",
    b"::ffff:10.0.0.0/104",
    b"/0",
    b"{ ",
    b" }",
    b"={",
    b", ",
    b'"',
    b'\\"',
    b"ann+x@a.example.org",
    b'"ann lee"@example.org',
    b"example.org",
    b".org",
    b"@",
    b"<>",
    b"\xef\xbb\xbf",
    b"\xc3\xa4",
    b"\xff",
    b"\x00",
)


def check(data: bytes) -> None:
    """Read one input as every kind of table and assert the invariant."""
    key, _, text = text_of(expand(data, TABLE)).partition("\n")
    keys = [
        key,
        text[:200],
        *address_keys(key, delimiter="+-"),
        *host_keys(key, parents=False),
        *network_keys(key),
    ]
    for kind in _KINDS:
        table = _read(kind, text)
        # What only `re` could do is compiled, and not tried: it may take for ever.
        _read(kind, text, allow_backtracking=True)
        if "\r" in text or kind in SPEC_KINDS:
            if table is not None:
                _ask(table, keys)
        else:
            twin = _read(kind, text.replace("\n", "\r\n"))
            assert (table is None) == (twin is None)
            if table is not None and twin is not None:
                assert _ask(table, keys) == _ask(twin, keys)


def _read(kind: str, text: str, *, allow_backtracking: bool = False) -> TextTable | None:
    try:
        return parse_table(kind, text, origin="fuzz", allow_backtracking=allow_backtracking)
    except TableError as error:
        fault = error
    assert fault.origin == "fuzz"
    assert 1 <= fault.line <= text.count("\n") + 1
    assert str(fault).startswith(f"fuzz:{fault.line}: ")
    return None


def _ask(table: TextTable, keys: list[str]) -> list[str | None]:
    values = [table.lookup(key) for key in keys]
    assert all(isinstance(value, str | None) for value in values)
    return values
