"""A connection to Dovecot that is gone takes no more questions."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.login.dovecot_connection import Connection, ConnectionLost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say who we are, and nothing else until the client has gone."""
    writer.write(b"VERSION\t1\t2\nDONE\n")
    try:
        await reader.read()
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def connected(path: Path) -> AsyncIterator[Connection]:
    """Open a connection, and close it however often it was closed."""
    server = await asyncio.start_unix_server(greet, path)
    connection = await Connection.open(str(path))
    try:
        yield connection
    finally:
        await connection.close()
        server.close()
        await server.wait_closed()


def test_a_closed_connection_begins_nothing(tmp_path: Path) -> None:
    """Whoever asks on it is told at once, and so is whoever waits; closing twice is fine."""

    async def body() -> None:
        async with connected(tmp_path / "auth") as connection:
            number = connection.begin()
            waiting = asyncio.create_task(connection.ask(number, b"AUTH\n"))
            await asyncio.sleep(0)
            await connection.close()
            with pytest.raises(ConnectionLost, match="closed"):
                await waiting
            with pytest.raises(ConnectionLost, match="closed"):
                connection.begin()
            with pytest.raises(ConnectionLost, match="closed"):
                await connection.ask(number, b"AUTH\n")
            connection.end(number)

    asyncio.run(body())


def test_closing_at_once(tmp_path: Path) -> None:
    """Before anything was read from it."""

    async def body() -> None:
        async with connected(tmp_path / "auth") as connection:
            await connection.close()
            assert not connection.is_open

    asyncio.run(body())


def test_a_server_that_is_gone_before_the_command(tmp_path: Path) -> None:
    """What cannot be written is no answer either."""

    async def body() -> None:
        async with connected(tmp_path / "auth") as connection:
            number = connection.begin()
            # As the transport does when the server has reset the connection.
            connection._reader.set_exception(ConnectionResetError("reset"))
            with pytest.raises(ConnectionLost):
                await connection.ask(number, b"AUTH\n")

    asyncio.run(body())
