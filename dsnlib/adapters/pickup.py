"""Letters that commands have left in the queue's directory go to the intake.

    maildrop/NAME -> envelope, content -> Intake.accept -> 250: the file is removed

`submission.drop` says what is in a file.

Rules.
- Whoever may write into the directory may send, and writes what he likes: what is no
  letter is set aside as `NAME.bad`, told of in the log, and not looked at again.
- The owner of a file is who sends; the Received field names him.
- A letter is claimed by another name, `NAME.taken`, so that one that cannot be removed
  is not taken; and it is removed when the queue has it.  A crash between the two may
  bring it twice, never lose it.
- Where the queue has no room, letters wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import errno
import functools
import logging
import os
import pwd
import stat
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.content import Content
from dsnlib.adapters.delivery_log import log_text
from dsnlib.adapters.intake import ReceivedMessage
from dsnlib.adapters.queue import new_queue_id
from dsnlib.adapters.smtp_command import InvalidCommand, MailCommand, read_mail, read_rcpt
from dsnlib.adapters.submission.drop import MAILDROP
from dsnlib.adapters.submission.fault import SubmissionFault
from dsnlib.adapters.submission.letter import Letter, read_letter
from dsnlib.errors import DsnError, InvalidValue
from dsnlib.model.date import format_date
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import parse_mail_parameters, parse_rcpt_parameters
from dsnlib.replies.session import Client

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dsnlib.adapters.intake import Intake

__all__ = ["Pickup"]

_LOG = logging.getLogger("dsnlib.pickup")
_LOOK_SECONDS = 1.0
# After the queue had no room.
_PAUSE_SECONDS = 10.0
_MOST_AT_ONCE = 20
_MOST_NAMES = 1000
_MEMORY_OCTETS = 65_536
_STALE_SECONDS = 86_400
# MAIL and RCPT of so many recipients as `submission.addresses` takes, at their longest.
_HEAD_OCTETS = 1 << 24
_MOST_RECIPIENTS = 50_000
_BAD = ".bad"
_TAKEN = ".taken"
# What will be no better by the next look, and must not keep others waiting.
_NEVER_READ = frozenset({errno.EACCES, errno.ELOOP, errno.ENXIO, errno.EPERM})
_LOCAL = Client(address="127.0.0.1", hostname="localhost")
_SUCCESS, _TRANSIENT = 2, 4


@attrs.frozen(kw_only=True)
class _Drop:
    """What is in a file."""

    command: MailCommand
    recipients: tuple[Recipient, ...]
    letter: Letter
    owner: str
    came: dt.datetime


class Pickup:
    """Takes letters out of the directory.

    Args:
        queue: The directory of the queue.
        intake: Takes responsibility for them.
        hostname: Our name, for the Received field.
        folder: Where the octets of a large one are written, for the queue to take over.
        most_octets: How large one may be; 0 for any size.
        look_seconds: How often to look.
    """

    def __init__(
        self,
        queue: Path,
        intake: Intake,
        *,
        hostname: str,
        folder: Path,
        most_octets: int = 0,
        look_seconds: float = _LOOK_SECONDS,
    ) -> None:
        self._directory = queue / MAILDROP
        self._intake = intake
        self._hostname = hostname
        self._folder = folder
        self._most_octets = most_octets
        self._look_seconds = look_seconds
        self._is_ending = False

    async def run(self) -> None:
        """Look for letters until the task is cancelled; what is being taken is taken then.

        Raises:
            OSError: The directory cannot be made.
        """
        self._make()
        while True:
            looking = asyncio.ensure_future(self.look())
            try:
                is_fine = await asyncio.shield(looking)
            except asyncio.CancelledError:
                self._is_ending = True
                # What it has failed in is told of at the next start.
                with contextlib.suppress(OSError):
                    await looking
                raise
            except OSError as error:
                _LOG.warning("%s: cannot be read: %s", self._directory, error.strerror)
                is_fine = False
            await asyncio.sleep(self._look_seconds if is_fine else _PAUSE_SECONDS)

    async def look(self) -> bool:
        """Take the letters that are there; tell whether the queue had room for them.

        Raises:
            OSError: The directory cannot be read.
        """
        names = self._names()
        for start in range(0, len(names), _MOST_AT_ONCE):
            group = names[start : start + _MOST_AT_ONCE]
            if self._is_ending or not all(await asyncio.gather(*map(self._take, group))):
                return False
        return True

    def _make(self) -> None:
        """Make the directory, and put in order what a crash has left."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        for path in self._directory.glob(f"*{_TAKEN}"):
            path.rename(path.with_suffix(""))
        # What was never finished.
        oldest = dt.datetime.now(dt.UTC).timestamp() - _STALE_SECONDS
        for path in self._directory.glob(".*"):
            # It may be finished and gone by now.
            with contextlib.suppress(OSError):
                if path.lstat().st_mtime < oldest:
                    path.unlink()

    def _names(self) -> list[str]:
        """Return who waits, in the order of their coming."""
        names = [name for name in os.listdir(self._directory) if "." not in name]  # noqa: PTH208  names are wanted
        return sorted(names)[:_MOST_NAMES]

    async def _take(self, name: str) -> bool:
        """Take one letter; tell whether the queue had room for it."""
        waiting = self._directory / name
        path = self._directory / (name + _TAKEN)
        now = dt.datetime.now(dt.UTC)
        queue_id = new_queue_id(now)
        try:
            waiting.rename(path)
            message = await asyncio.to_thread(self._message, path, queue_id, now)
        except (DsnError, SubmissionFault) as error:
            self._set_aside(path, str(error))
            return True
        except OSError as error:
            _LOG.warning("%s: cannot be picked up: %s", path, error.strerror)
            # It may be the first renaming that has failed.
            with contextlib.suppress(OSError):
                path.rename(waiting)
            return False
        reply = await self._intake.accept(message)
        if reply.code // 100 == _SUCCESS:
            path.unlink(missing_ok=True)
            self._tell(message)
            return True
        if message.content.path is not None:
            message.content.path.unlink(missing_ok=True)
        if reply.code // 100 == _TRANSIENT:
            path.rename(waiting)
            return False
        self._set_aside(path, str(reply))
        return True

    @staticmethod
    def _tell(message: ReceivedMessage) -> None:
        envelope, octets = message.envelope, len(message.content)
        count = len(envelope.recipients)
        event = {
            "event": "picked-up",
            "queue_id": message.queue_id,
            "sender": envelope.sender,
            "user": message.login,
            "octets": octets,
            "recipients": count,
        }
        _LOG.info(
            "%s: from=<%s>, size=%d, nrcpt=%d (picked up)",
            message.queue_id, log_text(envelope.sender), octets, count, extra={"event": event},
        )  # fmt: skip

    def _set_aside(self, path: Path, reason: str) -> None:
        _LOG.error("%s: no letter, and set aside: %s", path, reason)
        try:
            path.rename(path.with_suffix(_BAD))
        except OSError as error:
            _LOG.warning("%s: cannot be renamed: %s", path, error.strerror)

    def _message(self, path: Path, queue_id: str, now: dt.datetime) -> ReceivedMessage:
        """Return what is in a file, as the intake takes it.

        Raises:
            DsnError: It is no letter.
            SubmissionFault: It is too large.
            OSError: It cannot be read.
        """
        drop = self._read(path, now)
        with contextlib.closing(drop.letter):
            return self._received(drop, queue_id, now)

    def _received(self, drop: _Drop, queue_id: str, now: dt.datetime) -> ReceivedMessage:
        recipient = f"\r\n\tfor <{drop.recipients[0].address}>" if len(drop.recipients) == 1 else ""
        trace = f"Received: by {self._hostname} (from {drop.owner})\r\n\tid {queue_id}{recipient};"
        prefix = f"{trace} {format_date(now)}\r\n".encode("utf-8", "surrogateescape")
        envelope = Envelope(
            sender=drop.command.sender,
            mail=drop.command.parameters,
            recipients=drop.recipients,
            smtputf8=drop.command.smtputf8,
            body=drop.command.body,
            arrival=drop.came,
        )
        return ReceivedMessage(
            queue_id=queue_id,
            envelope=envelope,
            content=self._content(drop.letter, queue_id, prefix),
            client=_LOCAL,
            login=drop.owner,
        )

    def _content(self, letter: Letter, queue_id: str, prefix: bytes) -> Content:
        chunks = letter.chunks(stuffs_dots=False)
        if len(letter) <= _MEMORY_OCTETS:
            return Content(body=b"".join(chunks), prefix=prefix)
        path = self._folder / f"{queue_id}.picked"
        with path.open("xb") as file:
            first = next(chunks)
            file.write(first)
            file.writelines(chunks)
            octets = file.tell()
        return Content(body=first, path=path, octets=octets, prefix=prefix)

    def _read(self, path: Path, now: dt.datetime) -> _Drop:
        # A link would lead to what its maker may not read, and a pipe nowhere.
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
            letter = read_letter(file, ends_at_dot=False, most_octets=self._most_octets)
        finally:
            os.close(file)
        try:
            return self._drop(lines, letter, found, now)
        except BaseException:
            letter.close()
            raise

    @staticmethod
    def _drop(
        lines: Sequence[str], letter: Letter, found: os.stat_result, now: dt.datetime
    ) -> _Drop:
        parse = functools.partial(parse_mail_parameters, smtputf8=True)
        try:
            command = read_mail(_argument(lines[0], "MAIL "), parse=parse)
            recipients = tuple([_recipient(line) for line in lines[1:]])
        except InvalidCommand as error:
            raise InvalidValue(str(error.reply), value=error.value) from error
        return _Drop(
            command=command,
            recipients=recipients,
            letter=letter,
            owner=_owner(found.st_uid),
            came=min(dt.datetime.fromtimestamp(found.st_mtime, dt.UTC), now),
        )


def _head(file: int) -> Sequence[str]:
    """Return the commands of a file, and leave its position behind them.

    Raises:
        InvalidValue: There are none.
    """
    head = b""
    end = -1
    while end < 0 and len(head) <= _HEAD_OCTETS:
        chunk = os.read(file, _MEMORY_OCTETS)
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
    if not 1 < len(lines) <= _MOST_RECIPIENTS + 1:
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


def _owner(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
