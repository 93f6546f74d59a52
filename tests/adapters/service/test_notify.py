"""Signs of life for whoever started the process."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.service.notify import ServiceManager

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("is_abstract", [True, False])
def test_tell(tmp_path: Path, *, is_abstract: bool) -> None:
    """States go to the socket, on a line each; one with `@` is in no file system."""
    name = f"@dsnlib-test-{os.getpid()}" if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0{name[1:]}" if is_abstract else name)
        ServiceManager({"NOTIFY_SOCKET": name}).tell("READY=1", "STATUS=x")

        assert b"READY=1\nSTATUS=x" == sock.recv(100)


def test_nobody(tmp_path: Path) -> None:
    """Without a socket nothing is said, and one that is gone is no error."""
    ServiceManager({}).tell("READY=1")
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "none")}).tell("READY=1")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, 0.0),
        ({"WATCHDOG_USEC": "10000000"}, 0.0),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "10000000"}, 5.0),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, 0.0),
        ({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "x"}, 0.0),
    ],
)
def test_watchdog(environment: dict[str, str], expected: float) -> None:
    """A sign comes twice as often as it has to."""
    assert expected == ServiceManager(environment).watch_seconds
