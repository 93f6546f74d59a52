"""Dialogues over a connection: what follows from a reply, and when."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.adapters.client.channel import Channel
from dsnlib.adapters.client.dialogue import Answer, Dialogue, Hear, Lost, Say
from dsnlib.adapters.client.place import ServerPlace

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = ServerPlace(host="mx.example", address="192.0.2.1", port=25)


class Sent(asyncio.Transport):
    """A transport that keeps what it is given, write by write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.is_aborted = False

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Keep them."""
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        """Tell whether it was aborted."""
        return self.is_aborted

    def abort(self) -> None:
        """Take note of it."""
        self.is_aborted = True


def envelope_and_message() -> Dialogue[list[Answer | None]]:
    """Say two commands at once, hear both replies, say a message, hear its reply."""
    yield Say(b"MAIL\r\n")
    yield Say(b"DATA\r\n")
    heard = [(yield Hear(9.0, "MAIL")), (yield Hear(9.0, "DATA"))]
    yield Say(b"message\r\n.\r\n")
    heard.append((yield Hear(9.0, "end of data")))
    return heard


def connected(observe: Callable[[str, str], None] | None = None) -> tuple[Channel, Sent]:
    """Return a channel with a transport."""
    channel, transport = Channel(PLACE, transfer_seconds=9.0, observe=observe), Sent()
    channel.connection_made(transport)
    return channel, transport


def test_what_follows_is_said_at_once() -> None:
    """What is said before a reply goes out in one write, what follows from it with its octets."""

    async def run() -> None:
        channel, transport = connected()
        task = asyncio.create_task(channel.run(envelope_and_message()))
        await asyncio.sleep(0)
        assert [b"MAIL\r\nDATA\r\n"] == transport.writes

        channel.data_received(b"250 ok\r\n354 go")
        assert [b"MAIL\r\nDATA\r\n"] == transport.writes
        channel.data_received(b" on\r\n")
        assert [b"MAIL\r\nDATA\r\n", b"message\r\n.\r\n"] == transport.writes
        assert not task.done()

        channel.data_received(b"250 taken\r\n")
        assert ["250 ok", "354 go on", "250 taken"] == [str(each) for each in await task]
        channel.close()

    asyncio.run(run())


def test_lost_in_the_middle() -> None:
    """A loss after some replies is thrown into the dialogue where it waits for the next."""

    async def run() -> None:
        channel, _ = connected()
        task = asyncio.create_task(channel.run(envelope_and_message()))
        await asyncio.sleep(0)
        channel.data_received(b"250 ok\r\n354 go on\r\n")
        channel.connection_lost(None)
        with pytest.raises(Lost, match="the server closed"):
            await task

    asyncio.run(run())


def test_who_watches_raises() -> None:
    """What a watcher raises at a reply is raised to whoever holds the dialogue."""

    def observe(side: str, line: str) -> None:
        if line == "354 go on":
            raise LookupError(side)

    async def run() -> None:
        channel, _ = connected(observe)
        task = asyncio.create_task(channel.run(envelope_and_message()))
        await asyncio.sleep(0)
        channel.data_received(b"250 ok\r\n354 go on\r\n")
        with pytest.raises(LookupError, match="S"):
            await task
        channel.close()

    asyncio.run(run())


def test_taken_back() -> None:
    """After a dialogue was cancelled nothing follows from the replies that come."""

    async def run() -> None:
        channel, transport = connected()
        task = asyncio.create_task(channel.run(envelope_and_message()))
        await asyncio.sleep(0)
        task.cancel()
        channel.data_received(b"250 ok\r\n")
        with pytest.raises(asyncio.CancelledError):
            await task
        channel.data_received(b"354 go on\r\n")
        assert [b"MAIL\r\nDATA\r\n"] == transport.writes
        channel.close()

    asyncio.run(run())
