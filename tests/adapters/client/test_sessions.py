"""Sessions that are used again: by whom, and what happens to those that died meanwhile."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import attrs
import pytest

from dsnlib.adapters.client.cache import ConnectionCache
from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.result import SendResult
from dsnlib.adapters.client.sasl.policy import SaslPolicy
from dsnlib.adapters.client.sessions import HeldSession
from dsnlib.adapters.client.settings import ClientSettings
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.smtp_client import SmtpClient
from dsnlib.errors import LookupFailed
from dsnlib.model.envelope import Envelope
from dsnlib.replies.discard import DiscardRules
from tests.adapters.agents.scripted_peer import CLOSE, EHLO, Peer
from tests.adapters.client.places import Places, place_of, serving
from tests.adapters.client.sending import MESSAGE, SETTINGS, asked, envelope, run, send_to, shown


def cached(**known: Any) -> ConnectionCache[HeldSession]:  # noqa: ANN401  of each its own type
    """Return a cache that keeps all."""
    return ConnectionCache(**{"destinations": None, **known})


async def twice(
    peer: Peer,
    client: SmtpClient,
    *,
    first: Envelope | None = None,
    second: Envelope | None = None,
    is_busy: bool = False,
    nexthops: tuple[str, str] = ("example.net", "example.net"),
) -> list[SendResult]:
    """Send two messages, and return a result of each."""
    found: list[SendResult] = []
    for mail, nexthop in ((first, nexthops[0]), (second, nexthops[1])):
        found += await client.send(mail or envelope(), MESSAGE, nexthop=nexthop, is_busy=is_busy)
    return found


def send_twice(peer: Peer, **known: Any) -> list[SendResult]:  # noqa: ANN401  of `twice` and of clients
    """Send two messages to a server."""
    of_twice = {
        name: known.pop(name)
        for name in ("first", "second", "is_busy", "nexthops")
        if name in known
    }

    async def test() -> list[SendResult]:
        async with serving(peer):
            settings = known.pop("settings", SETTINGS)
            router = Places([place_of(peer)])
            cache = known.pop("cache", None) or cached()
            async with cache, SmtpClient(settings, router=router, cache=cache, **known) as client:
                return await twice(peer, client, **of_twice)

    return run(test())


def test_a_session_is_used_again() -> None:
    """The second message finds it by the next hop, at once."""
    peer = Peer()
    first, second = send_twice(peer)

    assert (1, 2) == (peer.sessions, len(peer.messages))
    assert (1, 2) == (first.connection_uses, second.connection_uses)
    assert second.setup_seconds < first.setup_seconds
    assert 1 == len(asked(peer, "QUIT"))


def test_a_session_is_found_by_its_address() -> None:
    """Two domains with the same host share it."""
    peer = Peer()
    cache = cached()
    _, second = send_twice(peer, nexthops=("one.example", "two.example"), cache=cache)

    assert (1, 2) == (peer.sessions, second.connection_uses)
    counted = cache.statistics
    assert (0, 2) == (counted.destination_hits, counted.destination_misses)
    assert (1, 1) == (counted.place_hits, counted.place_misses)


@pytest.mark.parametrize(("is_busy", "sessions"), [(True, 1), (False, 2)])
def test_on_demand(is_busy: bool, sessions: int) -> None:  # noqa: FBT001  a column
    """Where no other mail waits for a destination, its session ends with the message."""
    peer = Peer()
    send_twice(peer, is_busy=is_busy, cache=cached(destinations=()))

    assert sessions == peer.sessions


@pytest.mark.parametrize("replies", [{}, {"greeting": "220-mx\r\n220 mx"}])
def test_a_session_that_died_meanwhile(replies: dict[str, str]) -> None:
    """Nobody hears of it: the message goes in a new one."""
    peer = Peer(replies, closes_after=1)
    results = send_twice(peer)

    assert [("relayed", "2.0.0")] * 2 == shown(tuple(results))
    assert 2 == peer.sessions
    assert 1 == results[1].connection_uses


class Weary(Peer):
    """A server that says 421 to the second MAIL of a session, as if it had been idle."""

    async def _answer(
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if line.startswith("MAIL") and len(self.messages) == 1 and self.sessions == 1:
            await self._say(writer, "421 4.4.2 Idle for too long")
            return False
        return await super()._answer(line, reader, writer)


@pytest.mark.parametrize("ehlo", [EHLO, EHLO[:1]], ids=["pipelining", "steps"])
def test_a_session_that_is_over(ehlo: tuple[str, ...]) -> None:
    """421 to the first command is what a server says that was left alone for too long."""
    peer = Weary(ehlo=ehlo)
    results = send_twice(peer)

    assert [("relayed", "2.0.0")] * 2 == shown(tuple(results))
    assert (2, 2) == (peer.sessions, len(peer.messages))


def test_a_lost_end_is_not_sent_again() -> None:
    """In a session that was used before too: the server may have the message."""

    class Silent(Peer):
        async def _answer(
            self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> bool:
            if len(self.messages) == 1:
                self.replies["end"] = CLOSE
            return await super()._answer(line, reader, writer)

    peer = Silent()
    results = send_twice(peer)

    assert [("relayed", "2.0.0"), ("delayed", "4.4.2")] == shown(tuple(results))
    assert (1, 2) == (peer.sessions, len(peer.messages))


def test_an_error_ends_a_session() -> None:
    """One in which the two did not understand each other is not used again."""
    peer = Peer({"RCPT": "500 5.5.1 What?"})
    send_twice(peer)

    assert 2 == peer.sessions


def test_a_refusal_does_not_end_a_session() -> None:
    """A recipient that is not there says nothing against it."""
    peer = Peer({"RCPT": "550 5.1.1 Nobody"})
    send_twice(peer)

    assert 1 == peer.sessions


class BySender:
    """A login for each sender, `None` for those not named."""

    is_by_sender = True

    def __init__(self, logins: dict[str, Login]) -> None:
        self._logins = logins

    async def find(
        self,
        *,
        sender: str,
        host: str,  # noqa: ARG002  the sender alone counts
        nexthop: str,  # noqa: ARG002  see above
        is_lmtp: bool,  # noqa: ARG002  see above
    ) -> Login | None:
        """Return the login of a sender."""
        if sender == "broken@example.org":
            message = "logins: no answer"
            raise LookupFailed(message, source="logins", key=sender)
        return self._logins.get(sender)


ANN = Login(user="ann", password="a")
BOB = Login(user="bob", password="b")


@pytest.mark.parametrize(
    ("logins", "sessions"),
    [
        ({"ann@example.org": ANN, "bob@example.org": BOB}, 2),
        ({"ann@example.org": ANN, "bob@example.org": ANN}, 1),
        ({"ann@example.org": ANN}, 2),
        ({}, 1),
    ],
)
def test_identities_are_not_mixed(logins: dict[str, Login], sessions: int) -> None:
    """A message goes in a session of its own login, or of nobody's if it has none."""
    peer = Peer({"AUTH": "235 2.7.0 Fine"}, ehlo=(*EHLO, "AUTH PLAIN"))
    results = send_twice(
        peer,
        first=envelope(sender="ann@example.org"),
        second=envelope(sender="bob@example.org"),
        logins=BySender(logins),
        settings=attrs.evolve(SETTINGS, sasl=SaslPolicy(options=())),
    )

    assert [("relayed", "2.0.0")] * 2 == shown(tuple(results))
    assert sessions == peer.sessions


def test_a_login_that_cannot_be_looked_up() -> None:
    """The mail waits, and nobody is called."""
    peer = Peer()
    results = send_to(peer, envelope=envelope(sender="broken@example.org"), logins=BySender({}))

    assert [("delayed", "4.3.0")] == shown(results)
    assert 0 == peer.sessions


def test_protocols_are_not_mixed() -> None:
    """A cache that clients share keeps LMTP and SMTP apart, and names too."""
    peer = Peer()

    async def test() -> int:
        async with serving(peer), cached() as cache:
            router = Places([place_of(peer)])
            for known in (
                ClientSettings(hello="one.example"),
                ClientSettings(hello="two.example"),
                ClientSettings(hello="one.example", is_lmtp=True),
                ClientSettings(hello="one.example"),
            ):
                async with SmtpClient(known, router=router, cache=cache) as client:
                    await client.send(envelope(), MESSAGE, nexthop="example.net")
        return peer.sessions

    assert 3 == run(test())


class Changing:
    """A policy of TLS that is another one each time."""

    def __init__(self, *found: TlsPolicy | LookupFailed) -> None:
        self._found = list(found)

    async def find(self, nexthop: str, host: str = "") -> TlsPolicy:  # noqa: ARG002  of all
        """Return the next one."""
        found = self._found.pop(0)
        if isinstance(found, LookupFailed):
            raise found
        return found


MAY = TlsPolicy(level=ClientTlsLevel.MAY)


@pytest.mark.parametrize(
    ("policies", "sessions", "expected"),
    [
        ([MAY, MAY], 1, ("relayed", "2.0.0")),
        # For the open session, and for the new one.
        ([MAY, *[TlsPolicy(level=ClientTlsLevel.NONE)] * 2], 2, ("relayed", "2.0.0")),
        (
            [MAY, *[LookupFailed("policies: no answer", source="policies", key="x")] * 2],
            1,
            ("delayed", "4.3.0"),
        ),
    ],
    ids=["the same", "another", "unknown"],
)
def test_a_policy_that_has_changed(
    policies: list[TlsPolicy | LookupFailed], sessions: int, expected: tuple[str, str]
) -> None:
    """What is asked of TLS counts at once, for sessions that are open too."""
    peer = Peer()
    results = send_twice(peer, tls=Changing(*policies))

    assert [("relayed", "2.0.0"), expected] == shown(results)
    assert sessions == peer.sessions
    assert sessions == len(asked(peer, "QUIT"))


class Kind:
    """A table that has something for each address."""

    name = "discards"
    has_fixed_keys = True

    def lookup(self, key: str) -> str:
        """Return what is discarded for a server."""
        return "dsn" if key == "127.0.0.1" else ""


def test_discards_for_an_address() -> None:
    """A table has a list for a server, by its address."""
    peer = Peer(ehlo=(*EHLO, "DSN"))
    (result,) = send_to(peer, discards=DiscardRules(tables=[Kind()]))

    assert not result.has_dsn


class Moody:
    """A table that has something else each time."""

    name = "discards"
    has_fixed_keys = True

    def __init__(self) -> None:
        self._found = iter(["dsn", "", "", "dsn", "dsn"])

    def lookup(self, key: str) -> str:
        """Return what is discarded for a server."""
        del key
        return next(self._found)


def test_discards_that_have_changed() -> None:
    """A policy that is the same for all does not keep a session that a table is against."""
    peer = Peer(ehlo=(*EHLO, "DSN"))
    results = send_twice(peer, tls=MAY, discards=DiscardRules(tables=[Moody()]))

    assert [False, True] == [each.has_dsn for each in results]
    assert 2 == peer.sessions


class Unwell(Peer):
    """A server that takes the first message, and then ends each session at its next command."""

    async def _answer(
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if self.messages and self.sessions == 1:
            self.commands.append("closed")
            return False
        return await super()._answer(line, reader, writer)


@pytest.mark.parametrize(
    ("wait_seconds", "expected"), [(0.0, ("delayed", "4.4.2")), (0.12, ("relayed", "2.0.0"))]
)
def test_a_session_that_waited(wait_seconds: float, expected: tuple[str, str]) -> None:
    """Before a message goes out with its envelope the server is asked whether it is there.

    Otherwise nobody knows whether it has the message.
    """
    peer = Unwell(ehlo=(*EHLO, "CHUNKING"))

    async def test() -> list[SendResult]:
        async with serving(peer), SmtpClient(SETTINGS, router=Places([place_of(peer)])) as client:
            found = [*await client.send(envelope(), MESSAGE, nexthop="example.net")]
            await asyncio.sleep(wait_seconds)
            return [*found, *await client.send(envelope(), MESSAGE, nexthop="example.net")]

    assert [("relayed", "2.0.0"), expected] == shown(run(test()))
    assert bool(wait_seconds) == bool(asked(peer, "RSET"))


def test_a_session_is_not_used_for_another_name() -> None:
    """Where the name of a server counts, one at the same address is another server."""
    peer = Peer()

    async def test() -> int:
        async with serving(peer), cached() as cache:
            for name in ("one.example", "two.example", "one.example"):
                router = Places([place_of(peer, name)])
                async with SmtpClient(SETTINGS, router=router, cache=cache) as client:
                    await client.send(envelope(), MESSAGE, nexthop=name)
        return peer.sessions

    assert 2 == run(test())


def test_a_path_has_its_case(tmp_path: Path) -> None:
    """Sockets whose paths differ in case alone are two servers."""
    upper, lower = Peer(), Peer()

    async def test() -> list[SendResult]:
        async with contextlib.AsyncExitStack() as stack:
            for peer, name in ((upper, "LMTP"), (lower, "lmtp")):
                server = await asyncio.start_unix_server(peer._session, tmp_path / name)
                stack.push_async_callback(server.wait_closed)
                stack.callback(server.close)
            cache = await stack.enter_async_context(cached())
            client = await stack.enter_async_context(SmtpClient(SETTINGS, cache=cache))
            return await twice(
                upper, client, nexthops=(f"unix:{tmp_path}/LMTP", f"unix:{tmp_path}/lmtp")
            )

    assert [("relayed", "2.0.0")] * 2 == shown(run(test()))
    assert (1, 1) == (len(upper.messages), len(lower.messages))


def test_clients_with_other_ways() -> None:
    """What one client knows of a next hop is not what another one knows, in one cache."""
    one, two = Peer(), Peer()

    async def test() -> None:
        async with serving(one, two), cached() as cache:
            for peer in (one, two):
                router = Places([place_of(peer)])
                async with SmtpClient(SETTINGS, router=router, cache=cache) as client:
                    await client.send(envelope(), MESSAGE, nexthop="example.net")

    run(test())
    assert (1, 1) == (len(one.messages), len(two.messages))


@pytest.mark.parametrize(
    ("keywords", "notes_offer", "told"),
    [(("STARTTLS",), True, 1), (("STARTTLS",), False, 0), ((), True, 0)],
    ids=["offered", "not asked for", "not offered"],
)
def test_tls_that_is_offered_and_not_used(
    caplog: pytest.LogCaptureFixture,
    keywords: tuple[str, ...],
    notes_offer: bool,  # noqa: FBT001  a column
    told: int,
) -> None:
    """Who wants to know hears of servers that offer TLS where it is not used."""
    policy = TlsPolicy(level=ClientTlsLevel.NONE, notes_offer=notes_offer)
    with caplog.at_level("INFO", logger="dsnlib.client"):
        send_twice(Peer(ehlo=(*EHLO, *keywords)), tls=policy)

    assert told == sum("offers TLS, which is not used" in each for each in caplog.messages)
