"""Messages: what comes behind DATA and in BDAT, what is looked at, who gets it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dsnlib.adapters.server.data import BareNewlines
from dsnlib.adapters.server.listener import ServerLimits
from dsnlib.replies.capabilities import Capabilities
from dsnlib.replies.check_tables import ContentChecks
from dsnlib.replies.tables import parse_table
from tests.adapters.server.talk import MAIL, RCPT, KeepingIntake, codes, connect, dialogue, until

SMUGGLED = (
    b"Subject: x\r\n\r\ntext\n.\r\nMAIL FROM:<evil@example.org>\r\n"
    b"RCPT TO:<bob@example.com>\r\nDATA\r\nSubject: smuggled\r\n\r\n"
)


def test_smuggling_is_refused() -> None:
    """A false end does not end the message; it is refused whole, and one reply is given."""
    intake = KeepingIntake()

    async def talk() -> list[str]:
        async with dialogue(intake) as (client, _):
            return [await client.deliver(SMUGGLED), await client.say("NOOP")]

    assert ["550 5.5.2", "250 2.0.0"] == asyncio.run(talk())
    assert [] == intake.messages


def test_smuggling_is_made_harmless() -> None:
    """Where lone line ends are made whole, what looked like commands is text."""
    intake = KeepingIntake()

    async def talk() -> str:
        async with dialogue(intake, bare_newlines=BareNewlines.NORMALIZE) as (client, _):
            return await client.deliver(SMUGGLED)

    assert "250 2.0.0" == asyncio.run(talk())
    (octets,) = intake.octets
    assert b"text\r\n.\r\nMAIL FROM:<evil@example.org>\r\n" in octets


def test_pipelined_end() -> None:
    """What follows the end of a message in the same packet is the next commands."""

    async def talk() -> list[str]:
        async with dialogue() as (client, _):
            client.send(MAIL + RCPT + b"DATA\r\n")
            before = [codes(await client.read()) for _ in range(3)]
            client.send(b"x\r\n.\r\n" + MAIL + RCPT + b"NOOP\r\n")
            return [*before, *[codes(await client.read()) for _ in range(4)]]

    assert [
        "250 2.1.0",
        "250 2.1.5",
        "354",
        "250 2.0.0",
        "250 2.1.0",
        "250 2.1.5",
        "250 2.0.0",
    ] == (asyncio.run(talk()))


def test_trace_field() -> None:
    """The message has our trace field in front, `for` only of one recipient."""
    intake = KeepingIntake()

    async def talk() -> None:
        async with dialogue(intake) as (client, _):
            await client.deliver()
            await client.say(MAIL, RCPT, "RCPT TO:<eve@example.com>", "DATA", b"x\r\n.\r\n")

    asyncio.run(talk())
    one, two = intake.octets
    queue_id = intake.messages[0].queue_id.encode()
    assert one.startswith(
        b"Received: from client.example (unknown [127.0.0.1])\r\n"
        b"\tby mx.example.org with ESMTP id " + queue_id + b"\r\n\tfor <bob@example.com>; "
    )
    assert one.endswith(b"+0000\r\nSubject: x\r\n\r\ntext\r\n")
    assert b"for <" not in two


@pytest.mark.parametrize(("fields", "expected"), [(3, "250 2.0.0"), (4, "554 5.4.6")])
def test_hops(fields: int, expected: str) -> None:
    """A message that has passed too many systems goes in circles."""

    async def talk() -> str:
        async with dialogue(limits=ServerLimits(hops=3)) as (client, _):
            return await client.deliver(b"Received: x\r\n" * fields + b"\r\nReceived: no\r\n")

    assert expected == asyncio.run(talk())


def test_checks() -> None:
    """Tables see the content, in memory or in a file; what they change is what is taken."""
    table = parse_table(
        "pcre",
        "/^X-Bad:/ REJECT 5.6.0 bad\n/^X-Drop:/ DISCARD\n/^X-Hold:/ HOLD\n"
        "/^X-Name:/ REPLACE X-New: y\n",
        origin="checks",
    )
    intake = KeepingIntake()

    async def talk(folder: Path | None) -> list[str]:
        checks = ContentChecks(headers=(table,))
        limits = ServerLimits(memory_octets=1000)
        async with dialogue(intake, checks=checks, folder=folder, limits=limits) as (client, _):
            text = b"\r\n" + b"x" * 70 + b"\r\n"
            return [
                await client.deliver(field + b"\r\n" + text * 20)
                for field in (b"X-Bad: x", b"X-Drop: x", b"X-Hold: x", b"X-Name: x")
            ]

    expected = ["550 5.6.0", "250 2.0.0", "250 2.0.0", "250 2.0.0"]
    assert expected == asyncio.run(talk(None))
    assert [True, False] == [each.is_held for each in intake.messages]
    assert b"\r\nX-New: y\r\n\r\n" in intake.octets[1]


def test_checks_of_files(tmp_path: Path) -> None:
    """A message in a file is changed there, and no file is left."""
    table = parse_table("pcre", "/^X-Bad:/ REJECT\n/^X-Name:/ REPLACE X-New: yes", origin="checks")
    intake = KeepingIntake()

    async def talk() -> list[str]:
        checks = ContentChecks(headers=(table,))
        limits = ServerLimits(memory_octets=1000)
        async with dialogue(intake, checks=checks, folder=tmp_path, limits=limits) as (client, _):
            text = b"\r\n\r\n" + (b"x" * 70 + b"\r\n") * 100
            return [await client.deliver(field + text) for field in (b"X-Bad: x", b"X-Name: x")]

    assert ["550 5.7.1", "250 2.0.0"] == asyncio.run(talk())
    (message,) = intake.messages
    assert message.content.path is not None
    assert intake.octets[0].endswith(b"\r\nX-New: yes\r\n\r\n" + (b"x" * 70 + b"\r\n") * 100)
    assert len(intake.octets[0]) == len(message.content)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("reply", ["452 4.3.1 Full", "550 5.7.1 No"])
def test_refused_by_the_intake(tmp_path: Path, reply: str) -> None:
    """The reply of the intake is the reply, and no file is left behind."""

    async def talk() -> str:
        settings: dict[str, Any] = {"folder": tmp_path, "limits": ServerLimits(memory_octets=100)}
        async with dialogue(KeepingIntake(reply), **settings) as (client, _):
            return await client.deliver(b"x\r\n" * 100)

    assert reply[:9] == asyncio.run(talk())
    assert [] == list(tmp_path.iterdir())


def test_client_goes_away_in_data(tmp_path: Path) -> None:
    """A message whose end has not come is forgotten with its file."""
    intake = KeepingIntake()

    async def talk() -> None:
        settings: dict[str, Any] = {"folder": tmp_path, "limits": ServerLimits(memory_octets=100)}
        async with dialogue(intake, **settings) as (client, server):
            await client.say(MAIL, RCPT, "DATA")
            client.send(b"x\r\n" * 1000)
            await until(lambda: list(tmp_path.iterdir()))
            await client.close()
            await until(lambda: not server.connections)

    asyncio.run(talk())
    assert [] == intake.messages
    assert [] == list(tmp_path.iterdir())


def test_client_goes_away_behind_data(tmp_path: Path) -> None:
    """A message that is being handed over is handed over, whoever waits for the reply."""
    intake = KeepingIntake()

    async def talk() -> None:
        intake.gate = asyncio.Event()
        settings: dict[str, Any] = {"folder": tmp_path, "limits": ServerLimits(memory_octets=100)}
        async with dialogue(intake, **settings) as (client, server):
            await client.say(MAIL, RCPT, "DATA")
            client.send(b"x\r\n" * 1000 + b".\r\n")
            await until(lambda: server.state.tasks)
            client.reset()
            await until(lambda: not server.connections)
            intake.gate.set()

    asyncio.run(talk())
    assert 1 == len(intake.messages)
    assert [] == list(tmp_path.iterdir())


def test_too_large() -> None:
    """SIZE at MAIL is believed; without it the octets are counted."""

    async def talk() -> list[str]:
        async with dialogue(capabilities=Capabilities(size=100, chunking=True)) as (client, _):
            return [
                await client.say("MAIL FROM:<a@b.example> SIZE=101"),
                await client.deliver(b"x\r\n" * 50),
                await client.say(MAIL, RCPT, b"BDAT 101 LAST\r\n" + b"x" * 101),
                await client.deliver(b"x\r\n" * 20),
            ]

    assert ["552 5.3.4", "552 5.3.4", "552 5.3.4", "250 2.0.0"] == asyncio.run(talk())


def test_no_room() -> None:
    """Without room for what SIZE says, or for anything, MAIL is answered 452 4.3.1."""

    async def talk(free: int) -> list[str]:
        settings: dict[str, Any] = {"free_octets": lambda: free, "least_free_octets": 1000}
        async with dialogue(**settings) as (client, _):
            return [
                await client.say("MAIL FROM:<a@b.example> SIZE=500"),
                await client.say("MAIL FROM:<a@b.example>"),
            ]

    assert ["452 4.3.1", "250 2.1.0"] == asyncio.run(talk(1200))
    assert ["452 4.3.1", "452 4.3.1"] == asyncio.run(talk(900))


def test_chunks() -> None:
    """Chunks are put together as they are, dots and all; the last one has the reply."""
    intake = KeepingIntake()

    async def talk() -> list[str]:
        capabilities = Capabilities(chunking=True, binary_mime=True, eight_bit_mime=True)
        async with dialogue(intake, capabilities=capabilities) as (client, _):
            client.send(
                MAIL + RCPT + b"BDAT 6\r\nA: b\r\nBDAT 0\r\nBDAT 7\r\n\r\n.\r\n.\rBDAT 1 LAST\r\n\n"
            )
            first = [codes(await client.read()) for _ in range(6)]
            binary = b"MAIL FROM:<a@b.example> BODY=BINARYMIME\r\n"
            second = await client.say(binary, RCPT, "DATA")
            third = await client.say(b"BDAT 4 LAST\r\n\n\r\n\0")
            return [*first, second, third]

    assert [
        "250 2.1.0", "250 2.1.5", "250 2.0.0", "250 2.0.0", "250 2.0.0", "250 2.0.0",
        "503 5.5.1", "250 2.0.0",
    ] == asyncio.run(talk())  # fmt: skip
    assert intake.octets[0].endswith(b"+0000\r\nA: b\r\n\r\n.\r\n.\r\n")
    assert intake.octets[1].endswith(b"+0000\r\n\n\r\n\0")


def test_chunks_that_nobody_wants() -> None:
    """Octets behind a BDAT that is refused are no commands (RFC 3030 s2)."""
    intake = KeepingIntake()

    async def talk() -> list[str]:
        async with dialogue(intake) as (client, _):
            client.send(b"BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\n")
            first = [codes(await client.read()) for _ in range(2)]
            client.send(
                MAIL + RCPT + b"BDAT 6\r\nQUI\nT\nBDAT 6\r\nQUIT\r\nBDAT 0 LAST\r\nNOOP\r\n"
            )
            return [*first, *[codes(await client.read()) for _ in range(6)]]

    assert [
        "503 5.5.1", "503 5.5.1",
        "250 2.1.0", "250 2.1.5", "550 5.5.2", "503 5.5.1", "503 5.5.1", "250 2.0.0",
    ] == asyncio.run(talk())  # fmt: skip
    assert [] == intake.messages


def test_data_and_chunks() -> None:
    """DATA has no place behind a chunk; RSET makes it free again."""

    async def talk() -> list[str]:
        async with dialogue() as (client, _):
            return [
                await client.say(MAIL, RCPT, b"BDAT 3\r\nx\r\n", "DATA"),
                await client.say("RSET", MAIL, RCPT, "DATA"),
            ]

    assert ["503 5.5.1", "354"] == asyncio.run(talk())


def test_many_at_once(tmp_path: Path) -> None:
    """Large messages of many clients at once are taken, each its own."""
    intake = KeepingIntake()
    count = 30

    async def talk() -> None:
        settings: dict[str, Any] = {
            "folder": tmp_path,
            "limits": ServerLimits(memory_octets=10_000),
        }
        async with dialogue(intake, **settings) as (_, server):

            async def one(number: int) -> str:
                client = await connect(server)
                await client.read()
                await client.say("EHLO x")
                reply = await client.deliver(b"%d\r\n" % number * 20_000)
                await client.close()
                return reply

            replies = await asyncio.gather(*(one(number) for number in range(count)))
            assert ["250 2.0.0"] * count == replies

    asyncio.run(talk())
    bodies = {octets.partition(b"+0000\r\n")[2] for octets in intake.octets}
    assert {b"%d\r\n" % number * 20_000 for number in range(count)} == bodies
    assert [] == list(tmp_path.iterdir())
