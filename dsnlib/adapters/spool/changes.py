"""What the queue is asked for, as a change that the writer can carry out.

Here values become octets, and large contents are given their files: all that can be
done before the writer's turn, by whoever asks or by a thread of his.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dsnlib.adapters.queue import QueueFull
from dsnlib.adapters.spool.bodies import Place, is_small
from dsnlib.adapters.spool.faults import free_octets
from dsnlib.adapters.spool.instant import micros_of
from dsnlib.adapters.spool.record import (
    encode_text,
    write_envelope,
    write_facts,
    write_history,
    write_recipients,
)
from dsnlib.adapters.spool.store import Remainder, Row
from dsnlib.adapters.spool.writer import Addition, Change
from dsnlib.errors import InvalidValue
from dsnlib.policy.schedule import QueueHistory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Sized
    from pathlib import Path

    from dsnlib.adapters.content import Content
    from dsnlib.adapters.queue import NewMessage, Settlement
    from dsnlib.adapters.spool.bodies import Bodies
    from dsnlib.policy.budget import Spending

__all__ = ["ChangeMaker", "check_queue_id", "is_quick"]

# A name of a file that is no path, and sorts as the time does.
_QUEUE_ID = re.compile(r"[0-9A-Za-z]{1,64}")
_NOWHERE = Place("", 0, 0)
# With more recipients, the event loop would be kept from its work for a millisecond.
_FEW_RECIPIENTS = 500


def check_queue_id(queue_id: str) -> None:
    """Raise unless an identifier can be the name of a file.

    Raises:
        InvalidValue: It has another character than a digit or letter, or too many.
    """
    if _QUEUE_ID.fullmatch(queue_id) is None:
        message = f"queue: {queue_id[:80]!r} is no identifier of 1 to 64 letters and digits"
        raise InvalidValue(message, value=queue_id)


def is_quick(messages: Sequence[NewMessage], *others: Sized) -> bool:
    """Tell whether a change can be made in the event loop: nothing large is in it.

    Args:
        messages: What is added.
        others: Recipients that are written besides.
    """
    recipients = sum(len(message.envelope.recipients) for message in messages)
    recipients += sum(map(len, others))
    return recipients <= _FEW_RECIPIENTS and all(is_small(each.content) for each in messages)


class ChangeMaker:
    """Makes changes.

    Args:
        directory: The queue's.
        bodies: Its files.
        reserve_octets: What must stay free when a message is added.
    """

    def __init__(self, directory: Path, bodies: Bodies, reserve_octets: int) -> None:
        self._directory = directory
        self._bodies = bodies
        self._reserve_octets = reserve_octets

    def addition(self, messages: Sequence[NewMessage], spending: Mapping[str, Spending]) -> Change:
        """Return the change that adds messages.

        Raises:
            QueueFull: There is no room for a large one.
            OSError: A large one cannot be written.
        """
        large = sum(
            len(message.content)
            for message in messages
            if message.content.path is None and not is_small(message.content)
        )
        if large and free_octets(self._directory) - large < self._reserve_octets:
            raise QueueFull(f"queue: no room in {self._directory} for {large} octets")
        change = Change(spending=spending, needs_reserve=True)
        self._add(change, messages)
        return change

    def settlement(self, settlement: Settlement) -> Change:
        """Return the change that a settlement is.

        Raises:
            OSError: A large content cannot be written.
        """
        change = Change(spending=settlement.spending)
        left, history, due = settlement.left, settlement.history, settlement.due
        if left is None or history is None or due is None:
            change.removed = [settlement.queue_id]
        else:
            change.updated = Remainder(
                queue_id=settlement.queue_id,
                due=micros_of(due),
                is_held=settlement.is_held,
                envelope=write_envelope(left),
                history=write_history(history),
                reason=encode_text(settlement.reason),
                passed=write_recipients(settlement.passed) if settlement.passed else None,
                is_followed=settlement.is_followed,
            )
        self._add(change, settlement.added)
        return change

    def _add(self, change: Change, messages: Sequence[NewMessage]) -> None:
        files: list[str] = []
        taken: dict[object, Place] = {}
        try:
            change.added = [self._addition(each, taken, files) for each in messages]
        except BaseException:
            self._bodies.discard(files)
            raise
        change.files = files
        change.sources = list(
            {
                path: None
                for each in messages
                if (path := each.content.path) is not None
                and self._bodies.owned(each.content) is None
            }
        )

    def _addition(
        self, message: NewMessage, taken: dict[object, Place], files: list[str]
    ) -> Addition:
        content = message.content
        if is_small(content):
            return Addition(_row(message, _NOWHERE), content)
        owned = self._bodies.owned(content)
        if owned is not None:
            return Addition(_row(message, owned), is_owned=True)
        key = _sameness(content)
        place = taken.get(key)
        if place is None:
            place = taken[key] = self._bodies.take(message.queue_id, content)
            files.append(place.file)
        if content.path is not None:
            place = Place(place.file, 0, place.octets, content.prefix)
        return Addition(_row(message, place))


def _sameness(content: Content) -> object:
    """Return what is equal for contents that share a file; each has its own prefix there."""
    return content.path or (id(content.body), content.prefix)


def _row(message: NewMessage, place: Place) -> Row:
    envelope = message.envelope
    # A new message has one; what is due at once stands in the order of arrival.
    arrival = envelope.arrival
    if arrival is None:
        raise InvalidValue(f"queue: {message.queue_id} has no arrival", value=envelope)
    return Row(
        queue_id=message.queue_id,
        arrival=micros_of(arrival),
        due=micros_of(arrival if message.due is None else message.due),
        is_held=message.is_held,
        envelope=write_envelope(envelope),
        history=write_history(QueueHistory(arrival=arrival)),
        facts=write_facts(message.facts),
        about=None if message.about is None else encode_text(message.about),
        reason=b"",
        destination=encode_text(message.destination),
        file=place.file,
        start=place.start,
        octets=place.octets,
        prefix=place.prefix,
    )
