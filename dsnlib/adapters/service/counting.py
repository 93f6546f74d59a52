"""Who stands between the parts of the server and counts what passes.

    Reception         before the intake: messages by listener
    CountingNotifier  notifications by kind, and those withheld by rule
    Observer          outcomes of delivery: the log, and the counters
    CountingRates     connections, as they are counted against limits
    RefusalCounter    what sessions say in the log of refusals

Nothing here decides anything.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.delivery_log import format_record, record_as_event
from dsnlib.adapters.notifier import Notifier
from dsnlib.adapters.server.rates import ClientRates
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from typing import Any

    from dsnlib.adapters.content import Content
    from dsnlib.adapters.delivery_log import DeliveryRecord
    from dsnlib.adapters.intake import Intake, ReceivedMessage
    from dsnlib.adapters.notifier import Following
    from dsnlib.adapters.queue import NewMessage
    from dsnlib.adapters.server.rates import RateLimits
    from dsnlib.adapters.service.metrics import Meter
    from dsnlib.model.envelope import Envelope
    from dsnlib.model.outcome import DeliveryOutcome
    from dsnlib.policy.draft import Withheld
    from dsnlib.policy.facts import MessageFacts

__all__ = ["CountingNotifier", "CountingRates", "Observer", "Reception", "RefusalCounter"]

_LOG = logging.getLogger("dsnlib.delivery")
_CLOSED = SmtpReply.parse("421 4.3.2 The server is not ready")
# Of a destination such as `smtp:[192.0.2.1]`: what a label may be.
_OTHER = "other"
_RELAYS = frozenset({"local", "virtual", "discard", "error", "retry", "none"})


class Reception:
    """The intake of one listener.

    Args:
        listener: What its numbers are called.
        destination: Where all its mail goes instead, or `""`.
        meter: Who counts, or `None`.

    Attributes:
        intake: Who takes the messages; `None` until the queue is open.
    """

    def __init__(self, listener: str, destination: str = "", meter: Meter | None = None) -> None:
        self._listener = listener
        self._destination = destination
        self._meter = meter
        self.intake: Intake | None = None

    async def accept(self, message: ReceivedMessage) -> SmtpReply:
        """Hand the message on, and count what came of it."""
        if self.intake is None:
            return _CLOSED
        if self._destination and message.destination is None:
            message = attrs.evolve(message, destination=self._destination)
        octets, recipients = len(message.content), len(message.envelope.recipients)
        reply = await self.intake.accept(message)
        if self._meter is not None:
            self._meter.count("messages", self._listener, str(reply.code))
            self._meter.count("octets", self._listener, by=octets)
            self._meter.count("recipients", self._listener, by=recipients)
        return reply


class CountingNotifier(Notifier):
    """A notifier that counts what it writes.

    Attributes:
        meter: Who counts, or `None`.
    """

    meter: Meter | None = None

    async def notify(
        self,
        envelope: Envelope,
        outcomes: Iterable[DeliveryOutcome],
        *,
        facts: MessageFacts,
        content: Content | None,
        is_delay_due: bool,
        about: str,
        now: dt.datetime,
    ) -> Following:
        """Return the notifications that outcomes call for, counted."""
        following = await super().notify(
            envelope,
            outcomes,
            facts=facts,
            content=content,
            is_delay_due=is_delay_due,
            about=about,
            now=now,
        )
        if self.meter is not None and following.decision is not None:
            for plan in following.decision.plans:
                self.meter.count("notifications", plan.kind.value)
            self._count_withheld(following.decision.withheld)
        return following

    async def follow(
        self, message: NewMessage, *, copies: Iterable[str] = (), now: dt.datetime
    ) -> Following:
        """Return what a message becomes, the notifications of aliases counted."""
        following = await super().follow(message, copies=copies, now=now)
        if self.meter is not None:
            told = sum(1 for each in following.messages if each.about is not None)
            if told:
                self.meter.count("notifications", "alias", by=told)
            self._count_withheld(each for _, each in following.withheld)
        return following

    def _count_withheld(self, withheld: Iterable[Withheld]) -> None:
        if self.meter is None:
            return
        for each in withheld:
            self.meter.count("withheld", each.trail[-1].rule if each.trail else "none")


class Observer:
    """Is told of each recipient after each attempt: writes the log and counts.

    Args:
        meter: Who counts, or `None`.
        is_json: Whether the log wants an object too.
        decimals: The most that a time has: `delay_logging_resolution_limit`.
    """

    def __init__(
        self, meter: Meter | None = None, *, is_json: bool = False, decimals: int = 2
    ) -> None:
        self._meter = meter
        self._is_json = is_json
        self._decimals = decimals

    def __call__(self, record: DeliveryRecord) -> None:
        """Take note of an attempt."""
        if _LOG.isEnabledFor(logging.INFO):
            extra = {"event": record_as_event(record)} if self._is_json else None
            _LOG.info("%s", format_record(record, decimals=self._decimals), extra=extra)
        if self._meter is None:
            return
        relay = record.relay if record.relay in _RELAYS else _OTHER
        status = str(record.status)
        self._meter.count("outcomes", relay, record.word.lower(), status[0])
        if record.word in ("sent", "bounced"):
            self._meter.observe("delay_seconds", record.delay_seconds)


class CountingRates(ClientRates):
    """Limits of clients, and a count of all connections.

    Args:
        limits: How much is too much.
        listener: What its numbers are called.
        meter: Who counts.
    """

    def __init__(self, limits: RateLimits, *, listener: str, meter: Meter) -> None:
        super().__init__(limits)
        self._listener = listener
        self._meter = meter

    async def connect(self, address: str) -> bool:
        """Count a connection; tell whether it may go on."""
        self._meter.count("connections", self._listener)
        self._meter.count("sessions", self._listener)
        return await super().connect(address)

    def disconnect(self, address: str) -> None:
        """Take note that a connection is over."""
        self._meter.count("sessions", self._listener, by=-1)
        super().disconnect(address)


class RefusalCounter(logging.Handler):
    """Counts what the log says of refusals.

    Args:
        meter: Who counts.
    """

    def __init__(self, meter: Meter) -> None:
        super().__init__(logging.INFO)
        self._meter = meter

    def emit(self, record: logging.LogRecord) -> None:
        """Count the refusal of a record, if it is about one."""
        event: dict[str, Any] | None = getattr(record, "event", None)
        if event is None or event.get("event") != "refused":
            return
        verb = str(event.get("verb", ""))
        labels = (
            str(event.get("service", "")),
            verb if verb in _VERBS else _OTHER,
            str(event.get("code", "")),
            str(event.get("status") or ""),
        )
        self._meter.count("replies", *labels)


_VERBS = frozenset(
    {
        "", ".", "AUTH", "BDAT", "DATA", "EHLO", "ETRN", "HELO", "HELP", "LHLO", "MAIL", "NOOP",
        "QUIT", "RCPT", "RSET", "STARTTLS", "VRFY", "XCLIENT",
    }
)  # fmt: skip
