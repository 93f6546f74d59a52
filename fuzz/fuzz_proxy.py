r"""Fuzz what says who a client is: a proxy's header, XCLIENT and AUTH in a whole session.

An input is what comes over the connection; behind a header of ours, unless its first
octet is odd.

Invariant.
- Any octets are a header, the beginning of one, or `ParseError`; a header that is whole is
  read as the same whatever follows, and is not whole without its last octet.
- A client that a proxy names has an IP address and a port.
- A session is as `fuzz_smtp_socket` has it.  Nobody is logged in who does not know the
  password; a client that is told has an IP address, and its names have no control.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from dsnlib.adapters.login.mechanisms import PasswordAuthenticator
from dsnlib.adapters.server.listener import Listener
from dsnlib.adapters.server.proxy import parse_proxy_header
from dsnlib.errors import ParseError
from dsnlib.replies.capabilities import Capabilities
from dsnlib.replies.tables import parse_table
from fuzz.alphabet import expand
from fuzz.fuzz_smtp_socket import PLACE, SESSION, Intake, hold

if TYPE_CHECKING:
    from dsnlib import SmtpReply
    from dsnlib.adapters.intake import ReceivedMessage

__all__ = ["PROXIED", "READS", "check"]

READS = (
    "dsnlib.adapters.login.mechanisms",
    "dsnlib.adapters.server.logins",
    "dsnlib.adapters.server.proxy",
    "dsnlib.adapters.server.xclient",
)

_HEADER = b"PROXY TCP4 127.0.0.1 127.0.0.1 1024 25\r\n"
_BLOCK = b"\r\n\r\n\0\r\nQUIT\n"
_LOGGED_IN = 235
_LAST_PORT = 65_535

PROXIED = (
    *SESSION, _HEADER, b"PROXY TCP6 2001:db8::1 ::1 1 25\r\n", b"PROXY UNKNOWN\r\n", b"PROXY ",
    b"TCP4 ", b"TCP6 ", b"UNKNOWN", b"192.0.2.1 ", b"65536", _BLOCK, _BLOCK + b"\x21\x11\0\x0c",
    b"\x21\x21\0\x24", b"\x20\0\0\0", b"\xc0\0\2\1", b"\xff\xff",
    b"XCLIENT ADDR=192.0.2.9 NAME=mx.example\r\n", b"XCLIENT ", b"ADDR=", b"NAME=", b"HELO=",
    b"LOGIN=", b"[UNAVAILABLE]", b"[TEMPUNAVAIL]", b"IPV6:2001:db8::1", b"+0A", b"+41",
    b"AUTH LOGIN\r\n", b"AUTH PLAIN AGFubgBub2JvZHk=\r\n", b"AUTH PLAIN\r\n",
    b"AUTH LOGIN YW5u\r\n", b"YW5u\r\n", b"bm9ib2R5\r\n", b"*\r\n", b"=\r\n",
)  # fmt: skip


class _Store:
    async def check(self, name: str, password: str) -> bool:
        return not name and not password

    async def close(self) -> None:
        pass


class _Intake(Intake):
    async def accept(self, message: ReceivedMessage) -> SmtpReply:
        """Return 250 for a message of a client that has an address."""
        client = message.client
        ipaddress.ip_address(client.address)
        for name in (client.hostname, client.reverse_hostname, message.login):
            assert name is None or not set(name) & set("\r\n\0")
        return await super().accept(message)


def check(data: bytes) -> None:
    """Take one input as what comes over a connection, and assert the invariant."""
    octets = expand(data, PROXIED)
    _check_header(octets)
    if octets and not octets[0] & 1:
        octets = _HEADER + octets[1:]
    listener = Listener(
        intake=_Intake(),
        authenticator=PasswordAuthenticator(_Store(), allow_plaintext=True),
        capabilities=Capabilities(xclient=("NAME", "ADDR", "HELO", "LOGIN"), pipelining=True),
        xclient=parse_table("cidr", "127.0.0.0/8 OK", origin="proxies"),
        proxy_seconds=5,
        **PLACE,
    )
    replies = hold(octets, listener)
    assert all(reply.code != _LOGGED_IN for reply in replies)


def _check_header(octets: bytes) -> None:
    try:
        header = parse_proxy_header(octets)
    except ParseError:
        return
    if header is None:
        return
    assert 0 < header.octets <= len(octets)
    whole = octets[: header.octets]
    assert header == parse_proxy_header(whole) == parse_proxy_header(whole + b"EHLO x\r\n")
    assert parse_proxy_header(whole[:-1]) is None
    if header.peer is not None:
        address, port = header.peer
        ipaddress.ip_address(address)
        assert 0 <= port <= _LAST_PORT
