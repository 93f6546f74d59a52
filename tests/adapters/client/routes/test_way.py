"""What is known of the way to a next hop."""

import asyncio
import random
import socket
import time
from typing import Any

import pytest

from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.routes.hosts import HostLookup
from dsnlib.adapters.client.routes.route_settings import RouteSettings
from dsnlib.adapters.client.routes.way import Way, WayFinder
from dsnlib.adapters.dns import DnsAnswer
from tests.adapters.client.fake_dns import FakeDns

MX = {
    "example.org": [(20, "b.example"), (10, "a.example")],
    "one.example": [(10, "a.example")],
    "null.example": [(0, "")],
    "literal.example": [(10, "192.0.2.1"), (20, "a b")],
    "lost.example": [(10, "nowhere.example"), (20, "empty.example")],
    "failing.example": [(10, "f1.example"), (20, "f2.example")],
    "half.example": [(10, "f1.example"), (20, "nowhere.example")],
    "partly.example": [(10, "f1.example"), (20, "a.example")],
    "self.example": [(10, "own.example"), (20, "a.example")],
    "backup.example": [(10, "a.example"), (20, "own.example"), (30, "b.example")],
    "address.example": [(10, "a.example"), (20, "alias-of-own.example"), (30, "b.example")],
    "equal.example": [(10, "alias-of-own.example"), (10, "b.example")],
    "waiting.example": [(10, "f1.example"), (20, "own.example")],
    "gone.example": [(10, "nowhere.example"), (20, "own.example")],
    "xn--bcher-kva.example": [(10, "a.example")],
}
HOSTS = {
    "a.example": ["192.0.2.1"],
    "b.example": ["192.0.2.2", "2001:db8::2"],
    "empty.example": [],
    "own.example": ["192.0.2.99"],
    "alias-of-own.example": ["192.0.2.99"],
    "plain.example": ["192.0.2.3"],
}
FAILING = ["f1.example", "f2.example", "unknown.example", "silent.example"]


def find(nexthop: str, *, dns: FakeDns | None = None, settings: RouteSettings | None = None) -> Way:
    """Return what is known of a next hop."""
    if settings is None:
        settings = RouteSettings(
            own_names=["Own.example"],
            own_addresses=["192.0.2.99"],
            own_endpoints=[("192.0.2.99", 2525)],
        )
    finder = WayFinder(
        settings,
        resolver=FakeDns(mx=MX, hosts=HOSTS, failing=FAILING) if dns is None else dns,
        chance=random.Random(1),
        clock=time.monotonic,
    )
    return asyncio.run(finder.find(nexthop))


def addresses(way: Way) -> list[str]:
    """Return the addresses of a way."""
    return [place.address for host in way.hosts for place in host.places]


@pytest.mark.parametrize(
    ("nexthop", "expected"),
    [
        ("example.org", ["192.0.2.1", "192.0.2.2", "2001:db8::2"]),
        ("Example.org.", ["192.0.2.1", "192.0.2.2", "2001:db8::2"]),
        ("bücher.example", ["192.0.2.1"]),
        ("plain.example", ["192.0.2.3"]),
        ("[b.example]", ["192.0.2.2", "2001:db8::2"]),
        ("[192.0.2.7]", ["192.0.2.7"]),
        ("192.0.2.7:26", ["192.0.2.7"]),
        ("[IPv6:2001:DB8::7]", ["2001:db8::7"]),
        ("[::ffff:192.0.2.7]", ["192.0.2.7"]),
        ("unix:/run/lmtp", ["/run/lmtp"]),
        ("inet:[a.example]:24", ["192.0.2.1"]),
        ("partly.example", ["192.0.2.1"]),
        ("localhost", ["127.0.0.1", "::1"]),
        ("[localhost]:26", ["127.0.0.1", "::1"]),
    ],
)
def test_where(nexthop: str, expected: list[str]) -> None:
    """A domain leads to the hosts of its MX, or is its own; what is in brackets is a host."""
    dns = FakeDns(mx={**MX, "Example.org": MX["example.org"]}, hosts=HOSTS, failing=FAILING)

    assert expected == addresses(find(nexthop, dns=dns))


@pytest.mark.parametrize(
    ("nexthop", "place"),
    [
        (
            "one.example:26",
            ServerPlace(host="a.example", address="192.0.2.1", port=26, domain="one.example"),
        ),
        (
            "plain.example",
            ServerPlace(
                host="plain.example", address="192.0.2.3", port=25, domain="plain.example",
            ),
        ),
        (
            "[a.example]:587",
            ServerPlace(
                host="a.example", address="192.0.2.1", port=587, domain="a.example",
            ),
        ),
        (
            "[192.0.2.1]",
            ServerPlace(
                host="192.0.2.1", address="192.0.2.1", port=25, domain="192.0.2.1"
            ),
        ),
        ("unix:/x", ServerPlace(host="localhost", address="/x", port=None)),
    ],
)  # fmt: skip
def test_what_a_place_says(nexthop: str, place: ServerPlace) -> None:
    """The host of an MX was chosen by a name server; the others by whoever wrote them."""
    assert [place] == [each for host in find(nexthop).hosts for each in host.places]


@pytest.mark.parametrize(
    ("nexthop", "status"),
    [
        ("nowhere.example", "5.1.2"),
        ("a..b", "5.1.2"),
        ("-\u00fc\u3002.x", "5.1.2"),
        ("a b", "5.1.2"),
        ("", "5.1.2"),
        ("null.example", "5.1.10"),
        ("[nowhere.example]", "5.4.4"),
        ("empty.example", "5.4.4"),
        ("literal.example", "5.4.4"),
        ("lost.example", "5.4.4"),
        ("unknown.example", "4.4.3"),
        ("[silent.example]", "4.4.3"),
        ("failing.example", "4.4.3"),
        ("half.example", "4.4.4"),
        ("self.example", "5.4.6"),
        ("own.example", "5.4.6"),
        ("[own.example]:2525", "5.4.6"),
        ("[alias-of-own.example]:2525", "5.4.6"),
        ("equal.example", "5.4.6"),
        ("gone.example", "5.4.6"),
        ("[192.0.2.99]:2525", "5.4.6"),
        ("waiting.example", "4.4.3"),
    ],
)
def test_what_stands_against_it(nexthop: str, status: str) -> None:
    """Every failure has its own code (RFC 3463 s3, RFC 7505 s4.1)."""
    way = find(nexthop)

    assert (status, ()) == (way.status, way.hosts)
    assert way.text.isprintable()
    assert way.text


@pytest.mark.parametrize(
    ("nexthop", "expected", "is_own"),
    [
        ("backup.example", ["192.0.2.1"], True),
        ("address.example", ["192.0.2.1"], True),
        ("backup.example:26", ["192.0.2.1", "192.0.2.99", "192.0.2.2", "2001:db8::2"], False),
        ("[own.example]:26", ["192.0.2.99"], False),
        ("[own.example]", ["192.0.2.99"], False),
        ("[192.0.2.99]", ["192.0.2.99"], False),
        ("example.org", ["192.0.2.1", "192.0.2.2", "2001:db8::2"], False),
    ],
)
def test_own_place(nexthop: str, expected: list[str], *, is_own: bool) -> None:
    """Hosts that are no nearer are left out, where mail could come round (RFC 5321 s5.1)."""
    way = find(nexthop)

    assert (expected, is_own) == (addresses(way), way.is_own)


@pytest.mark.parametrize(
    ("nexthop", "status"),
    [
        ("[127.0.0.1]:2525", "5.4.6"),
        ("[localhost]:2525", "5.4.6"),
        ("[::1]:2525", "5.4.6"),
        ("[127.0.0.1]:2526", ""),
        ("[192.0.2.250]:2525", ""),
    ],
)
def test_listening_everywhere(nexthop: str, status: str) -> None:
    """A server at all addresses of a system is there at each."""
    settings = RouteSettings(own_endpoints=[("0.0.0.0", 2525), ("::", 2525)])  # noqa: S104  it is not listened at

    assert status == find(nexthop, dns=FakeDns(), settings=settings).status


def test_without_mx() -> None:
    """With LMTP no MX is asked for."""
    dns = FakeDns(mx=MX, hosts=HOSTS)
    way = find("plain.example", dns=dns, settings=RouteSettings(port=24, has_mx=False))

    assert [24] == [place.port for host in way.hosts for place in host.places]
    assert ["A plain.example", "AAAA plain.example"] == dns.asked


@pytest.mark.parametrize(
    ("nexthop", "status", "expected"),
    [("here.example", "", ["192.0.2.9"]), ("nowhere.example", "5.1.2", [])],
)
def test_a_name_of_this_system(
    monkeypatch: pytest.MonkeyPatch, nexthop: str, status: str, expected: list[str]
) -> None:
    """With `native` a name may be known here that no name server has."""

    def getaddrinfo(host: str, *_: object) -> list[Any]:
        if host != "here.example":
            raise socket.gaierror(socket.EAI_NONAME, "none")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.9", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    settings = RouteSettings(lookups=[HostLookup.DNS, HostLookup.NATIVE])
    way = find(nexthop, dns=FakeDns(), settings=settings)

    assert (status, expected) == (way.status, addresses(way))


def test_how_long_it_holds() -> None:
    """As long as the shortest of its answers, and a failure for a moment."""
    assert 60.0 == find("example.org").seconds
    assert 60.0 == find("null.example").seconds
    assert find("failing.example").seconds < 10
    assert find("partly.example").seconds < 10


def test_hosts_without_number() -> None:
    """As many are looked up as the limit needs, and never more than some."""
    everybody = {f"h{number}.example": ["192.0.2.1"] for number in range(3000)}
    mx = {"example.org": [(10, name) for name in everybody]}
    few = FakeDns(mx=mx, hosts=everybody)
    none = FakeDns(mx=mx, hosts=dict.fromkeys(everybody, ()))

    assert 8 == len(find("example.org", dns=few).hosts)
    assert 1 + 2 * 8 == len(few.asked)
    assert "5.4.4" == find("example.org", dns=none).status
    assert 1 + 2 * 32 == len(none.asked)


def test_time() -> None:
    """Whoever answers nothing is waited for no longer than three questions take."""

    class Slow(FakeDns):
        async def exchangers(self, name: str) -> DnsAnswer[tuple[int, str]]:
            del name
            return DnsAnswer(records=tuple((n, f"h{n}.example") for n in range(100)))

    begun = time.monotonic()
    way = find("example.org", dns=Slow(delay_seconds=60), settings=RouteSettings(seconds=0.05))

    assert "4.4.3" == way.status
    assert time.monotonic() - begun < 50
