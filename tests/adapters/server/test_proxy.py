"""A proxy in front says where its client is, before anything else."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dsnlib.adapters.server.listener import Listener, TlsLevel
from dsnlib.adapters.server.proxy import ProxyHeader, parse_proxy_header
from dsnlib.adapters.tables import open_table
from dsnlib.errors import InvalidValue, ParseError
from dsnlib.replies.judge import AccessPolicy
from dsnlib.replies.restrictions import parse_restrictions
from tests.adapters.server.talk import KeepingIntake, client_context, dialogue, server_context

MARK = b"\r\n\r\n\0\r\nQUIT\n"
V4 = socket.inet_aton("192.0.2.1") + socket.inet_aton("198.51.100.1") + struct.pack("!HH", 567, 25)
V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::1") * 2 + struct.pack("!HH", 567, 25)
LINE = b"PROXY TCP4 192.0.2.1 198.51.100.1 567 25\r\n"
PEER = ("192.0.2.1", 567)


def block(command: int, family: int, rest: bytes, *, length: int | None = None) -> bytes:
    """Return a header of version 2."""
    head = struct.pack("!BBH", command, family, len(rest) if length is None else length)
    return MARK + head + rest


HEADERS = [
    (LINE, PEER),
    (b"PROXY TCP6 2001:db8::1 2001:DB8::2 65535 25\r\n", ("2001:db8::1", 65_535)),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None),
    (block(0x21, 0x11, V4), PEER),
    (block(0x21, 0x11, V4 + b"\x04\0\x01x"), PEER),
    (block(0x21, 0x21, V6), ("2001:db8::1", 567)),
    (block(0x20, 0x11, V4), None),
    (block(0x20, 0x00, b""), None),
    (block(0x21, 0x31, b"/run/x".ljust(216, b"\0")), None),
]


@pytest.mark.parametrize(("octets", "peer"), HEADERS)
def test_header(octets: bytes, peer: tuple[str, int] | None) -> None:
    """A header is read wherever it is cut, and what follows is not its part."""
    found = ProxyHeader(len(octets), peer)

    assert [None] * len(octets) == [parse_proxy_header(octets[:at]) for at in range(len(octets))]
    assert found == parse_proxy_header(octets)
    assert found == parse_proxy_header(octets + b"EHLO x\r\n")


@pytest.mark.parametrize(
    "octets",
    [
        b"EHLO client.example\r\n",
        b"\r\n\r\n\0\r\nQUID\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.1 567 25\n",
        b"PROXY TCP4 192.0.2.300 198.51.100.1 567 25\r\n",
        b"PROXY TCP4 2001:db8::1 2001:db8::2 567 25\r\n",
        b"PROXY TCP6 192.0.2.1 198.51.100.1 567 25\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.1 65536 25\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.1 567\r\n",
        b"PROXY UDP4 192.0.2.1 198.51.100.1 567 25\r\n",
        b"PROXY UNKNOWN " + b"x" * 93,
        block(0x11, 0x11, V4),
        block(0x22, 0x11, V4),
        block(0x21, 0x11, V4[:-1]),
        block(0x21, 0x11, V4, length=8193),
    ],
)
def test_no_header(octets: bytes) -> None:
    """Whatever else comes is refused, and is not waited for."""
    with pytest.raises(ParseError, match=r"^proxy: "):
        parse_proxy_header(octets)


@given(st.one_of(st.just(b""), st.sampled_from([LINE[:6], MARK])), st.binary(max_size=200))
@example(b"", LINE + b"EHLO x\r\n")
def test_any_octets(beginning: bytes, rest: bytes) -> None:
    """Any octets are a header, the beginning of one, or a refusal."""
    octets = beginning + rest
    try:
        found = parse_proxy_header(octets)
    except ParseError:
        return
    assert found is None or 0 < found.octets <= len(octets)


def talk(*octets: bytes, intake: KeepingIntake | None = None, **settings: Any) -> list[str | None]:  # noqa: ANN401  fields of a listener
    """Send octets piece by piece to a listener behind a proxy; return all replies."""

    async def session() -> list[str | None]:
        settings.setdefault("proxy_seconds", 5.0)
        replies: list[str | None] = []
        async with dialogue(intake, greeted=False, **settings) as (client, _):
            for each in octets:
                client.send(each)
                await asyncio.sleep(0.01)
            while (reply := await client.read()) is not None:
                replies.append(reply)
        return replies

    return asyncio.run(session())


@pytest.mark.parametrize("header", [LINE, block(0x21, 0x11, V4)], ids=["line", "block"])
def test_session(header: bytes) -> None:
    """The client is the one that was named, in lists and in what is handed over."""
    intake = KeepingIntake()
    policy = AccessPolicy(
        recipient=parse_restrictions(
            "check_client_access inline:{ 192.0.2.1=OK } reject", open_table=open_table
        )
    )
    message = (
        b"EHLO x\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n",
        b"Subject: x\r\n\r\ny\r\n.\r\nQUIT\r\n",
    )

    replies = talk(header[:9], header[9:] + message[0], message[1], intake=intake, policy=policy)
    assert "221" == (replies[-1] or "")[:3]
    (taken,) = intake.messages
    assert "192.0.2.1" == taken.client.address


def test_the_proxy_itself() -> None:
    """Where the proxy speaks for itself the address is that of the connection."""
    intake = KeepingIntake()
    said = b"EHLO x\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n"
    talk(b"PROXY UNKNOWN\r\n" + said, b"Subject: x\r\n\r\ny\r\n.\r\nQUIT\r\n", intake=intake)

    (taken,) = intake.messages
    assert "127.0.0.1" == taken.client.address


@pytest.mark.parametrize(
    ("octets", "seconds"), [(b"EHLO client.example\r\n", 5.0), (b"", 0.05), (LINE[:9], 0.05)]
)
def test_no_proxy(octets: bytes, seconds: float, caplog: pytest.LogCaptureFixture) -> None:
    """Who is no proxy of ours, or says nothing in time, is not served."""
    (reply,) = talk(octets, proxy_seconds=seconds)

    assert "421 4.3.0" == (reply or "")[:9]
    assert any("proxy: " in each for each in caplog.messages)


def test_a_look_whether_we_live() -> None:
    """A connection that ends without a word is no fault."""

    async def look() -> None:
        async with dialogue(greeted=False, proxy_seconds=5.0) as (client, _):
            client.writer.write_eof()
            assert await client.read() is None

    asyncio.run(look())


def test_starttls() -> None:
    """TLS follows in the session, with the client behind the proxy."""

    async def session() -> str:
        tls: dict[str, Any] = {"tls": server_context(), "tls_level": TlsLevel.MAY}
        async with dialogue(greeted=False, proxy_seconds=5.0, **tls) as (client, server):
            client.send(LINE)
            await client.read()
            await client.say("EHLO x", "STARTTLS")
            await client.encrypt(client_context())
            await client.say("EHLO x")
            (held,) = server.state.sessions
            return held.address

    assert "192.0.2.1" == asyncio.run(session())


def test_tls_cannot_come_first() -> None:
    """What a proxy says is in clear, so a listener has one of both."""
    with pytest.raises(InvalidValue, match="begins with a proxy"):
        Listener(
            hostname="mx.example.org",
            intake=KeepingIntake(),
            tls=server_context(),
            is_tls_implicit=True,
            proxy_seconds=5.0,
        )
