"""Counts of clients: limits, time, networks, bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.server.rates import ClientRates, Event, RateLimits
from dsnlib.errors import InvalidValue
from dsnlib.replies.drive import run
from dsnlib.replies.tables import parse_table

HERE = "192.0.2.1"


class _Clock:
    """Seconds that go on when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def connect(rates: ClientRates, address: str = HERE) -> bool:
    """Count a connection."""
    return run(rates.connect(address))


def test_connections_at_once() -> None:
    """A connection that ends makes room; one that was refused takes none for ever."""
    rates = ClientRates(RateLimits(connections=2))

    assert [True, True, False] == [connect(rates) for _ in range(3)]
    rates.disconnect(HERE)
    assert not connect(rates)
    rates.disconnect(HERE)
    rates.disconnect(HERE)
    assert connect(rates)
    assert connect(rates, "192.0.2.2")


def test_rates() -> None:
    """Events count in a unit of time, and are forgotten with it."""
    clock = _Clock()
    limits = RateLimits(connections=0, connection_rate=2, messages=2)
    rates = ClientRates(limits, clock=clock)

    assert [True, True, False] == [connect(rates) for _ in range(3)]
    assert [True, True, False] == [rates.count(HERE, Event.MESSAGE) for _ in range(3)]
    assert rates.is_spent(HERE, Event.MESSAGE)
    assert rates.count(HERE, Event.RECIPIENT)
    clock.seconds += 60
    assert not rates.is_spent(HERE, Event.MESSAGE)
    assert rates.count(HERE, Event.MESSAGE)
    assert connect(rates)


def test_exempt_networks() -> None:
    """Networks that are exempt have no limit; a table that fails exempts nobody."""

    class _Broken:
        name = "broken"
        has_fixed_keys = True

        def lookup(self, key: str) -> str:
            raise RuntimeError(key)

    table = parse_table("cidr", "192.0.2.0/24 OK", origin="exempt")
    free = ClientRates(RateLimits(connections=1, messages=1, exempt=table))
    bound = ClientRates(RateLimits(connections=1, exempt=_Broken()))

    assert all(connect(free) for _ in range(5))
    assert all(free.count(HERE, Event.MESSAGE) for _ in range(5))
    assert not free.is_spent(HERE, Event.MESSAGE)
    assert [True, False] == [connect(bound) for _ in range(2)]


def test_networks_of_ipv6() -> None:
    """Addresses of one /64 are one client, unless each is to be one."""
    one, two, other = "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"
    by_network = ClientRates(RateLimits(connections=1))
    by_address = ClientRates(RateLimits(connections=1, prefix_bits=128))

    assert [True, False, True] == [connect(by_network, each) for each in (one, two, other)]
    assert [True, True] == [connect(by_address, each) for each in (one, two)]


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=80))
def test_bounded(steps: list[tuple[int, bool]]) -> None:
    """However many clients come, those without a connection are no more than said."""
    rates = ClientRates(RateLimits(most_clients=3))
    is_open: dict[str, int] = {}
    for number, comes in steps:
        address = f"192.0.2.{number}"
        if comes:
            connect(rates, address)
            is_open[address] = is_open.get(address, 0) + 1
        elif is_open.get(address):
            rates.disconnect(address)
            is_open[address] -= 1

        assert len(rates) <= max(3, sum(map(bool, is_open.values())))
    for address, number in is_open.items():
        most = ClientRates(RateLimits(connections=number)).limits
        rates.limits = most
        if number:
            assert not connect(rates, address)


@pytest.mark.parametrize(
    "wrong",
    [{"connections": -1}, {"messages": -1}, {"prefix_bits": 0}, {"unit_seconds": 0},
     {"most_clients": 0}],
)  # fmt: skip
def test_wrong_limits(wrong: dict[str, int]) -> None:
    """A limit out of its range cannot be set."""
    with pytest.raises(InvalidValue, match="rates: "):
        RateLimits(**wrong)  # type: ignore[arg-type]  # a table of numbers
