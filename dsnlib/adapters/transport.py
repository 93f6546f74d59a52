"""One attempt at some recipients of a message: what is asked of a transport, and what comes back.

A transport is what gets mail out of the system: into a mailbox, to the next
server, into a pipe.  It knows nothing of queues and notifications: it says what
became of each recipient, and the engine decides what follows.

Rules.
- One outcome for each recipient of the job; none is left out, none is made up.
- It may be asked again about a recipient it has delivered to, after a crash
  that the queue slept through: where it can, it finds out and delivers once.
- It raises for nothing that a peer, a file or a network does.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Protocol

import attrs

from dsnlib.adapters.content import Content
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.outcome import DeliveryOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Attempted", "Destination", "Job", "Transport"]


def _recipients(values: Iterable[Recipient]) -> tuple[Recipient, ...]:
    return tuple(values)


@attrs.frozen
class Destination:
    """Where mail for an address goes.

    Args:
        transport: The name of the transport, such as `local`, `smtp`, `discard`.
        nexthop: What it is told of the way: a domain, `[host]:port`, a reason.
    """

    transport: str
    nexthop: str = ""

    def __str__(self) -> str:
        return f"{self.transport}:{self.nexthop}"


@attrs.frozen(kw_only=True)
class Job:
    """Recipients of one message that go the same way.

    Args:
        queue_id: The message.
        envelope: Its envelope.
        recipients: Those of the envelope that this is about.
        destination: Their way.
        content: The octets.
        now: When the attempt begins; with a zone.
        is_busy: Whether others wait for the same destination, or did a moment ago, so that
            a connection to it is worth looking for, and keeping.
    """

    queue_id: str
    envelope: Envelope
    recipients: tuple[Recipient, ...] = attrs.field(converter=_recipients)
    destination: Destination
    content: Content = attrs.field(repr=False)
    now: dt.datetime
    is_busy: bool = False


@attrs.frozen(kw_only=True)
class Attempted:
    """What became of one recipient, and what the log says besides.

    Args:
        outcome: What became of it.
        relay: Who took part: `mx.example.com[192.0.2.1]:25`, the name of a
            transport, or `none`.
        text: The reason, as the log has it behind the status.
        setup_seconds: How long the connection took: c of `delays=`.
        sending_seconds: How long the rest took: d of `delays=`.
        connection_uses: How often the connection was used, this time included.
    """

    outcome: DeliveryOutcome
    relay: str = "none"
    text: str = ""
    setup_seconds: float = 0.0
    sending_seconds: float = 0.0
    connection_uses: int = 1


class Transport(Protocol):
    """What gets mail out of the system."""

    async def deliver(self, job: Job) -> Sequence[Attempted]:
        """Try, and return what became of each recipient.  Never raises for what it meets."""
