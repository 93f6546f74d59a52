"""Sessions over a socket: what only a connection shows."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
import trustme

from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.peer_session import PeerSession
from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.settings import ClientSettings, Timeouts
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.client.trouble import Trouble
from dsnlib.adapters.content import Content
from dsnlib.model.envelope import Recipient
from dsnlib.model.reply import SmtpReply
from dsnlib.policy.relay import RelayRecipient, Transaction
from dsnlib.replies.discard import Discards
from tests.adapters.agents.scripted_peer import CLOSE, EHLO, HANG, Peer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from pathlib import Path

T = TypeVar("T")
MESSAGE = Content(body=b"Subject: x\r\n\r\n.dot\r\n")
LEVELS = ClientTlsLevel
WITH_TLS = (*EHLO, "STARTTLS")


def transaction(*recipients: str) -> Transaction:
    """Return a transaction to some recipients."""
    members = [RelayRecipient(Recipient(each)) for each in recipients or ("bob@example.net",)]
    return Transaction(sender="ann@example.org", recipients=tuple(members))


def run(test: Coroutine[object, object, T]) -> T:
    """Run what a test awaits."""
    return asyncio.run(test)


@contextlib.asynccontextmanager
async def opened(
    peer: Peer,
    *,
    policy: TlsPolicy | None = None,
    login: Login | None = None,
    host: str = "localhost",
    said: list[tuple[str, str]] | None = None,
    **known: Any,  # noqa: ANN401  what the settings take
) -> AsyncIterator[PeerSession]:
    """Open a session with a server, and end it."""
    place = ServerPlace(host=host, address="127.0.0.1", port=peer.port)
    session = await PeerSession.open(
        place,
        ClientSettings(hello="mail.example.org", **known),
        policy=TlsPolicy() if policy is None else policy,
        login=login,
        discards=Discards(),
        observe=None if said is None else lambda side, line: said.append((side, line)),
    )
    try:
        yield session
    finally:
        await session.quit()


def held(
    peer: Peer,
    test: Callable[[PeerSession], Awaitable[T]],
    **known: Any,  # noqa: ANN401  as `opened`
) -> T:
    """Run a test in a session."""

    async def hold() -> T:
        async with peer.serve(), opened(peer, **known) as session:
            return await test(session)

    return run(hold())


def trouble(
    peer: Peer,
    **known: Any,  # noqa: ANN401  as `opened`
) -> tuple[str, str, str]:
    """Return what stands against a session: the command, the status, the text."""

    async def hold() -> Trouble:
        async with peer.serve():
            with pytest.raises(Trouble) as caught:
                async with opened(peer, **known):
                    pass
            return caught.value

    found = run(hold())
    return found.command, str(found.replies.lost_status), found.replies.lost


def test_a_session() -> None:
    """It is used again and again, and says QUIT at its end."""
    peer = Peer()
    said: list[tuple[str, str]] = []

    async def test(session: PeerSession) -> tuple[object, ...]:
        first = await session.transact(transaction(), MESSAGE)
        assert session.is_reusable
        assert await session.probe()
        second = await session.transact(transaction(), MESSAGE)
        assert session.has_sent
        assert "" == session.tls
        assert 0 < session.opened_seconds <= asyncio.get_running_loop().time()
        return first.end, second.end

    taken = (SmtpReply.parse("250 2.0.0 Taken"),)
    assert (taken, taken) == held(peer, test, said=said)
    assert "QUIT" == peer.commands[-1]
    assert 1 == peer.sessions
    assert [("S", "220 mx.example.net"), ("C", "EHLO mail.example.org")] == said[:2]
    assert ("C", "(20 octets and the dot)") in said
    assert ("S", "221 Bye") == said[-1]


def test_a_session_that_is_left() -> None:
    """Nobody waits for the reply to QUIT; the connection ends all the same."""
    peer = Peer()

    async def test(session: PeerSession) -> None:
        session.leave()
        assert not session.is_reusable
        await asyncio.wait_for(session.closed, 5)
        session.leave()

    held(peer, test)
    assert "QUIT" == peer.commands[-1]


def test_a_server_that_does_not_say_goodbye() -> None:
    """It has as long as QUIT may take."""
    peer = Peer({"QUIT": HANG})

    async def test(session: PeerSession) -> None:
        session.leave()
        await asyncio.wait_for(session.closed, 5)

    held(peer, test, timeouts=Timeouts(quit=0.05))


def test_a_server_that_speaks_unasked() -> None:
    """A session in which something was said meanwhile, or which has ended, is not used again."""
    peer = Peer({"RSET": "250 2.0.0 Fine\r\n421 4.3.2 Closing"})

    async def test(session: PeerSession) -> tuple[bool, bool]:
        probed = await session.probe()
        return probed, session.is_reusable

    assert (False, False) == held(peer, test)


@pytest.mark.parametrize("answer", [CLOSE, "500 5.5.1 What", "354 Go on", "what?"])
def test_a_probe_that_fails(answer: str) -> None:
    """Only a reply of class 2 is a good one."""

    async def test(session: PeerSession) -> bool:
        return await session.probe()

    assert not held(Peer({"RSET": answer}), test)


def test_a_connection_that_ends_while_nobody_looks() -> None:
    """The session knows, and a transaction is lost before anything was sent."""

    async def hold() -> tuple[bool, str, bool]:
        listener = await asyncio.start_server(_greet_and_go, "127.0.0.1", 0)
        peer = Peer()
        peer.port = listener.sockets[0].getsockname()[1]
        async with opened(peer) as session:
            await asyncio.wait_for(session.closed, 5)
            replies = await session.transact(transaction(), MESSAGE)
            listener.close()
            return session.is_reusable, replies.lost, session.has_sent

    is_reusable, lost, has_sent = run(hold())
    assert (False, False) == (is_reusable, has_sent)
    assert "was lost at MAIL: the server closed the connection" in lost


async def _greet_and_go(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mx.example.net\r\n")
    await reader.readline()
    writer.write(b"250 mx.example.net\r\n")
    writer.close()


def test_a_session_that_is_closed_while_it_waits() -> None:
    """Whoever waits is told that it is lost."""
    peer = Peer({"MAIL": HANG}, ehlo=EHLO[:1])

    async def test(session: PeerSession) -> str:
        waiting = asyncio.ensure_future(session.transact(transaction(), MESSAGE))
        await peer.hanging.wait()
        session.close()
        return (await waiting).lost

    assert "closed here" in held(peer, test)


def test_what_is_cancelled_is_not_sent() -> None:
    """The session ends with the task that wanted it."""
    peer = Peer({"DATA": HANG}, ehlo=EHLO[:1])

    async def test(session: PeerSession) -> bool:
        waiting = asyncio.ensure_future(session.transact(transaction(), MESSAGE))
        await peer.hanging.wait()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return session.is_reusable

    assert not held(peer, test)
    assert [] == peer.messages


def test_a_reply_that_does_not_come_in_time() -> None:
    """Each step has its own time, and all of them together have one too."""
    for known in ({"timeouts": Timeouts(mail=0.05)}, {"session_seconds": 0.05}):
        peer = Peer({"MAIL": HANG})

        async def test(session: PeerSession) -> str:
            return (await session.transact(transaction(), MESSAGE)).lost

        assert held(peer, test, **known).endswith("was lost at MAIL: no answer in time")


def test_nobody_listens() -> None:
    """A connection that is refused is 4.4.1, and nobody has answered."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    peer = Peer()
    peer.port = port

    async def hold() -> Trouble:
        with pytest.raises(Trouble) as caught:
            async with opened(peer):
                pass
        return caught.value

    found = run(hold())
    assert ("connect", None) == (found.command, found.place)
    assert "4.4.1" == str(found.replies.lost_status)
    assert f"localhost[127.0.0.1]:{port}: Connection refused" == found.replies.lost


def test_an_address_of_our_own() -> None:
    """A connection comes from where the settings say."""
    seen: list[str] = []

    async def hold() -> None:
        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.append(writer.get_extra_info("peername")[0])
            await _greet_and_go(reader, writer)

        listener = await asyncio.start_server(greet, "127.0.0.1", 0)
        peer = Peer()
        peer.port = listener.sockets[0].getsockname()[1]
        async with opened(peer, bind_address="127.0.0.9"):
            listener.close()

    run(hold())
    assert ["127.0.0.9"] == seen


def test_a_socket_in_the_file_system(tmp_path: Path) -> None:
    """LMTP over a path; one that is not there is as a connection that is refused."""
    peer = Peer()
    path = tmp_path / "lmtp"

    async def hold() -> object:
        place = ServerPlace(host="localhost", address=str(path), port=None)
        settings = ClientSettings(hello="mail.example.org", is_lmtp=True)
        known: dict[str, Any] = {
            "policy": TlsPolicy(), "login": None, "discards": Discards()
        }  # fmt: skip
        with pytest.raises(Trouble, match="No such file"):
            await PeerSession.open(place, settings, **known)
        server = await asyncio.start_unix_server(peer._session, path)
        session = await PeerSession.open(place, settings, **known)
        replies = await session.transact(transaction(), MESSAGE)
        await session.quit()
        server.close()
        return replies.end

    assert (SmtpReply.parse("250 2.0.0 Taken"),) == run(hold())
    assert "LHLO mail.example.org" == peer.commands[0]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who vouches for servers."""
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority: trustme.CA) -> ssl.SSLContext:
    """The context of `localhost`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def secure(tmp_path: Path, authority: trustme.CA) -> TlsPolicy:
    """Return a policy that trusts the authority."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return TlsPolicy(level=LEVELS.VERIFY, ca_file=path)


async def _deliver(session: PeerSession) -> tuple[str, bool]:
    replies = await session.transact(transaction(), MESSAGE)
    assert (SmtpReply.parse("250 2.0.0 Taken"),) == replies.end
    return session.tls, session.is_verified


def test_tls(server: ssl.SSLContext) -> None:
    """Where it is offered it is used, whoever signed the certificate."""
    peer = Peer(ehlo=WITH_TLS, context=server)

    assert ("TLSv1.3", False) == held(peer, _deliver)
    assert ["EHLO", "STARTTLS", "EHLO"] == [each.partition(" ")[0] for each in peer.commands[:3]]


def test_tls_with_the_right_server(
    tmp_path: Path, authority: trustme.CA, server: ssl.SSLContext
) -> None:
    """The certificate has to be for the name, and from somebody we trust."""
    policy = secure(tmp_path, authority)
    peer = Peer(ehlo=WITH_TLS, context=server)

    assert ("TLSv1.3", True) == held(peer, _deliver, policy=policy)
    wrong = trouble(peer, policy=policy, host="mx.example.net")
    assert ("STARTTLS", "4.7.5") == wrong[:2]
    unknown = trouble(peer, policy=secure(tmp_path, trustme.CA()))
    assert ("STARTTLS", "4.7.5") == unknown[:2]


@pytest.mark.parametrize("level", [LEVELS.MAY, LEVELS.ENCRYPT])
@pytest.mark.parametrize("answer", ["220 Go on\r\n220 but I do not know how", "220 Go on", CLOSE])
def test_tls_that_fails(level: ClientTlsLevel, answer: str) -> None:
    """The mail goes in a new connection in clear, unless somebody insists."""
    peer = Peer({"STARTTLS": answer}, ehlo=WITH_TLS)
    known: dict[str, Any] = {
        "policy": TlsPolicy(level=level), "timeouts": Timeouts(starttls=0.2)
    }  # fmt: skip

    if level is LEVELS.MAY:
        assert ("", False) == held(peer, _deliver, **known)
        assert 2 == peer.sessions
    else:
        assert ("STARTTLS", "4.7.5") == trouble(peer, **known)[:2]
        assert not any(each.startswith("MAIL") for each in peer.commands)


def test_octets_in_clear_behind_the_reply() -> None:
    """Somebody on the way wants them taken for what the server says under TLS (RFC 3207 s5)."""
    peer = Peer({"STARTTLS": "220 Go on\r\n250 DSN"}, ehlo=WITH_TLS)
    found = trouble(peer, policy=TlsPolicy(level=LEVELS.ENCRYPT))

    assert ("STARTTLS", "4.7.5") == found[:2]
    assert "octets in clear behind the reply" in found[2]


@pytest.mark.parametrize("host", ["localhost", "mx.example.net"])
def test_tls_from_the_first_octet(
    host: str, tmp_path: Path, authority: trustme.CA, server: ssl.SSLContext
) -> None:
    """As at port 465 (RFC 8314 s3), with the server of the right name."""
    peer = Peer()
    policy = TlsPolicy(
        level=LEVELS.VERIFY, ca_file=secure(tmp_path, authority).ca_file, is_implicit=True
    )

    async def hold() -> tuple[str, bool]:
        listener = await asyncio.start_server(peer._session, "127.0.0.1", 0, ssl=server)
        peer.port = listener.sockets[0].getsockname()[1]
        try:
            async with opened(peer, policy=policy, host=host) as session:
                return await _deliver(session)
        finally:
            listener.close()

    if host == "localhost":
        assert ("TLSv1.3", True) == run(hold())
        assert "STARTTLS" not in peer.commands
    else:
        with pytest.raises(Trouble, match=r"not valid for|is not for"):
            run(hold())


def test_tls_with_a_server_that_has_none() -> None:
    """Its greeting is no handshake."""
    policy = TlsPolicy(level=LEVELS.ENCRYPT, is_implicit=True)

    assert ("STARTTLS", "4.7.5") == trouble(Peer(), policy=policy)[:2]


def test_a_login(server: ssl.SSLContext) -> None:
    """The password goes out under TLS, and is in no transcript."""
    peer = Peer({"AUTH": "235 2.7.0 Fine"}, ehlo=(*WITH_TLS, "AUTH PLAIN"), context=server)
    said: list[tuple[str, str]] = []

    async def test(session: PeerSession) -> str:
        return session.mechanism

    login = Login(user="ann", password="secret")
    assert "PLAIN" == held(peer, test, login=login, said=said)
    assert ("C", "AUTH PLAIN (hidden)") in said
    assert ("C", "STARTTLS") in said


def test_thousands_of_recipients() -> None:
    """They go out and are answered for while both sides write."""
    peer = Peer()
    names = [f"{'r' * 200}{number}@example.net" for number in range(3000)]

    async def test(session: PeerSession) -> tuple[int, object]:
        replies = await session.transact(transaction(*names), MESSAGE)
        return len(replies.recipients), replies.end

    assert (3000, (SmtpReply.parse("250 2.0.0 Taken"),)) == held(peer, test)


def test_a_large_message(tmp_path: Path) -> None:
    """It goes out in pieces from its file, and arrives whole."""
    body = b"Subject: x\r\n\r\n" + (b"." * 70 + b"\r\n") * 20_000
    path = tmp_path / "message"
    path.write_bytes(body)
    peer = Peer()

    async def test(session: PeerSession) -> object:
        content = Content(path=path, octets=len(body))
        return (await session.transact(transaction(), content)).end

    assert (SmtpReply.parse("250 2.0.0 Taken"),) == held(peer, test)
    assert [body.replace(b"\r\n.", b"\r\n..") + b".\r\n"] == peer.messages
