"""A name server for tests, on the loopback, and a resolver that asks it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import TypeAlias, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from dsnlib.adapters.dns import DnsResolver

__all__ = ["TTL", "Zone", "resolving"]

Zone: TypeAlias = Mapping[tuple[str, str], list[str] | str]
"""Name and kind -> what the server has, or how it fails: `SERVFAIL`, `silence`."""

TTL = 60
_NEGATIVE_TTL = 40


class _NameServer(asyncio.DatagramProtocol):
    """Answers what a zone has."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
        found = self._zone.get((name, kind))
        if found == "silence":
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if isinstance(found, str):
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            answer.answer.append(dns.rrset.from_text(question.name, TTL, "IN", kind, *found))
        else:
            soa = f"ns.example. root.example. 1 2 3 4 {_NEGATIVE_TTL}"
            answer.authority.append(dns.rrset.from_text("example.", TTL, "IN", "SOA", soa))
            if not any(each == name for each, _ in self._zone):
                answer.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(answer.to_wire(), addr)


@contextlib.asynccontextmanager
async def resolving(zone: Zone, *, seconds: float = 0.3) -> AsyncIterator[DnsResolver]:
    """Run the server, and return a resolver that asks it.

    Args:
        zone: What it answers.
        seconds: How long a question may take.
    """
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _NameServer(zone), local_addr=("127.0.0.1", 0)
    )
    try:
        port = transport.get_extra_info("sockname")[1]
        yield DnsResolver(["127.0.0.1"], port=port, seconds=seconds)
    finally:
        transport.close()
