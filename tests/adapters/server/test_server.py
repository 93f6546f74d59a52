"""Listening: connections that get no session, sockets of every family, the end."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.server import server as module
from dsnlib.adapters.server.listener import Listener, ServerLimits
from dsnlib.adapters.server.server import serve
from dsnlib.replies.judge import AccessPolicy
from dsnlib.replies.restrictions import parse_restrictions
from dsnlib.replies.site import Site
from tests.adapters.server.talk import MAIL, Client, KeepingIntake, codes, connect, dialogue, until
from tests.replies.fake_tables import FixedTable

if TYPE_CHECKING:
    from pathlib import Path


def test_defect(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Where no session can begin the client hears 421, and the log says why."""

    def broken(_state: object) -> None:
        message = "a defect"
        raise RuntimeError(message)

    async def talk() -> list[str]:
        monkeypatch.setattr(module, "ServerSession", broken)
        async with dialogue(greeted=False) as (client, _):
            return [codes(await client.read()), codes(await client.read())]

    assert ["421 4.3.0", "closed"] == asyncio.run(talk())
    (record,) = caplog.records
    assert record.exc_info is not None
    assert "a defect" == str(record.exc_info[1])


def test_too_many_sessions() -> None:
    """Who comes when there are as many sessions as may be hears 421 4.3.2."""

    async def talk() -> list[str]:
        async with dialogue(limits=ServerLimits(sessions=1)) as (client, server):
            second = await connect(server)
            replies = [codes(await second.read()), codes(await second.read())]
            await second.close()
            await client.say("QUIT")
            await client.close()
            await until(lambda: not server.connections)
            third = await connect(server)
            replies.append(codes(await third.read()))
            await third.close()
            return replies

    assert ["421 4.3.2", "closed", "220"] == asyncio.run(talk())


@pytest.mark.parametrize(
    ("network", "expected"),
    [("127.0.0.1", "250 2.1.0"), ("192.0.2.1", "554 5.7.1")],
    ids=["trusted", "stranger"],
)
def test_unix_socket(network: str, expected: str, tmp_path: Path) -> None:
    """A client on a UNIX socket is 127.0.0.1 for restrictions, as in Postfix."""
    policy = AccessPolicy(
        sender=parse_restrictions("permit_mynetworks reject"),
        site=Site(networks=FixedTable({network: "OK"}, "mynetworks")),
        delays_refusals=False,
    )

    async def talk() -> str:
        listener = Listener(hostname="mx.example.org", intake=KeepingIntake(), policy=policy)
        place = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        place.bind(str(tmp_path / "smtp"))
        server = await serve(listener, place)
        try:
            client = Client(*await asyncio.open_unix_connection(str(tmp_path / "smtp")))
            await client.read()
            await client.say("EHLO x")
            reply = await client.say(MAIL)
            await client.close()
            return reply
        finally:
            await server.stop(grace_seconds=1)

    assert expected == asyncio.run(talk())
