"""One attempt at a message: its recipients sorted by way, a job for each, what came back.

Rules.
- Each recipient has an outcome, whatever a transport does: one that raises, or that says
  nothing of a recipient, has put it off.
- Recipients with the same address go in one job, so that a mailbox is written to by one.
- A destination that is left alone gets no job; its recipients hear what the last one heard.
- Each transport has turns of its own: next hops that are slow keep no mailbox waiting.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

import attrs

from dsnlib.adapters.agents.verdict import decide
from dsnlib.adapters.transport import Attempted, Job
from dsnlib.model.outcome import Disposition

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from dsnlib.adapters.agents.destinations import Destinations
    from dsnlib.adapters.agents.limits import DeliveryLimits
    from dsnlib.adapters.content import Content
    from dsnlib.adapters.queue import QueuedMessage
    from dsnlib.adapters.transport import Destination, Transport
    from dsnlib.model.envelope import Recipient

__all__ = ["Dispatcher", "Ended", "Routes", "Tried"]

_LOG = logging.getLogger("dsnlib.delivery")
_AT_A_STRETCH = 256


class Routes(Protocol):
    """Who says where mail goes, as `Router` does."""

    async def route(self, address: str, sender: str | None = None) -> Destination:
        """Return where mail for an address goes that comes from a sender.  Never raises."""


@attrs.frozen(kw_only=True)
class Tried:
    """What became of a recipient, and when its turn came.

    Args:
        attempted: What became of it.
        waited_seconds: How long it waited for its transport: b of `delays=`.
    """

    attempted: Attempted
    waited_seconds: float = 0.0


Ended: TypeAlias = Callable[[Sequence[Tried], bool], None]
"""What hears of the recipients of a job that has ended, and whether it was the last job."""


class Dispatcher:
    """Hands messages to transports.

    Args:
        routes: Where mail goes.
        transports: The transports by name.
        destinations: Who has a turn.
        limits: How many jobs a transport has at a time, and how many addresses one has.
        clock: The time, with a zone.
        diagnostic_type: The type of diagnostics in our own words.
    """

    def __init__(
        self,
        routes: Routes,
        transports: Mapping[str, Transport],
        *,
        destinations: Destinations,
        limits: DeliveryLimits,
        clock: Callable[[], dt.datetime],
        diagnostic_type: str,
    ) -> None:
        self._routes = routes
        self._transports = transports
        self._destinations = destinations
        self._gates = {name: asyncio.Semaphore(limits.most_jobs) for name in transports}
        # What has no transport ends at once.
        self._open_gate = asyncio.Semaphore(limits.most_jobs)
        self._limits = limits
        self._clock = clock
        self._diagnostic_type = diagnostic_type

    async def attempt(
        self,
        message: QueuedMessage,
        recipients: Sequence[Recipient],
        content: Content,
        override: Destination | None,
        ended: Ended,
        *,
        may_go_back: bool = False,
    ) -> float | None:
        """Try recipients of a message, and return when all jobs have ended.

        Args:
            message: The message.
            recipients: Those of its envelope that are to be tried.
            content: Its octets.
            override: Where all of it goes instead of where its addresses lead.
            ended: Is told what became of recipients as soon as their job has ended, and
                whether it was the last one; it is not to raise.
            may_go_back: Whether nobody has to be tried where many wait already.

        Returns:
            For how many seconds the message is to go back, of whose recipients none was
            tried then; `None` if all were.
        """
        begun = self._clock()
        jobs = await self._jobs(message, recipients, content, override, begun)
        if may_go_back:
            ways = dict.fromkeys(job.destination for job in jobs)
            waits = [self._destinations.crowd_seconds(way) for way in ways]
            crowds = [wait for wait in waits if wait is not None]
            if crowds and len(crowds) == len(waits):
                return min(crowds)
        # They are in the lines before anybody else can look how long these are.
        in_line = dict(enumerate(jobs))
        for job in jobs:
            self._destinations.join(job.destination)
        left = len(jobs)

        async def run(number: int, job: Job) -> None:
            nonlocal left
            try:
                tried = await self._run(job, begun)
            finally:
                del in_line[number]
                self._destinations.leave(job.destination)
            left -= 1
            ended(tried, not left)

        try:
            await asyncio.gather(*[run(number, job) for number, job in enumerate(jobs)])
        finally:
            # Those that were cancelled before they began.
            for job in in_line.values():
                self._destinations.leave(job.destination)
        return None

    async def _jobs(
        self,
        message: QueuedMessage,
        recipients: Sequence[Recipient],
        content: Content,
        override: Destination | None,
        begun: dt.datetime,
    ) -> list[Job]:
        ways: dict[Destination, dict[str, list[Recipient]]] = {}
        sender = message.envelope.sender
        for number, recipient in enumerate(recipients):
            if not number % _AT_A_STRETCH:
                # A list may have a hundred thousand members: others have their turn.
                await asyncio.sleep(0)
            way = override or await self._routes.route(recipient.address, sender)
            ways.setdefault(way, {}).setdefault(recipient.address.lower(), []).append(recipient)
        jobs = []
        for way, addresses in ways.items():
            groups, most = list(addresses.values()), self._limits.of(way.transport)
            jobs += [
                Job(
                    queue_id=message.queue_id,
                    envelope=message.envelope,
                    recipients=itertools.chain.from_iterable(groups[start:end]),
                    destination=way,
                    content=content,
                    now=begun,
                )
                for start, end in most.spans(len(groups))
            ]
        return jobs

    async def _run(self, job: Job, begun: dt.datetime) -> list[Tried]:
        gate = self._gates.get(job.destination.transport, self._open_gate)
        async with self._destinations.turn(job.destination), gate:
            now = self._clock()
            waited = (now - begun).total_seconds()
            heard = self._destinations.trouble(job.destination)
            if heard is not None:
                attempted = [_again(job, each, heard) for each in job.recipients]
            else:
                is_busy = self._destinations.is_busy(job.destination)
                attempted = await self._deliver(attrs.evolve(job, now=now, is_busy=is_busy))
                self._destinations.note(job.destination, attempted)
                taken = (self._clock() - now).total_seconds()
                attempted = [_timed(each, taken) for each in attempted]
        return [Tried(attempted=each, waited_seconds=waited) for each in attempted]

    async def _deliver(self, job: Job) -> list[Attempted]:
        name = job.destination.transport
        transport = self._transports.get(name)
        if transport is None:
            _LOG.error("%s: there is no transport %r", job.queue_id, name)
            return self._put_off(job, job.recipients, "4.3.5", "its way is not set up right")
        try:
            answers: Sequence[Attempted] = await transport.deliver(job)
        except Exception:  # noqa: BLE001  a defect of a transport's is no reason to lose mail
            _LOG.exception("%s: the transport %r has failed", job.queue_id, name)
            answers = ()
        return self._complete(job, answers)

    def _complete(self, job: Job, answers: Sequence[Attempted]) -> list[Attempted]:
        """Return one answer for each recipient of the job."""
        missing = Counter(job.recipients)
        kept = []
        for answer in answers:
            if missing[answer.outcome.recipient]:
                missing[answer.outcome.recipient] -= 1
                kept.append(answer)
        if len(kept) < len(job.recipients):
            lost = list(missing.elements())
            kept += self._put_off(job, lost, "4.3.0", "the delivery has failed here")
        return kept

    def _put_off(
        self, job: Job, recipients: Sequence[Recipient], status: str, text: str
    ) -> list[Attempted]:
        return [
            decide(
                job, each, Disposition.DELAYED, status, text,
                diagnostic_type=self._diagnostic_type,
            )
            for each in recipients
        ]  # fmt: skip


def _timed(attempted: Attempted, seconds: float) -> Attempted:
    """Return the same with the time it took, where the transport has not measured it."""
    is_measured = attempted.setup_seconds or attempted.sending_seconds
    if is_measured or attempted.relay == "none":
        return attempted
    return attrs.evolve(attempted, sending_seconds=seconds)


def _again(job: Job, recipient: Recipient, heard: Attempted) -> Attempted:
    """Return what another heard of the destination, for a recipient that was not tried."""
    outcome = attrs.evolve(heard.outcome, recipient=recipient, attempted=job.now)
    text = f"not tried again yet: {heard.text}"
    return Attempted(outcome=outcome, relay="none", text=text)
