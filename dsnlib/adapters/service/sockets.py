"""The sockets that clients come in by: all of them bound before anything else is done.

Rules.
- One that cannot be bound is told with its setting, and then none is kept.
- systemd may hand sockets over (`LISTEN_FDS`): those with the address of a listener are
  used in its place, so a server without rights can have port 25.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from typing import TYPE_CHECKING

from dsnlib.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["PortTaken", "bind_all", "handed_over", "place_of"]

# The first descriptor that is handed over                        sd_listen_fds(3)
_FIRST = 3
_MOST_WAITING = 512
_WHY = {
    errno.EADDRINUSE: "another program has it",
    errno.EACCES: "it needs root, or the capability CAP_NET_BIND_SERVICE",
    errno.EADDRNOTAVAIL: "this host does not have the address",
}


class PortTaken(ConfigurationError):
    """An address and port that cannot be listened on."""


def place_of(sock: socket.socket) -> str:
    """Return the address and port of a socket as people write them."""
    name = sock.getsockname()
    if not isinstance(name, tuple):
        return str(name)
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def bind_all(
    places: Sequence[tuple[str, str, int]], handed: Sequence[socket.socket] = ()
) -> tuple[socket.socket, ...]:
    """Return a listening socket for each place.

    Args:
        places: The name of the setting with its line, the IP address and the port.
        handed: Sockets that listen already; those that fit are used, and the others
            closed.

    Raises:
        PortTaken: One cannot be bound; none is left open.
    """
    left = list(handed)
    found: list[socket.socket] = []
    with contextlib.ExitStack() as stack:
        for name, address, port in places:
            sock = _taken_from(left, address, port) or _bind(name, address, port)
            found.append(stack.enter_context(sock))
        stack.pop_all()
    for sock in left:
        sock.close()
    return tuple(found)


def handed_over(environment: Mapping[str, str] | None = None) -> tuple[socket.socket, ...]:
    """Return the sockets that whoever started the process has opened for it."""
    given = os.environ if environment is None else environment
    count = given.get("LISTEN_FDS", "")
    if given.get("LISTEN_PID") != str(os.getpid()) or not count.isdecimal():
        return ()
    return tuple([socket.socket(fileno=number) for number in range(_FIRST, _FIRST + int(count))])


def _taken_from(handed: list[socket.socket], address: str, port: int) -> socket.socket | None:
    for sock in handed:
        name = sock.getsockname()
        if isinstance(name, tuple) and name[:2] == (address, port):
            handed.remove(sock)
            sock.settimeout(0)
            return sock
    return None


def _bind(name: str, address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address, port))
        sock.listen(_MOST_WAITING)
        sock.settimeout(0)
    except OSError as error:
        sock.close()
        why = _WHY.get(error.errno or 0, error.strerror or str(error))
        raise PortTaken(f"port {port} of {address} cannot be had: {why}", origin=name) from error
    return sock
