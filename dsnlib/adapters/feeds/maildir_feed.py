"""New mail of a Maildir, moved away when it is stored.

    new/NAME  ->  cur/NAME:2,S     when it is stored; or it is deleted

Rules.
- Only what is in `new` is read, and only regular files: what a link names belongs to
  somebody else, and a pipe would never end.
- What is stored and can be neither moved nor deleted is not read again as long as the run
  lasts.
- A Maildir that is not there is told once, and looked for again.
- However many mails there are, the names of some thousands are in memory.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import itertools
import logging
import os
import stat
from typing import TYPE_CHECKING

from dsnlib.adapters.feeds.feed_item import FeedItem
from dsnlib.adapters.mailboxes.inputs import MESSAGE_OCTETS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MaildirFeed", "require_regular"]

_LOG = logging.getLogger("dsnlib.ingest")
_MOST_NAMES = 4096
# O_NOFOLLOW: a link belongs to somebody else.  O_NONBLOCK: of a pipe nothing is awaited.
_HOW = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_INFO = ":2,"
_SEEN = "S"


class MaildirFeed:
    """Offers the new mail of a Maildir.

    Args:
        path: The Maildir.
        deletes: Whether mail is deleted when it is stored, not moved.
    """

    def __init__(self, path: str, *, deletes: bool = False) -> None:
        self._path = path
        self._new = os.path.join(path, "new")  # noqa: PTH118  pathlib is slow to load
        self._deletes = deletes
        # Mail that has to be passed over, by its name.
        self._passed: set[str] = set()
        self._is_missing = False

    def poll(self) -> Iterator[FeedItem | None]:
        """Yield what is there now; see `Polled`.  Never raises."""
        while True:
            try:
                names = self._names()
            except OSError as error:
                if not self._is_missing:
                    _LOG.warning("%s: cannot be read now: %s", self._new, error.strerror)
                self._is_missing = True
                return
            if self._is_missing:
                _LOG.warning("%s: it is there, going on", self._new)
                self._is_missing = False
            yield from self._offers(names)
            # What was offered has to be moved before it is looked again.
            yield None
            if len(names) < _MOST_NAMES:
                return

    def _names(self) -> list[str]:
        with os.scandir(self._new) as found:
            names = (each.name for each in found if not each.name.startswith("."))
            wanted = (each for each in names if each not in self._passed)
            return sorted(itertools.islice(wanted, _MOST_NAMES))

    def _offers(self, names: list[str]) -> Iterator[FeedItem | None]:
        for name in names:
            place = os.path.join(self._new, name)  # noqa: PTH118  pathlib is slow to load
            try:
                octets, arrived = _read(place)
            except FileNotFoundError:
                continue  # another reader was faster
            except OSError as error:
                self._passed.add(name)
                _LOG.warning("%s: it is passed over: %s", place, error.strerror or error)
                continue
            done = functools.partial(self._done, name)
            yield FeedItem(place, octets, arrived=arrived, done=done, size=len(octets))

    def _done(self, name: str) -> None:
        self._passed.add(name)
        old = os.path.join(self._new, name)  # noqa: PTH118  pathlib is slow to load
        # Somebody else may have moved it, which is as good.
        with contextlib.suppress(FileNotFoundError):
            if self._deletes:
                os.unlink(old)  # noqa: PTH108  the same
            else:
                os.rename(old, os.path.join(self._path, "cur", _seen(name)))  # noqa: PTH104, PTH118  the same
        self._passed.discard(name)


def _seen(name: str) -> str:
    """Return the name in `cur` of a mail that was read."""
    base, info, flags = name.partition(_INFO)
    return base + _INFO + ("".join(sorted({*flags, _SEEN})) if info else _SEEN)


def _read(path: str) -> tuple[bytes, dt.datetime]:
    """Return a mail, or as much of it as tells of a bounce, and when it came."""
    number = os.open(path, _HOW)
    with os.fdopen(number, "rb") as file:
        status = os.fstat(number)
        require_regular(status)
        return file.read(MESSAGE_OCTETS), dt.datetime.fromtimestamp(status.st_mtime, dt.UTC)


def require_regular(status: os.stat_result) -> None:
    """Raise unless a file is a regular one.

    Raises:
        OSError: It is a pipe, a device or a directory.
    """
    if not stat.S_ISREG(status.st_mode):
        message = "it is no regular file"
        raise OSError(message)
