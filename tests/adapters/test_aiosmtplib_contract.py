"""What we rely upon in aiosmtplib, and what we do in its place.

Each test is of aiosmtplib alone.  One that fails tells that a release has changed what
`dsnlib.adapters.client.channel` was written for: look there first.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import inspect
import ssl
from typing import TYPE_CHECKING, Any, TypeVar

import aiosmtplib
import pytest
import trustme
from aiosmtplib.errors import SMTPException, SMTPResponseException
from aiosmtplib.protocol import FlowControlMixin, SMTPProtocol
from aiosmtplib.response import SMTPResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

T = TypeVar("T")


def run(test: Coroutine[object, object, T]) -> T:
    """Run what a test awaits."""
    return asyncio.run(test)


async def connected(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    test: Callable[[SMTPProtocol], Awaitable[T]],
    made: type[SMTPProtocol] = SMTPProtocol,
) -> T:
    """Run a test with a protocol that is connected to a server."""

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(session, "127.0.0.1", 0)
    loop = asyncio.get_running_loop()
    port = server.sockets[0].getsockname()[1]
    transport, protocol = await loop.create_connection(made, "127.0.0.1", port)
    try:
        return await test(protocol)
    finally:
        transport.abort()
        server.close()
        # The server's end sees it.
        await asyncio.sleep(0.01)


def test_release() -> None:
    """The first release with its names, and none that may break them."""
    major = int(importlib.metadata.version("aiosmtplib").split(".")[0])

    assert 3 <= major < 6


def test_names() -> None:
    """What `Channel` overrides, calls and reads is there."""
    protocol = SMTPProtocol.__new__(SMTPProtocol)
    for name in (
        "connection_made", "connection_lost", "data_received", "eof_received", "pause_writing",
        "resume_writing", "read_response", "write", "start_tls", "_drain_helper",
    ):  # fmt: skip
        assert callable(getattr(protocol, name)), name
    assert issubclass(SMTPProtocol, FlowControlMixin)
    parameters = inspect.signature(SMTPProtocol.start_tls).parameters
    assert ["self", "tls_context", "server_hostname", "timeout"] == list(parameters)
    assert ["loop"] == list(inspect.signature(SMTPProtocol.__init__).parameters)[1:2]
    assert issubclass(SMTPResponseException, SMTPException)
    assert ("code", "message") == SMTPResponse._fields


async def _quiet(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


def test_what_is_known_of_a_connection() -> None:
    """The transport, and whether writing is paused."""

    async def test(protocol: SMTPProtocol) -> tuple[bool, ...]:
        before = protocol._paused
        protocol.pause_writing()
        paused = protocol._paused
        drained = asyncio.ensure_future(protocol._drain_helper())
        await asyncio.sleep(0)
        waits = not drained.done()
        protocol.resume_writing()
        await drained
        return before, paused, waits, protocol.transport is not None

    assert (False, True, True, True) == run(connected(_quiet, test))


def test_a_lost_connection_has_no_transport() -> None:
    """Who waits for room is told."""

    async def test(protocol: SMTPProtocol) -> object:
        protocol.pause_writing()
        drained = asyncio.ensure_future(protocol._drain_helper())
        await asyncio.sleep(0)
        assert protocol.transport is not None
        protocol.transport.close()
        await asyncio.wait_for(asyncio.gather(drained, return_exceptions=True), 5)
        return protocol.transport

    assert run(connected(_quiet, test)) is None


def test_why_its_reading_is_not_used() -> None:
    """What comes while nothing is awaited is dropped: of a group, all but one reply."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 Hello\r\n250 One\r\n250 Two\r\n")
        await reader.read()

    async def test(protocol: SMTPProtocol) -> tuple[int, bool]:
        first = await protocol.read_response(timeout=5)
        try:
            await protocol.read_response(timeout=0.05)
        except aiosmtplib.SMTPReadTimeoutError:
            return first.code, True
        return first.code, False

    assert (220, True) == run(connected(serve, test))


class _Reading(SMTPProtocol):
    """Reads in a way of its own, as `Channel` does."""

    def __init__(self) -> None:
        super().__init__()
        self.came: asyncio.Queue[bytes] = asyncio.Queue()
        self.asked: list[float | None] = []

    def data_received(self, data: bytes) -> None:
        self.came.put_nowait(data)

    async def read_response(self, timeout: float | None = None) -> SMTPResponse:  # noqa: ASYNC109  aiosmtplib's signature
        self.asked.append(timeout)
        return SMTPResponse(int((await self.came.get())[:3]), "")


@pytest.mark.parametrize("code", [220, 454])
def test_start_tls(code: int) -> None:
    """It asks `read_response` once; after 220 the transport is another one, and encrypted."""
    authority = trustme.CA()
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("mx.example.net").configure_cert(ours)
    theirs = ssl.create_default_context()
    authority.configure_trust(theirs)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert b"STARTTLS\r\n" == await reader.readline()
        writer.write(b"%d Go\r\n" % code)
        if code == 220:
            await writer.start_tls(ours)
            writer.write(b"250 Hello\r\n")
        await reader.read()

    async def test(protocol: Any) -> tuple[object, ...]:  # noqa: ANN401  it is a `_Reading`
        before = protocol.transport
        try:
            await protocol.start_tls(theirs, server_hostname="mx.example.net", timeout=5)
        except SMTPResponseException as error:
            return error.code, protocol.asked, protocol.transport is before
        came = await protocol.came.get()
        connection = protocol.transport.get_extra_info("ssl_object")
        return (
            came,
            protocol.asked,
            protocol.transport is before,
            (connection.version()[:4]),
        )

    found = run(connected(serve, test, _Reading))
    if code == 220:
        assert (b"250 Hello\r\n", [5], False, "TLSv") == found
    else:
        assert (454, [5], True) == found
