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
- What is left is what the server takes: one that is too large, or has too many
  recipients, is refused while there is somebody to be told.
- Who may write into the directory may send.  The server believes the owner of a file to
  be who sends; of one that root has left, it is not told who that was.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import time
from typing import TYPE_CHECKING

from dsnlib.adapters.submission.fault import SubmissionFault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["HEAD_OCTETS", "MAILDROP", "MOST_RECIPIENTS", "can_leave", "leave"]

MAILDROP = "maildrop"
"""The directory for letters, below that of the queue."""
MOST_RECIPIENTS = 50_000
"""How many recipients a letter may have."""
HEAD_OCTETS = 1 << 24
"""How many octets MAIL and RCPT may have in all."""

# Its group is that of the directory, where that says so: so the server can read it.
_MODE = 0o640


def can_leave(queue: str) -> bool:
    """Tell whether letters can be left in a queue.  Never raises.

    Args:
        queue: Its directory.
    """
    return bool(queue) and os.access(f"{queue}/{MAILDROP}", os.W_OK | os.X_OK)


def leave(
    queue: str, commands: Sequence[str], chunks: Iterable[bytes], *, most_octets: int = 0
) -> str:
    """Leave a letter, and return its name when the disk has it.

    Args:
        queue: The directory of the queue.
        commands: MAIL and each RCPT, without line ends.
        chunks: The letter, with CRLF.
        most_octets: How large it may be, a line end counted as one; 0 for any size.

    Raises:
        SubmissionFault: It cannot be kept, or would not be taken.
    """
    head = "\r\n".join([*commands, "DATA", ""]).encode("utf-8", "surrogateescape")
    if len(commands) > MOST_RECIPIENTS + 1 or len(head) > HEAD_OCTETS:
        text = f"there are more than the {MOST_RECIPIENTS} recipients that a message can have"
        raise SubmissionFault(os.EX_DATAERR, text)
    directory = f"{queue}/{MAILDROP}"
    name = f"{time.time_ns() // 1000:x}-{os.getpid():x}-{os.urandom(3).hex()}"
    new = f"{directory}/.{name}"
    try:
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
        try:
            _give_away(file, directory)
            _write(file, itertools.chain((head,), _counted(chunks, most_octets)))
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


def _counted(chunks: Iterable[bytes], most_octets: int) -> Iterator[bytes]:
    octets = 0
    for chunk in chunks:
        octets += len(chunk) - chunk.count(b"\n")
        if 0 < most_octets < octets:
            text = f"the message has more than the {most_octets} octets that are taken"
            raise SubmissionFault(os.EX_DATAERR, text)
        yield chunk


def _write(file: int, chunks: Iterable[bytes]) -> None:
    for octets in chunks:
        rest = memoryview(octets)
        while rest:
            rest = rest[os.write(file, rest) :]


def _give_away(file: int, directory: str) -> None:
    """Let the server read what somebody else has written.

    Raises:
        PermissionError: It could not.
    """
    owner, own = os.stat(directory), os.fstat(file)  # noqa: PTH116  pathlib is slow to load
    if os.geteuid() == 0:
        os.fchown(file, owner.st_uid, owner.st_gid)
    elif own.st_uid != owner.st_uid:
        if own.st_gid != owner.st_gid:
            raise PermissionError(errno.EPERM, "the server could not read it: mode 3730 is missing")
        # Programs such as cron leave the group nothing by their mask.
        os.fchmod(file, _MODE)


def _sync(directory: str) -> None:
    # Who may write into a directory may not read it always, and then nobody can do more.
    with contextlib.suppress(PermissionError):
        opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
