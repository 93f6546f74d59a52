"""The compiled form of a catalogue: a `.mo` file of GNU gettext.

The layout::

    file    = magic revision count texts translations ...   seven 32-bit numbers
    texts   = count * (length offset)                        so are translations
    text    = [context EOT] message [NUL plural]
    strings = translation *(NUL translation)

Rules.  Compiled files have no lines, so an error names the file alone.  Every
offset is checked before it is followed.
"""

from __future__ import annotations

import struct

from dsnlib.compose.po import Entry
from dsnlib.errors import CatalogueError

__all__ = ["read_mo"]

_MAGIC = 0x950412DE
_HEADER_OCTETS = 20
_PAIR_OCTETS = 8


def read_mo(data: bytes, *, origin: str = "") -> tuple[Entry, ...]:
    """Return every entry of a `.mo` file in its order, the header among them.

    Raises:
        CatalogueError: It is damaged, or not in UTF-8.
    """
    try:
        return tuple(_entries(data))
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        raise CatalogueError(f"not a compiled catalogue: {error}", origin=origin) from error


def _entries(data: bytes) -> list[Entry]:
    order = "<" if data[:4] == struct.pack("<I", _MAGIC) else ">"
    magic, revision, count, texts, translations = struct.unpack(f"{order}5I", data[:_HEADER_OCTETS])
    if magic != _MAGIC or revision >> 16 > 1:
        raise ValueError("wrong magic number")
    if count * _PAIR_OCTETS > len(data):
        raise ValueError("it is cut short")
    entries = []
    for text, translation in zip(
        _strings(data, order, texts, count),
        _strings(data, order, translations, count),
        strict=True,
    ):
        context, is_there, message = text.rpartition("\x04")
        singular, has_plural, plural = message.partition("\0")
        forms = tuple(translation.split("\0")) if has_plural else (translation,)
        entries.append(
            Entry(0, context if is_there else None, singular, plural if has_plural else None, forms)
        )
    return entries


def _strings(data: bytes, order: str, table: int, count: int) -> list[str]:
    numbers = struct.unpack_from(f"{order}{2 * count}I", data, table)
    strings = []
    for length, offset in zip(numbers[::2], numbers[1::2], strict=True):
        octets = data[offset : offset + length]
        if len(octets) != length:
            raise ValueError("it is cut short")
        strings.append(octets.decode("utf-8"))
    return strings
