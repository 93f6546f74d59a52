"""How many deliveries go to one destination at a time, and which one is left in peace.

A destination that could not be reached is not called again by each of a thousand
messages: for a while the others hear what the first one heard.

Rules.
- Only what is said of the system as a whole counts: no connection, no name.  What a
  server says of a recipient is no reason to leave the others waiting.
- Nothing is remembered of a destination that is idle and well.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import attrs

from dsnlib.model.outcome import Disposition

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from dsnlib.adapters.transport import Attempted, Destination

__all__ = ["Destinations"]

# The network: no answer, a bad connection, no directory server.   RFC 3463 s3.5
_NETWORK = 4
_UNREACHABLE = frozenset({1, 2, 3})
# Beyond this many the oldest troubles are forgotten.
_MOST_TROUBLES = 10_000


@attrs.define
class _Turns:
    """The deliveries to one destination."""

    gate: asyncio.Semaphore
    users: int = 0


class Destinations:
    """Turns at destinations, and those that are in trouble.

    Args:
        most_at_once: The most deliveries to one destination at a time.
        pause_seconds: How long one is left alone that could not be reached.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        *,
        most_at_once: int = 20,
        pause_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_at_once = most_at_once
        self._pause_seconds = pause_seconds
        self._clock = clock
        self._turns: dict[Destination, _Turns] = {}
        self._troubles: dict[Destination, tuple[float, Attempted]] = {}

    @asynccontextmanager
    async def turn(self, destination: Destination) -> AsyncIterator[None]:
        """Wait for a turn, and have it."""
        turns = self._turns.get(destination)
        if turns is None:
            turns = self._turns[destination] = _Turns(asyncio.Semaphore(self._most_at_once))
        turns.users += 1
        try:
            async with turns.gate:
                yield
        finally:
            turns.users -= 1
            if not turns.users:
                del self._turns[destination]

    def trouble(self, destination: Destination) -> Attempted | None:
        """Return what was last heard of a destination that is left alone now."""
        until, heard = self._troubles.get(destination, (0.0, None))
        if heard is None or self._clock() < until:
            return heard
        # Whoever asks next is the one to try.
        del self._troubles[destination]
        return None

    def note(self, destination: Destination, attempted: Sequence[Attempted]) -> None:
        """Take notice of what came of an attempt."""
        if not attempted or not all(map(_is_unreachable, attempted)):
            self._troubles.pop(destination, None)
            return
        self._troubles[destination] = (self._clock() + self._pause_seconds, attempted[0])
        if len(self._troubles) > _MOST_TROUBLES:
            del self._troubles[next(iter(self._troubles))]


def _is_unreachable(attempted: Attempted) -> bool:
    outcome = attempted.outcome
    status = outcome.status
    return (
        attempted.relay == "none"
        and outcome.disposition is Disposition.DELAYED
        and outcome.remote_mta is None
        and status.subject == _NETWORK
        and status.detail in _UNREACHABLE
    )
