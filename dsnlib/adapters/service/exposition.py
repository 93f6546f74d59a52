"""The page that Prometheus reads: `GET /metrics` on a port of its own.

Rules.
- One request a connection, of bounded size and time; all but one path is 404.
- It is meant for the inside: there is no password and no TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from dsnlib.adapters.service.metrics import PrometheusMeter

__all__ = ["MetricsPage"]

_LARGEST_REQUEST = 8192
_SECONDS = 5.0
_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class MetricsPage:
    """Serves the numbers of a meter.

    Args:
        meter: Where they are from.
        sock: A socket that listens.
    """

    def __init__(self, meter: PrometheusMeter, sock: socket.socket) -> None:
        self._meter = meter
        self._socket = sock
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to answer."""
        self._server = await asyncio.start_server(
            self._answer, sock=self._socket, limit=_LARGEST_REQUEST
        )

    async def stop(self) -> None:
        """Answer no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A client that breaks off, is too slow or says too much gets no answer.
        ends = (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
        try:
            # What a client does wrong ends its connection and concerns nobody else.
            with contextlib.suppress(*ends):
                async with asyncio.timeout(_SECONDS):
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(self._page(head))
                    await writer.drain()
        finally:
            writer.close()

    def _page(self, head: bytes) -> bytes:
        verb, _, rest = head.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if verb not in (b"GET", b"HEAD"):
            return _response("405 Method Not Allowed", b"")
        if path != b"/metrics":
            return _response("404 Not Found", b"")
        page = self._meter.exposition()
        return _response("200 OK", page, is_head=verb == b"HEAD")


def _response(status: str, page: bytes, *, is_head: bool = False) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {_TYPE}\r\nContent-Length: {len(page)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + (b"" if is_head else page)
