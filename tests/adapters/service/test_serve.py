"""A server in this process: it starts, it stops, and what cannot go on ends it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.adapters.config.read import read_settings
from dsnlib.adapters.delivery import Deliverer
from dsnlib.adapters.queue import QueueUnavailable
from dsnlib.adapters.service.build import build
from dsnlib.adapters.service.notify import ServiceManager
from dsnlib.adapters.service.serve import Service
from dsnlib.adapters.service.sockets import bind_all

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from dsnlib.adapters.config.settings import Settings

MEMORY = "queue_type = 'memory'\n[[listen]]\nport = 0\nprofile = 'sink'\n"


def service_of(settings: Settings, ready_file: Path | None = None) -> Service:
    """Return a service of settings; its sockets are its own."""
    places = [("listen", each.address, each.port) for each in settings.listeners]
    return Service(
        build(settings), bind_all(places), manager=ServiceManager({}), ready_file=ready_file
    )


def run(service: Service, then: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a service, do something, and stop it."""

    async def all_of_it() -> None:
        running = asyncio.ensure_future(service.run())
        try:
            await then()
        finally:
            service.stop()
        await running

    asyncio.run(all_of_it())


def wait_ready(path: Path) -> dict[str, Any]:
    """Return what stands in the ready file, once it is there."""
    end = time.monotonic() + 10
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.005)
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def test_start_and_stop(tmp_path: Path) -> None:
    """It greets as long as it runs."""
    path = tmp_path / "ready"
    greeting = b""

    async def greet() -> None:
        nonlocal greeting
        port = (await asyncio.to_thread(wait_ready, path))["listeners"][0]["port"]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        greeting = await reader.readline()
        writer.close()
        await writer.wait_closed()

    run(service_of(read_settings(MEMORY, hostname="mx.example.org"), path), greet)

    assert b"220 mx.example.org ESMTP\r\n" == greeting


def test_stop_before_run() -> None:
    """To stop what has not begun does nothing."""
    service = service_of(read_settings(MEMORY))
    service.stop()

    async def nothing() -> None:
        await asyncio.sleep(0.05)

    run(service, nothing)


def test_part_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue runner that fails ends the server, with what it failed for."""

    async def fail(*_: object, **__: object) -> None:
        await asyncio.sleep(0)
        message = "no more"
        raise RuntimeError(message)

    monkeypatch.setattr(Deliverer, "run", fail)
    service = service_of(read_settings(MEMORY))

    with pytest.raises(RuntimeError, match="no more"):
        asyncio.run(service.run())


def test_queue_cannot_be_opened(tmp_path: Path) -> None:
    """A queue that cannot be opened keeps it from listening."""
    (tmp_path / "file").write_text("x", "utf-8")
    settings = read_settings(
        f"queue_directory = '{tmp_path}/file'\n[[listen]]\nport = 0\nprofile = 'sink'\n"
    )
    places = [("listen", "127.0.0.1", 0)]
    (sock,) = bind_all(places)

    with sock, pytest.raises(QueueUnavailable):
        asyncio.run(Service(build(settings), [sock], manager=ServiceManager({})).run())
