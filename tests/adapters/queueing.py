"""Messages and queues for the tests of both queues."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.content import Content
from dsnlib.adapters.memory_queue import MemoryQueue
from dsnlib.adapters.queue import NewMessage, Settlement, new_queue_id
from dsnlib.adapters.spool import Spool
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import parse_mail_parameters, parse_rcpt_parameters
from dsnlib.policy.schedule import QueueHistory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from dsnlib.adapters.queue import Queue, QueuedMessage

__all__ = ["ANN", "BOB", "EVE", "NOW", "later", "left", "memory", "message", "on_disk"]

NOW = dt.datetime(2026, 11, 22, 10, 14, tzinfo=dt.UTC)
ANN = "ann@example.org"
BOB = Recipient("bob@example.org", parse_rcpt_parameters("NOTIFY=FAILURE,delay"))
EVE = Recipient("eve@example.org")

_MOMENTS = itertools.count()


def later(**time: float) -> dt.datetime:
    """Return a time after `NOW`."""
    return NOW + dt.timedelta(**time)


def message(
    body: bytes | Content = b"Subject: x\r\n\r\nHere.\r\n",
    *,
    sender: str = ANN,
    recipients: tuple[Recipient, ...] = (BOB,),
    queue_id: str | None = None,
    due: dt.datetime | None = None,
    is_held: bool = False,
    about: str | None = None,
    arrival: dt.datetime = NOW,
) -> NewMessage:
    """Return a message to be queued, each with another identifier."""
    moment = NOW + dt.timedelta(microseconds=next(_MOMENTS))
    envelope = Envelope(
        sender=sender,
        mail=parse_mail_parameters("RET=HDRS envid=QQ314159"),
        recipients=recipients,
        arrival=arrival,
    )
    return NewMessage(
        queue_id=queue_id or new_queue_id(moment),
        envelope=envelope,
        content=body if isinstance(body, Content) else Content(body=body),
        due=due,
        is_held=is_held,
        about=about,
    )


def left(of: QueuedMessage, *recipients: Recipient, due: dt.datetime, reason: str) -> Settlement:
    """Return the settlement after an attempt that has left recipients waiting."""
    return Settlement(
        queue_id=of.queue_id,
        left=attrs.evolve(of.envelope, recipients=recipients),
        history=QueueHistory(arrival=of.history.arrival, attempts=of.history.attempts + 1),
        due=due,
        reason=reason,
    )


@contextlib.asynccontextmanager
async def on_disk(directory: Path) -> AsyncIterator[Queue]:
    """Open a queue on the disk, which may be as full as it likes."""
    async with Spool.open(directory / "queue", reserve_octets=0) as queue:
        yield queue


@contextlib.asynccontextmanager
async def memory(_: Path) -> AsyncIterator[Queue]:
    """Open a queue in memory."""
    async with MemoryQueue() as queue:
        yield queue
