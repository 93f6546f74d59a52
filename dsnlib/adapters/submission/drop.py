r"""A letter is left in the queue's directory, for the server to pick up.

    MAIL FROM:<ann@example.org> RET=HDRS
    RCPT TO:<bob@example.net> NOTIFY=SUCCESS
    DATA
    ...the message to the end of the file, CRLF, no dot doubled...

That is batch SMTP (RFC 2442) but for its end.  The server asks its lists and follows
aliases as if a client had brought it.

Rules.
- A file has its name when the disk has all of it, and not before: what begins with a
  dot is not there yet.
- Who may write into the directory may send.  The server believes the owner of a file to
  be who sends; of one that root has left, it is not told who that was.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from typing import TYPE_CHECKING

from dsnlib.adapters.submission.fault import SubmissionFault

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["MAILDROP", "can_leave", "leave"]

MAILDROP = "maildrop"
"""The directory for letters, below that of the queue."""

# Its group is that of the directory, where that says so: so the server can read it.
_MODE = 0o640


def can_leave(queue: str) -> bool:
    """Tell whether letters can be left in a queue.  Never raises.

    Args:
        queue: Its directory.
    """
    return bool(queue) and os.access(f"{queue}/{MAILDROP}", os.W_OK | os.X_OK)


def leave(queue: str, commands: Sequence[str], chunks: Iterable[bytes]) -> str:
    """Leave a letter, and return its name when the disk has it.

    Args:
        queue: The directory of the queue.
        commands: MAIL and each RCPT, without line ends.
        chunks: The letter, with CRLF.

    Raises:
        SubmissionFault: It cannot be kept.
    """
    directory = f"{queue}/{MAILDROP}"
    name = f"{time.time_ns() // 1000:x}-{os.getpid():x}-{os.urandom(3).hex()}"
    new = f"{directory}/.{name}"
    try:
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
        try:
            _write(file, commands, chunks)
            _give_away(file, directory)
            os.fsync(file)
            os.rename(new, f"{directory}/{name}")  # noqa: PTH104  pathlib is slow to load
        except BaseException:
            # The server removes it some day.
            with contextlib.suppress(OSError):
                os.unlink(new)  # noqa: PTH108  pathlib is slow to load
            raise
        finally:
            os.close(file)
        _sync(directory)
    except OSError as error:
        text = f"the message cannot be kept in {directory}: {error.strerror or error}"
        raise SubmissionFault(os.EX_TEMPFAIL, text) from error
    return name


def _write(file: int, commands: Sequence[str], chunks: Iterable[bytes]) -> None:
    head = "\r\n".join([*commands, "DATA", ""]).encode("utf-8", "surrogateescape")
    for octets in itertools.chain((head,), chunks):
        rest = memoryview(octets)
        while rest:
            rest = rest[os.write(file, rest) :]


def _give_away(file: int, directory: str) -> None:
    """Let the server read what root has written."""
    if os.geteuid() == 0:
        owner = os.stat(directory)  # noqa: PTH116  pathlib is slow to load
        os.fchown(file, owner.st_uid, owner.st_gid)


def _sync(directory: str) -> None:
    # Who may write into a directory may not read it always, and then nobody can do more.
    with contextlib.suppress(PermissionError):
        opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
