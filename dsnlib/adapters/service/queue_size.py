"""How much waits in a queue on the disk, looked at from time to time for the metrics.

Rules.
- The queue is not asked: what is looked at is the disk, in a thread, as `dsnlib queue`
  does; a number is as old as the last look.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from typing import TYPE_CHECKING

from dsnlib.adapters.queue import QueueUnavailable
from dsnlib.adapters.spool.control import QueueControl

if TYPE_CHECKING:
    from pathlib import Path

    from dsnlib.adapters.service.metrics import Meter

__all__ = ["QueueSize"]

_LOG = logging.getLogger("dsnlib.service")
# Prometheus asks every 15 s to every minute.
_LOOK_SECONDS = 15.0


class QueueSize:
    """The number of messages, and the age of the oldest.

    Args:
        directory: The queue's.
        meter: Who shows them.
    """

    def __init__(self, directory: Path, meter: Meter) -> None:
        self._directory = directory
        self.messages = 0
        self._oldest: dt.datetime | None = None
        meter.follow("queue_messages", lambda: self.messages)
        meter.follow("queue_oldest_seconds", self._age_seconds)

    async def run(self) -> None:
        """Look until it is cancelled."""
        while True:
            try:
                self.messages, self._oldest = await asyncio.to_thread(self._look)
            except QueueUnavailable as error:
                _LOG.warning("the size of the queue cannot be told: %s", error)
            await asyncio.sleep(_LOOK_SECONDS)

    def _age_seconds(self) -> float:
        if self._oldest is None:
            return 0.0
        return max(0.0, (dt.datetime.now(dt.UTC) - self._oldest).total_seconds())

    def _look(self) -> tuple[int, dt.datetime | None]:
        with QueueControl.open(self._directory) as control:
            found = control.identifiers()
            # Identifiers are in the order of time.
            oldest = control.message(min(found)) if found else None
        envelope = getattr(oldest, "envelope", None)
        return len(found), None if envelope is None else envelope.arrival
