"""The hosts of MX records, in order."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.client.routes.exchangers import is_host_name, order_exchangers

OWN = frozenset({"own.example"})


def hosts(records: list[tuple[int, str]], *, seed: int = 1) -> list[str]:
    """Return the hosts of records in their order."""
    found = order_exchangers(records, own_names=OWN, chance=random.Random(seed))
    return [each.host for each in found.hosts]


def test_by_preference() -> None:
    """The lowest preference comes first (RFC 5321 s5.1)."""
    assert ["a.example", "b.example", "c.example"] == hosts(
        [(30, "c.example"), (10, "A.example"), (20, "b.example")]
    )


def test_equals_take_turns() -> None:
    """Between equals chance decides, and only between them (RFC 5321 s5.1)."""
    records = [(10, "a.example"), (10, "b.example"), (20, "c.example")]
    orders = {tuple(hosts(records, seed=seed)) for seed in range(20)}

    assert {
        ("a.example", "b.example", "c.example"),
        ("b.example", "a.example", "c.example"),
    } == orders


def test_a_host_twice() -> None:
    """It counts for its best record."""
    assert ["a.example", "b.example"] == hosts(
        [(30, "a.example"), (20, "b.example"), (10, "a.example")]
    )


@pytest.mark.parametrize(
    ("own", "expected"),
    [(5, []), (10, []), (15, ["a.example"]), (20, ["a.example"]), (30, ["a.example", "b.example"])],
)
def test_own_host(own: int, expected: list[str]) -> None:
    """This system and all that is preferred no more are left out (RFC 5321 s5.1)."""
    records = [(10, "a.example"), (20, "b.example"), (own, "OWN.example")]
    found = order_exchangers(records, own_names=OWN, chance=random.Random(1))

    assert found.is_own
    assert expected == [each.host for each in found.hosts]


@pytest.mark.parametrize(
    ("records", "is_null", "expected"),
    [
        ([(0, "")], True, []),
        ([(10, "")], True, []),
        ([(0, ""), (5, "")], True, []),
        ([(0, ""), (5, "a.example")], False, ["a.example"]),
    ],
)
def test_null_mx(records: list[tuple[int, str]], expected: list[str], *, is_null: bool) -> None:
    """A null MX stands alone; beside others it says nothing (RFC 7505 s3)."""
    found = order_exchangers(records, chance=random.Random(1))

    assert is_null == found.is_null
    assert expected == [each.host for each in found.hosts]


@pytest.mark.parametrize(
    "name",
    ["192.0.2.1", "2001:db8::1", "[192.0.2.1]", "192.0.2.1.5", "a b", "a\r\nb", "a..b", ".a",
     "a.", "x" * 64, "a\\.b", "b\u00fccher", ".".join(["x" * 50] * 6)],
)  # fmt: skip
def test_what_is_no_host(name: str) -> None:
    """An address, and what no host can be called, is passed over."""
    assert not is_host_name(name)
    assert ["a.example"] == hosts([(10, name), (20, "a.example")])


@pytest.mark.parametrize("name", ["a", "mx_1.example", "3com.example", "xn--bcher-kva.example"])
def test_what_is_a_host(name: str) -> None:
    """An underline is in many names."""
    assert is_host_name(name)


def test_thousands_of_records() -> None:
    """Some of the best are as good as all."""
    records = [(number // 1000, f"h{number}.example") for number in range(5000)]
    found = order_exchangers(records, chance=random.Random(1))

    assert 32 == len(found.hosts)
    assert {0} == {each.preference for each in found.hosts}


@given(st.lists(st.tuples(st.integers(0, 5), st.text(max_size=20)), min_size=1, max_size=50))
def test_whatever_comes(records: list[tuple[int, str]]) -> None:
    """All that is left is the name of a host, and in order."""
    found = order_exchangers(records, own_names=OWN, chance=random.Random(1))

    assert all(is_host_name(each.host) for each in found.hosts)
    preferences = [each.preference for each in found.hosts]
    assert sorted(preferences) == preferences
