"""Sessions for those who send: the one that is open already, or a new one.

    find    by the next hop, before its servers are looked up
    open    by the server's address, else a new connection
    give_back

Rules.
- A session is used again by those alone who would have opened it just so: the same way to
  speak, the same TLS, the same login.  Where the certificate was looked at, the names that
  it was held against are the same too.
- What says so is asked anew each time, so that a table that has changed counts at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

import attrs

from dsnlib.adapters.client.peer_session import PeerSession
from dsnlib.adapters.client.settings import ClientSettings
from dsnlib.adapters.client.tls.policy import TlsPolicy
from dsnlib.adapters.client.trouble import make_trouble
from dsnlib.errors import LookupFailed

if TYPE_CHECKING:
    from dsnlib.adapters.client.cache import ConnectionCache
    from dsnlib.adapters.client.login import Login
    from dsnlib.adapters.client.place import ServerPlace
    from dsnlib.replies.discard import DiscardRules, Discards

__all__ = [
    "HeldSession",
    "Identity",
    "LoginSource",
    "Observer",
    "PolicySource",
    "Sessions",
    "Terms",
]

Observer: TypeAlias = Callable[[str, str], None]
"""Hears what is said, `C` or `S` for client or server, and the line."""

_LOG = logging.getLogger("dsnlib.client")
_NOT_TOLD = "how to speak to the server cannot be looked up now"
# Chosen by us: a server that answered so short a time ago is there.
_SURE_SECONDS = 0.1


class PolicySource(Protocol):
    """Who says how sessions are encrypted, as `TlsPolicies` does."""

    async def find(self, nexthop: str, host: str = "") -> TlsPolicy:
        """Return what is asked of a session; may raise `LookupFailed`."""


class LoginSource(Protocol):
    """Who says by which name we log in, as `Logins` does."""

    @property
    def is_by_sender(self) -> bool:
        """Whether the sender of a message has a say in it."""

    async def find(self, *, sender: str, host: str, nexthop: str, is_lmtp: bool) -> Login | None:
        """Return the login, `None` for none; may raise `LookupFailed`."""


class Terms(NamedTuple):
    """What a session is held by, besides the protocol.

    Args:
        policy: How it is encrypted.
        login: Who we are; `None` for nobody.
        discards: What is passed over of what the server announces.
        names: Whom the certificate was held against.
    """

    policy: TlsPolicy
    login: Login | None
    discards: Discards
    names: tuple[str, ...]


@attrs.frozen(kw_only=True, cache_hash=True)
class Identity:
    """Where, as whom and how a session is held: what those that are shared have in common.

    Args:
        address: The server's.
        port: Its port; `None` for a path.
        settings: How the protocol is spoken.
        terms: All else.
    """

    address: str
    port: int | None
    settings: ClientSettings
    terms: Terms


@attrs.define(eq=False)
class HeldSession:
    """A session and what it may be used for.

    Args:
        session: The session.
        identity: As whom and how it is held.
        is_reused: Whether it was open already, and so may be dead without our knowing.
        uses: For how many messages it was used; one may take several transactions.
        freed_seconds: When it was used last, by the clock of the loop.
        destination: The key that it was found under; `None` if it was not.
    """

    session: PeerSession
    identity: Identity
    is_reused: bool = False
    uses: int = 0
    freed_seconds: float = 0.0
    destination: tuple[object, ...] | None = None

    @property
    def opened_seconds(self) -> float:
        """When it was opened, by the clock of the loop."""
        return self.session.opened_seconds

    @property
    def is_reusable(self) -> bool:
        """Whether there is a connection that nothing speaks against."""
        return self.session.is_reusable

    @property
    def closed(self) -> asyncio.Future[None]:
        """Is done when there is no connection any more."""
        return self.session.closed

    def leave(self) -> None:
        """Say QUIT, and close when that was answered or was not in time.  Never raises."""
        self.session.leave()

    def close(self) -> None:
        """End it at once.  Never raises."""
        self.session.close()

    @property
    def is_sure(self) -> bool:
        """Whether the server is still there, as far as it has to be known.

        A message that goes out with its envelope, before the server has said a word, may
        have arrived if the server says nothing: so a session that has waited is asked
        with RSET first.
        """
        if not self.is_reused or "CHUNKING" not in self.session.features.keywords:
            return True
        if not self.identity.settings.may_chunk:
            return True
        return asyncio.get_running_loop().time() - self.freed_seconds < _SURE_SECONDS


class Sessions:
    """Opens sessions and keeps them.

    Args:
        settings: How the protocol is spoken.
        tls: How sessions are encrypted; a policy alone for all of them.
        logins: By which names we log in; `None` for nowhere.
        discards: What is passed over of what servers announce.
        cache: Where sessions wait for the next message.
        observe: Hears what is said in them.
    """

    def __init__(
        self,
        settings: ClientSettings,
        *,
        tls: PolicySource | TlsPolicy,
        logins: LoginSource | None,
        discards: DiscardRules,
        cache: ConnectionCache[HeldSession],
        observe: Observer | None = None,
    ) -> None:
        self.settings = settings
        self._tls = tls
        self._logins = logins
        self._discards = discards
        self._cache = cache
        self._observe = observe
        # Nobody has to be asked what nobody can change.
        self._is_fixed = isinstance(tls, TlsPolicy) and logins is None and not discards.tables

    def keeps(self, nexthop: str, *, is_busy: bool) -> bool:
        """Tell whether sessions with a next hop are kept, and so worth looking for."""
        return self._cache.keeps(nexthop, is_busy=is_busy)

    async def find(self, nexthop: str, sender: str) -> HeldSession | None:
        """Return a session with a next hop that is open already.

        Args:
            nexthop: As it is written.
            sender: The return path of the message.

        Raises:
            Trouble: A table cannot say now how the session would have to be.
        """
        key = self._destination(nexthop, sender)
        while (held := self._cache.take_by_destination(key)) is not None:
            held.destination = key
            if self._is_fixed:
                held.is_reused = True
                return held
            try:
                terms = await self._terms(held.session.place, nexthop, sender)
            except BaseException:
                self._cache.let_go(held)
                raise
            if held.identity.terms == terms:
                held.is_reused = True
                return held
            # It is what it would not be today.
            self._cache.let_go(held)
        return None

    async def open(
        self, place: ServerPlace, nexthop: str, sender: str, *, may_reuse: bool
    ) -> HeldSession:
        """Return a session with a server.

        Args:
            place: Its address.
            nexthop: Of whose servers it is.
            sender: The return path of the message.
            may_reuse: Whether one that is open already will do.

        Raises:
            Trouble: There is none.
        """
        terms = await self._terms(place, nexthop, sender)
        identity = Identity(
            address=place.address, port=place.port, settings=self.settings, terms=terms
        )
        if may_reuse:
            held = self._cache.take_by_place(identity)
            if held is not None:
                held.is_reused = True
                held.destination = None
                return held
        session = await PeerSession.open(
            place,
            self.settings,
            policy=terms.policy,
            login=terms.login,
            discards=terms.discards,
            observe=self._observe,
        )
        if terms.policy.notes_offer and not session.tls and session.features.has("STARTTLS"):
            _LOG.info("%s offers TLS, which is not used", place)
        return HeldSession(session, identity)

    def give_back(self, held: HeldSession, nexthop: str, sender: str, *, is_kept: bool) -> None:
        """Keep a session for the next message, or say QUIT without waiting.

        Args:
            held: Nobody uses it any more.
            nexthop: Whose mail it was used for.
            sender: Whose mail it was used for.
            is_kept: Whether another message is likely to need it.
        """
        if is_kept:
            destination = held.destination
            if destination is None:
                # A fallback relay is not what the next message for the next hop goes to.
                name = held.session.place.relay or nexthop
                destination = self._destination(name, sender)
            self._cache.put(held, destination=destination, place=held.identity)
        else:
            self._cache.let_go(held)

    def _destination(self, nexthop: str, sender: str) -> tuple[object, ...]:
        is_dependent = self._logins is not None and self._logins.is_by_sender
        # Where a next hop is, another client may know otherwise; and a path has its case.
        name = nexthop if nexthop.startswith("unix:") else nexthop.lower()
        return (name, self, sender if is_dependent else None)

    async def _terms(self, place: ServerPlace, nexthop: str, sender: str) -> Terms:
        # The password for a next hop is for nobody in its place.
        nexthop = place.relay or nexthop
        login = None
        try:
            tls = self._tls
            policy = tls if isinstance(tls, TlsPolicy) else await tls.find(nexthop, place.host)
            if self._logins is not None:
                login = await self._logins.find(
                    sender=sender,
                    host=place.host,
                    nexthop=nexthop,
                    is_lmtp=self.settings.is_lmtp,
                )
            discards = self._discards.general
            if self._discards.tables:
                discards = await self._discards.discards_for(place.address)
        except LookupFailed as error:
            # Which table it is, is nobody's business who reads a report.
            _LOG.warning("%s: %s", nexthop, error)
            raise make_trouble("4.3.0", _NOT_TOLD, command="plan") from error
        is_named = policy.level.is_verified or policy.server_name != "hostname"
        return Terms(
            policy, login, discards, (place.host, place.domain) if is_named else (place.host,)
        )
