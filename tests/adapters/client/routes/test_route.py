"""The places of next hops, and of those behind them."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Sequence

import pytest

from dsnlib.adapters.client.routes.route import MxRouter
from dsnlib.adapters.client.routes.route_settings import AddressPreference, RouteSettings
from dsnlib.adapters.client.trouble import Trouble
from tests.adapters.client.fake_dns import FakeDns
from tests.adapters.name_server import Zone, resolving

MX = {
    "example.org": [(20, "b.example"), (10, "a.example")],
    "own.example": [(10, "a.example"), (20, "mail.own.example")],
    "null.example": [(0, "")],
}
HOSTS = {
    "a.example": ["192.0.2.1"],
    "b.example": ["192.0.2.2"],
    "relay.example": ["192.0.2.11"],
    "other.example": ["192.0.2.12"],
    "mail.own.example": ["192.0.2.99"],
}
FAILING = ["failing.example"]


class Clock:
    """A clock that goes on when it is told."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def make(
    dns: FakeDns, clock: Clock, *, relays: Sequence[str] = (), most_addresses: int = 5
) -> MxRouter:
    """Return a router."""
    settings = RouteSettings(
        own_names=["mail.own.example"],
        own_endpoints=[("192.0.2.99", 25)],
        fallback_relays=relays,
        most_addresses=most_addresses,
        preference=AddressPreference.IPV4,
    )
    return MxRouter(settings, resolver=dns, chance=random.Random(1), clock=clock)


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


@pytest.fixture
def fake() -> FakeDns:
    """Return a domain name system."""
    return FakeDns(mx=MX, hosts=HOSTS, failing=FAILING)


def test_places(fake: FakeDns, clock: Clock) -> None:
    """The preferred host comes first."""
    places = asyncio.run(make(fake, clock).places("example.org"))

    assert ["a.example[192.0.2.1]:25", "b.example[192.0.2.2]:25"] == [str(each) for each in places]


def test_the_limit(fake: FakeDns, clock: Clock) -> None:
    """No more places are returned than are to be tried; 0 is all."""
    fake.hosts["a.example"] = [f"192.0.2.{number}" for number in range(1, 30)]

    assert 3 == len(asyncio.run(make(fake, clock, most_addresses=3).places("example.org")))
    assert 29 == len(asyncio.run(make(fake, clock, most_addresses=0).places("example.org")))


@pytest.mark.parametrize(
    ("nexthop", "status", "configured"),
    [
        ("null.example", "5.1.10", "4.3.5"),
        ("nowhere.example", "5.1.2", "4.3.5"),
        ("[nowhere.example]", "5.4.4", "4.3.5"),
        ("[mail.own.example]", "5.4.6", "4.3.5"),
        ("failing.example", "4.4.3", "4.4.3"),
        ("a\r\nb", "5.1.2", "4.3.5"),
    ],
)
def test_trouble(fake: FakeDns, clock: Clock, nexthop: str, status: str, configured: str) -> None:
    """What we have written down ourselves is no reason to return mail."""
    router = make(fake, clock)
    for is_configured, expected in ((False, status), (True, configured)):
        with pytest.raises(Trouble) as caught:
            asyncio.run(router.places(nexthop, is_configured=is_configured))
        assert expected == str(caught.value.replies.lost_status)
        assert caught.value.replies.lost.isprintable()
        assert ("DNS", None) == (caught.value.command, caught.value.place)


def test_what_is_remembered(fake: FakeDns, clock: Clock) -> None:
    """An answer is asked for once in its time."""
    router = make(fake, clock)
    for now in (0, 59):
        clock.now = now
        asyncio.run(router.places("example.org"))
    assert 1 == fake.asked.count("MX example.org")
    clock.now = 61
    asyncio.run(router.places("example.org"))

    assert 2 == fake.asked.count("MX example.org")


@pytest.mark.parametrize(
    ("nexthop", "asked", "kept", "gone"),
    [
        ("example.org", "MX example.org", 3599, 3601),
        ("null.example", "MX null.example", 299, 301),
        ("failing.example", "MX failing.example", 4, 6),
    ],
)
def test_what_is_remembered_for_long(
    clock: Clock, nexthop: str, asked: str, kept: float, gone: float
) -> None:
    """A change is seen in an hour, something new in minutes, and a failure is a moment's."""
    dns = FakeDns(mx=MX, hosts=HOSTS, failing=FAILING, seconds=1e9)
    router = make(dns, clock)
    for now, count in ((0, 1), (kept, 1), (gone, 2)):
        clock.now = now
        # What counts is what was asked.
        with contextlib.suppress(Trouble):
            asyncio.run(router.places(nexthop))
        assert count == dns.asked.count(asked)


def test_many_next_hops(fake: FakeDns, clock: Clock) -> None:
    """Those that come again are remembered, and the oldest forgotten."""
    router = make(fake, clock)

    async def ask() -> None:
        for number in range(5000):
            await router.places(f"[192.0.2.1]:{number + 1}")

    asyncio.run(ask())

    assert 4096 == len(router._known)


def test_the_same_question_at_once(clock: Clock) -> None:
    """It is asked once, and whoever gives up takes the answer from nobody."""
    dns = FakeDns(mx=MX, hosts=HOSTS, delay_seconds=0.02)
    router = make(dns, clock)

    async def ask() -> list[object]:
        asking = [asyncio.create_task(router.places("example.org")) for _ in range(50)]
        await asyncio.sleep(0.01)
        asking[0].cancel()
        return await asyncio.gather(*asking, return_exceptions=True)

    first, *others = asyncio.run(ask())

    assert isinstance(first, asyncio.CancelledError)
    assert 49 == sum(isinstance(each, tuple) for each in others)
    assert 1 == dns.asked.count("MX example.org")
    assert not router._asked


def test_equals_take_turns(fake: FakeDns, clock: Clock) -> None:
    """Chance decides each time anew, although the answer is remembered."""
    fake.mx["example.org"] = [(10, "a.example"), (10, "b.example")]
    router = make(fake, clock)

    firsts = {asyncio.run(router.places("example.org"))[0].host for _ in range(20)}

    assert {"a.example", "b.example"} == firsts


@pytest.mark.parametrize(
    ("nexthop", "relays", "expected"),
    [
        ("example.org", [], []),
        ("example.org", ["[relay.example]:26"], ["192.0.2.11"]),
        ("nowhere.example", ["[relay.example]"], ["192.0.2.11"]),
        ("failing.example", ["[relay.example]"], ["192.0.2.11"]),
        ("example.org", ["[relay.example]", "[other.example]"], ["192.0.2.11", "192.0.2.12"]),
        ("example.org", ["failing.example", "[other.example]"], ["192.0.2.12"]),
        ("[Relay.example]", ["[relay.example]", "[other.example]"], []),
        ("own.example", ["[relay.example]"], []),
        ("[mail.own.example]", ["[relay.example]"], []),
    ],
)
def test_fallback_relays(
    fake: FakeDns, clock: Clock, nexthop: str, relays: list[str], expected: list[str]
) -> None:
    """They come behind every next hop, but one of them, and one that we are an MX for."""
    router = make(fake, clock, relays=relays)
    found = asyncio.run(router.fallback_places(nexthop))

    assert expected == [each.address for each in found]
    assert set(relays) >= {each.relay for each in found}
    assert "" not in {each.relay for each in found}


def test_fallback_relays_that_cannot_be_found(
    fake: FakeDns, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The mail waits, and the log says why."""
    router = make(fake, clock, relays=["[nowhere.example]"])
    with caplog.at_level(logging.WARNING), pytest.raises(Trouble) as caught:
        asyncio.run(router.fallback_places("example.org"))

    assert "4.3.5" == str(caught.value.replies.lost_status)
    assert "fallback relay [nowhere.example]" in caplog.text


def test_a_name_server() -> None:
    """The same with packets."""
    zone: Zone = {
        ("example.org.", "MX"): ["20 b.example.", "10 a.example."],
        ("a.example.", "A"): ["192.0.2.1"],
        ("b.example.", "AAAA"): ["2001:db8::2"],
        ("null.example.", "MX"): ["0 ."],
        ("plain.example.", "A"): ["192.0.2.3"],
        ("bad.example.", "MX"): "SERVFAIL",
    }

    async def ask() -> dict[str, str]:
        answers = {}
        async with resolving(zone) as resolver:
            router = MxRouter(resolver=resolver)
            for name in ("example.org", "null", "plain", "bad", "none"):
                nexthop = name if "." in name else f"{name}.example"
                try:
                    places = await router.places(nexthop)
                    answers[name] = " ".join(each.address for each in places)
                except Trouble as trouble:
                    answers[name] = str(trouble.replies.lost_status)
        return answers

    assert {
        "example.org": "192.0.2.1 2001:db8::2",
        "null": "5.1.10",
        "plain": "192.0.2.3",
        "bad": "4.4.3",
        "none": "5.1.2",
    } == asyncio.run(ask())


def test_a_system_without_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has no name needs none, and the rest waits."""
    import dns.asyncresolver

    def refuse(**_: object) -> None:
        raise OSError

    monkeypatch.setattr(dns.asyncresolver, "Resolver", refuse)
    router = MxRouter()

    assert ["127.0.0.1"] == [each.address for each in asyncio.run(router.places("[127.0.0.1]:2"))]
    for nexthop in ("example.org", "[mx.example]"):
        with pytest.raises(Trouble) as caught:
            asyncio.run(router.places(nexthop))
        assert "4.4.3" == str(caught.value.replies.lost_status)
