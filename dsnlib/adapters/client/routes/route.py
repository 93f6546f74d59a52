"""A next hop -> the places to try, in their order (RFC 5321 s5.1).

    mail.example.org            the hosts of its MX records; without any, the host itself
    [mail.example.org]:587      the host, whatever MX it has
    [192.0.2.1]                 the address
    unix:/run/lmtp              the socket

Rules.
- An answer is remembered for its time; who asks for the same meanwhile waits for the same
  answer.
- For a next hop that somebody here has written down no mail is returned: it waits, with
  4.3.5, until it is put right.
- What a fallback relay is sent with is its own: its TLS, and our login there.
- Mail that this system is an MX for goes to no fallback relay, which may send it back.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.client.routes.arrange import arrange_places
from dsnlib.adapters.client.routes.route_settings import RouteSettings
from dsnlib.adapters.client.routes.way import Way, WayFinder
from dsnlib.adapters.client.trouble import Trouble, make_trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.adapters.client.place import ServerPlace
    from dsnlib.adapters.client.routes.hosts import MailResolver

__all__ = ["MxRouter"]

_LOG = logging.getLogger("dsnlib.client")

# Chosen by us: next hops that come again.
_MOST_REMEMBERED = 4096
# Chosen by us: what somebody changes is to be seen in an hour, and what was not there is
# looked for again sooner (RFC 2308 s5 has three hours for the most).
_MOST_SECONDS = 3600.0
_MOST_SECONDS_OF_NOTHING = 300.0


class MxRouter:
    """Finds the places of next hops.

    Args:
        settings: How they are looked up.
        resolver: Who is asked; `None` for one of the system's servers.
        chance: Decides between equals.
        clock: The time in seconds, from any beginning.
    """

    def __init__(
        self,
        settings: RouteSettings | None = None,
        *,
        resolver: MailResolver | None = None,
        chance: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = RouteSettings() if settings is None else settings
        self._chance = random.Random() if chance is None else chance  # noqa: S311  who goes first is no secret
        self._clock = clock
        self._finder = WayFinder(
            self._settings, resolver=resolver, chance=self._chance, clock=clock
        )
        # next hop -> what is known, and until when
        self._known: dict[str, tuple[Way, float]] = {}
        self._asked: dict[str, asyncio.Task[Way]] = {}

    async def places(self, nexthop: str, *, is_configured: bool = False) -> tuple[ServerPlace, ...]:
        """Return where a next hop is, in the order in which to try.

        Args:
            nexthop: As transports are given it.
            is_configured: Whether somebody here has written it down, and it is not the
                domain of a recipient.

        Returns:
            At least one place.

        Raises:
            Trouble: There is none; with `is_configured`, for now.
        """
        way = await self._way(nexthop)
        if way.status:
            raise _trouble(way, is_configured=is_configured)
        return self._arranged(way)

    async def fallback_places(self, nexthop: str) -> tuple[ServerPlace, ...]:
        """Return where the mail goes that reached none of the places of a next hop.

        Args:
            nexthop: As transports are given it.

        Returns:
            The places of the fallback relays; none if there are none, if the next hop
            is one itself, or if this system is an MX of it.

        Raises:
            Trouble: There are relays, and none can be found; always for now.
        """
        relays = self._settings.fallback_relays
        if not relays or nexthop.lower() in [each.lower() for each in relays]:
            return ()
        if (await self._way(nexthop)).is_own:
            return ()
        found: dict[ServerPlace, None] = {}
        trouble: Trouble | None = None
        for relay in relays:
            try:
                places = await self.places(relay, is_configured=True)
                found |= dict.fromkeys([attrs.evolve(each, relay=relay) for each in places])
            except Trouble as met:
                trouble = met
                _LOG.warning("fallback relay %s: %s", relay, trouble)
        if trouble is not None and not found:
            raise trouble
        return tuple(found)

    async def _way(self, nexthop: str) -> Way:
        known = self._known.get(nexthop)
        if known is not None and known[1] > self._clock():
            return known[0]
        task = self._asked.get(nexthop)
        if task is None:
            task = self._asked[nexthop] = asyncio.create_task(self._look_up(nexthop))
        # One who gives up does not take the answer from the others.
        return await asyncio.shield(task)

    async def _look_up(self, nexthop: str) -> Way:
        try:
            way = await self._finder.find(nexthop)
        finally:
            del self._asked[nexthop]
        most = _MOST_SECONDS_OF_NOTHING if way.status else _MOST_SECONDS
        self._known.pop(nexthop, None)
        if len(self._known) >= _MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[nexthop] = (way, self._clock() + min(way.seconds, most))
        return way

    def _arranged(self, way: Way) -> tuple[ServerPlace, ...]:
        settings = self._settings
        return arrange_places(
            way.hosts,
            preference=settings.preference,
            most=settings.most_addresses,
            chance=self._chance,
        )


def _trouble(way: Way, *, is_configured: bool) -> Trouble:
    if is_configured and way.status.startswith("5"):
        text = f"the next hop is not set up right: {way.text}"
        return make_trouble("4.3.5", text, command="DNS")
    return make_trouble(way.status, way.text, command="DNS")
