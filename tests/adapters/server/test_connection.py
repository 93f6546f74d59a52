"""Connections: time that runs out, clients that talk early or go away, the end of a server."""

import asyncio
import gc
import time

import pytest

from dsnlib.adapters.server.listener import ServerLimits
from dsnlib.adapters.server.rates import ClientRates, RateLimits
from dsnlib.adapters.server.session import ServerSession
from dsnlib.replies.judge import AccessPolicy
from dsnlib.replies.restrictions import parse_restrictions
from tests.adapters.server.talk import MAIL, RCPT, KeepingIntake, codes, connect, dialogue, until

SHORT = ServerLimits(command_seconds=0.2, farewell_seconds=0.2)


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param([], id="command"),
        pytest.param([MAIL, RCPT, "DATA"], id="data"),
    ],
)
def test_client_says_nothing(begin: list[bytes | str]) -> None:
    """Who says nothing for too long hears 421 4.4.2, and the connection ends."""

    async def talk() -> tuple[str, str]:
        async with dialogue(limits=SHORT) as (client, _):
            if begin:
                await client.say(*begin)
            return codes(await client.read()), codes(await client.read())

    assert ("421 4.4.2", "closed") == asyncio.run(talk())


@pytest.mark.parametrize("octets", [b"x", b"BDAT 1000\r\nx"])
def test_client_is_slow(octets: bytes) -> None:
    """An octet now and then does not keep a session alive."""

    async def talk() -> tuple[str, float]:
        async with dialogue(limits=SHORT) as (client, _):
            await client.say(MAIL, RCPT)
            begin = time.monotonic()

            async def drip() -> None:
                client.send(octets)
                while True:
                    await asyncio.sleep(0.05)
                    client.send(b"x")

            task = asyncio.create_task(drip())
            reply = codes(await client.read())
            task.cancel()
            return reply, time.monotonic() - begin

    reply, seconds = asyncio.run(talk())
    assert "421 4.4.2" == reply
    assert seconds < 20


def test_client_does_not_read() -> None:
    """Who sends commands and reads no replies is cut off, and little of it is kept."""

    async def talk() -> None:
        async with dialogue(limits=SHORT) as (client, server):
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it reads too
            client.send(b"EHLO x\r\n" * 200_000)
            await until(lambda: not server.connections)

    asyncio.run(asyncio.wait_for(talk(), 10))


def test_half_closed() -> None:
    """What was sent before the client closed its side is answered."""
    intake = KeepingIntake()

    async def talk() -> list[str]:
        async with dialogue(intake) as (client, _):
            client.send(MAIL + RCPT + b"DATA\r\nx\r\n.\r\nNOOP\r\nNOO")
            client.writer.write_eof()
            return [codes(await client.read()) for _ in range(6)]

    assert ["250 2.1.0", "250 2.1.5", "354", "250 2.0.0", "250 2.0.0", "closed"] == (
        asyncio.run(talk())
    )
    assert 1 == len(intake.messages)


def test_more_behind_quit() -> None:
    """What still comes behind the last reply does not take the reply away."""

    async def talk() -> list[str]:
        async with dialogue() as (client, _):
            client.send(b"NOOP\r\nQUIT\r\n")
            for _ in range(20):
                client.send(b"x" * 1000)
                await asyncio.sleep(0)
            return [codes(await client.read()) for _ in range(3)]

    assert ["250 2.0.0", "221 2.0.0", "closed"] == asyncio.run(talk())


def test_early_talkers() -> None:
    """Commands before the greeting, or behind one that has to be the last, are noticed."""
    refuses = AccessPolicy(recipient=parse_restrictions("reject_unauth_pipelining"))

    async def early() -> str:
        limits = ServerLimits(greeting_seconds=0.1)
        async with dialogue(greeted=False, policy=refuses, limits=limits) as (client, _):
            client.send(b"EHLO x\r\n")
            await client.read()
            await client.read()
            return await client.say(MAIL, RCPT)

    async def behind(octets: bytes, count: int) -> str:
        async with dialogue(policy=refuses) as (client, _):
            client.send(octets)
            for _ in range(count):
                await client.read()
            return await client.say("RSET", MAIL, RCPT)

    assert "503 5.5.0" == asyncio.run(early())
    assert "503 5.5.0" == asyncio.run(behind(b"EHLO x\r\nNOOP\r\n", 2))
    assert "503 5.5.0" == asyncio.run(behind(b"HELO x\r\n" + MAIL, 2))
    assert "250 2.1.5" == asyncio.run(behind(MAIL + b"RSET\r\n", 2))


def test_stop() -> None:
    """A server that stops tells those who wait, and lets a message end (RFC 5321 s3.8)."""
    intake = KeepingIntake()

    async def talk() -> list[str]:
        async with dialogue(intake) as (client, server):
            other = await connect(server)
            await other.read()
            await client.say(MAIL, RCPT, "DATA")
            client.send(b"x\r\n")
            stopping = asyncio.create_task(server.stop())
            idle = [codes(await other.read()), codes(await other.read())]
            await asyncio.sleep(0.05)
            busy = [await client.say(b".\r\n"), codes(await client.read())]
            await other.close()
            await client.close()
            await stopping
            return [*idle, *busy]

    assert ["421 4.3.2", "closed", "250 2.0.0", "421 4.3.2"] == asyncio.run(talk())
    assert 1 == len(intake.messages)


def test_stop_has_an_end() -> None:
    """A message that does not end is given up after some time."""

    async def talk() -> float:
        begin = time.monotonic()
        async with dialogue(grace_seconds=0.2) as (client, server):
            await client.say(MAIL, RCPT, "DATA")
            client.send(b"x\r\n")
            await server.stop(grace_seconds=0.2)
        return time.monotonic() - begin

    assert asyncio.run(talk()) < 2


def test_too_many_connections() -> None:
    """Beyond so many connections of one client the next is answered 421 4.7.0."""
    rates = ClientRates(RateLimits(connections=2))

    async def talk() -> list[str]:
        async with dialogue(rates=rates) as (client, server):
            second, third = await connect(server), await connect(server)
            replies = [codes(await second.read()), codes(await third.read())]
            await third.close()
            await second.say("QUIT")
            await second.close()
            await until(lambda: server.connections <= 1)
            fourth = await connect(server)
            replies.append(codes(await fourth.read()))
            await fourth.close()
            assert "250 2.0.0" == await client.say("NOOP")
            return replies

    assert ["220", "421 4.7.0", "220"] == asyncio.run(talk())


def test_mail_rates() -> None:
    """Beyond so many messages or recipients in a time MAIL and RCPT are 450 4.7.1."""
    rates = ClientRates(RateLimits(messages=2, recipients=3))

    async def talk() -> list[str]:
        async with dialogue(rates=rates) as (client, _):
            return [
                await client.say(MAIL, RCPT, RCPT, RCPT),
                await client.say(RCPT),
                await client.say("RSET", MAIL),
                await client.say("RSET", MAIL),
            ]

    assert ["250 2.1.5", "450 4.7.1", "250 2.1.0", "450 4.7.1"] == asyncio.run(talk())


def test_nothing_is_left() -> None:
    """Sessions that have ended leave no object, task or timer behind."""

    async def talk() -> int:
        async with dialogue() as (client, server):
            for end in ("QUIT", b"", None):
                other = await connect(server)
                await other.read()
                await other.say("EHLO x")
                if end is None:
                    other.reset()
                elif end:
                    await other.say(end)
                await other.close()
            await until(lambda: server.connections <= 1)
            await client.say("QUIT")
            return len(asyncio.all_tasks())

    assert 1 == asyncio.run(talk())
    gc.collect()
    assert [] == [each for each in gc.get_objects() if isinstance(each, ServerSession)]


def test_large_pipeline() -> None:
    """A thousand commands at once have a thousand replies, in order."""

    async def talk() -> list[str]:
        limits = ServerLimits(junk_commands=0)
        async with dialogue(limits=limits) as (client, _):
            client.send((b"NOOP\r\n" + b"VRFY x\r\n") * 500)
            return [codes(await client.read()) for _ in range(1000)]

    assert ["250 2.0.0", "252 2.0.0"] * 500 == asyncio.run(talk())
