"""Encrypted sessions: STARTTLS, implicit TLS, what is forgotten, who may, how often."""

import asyncio
import ssl
from typing import Any

import pytest

from dsnlib.adapters.server.listener import ServerLimits, TlsLevel
from dsnlib.adapters.server.rates import ClientRates, RateLimits
from dsnlib.replies.capabilities import Capabilities
from tests.adapters.server.talk import (
    MAIL,
    RCPT,
    KeepingIntake,
    authority,
    client_context,
    codes,
    connect,
    dialogue,
    server_context,
)


def test_starttls() -> None:
    """Behind the handshake nothing of before counts, and STARTTLS is not offered again."""
    intake = KeepingIntake()

    async def talk() -> list[str]:
        async with dialogue(intake, tls=server_context(), tls_level=TlsLevel.MAY) as (client, _):
            assert "STARTTLS" in await client.full("EHLO before")
            replies = [await client.say("STARTTLS x"), await client.say(MAIL, "STARTTLS")]
            await client.encrypt(client_context())
            replies += [await client.say(RCPT), await client.say(MAIL)]
            assert "STARTTLS" not in await client.full("EHLO behind")
            replies.append(await client.say("STARTTLS"))
            assert "250 2.0.0" == await client.deliver()
            return replies

    assert ["501 5.5.4", "220 2.0.0", "503 5.5.1", "503 5.5.1", "554 5.5.1"] == asyncio.run(talk())
    assert b"Received: from behind (" in intake.octets[0]
    assert b" with ESMTPS id " in intake.octets[0]


@pytest.mark.parametrize("injected", [b"MAIL FROM:<evil@example.org>\r\n", b"x" * 70_000])
def test_injection(injected: bytes) -> None:
    """What was sent in clear behind STARTTLS is not answered (RFC 3207 s4.2)."""

    async def talk() -> list[str]:
        settings: dict[str, Any] = {"tls": server_context(), "tls_level": TlsLevel.MAY}
        async with dialogue(**settings, limits=ServerLimits(handshake_seconds=1)) as (client, _):
            client.send(b"STARTTLS\r\n" + injected)
            replies = [codes(await client.read())]
            try:
                await client.encrypt(client_context())
                replies.append(await client.say("EHLO behind"))
                replies.append(await client.say(RCPT))
            except (ssl.SSLError, ConnectionError, AssertionError):
                # Octets that had not come yet are no handshake, and end the connection.
                replies.append("closed")
            return replies

    assert asyncio.run(talk()) in (["220 2.0.0", "250", "503 5.5.1"], ["220 2.0.0", "closed"])


def test_no_handshake() -> None:
    """A client that says something else, or nothing, is cut off."""

    async def talk(octets: bytes) -> str:
        settings: dict[str, Any] = {"tls": server_context(), "tls_level": TlsLevel.MAY}
        async with dialogue(**settings, limits=ServerLimits(handshake_seconds=0.2)) as (client, _):
            await client.say("STARTTLS")
            client.send(octets)
            try:
                left = await asyncio.wait_for(client.reader.read(), 5)
            except ConnectionError:
                left = b""
            # An alert of TLS is no text.
            return "text" if b"\r\n" in left else "closed"

    for octets in (b"EHLO x\r\n", b""):
        assert "closed" == asyncio.run(talk(octets))


def test_encryption_is_needed() -> None:
    """Where sessions have to be encrypted, mail is 530 before; NOOP and QUIT are not."""

    async def talk() -> list[str]:
        settings: dict[str, Any] = {"tls": server_context(), "tls_level": TlsLevel.ENCRYPT}
        async with dialogue(**settings) as (client, _):
            before = [await client.say(each) for each in (MAIL, "VRFY x", "NOOP", "STARTTLS")]
            await client.encrypt(client_context())
            return [*before, await client.say("EHLO x", MAIL), await client.say("QUIT")]

    assert ["530 5.7.0", "530 5.7.0", "250 2.0.0", "220 2.0.0", "250 2.1.0", "221 2.0.0"] == (
        asyncio.run(talk())
    )


def test_implicit() -> None:
    """Where the handshake comes first, there is no STARTTLS; REQUIRETLS works."""
    intake = KeepingIntake()

    async def talk() -> str:
        settings: dict[str, Any] = {
            "tls": server_context(),
            "is_tls_implicit": True,
            "capabilities": Capabilities(requiretls=True, size=1000),
            "context": client_context(),
        }
        async with dialogue(intake, **settings) as (client, _):
            announced = await client.full("EHLO x")
            await client.say("MAIL FROM:<ann@example.org> REQUIRETLS", RCPT, "DATA", b".\r\n")
            return announced

    announced = asyncio.run(talk())
    assert "STARTTLS" not in announced
    assert "REQUIRETLS" in announced
    assert "REQUIRETLS" == " ".join(intake.messages[0].envelope.mail.as_received)


def test_requiretls_in_clear() -> None:
    """REQUIRETLS is not there before the session is encrypted (RFC 8689 s2)."""

    async def talk() -> tuple[str, str]:
        capabilities = Capabilities(requiretls=True)
        async with dialogue(capabilities=capabilities) as (client, _):
            return (
                await client.full("EHLO x"),
                await client.say("MAIL FROM:<ann@example.org> REQUIRETLS"),
            )

    announced, reply = asyncio.run(talk())
    assert "REQUIRETLS" not in announced
    assert "555 5.5.4" == reply


def test_certificate_of_the_client() -> None:
    """What the client has shown is known to restrictions and to whoever takes the mail."""
    intake = KeepingIntake()

    async def talk() -> None:
        ours, theirs = server_context(), client_context()
        authority().configure_trust(ours)
        ours.verify_mode = ssl.CERT_OPTIONAL
        authority().issue_cert("ann@example.org", common_name="ann").configure_cert(theirs)
        settings: dict[str, Any] = {"tls": ours, "tls_level": TlsLevel.MAY}
        async with dialogue(intake, **settings) as (client, server):
            await client.say("STARTTLS")
            await client.encrypt(theirs)
            await client.say("EHLO x")
            await client.deliver()
            (session,) = server.state.sessions
            assert session.tls is not None
            assert "ann" == session.tls.name

    asyncio.run(talk())
    client = intake.messages[0].client
    assert client.is_certificate_trusted
    assert 95 == len(client.certificates[0])


def test_new_sessions_are_counted() -> None:
    """New TLS sessions beyond the limit are 454 before the handshake, and 421 behind it."""
    rates = ClientRates(RateLimits(tls_sessions=1))

    async def talk() -> list[str]:
        settings: dict[str, Any] = {
            "tls": server_context(),
            "tls_level": TlsLevel.MAY,
            "rates": rates,
        }
        async with dialogue(**settings) as (client, server):
            await client.say("STARTTLS")
            await client.encrypt(client_context())
            await client.say("EHLO x")
            other = await connect(server)
            await other.read()
            await other.say("EHLO x")
            replies = [await other.say("STARTTLS"), await other.say("NOOP")]
            await other.close()
        settings = {
            "tls": server_context(),
            "is_tls_implicit": True,
            "rates": rates,
        }
        async with dialogue(**settings, context=client_context(), greeted=False) as (client, _):
            return [*replies, codes(await client.read()), codes(await client.read())]

    assert ["454 4.7.0", "250 2.0.0", "421 4.7.0", "closed"] == asyncio.run(talk())


def test_resumed_sessions_are_not_counted() -> None:
    """A session that is resumed costs nothing, and counts for nothing."""
    rates = ClientRates(RateLimits(tls_sessions=1))

    async def talk() -> list[str]:
        ours = server_context()
        # Of TLS 1.2, whose sessions the client can have before it has read anything.
        ours.maximum_version = ssl.TLSVersion.TLSv1_2
        settings: dict[str, Any] = {"tls": ours, "is_tls_implicit": True, "rates": rates}
        async with dialogue(**settings, greeted=False, context=client_context()) as both:
            client, server = both
            await client.read()
            context = client_context()
            return [await asyncio.to_thread(_resume, server.port, context, client)]

    def _resume(port: int, context: ssl.SSLContext, client: object) -> str:
        import socket

        rates.limits = RateLimits(tls_sessions=2)
        session = None
        replies = []
        for _ in range(3):
            with (
                socket.create_connection(("127.0.0.1", port)) as plain,
                context.wrap_socket(plain, server_hostname="localhost", session=session) as secure,
            ):
                replies.append(secure.recv(100)[:3].decode())
                session = secure.session
                secure.sendall(b"QUIT\r\n")
        return " ".join(replies)

    assert ["220 220 220"] == asyncio.run(talk())


def test_injection_behind_a_reply_that_waits() -> None:
    """What comes in clear while the reply to STARTTLS waits to go is no command behind TLS."""

    async def talk() -> bytes:
        async with dialogue(tls=server_context(), tls_level=TlsLevel.MAY) as (client, server):
            (session,) = server.state.sessions
            # As asyncio does when the client does not read.
            session.pause_writing()
            client.send(b"NOOP\r\n")
            await asyncio.sleep(0.05)
            client.send(b"STARTTLS\r\n" + b"x" * 70_000)
            await asyncio.sleep(0.1)
            session.resume_writing()
            session.pause_writing()
            await asyncio.sleep(0.05)
            client.send(b"EHLO evil\r\n")
            await asyncio.sleep(0.1)
            session.resume_writing()
            await client.read()
            assert "220 2.0.0" == codes(await client.read())
            try:
                await client.encrypt(client_context())
                async with asyncio.timeout(0.3):
                    return await client.reader.readline()
            except (TimeoutError, ConnectionError):
                return b""

    assert b"" == asyncio.run(talk())
