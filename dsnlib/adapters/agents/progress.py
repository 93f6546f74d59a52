"""What is known of an attempt while it is under way, and how much of it the queue knows.

A slow destination is not to make a crash repeat what the fast ones have done: what has
ended for good while others go on is noted in the queue.

Rules.
- Who is put off is not noted: after a crash he is tried again, as he would be anyhow.
- What ends last is settled at once, and is noted only if that cannot be done; so a
  message with one destination costs nothing more.
- One note at a time: what ends meanwhile goes into the next one.
- A note that the disk does not take holds nothing up: it is tried again with the next.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from dsnlib.adapters.queue import QueueUnavailable
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.replies.rewrite import RewrittenOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsnlib.adapters.queue import Queue, QueuedMessage
    from dsnlib.model.envelope import Recipient

__all__ = ["Progress"]

_LOG = logging.getLogger("dsnlib.delivery")
# Chosen by us: the event loop writes so many in a few milliseconds.
_NOTED_AT_ONCE = 500


class Progress:
    """What has become of the recipients of a message so far.

    Args:
        queue: The queue that the message is in work of.
        message: The message, as it was claimed.

    Attributes:
        message: The message.
        is_settled: Whether it is settled, and so in work no longer.
        open: The recipients of whom nothing is noted, in their order.
        noted: What was noted of the others before this attempt.
    """

    def __init__(self, queue: Queue, message: QueuedMessage) -> None:
        self.message = message
        self.is_settled = False
        self._queue = queue
        self._ended: dict[Recipient, list[RewrittenOutcome]] = {}
        self._unnoted: list[DeliveryOutcome] = []
        self._noting: asyncio.Task[None] | None = None
        self._is_over = False
        self._has_failed = False
        self.open, self.noted = _sorted_out(message)
        self._add(self.noted)

    def take(self, ended: Sequence[RewrittenOutcome], *, is_last: bool) -> None:
        """Take over what has become of some recipients.

        Args:
            ended: What has.
            is_last: Whether nothing else is under way.
        """
        self._add(ended)
        self._unnoted += [
            each.outcome for each in ended if each.outcome.disposition is not Disposition.DELAYED
        ]
        self._is_over = is_last
        if self._unnoted and not is_last and (self._noting is None or self._noting.done()):
            self._noting = asyncio.ensure_future(self._note_all())

    def outcomes(self) -> list[RewrittenOutcome]:
        """Return what has become of each recipient, in their order; all have ended."""
        # Two recipients that are equal have an outcome each.
        left = {recipient: iter(ended) for recipient, ended in self._ended.items()}
        return [next(left[recipient]) for recipient in self.message.envelope.recipients]

    async def keep(self) -> None:
        """Note all that has ended for good, for it cannot be settled now."""
        await self._rest()
        self._is_over = False
        await self._note_all()

    async def end(self) -> None:
        """Let the message out of work if it is not settled, with all that is known noted."""
        if self.is_settled:
            await self._rest()
            return
        try:
            await self.keep()
        finally:
            await self._queue.release(self.message.queue_id)

    async def _rest(self) -> None:
        """Return when nothing is being noted."""
        if self._noting is not None:
            await self._noting

    def _add(self, ended: Iterable[RewrittenOutcome]) -> None:
        for each in ended:
            self._ended.setdefault(each.outcome.recipient, []).append(each)

    async def _note_all(self) -> None:
        while self._unnoted and not self._is_over:
            outcomes = self._unnoted[:_NOTED_AT_ONCE]
            try:
                await self._queue.note(self.message.queue_id, outcomes)
            except QueueUnavailable as error:
                if not self._has_failed:
                    _LOG.warning("%s: cannot be noted now: %s", self.message.queue_id, error)
                self._has_failed = True
                return
            except Exception:  # noqa: BLE001  a defect of ours is no reason to try nobody
                _LOG.exception("%s: cannot be noted, because of a defect", self.message.queue_id)
                return
            del self._unnoted[: len(outcomes)]


def _sorted_out(message: QueuedMessage) -> tuple[list[Recipient], list[RewrittenOutcome]]:
    """Return the recipients of whom nothing is noted, and what is noted of the others."""
    noted: dict[Recipient, list[DeliveryOutcome]] = {}
    for outcome in message.noted:
        noted.setdefault(outcome.recipient, []).append(outcome)
    open_, known = [], []
    for recipient in message.envelope.recipients:
        outcomes = noted.get(recipient)
        if outcomes:
            outcome = outcomes.pop(0)
            known.append(RewrittenOutcome(outcome=outcome, original=outcome))
        else:
            open_.append(recipient)
    return open_, known
