"""A mail filter that refuses every client, asked by our side of the milter protocol."""

import asyncio
import struct

from dsnlib.adapters.milter import Milter, MilterChain
from dsnlib.replies.session import Client

ENDED = asyncio.Event()


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Be the filter: agree on version 6 without changes, refuse who connects."""
    answers = {b"O": b"O" + struct.pack("!LLL", 6, 0, 0), b"C": b"r"}
    while length := await reader.read(4):
        packet = await reader.readexactly(*struct.unpack("!L", length))
        if answer := answers.get(packet[:1]):
            writer.write(struct.pack("!L", len(answer)) + answer)
            await writer.drain()
    writer.close()
    ENDED.set()


async def main() -> None:
    """Ask it, print the answer."""
    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        chain = MilterChain([Milter(where=f"inet:{host}:{port}")])
        verdict = await chain.connect(
            Client(address="192.0.2.1", hostname="client.example.net"), port=4321
        )
        await chain.quit()
        await ENDED.wait()
    print(f"the filter says: {verdict.reply}")


if __name__ == "__main__":
    asyncio.run(main())
