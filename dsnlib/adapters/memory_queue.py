"""A queue in memory: for tests, and for a server that keeps nothing.

Rules.
- As for `Queue`, but for the disk: what is in it ends with the process.
- It can be told to be full or away, so that tests see what a server says then.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Self

import attrs

from dsnlib.adapters.content import Content
from dsnlib.adapters.queue import QueuedMessage, QueueFull, QueueStatus, QueueUnavailable
from dsnlib.errors import InvalidValue
from dsnlib.policy.schedule import QueueHistory

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dsnlib.adapters.queue import NewMessage, Settlement
    from dsnlib.model.outcome import DeliveryOutcome
    from dsnlib.policy.budget import Spending

__all__ = ["MemoryQueue"]


class MemoryQueue:
    """Messages in a dictionary.

    Args:
        most_messages: How many it has room for; `None` for any number.

    Attributes:
        fault: What every change is refused with, or `None`.
    """

    def __init__(self, *, most_messages: int | None = None) -> None:
        self.fault: QueueUnavailable | None = None
        self._most_messages = most_messages
        self._messages: dict[str, QueuedMessage] = {}
        self._contents: dict[str, Content] = {}
        self._in_work: set[str] = set()
        self._spending: dict[str, Spending] = {}
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    @property
    def messages(self) -> tuple[QueuedMessage, ...]:
        """All that are in it, in the order in which they were added."""
        return tuple(self._messages.values())

    async def add(
        self, messages: Sequence[NewMessage], *, spending: Mapping[str, Spending] | None = None
    ) -> None:
        """Keep messages, all of them or none.

        A file of a content is read and removed.

        Raises:
            QueueFull: There is no room.
            QueueUnavailable: It was told to say so, a file cannot be read, or a message
                of this name is there.
        """
        room = self._most_messages
        if room is not None and len(self._messages) + len(messages) > room:
            raise QueueFull(f"queue: no room for more than {room} messages")
        self._add(messages)
        self._spending.update(spending or {})
        self._news.set()

    def _add(self, messages: Sequence[NewMessage]) -> None:
        if self.fault is not None:
            raise self.fault
        added: dict[str, tuple[QueuedMessage, Content]] = {}
        for message in messages:
            if message.queue_id in self._messages or message.queue_id in added:
                raise QueueUnavailable(f"queue: {message.queue_id} is there")
            added[message.queue_id] = (_queued(message), _in_memory(message.content))
        for queue_id, (queued, content) in added.items():
            self._messages[queue_id] = queued
            self._contents[queue_id] = content
        for message in messages:
            if message.content.path is not None:
                message.content.path.unlink(missing_ok=True)

    async def claim(self, now: dt.datetime, *, most: int) -> Sequence[QueuedMessage]:
        """Return messages that are due, the oldest due first, and mark them as in work.

        Args:
            now: When; with a zone.
            most: How many at most.
        """
        claimed = [each for each in self._waiting() if each.due <= now][:most]
        self._in_work.update(each.queue_id for each in claimed)
        return claimed

    async def next_due(self) -> dt.datetime | None:
        """Return when the next message that is not in work is due; `None` if none waits."""
        return next((each.due for each in self._waiting()), None)

    def _waiting(self) -> list[QueuedMessage]:
        waiting = [
            each
            for each in self._messages.values()
            if not each.is_held and each.queue_id not in self._in_work
        ]
        return sorted(waiting, key=lambda each: (each.due, each.queue_id))

    async def note(self, queue_id: str, outcomes: Sequence[DeliveryOutcome]) -> None:
        """Keep what is known so far of a message in work.

        Args:
            queue_id: The message.
            outcomes: What became of recipients of whom nothing is noted.

        Raises:
            QueueUnavailable: It was told to say so.
            InvalidValue: The message is not in work.
        """
        self._check_in_work(queue_id)
        if self.fault is not None:
            raise self.fault
        message = self._messages[queue_id]
        self._messages[queue_id] = attrs.evolve(message, noted=(*message.noted, *outcomes))

    async def settle(self, settlement: Settlement) -> None:
        """Carry out one transition.

        Raises:
            QueueUnavailable: It was told to say so; the message is still in work.
            InvalidValue: The message is not in work.
        """
        queue_id = settlement.queue_id
        self._check_in_work(queue_id)
        self._add(settlement.added)
        self._spending.update(settlement.spending)
        left, history, due = settlement.left, settlement.history, settlement.due
        if left is None or history is None or due is None:
            del self._messages[queue_id], self._contents[queue_id]
        else:
            message = self._messages[queue_id]
            self._messages[queue_id] = attrs.evolve(
                message,
                envelope=left,
                history=history,
                due=due,
                reason=settlement.reason,
                is_held=settlement.is_held,
                noted=(),
                passed=settlement.passed,
                is_requeued=message.is_requeued and not settlement.is_followed,
            )
        self._in_work.discard(queue_id)
        self._news.set()

    def _check_in_work(self, queue_id: str) -> None:
        if queue_id not in self._in_work:
            message = f"queue: {queue_id} is not in work"
            raise InvalidValue(message, value=queue_id)

    async def release(self, queue_id: str) -> None:
        """Take a message out of work as it is: but for what was noted, nothing was tried."""
        self._in_work.discard(queue_id)
        self._news.set()

    async def content(self, queue_id: str) -> Content:
        """Return the octets of a message.

        Raises:
            QueueUnavailable: It is not there.
        """
        if queue_id not in self._contents:
            raise QueueUnavailable(f"queue: there is no {queue_id}")
        return self._contents[queue_id]

    async def spending(self, keys: Iterable[str]) -> Mapping[str, Spending]:
        """Return what the budgets of notifications have spent, for those keys that have."""
        return {key: self._spending[key] for key in keys if key in self._spending}

    async def status(self) -> QueueStatus:
        """Return how much there is in it."""
        return QueueStatus(
            messages=len(self._messages),
            held=sum(each.is_held for each in self._messages.values()),
            in_work=len(self._in_work),
            oldest=min((each.history.arrival for each in self._messages.values()), default=None),
        )

    async def wait(self, seconds: float | None) -> None:
        """Return when something was added or released, or when the time is over."""
        # The time is one of the two things that are waited for.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        self._news.clear()


def _queued(message: NewMessage) -> QueuedMessage:
    envelope = message.envelope
    # A new message has an arrival; its type does not say so.
    arrival = envelope.arrival or dt.datetime.min.replace(tzinfo=dt.UTC)
    return QueuedMessage(
        queue_id=message.queue_id,
        envelope=envelope,
        facts=message.facts,
        history=QueueHistory(arrival=arrival),
        octets=len(message.content),
        due=arrival if message.due is None else message.due,
        is_held=message.is_held,
        about=message.about,
        destination=message.destination,
    )


def _in_memory(content: Content) -> Content:
    if content.path is None:
        return content
    try:
        octets = content.path.read_bytes()
    except OSError as error:
        raise QueueUnavailable(f"queue: {content.path}: {error.strerror}") from error
    return Content(body=octets, prefix=content.prefix)
