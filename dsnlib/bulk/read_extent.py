"""Every message of an extent, as entries: what a worker reads by itself.

Rules.
- An extent of an mbox has the messages whose separators begin in it: those of all extents
  together are those of the whole, by the rules of `adapters.mailboxes.mbox`.
- A member of an archive may be an mbox, and is one by the same rules.  An archive in an
  archive is not opened.
- What cannot be read becomes an entry with an error, and the rest is read.
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from dsnlib.adapters.mailboxes.inputs import (
    HEAD_OCTETS,
    MESSAGE_OCTETS,
    Entry,
    ReadError,
    read_inputs,
    read_mbox_message,
    read_stream,
)
from dsnlib.adapters.mailboxes.mbox import LOOKBEHIND_OCTETS, find_line_end, split_mbox
from dsnlib.bulk.open_plain import is_compressed, open_plain
from dsnlib.bulk.parquet import read_column
from dsnlib.bulk.rows import CONTENT
from dsnlib.bulk.shard import Extent, Form
from dsnlib.bulk.tar import Damage, is_tar, read_members

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read_extent"]

_PARQUET = b"PAR1"
_BUFFER_OCTETS = 1 << 16
# Enough to tell what a file is: a header of tar has 512 octets.
_LOOK_OCTETS = 1024


class _Peekable(Protocol):
    """A stream whose next octets can be looked at."""

    def peek(self, size: int, /) -> bytes: ...


def read_extent(extent: Extent, *, column: str = CONTENT) -> Iterator[Entry]:
    """Yield every message of an extent, or what stands in its way.  Never raises.

    Args:
        extent: What to read.
        column: Where the messages of a Parquet file are.
    """
    last: Entry | None = None
    try:
        for last in _read(extent, column):
            yield last
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or str(error)
        code = "missing" if isinstance(error, FileNotFoundError) else "unreadable"
        if last is not None:  # which tells how far it came
            reason = f"{reason} (after {_place(last)})"
        exit_ = os.EX_NOINPUT if last is None else os.EX_IOERR
        yield Entry(extent.file, None, None, ReadError(code, reason, exit_))


def _place(entry: Entry) -> str:
    return entry.file if entry.message is None else f"{entry.file}: message {entry.message}"


def _read(extent: Extent, column: str) -> Iterator[Entry]:
    if extent.form == Form.PARQUET:
        yield from read_column(extent.file, start=extent.start, end=extent.end, column=column)
        return
    if os.path.isdir(extent.file):  # noqa: PTH112  pathlib takes twice the time
        # One that cannot be walked, or is empty: reading it tells.
        yield from read_inputs([extent.file])
        return
    with io.BufferedReader(io.FileIO(extent.file), _BUFFER_OCTETS) as stream:
        if extent.form == Form.MBOX:
            yield from _read_mbox(extent, cast("BinaryIO", stream))
        elif extent.form == Form.TAR:
            stream.seek(extent.start)
            yield from _read_tar(extent.file, cast("BinaryIO", stream), extent.start, extent.end)
        elif stream.peek(len(_PARQUET)).startswith(_PARQUET):
            yield from read_column(extent.file, column=column)
        else:
            yield from _read_whole(extent.file, stream)


def _read_whole(file: str, stream: _Peekable) -> Iterator[Entry]:
    head = stream.peek(_LOOK_OCTETS)
    if is_compressed(head):
        with open_plain(cast("BinaryIO", stream), head) as plain:
            head = plain.peek(_LOOK_OCTETS)
            if is_compressed(head):
                yield _nested(file)
            else:
                for entry in _read_opened(file, plain, head):
                    # Nothing is in it, because it ends where the damage begins.
                    if plain.fault is None or entry.error is None or entry.error.code != "no-mail":
                        yield entry
            if plain.fault is not None:
                raise OSError(plain.fault)
    else:
        yield from _read_opened(file, stream, head)


def _read_opened(file: str, stream: _Peekable, head: bytes) -> Iterator[Entry]:
    if is_tar(head):
        yield from _read_tar(file, cast("BinaryIO", stream), 0, None)
    else:
        yield from read_stream(file, cast("BinaryIO", stream), count_octets=True)


def _read_mbox(extent: Extent, stream: BinaryIO) -> Iterator[Entry]:
    line_end = find_line_end(stream.read(HEAD_OCTETS))
    # What stands before a separator is part of what makes it one.
    base = max(extent.start - LOOKBEHIND_OCTETS, 0)
    stream.seek(base)
    messages = split_mbox(b"", stream, most_octets=MESSAGE_OCTETS, line_end=line_end)
    for message in messages:
        start = base + message.start
        if start >= extent.end:
            return
        if start >= extent.start:
            yield read_mbox_message(extent.file, start, message)
        if message.octets is not None and start + len(message.octets) >= extent.end:
            return


def _read_tar(file: str, stream: BinaryIO, start: int, end: int | None) -> Iterator[Entry]:
    for found in read_members(stream, start=start, end=end):
        source = f"{file}/{found.name}" if found.name else file
        if isinstance(found, Damage):
            reason = f"{found.reason} (octet {found.start} of the archive)"
            error = ReadError("damaged-archive", reason, os.EX_DATAERR)
            yield Entry(source, None, None, error)
            continue
        content = io.BufferedReader(found.stream, _BUFFER_OCTETS)
        head = content.peek(_LOOK_OCTETS)
        if is_compressed(head) or is_tar(head):
            yield _nested(source)
        else:
            yield from read_stream(source, cast("BinaryIO", content), count_octets=True)


def _nested(source: str) -> Entry:
    reason = "an archive in an archive is not opened"
    return Entry(source, None, None, ReadError("nested-archive", reason, os.EX_DATAERR))
