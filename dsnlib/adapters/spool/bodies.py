"""The files that hold the octets of queued messages: `messages/xx/QUEUEID`.

Small messages that are queued at the same moment go into one file, because what
costs time is not the octets but to wait for the disk once for each file.  A large
message has a file of its own; one that is in a file already is taken over by a link.

Rules.
- Whoever is told of a `Place` has its octets on the disk, and the name of the file too.
- No file is ever written over: its name is new, or another one is taken.
- A file goes when no message of the queue has its place in it, and not before.
- What stands in `incoming` belongs to nobody after a start.
"""

from __future__ import annotations

import errno
import functools
import logging
import os
import shutil
from typing import TYPE_CHECKING, TypeVar

import attrs

from dsnlib.adapters.content import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["Bodies", "Place", "is_small", "is_small_place", "sync_directory"]

_Made = TypeVar("_Made")
_LOG = logging.getLogger("dsnlib.queue")

# Chosen by us: one that waits keeps the whole file, so a file is not large; and a
# larger message gains nothing from sharing one.
_SMALL_OCTETS = 32_768
_SHARED_OCTETS = 131_072
_HEAD_OCTETS = 65_536
# A queue identifier ends in two characters that count, before which stand those of
# the time in microseconds: the last of these two changes every half a minute, so what
# is queued together is in one directory, and there are 961 of them at most.
_BUCKET = slice(-9, -7)
# What stands in the way of a link; then the octets are copied.
_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP})


@attrs.frozen
class Place:
    """Where the octets of a message are.

    Args:
        file: The name of the file below `messages`.
        start: Where they begin in it.
        octets: How many there are.
        prefix: What stands before them in the message and not in the file.
    """

    file: str
    start: int
    octets: int
    prefix: bytes = attrs.field(default=b"", repr=False)


def is_small(content: Content) -> bool:
    """Tell whether a content shares its file with others.  Never raises."""
    return content.path is None and len(content) <= _SMALL_OCTETS


def is_small_place(place: Place) -> bool:
    """Tell whether the octets of a place are read into memory at once.  Never raises."""
    return place.octets <= _SMALL_OCTETS


class Bodies:
    """The files of a queue.

    Args:
        directory: The queue's, which is there.
    """

    def __init__(self, directory: Path) -> None:
        self.messages = directory / "messages"
        self.incoming = directory / "incoming"

    def make(self) -> None:
        """Make the directories that are missing.

        Raises:
            OSError: They cannot be made.
        """
        for each in (self.messages, self.incoming):
            each.mkdir(mode=0o700, exist_ok=True)
        sync_directory(self.messages.parent)

    def pack(self, contents: Sequence[tuple[str, Content]]) -> list[Place]:
        """Write small contents, in few files.

        Args:
            contents: Each with the identifier of its message.

        Returns:
            The place of each, in order.

        Raises:
            OSError: Not all could be written, and none is there.
        """
        places: list[Place] = []
        bucket = self._bucket(contents[0][0])
        try:
            for shared in _divided(contents):
                octets = [content.read() for _, content in shared]
                name, file = _make_anew(self.messages, f"{bucket}/{shared[0][0]}", _open_new)
                start = 0
                for each in octets:
                    places.append(Place(name, start, len(each)))
                    start += len(each)
                _write_and_close(file, b"".join(octets))
            sync_directory(self.messages / bucket)
        except BaseException:
            self.discard({place.file for place in places})
            raise
        return places

    def take(self, queue_id: str, content: Content) -> Place:
        """Give a content a file of its own, and take over the one it is in.

        The file that it was in stays until `discard_sources`.

        Args:
            queue_id: The identifier of its message.
            content: It.

        Raises:
            OSError: It could not be kept, and nothing of it is there.
        """
        owned = self.owned(content)
        if owned is not None:
            return owned
        bucket = self._bucket(queue_id)
        wanted = f"{bucket}/{queue_id}"
        if content.path is None:
            name, file = _make_anew(self.messages, wanted, _open_new)
            finish = functools.partial(_write_and_close, file, content.head)
            place = Place(name, 0, len(content))
        else:
            name, _ = _make_anew(self.messages, wanted, functools.partial(_link, content.path))
            finish = functools.partial(_sync_file, self.messages / name, content.octets)
            place = Place(name, 0, content.octets, content.prefix)
        try:
            finish()
            sync_directory(self.messages / bucket)
        except BaseException:
            self.discard((name,))
            raise
        return place

    def owned(self, content: Content) -> Place | None:
        """Return the place of a content that the queue has already, or `None`."""
        path = content.path
        if path is None or path.parent.parent != self.messages:
            return None
        return Place(f"{path.parent.name}/{path.name}", 0, content.octets, content.prefix)

    def read(self, place: Place) -> Content:
        """Return the octets of a place: in memory if they are few, else the file.

        Raises:
            OSError: The file cannot be read, or is too short.
        """
        path = self.messages / place.file
        wanted = place.octets if is_small_place(place) else _HEAD_OCTETS
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < place.start + place.octets:
                raise OSError(errno.EIO, f"{place.file} has lost its end")
            file.seek(place.start)
            octets = file.read(min(wanted, place.octets))
        if is_small_place(place):
            return Content(body=octets, prefix=place.prefix)
        return Content(body=octets, path=path, octets=place.octets, prefix=place.prefix)

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Yield the name of every file, and how large it is.

        Raises:
            OSError: A directory cannot be read.
        """
        with os.scandir(self.messages) as buckets:
            for bucket in buckets:
                if not bucket.is_dir(follow_symlinks=False):
                    continue
                with os.scandir(bucket.path) as files:
                    for each in files:
                        yield f"{bucket.name}/{each.name}", each.stat(follow_symlinks=False).st_size

    def discard(self, files: Iterable[str]) -> None:
        """Remove files.  Never raises: what stays is found at the next start."""
        self.discard_sources(self.messages / name for name in files)

    def discard_sources(self, paths: Iterable[Path]) -> None:
        """Remove files that the queue has under another name now.  Never raises."""
        for path in paths:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                _LOG.warning("%s: cannot be removed: %s", path, error.strerror)

    def clear_incoming(self) -> int:
        """Remove what was being received when the process ended, and tell how much.

        Raises:
            OSError: The directory cannot be read.
        """
        left = list(self.incoming.iterdir())
        self.discard_sources(left)
        return len(left)

    def _bucket(self, queue_id: str) -> str:
        """Return the directory for a message, which is there."""
        bucket = queue_id[_BUCKET].rjust(2, "0")
        path = self.messages / bucket
        if not path.is_dir():
            path.mkdir(mode=0o700, exist_ok=True)
            sync_directory(self.messages)
        return bucket


def sync_directory(path: Path) -> None:
    """Wait until the names in a directory are on the disk.

    Raises:
        OSError: They are not.
    """
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _divided(contents: Sequence[tuple[str, Content]]) -> Iterator[list[tuple[str, Content]]]:
    """Yield what goes into one file."""
    shared: list[tuple[str, Content]] = []
    octets = 0
    for each in contents:
        if shared and octets + len(each[1]) > _SHARED_OCTETS:
            yield shared
            shared, octets = [], 0
        shared.append(each)
        octets += len(each[1])
    yield shared


def _write_and_close(file: int, octets: bytes) -> None:
    try:
        rest = memoryview(octets)
        while rest:
            rest = rest[os.write(file, rest) :]
        os.fsync(file)
    finally:
        os.close(file)


def _make_anew(directory: Path, name: str, make: Callable[[Path], _Made]) -> tuple[str, _Made]:
    """Make a file under a name that is free, and return the name and what was made."""
    free = name
    number = 0
    while True:
        try:
            return free, make(directory / free)
        except FileExistsError:
            number += 1
            free = f"{name}-{number}"


def _open_new(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)


def _link(source: Path, path: Path) -> None:
    """Give a file another name, or what is in it, where it can have none there."""
    try:
        os.link(source, path)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        os.close(_open_new(path))
        try:
            shutil.copyfile(source, path)
        except BaseException:
            path.unlink()
            raise


def _sync_file(path: Path, octets: int) -> None:
    """Wait until a file is on the disk, which must have so many octets."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(file).st_size
        if size != octets:
            raise OSError(errno.EIO, f"{path.name} has {size} octets and not {octets}")
        os.fsync(file)
    finally:
        os.close(file)
