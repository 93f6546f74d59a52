"""How much waits in a queue, asked from time to time for the metrics.

Rules.
- The queue counts: no message is read, nothing is listed.
- A number is as old as the last time that it was asked for, and stays while the queue
  cannot tell.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from typing import TYPE_CHECKING

from dsnlib.adapters.queue import QueueStatus, QueueUnavailable

if TYPE_CHECKING:
    from dsnlib.adapters.queue import Queue
    from dsnlib.adapters.service.metrics import Meter

__all__ = ["QueueSize"]

_LOG = logging.getLogger("dsnlib.service")
# Prometheus asks every 15 s to every minute.
_LOOK_SECONDS = 15.0


class QueueSize:
    """The number of messages, and the age of the oldest.

    Args:
        queue: The queue.
        meter: Who shows them.
    """

    def __init__(self, queue: Queue, meter: Meter) -> None:
        self._queue = queue
        self._status = QueueStatus()
        meter.follow("queue_messages", lambda: self._status.messages)
        meter.follow("queue_oldest_seconds", self._age_seconds)

    async def run(self) -> None:
        """Ask until it is cancelled."""
        while True:
            try:
                self._status = await self._queue.status()
            except QueueUnavailable as error:
                _LOG.warning("the size of the queue cannot be told: %s", error)
            await asyncio.sleep(_LOOK_SECONDS)

    def _age_seconds(self) -> float:
        oldest = self._status.oldest
        if oldest is None:
            return 0.0
        return max(0.0, (dt.datetime.now(dt.UTC) - oldest).total_seconds())
