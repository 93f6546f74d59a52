"""How many deliveries go to one destination at a time, and which one is left in peace.

A destination that could not be reached is not called again by each of a thousand
messages: for a while the others hear what the first one heard.

Rules.
- Only what is said of the system as a whole counts: no connection, no name.  What a
  server says of a recipient is no reason to leave the others waiting.
- Nothing is remembered of a destination that is idle and well.
- Where many wait already, the next go back into the queue for a while: mail for others is
  not to wait behind them.  They come back one after the other, not all at once.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import attrs

from dsnlib.model.outcome import Disposition

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from dsnlib.adapters.transport import Attempted, Destination

__all__ = ["Destinations"]

# The network: no answer, a bad connection, no directory server.   RFC 3463 s3.5
_NETWORK = 4
_UNREACHABLE = frozenset({1, 2, 3})
# Beyond this many the oldest troubles are forgotten.
_MOST_TROUBLES = 10_000
# How long the first goes back for whom there is no room, and how far apart the others
# come again: as the line has moved so far, within these bounds.  All chosen by us.
_BACK_SECONDS = 5.0
_LEAST_APART_SECONDS = 0.0003
_MOST_APART_SECONDS = 0.01


@attrs.define
class _Turns:
    """The deliveries to one destination."""

    gate: asyncio.Semaphore
    since_seconds: float
    users: int = 0
    ended: int = 0
    # When the next who goes back may come again.
    next_seconds: float = 0.0


class Destinations:
    """Turns at destinations, and those that are in trouble.

    Args:
        most_at_once: The most deliveries to one destination at a time.
        of_transports: The same for transports that have their own, by name.
        most_waiting: How many may be in the line before others go back.
        pause_seconds: How long one is left alone that could not be reached.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        *,
        most_at_once: int = 20,
        of_transports: Mapping[str, int] | None = None,
        most_waiting: int = 500,
        pause_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_at_once = most_at_once
        self._of_transports = {} if of_transports is None else dict(of_transports)
        self._most_waiting = most_waiting
        self._pause_seconds = pause_seconds
        self._clock = clock
        self._turns: dict[Destination, _Turns] = {}
        self._troubles: dict[Destination, tuple[float, Attempted]] = {}

    def join(self, destination: Destination) -> None:
        """Stand in the line of a destination, until `leave`."""
        turns = self._turns.get(destination)
        if turns is None:
            most = self._of_transports.get(destination.transport, self._most_at_once)
            gate = asyncio.Semaphore(most)
            turns = self._turns[destination] = _Turns(gate, self._clock())
        turns.users += 1

    def leave(self, destination: Destination) -> None:
        """Go out of the line."""
        turns = self._turns[destination]
        turns.users -= 1
        turns.ended += 1
        if not turns.users:
            del self._turns[destination]

    @asynccontextmanager
    async def turn(self, destination: Destination) -> AsyncIterator[None]:
        """Wait for a turn, and have it; for who stands in the line."""
        async with self._turns[destination].gate:
            yield

    def is_busy(self, destination: Destination) -> bool:
        """Tell whether others are in a line, or were since it began; for who stands in it."""
        turns = self._turns[destination]
        return turns.users > 1 or turns.ended > 0

    def crowd_seconds(self, destination: Destination) -> float | None:
        """Return for how long somebody else should go back, `None` if there is room to wait.

        Each who asks is told a later time.
        """
        turns = self._turns.get(destination)
        if turns is None or turns.users < self._most_waiting:
            return None
        now = self._clock()
        back = max(now + _BACK_SECONDS, turns.next_seconds)
        passed = now - turns.since_seconds
        # Of a line that has just begun nothing is known.
        apart = _LEAST_APART_SECONDS if passed < _BACK_SECONDS else passed / (turns.ended + 1)
        turns.next_seconds = back + min(max(apart, _LEAST_APART_SECONDS), _MOST_APART_SECONDS)
        return back - now

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
