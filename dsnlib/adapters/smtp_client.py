"""The reference SMTP and LMTP client: a message goes out, and each recipient has a result.

    async with SmtpClient.to("[mail.example.org]:587", login=login) as client:
        for result in await client.send(envelope, message):
            print(result.recipient, result.status, result.is_success)

What was asked for in the envelope, RET and ENVID (RFC 3461 s4.3, s4.4) and each recipient's
NOTIFY and ORCPT (s4.1, s4.2), goes to servers that announce DSN.  Where one does not, it is
left out, `has_dsn` says so, and a success is `RELAYED` (s5.2.2).

Rules.
- Nothing is sent before all of it is known to be in order: addresses, parameters, lines.
- One result for each recipient, in the order of the envelope; servers and networks raise
  nothing.
- Sessions are kept for the next message as `ConnectionCache` has it, for the same identity.
- A message is never sent again that may have arrived.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
from typing import TYPE_CHECKING, Self

import attrs

from dsnlib.adapters.agents.next_hop import HopAddress
from dsnlib.adapters.client.attempt import Attempt
from dsnlib.adapters.client.cache import ConnectionCache
from dsnlib.adapters.client.errand import Errand
from dsnlib.adapters.client.prepare import prepare
from dsnlib.adapters.client.routes.route import MxRouter
from dsnlib.adapters.client.routes.route_settings import RouteSettings
from dsnlib.adapters.client.sessions import HeldSession, Sessions
from dsnlib.adapters.client.settings import ClientSettings
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.errors import InvalidValue
from dsnlib.model.date import require_zone
from dsnlib.model.local_part import split_address
from dsnlib.model.text import refuse_controls
from dsnlib.policy.relay import RelayPolicy
from dsnlib.replies.discard import DiscardRules

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from dsnlib.adapters.client.attempt import PlaceSource
    from dsnlib.adapters.client.login import Login
    from dsnlib.adapters.client.prepare import Sendable
    from dsnlib.adapters.client.result import SendResult
    from dsnlib.adapters.client.sessions import LoginSource, Observer, PolicySource
    from dsnlib.model.envelope import Envelope, Recipient

__all__ = ["SmtpClient", "send"]

# Assigned to LMTP by IANA (RFC 2033 s5 says only: not 25).
_LMTP_ROUTE = RouteSettings(port=24, has_mx=False)
# The port of a relay that names none is the route's matter.
_ANY_PORT = 25
# Chosen by us: where a user sends to many domains himself, so many at a time.
_DOMAINS_AT_ONCE = 20
# Chosen by us for a relay that is a user's own: servers wait for the next command for
# minutes (RFC 5321 s4.5.3.2.7), and a loop that sends may take its time.
_OWN_RELAY_SECONDS = 30.0


class SmtpClient:
    """Sends messages; one for each protocol is enough for a process.

    Args:
        settings: How the protocol is spoken; if not given, SMTP as this host.
        router: Knows the places of next hops.
        tls: How sessions are encrypted, by a policy for all of them or by who knows it
            for each; where it is offered if not given.
        logins: By which names we log in; nowhere if not given.
        discards: What is passed over of what servers announce.
        cache: Where sessions wait; one that several clients share is its giver's to
            close.  If not given, sessions are kept for a moment.
        policy: What RFC 3461 leaves to a relay.
        observe: Hears what is said: `C` or `S`, and the line, without passwords.
    """

    def __init__(
        self,
        settings: ClientSettings | None = None,
        *,
        router: PlaceSource | None = None,
        tls: PolicySource | TlsPolicy | None = None,
        logins: LoginSource | None = None,
        discards: DiscardRules | None = None,
        cache: ConnectionCache[HeldSession] | None = None,
        policy: RelayPolicy | None = None,
        observe: Observer | None = None,
    ) -> None:
        settings = _settings_of_program(None) if settings is None else settings
        self._relay: str | None = None
        if router is None:
            router = MxRouter(_LMTP_ROUTE if settings.is_lmtp else None)
        self._router = router
        self._own_cache: ConnectionCache[HeldSession] | None = None
        if cache is None:
            cache = self._own_cache = ConnectionCache(destinations=None)
        self._policy = RelayPolicy() if policy is None else policy
        self._sessions = Sessions(
            settings,
            tls=TlsPolicy() if tls is None else tls,
            logins=logins,
            discards=DiscardRules() if discards is None else discards,
            cache=cache,
            observe=observe,
        )

    @classmethod
    def to(
        cls,
        relay: str | None,
        *,
        login: Login | None = None,
        tls: ClientTlsLevel | TlsPolicy | str | None = None,
        hello: str | None = None,
        is_lmtp: bool = False,
        observe: Observer | None = None,
    ) -> Self:
        """Return a client for one relay, which keeps its connection for the next message.

        Args:
            relay: As `[mail.example.org]:587`, `[192.0.2.1]`, `unix:/run/lmtp`; a domain
                without brackets is looked up by its MX.  `None` for the domains of
                the recipients.
            login: Who we are there, and nowhere else.
            tls: The level, by its word or with all that belongs to it.  If not given it is
                `secure` with a login, which is not for strangers, and else `may`.
            hello: What we call ourselves; the name of this host if not given.
            is_lmtp: Whether it speaks LMTP (RFC 2033).
            observe: Hears what is said.

        Raises:
            InvalidValue: There is no such level, the relay or our name cannot be one, or
                a login has no relay that it is for.
        """
        if relay is not None:
            if not relay.strip():
                raise InvalidValue("relay: it is empty; None means the domains", value=relay)
            # What cannot be a place is known before anything is looked up.
            HopAddress.parse(relay, port=_ANY_PORT)
        elif login is not None:
            message = "a login is for a relay, and there is none: strangers would be shown it"
            raise InvalidValue(message, value=login.user)
        if tls is None:
            tls = ClientTlsLevel.MAY if login is None else ClientTlsLevel.SECURE
        if isinstance(tls, str):
            tls = _level(tls)
        policy = TlsPolicy(level=tls) if isinstance(tls, ClientTlsLevel) else tls
        cache = ConnectionCache[HeldSession](
            destinations=None, time_limit_seconds=_OWN_RELAY_SECONDS
        )
        client = cls(
            _settings_of_program(hello, is_lmtp=is_lmtp),
            tls=policy,
            logins=None if relay is None or login is None else _OneLogin(login, relay),
            cache=cache,
            observe=observe,
        )
        client._own_cache, client._relay = cache, relay
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        type_: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the sessions that are kept, unless the cache came from outside.  Never raises."""
        if self._own_cache is not None:
            await self._own_cache.close()

    async def send(
        self,
        envelope: Envelope,
        content: Sendable,
        *,
        nexthop: str | None = None,
        recipients: Iterable[Recipient] | None = None,
        now: dt.datetime | None = None,
        is_busy: bool = False,
    ) -> tuple[SendResult, ...]:
        """Send a message, and return what became of each recipient, in their order.

        Args:
            envelope: The message's.
            content: The message: octets, or a message of the `email` package, which are
                given the line ends that mail has; or what a queue has of it.
            nexthop: Where it goes; if not given, to the relay of this client, or to the
                domains of the recipients.
            recipients: Those of the envelope that this is about; all if not given.
            now: When; with a zone.  Now, if not given.
            is_busy: Whether other mail waits for the same next hop, so that it is worth
                while to keep the connection.

        Raises:
            InvalidValue: There are no recipients, or some that the envelope has not; the
                next hop has controls; `now` has no zone.  Nothing was sent.
            TypeError: The message is none.
        """
        require_zone(now, "now")
        now = dt.datetime.now(dt.UTC) if now is None else now
        chosen = envelope.recipients if recipients is None else tuple(recipients)
        if not chosen:
            raise InvalidValue("send: there is no recipient", value=chosen)
        if recipients is not None and chosen != envelope.recipients:
            if not envelope.recipient_set.issuperset(chosen):
                raise InvalidValue("send: a recipient is not in the envelope", value=chosen)
            # A message with many recipients comes here once for each of their next hops:
            # what is done in each attempt is done for its own ones.
            envelope = attrs.evolve(envelope, recipients=chosen)
        if nexthop is None:
            nexthop = self._relay
        else:
            refuse_controls(nexthop, "next hop")
        envelope, ready = prepare(envelope, content, now=now)
        errand = Errand(envelope, ready, chosen, nexthop or "", now, is_busy)
        if nexthop is None:
            return await self._to_domains(errand)
        return await self._attempt(errand).run()

    def _attempt(self, errand: Errand) -> Attempt:
        return Attempt(errand, sessions=self._sessions, router=self._router, policy=self._policy)

    async def _to_domains(self, errand: Errand) -> tuple[SendResult, ...]:
        """Send to the domain of each recipient, some at a time."""
        by_domain: dict[str, list[int]] = {}
        for number, each in enumerate(errand.recipients):
            domain = split_address(each.address)[2].lower()
            by_domain.setdefault(domain, []).append(number)
        gate = asyncio.Semaphore(_DOMAINS_AT_ONCE)
        found: dict[int, SendResult] = {}

        async def send_to(domain: str, numbers: list[int]) -> None:
            part = tuple([errand.recipients[number] for number in numbers])
            envelope = attrs.evolve(errand.envelope, recipients=part)
            one = errand._replace(envelope=envelope, nexthop=domain, recipients=part)
            async with gate:
                results = await self._attempt(one).run()
            found.update(zip(numbers, results, strict=True))

        try:
            async with asyncio.TaskGroup() as tasks:
                for domain, numbers in by_domain.items():
                    tasks.create_task(send_to(domain, numbers))
        except BaseExceptionGroup as group:
            # What a router or a table of the user's has raised comes as it came.
            raise group.exceptions[0] from None
        return tuple([found[number] for number in range(len(errand.recipients))])


def send(
    envelope: Envelope,
    content: Sendable,
    *,
    relay: str | None = None,
    login: Login | None = None,
    tls: ClientTlsLevel | TlsPolicy | str | None = None,
    is_lmtp: bool = False,
) -> tuple[SendResult, ...]:
    """Send one message from a program without a loop, and return what became of whom.

    Args:
        envelope: The message's.
        content: The message; see `SmtpClient.send`.
        relay: See `SmtpClient.to`; without, the domains of the recipients.
        login: Who we are there.
        tls: See `SmtpClient.to`.
        is_lmtp: Whether it speaks LMTP.

    Raises:
        InvalidValue: As `SmtpClient.to` and `SmtpClient.send`.
        TypeError: The message is none.
        RuntimeError: A loop is running already; it wants `SmtpClient`.
    """

    async def one() -> tuple[SendResult, ...]:
        client = SmtpClient.to(relay, login=login, tls=tls, is_lmtp=is_lmtp)
        async with client:
            return await client.send(envelope, content)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(one())
    raise RuntimeError("send: a loop is running here; await SmtpClient.send in it")


class _OneLogin:
    """A login for one relay."""

    is_by_sender = False

    def __init__(self, login: Login, relay: str) -> None:
        self._login = login
        self._relay = relay

    async def find(self, *, sender: str, host: str, nexthop: str, is_lmtp: bool) -> Login | None:  # noqa: ARG002  as `LoginSource` has it
        return self._login if nexthop == self._relay else None


def _level(word: str) -> ClientTlsLevel:
    try:
        return ClientTlsLevel(word)
    except ValueError as error:
        words = ", ".join(each.value for each in ClientTlsLevel)
        message = f"TLS: the level {word!r} is not of {words}"
        raise InvalidValue(message, value=word) from error


def _settings_of_program(hello: str | None, *, is_lmtp: bool = False) -> ClientSettings:
    """Return how a program speaks that takes no mail itself: nothing comes back to it."""
    return ClientSettings(
        hello=_own_name() if hello is None else hello, is_lmtp=is_lmtp, takes_mail=False
    )


def _own_name() -> str:
    """Return what this host calls itself, without a look-up that may take long."""
    name = socket.gethostname()
    if not (name.isascii() and name.isprintable()):
        return "[127.0.0.1]"
    # "... the client SHOULD send an address literal"                 RFC 5321 s4.1.4
    return name if "." in name else "[127.0.0.1]"
