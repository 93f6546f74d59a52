"""Where LMTP is listened for: `HOST:PORT`, `[IPv6]:PORT` or `unix:PATH`.

Rules.
- Never port 25 (RFC 2033 s5).
- The socket file of a process that is gone is replaced; one that somebody listens on is not.
- Who may connect to a socket file is said by the umask.
"""

from __future__ import annotations

import os
import re
import socket
import stat

from dsnlib.errors import InvalidValue

__all__ = ["bind_place"]

_PLACE = re.compile(
    r"unix:(?P<path>[^\x00]+)|(?:\[(?P<literal>[0-9A-Fa-f:.]+)\]|(?P<host>[^]\[:\s]+))"
    r":(?P<port>[0-9]{1,5})"
)
_LARGEST_PORT = 65_535
_SMTP_PORT = 25


def bind_place(text: str) -> socket.socket:
    """Return a socket that is bound to a place.

    Args:
        text: The place; port 0 is any that is free.

    Raises:
        InvalidValue: It is no place for LMTP.
        OSError: It cannot be had; the error names it.
    """
    found = _PLACE.fullmatch(text)
    port = 0 if found is None or found["port"] is None else int(found["port"])
    if found is None or port > _LARGEST_PORT:
        message = f"{text!r} is neither HOST:PORT nor unix:PATH"
        raise InvalidValue(message, value=text)
    if port == _SMTP_PORT:
        message = "port 25 is for SMTP (RFC 2033 s5)"
        raise InvalidValue(message, value=text)
    family = socket.AF_UNIX
    address: str | tuple[str, int] = found["path"]
    if found["path"] is None:
        family = socket.AF_INET6 if found["literal"] else socket.AF_INET
        address = found["literal"] or found["host"], port
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if isinstance(address, str):
            _remove_dead(address)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.settimeout(0)
    except OSError as error:
        sock.close()
        # What Python adds to it repeats the address.
        is_plain = error.errno is not None and error.errno > 0
        reason = os.strerror(error.errno) if is_plain and error.errno else str(error)
        raise OSError(error.errno, f"cannot be listened on: {reason}", text) from error
    return sock


def _remove_dead(path: str) -> None:
    """Remove the socket of a process that is gone."""
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            return
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)  # noqa: PTH108  pathlib is slow to load
