"""Where a service is: a host and a port, or the path of a socket.

inet:127.0.0.1:8891    inet:[::1]:8891    inet:filter.example:8891
unix:/run/opendkim/opendkim.sock
"""

from __future__ import annotations

import re
from typing import TypeAlias

from dsnlib.errors import InvalidValue

__all__ = ["SocketAddress", "parse_socket_address"]

SocketAddress: TypeAlias = str | tuple[str, int]
"""The path of a socket, or a host and a port."""

_INET = re.compile(r"inet:(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\[\]]+)):([0-9]{1,5})")
_UNIX = re.compile(r"unix:([^\x00-\x1f\x7f]+)")
_LARGEST_PORT = 65_535


def parse_socket_address(text: str) -> SocketAddress:
    """Return where a service is.

    >>> parse_socket_address("unix:/run/filter.sock"), parse_socket_address("inet:[::1]:12345")
    ('/run/filter.sock', ('::1', 12345))

    Args:
        text: `inet:host:port`, with an IPv6 address in brackets, or `unix:path`.

    Raises:
        InvalidValue: It is neither.
    """
    found = _UNIX.fullmatch(text)
    if found is not None:
        return found[1]
    found = _INET.fullmatch(text)
    if found is None or not 0 < int(found[3]) <= _LARGEST_PORT:
        message = f"address: {text[:80]!r} is neither inet:host:port nor unix:path"
        raise InvalidValue(message, value=text)
    return found[1] or found[2], int(found[3])
