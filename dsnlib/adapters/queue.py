"""What a queue keeps and promises: mail outlives every crash (RFC 5321 s4.1.1.4, s6.1).

A message is in the queue as long as something is owed for it: a recipient to
deliver to, or the notification about one.  Each step is one transition, carried
out whole or not at all::

    add       nothing           -> messages              before 250 is said
    claim     due, not in work  -> in work               only in memory: a crash undoes it
    note      in work           -> in work; what is known of some recipients outlives a crash
    settle    in work           -> waiting for its next attempt, held, or gone;
                                   with the messages that follow from the attempt
    release   in work           -> due, as if nothing had been tried

Rules.
- `add`, `note` and `settle` return when the disk has it, not before.
- A notification is a message like any other, added by the `settle` that took the
  recipient from the queue: so it is there once, whenever the power fails.
- The recipients of a queued message are those who still wait to be settled.  Who of
  them is noted is not tried again: what became of him is settled with the others.
"""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import attrs

from dsnlib.adapters.content import Content
from dsnlib.errors import DsnError, InvalidValue
from dsnlib.model.date import require_zone
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.outcome import DeliveryOutcome
from dsnlib.policy.budget import Spending
from dsnlib.policy.facts import MessageFacts
from dsnlib.policy.schedule import QueueHistory

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "NewMessage",
    "Queue",
    "QueueFull",
    "QueueStatus",
    "QueueUnavailable",
    "QueuedMessage",
    "Settlement",
    "new_queue_id",
]

_DIGITS = "0123456789BCDFGHJKLMNPQRSTVWXYZ"
# Digits of the time in microseconds; enough until the year 2700.
_TIME_DIGITS = 11
_PROCESS_DIGITS = 2


class QueueUnavailable(DsnError):
    """The queue cannot take or change anything now; what it has is safe."""


class QueueFull(QueueUnavailable):
    """There is no room for a message: 452 4.3.1."""


class _Identifiers:
    """Makes identifiers of which no two are alike."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_micros = 0
        # Tells two processes apart that were at work in one microsecond.
        self._process = os.getpid() % len(_DIGITS) ** _PROCESS_DIGITS

    def make(self, now: dt.datetime) -> str:
        with self._lock:
            # A moment in which many are made, or a clock that was set back.
            self._last_micros = max(int(now.timestamp() * 1_000_000), self._last_micros + 1)
            micros = self._last_micros
        return _write(micros, _TIME_DIGITS) + _write(self._process, _PROCESS_DIGITS)


_IDENTIFIERS = _Identifiers()


def new_queue_id(now: dt.datetime) -> str:
    """Return an identifier that no other message of this queue ever has.

    It is the time in microseconds, or the next one that is free, and what tells
    processes apart.  There are no vowels in it, so no words either.

    Args:
        now: When; with a zone.
    """
    return _IDENTIFIERS.make(now)


def _write(number: int, digits: int) -> str:
    text = []
    for _ in range(digits):
        number, digit = divmod(number, len(_DIGITS))
        text.append(_DIGITS[digit])
    return "".join(reversed(text))


def _messages(values: Iterable[NewMessage]) -> tuple[NewMessage, ...]:
    return tuple(values)


def _recipients(values: Iterable[Recipient]) -> tuple[Recipient, ...]:
    return tuple(values)


def _outcomes(values: Iterable[DeliveryOutcome]) -> tuple[DeliveryOutcome, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class NewMessage:
    """A message that is to be queued.

    Args:
        queue_id: From `new_queue_id`.
        envelope: Who it is for; with an arrival.
        content: Its octets.  A file is taken over: it belongs to the queue from then on.
        facts: What rules may ask for besides.
        due: When it is to be tried first; at once if not given.
        is_held: Whether it waits for a person.
        about: The identifier of the message that this one is a notification of.
        destination: Where all of it goes instead of where its addresses lead, as
            `transport:nexthop`; `""` if nobody has said so.

    Raises:
        InvalidValue: The envelope has no arrival, or `due` no zone.
    """

    queue_id: str
    envelope: Envelope
    content: Content
    facts: MessageFacts = attrs.field(factory=MessageFacts)
    due: dt.datetime | None = None
    is_held: bool = False
    about: str | None = None
    destination: str = ""

    def __attrs_post_init__(self) -> None:
        if self.envelope.arrival is None:
            message = f"queue: {self.queue_id} has no arrival"
            raise InvalidValue(message, value=self.envelope)
        require_zone(self.due, "due", of_minutes=False)


@attrs.frozen(kw_only=True)
class QueuedMessage:
    """A message of the queue.

    Args:
        queue_id: Its identifier.
        envelope: As it was accepted, with the recipients that still wait.
        facts: As it was queued with.
        history: What was tried and told.
        octets: The size of its content.
        due: When it is to be tried next; with a zone.
        is_held: Whether it waits for a person.
        about: The message that it is a notification of, or `None`.
        reason: Why it is still here, as the last attempt ended; or `""`.
        destination: As it was queued with.
        noted: What became of recipients in an attempt that was never settled; at most
            one for each of the envelope's.
        passed: Where else the aliases led that recipients came by, and what became of
            it is settled: nobody is to be led there again.
        is_requeued: Whether aliases are to be followed anew before it is tried.

    Raises:
        InvalidValue: `due` has no zone.
    """

    queue_id: str
    envelope: Envelope
    facts: MessageFacts
    history: QueueHistory
    octets: int
    due: dt.datetime
    is_held: bool = False
    about: str | None = None
    reason: str = ""
    destination: str = ""
    noted: tuple[DeliveryOutcome, ...] = attrs.field(default=(), converter=_outcomes)
    passed: tuple[Recipient, ...] = attrs.field(default=(), converter=_recipients)
    is_requeued: bool = False

    def __attrs_post_init__(self) -> None:
        require_zone(self.due, "due", of_minutes=False)


@attrs.frozen(kw_only=True)
class Settlement:
    """What an attempt has made of a message: one transition.  Nothing is noted after it.

    Args:
        queue_id: The message.
        left: Its envelope with those who still wait; `None` if it is done with.
        history: What was tried and told; `None` if it is done with.
        due: When to try again; `None` if it is done with.
        reason: Why it is still here.
        is_held: Whether it waits for a person from now on.
        added: The messages that follow: notifications, copies.
        spending: What has changed in the budgets of notifications.
        passed: As in `QueuedMessage`.
        is_followed: Whether what `QueuedMessage.is_requeued` asks for is done.

    Raises:
        InvalidValue: Some of `left`, `history` and `due` are given and some are not, or
            `due` has no zone.
    """

    queue_id: str
    left: Envelope | None = None
    history: QueueHistory | None = None
    due: dt.datetime | None = None
    reason: str = ""
    is_held: bool = False
    added: tuple[NewMessage, ...] = attrs.field(default=(), converter=_messages)
    spending: Mapping[str, Spending] = attrs.field(factory=dict)
    passed: tuple[Recipient, ...] = attrs.field(default=(), converter=_recipients)
    is_followed: bool = False

    def __attrs_post_init__(self) -> None:
        if len({self.left is None, self.history is None, self.due is None}) > 1:
            message = f"queue: {self.queue_id} is neither done with nor waiting"
            raise InvalidValue(message, value=self)
        require_zone(self.due, "due", of_minutes=False)


@attrs.frozen(kw_only=True)
class QueueStatus:
    """How much there is in a queue, for whoever watches it.

    Args:
        messages: How many there are.
        held: How many of them wait for a person.
        in_work: How many of them are in work.
        oldest: When the oldest of them came; `None` if there is none.
    """

    messages: int = 0
    held: int = 0
    in_work: int = 0
    oldest: dt.datetime | None = None


class Queue(Protocol):
    """Where mail waits.  Every function but `open` may be called by one event loop only."""

    async def add(
        self, messages: Sequence[NewMessage], *, spending: Mapping[str, Spending] | None = None
    ) -> None:
        """Keep messages, all of them or none; returns when the disk has them.

        Raises:
            QueueFull: There is no room.
            QueueUnavailable: It cannot be written to now.
        """

    async def claim(self, now: dt.datetime, *, most: int) -> Sequence[QueuedMessage]:
        """Return messages that are due, the oldest due first, and mark them as in work.

        Args:
            now: When; with a zone.
            most: How many at most.
        """

    async def next_due(self) -> dt.datetime | None:
        """Return when the next message that is not in work is due; `None` if none waits."""

    async def note(self, queue_id: str, outcomes: Sequence[DeliveryOutcome]) -> None:
        """Keep what is known so far of a message in work; returns when the disk has it.

        It is there, behind what was noted before, when the message is claimed again
        without having been settled.

        Args:
            queue_id: The message.
            outcomes: What became of recipients of whom nothing is noted.

        Raises:
            QueueUnavailable: It was not kept.
            InvalidValue: The message is not in work, or is being settled.
        """

    async def settle(self, settlement: Settlement) -> None:
        """Carry out one transition; returns when the disk has it.

        Raises:
            QueueUnavailable: It was not carried out; the message is still in work.
            InvalidValue: The message is not in work.
        """

    async def release(self, queue_id: str) -> None:
        """Take a message out of work as it is: but for what was noted, nothing was tried."""

    async def content(self, queue_id: str) -> Content:
        """Return the octets of a message.

        Raises:
            QueueUnavailable: They cannot be read.
        """

    async def spending(self, keys: Iterable[str]) -> Mapping[str, Spending]:
        """Return what the budgets of notifications have spent, for those keys that have."""

    async def status(self) -> QueueStatus:
        """Return how much there is in it.

        Raises:
            QueueUnavailable: It cannot be read.
        """

    async def wait(self, seconds: float | None) -> None:
        """Return when something was added or released, or when the time is over."""
