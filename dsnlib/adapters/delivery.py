"""The queue runner: takes what is due, has it delivered, and settles what came of it.

    claim -> route -> transports, a job for each destination -> outcomes -> rewrite
          -> note, while other jobs go on
          -> plan -> notifications -> settle, in one transition

Works on any `Queue`, any transports and any router.

Rules.
- What follows from an attempt, who still waits, what is to be told, what was spent, is
  settled at once: a crash before it repeats what was not noted, a crash after it
  repeats nothing, so each notification is queued exactly once.
- Nothing that a transport does loses mail: an exception, an outcome that is missing, a
  name that no transport has are delays.
- A settlement that the disk does not take is tried until it does.
- What is stopped in the middle of an attempt goes back, and what is known is noted.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import functools
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from dsnlib.adapters.agents.destinations import Destinations
from dsnlib.adapters.agents.dispatch import Dispatcher, Tried
from dsnlib.adapters.agents.limits import DeliveryLimits
from dsnlib.adapters.agents.progress import Progress
from dsnlib.adapters.agents.requeue import plan_requeue
from dsnlib.adapters.agents.router import parse_destination
from dsnlib.adapters.agents.settler import Settler, is_too_late, record_of
from dsnlib.adapters.agents.verdict import decide
from dsnlib.adapters.content import Content
from dsnlib.adapters.delivery_log import (
    DeliveryRecord,
    format_record,
    log_text,
    record_as_event,
)
from dsnlib.adapters.queue import QueuedMessage, QueueUnavailable, Settlement
from dsnlib.adapters.transport import Destination, Job
from dsnlib.errors import InvalidValue, LookupFailed
from dsnlib.model.outcome import Disposition
from dsnlib.replies.rewrite import RewriteRules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dsnlib.adapters.agents.dispatch import Routes
    from dsnlib.adapters.notifier import Notifier
    from dsnlib.adapters.queue import Queue
    from dsnlib.adapters.transport import Transport
    from dsnlib.model.envelope import Recipient

__all__ = ["Deliverer"]

Plan: TypeAlias = Callable[[], Awaitable[Settlement | None]]

_LOG = logging.getLogger("dsnlib.delivery")
_TOO_LATE = "the time to deliver it by has passed"
_UNREADABLE = "the message cannot be read now"
_NO_WAY = "its way is not set up right"
# What is due already has been looked for when this is waited.
_LEAST_SECONDS = 0.05
# As many in one `pace_seconds`: a hundred in a second.
_SEVERAL = 5


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _log_record(record: DeliveryRecord) -> None:
    _LOG.info("%s", format_record(record), extra={"event": record_as_event(record)})


class Deliverer:
    """Runs a queue.

    Args:
        queue: The queue.
        routes: Where mail goes.
        transports: What takes it there, by name.
        notifier: Writes notifications; its profile says how long and how often.
        limits: How much is done at a time.
        rules: Soft bounce and filters of statuses.
        clock: The time, with a zone.
        observe: Is told of each recipient after each attempt; writes the log if not
            given.
        received: Returns how many messages have come in so far, such as
            `QueueIntake.received`; delivery is not paced if not given.
    """

    def __init__(  # noqa: PLR0913  what a queue is run with; five have defaults
        self,
        queue: Queue,
        *,
        routes: Routes,
        transports: Mapping[str, Transport],
        notifier: Notifier,
        limits: DeliveryLimits | None = None,
        rules: RewriteRules | None = None,
        clock: Callable[[], dt.datetime] = _utc_now,
        observe: Callable[[DeliveryRecord], None] = _log_record,
        received: Callable[[], int] | None = None,
    ) -> None:
        self._queue = queue
        self._notifier = notifier
        self._limits = DeliveryLimits() if limits is None else limits
        self._settler = Settler(
            notifier, rules=RewriteRules() if rules is None else rules, clock=clock
        )
        self._clock = clock
        self._observe = observe
        self._received = received
        self._dispatcher = Dispatcher(
            routes,
            transports,
            destinations=Destinations(
                most_at_once=self._limits.most_per_destination,
                of_transports={
                    name: each.most_per_destination
                    for name, each in self._limits.transports.items()
                },
                # One destination has three quarters of what is in work at the most.
                most_waiting=max(
                    self._limits.most_per_destination, self._limits.most_messages * 3 // 4
                ),
                pause_seconds=self._limits.pause_seconds,
            ),
            limits=self._limits,
            clock=clock,
            diagnostic_type=notifier.reporter.diagnostic_type,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._has_room = asyncio.Event()
        self._is_stopping = asyncio.Event()

    def stop(self) -> None:
        """Let `run` take nothing more, and return when what is in work is done."""
        self._is_stopping.set()

    async def run(self, *, grace_seconds: float = 30.0) -> None:
        """Deliver what is due until `stop` is called.

        Args:
            grace_seconds: How long what is in work may take then; what is not done
                goes back into the queue as if it had not been tried.
        """
        stopping = asyncio.ensure_future(self._is_stopping.wait())
        news = asyncio.ensure_future(self._news())
        try:
            while not self._is_stopping.is_set():
                if news.done():
                    news = asyncio.ensure_future(self._news())
                # It listens before we look: nothing that comes between is missed.
                await asyncio.sleep(0)
                room = self._limits.most_messages - len(self._tasks)
                if room:
                    await self._let_mail_in()
                    if await self._start_if_readable(room):
                        continue
                self._has_room.clear()
                space = asyncio.ensure_future(self._has_room.wait())
                for_what = news if room else space
                await asyncio.wait((stopping, for_what), return_when=asyncio.FIRST_COMPLETED)
                space.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=grace_seconds)
        finally:
            rest = (stopping, news, *self._tasks)
            for each in rest:
                each.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

    async def _let_mail_in(self) -> None:
        """Wait while mail comes in by the dozen, but not for long."""
        if self._received is None:
            return
        pace, left = self._limits.pace_seconds, self._limits.longest_pace_seconds
        while left > 0 and not self._is_stopping.is_set():
            before = self._received()
            await asyncio.sleep(pace)
            if self._received() - before < _SEVERAL:
                return
            left -= pace

    async def deliver_due(self) -> int:
        """Deliver until nothing is due any more, and return how many attempts that took.

        Raises:
            QueueUnavailable: The queue cannot be read.
        """
        attempts = 0
        while started := await self._start(self._limits.most_messages):
            attempts += started
            await asyncio.gather(*self._tasks)
        return attempts

    async def _news(self) -> None:
        """Return when there may be something to do."""
        seconds = self._limits.poll_seconds
        try:
            due = await self._queue.next_due()
            if due is not None:
                until = (due - self._clock()).total_seconds()
                seconds = min(seconds, max(_LEAST_SECONDS, until))
            await self._queue.wait(seconds)
        except QueueUnavailable as error:
            _LOG.warning("the queue cannot be read: %s", error)
            await self._pause()
        except Exception:  # noqa: BLE001  a defect of the queue's ends nothing here
            _LOG.exception("the queue cannot be read, because of a defect")
            await self._pause()

    async def _start_if_readable(self, most: int) -> int:
        try:
            return await self._start(most)
        except QueueUnavailable as error:
            _LOG.warning("the queue cannot be read: %s", error)
            return 0

    async def _start(self, most: int) -> int:
        """Take up what is due, and return how much that was."""
        claimed = await self._queue.claim(self._clock(), most=most)
        for message in claimed:
            task = asyncio.ensure_future(self._work(message))
            self._tasks.add(task)
            task.add_done_callback(self._end)
        return len(claimed)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        # A few at a time: to look for what is due costs the same for one as for many.
        if len(self._tasks) <= self._limits.most_messages * 7 // 8:
            self._has_room.set()

    async def _work(self, message: QueuedMessage) -> None:
        """Try a message, and settle what came of it; what is not settled goes back."""
        progress = Progress(self._queue, message)
        try:
            content = await self._content(message)
            is_to_be_tried = True
            if message.is_requeued and content is not None:
                is_to_be_tried = not await self._settled(progress, self._anew(progress, content))
            if is_to_be_tried:
                seconds = await self._attempt(message, content, progress)
                plan: Plan
                if seconds is None:
                    outcomes = progress.outcomes()
                    plan = functools.partial(self._settler.settle, message, content, outcomes)
                else:
                    plan = functools.partial(self._settler.put_back, message, seconds)
                await self._settled(progress, plan)
        except Exception:  # noqa: BLE001  a defect of ours: the message waits, others go on
            _LOG.exception("%s: goes back, because of a defect here", message.queue_id)
            await self._pause()
        finally:
            await progress.end()

    async def _content(self, message: QueuedMessage) -> Content | None:
        try:
            return await self._queue.content(message.queue_id)
        except QueueUnavailable as error:
            _LOG.warning("%s: %s", message.queue_id, error)
            return None

    def _anew(self, progress: Progress, content: Content) -> Plan:
        """Return what plans that a message follows aliases anew."""
        message = progress.message
        if progress.noted:
            # Who is noted is settled first: he waits no more, and is not to be followed.
            return functools.partial(self._settler.settle_noted, message, content, progress.noted)
        return lambda: plan_requeue(message, content, self._notifier, now=self._clock())

    async def _attempt(
        self, message: QueuedMessage, content: Content | None, progress: Progress
    ) -> float | None:
        """Try those of whom nothing is known, or return for how long they go back untried."""
        begun = self._clock()

        def ended(tried: Sequence[Tried], is_last: bool) -> None:  # noqa: FBT001  as `Ended` has it
            rewritten = self._settler.rewrite(message.queue_id, tried)
            for each, now in zip(tried, rewritten, strict=True):
                self._tell(record_of(message, each, now, begun))
            progress.take(rewritten, is_last=is_last)

        def put_off(status: str, text: str) -> None:
            ended(self._put_off(message, progress.open, begun, status, text), True)  # noqa: FBT003  as `Ended` has it

        if is_too_late(message, begun):
            put_off("4.4.7", _TOO_LATE)
        elif content is None:
            put_off("4.3.0", _UNREADABLE)
        else:
            try:
                override = parse_destination(message.destination) if message.destination else None
            except InvalidValue as error:
                _LOG.error("%s: %s", message.queue_id, error)
                put_off("4.3.5", _NO_WAY)
                return None
            may_go_back = self._settler.may_put_back(message)
            return await self._dispatcher.attempt(
                message, progress.open, content, override, ended, may_go_back=may_go_back
            )
        return None

    def _put_off(
        self,
        message: QueuedMessage,
        recipients: Sequence[Recipient],
        now: dt.datetime,
        status: str,
        text: str,
    ) -> list[Tried]:
        job = Job(
            queue_id=message.queue_id, envelope=message.envelope, recipients=recipients,
            destination=Destination("none"), content=Content(), now=now,
        )  # fmt: skip
        type_ = self._notifier.reporter.diagnostic_type
        return [
            Tried(
                attempted=decide(
                    job, each, Disposition.DELAYED, status, text, diagnostic_type=type_
                )
            )
            for each in recipients
        ]

    async def _settled(self, progress: Progress, plan: Plan) -> bool:
        """Have what is planned carried out, though it be cancelled; tell if there was anything."""
        settling = asyncio.ensure_future(self._settle(progress, plan))
        try:
            return await asyncio.shield(settling)
        except asyncio.CancelledError:
            # Half settled is what nobody wants: it is one step on the disk.
            self._is_stopping.set()
            await settling
            raise

    async def _settle(self, progress: Progress, plan: Plan) -> bool:
        """Plan what follows and have the queue carry it out; tell if anything does.

        It is not carried out if it is stopped while the disk takes nothing.
        """
        message = progress.message
        settlement = None
        while True:
            try:
                if settlement is None:
                    settlement = await plan()
                    if settlement is None:
                        return False
                await self._queue.settle(settlement)
            except (QueueUnavailable, LookupFailed) as error:
                _LOG.warning("%s: cannot be settled now: %s", message.queue_id, error)
                if self._is_stopping.is_set():
                    return True
                await progress.keep()
                await self._pause()
            else:
                progress.is_settled = True
                break
        for added in settlement.added:
            address = log_text(added.envelope.recipients[0].address)
            if added.about == message.about:
                _LOG.info("%s: copy %s for <%s>", message.queue_id, added.queue_id, address)
            else:
                _LOG.info("%s: notification %s for <%s>", added.about, added.queue_id, address)
        if settlement.left is None:
            _LOG.info("%s: done with", message.queue_id)
        return True

    def _tell(self, record: DeliveryRecord) -> None:
        try:
            self._observe(record)
        except Exception:  # noqa: BLE001  who looks on changes nothing
            _LOG.exception("%s: an observer has failed", record.queue_id)

    async def _pause(self) -> None:
        """Wait a little, but not when everything is to stop."""
        # The end of the time is what is waited for.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._is_stopping.wait(), self._limits.again_seconds)
