"""A log that grows, followed over its rotation, and from where the last run had come to.

Rules.
- A file is known by its first line: renamed it is the same, and what is written anew under
  its name is another one.  So neither rotation nor a copy that is cut off confuses it.
- How far a file was read is a cursor of the store, set when the events are stored: a crash
  has the last lines read again, which adds nothing.
- What was not read of a file before it was rotated or cut off is read first, if it is still
  there beside the log and not compressed.
- Who writes a log goes on with the old file until it is told of the new one: the old one
  has ended when the new one has a line.
- At the start some of what was read already is read again, for what its lines are
  remembered for; it offers nothing.
- A line counts when it has its end.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import hashlib
import logging
import os
from typing import TYPE_CHECKING, BinaryIO

from dsnlib.adapters.feeds.feed_item import FeedItem
from dsnlib.adapters.feeds.line_cutter import LineCutter
from dsnlib.adapters.feeds.line_reader import read_lines
from dsnlib.adapters.feeds.maildir_feed import require_regular
from dsnlib.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsnlib.adapters.feeds.line_reader import LineReader
    from dsnlib.adapters.store import Store

__all__ = ["LogFeed"]

_LOG = logging.getLogger("dsnlib.ingest")
_CHUNK_OCTETS = 1 << 20
# Of the first line: more than enough to tell it from others.
_HEAD_OCTETS = 4096
_DIGITS = 16
# Some thousand lines: a few minutes of a busy server.
_REMEMBERED_OCTETS = 1 << 20
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".lz4")
_SEPARATORS = (".", "-")


class _Opened:
    """A file that is being read.

    Args:
        path: Its name when it was opened.
        file: Itself.
        name: The name of its cursor.
        offset: How far it was read: the start of a line.
    """

    def __init__(self, path: str, file: BinaryIO, name: str, offset: int) -> None:
        self.path = path
        self.file = file
        self.name = name
        self.offset = offset
        self.cutter = LineCutter()


class LogFeed:
    """Offers what a log says.

    Args:
        path: The log.
        reader: Reads its lines; see `make_line_reader`.
        store: Keeps how far it was read.
    """

    def __init__(self, path: str, reader: LineReader, store: Store) -> None:
        self._path = os.path.abspath(path)  # noqa: PTH100  pathlib is slow to load
        self._store = store
        self._reader = reader
        self._opened: _Opened | None = None
        # Whether there may be files beside the log that were not read to their end.
        self._is_rotated = True
        self._trouble = ""

    def poll(self) -> Iterator[FeedItem | None]:
        """Yield what is there now; see `Polled`.  Never raises."""
        try:
            yield from self._poll()
            self._tell("")
        except (OSError, StoreError) as error:
            # The next call goes on from what was stored last.
            self.close()
            reason = error.strerror if isinstance(error, OSError) else None
            self._tell(reason or str(error))

    def close(self) -> None:
        """Let go of the file; twice is fine."""
        if self._opened is not None:
            self._opened.file.close()
            self._opened = None

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            _LOG.warning("%s: cannot be read now: %s", self._path, trouble)
        elif self._trouble and not trouble:
            _LOG.warning("%s: it can be read, going on", self._path)
        self._trouble = trouble

    def _poll(self) -> Iterator[FeedItem | None]:
        yield from self._go_on()
        while self._opened is not None:
            opened = self._opened
            # Looked at before it is read: what comes between is read at the next call.
            is_cut = _is_cut(opened)
            has_ended = is_cut or self._is_replaced(opened)
            if not is_cut:
                yield from self._read(opened, is_last=has_ended)
            if not has_ended:
                return
            yield None
            self.close()
            self._is_rotated = True
            yield from self._go_on()

    def _go_on(self) -> Iterator[FeedItem | None]:
        """Yield what is left of older files, and have the log open, if it has a line."""
        if self._opened is not None:
            return
        if self._is_rotated:
            yield from self._read_rotated()
        self._opened = self._open(self._path)
        # As long as the new one has no line, lines may still come to the old one.
        self._is_rotated = self._opened is None

    def _read_rotated(self) -> Iterator[FeedItem | None]:
        """Yield what was not read of files that were rotated since."""
        directory, base = os.path.split(self._path)
        starts = tuple(base + each for each in _SEPARATORS)
        with os.scandir(directory) as found:
            beside = [
                (each.stat().st_mtime, each.path)
                for each in found
                if each.name.startswith(starts)
                and not each.name.endswith(_COMPRESSED)
                and each.is_file()
            ]
        for _, path in sorted(beside):
            opened = None
            # One that is gone meanwhile, or is not for us, keeps nobody from the log.
            with contextlib.suppress(OSError):
                opened = self._open(path, is_known=True)
            if opened is not None:
                try:
                    yield from self._read(opened, is_last=True)
                    yield None
                finally:
                    opened.file.close()

    def _open(self, path: str, *, is_known: bool = False) -> _Opened | None:
        """Return a file that can be read on; `None` if it has no line yet.

        Args:
            path: Its name.
            is_known: Whether only one is wanted that was read before, in part.
        """
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        file = os.fdopen(number, "rb", buffering=0)
        try:
            status = os.fstat(number)
            require_regular(status)
            head = file.read(_HEAD_OCTETS)
            digest = _digest(head)
            if digest is None:
                file.close()
                return None
            name = f"log {digest} {self._path}"
            offset = self._store.cursor(name)
            if is_known and not 0 < offset < status.st_size:
                file.close()
                return None
            opened = _Opened(path, file, name, offset if offset <= status.st_size else 0)
            self._remember(opened)
        except BaseException:
            file.close()
            raise
        return opened

    def _remember(self, opened: _Opened) -> None:
        """Read again what stands before the place that is gone on from."""
        start = max(opened.offset - _REMEMBERED_OCTETS, 0)
        opened.file.seek(start)
        before = opened.file.read(opened.offset - start)
        lines = before.split(b"\n")[1 if start else 0 :]
        read_lines(lines, self._reader, now=dt.datetime.now(dt.UTC))
        opened.file.seek(opened.offset)

    def _read(self, opened: _Opened, *, is_last: bool) -> Iterator[FeedItem]:
        while chunk := opened.file.read(_CHUNK_OCTETS):
            lines = opened.cutter.cut(chunk)
            opened.offset += len(chunk)
            yield self._offer(opened, lines, len(chunk))
        if is_last and (lines := opened.cutter.rest()):
            yield self._offer(opened, lines, 0)

    def _offer(self, opened: _Opened, lines: list[bytes], size: int) -> FeedItem:
        offset = opened.offset - opened.cutter.waiting_octets
        return FeedItem(
            opened.path,
            events=read_lines(lines, self._reader, now=dt.datetime.now(dt.UTC)),
            done=functools.partial(self._store.advance, opened.name, offset),
            size=size,
        )

    def _is_replaced(self, opened: _Opened) -> bool:
        """Tell whether another file has the name, and a line."""
        try:
            status = os.stat(self._path)  # noqa: PTH116  pathlib is slow to load
        except FileNotFoundError:
            return False  # the next one is not there yet
        current = os.fstat(opened.file.fileno())
        is_other = (status.st_ino, status.st_dev) != (current.st_ino, current.st_dev)
        return is_other and status.st_size > 0


def _is_cut(opened: _Opened) -> bool:
    """Tell whether a file was cut off, and perhaps written anew beyond where it was read."""
    number = opened.file.fileno()
    if os.fstat(number).st_size < opened.offset:
        return True
    return f"log {_digest(os.pread(number, _HEAD_OCTETS, 0))} " not in opened.name


def _digest(head: bytes) -> str | None:
    """Return what a file that begins so is known by; `None` if it has no line yet."""
    line, end, _ = head.partition(b"\n")
    if not end and len(head) < _HEAD_OCTETS:
        return None
    return hashlib.sha256(line).hexdigest()[:_DIGITS]
