"""The resolver asks a name server of these tests, on the loopback."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest

from dsnlib.adapters.server.dns import DnsResolver
from dsnlib.errors import LookupFailed
from dsnlib.replies.resolver import identify

# name and kind -> what the server has, or how it fails
ZONE: dict[tuple[str, str], list[str] | str] = {
    ("mx.example.", "A"): ["192.0.2.1"],
    ("mx.example.", "AAAA"): ["2001:db8::1"],
    ("four.example.", "A"): ["192.0.2.4"],
    ("half.example.", "A"): ["192.0.2.5"],
    ("half.example.", "AAAA"): "SERVFAIL",
    ("bad.example.", "A"): "SERVFAIL",
    ("bad.example.", "AAAA"): "SERVFAIL",
    ("silent.example.", "TXT"): "silence",
    ("large.example.", "TXT"): [f'"{number:0250}"' for number in range(20)],
    ("1.2.0.192.in-addr.arpa.", "PTR"): ["mx.example."],
    ("2.2.0.192.in-addr.arpa.", "PTR"): ["mx.example."],
    ("3.2.0.192.in-addr.arpa.", "PTR"): "SERVFAIL",
    ("4.2.0.192.in-addr.arpa.", "PTR"): ["bad.example."],
    ("example.", "MX"): ["20 b.example.", "10 a.example."],
    ("null.example.", "MX"): ["0 ."],
    ("example.", "NS"): ["ns.example."],
    ("example.", "TXT"): ['"v=spf1 " "-all"'],
}


class _NameServer(asyncio.DatagramProtocol):
    """Answers what the zone has."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
        found = ZONE.get((name, kind))
        if found == "silence":
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if isinstance(found, str):
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        elif not any(each == name for each, _ in ZONE):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(answer.to_wire(), addr)


@contextlib.asynccontextmanager
async def resolving() -> AsyncIterator[DnsResolver]:
    """Run the server, and return a resolver that asks it."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(_NameServer, local_addr=("127.0.0.1", 0))
    try:
        port = transport.get_extra_info("sockname")[1]
        yield DnsResolver(["127.0.0.1"], port=port, seconds=0.3)
    finally:
        transport.close()


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("addresses", "mx.example", ("192.0.2.1", "2001:db8::1")),
        ("addresses", "four.example.", ("192.0.2.4",)),
        ("addresses", "half.example", ("192.0.2.5",)),
        ("addresses", "none.example", ()),
        ("hostnames", "192.0.2.1", ("mx.example",)),
        ("hostnames", "192.0.2.9", ()),
        ("hostnames", "no address", ()),
        ("mail_exchangers", "example", ("a.example", "b.example")),
        ("mail_exchangers", "null.example", ("",)),
        ("mail_exchangers", "mx.example", ()),
        ("name_servers", "example", ("ns.example",)),
        ("texts", "example", ("v=spf1 -all",)),
        ("addresses", "bad.example", None),
        ("texts", "silent.example", None),
        ("texts", "a..b", ()),
        ("texts", "x" * 64 + ".example", ()),
        ("texts", "\\999.example", ()),
        ("texts", "\udce4.example", ()),
    ],
)
def test_question(kind: str, name: str, expected: tuple[str, ...] | None) -> None:
    """What is there is answered, what is not is empty, and what fails is an error."""

    async def ask() -> tuple[str, ...]:
        async with resolving() as resolver:
            found: tuple[str, ...] = await getattr(resolver, kind)(name)
            return found

    if expected is None:
        with pytest.raises(LookupFailed, match="dns "):
            asyncio.run(ask())
    else:
        assert expected == asyncio.run(ask())


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "mx.example[192.0.2.1]"),
        ("192.0.2.2", "unknown[192.0.2.2]"),
        ("192.0.2.3", "unknown[192.0.2.3]"),
        ("192.0.2.4", "unknown[192.0.2.4]"),
    ],
)
def test_client(address: str, expected: str) -> None:
    """A client has a name if it leads back to the address."""

    async def ask() -> str:
        async with resolving() as resolver:
            return str(await identify(address, resolver))

    assert expected == asyncio.run(ask())


def test_what_is_remembered() -> None:
    """An answer is asked for once in its time, but for one that takes much room."""

    async def ask() -> int:
        async with resolving() as resolver:
            for name in ("example", "large.example"):
                await resolver.texts(name)
            cache = resolver._resolver.cache
            assert isinstance(cache, dns.resolver.LRUCache)
            return len(cache.data)

    assert 1 == asyncio.run(ask())
