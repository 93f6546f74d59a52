"""XCLIENT: what a proxy says of its client, and what of the proxy is not the client's."""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
import pytest

from dsnlib.adapters.server.listener import TlsLevel
from dsnlib.adapters.server.session import ServerSession
from dsnlib.replies.capabilities import Capabilities
from dsnlib.replies.judge import AccessPolicy
from dsnlib.replies.restrictions import parse_restrictions
from dsnlib.replies.site import ReplyCodes, Site
from dsnlib.replies.tables import parse_table
from tests.adapters.milters.scripted_filter import ScriptedFilter
from tests.adapters.server.talk import MAIL, client_context, dialogue, server_context

PROXY: dict[str, Any] = {
    "capabilities": Capabilities(xclient=("NAME", "ADDR", "HELO", "LOGIN")),
    "xclient": parse_table("cidr", "127.0.0.0/8 OK", origin="proxies"),
}


def test_nothing_is_said() -> None:
    """XCLIENT without an attribute is a syntax error, and nothing begins anew."""

    async def talk() -> str:
        async with dialogue(**PROXY) as (client, _):
            return await client.say("XCLIENT")

    assert "501 5.5.4" == asyncio.run(talk())


@pytest.mark.parametrize(
    ("name", "expected"), [("[UNAVAILABLE]", "550 5.7.1"), ("[TEMPUNAVAIL]", "450 4.7.1")]
)
def test_names(name: str, expected: str) -> None:
    """A name that could not be looked up refuses for now, one that is not there for good."""
    policy = AccessPolicy(
        sender=parse_restrictions("reject_unknown_reverse_client_hostname"),
        site=Site(codes=ReplyCodes(unknown_client=550)),
        delays_refusals=False,
    )

    async def talk() -> str:
        async with dialogue(policy=policy, **PROXY) as (client, _):
            return await client.say(
                f"XCLIENT ADDR=192.0.2.1 NAME={name}", "EHLO client.example", MAIL
            )

    assert expected == asyncio.run(talk())


def test_certificate_is_the_proxys() -> None:
    """A proxy that has shown a certificate gives its client no rights by it."""
    settings = {**PROXY, "tls": server_context(), "tls_level": TlsLevel.MAY}

    async def talk() -> tuple[str, ...]:
        async with dialogue(**settings) as (client, server):
            await client.say("STARTTLS")
            await client.encrypt(client_context())
            await client.say("EHLO proxy")
            session = next(
                each for each in server.state.sessions if isinstance(each, ServerSession)
            )
            # As it is where an authority is asked.
            session.client = attrs.evolve(session.client, certificates=["AA:BB"])
            await client.say("XCLIENT ADDR=192.0.2.1", "EHLO client.example")
            return session.client.certificates

    assert () == asyncio.run(talk())


def test_filters() -> None:
    """Filters are left, and asked anew about the other client and his account."""
    peer = ScriptedFilter()

    async def talk() -> None:
        async with (
            peer.running(),
            dialogue(milters=[peer.milter()], **PROXY) as (client, _),
        ):
            for address in ("192.0.2.1", "192.0.2.2"):
                await client.say(f"XCLIENT ADDR={address} LOGIN=ann", "EHLO x", MAIL, "RSET")
            await client.say("XCLIENT ADDR=192.0.2.3", "EHLO x", MAIL, "QUIT")

    asyncio.run(asyncio.wait_for(talk(), 20))
    letters = peer.letters
    assert 4 == letters.count("C")
    assert 4 == letters.count("Q"), "a connection to the filter is left open"
    assert "192.0.2.3" == peer.macros["C"]["{client_addr}"]
    assert "XCLIENT" == peer.macros["M"]["{auth_type}"]
    logins = [b"{auth_authen}\0ann\0" in each for each in peer.data("D") if each[:1] == b"M"]
    assert [True, True] == logins[:2]
    assert True not in logins[2:]
