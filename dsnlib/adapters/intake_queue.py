"""What a server hands over goes into a queue, aliases followed: RFC 5321 s6.1's promise.

All that a message becomes, the copies for lists and the notifications of what aliases
have settled at once, is added in one step, before the client reads 250.

Rules.
- Nothing is kept of a message that is refused; its file is the server's then.
- A message that has passed more systems than any way is long is in a loop (RFC 5321
  s6.3), and is refused.
"""

from __future__ import annotations

import errno
import logging
from typing import TYPE_CHECKING

from dsnlib.adapters.delivery_log import log_withheld
from dsnlib.adapters.queue import NewMessage, QueueFull, QueueUnavailable
from dsnlib.errors import InvalidAddress, InvalidValue, LookupFailed
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.facts import MessageFacts

if TYPE_CHECKING:
    from pathlib import Path

    from dsnlib.adapters.intake import ReceivedMessage
    from dsnlib.adapters.notifier import Following, Notifier
    from dsnlib.adapters.queue import Queue

__all__ = ["QueueIntake"]

_LOG = logging.getLogger("dsnlib.intake")
_TAKEN = EnhancedStatusCode.parse("2.0.0")
_FULL = SmtpReply.parse("452 4.3.1 There is no room for the message now")
_UNAVAILABLE = SmtpReply.parse("451 4.3.0 The message cannot be kept now")
_LOOP = SmtpReply.parse("554 5.4.6 The message has passed too many systems")
# "at least 100 Received entries"                                  RFC 5321 s6.3
_MOST_HOPS = 100
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class QueueIntake:
    """Takes responsibility for messages by adding them to a queue.

    Args:
        queue: The queue.
        notifier: Follows aliases, and writes what is to be told at once.
        most_hops: How many systems a message may have passed.
    """

    def __init__(self, queue: Queue, notifier: Notifier, *, most_hops: int = _MOST_HOPS) -> None:
        self._queue = queue
        self._notifier = notifier
        self._most_hops = most_hops
        self._received = 0

    def received(self) -> int:
        """Return how many messages were taken so far.  Never raises."""
        return self._received

    async def accept(self, message: ReceivedMessage) -> SmtpReply:
        """Return 250 when the message is safe, or why it cannot be taken.  Never raises."""
        facts = MessageFacts.from_header(
            message.content.head,
            queue_id=message.queue_id,
            is_authenticated=message.login is not None,
            source=message.login or message.client.address,
            is_spam=message.is_spam,
            spf=message.spf,
        )
        if facts.hops > self._most_hops:
            return _LOOP
        followed = None
        try:
            followed = await self._followed(message, facts)
            await self._queue.add(followed.messages, spending=followed.spending)
        except (LookupFailed, InvalidAddress, QueueUnavailable, OSError) as error:
            _LOG.warning("%s: not taken: %s", message.queue_id, error)
            _remove_copies(followed, message.content.path)
            return _FULL if _is_full(error) else _UNAVAILABLE
        except Exception:  # noqa: BLE001  a defect of ours is no promise to the client
            _LOG.exception("%s: not taken, because of a defect here", message.queue_id)
            _remove_copies(followed, message.content.path)
            return _UNAVAILABLE
        log_withheld(_LOG, followed.withheld)
        taken = {each.content.path for each in followed.messages}
        if message.content.path is not None and message.content.path not in taken:
            # Nobody is left to deliver it to, so nobody else will.
            _remove(message.content.path)
        self._received += 1
        return SmtpReply(250, _TAKEN, (f"Message accepted as {message.queue_id}",))

    async def _followed(self, message: ReceivedMessage, facts: MessageFacts) -> Following:
        arrival = message.envelope.arrival
        if arrival is None:
            problem = f"intake: {message.queue_id} has no arrival"
            raise InvalidValue(problem, value=message.envelope)
        new = NewMessage(
            queue_id=message.queue_id,
            envelope=message.envelope,
            content=message.content,
            facts=facts,
            is_held=message.is_held,
            destination=message.destination or "",
        )
        return await self._notifier.follow(new, copies=message.copies, now=arrival)


def _is_full(error: Exception) -> bool:
    return isinstance(error, QueueFull) or (isinstance(error, OSError) and error.errno in _NO_ROOM)


def _remove_copies(followed: Following | None, original: Path | None) -> None:
    for each in () if followed is None else followed.messages:
        path = each.content.path
        if path is not None and path != original:
            _remove(path)


def _remove(path: Path) -> None:
    """Remove a file; one that stays is gone at the next start, and changes no answer."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _LOG.warning("%s: cannot be removed: %s", path, error.strerror)
