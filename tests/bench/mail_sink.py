"""Servers that take all mail, as fast as Python can: `python -m tests.bench.mail_sink PORT...`.

It is what senders are measured against, so it does as little as it may: each packet is
looked at once, and answered in one.  It believes what it is told, and keeps nothing.
Messages that come in many packets are not what it is for.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from typing import TYPE_CHECKING, cast

from tests.bench.servers import listening_socket

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MailSink"]

_KEYWORDS = ("PIPELINING", "SIZE 10240000", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN")
_FINE = b"250 2.0.0 ok\r\n"
_REPLIES = {b"DATA": b"354 go on\r\n", b"QUIT": b"221 2.0.0 bye\r\n"}
_END = b"\r\n.\r\n"


class MailSink(asyncio.Protocol):
    """A session.

    Args:
        keywords: What is announced.
    """

    def __init__(self, keywords: tuple[str, ...] = _KEYWORDS) -> None:
        lines = ["250-sink.example", *(f"250-{each}" for each in keywords[:-1])]
        self._hello = "\r\n".join([*lines, f"250 {keywords[-1]}", ""]).encode()
        self._buffer = b""
        self._is_data = False
        # Octets of a chunk that are still to come.
        self._left = 0

    @classmethod
    def with_chunking(cls) -> MailSink:
        """Return a session where CHUNKING is announced too."""
        return cls(("CHUNKING", *_KEYWORDS))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer what is whole of it."""
        buffer = self._buffer + data if self._buffer else data
        replies: list[bytes] = []
        while buffer:
            if self._left:
                part = min(self._left, len(buffer))
                buffer = buffer[part:]
                self._left -= part
                if not self._left:
                    replies.append(_FINE)
            elif self._is_data:
                end = buffer.find(_END)
                if end < 0:
                    break
                buffer = buffer[end + len(_END) :]
                self._is_data = False
                replies.append(_FINE)
            else:
                line, ending, rest = buffer.partition(b"\r\n")
                if not ending:
                    break
                # The end of the line may be that of the line before the dot.
                buffer = rest
                verb = line[:4].upper()
                if verb == b"BDAT":
                    self._left = int(line.split()[1])
                    if self._left:
                        continue
                self._is_data = verb == b"DATA"
                is_hello = verb in (b"EHLO", b"LHLO")
                replies.append(self._hello if is_hello else _REPLIES.get(verb, _FINE))
        self._buffer = buffer
        if replies:
            self._transport.write(b"".join(replies))

    def eof_received(self) -> None:
        """Go when the client goes."""


async def _serve(ports: Sequence[int], chunking: int) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    servers = [
        await loop.create_server(
            MailSink.with_chunking if index < chunking else MailSink, sock=listening_socket(port)
        )
        for index, port in enumerate(ports)
    ]
    await over.wait()
    for server in servers:
        server.close()


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description="Take all mail, and keep none.")
    parser.add_argument("ports", type=int, nargs="+")
    parser.add_argument(
        "--chunking", type=int, default=0, metavar="COUNT", help="the first so many announce it"
    )
    chosen = parser.parse_args()
    asyncio.run(_serve(chosen.ports, chosen.chunking))


if __name__ == "__main__":
    main()
