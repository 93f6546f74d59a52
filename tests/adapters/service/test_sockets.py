"""Ports are had all at once, or none; a manager may have them already."""

from __future__ import annotations

import os
import socket

import pytest

from dsnlib.adapters.service import sockets as module
from dsnlib.adapters.service.sockets import PortTaken, bind_all, handed_over, place_of

ANY = ("x:1: listen", "127.0.0.1", 0)


def test_bind() -> None:
    """Each place has a socket that listens."""
    found = bind_all([ANY, ANY])

    assert 2 == len(found)
    for sock in found:
        assert place_of(sock).startswith("127.0.0.1:")
        socket.create_connection(sock.getsockname()).close()
        sock.close()


def test_taken() -> None:
    """A port that is taken is told with its setting, and nothing is kept open."""
    (taken,) = bind_all([ANY])
    port = taken.getsockname()[1]

    with taken, pytest.raises(PortTaken) as caught:
        bind_all([ANY, ("dsnlib.toml:7: listen", "127.0.0.1", port)])
    expected = f"dsnlib.toml:7: listen: port {port} of 127.0.0.1 cannot be had: "
    assert f"{expected}another program has it" == str(caught.value)


def test_foreign_address() -> None:
    """An address that the host does not have is told as that."""
    with pytest.raises(PortTaken, match="this host does not have the address"):
        bind_all([("x", "192.0.2.1", 0)])


def test_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket that was handed over is used for its place, and others are closed."""
    given, other = bind_all([ANY, ANY])
    place = ("x", *given.getsockname())
    (found,) = bind_all([place], [other, given])

    assert found is given
    assert -1 == other.fileno()

    monkeypatch.setattr(module, "_FIRST", os.dup(found.fileno()))
    environment = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
    (again,) = handed_over(environment)
    assert found.getsockname() == again.getsockname()
    again.close()
    found.close()


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"LISTEN_FDS": "1"},
        {"LISTEN_FDS": "1", "LISTEN_PID": "1"},
        {"LISTEN_FDS": "x", "LISTEN_PID": str(os.getpid())},
    ],
)
def test_nothing_handed_over(environment: dict[str, str]) -> None:
    """What was meant for another process is none of ours."""
    assert () == handed_over(environment)


def test_place() -> None:
    """An IPv6 address stands in brackets."""
    if not socket.has_ipv6:
        pytest.skip("this host has no IPv6")  # nothing can be shown then
    try:
        (sock,) = bind_all([("x", "::1", 0)])
    except PortTaken:
        pytest.skip("this host has no IPv6 loopback")  # as containers may
    with sock:
        assert place_of(sock).startswith("[::1]:")
