"""A file of the queue's directory for letters -> its commands, its letter, its owner.

`drop` says what is in one, and writes it.

Rules.
- Whoever has written it may have written anything, and may have put anything in its place:
  a link would lead to what he may not read, and a pipe nowhere.
- What is read is bounded, and so is what is kept in memory of it.
"""

from __future__ import annotations

import datetime as dt
import errno
import functools
import os
import pwd
import stat
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.smtp_command import InvalidCommand, MailCommand, read_mail, read_rcpt
from dsnlib.adapters.submission.drop import HEAD_OCTETS, MOST_RECIPIENTS
from dsnlib.adapters.submission.letter import Letter, read_letter
from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Recipient
from dsnlib.model.esmtp import parse_mail_parameters, parse_rcpt_parameters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Dropped", "read_dropped"]

_CHUNK_OCTETS = 65_536
# What will be no better by the next look.
_NEVER_READ = frozenset({errno.EACCES, errno.ELOOP, errno.ENXIO, errno.EPERM})


@attrs.frozen(kw_only=True)
class Dropped:
    """What is in a file.

    Args:
        command: MAIL.
        recipients: Those of each RCPT.
        letter: The letter; whoever asked for it closes it.
        owner: The name of whoever has written the file.
        came: When.
    """

    command: MailCommand
    recipients: tuple[Recipient, ...]
    letter: Letter
    owner: str
    came: dt.datetime


def read_dropped(path: Path, *, now: dt.datetime, most_octets: int = 0) -> Dropped:
    """Return what is in a file.

    Args:
        path: The file.
        now: The time; no file is from later.
        most_octets: How large the letter may be, a line end counted as one; 0 for any size.

    Raises:
        DsnError: It is no letter.
        SubmissionFault: It is too large.
        OSError: It cannot be read.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        file = os.open(path, flags)
    except OSError as error:
        if error.errno not in _NEVER_READ:
            raise
        message = f"it cannot be read: {error.strerror}"
        raise InvalidValue(message, value=str(path)) from error
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            message = "it is no file of its own"
            raise InvalidValue(message, value=str(path))
        lines = _head(file)
        letter = read_letter(file, ends_at_dot=False, most_octets=most_octets)
    finally:
        os.close(file)
    try:
        return _dropped(lines, letter, found, now)
    except BaseException:
        letter.close()
        raise


def _dropped(
    lines: Sequence[str], letter: Letter, found: os.stat_result, now: dt.datetime
) -> Dropped:
    parse = functools.partial(parse_mail_parameters, smtputf8=True)
    try:
        command = read_mail(_argument(lines[0], "MAIL "), parse=parse)
        recipients = tuple([_recipient(line) for line in lines[1:]])
    except InvalidCommand as error:
        raise InvalidValue(str(error.reply), value=error.value) from error
    return Dropped(
        command=command,
        recipients=recipients,
        letter=letter,
        owner=_owner(found.st_uid),
        came=_came(found.st_mtime, now),
    )


def _head(file: int) -> Sequence[str]:
    """Return the commands of a file, and leave its position behind them.

    Raises:
        InvalidValue: There are none.
    """
    head = bytearray()
    end = -1
    while end < 0 and len(head) <= HEAD_OCTETS:
        chunk = os.read(file, _CHUNK_OCTETS)
        if not chunk:
            break
        start = max(len(head) - len("\r\nDATA\r\n"), 0)
        head += chunk
        end = head.find(b"\r\nDATA\r\n", start)
    if end < 0:
        message = "there are no commands"
        raise InvalidValue(message, value=None)
    os.lseek(file, end + len("\r\nDATA\r\n"), os.SEEK_SET)
    lines = head[:end].decode("utf-8", "surrogateescape").split("\r\n")
    if not 1 < len(lines) <= MOST_RECIPIENTS + 1:
        message = "there is no recipient, or there are too many"
        raise InvalidValue(message, value=None)
    return lines


def _argument(line: str, verb: str) -> str:
    """Return what stands behind a verb.

    Raises:
        InvalidValue: There is another one.
    """
    if not line.upper().startswith(verb):
        message = f"{line[:40]!r} stands where {verb} has to"
        raise InvalidValue(message, value=line)
    return line[len(verb) :]


def _recipient(line: str) -> Recipient:
    parse = functools.partial(parse_rcpt_parameters, smtputf8=True)
    command = read_rcpt(_argument(line, "RCPT "), parse=parse)
    return Recipient(command.recipient, command.parameters)


def _came(seconds: float, now: dt.datetime) -> dt.datetime:
    """Return when a file was written, as far as its owner, who can say anything, is right."""
    try:
        return min(dt.datetime.fromtimestamp(seconds, dt.UTC), now)
    except (OverflowError, ValueError, OSError):
        return now


def _owner(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
