"""Letters that commands have left in the queue's directory go to the intake.

    maildrop/NAME -> envelope, content -> Intake.accept -> 250: the file is removed

`submission.dropped` reads a file.

Rules.
- Whoever may write into the directory may send, and writes what he likes: what is no
  letter is set aside as `NAME.bad`, told of in the log, and not looked at again.
- The owner of a file is who sends; the Received field names him.
- A letter is claimed by another name, `NAME.taken`, so that one that cannot be removed
  is not taken; and it is removed when the queue has it.  A crash between the two may
  bring it twice, never lose it.
- Where the queue has no room, letters wait; one that cannot be taken now keeps no other
  from being taken, and is looked at again after a minute.
- Whatever is in the directory, the server goes on.  What was never finished goes after a
  day, and what was set aside after a month.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import enum
import errno
import heapq
import logging
import os
import time
from typing import TYPE_CHECKING

from dsnlib.adapters.content import Content
from dsnlib.adapters.delivery_log import log_text
from dsnlib.adapters.intake import ReceivedMessage
from dsnlib.adapters.queue import new_queue_id
from dsnlib.adapters.submission.drop import MAILDROP
from dsnlib.adapters.submission.dropped import read_dropped
from dsnlib.adapters.submission.fault import SubmissionFault
from dsnlib.errors import DsnError
from dsnlib.model.date import format_date
from dsnlib.model.envelope import Envelope
from dsnlib.replies.session import Client

if TYPE_CHECKING:
    from pathlib import Path

    from dsnlib.adapters.intake import Intake
    from dsnlib.adapters.submission.dropped import Dropped
    from dsnlib.adapters.submission.letter import Letter

__all__ = ["Pickup"]

_LOG = logging.getLogger("dsnlib.pickup")
_LOOK_SECONDS = 1.0
# After the queue had no room.
_PAUSE_SECONDS = 10.0
_MOST_AT_ONCE = 20
_MOST_NAMES = 1000
_MEMORY_OCTETS = 65_536
# How long one waits that could not be taken, though there was room.
_LATER_SECONDS = 60.0
_TIDYING_SECONDS = 3600.0
_DAY_SECONDS = 86_400
_BAD = ".bad"
_TAKEN = ".taken"
# Who left it, and for how long it stays: long enough for somebody to look at it.
_STALE = ((".*", _DAY_SECONDS), (f"*{_BAD}", 30 * _DAY_SECONDS))
_NO_ROOM = frozenset({errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOSPC})
_LOCAL = Client(address="127.0.0.1", hostname="localhost")
_SUCCESS, _TRANSIENT = 2, 4
# "Requested action not taken: insufficient system storage"       RFC 5321 s4.2.3
_FULL = 452


class _Fate(enum.Enum):
    """What became of a file."""

    SETTLED = enum.auto()
    LATER = enum.auto()
    NO_ROOM = enum.auto()


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
        # name -> when it is looked at again
        self._later: dict[str, float] = {}
        self._next_tidying = 0.0

    async def run(self) -> None:
        """Look for letters until the task is cancelled; what is being taken is taken then.

        Raises:
            OSError: The directory cannot be made.
        """
        await asyncio.to_thread(self._make)
        while True:
            if time.monotonic() >= self._next_tidying:
                self._next_tidying = time.monotonic() + _TIDYING_SECONDS
                await asyncio.to_thread(self._tidy)
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
        names = await asyncio.to_thread(self._names)
        for start in range(0, len(names), _MOST_AT_ONCE):
            if self._is_ending:
                return False
            group = names[start : start + _MOST_AT_ONCE]
            fates = await asyncio.gather(*map(self._take, group))
            again = time.monotonic() + _LATER_SECONDS
            self._later |= {
                name: again for name, fate in zip(group, fates, strict=True) if fate is _Fate.LATER
            }
            if _Fate.NO_ROOM in fates:
                return False
        return True

    def _make(self) -> None:
        """Make the directory, and bring back what a crash has left."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        for path in self._directory.glob(f"*{_TAKEN}"):
            self._rename(path, self._directory / path.name.removesuffix(_TAKEN))

    def _tidy(self) -> None:
        """Remove what nobody has asked for in a long time.  Never raises."""
        for pattern, seconds in _STALE:
            oldest = time.time() - seconds
            for path in self._directory.glob(pattern):
                # It may be finished and gone by now, or a directory that somebody has made.
                with contextlib.suppress(OSError):
                    if path.lstat().st_mtime < oldest:
                        path.unlink()

    def _names(self) -> list[str]:
        """Return who waits, in the order of their coming."""
        now = time.monotonic()
        self._later = {name: again for name, again in self._later.items() if again > now}
        with os.scandir(self._directory) as entries:
            waiting = (
                each.name
                for each in entries
                if "." not in each.name and each.name not in self._later
            )
            return heapq.nsmallest(_MOST_NAMES, waiting)

    async def _take(self, name: str) -> _Fate:
        """Take one letter.  Never raises."""
        waiting = self._directory / name
        path = self._directory / (name + _TAKEN)
        try:
            waiting.rename(path)
        except OSError as error:
            return _put_off(waiting, error)
        try:
            fate = await self._hand_over(path)
        except (DsnError, SubmissionFault) as error:
            self._set_aside(path, str(error))
            return _Fate.SETTLED
        except OSError as error:
            fate = _put_off(path, error)
        except Exception:  # noqa: BLE001  a defect of ours keeps no other letter waiting
            _LOG.exception("%s: not picked up, because of a defect here", path)
            fate = _Fate.LATER
        if fate is not _Fate.SETTLED:
            self._rename(path, waiting)
        return fate

    async def _hand_over(self, path: Path) -> _Fate:
        """Give a letter to the intake, and remove it once that has it.

        Raises:
            DsnError: It is no letter.
            SubmissionFault: It is too large.
            OSError: It cannot be read.
        """
        now = dt.datetime.now(dt.UTC)
        message = await asyncio.to_thread(self._message, path, new_queue_id(now), now)
        reply = await self._intake.accept(message)
        if reply.code // 100 == _SUCCESS:
            self._tell(message)
            _remove(path)
            return _Fate.SETTLED
        if message.content.path is not None:
            _remove(message.content.path)
        if reply.code == _FULL:
            return _Fate.NO_ROOM
        if reply.code // 100 == _TRANSIENT:
            return _Fate.LATER
        self._set_aside(path, str(reply))
        return _Fate.SETTLED

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
        self._rename(path, path.with_suffix(_BAD))

    @staticmethod
    def _rename(path: Path, other: Path) -> None:
        try:
            path.rename(other)
        except OSError as error:
            _LOG.warning("%s: cannot be renamed: %s", path, error.strerror)

    def _message(self, path: Path, queue_id: str, now: dt.datetime) -> ReceivedMessage:
        """Return what is in a file, as the intake takes it.

        Raises:
            DsnError: It is no letter.
            SubmissionFault: It is too large.
            OSError: It cannot be read.
        """
        drop = read_dropped(path, now=now, most_octets=self._most_octets)
        with contextlib.closing(drop.letter):
            return self._received(drop, queue_id, now)

    def _received(self, drop: Dropped, queue_id: str, now: dt.datetime) -> ReceivedMessage:
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
        try:
            with path.open("xb") as file:
                first = next(chunks)
                file.write(first)
                file.writelines(chunks)
                octets = file.tell()
        except BaseException:
            # There may be no room, and there would be less for the next attempt.
            _remove(path)
            raise
        return Content(body=first, path=path, octets=octets, prefix=prefix)


def _put_off(path: Path, error: OSError) -> _Fate:
    _LOG.warning("%s: cannot be picked up: %s", path, error.strerror)
    return _Fate.NO_ROOM if error.errno in _NO_ROOM else _Fate.LATER


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _LOG.warning("%s: cannot be removed: %s", path, error.strerror)
