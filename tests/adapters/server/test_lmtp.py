"""LMTP on the reference server: LHLO, and a reply for each recipient (RFC 2033)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.adapters.server.listener import Listener, ServerLimits
from dsnlib.adapters.server.server import serving
from dsnlib.adapters.smtp_client import SmtpClient
from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.capabilities import Capabilities
from tests.adapters.server.talk import MAIL, Client, KeepingIntake, codes, dialogue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from dsnlib.adapters.intake import ReceivedMessage

BOB = b"RCPT TO:<bob@example.com>\r\n"
CARL = b"RCPT TO:<carl@example.com>\r\n"
MESSAGE = b"Subject: x\r\n\r\ntext\r\n.\r\n"


class EachIntake(KeepingIntake):
    """Answers each recipient by itself."""

    def __init__(self, **replies: str) -> None:
        super().__init__()
        self.replies = {name: SmtpReply.parse(each) for name, each in replies.items()}

    async def accept_each(self, message: ReceivedMessage) -> tuple[SmtpReply, ...]:
        """Return the reply that is set for the local part of each."""
        self.messages.append(message)
        names = [each.address.partition("@")[0] for each in message.envelope.recipients]
        return tuple([self.replies[name] for name in names])


@contextlib.asynccontextmanager
async def talk(intake: Any = None, **settings: Any) -> AsyncIterator[Client]:  # noqa: ANN401  as `dialogue`
    """Serve LMTP and connect a client to it, behind LHLO."""
    found = dialogue(intake, greeted=False, is_lmtp=True, greeting="LMTP", **settings)
    async with found as (client, _):
        assert (await client.read() or "").startswith("220 mx.example.org LMTP")
        assert await client.say("LHLO client.example") == "250"
        yield client


async def hear(client: Client, count: int) -> list[str]:
    """Return the codes of so many replies."""
    return [codes(await client.read()) for _ in range(count)]


def test_hello() -> None:
    """LHLO is answered as EHLO is, with what must be there; HELO and EHLO are unknown."""

    async def run() -> tuple[str, list[str]]:
        found = dialogue(greeted=False, is_lmtp=True)
        async with found as (client, _):
            await client.read()
            refused = [await client.say(each) for each in ("EHLO x", "HELO x", "MAIL FROM:<>")]
            return await client.full("LHLO client.example"), refused

    hello, refused = asyncio.run(run())
    assert ["500 5.5.2", "500 5.5.2", "503 5.5.1"] == refused
    assert {"PIPELINING", "ENHANCEDSTATUSCODES"} <= {line[4:] for line in hello.split("\n")}


def test_lhlo_is_no_smtp() -> None:
    """A server that speaks SMTP does not know LHLO."""

    async def run() -> str:
        async with dialogue() as (client, _):
            return await client.say("LHLO client.example")

    assert "500 5.5.2" == asyncio.run(run())


def test_each_recipient_has_its_reply() -> None:
    """RFC 2033 s4.2: one reply for each RCPT that was accepted, in their order."""
    intake = EachIntake(bob="250 2.0.0 Kept", carl="452 4.2.2 Full")

    async def run() -> list[str]:
        async with talk(intake) as client:
            await client.say(MAIL, BOB, "RCPT TO:<>", CARL, BOB, "DATA")
            client.send(MESSAGE)
            return [*await hear(client, 3), await client.say("NOOP")]

    assert ["250 2.0.0", "452 4.2.2", "250 2.0.0", "250 2.0.0"] == asyncio.run(run())


def test_one_reply_is_for_all() -> None:
    """An intake that has one reply gives it to each recipient."""

    async def run() -> list[str]:
        async with talk(KeepingIntake()) as client:
            await client.say(MAIL, BOB, CARL, "DATA")
            client.send(MESSAGE)
            return await hear(client, 2)

    assert ["250 2.0.0", "250 2.0.0"] == asyncio.run(run())


def test_refused_message() -> None:
    """What is refused of the message is refused to each recipient."""

    async def run() -> list[str]:
        capabilities = Capabilities(pipelining=True, enhanced_status_codes=True, size=100)
        async with talk(capabilities=capabilities) as client:
            await client.say(MAIL, BOB, CARL, "DATA")
            client.send(b"x" * 200 + b"\r\n.\r\n")
            return [*await hear(client, 2), await client.say("NOOP")]

    assert ["552 5.3.4", "552 5.3.4", "250 2.0.0"] == asyncio.run(run())


def test_data_without_recipients() -> None:
    """RFC 2033 s4.2: DATA without a recipient that was accepted is answered 503."""

    async def run() -> str:
        async with talk() as client:
            return await client.say(MAIL, "RCPT TO:<>", "DATA")

    assert "503 5.5.1" == asyncio.run(run())


def test_chunks() -> None:
    """RFC 2033 s4.3: the last chunk is answered for each recipient, the others once."""

    async def run() -> list[str]:
        async with talk(EachIntake(bob="250 2.0.0 Kept", carl="550 5.1.1 Gone")) as client:
            await client.say(MAIL, BOB, CARL)
            client.send(b"BDAT 12\r\nSubject: x\r\nBDAT 3 LAST\r\n\r\nx")
            return await hear(client, 3)

    assert ["250 2.0.0", "250 2.0.0", "550 5.1.1"] == asyncio.run(run())


def test_pipelined_end() -> None:
    """Replies to the recipients stand before those of commands that came with the message."""

    async def run() -> list[str]:
        async with talk() as client:
            await client.say(MAIL, BOB, CARL, "DATA")
            client.send(MESSAGE + b"RSET\r\nQUIT\r\n")
            return await hear(client, 4)

    assert ["250 2.0.0", "250 2.0.0", "250 2.0.0", "221 2.0.0"] == asyncio.run(run())


def test_errors_count_once() -> None:
    """Refusals of one message are one error, however many recipients it has."""
    intake = EachIntake(bob="451 4.3.0 Later")
    limits = ServerLimits(hard_errors=3, tarpit_seconds=0)

    async def run() -> list[str]:
        async with talk(intake, limits=limits) as client:
            await client.say(MAIL, *[BOB] * 5, "DATA")
            client.send(MESSAGE)
            return [*await hear(client, 5), await client.say("NOOP")]

    assert [*["451 4.3.0"] * 5, "250 2.0.0"] == asyncio.run(run())


def test_refusals_wait_once() -> None:
    """Who has made errors waits once for the replies to a message, and has all of them."""
    intake = EachIntake(bob="451 4.3.0 Later")
    limits = ServerLimits(soft_errors=1, hard_errors=3, tarpit_seconds=0.2)

    async def run() -> tuple[list[str], float]:
        async with talk(intake, limits=limits) as client:
            await client.say("FOO", "FOO", MAIL, *[BOB] * 20, "DATA")
            begin = asyncio.get_running_loop().time()
            client.send(MESSAGE)
            return await hear(client, 21), asyncio.get_running_loop().time() - begin

    replies, seconds = asyncio.run(run())
    assert [*["451 4.3.0"] * 20, "421 4.7.0"] == replies
    assert 0.2 <= seconds < 2


def test_trace_field() -> None:
    """RFC 3848: the trace field says LMTP."""
    intake = KeepingIntake()

    async def run() -> None:
        async with talk(intake) as client:
            await client.say(MAIL, BOB, "DATA", MESSAGE)

    asyncio.run(run())
    assert b" with LMTP id " in intake.octets[0].replace(b"\r\n", b"")


def test_intake_that_fails() -> None:
    """An intake that raises, or that refuses all, has every recipient told to come again."""

    class Failing(KeepingIntake):
        async def accept_each(self, message: ReceivedMessage) -> tuple[SmtpReply, ...]:
            raise RuntimeError(message.queue_id)

    async def run() -> list[str]:
        async with talk(Failing()) as client:
            await client.say(MAIL, BOB, CARL, "DATA")
            client.send(MESSAGE)
            return await hear(client, 2)

    assert ["451 4.3.0", "451 4.3.0"] == asyncio.run(run())


def test_needs_extensions() -> None:
    """RFC 2033 s5: there is no LMTP without PIPELINING and ENHANCEDSTATUSCODES."""
    with pytest.raises(InvalidValue, match="PIPELINING"):
        Listener(hostname="x", intake=KeepingIntake(), is_lmtp=True, capabilities=Capabilities())


def test_our_client() -> None:
    """Our client hears what became of each recipient."""
    intake = EachIntake(bob="250 2.0.0 Kept", carl="550 5.1.1 Gone")
    envelope = Envelope(
        sender="", recipients=(Recipient("bob@example.com"), Recipient("carl@example.com"))
    )

    async def run() -> list[str]:
        listener = Listener(hostname="mx.example.org", intake=intake, is_lmtp=True)
        async with serving(listener) as server:
            async with SmtpClient.to(f"[127.0.0.1]:{server.port}", is_lmtp=True) as client:
                results = await client.send(envelope, b"Subject: x\r\n\r\ntext\r\n")
            return [str(each.answer)[:9] for each in results]

    assert ["250 2.0.0", "550 5.1.1"] == asyncio.run(run())
