"""A next hop -> the hosts it means and their addresses (RFC 5321 s5.1), or why there are none.

    5.1.2     there is no such domain
    5.1.10    the domain takes no mail                              RFC 7505 s3
    5.4.4     there is no address
    4.4.3     it cannot be told now
    4.4.4     of one host it cannot be told now, the others have no address
    5.4.6     the mail would come back to this system

Rules.
- One host with an address is enough.
- Of the hosts of a domain this system, and those that are preferred no more than it, are
  left out, by name and by address; wherever it listens, the world is led to it by port 25.
- A host that is written down is this system only where it listens itself.
- What a name server may say is without bound; how many hosts are looked up is not, and
  how long.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import attrs

from dsnlib.adapters.agents.next_hop import HopAddress
from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.routes.arrange import HostPlaces
from dsnlib.adapters.client.routes.exchangers import Exchanger, order_exchangers
from dsnlib.adapters.client.routes.hosts import (
    HostAnswer,
    HostFinder,
    HostLookup,
    is_localhost,
    is_own_address,
)
from dsnlib.adapters.client.tls.server_names import a_labels
from dsnlib.errors import InvalidValue, LookupFailed
from dsnlib.replies.cidr_table import read_address

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

    from dsnlib.adapters.client.routes.hosts import MailResolver
    from dsnlib.adapters.client.routes.route_settings import RouteSettings

__all__ = ["Way", "WayFinder"]

# Chosen by us: RFC 2308 s7 lets a failure be remembered for five minutes.
_SECONDS_OF_FAILURE = 5.0
_SMTP_PORT = 25
# What stands for all addresses of this system where it listens: of IPv4, and of IPv6.
_ALL = ("0.0.0.0", "::")  # noqa: S104  compared with, not listened at
# Chosen by us: how many hosts are looked up at once.
_AT_ONCE = 8
# Chosen by us: how many addresses of a host are kept where no limit says.
_MOST_OF_A_HOST = 32


@attrs.frozen(kw_only=True)
class Way:
    """What is known of the way to a next hop.

    Args:
        hosts: Its hosts, the preferred ones first; each has a place.
        status: Why there are none; `""` if there are.
        text: The same in words.
        is_own: Whether this system is one of its hosts.
        seconds: How long that holds.
    """

    hosts: tuple[HostPlaces, ...] = ()
    status: str = ""
    text: str = ""
    is_own: bool = False
    seconds: float = math.inf


_Answers: TypeAlias = Sequence[tuple[Exchanger, HostAnswer]]


class WayFinder:
    """Looks up next hops.

    Args:
        settings: How they are looked up.
        resolver: Who is asked; `None` for one of the system's servers.
        chance: Decides between equals.
        clock: The time in seconds, from any beginning.
    """

    def __init__(
        self,
        settings: RouteSettings,
        *,
        resolver: MailResolver | None,
        chance: random.Random,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._chance = chance
        self._clock = clock
        self._hosts = HostFinder(
            resolver,
            lookups=settings.lookups,
            versions=settings.versions,
            most=settings.most_addresses or _MOST_OF_A_HOST,
            seconds=settings.seconds,
        )

    async def find(self, nexthop: str) -> Way:
        """Return what is known of the way to a next hop.  Never raises for what it meets."""
        try:
            hop = HopAddress.parse(nexthop, port=self._settings.port)
        except InvalidValue:
            return Way(status="5.1.2", text=f"{nexthop[:80]!r} is no place to send mail to")
        if hop.port is None:
            place = ServerPlace(host="localhost", address=hop.host, port=None)
            return Way(hosts=(HostPlaces(places=(place,)),))
        address = read_address(hop.host)
        if address is not None:
            hop = attrs.evolve(hop, host=str(address))
            return self._to_host(hop, HostAnswer(addresses=(hop.host,), seconds=math.inf))
        name = a_labels(hop.host)
        if name is None:
            return Way(status="5.1.2", text=f"{hop.host} is no domain name")
        hop = attrs.evolve(hop, host=name)
        if hop.is_domain and self._settings.has_mx and not is_localhost(name):
            return await self._to_domain(hop)
        return self._to_host(hop, await self._hosts.find(name))

    async def _to_domain(self, hop: HopAddress) -> Way:
        domain = hop.host
        try:
            answer = await self._hosts.exchangers(domain)
        except LookupFailed:
            text = f"the MX of {domain} cannot be looked up now"
            return Way(status="4.4.3", text=text, seconds=_SECONDS_OF_FAILURE)
        if not answer.records:
            return await self._without_mx(hop, is_name=answer.is_name, seconds=answer.seconds)
        ordered = order_exchangers(
            answer.records,
            own_names=self._settings.own_names if _is_public(hop) else (),
            chance=self._chance,
        )
        if ordered.is_null:
            text = f"{domain} takes no mail: it has a null MX"
            return Way(status="5.1.10", text=text, seconds=answer.seconds)
        found = await self._look_up(ordered.hosts)
        own = [each.preference for each, host in found if self._is_own(hop, host)]
        if own:
            found = [(each, host) for each, host in found if each.preference < min(own)]
        is_own = ordered.is_own or bool(own)
        return self._to_exchangers(hop, found, is_own=is_own, seconds=answer.seconds)

    async def _look_up(self, exchangers: Sequence[Exchanger]) -> list[tuple[Exchanger, HostAnswer]]:
        """Return what is known of hosts, in their order, of as many as are needed."""
        found: list[tuple[Exchanger, HostAnswer]] = []
        most = self._settings.most_addresses
        deadline = self._clock() + self._settings.seconds
        for start in range(0, len(exchangers), _AT_ONCE):
            is_enough = 0 < most <= sum(len(host.addresses) for _, host in found)
            if is_enough or self._clock() > deadline:
                break
            batch = exchangers[start : start + _AT_ONCE]
            answers = await asyncio.gather(*[self._hosts.find(each.host) for each in batch])
            found += zip(batch, answers, strict=True)
        return found

    def _to_exchangers(
        self, hop: HopAddress, found: _Answers, *, is_own: bool, seconds: float
    ) -> Way:
        seconds = min([seconds, *[host.seconds for _, host in found]])
        hosts = tuple(
            [
                HostPlaces(
                    preference=each.preference,
                    places=_places(each.host, host.addresses, hop),
                )
                for each, host in found
                if host.addresses
            ]
        )
        if hosts:
            return Way(hosts=hosts, is_own=is_own, seconds=seconds)
        failed = [each for each, host in found if host.is_failed]
        if failed:
            status = "4.4.3" if len(failed) == len(found) else "4.4.4"
            text = f"no MX host of {hop.host} can be looked up now"
            return Way(status=status, text=text, is_own=is_own, seconds=_SECONDS_OF_FAILURE)
        if is_own:
            return _loop(hop, seconds)
        return Way(status="5.4.4", text=f"no MX host of {hop.host} has an address", seconds=seconds)

    async def _without_mx(self, hop: HopAddress, *, is_name: bool, seconds: float) -> Way:
        """Return the way to a domain that is its own host, if it is one."""
        nowhere = Way(status="5.1.2", text=f"there is no domain {hop.host}", seconds=seconds)
        if not is_name and HostLookup.NATIVE not in self._settings.lookups:
            return nowhere
        way = self._to_host(hop, await self._hosts.find(hop.host))
        if way.status == "5.4.4" and not is_name:
            return nowhere
        return attrs.evolve(way, seconds=min(way.seconds, seconds))

    def _to_host(self, hop: HopAddress, host: HostAnswer) -> Way:
        if self._is_named(hop) or self._is_own(hop, host):
            return _loop(hop, host.seconds)
        if host.addresses:
            places = _places(hop.host, host.addresses, hop)
            return Way(hosts=(HostPlaces(places=places),), seconds=host.seconds)
        if host.is_failed:
            text = f"{hop.host} cannot be looked up now"
            return Way(status="4.4.3", text=text, seconds=_SECONDS_OF_FAILURE)
        return Way(status="5.4.4", text=f"{hop.host} has no address", seconds=host.seconds)

    def _is_named(self, hop: HopAddress) -> bool:
        if hop.host.lower() not in self._settings.own_names:
            return False
        return _is_public(hop) or any(port == hop.port for _, port in self._settings.own_endpoints)

    def _is_own(self, hop: HopAddress, host: HostAnswer) -> bool:
        settings = self._settings
        if _is_public(hop) and not settings.own_addresses.isdisjoint(host.addresses):
            return True
        return any(
            (address, hop.port) in settings.own_endpoints
            or (
                ((_ALL[":" in address], hop.port) in settings.own_endpoints)
                and is_own_address(address)
            )
            for address in host.addresses
        )


def _is_public(hop: HopAddress) -> bool:
    """Tell whether the mail goes where anybody's mail for the domain does."""
    return hop.is_domain and hop.port == _SMTP_PORT


def _places(name: str, addresses: Iterable[str], hop: HopAddress) -> tuple[ServerPlace, ...]:
    return tuple(
        [
            ServerPlace(host=name, address=address, port=hop.port, domain=hop.host)
            for address in addresses
        ]
    )


def _loop(hop: HopAddress, seconds: float) -> Way:
    text = f"mail for {hop.host} would come back to this system"
    return Way(status="5.4.6", text=text, is_own=True, seconds=seconds)
