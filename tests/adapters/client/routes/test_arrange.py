"""The order of places."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.routes.arrange import HostPlaces, arrange_places
from dsnlib.adapters.client.routes.route_settings import AddressPreference

ANY, IPV4, IPV6 = AddressPreference.ANY, AddressPreference.IPV4, AddressPreference.IPV6


def host(name: str, *addresses: str, preference: int = 10) -> HostPlaces:
    """Return a host with some places."""
    places = [ServerPlace(host=name, address=each, port=25) for each in addresses]
    return HostPlaces(preference=preference, places=places)


def order(
    *hosts: HostPlaces, preference: AddressPreference = ANY, most: int = 0, seed: int = 1
) -> list[str]:
    """Return the addresses of hosts in their order."""
    found = arrange_places(hosts, preference=preference, most=most, chance=random.Random(seed))
    return [each.address for each in found]


@pytest.mark.parametrize(
    ("preference", "firsts"),
    [(IPV4, {"192.0.2.1"}), (IPV6, {"2001:db8::1"}), (ANY, {"192.0.2.1", "2001:db8::1"})],
)
def test_preference(preference: AddressPreference, firsts: set[str]) -> None:
    """The version that is preferred comes first, with `any` that which chance decides."""
    both = host("a", "192.0.2.1", "2001:db8::1")

    assert firsts == {order(both, preference=preference, seed=seed)[0] for seed in range(20)}


def test_versions_take_turns() -> None:
    """The limit leaves something of both."""
    many = host("a", *[f"2001:db8::{number}" for number in range(1, 9)], "192.0.2.1", "192.0.2.2")
    found = order(many, preference=IPV6, most=4)

    assert [True, False, True, False] == [":" in each for each in found]


def test_hosts_take_turns() -> None:
    """Of hosts with the same preference each has its first before another its second."""
    first = host("a", "192.0.2.1", "192.0.2.2")
    second = host("b", "192.0.2.3", "192.0.2.4")
    found = order(first, second)

    assert {0, 1} == {(int(each[-1]) - 1) // 2 for each in found[:2]}


def test_a_worse_host_comes_last() -> None:
    """The preference of a host is above that of a version."""
    found = order(
        host("a", "192.0.2.1", "192.0.2.2"),
        host("b", "2001:db8::1", preference=20),
        preference=IPV6,
    )

    assert "2001:db8::1" == found[-1]


def test_an_address_twice() -> None:
    """It is tried once, for the better host."""
    found = arrange_places(
        [host("a", "192.0.2.1"), host("b", "192.0.2.1", preference=20)], chance=random.Random(1)
    )

    assert ["a"] == [each.host for each in found]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.lists(st.sampled_from(["192.0.2.1", "192.0.2.2", "::1", "::2"]), min_size=1),
        )
    ),
    st.integers(0, 6),
    st.sampled_from(AddressPreference),
)
def test_nothing_is_lost(
    hosts: list[tuple[int, list[str]]], most: int, preference: AddressPreference
) -> None:
    """Each address is there once, unless the limit leaves it out."""
    rows = [host("a", *set(addresses), preference=level) for level, addresses in sorted(hosts)]
    found = order(*rows, preference=preference, most=most)
    everything = {each for _, addresses in hosts for each in addresses}

    assert len(set(found)) == len(found)
    assert (min(most, len(everything)) if most else len(everything)) == len(found)
    assert everything >= set(found)
