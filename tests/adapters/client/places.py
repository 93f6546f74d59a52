"""Servers by script as the places of a next hop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterable

from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.trouble import Trouble
from tests.adapters.agents.scripted_peer import Peer


class Places:
    """Next hops whose places are written down.

    Args:
        places: Those of every next hop, or why there are none.
        fallback: Those that come after them.
    """

    def __init__(
        self,
        places: Iterable[ServerPlace] | Trouble,
        fallback: Iterable[ServerPlace] | Trouble = (),
    ) -> None:
        self.found = places
        self._fallback = fallback
        self.asked: list[tuple[str, bool]] = []

    async def places(self, nexthop: str, *, is_configured: bool = False) -> tuple[ServerPlace, ...]:
        """Return the places."""
        self.asked.append((nexthop, is_configured))
        if isinstance(self.found, Trouble):
            raise self.found
        return tuple(self.found)

    async def fallback_places(self, nexthop: str) -> tuple[ServerPlace, ...]:  # noqa: ARG002  of all
        """Return the places that come after them."""
        if isinstance(self._fallback, Trouble):
            raise self._fallback
        return tuple(self._fallback)


def place_of(peer: Peer, name: str = "mx.example.net") -> ServerPlace:
    """Return the place of a server that is there."""
    return ServerPlace(host=name, address="127.0.0.1", port=peer.port, domain="example.net")


def nobody(name: str = "gone.example.net") -> ServerPlace:
    """Return a place where nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return ServerPlace(host=name, address="127.0.0.1", port=sock.getsockname()[1])


@contextlib.asynccontextmanager
async def serving(*peers: Peer) -> AsyncIterator[None]:
    """Let servers listen."""
    async with contextlib.AsyncExitStack() as stack:
        for peer in peers:
            await stack.enter_async_context(peer.serve())
        yield
        # What they have to say to a connection that ended is said.
        await asyncio.sleep(0)
