"""A connection: octets come in through a buffer of its own."""

from __future__ import annotations

import asyncio
import socket

from dsnlib.adapters.client.channel import Channel
from dsnlib.adapters.client.dialogue import Answer, Dialogue, Hear
from dsnlib.adapters.client.place import ServerPlace
from dsnlib.model.reply import SmtpReply


def one_reply() -> Dialogue[Answer | None]:
    """Hear one reply."""
    return (yield Hear(9.0, "EHLO"))


def test_a_reply_longer_than_the_buffer() -> None:
    """What does not fit into the buffer comes with the next look at the socket."""
    lines = [f"{number:03}" + "x" * 500 for number in range(60)]
    octets = "".join(f"250-{line}\r\n" for line in lines[:-1]) + f"250 {lines[-1]}\r\n"

    async def run() -> Answer | None:
        place = ServerPlace(host="mx.example", address="192.0.2.1", port=25)
        channel = Channel(place, transfer_seconds=9.0)
        ours, theirs = socket.socketpair()
        theirs.settimeout(0)
        with theirs:
            await asyncio.get_running_loop().create_connection(lambda: channel, sock=ours)
            assert len(octets) > len(channel.get_buffer(-1))
            await asyncio.get_running_loop().sock_sendall(theirs, octets.encode())
            answer = await channel.run(one_reply())
            channel.close()
            await channel.closed
        return answer

    answer = asyncio.run(run())
    assert isinstance(answer, SmtpReply)
    # Of a long reply so much is kept as a queue may have for each recipient.
    assert lines[:15] == list(answer.lines[:15])
