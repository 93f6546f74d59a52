"""The resolver asks a name server of these tests, on the loopback."""

import asyncio

import dns.resolver
import pytest

from dsnlib.adapters.dns import DnsAnswer
from dsnlib.errors import LookupFailed
from dsnlib.replies.resolver import identify
from tests.adapters.name_server import Zone, resolving

ZONE: Zone = {
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
        async with resolving(ZONE) as resolver:
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
        async with resolving(ZONE) as resolver:
            return str(await identify(address, resolver))

    assert expected == asyncio.run(ask())


@pytest.mark.parametrize(
    ("name", "records", "seconds"),
    [
        ("example", {(10, "a.example"), (20, "b.example")}, 60),
        ("null.example", {(0, "")}, 60),
        ("mx.example", set(), 40),
    ],
)
def test_exchangers(name: str, records: set[tuple[int, str]], seconds: int) -> None:
    """The records with their preferences, and how long they hold (RFC 2308 s5)."""

    async def ask() -> DnsAnswer[tuple[int, str]]:
        async with resolving(ZONE) as resolver:
            return await resolver.exchangers(name)

    answer = asyncio.run(ask())

    assert (records, True) == (set(answer.records), answer.is_name)
    assert seconds - 5 < answer.seconds <= seconds


@pytest.mark.parametrize(
    ("name", "version", "records", "is_name", "seconds"),
    [
        ("mx.example", 4, ("192.0.2.1",), True, 60),
        ("mx.example", 6, ("2001:db8::1",), True, 60),
        ("four.example", 6, (), True, 40),
        ("none.example", 4, (), False, 40),
        ("a..b", 4, (), False, float("inf")),
    ],
)
def test_host_addresses(
    name: str, version: int, records: tuple[str, ...], *, is_name: bool, seconds: float
) -> None:
    """A name that does not exist is told from one without an address."""

    async def ask() -> DnsAnswer[str]:
        async with resolving(ZONE) as resolver:
            return await resolver.host_addresses(name, version)

    answer = asyncio.run(ask())

    assert (records, is_name) == (answer.records, answer.is_name)
    assert seconds - 5 < answer.seconds <= seconds or seconds == answer.seconds


def test_what_is_remembered() -> None:
    """An answer is asked for once in its time, but for one that takes much room."""

    async def ask() -> int:
        async with resolving(ZONE) as resolver:
            for name in ("example", "large.example"):
                await resolver.texts(name)
            cache = resolver._resolver.cache
            assert isinstance(cache, dns.resolver.LRUCache)
            return len(cache.data)

    assert 1 == asyncio.run(ask())
