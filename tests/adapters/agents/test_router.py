"""Where mail goes."""

import asyncio
from typing import Any

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


BY_SENDER = """
ann+news@example.org [News.example.org]
ann@example.org [Ann.example.org]:587
@example.org [site.example.org]
bob@example.org dunno
<> [bounces.example.org]
"""
TRANSPORTS_BY_SENDER = """
eve@example.org slow:
tom@example.org slow:[Slow.example.org]
bob@example.org DUNNO
later@example.org retry:
@blocked.example error:5.7.1 does not send from here
"""


def route(
    address: str,
    *,
    sender: str | None = None,
    maps: str = "",
    relayhost: str = "",
    relayhosts: str = "",
    transports: str = "",
) -> str:
    """Return the way of an address."""
    router = Router(
        domains=DOMAINS,
        tables=[parse_table("hash", maps, origin="transport")],
        relayhost=relayhost,
        delimiter="+",
        relayhosts_by_sender=[parse_table("hash", relayhosts, origin="relayhosts")],
        transports_by_sender=[parse_table("hash", transports, origin="transports")],
    )
    return str(asyncio.run(router.route(address, sender)))


class Broken:
    """A table that cannot answer."""

    name = "broken"
    has_fixed_keys = True

    def lookup(self, key: str) -> str:
        """Raise."""
        raise LookupFailed(key)


@pytest.mark.parametrize(
    ("address", "way"),
    [
        ("bob@Example.org", "local:example.org"),
        ("bob@elsewhere.example.", "smtp:elsewhere.example"),
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
        ("gone@example.net.", "error:5.1.6 has moved away"),
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


def test_a_transport_alone() -> None:
    """It has the domain for its next hop, and so goes past the relayhost; `:` is the usual."""
    maps = "direct.example smtp:\nusual.example :\ngone.example error:\n"

    assert "smtp:direct.example" == route("x@direct.example", maps=maps, relayhost="[r.example]")
    assert "smtp:[r.example]" == route("x@usual.example", maps=maps, relayhost="[r.example]")
    assert "error:" == route("x@gone.example", maps=maps)


@pytest.mark.parametrize(
    ("value", "way"),
    [
        (":", "error:5.1.1 this address leads nowhere"),
        (":5.1.6 moved", "error:5.1.6 moved"),
        ("smtp:", "smtp:alias.example"),
    ],
)
def test_a_table_for_a_domain_of_aliases(value: str, way: str) -> None:
    """A table may say where an address goes that leads nowhere."""
    assert way == route("x@alias.example", maps=f"x@alias.example {value}")


@pytest.mark.parametrize(
    ("sender", "way"),
    [
        ("ann@example.org", "smtp:[Ann.example.org]:587"),
        ("Ann@Example.ORG", "smtp:[Ann.example.org]:587"),
        ("ann+other@example.org", "smtp:[Ann.example.org]:587"),
        ("ann+news@example.org", "smtp:[News.example.org]"),
        ("ann", "smtp:[Ann.example.org]:587"),
        ("eve@example.org", "smtp:[site.example.org]"),
        ("bob@example.org", "smtp:[all.example.org]"),
        ("bob+x@example.org", "smtp:[all.example.org]"),
        ("x@example.com", "smtp:[all.example.org]"),
        ("", "smtp:[bounces.example.org]"),
        (None, "smtp:[all.example.org]"),
    ],
)
def test_relayhosts_by_sender(sender: str | None, way: str) -> None:
    """The whole address, without extension, the domain; as the table spells it."""
    assert way == route(
        "x@example.net", sender=sender, relayhosts=BY_SENDER, relayhost="[all.example.org]"
    )


def test_a_notification_without_an_entry() -> None:
    """The null return path has the plain relayhost unless `<>` is there."""
    relayhosts = "@example.org [site.example.org]"
    way = route("x@example.net", sender="", relayhosts=relayhosts, relayhost="[all.example.org]")

    assert "smtp:[all.example.org]" == way


@pytest.mark.parametrize(
    ("address", "maps", "way"),
    [
        ("x@branch.example", "", "smtp:[Ann.example.org]:587"),
        ("bob@example.org", "", "local:example.org"),
        ("eve@shop.example", "", "virtual:shop.example"),
        ("x@alias.example", "", "error:5.1.1 this address leads nowhere"),
        ("x@example.net", "example.net smtp:[here.example]", "smtp:[here.example]"),
        ("x@example.net", "example.net :[here.example]", "smtp:[here.example]"),
        ("x@example.net", "example.net smtp:", "smtp:example.net"),
        ("x@example.net", "example.net :", "smtp:[Ann.example.org]:587"),
    ],
)
def test_what_comes_before_a_relayhost(address: str, maps: str, way: str) -> None:
    """What is delivered here, and what transport_maps say, is not asked for by sender."""
    assert way == route(address, sender="ann@example.org", maps=maps, relayhosts=BY_SENDER)


@pytest.mark.parametrize(
    ("sender", "address", "way"),
    [
        ("eve@example.org", "x@example.net", "slow:[site.example.org]"),
        ("tom@example.org", "x@example.net", "slow:[Slow.example.org]"),
        ("bob@example.org", "x@example.net", "smtp:example.net"),
        ("x@blocked.example", "x@example.net", "error:5.7.1 does not send from here"),
        ("x@blocked.example", "x@branch.example", "smtp:branch.example"),
        ("later@example.org", "x@example.net", "retry:"),
        ("tom@example.org", "bob@example.org", "local:example.org"),
    ],
)
def test_transports_by_sender(sender: str, address: str, way: str) -> None:
    """For foreign domains alone; a transport without next hop has what is usual."""
    assert way == route(
        address, sender=sender, relayhosts=BY_SENDER, transports=TRANSPORTS_BY_SENDER
    )


def test_a_table_of_patterns() -> None:
    """It is asked once, with the whole."""
    seen = []

    class Patterns:
        name = "patterns"
        has_fixed_keys = False

        def lookup(self, key: str) -> None:
            seen.append(key)

    router = Router(
        domains=DOMAINS, tables=[Patterns()], relayhosts_by_sender=[Patterns()], delimiter="+"
    )
    asyncio.run(router.route("bob+x@example.net", "ann+y@example.org"))

    assert ["bob+x@example.net", "ann+y@example.org"] == seen


@pytest.mark.parametrize("field", ["tables", "transports_by_sender", "relayhosts_by_sender"])
def test_a_table_that_cannot_answer(field: str) -> None:
    """The mail waits."""
    tables: Any = {field: [Broken()]}
    router = Router(domains=DOMAINS, **tables)
    way = asyncio.run(router.route("bob@example.net", "ann@example.org"))

    assert ("retry", "4.3.0") == (way.transport, way.nexthop[:5])


def test_a_table_that_is_not_asked() -> None:
    """What is delivered here needs no table by sender."""
    router = Router(domains=DOMAINS, relayhosts_by_sender=[Broken()])

    assert "local:example.org" == str(asyncio.run(router.route("bob@example.org", "ann")))
    assert "smtp:example.net" == str(asyncio.run(router.route("bob@example.net")))


def test_parse_destination() -> None:
    """A transport, a colon and what it is told."""
    assert "discard:" == str(parse_destination(" discard: "))
    with pytest.raises(InvalidValue, match="has no colon"):
        parse_destination("discard")
