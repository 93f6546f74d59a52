"""HAProxy in front of the server: its clients are those that are told of."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.adapters.server.talk import Client, KeepingIntake, dialogue
from tests.interop.peers.haproxy import haproxy_running

# All of 127.0.0.0/8 is this host, so a client may come from another address of it.
CLIENT = "127.0.0.77"


@pytest.mark.parametrize("header", ["send-proxy", "send-proxy-v2"])
def test_the_client_of_haproxy(header: str) -> None:
    """What comes through HAProxy comes from its client, by either version of the protocol."""
    intake = KeepingIntake()

    async def deliver() -> str:
        async with dialogue(intake, greeted=False, proxy_seconds=5.0) as (first, server):
            await first.close()
            return await asyncio.to_thread(_through, server.port, header)

    assert "250 2.0.0" == asyncio.run(deliver())
    (message,) = intake.messages
    assert CLIENT == message.client.address


def _through(behind: int, header: str) -> str:
    """Send a message through HAProxy and return the codes of the reply to it."""
    with haproxy_running(behind, header) as port:
        return asyncio.run(_deliver(port))


async def _deliver(port: int) -> str:
    streams = await asyncio.open_connection(
        "127.0.0.1", port, local_addr=(CLIENT, 0), family=socket.AF_INET
    )
    client = Client(*streams)
    try:
        await client.read()
        await client.say("EHLO client.example")
        return await client.deliver()
    finally:
        await client.close()


def test_haproxy_looks_whether_we_live() -> None:
    """Its own connections (`check`) end without a message, and are no fault."""
    intake = KeepingIntake()

    async def deliver() -> str:
        async with dialogue(intake, greeted=False, proxy_seconds=5.0) as (first, server):
            await first.close()
            return await asyncio.to_thread(_checked, server.port)

    assert "250 2.0.0" == asyncio.run(deliver())


def _checked(behind: int) -> str:
    settings = "check inter 100ms check-send-proxy"
    with haproxy_running(behind, "send-proxy-v2", settings=settings) as port:
        return asyncio.run(_deliver(port))
