"""How much one client may do in a time: connections, messages, recipients, TLS, log-ins.

Counted are, for each client address, the connections that are open, and events in
a unit of time that begins with the first of them, as Postfix's anvil counts.

    connections, at once or in a unit    421 4.7.0, and the connection is closed
    new TLS sessions                     454 4.7.0 to STARTTLS, 421 4.7.0 behind a handshake
    log-ins that were tried              421 4.7.0
    messages                             450 4.7.1 to MAIL
    recipients                           450 4.7.1 to RCPT

Rules.
- 0 is no limit.
- The table is bounded: of clients that have no connection the one that was seen
  longest ago is forgotten, so the table cannot be filled by strangers.
- An IPv6 client has a network, not an address: it is counted by the prefix.
"""

from __future__ import annotations

import enum
import ipaddress
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import LookupFailed
from dsnlib.model.number import require_number, require_whole
from dsnlib.replies.search import find, network_keys
from dsnlib.replies.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ClientRates", "Event", "RateLimits"]

_IPV6_BITS = 128


class Event(enum.Enum):
    """What is counted in a unit of time; the value is the field of its limit."""

    CONNECTION = "connection_rate"
    MESSAGE = "messages"
    RECIPIENT = "recipients"
    TLS_SESSION = "tls_sessions"
    LOGIN = "logins"


@attrs.frozen(kw_only=True)
class RateLimits:
    """How much is too much, in one unit of time if nothing else is said; 0 for no limit.

    Args:
        connections: Connections at once.
        connection_rate: Connections that are made.
        messages: MAIL commands.
        recipients: RCPT commands.
        tls_sessions: TLS sessions that were not resumed.
        logins: AUTH commands.
        unit_seconds: The unit of time.
        exempt: A table of networks that no limit is for, or `None`.
        prefix_bits: How much of an IPv6 address is the client, 1..128.
        most_clients: How many clients are remembered.

    Raises:
        InvalidValue: A number is out of its range, or one that counts is not whole.
    """

    connections: int = 50
    connection_rate: int = 0
    messages: int = 0
    recipients: int = 0
    tls_sessions: int = 0
    logins: int = 0
    unit_seconds: float = 60.0
    exempt: Table | None = None
    prefix_bits: int = 64
    most_clients: int = 100_000

    def __attrs_post_init__(self) -> None:
        for name in ("connections", *(each.value for each in Event)):
            require_whole(getattr(self, name), f"rates: {name}", least=0)
        require_whole(self.prefix_bits, "rates: prefix_bits", least=1, most=_IPV6_BITS)
        require_number(self.unit_seconds, "rates: unit_seconds", least=0, above=True)
        require_whole(self.most_clients, "rates: most_clients", least=1)


class _Counts:
    """What one client did."""

    __slots__ = ("begun_seconds", "counts", "is_exempt", "open")

    def __init__(self, now_seconds: float, *, is_exempt: bool) -> None:
        self.open = 0
        self.begun_seconds = now_seconds
        self.counts: dict[Event, int] = {}
        self.is_exempt = is_exempt


class ClientRates:
    """The counts of all clients of a server; one may serve several listeners.

    Args:
        limits: How much is too much.
        clock: Seconds that never go back.
    """

    def __init__(
        self, limits: RateLimits | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits = RateLimits() if limits is None else limits
        self._clock = clock
        # The client that was seen longest ago is the first.
        self._clients: OrderedDict[str, _Counts] = OrderedDict()

    def __len__(self) -> int:
        return len(self._clients)

    async def connect(self, address: str) -> bool:
        """Count a connection; tell whether it may go on.  `disconnect` has to follow.

        Never raises: a table of exempt networks that fails exempts nobody.
        """
        key = self._key(address)
        counts = self._clients.get(key)
        if counts is None:
            is_exempt = await self._is_exempt(address)
            # Somebody else may have come from there while the table was asked.
            fresh = _Counts(self._clock(), is_exempt=is_exempt)
            counts = self._clients.setdefault(key, fresh)
        self._clients.move_to_end(key)
        counts.open += 1
        if len(self._clients) > self.limits.most_clients:
            self._forget()
        most = self.limits.connections
        is_within = self._count(counts, Event.CONNECTION)
        return counts.is_exempt or (is_within and (not most or counts.open <= most))

    def disconnect(self, address: str) -> None:
        """Take note that a connection is over, whether it was let in or not."""
        counts = self._clients.get(self._key(address))
        if counts is not None and counts.open:
            counts.open -= 1
            if len(self._clients) > self.limits.most_clients:
                self._forget()

    def count(self, address: str, event: Event) -> bool:
        """Count an event of a client that is connected; tell whether it is within the limit."""
        if not getattr(self.limits, event.value):
            return True
        counts = self._clients.get(self._key(address))
        return counts is None or self._count(counts, event) or counts.is_exempt

    def is_spent(self, address: str, event: Event) -> bool:
        """Tell whether the next event of a client would be beyond the limit."""
        most: int = getattr(self.limits, event.value)
        counts = self._clients.get(self._key(address))
        if not most or counts is None or counts.is_exempt:
            return False
        is_fresh = self._clock() - counts.begun_seconds >= self.limits.unit_seconds
        return not is_fresh and counts.counts.get(event, 0) >= most

    def _count(self, counts: _Counts, event: Event) -> bool:
        now = self._clock()
        if now - counts.begun_seconds >= self.limits.unit_seconds:
            counts.begun_seconds = now
            counts.counts.clear()
        number = counts.counts.get(event, 0) + 1
        counts.counts[event] = number
        most: int = getattr(self.limits, event.value)
        return not most or number <= most

    async def _is_exempt(self, address: str) -> bool:
        if self.limits.exempt is None:
            return False
        try:
            return await find(self.limits.exempt, network_keys(address)) is not None
        except LookupFailed:
            return False

    def _forget(self) -> None:
        """Forget clients without a connection, the oldest first.

        Those with one go to the end, so each is passed over once in a round.
        """
        for _ in range(len(self._clients)):
            key, counts = self._clients.popitem(last=False)
            if counts.open:
                self._clients[key] = counts
            elif len(self._clients) <= self.limits.most_clients:
                return

    def _key(self, address: str) -> str:
        if ":" not in address or self.limits.prefix_bits == _IPV6_BITS:
            return address
        try:
            found = ipaddress.IPv6Address(address.partition("%")[0])
        except ValueError:
            return address
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(int(found) >> (_IPV6_BITS - self.limits.prefix_bits))
