"""Where mail goes."""

import asyncio

import pytest

from dsnlib.adapters.agents.domains import Domains
from dsnlib.adapters.agents.router import Router, parse_destination
from dsnlib.errors import InvalidValue, LookupFailed
from dsnlib.replies.tables import parse_table

DOMAINS = Domains(
    origin="example.org",
    local=["example.org"],
    alias=["alias.example"],
    mailbox=["shop.example"],
    relay=["branch.example"],
)
MAPS = """
gone@example.net error:5.1.6 has moved away
ann@example.org smtp:[192.0.2.9]
slow.example slow:
.slow.example slow:
nexthop.example :[192.0.2.8]:2525
local.example local:
"""


def route(address: str, *, maps: str = "", relayhost: str = "") -> str:
    """Return the way of an address."""
    tables = [parse_table("hash", maps, origin="transport")]
    router = Router(domains=DOMAINS, tables=tables, relayhost=relayhost, delimiter="+")
    return str(asyncio.run(router.route(address)))


@pytest.mark.parametrize(
    ("address", "way"),
    [
        ("bob@Example.org", "local:example.org"),
        ("bob", "local:example.org"),
        ("eve@shop.example", "virtual:shop.example"),
        ("x@branch.example", "smtp:branch.example"),
        ("x@example.net", "smtp:example.net"),
        ("x@[192.0.2.1]", "smtp:[192.0.2.1]"),
        ("x@alias.example", "error:5.1.1 this address leads nowhere"),
    ],
)
def test_by_domain(address: str, way: str) -> None:
    """What a domain is to the site decides."""
    assert way == route(address)


@pytest.mark.parametrize(
    ("address", "way"),
    [
        ("bob@example.org", "local:example.org"),
        ("x@branch.example", "smtp:[mail.example.org]:587"),
        ("x@example.net", "smtp:[mail.example.org]:587"),
        ("x@nexthop.example", "smtp:[192.0.2.8]:2525"),
        ("x@slow.example", "slow:slow.example"),
    ],
)
def test_a_relayhost(address: str, way: str) -> None:
    """All that is not delivered here goes there, unless a table says otherwise."""
    assert way == route(address, maps=MAPS, relayhost="[mail.example.org]:587")


@pytest.mark.parametrize(
    ("address", "way"),
    [
        ("gone@example.net", "error:5.1.6 has moved away"),
        ("Gone+x@example.net", "error:5.1.6 has moved away"),
        ("ann@example.org", "smtp:[192.0.2.9]"),
        ("x@slow.example", "slow:slow.example"),
        ("x@a.b.slow.example", "slow:a.b.slow.example"),
        ("x@local.example", "local:local.example"),
        ("x@example.com", "smtp:example.com"),
    ],
)
def test_a_table(address: str, way: str) -> None:
    """For an address, a domain and those below it; what is left out is the usual."""
    assert way == route(address, maps=MAPS)


def test_a_table_for_everybody() -> None:
    """`*` is asked last."""
    maps = "* smtp:[192.0.2.7]\nexample.net discard:\n"

    assert "smtp:[192.0.2.7]" == route("bob@example.org", maps=maps)
    assert "discard:example.net" == route("bob@example.net", maps=maps)


def test_a_table_that_cannot_answer() -> None:
    """The mail waits."""

    class Broken:
        name = "broken"
        has_fixed_keys = True

        def lookup(self, key: str) -> str:
            raise LookupFailed(key)

    way = asyncio.run(Router(domains=DOMAINS, tables=[Broken()]).route("bob@example.org"))

    assert ("retry", "4.3.0") == (way.transport, way.nexthop[:5])


def test_parse_destination() -> None:
    """A transport, a colon and what it is told."""
    assert "discard:" == str(parse_destination(" discard: "))
    with pytest.raises(InvalidValue, match="has no colon"):
        parse_destination("discard")
