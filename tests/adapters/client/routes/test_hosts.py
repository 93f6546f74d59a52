"""The addresses of hosts."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from typing import Any, NoReturn

import pytest

from dsnlib.adapters.client.routes.hosts import HostAnswer, HostFinder, HostLookup, is_own_address
from dsnlib.errors import LookupFailed
from tests.adapters.client.fake_dns import FakeDns

DNS, NATIVE = HostLookup.DNS, HostLookup.NATIVE
HOSTS = {
    "mx.example": ["192.0.2.1", "2001:db8::1"],
    "odd.example": ["::", "224.0.0.1", "x", "192.0.2.1", "::ffff:192.0.2.7", "192.0.2.1"],
    "many.example": [f"192.0.2.{number}" for number in range(1, 200)],
    "none.example": [],
}


def find(
    host: str,
    *,
    lookups: Sequence[HostLookup] = (DNS,),
    versions: Sequence[int] = (4, 6),
    failing: Sequence[str] = (),
) -> HostAnswer:
    """Return what is known of a host."""
    finder = HostFinder(
        FakeDns(hosts=HOSTS, failing=failing), lookups=lookups, versions=versions, most=8
    )
    return asyncio.run(finder.find(host))


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that knows one name."""

    def getaddrinfo(host: str, _port: None, family: int, _type: int) -> list[Any]:
        if host == "later.example":
            raise socket.gaierror(socket.EAI_AGAIN, "later")
        if host == "broken.example":
            raise OSError
        if host == "impossible.example":
            raise UnicodeError
        if host != "here.example" or family != socket.AF_INET:
            raise socket.gaierror(socket.EAI_NONAME, "none")
        return [(family, socket.SOCK_STREAM, 6, "", ("192.0.2.9", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_both_versions() -> None:
    """A and AAAA are asked for, and their answer holds as long as the shorter."""
    answer = find("mx.example")

    assert ("192.0.2.1", "2001:db8::1") == answer.addresses
    assert (False, 60.0) == (answer.is_failed, answer.seconds)


@pytest.mark.parametrize(("version", "expected"), [(4, ("192.0.2.1",)), (6, ("2001:db8::1",))])
def test_one_version(version: int, expected: tuple[str, ...]) -> None:
    """What is not spoken here is not asked for."""
    assert expected == find("mx.example", versions=[version]).addresses


@pytest.mark.parametrize("name", ["localhost", "a.localhost"])
def test_localhost(name: str) -> None:
    """Nobody is asked (RFC 6761 s6.3)."""
    assert ("127.0.0.1", "::1") == find(name, failing=[name]).addresses


def test_what_is_no_address() -> None:
    """Nobody can connect to it."""
    assert ("192.0.2.1",) == find("odd.example").addresses


def test_many_addresses() -> None:
    """Some are kept."""
    assert 8 == len(find("many.example").addresses)


def test_failure() -> None:
    """It is told from nothing, and is not remembered for long."""
    failed, nothing = find("mx.example", failing=["mx.example"]), find("none.example")

    assert ((), True) == (failed.addresses, failed.is_failed)
    assert ((), False) == (nothing.addresses, nothing.is_failed)
    assert failed.seconds < nothing.seconds


def test_half_a_failure() -> None:
    """One address that is there is enough, for a short time."""

    class Half(FakeDns):
        async def host_addresses(self, name: str, version: int) -> Any:  # noqa: ANN401  as the other's
            if version == 6:
                raise LookupFailed(name)
            return await super().host_addresses(name, version)

    answer = asyncio.run(HostFinder(Half(hosts=HOSTS)).find("mx.example"))

    assert (("192.0.2.1",), False) == (answer.addresses, answer.is_failed)
    assert answer.seconds < 10


def test_many_questions() -> None:
    """So many are asked at once, and the others wait."""
    resolver = FakeDns(hosts={f"h{number}.example": ["192.0.2.1"] for number in range(300)},
                       delay_seconds=0.001)  # fmt: skip

    async def ask() -> list[HostAnswer]:
        finder = HostFinder(resolver)
        return await asyncio.gather(*[finder.find(host) for host in resolver.hosts])

    assert {("192.0.2.1",)} == {each.addresses for each in asyncio.run(ask())}
    assert 100 == resolver.most_at_once


def test_silence() -> None:
    """A question ends after a fixed time."""
    resolver = FakeDns(hosts=HOSTS, delay_seconds=60)
    finder = HostFinder(resolver, seconds=0.02)

    assert asyncio.run(finder.find("mx.example")).is_failed
    with pytest.raises(LookupFailed, match="no answer in time"):
        asyncio.run(finder.exchangers("mx.example"))


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize(
    ("host", "lookups", "addresses", "is_failed"),
    [
        ("here.example", [NATIVE], ("192.0.2.9",), False),
        ("here.example", [DNS], (), False),
        ("here.example", [DNS, NATIVE], ("192.0.2.9",), False),
        ("mx.example", [DNS, NATIVE], ("192.0.2.1", "2001:db8::1"), False),
        ("mx.example", [NATIVE, DNS], ("192.0.2.1", "2001:db8::1"), False),
        ("later.example", [NATIVE], (), True),
        ("later.example", [NATIVE, DNS], (), True),
        ("broken.example", [NATIVE], (), True),
        ("impossible.example", [NATIVE], (), False),
        ("none.example", [DNS, NATIVE], (), False),
    ],
)
def test_ways_to_look_up(
    host: str, lookups: list[HostLookup], addresses: tuple[str, ...], *, is_failed: bool
) -> None:
    """They are gone in their order until one has an address."""
    answer = find(host, lookups=lookups)

    assert (addresses, is_failed) == (answer.addresses, answer.is_failed)


def test_the_system_itself() -> None:
    """What it answers has addresses."""
    finder = HostFinder(FakeDns(), lookups=[NATIVE])

    assert ("127.0.0.1",) == asyncio.run(finder.find("127.0.0.1")).addresses


def test_a_silent_system_keeps_no_file_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look-ups that hang have threads of their own; those of the loop read files."""
    is_over = threading.Event()

    def hang(*_: object) -> NoReturn:
        is_over.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    monkeypatch.setattr(socket, "getaddrinfo", hang)

    async def ask() -> list[HostAnswer]:
        finder = HostFinder(FakeDns(), lookups=[NATIVE], seconds=0.02)
        hosts = [f"h{number}.example" for number in range(40)]
        asked = asyncio.ensure_future(asyncio.gather(*map(finder.find, hosts)))
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await asyncio.to_thread(int)
        answers = await asked
        is_over.set()
        return answers

    assert {True} == {each.is_failed for each in asyncio.run(ask())}


@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("192.0.2.250", False),
        ("2001:db8::250", False),
        ("255.255.255.255", False),
        ("mx.example.org", False),
    ],
)
def test_addresses_of_this_system(address: str, *, is_own: bool) -> None:
    """Nobody is asked, and nothing is sent."""
    assert is_own == is_own_address(address)
