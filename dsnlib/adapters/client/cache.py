"""Sessions that are kept open for the next message: found by destination, or by address.

    put -> idle -> take_by_destination / take_by_place      within the time limit
                -> QUIT                                     after it, by one timer

Rules.
- A session is found under the keys that it was put under and no others: what must not be
  mixed, such as a login, is part of the key.
- It leaves the cache when it is taken, and is put back by whoever took it.
- The latest that was put is the first to be taken: the others come to their end sooner.
- No operation looks at all that are there; time, uses and number have limits, that of those
  who wait for the reply to their QUIT too.
- Sessions belong to one loop; in another one they are forgotten.
- A session that the server has ended, or has spoken in unasked, is never handed out.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import attrs

from dsnlib.adapters.client.cache_statistics import CacheStatistics
from dsnlib.adapters.client.tls.server_names import bare_nexthop
from dsnlib.model.number import require_number, require_whole
from dsnlib.model.texts import lower_text_set

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

__all__ = ["ConnectionCache", "KeptSession"]

_LOG = logging.getLogger("dsnlib.client")

# Chosen by us: a process has 1024 descriptors as a rule, and spends them on its clients too.
_MOST_IDLE = 200
# Chosen by us: so many may be at their QUIT; beyond it nobody waits for the reply of the
# one that was told first.
_MOST_LEAVING = 200
# Chosen by us: QUIT has 2 s for its reply, and nobody waits for many at the end.
_CLOSE_SECONDS = 3.0


class KeptSession(Protocol):
    """What the cache has to know of a session; `PeerSession` is one."""

    @property
    def uses(self) -> int:
        """For how many messages it was used."""

    @property
    def opened_seconds(self) -> float:
        """When it was opened, by the clock of the loop."""

    @property
    def is_reusable(self) -> bool:
        """Whether there is a connection that nothing speaks against."""

    @property
    def closed(self) -> asyncio.Future[None]:
        """Is done when there is no connection any more."""

    def leave(self) -> None:
        """Say QUIT, and close when that was answered or was not in time.  Never raises."""

    def close(self) -> None:
        """End it at once.  Never raises."""


SessionT = TypeVar("SessionT", bound=KeptSession)


@attrs.define(eq=False)
class _Idle(Generic[SessionT]):
    session: SessionT
    destination: Hashable
    place: Hashable
    until_seconds: float
    # When it will have been open for too long.
    last_seconds: float


class ConnectionCache(Generic[SessionT]):
    """Keeps sessions that nobody needs at the moment.

    Args:
        on_demand: Whether a session is kept where other mail waits for its destination.
        destinations: Next hops whose sessions are always kept, as they are written or
            without brackets and port; `None` for all.
        time_limit_seconds: How long an idle session is kept.
        reuse_seconds: How long after it was opened a session is used.
        reuse_count: How often a session is used again; 0 for any number.
        most_idle: The most idle sessions; of more than that the oldest ends.
        close_seconds: How long `close` may take.
        clock: The time, with a zone; for the statistics alone.

    Raises:
        InvalidValue: A limit is below zero, `most_idle` below 1, or `destinations` one text.
    """

    def __init__(
        self,
        *,
        on_demand: bool = True,
        destinations: Collection[str] | None = (),
        time_limit_seconds: float = 2.0,
        reuse_seconds: float = 300.0,
        reuse_count: int = 0,
        most_idle: int = _MOST_IDLE,
        close_seconds: float = _CLOSE_SECONDS,
        clock: Callable[[], dt.datetime] | None = None,
    ) -> None:
        require_number(time_limit_seconds, "cache: time_limit_seconds", least=0)
        require_number(reuse_seconds, "cache: reuse_seconds", least=0)
        require_whole(reuse_count, "cache: reuse_count", least=0)
        require_whole(most_idle, "cache: most_idle", least=1)
        require_number(close_seconds, "cache: close_seconds", least=0)
        self._on_demand = on_demand
        self._destinations = (
            None if destinations is None else lower_text_set(destinations, "destinations")
        )
        self._time_limit_seconds = time_limit_seconds
        self._reuse_seconds = reuse_seconds
        self._most_uses = reuse_count + 1 if reuse_count else 0
        self._most_idle = most_idle
        self._close_seconds = close_seconds
        self._clock = _utc_now if clock is None else clock
        # All in the order in which they were put, which is that of their ends too; a dict
        # looks for its first entry longer the more were deleted before it.
        self._idle: OrderedDict[_Idle[SessionT], None] = OrderedDict()
        self._by_destination: dict[Hashable, list[_Idle[SessionT]]] = {}
        self._by_place: dict[Hashable, list[_Idle[SessionT]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._leaving: OrderedDict[asyncio.Future[None], SessionT] = OrderedDict()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closed = False
        self._statistics = CacheStatistics(started=self._clock())
        # So many sessions may be idle before there is anything new to count.
        self._counted = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        type_: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def idle(self) -> int:
        """How many sessions wait."""
        return len(self._idle)

    @property
    def statistics(self) -> CacheStatistics:
        """What happened since the interval began."""
        return self._statistics

    def restart_statistics(self) -> CacheStatistics:
        """Return what happened since the interval began, and begin the next one."""
        ended = self._statistics
        self._statistics = CacheStatistics(started=self._clock())
        self._count()
        return ended

    def keeps(self, nexthop: str, *, is_busy: bool) -> bool:
        """Tell whether sessions with a destination are kept, and so worth looking for.

        Args:
            nexthop: The destination.
            is_busy: Whether other mail waits for it.
        """
        if is_busy and self._on_demand:
            return True
        if self._destinations is None:
            return True
        if not self._destinations:
            return False
        whole = nexthop.lower()
        return whole in self._destinations or bare_nexthop(whole) in self._destinations

    def take_by_destination(self, key: Hashable) -> SessionT | None:
        """Return a session that was put under a key of a destination, and forget it."""
        session = self._take(self._by_destination, key)
        if session is None:
            self._statistics.destination_misses += 1
        else:
            self._statistics.destination_hits += 1
        return session

    def take_by_place(self, key: Hashable) -> SessionT | None:
        """Return a session that was put under a key of an address, and forget it."""
        session = self._take(self._by_place, key)
        if session is None:
            self._statistics.place_misses += 1
        else:
            self._statistics.place_hits += 1
        return session

    def put(self, session: SessionT, *, destination: Hashable, place: Hashable) -> bool:
        """Keep a session, or let it go if it cannot be used again.

        Args:
            session: Nobody uses it.
            destination: The key of its destination.
            place: The key of its address.

        Returns:
            Whether it is kept.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._move_to(loop)
        now = loop.time()
        last = session.opened_seconds + self._reuse_seconds
        if (
            self._is_closed
            or not self._time_limit_seconds
            or now >= last
            or session.uses >= self._most_uses > 0
            or not session.is_reusable
        ):
            self.let_go(session)
            return False
        if len(self._idle) >= self._most_idle:
            oldest = next(iter(self._idle))
            self._forget(oldest)
            self.let_go(oldest.session)
        idle = _Idle(session, destination, place, now + self._time_limit_seconds, last)
        self._idle[idle] = None
        self._by_destination.setdefault(destination, []).append(idle)
        self._by_place.setdefault(place, []).append(idle)
        if len(self._idle) > self._counted:
            self._count()
        if self._timer is None:
            self._timer = loop.call_at(idle.until_seconds, self._expire, loop)
        return True

    def let_go(self, session: SessionT) -> None:
        """End a session without waiting for it."""
        session.leave()
        if self._is_closed:
            # Nobody is left who would wait for its reply to QUIT.
            session.close()
        closed = session.closed
        if closed.done():
            return
        self._move_to(asyncio.get_running_loop())
        self._leaving[closed] = session
        closed.add_done_callback(self._note_left)
        if len(self._leaving) > _MOST_LEAVING:
            _, oldest = self._leaving.popitem(last=False)
            oldest.close()

    async def close(self) -> None:
        """End all sessions, those that are put later too, in bounded time."""
        self._move_to(asyncio.get_running_loop())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        sessions = [idle.session for idle in self._idle]
        self._idle.clear()
        self._by_destination.clear()
        self._by_place.clear()
        for session in sessions:
            self.let_go(session)
        self._is_closed = True
        if self._leaving:
            await asyncio.wait(tuple(self._leaving), timeout=self._close_seconds)
            late = dict(self._leaving)
            for session in late.values():
                session.close()
            if late:
                _LOG.debug("%d sessions did not answer QUIT", len(late))
                await asyncio.wait(tuple(late), timeout=self._close_seconds)

    def _move_to(self, loop: asyncio.AbstractEventLoop) -> None:
        """Forget what belongs to another loop than that which runs.

        A program may call `asyncio.run` for each of its messages: nobody can say QUIT in
        what is left of the last one.
        """
        if loop is not self._loop:
            self._loop = loop
            self._timer = None
            self._idle.clear()
            self._by_destination.clear()
            self._by_place.clear()
            self._leaving.clear()

    def _note_left(self, closed: asyncio.Future[None]) -> None:
        self._leaving.pop(closed, None)

    def _take(self, table: dict[Hashable, list[_Idle[SessionT]]], key: Hashable) -> SessionT | None:
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._move_to(loop)
        while found := table.get(key):
            idle = found[-1]
            self._forget(idle)
            if idle.session.is_reusable and loop.time() < idle.last_seconds:
                return idle.session
            self.let_go(idle.session)
        return None

    def _forget(self, idle: _Idle[SessionT]) -> None:
        del self._idle[idle]
        _drop(self._by_destination, idle.destination, idle)
        _drop(self._by_place, idle.place, idle)

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        while self._idle:
            oldest = next(iter(self._idle))
            # The clock of the loop may be a little behind its timers.
            if oldest.until_seconds > now + 0.001:
                self._timer = loop.call_at(oldest.until_seconds, self._expire, loop)
                return
            self._forget(oldest)
            self.let_go(oldest.session)

    def _count(self) -> None:
        counted = self._statistics
        if (sessions := len(self._idle)) > counted.most_sessions:
            counted.most_sessions = sessions
        if (destinations := len(self._by_destination)) > counted.most_destinations:
            counted.most_destinations = destinations
        if (places := len(self._by_place)) > counted.most_places:
            counted.most_places = places
        # There are no more destinations and addresses than sessions.
        self._counted = min(counted.most_sessions, counted.most_destinations, counted.most_places)


def _drop(
    table: dict[Hashable, list[_Idle[SessionT]]], key: Hashable, idle: _Idle[SessionT]
) -> None:
    found = table.pop(key)
    if len(found) == 1:
        return
    table[key] = found
    if found[-1] is idle:
        found.pop()
    else:
        found.remove(idle)


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
