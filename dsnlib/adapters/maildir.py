"""Delivery into a Maildir: written, on the disk, and only then in sight.

    tmp/NAME.DRAFT   written and synced
    new/NAME         linked there, and the directory synced

RFC 3461 s5.2.3: delivered is what is in the mailbox, where its owner can read it.

Rules.
- A name is made of the message and the mailbox: what is delivered again after a crash
  is found, in `new` or where a mail program has moved it in `cur`, and is there once.
- Line ends are LF, as mail programs expect them in a file.
- Nothing of the message is changed; what the delivery says of itself stands in front
  (RFC 5321 s4.4).
"""

from __future__ import annotations

import hashlib
import itertools
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib.model.text import encode_wire

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

__all__ = ["Maildir", "in_lines", "maildir_name"]

_PARTS = ("tmp", "new", "cur")
_DIRECTORY_MODE = 0o700
_FILE_MODE = 0o600
_DIGEST_OCTETS = 6
# Drafts have names of their own, so that two who deliver the same do no harm.
_PROCESS = secrets.token_hex(4)
_DRAFTS = itertools.count()


def maildir_name(queue_id: str, mailbox: Path, *, arrival: dt.datetime, host: str) -> str:
    """Return the name of a message in a mailbox, the same each time.

    Args:
        queue_id: The message.
        mailbox: The mailbox.
        arrival: When the message came; with a zone.
        host: The name of this system; `/` and `:` in it are written as Maildir has them.
    """
    digest = hashlib.blake2b(os.fsencode(mailbox), digest_size=_DIGEST_OCTETS).hexdigest()
    name = host.replace("/", "\\057").replace(":", "\\072")
    return f"{int(arrival.timestamp())}.Q{queue_id}_{digest}.{name}"


def in_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    r"""Yield octets with LF for each CRLF, and at their end.

    >>> b"".join(in_lines([b"a\r", b"\nb"]))
    b'a\nb\n'
    """
    held = b""
    last = b"\n"
    for chunk in chunks:
        octets = held + chunk
        # A CR at the end may be half a line end.
        held = octets[-1:] if octets[-1:] == b"\r" else b""
        octets = octets[: len(octets) - len(held)].replace(b"\r\n", b"\n")
        if octets:
            last = octets
            yield octets
    if held:
        last = held
        yield held
    if last[-1:] != b"\n":
        yield b"\n"


@attrs.frozen
class Maildir:
    """A mailbox in a directory.

    Args:
        path: The directory; it and what is in it are made when they are needed, for
            their owner alone.
    """

    path: Path

    def deliver(
        self, name: str, prefix: str, chunks: Iterable[bytes], *, since: dt.datetime
    ) -> bool:
        """Put a message into the mailbox, unless it is there.

        Returns when the disk has it.

        Args:
            name: From `maildir_name`.
            prefix: What stands in front of the message, with LF line ends.
            chunks: The message, with CRLF line ends.
            since: When the message came: what is in `cur` since before is not it.

        Returns:
            Whether it was put there now, and not before.

        Raises:
            OSError: It cannot be put there; nothing of it is in sight.
        """
        self._make()
        self._clean(name)
        there = self.path / "new" / name
        if self._has(name, since):
            # What put it there may have ended before the disk had its name.
            _sync_directory(there.parent)
            return False
        draft = self.path / "tmp" / f"{name}.{_PROCESS}-{next(_DRAFTS)}"
        try:
            self._write(draft, prefix, chunks)
            # A link and no rename: what is there is never written over.
            os.link(draft, there)
            is_first = True
        except FileExistsError:
            # Somebody was faster with the same.
            is_first = False
        finally:
            draft.unlink(missing_ok=True)
        _sync_directory(there.parent)
        return is_first

    def _clean(self, name: str) -> None:
        """Remove what a process before this one has left of the message."""
        with os.scandir(self.path / "tmp") as entries:
            for each in entries:
                if each.name.startswith(f"{name}.") and _PROCESS not in each.name:
                    Path(each.path).unlink(missing_ok=True)

    def _make(self) -> None:
        missing = [self.path / part for part in _PARTS if not (self.path / part).is_dir()]
        if not missing:
            return
        if not self.path.is_dir():
            self.path.parent.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
            self.path.mkdir(mode=_DIRECTORY_MODE, exist_ok=True)
            _sync_directory(self.path.parent)
        for each in missing:
            each.mkdir(mode=_DIRECTORY_MODE, exist_ok=True)
        _sync_directory(self.path)

    def _has(self, name: str, since: dt.datetime) -> bool:
        if (self.path / "new" / name).exists():
            return True
        current = self.path / "cur"
        # Nobody has moved anything there since the message came: no need to look.
        # A file system may keep times in whole seconds.
        if current.stat().st_mtime < since.timestamp() - 2:
            return False
        with os.scandir(current) as entries:
            return any(each.name.partition(":")[0] == name for each in entries)

    @staticmethod
    def _write(path: Path, prefix: str, chunks: Iterable[bytes]) -> None:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
        with os.fdopen(number, "wb") as file:
            file.write(encode_wire(prefix))
            for chunk in in_lines(chunks):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    number = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
