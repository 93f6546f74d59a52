"""Replies of a server as a command that starts anew for each letter reads them (RFC 5321 s4.2).

Rules.
- A reply is bounded: in the length of its lines, and in their number.
- What is no reply ends the session: nobody knows any more what answers what.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import socket

__all__ = ["Connection", "Lost", "Reply"]

# RFC 5321 s4.5.3.1.5: 512 octets; TOLERANT: some explain themselves at length.
_LINE_OCTETS = 4096
_MOST_LINES = 200
_RECEIVE_OCTETS = 65_536
# Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
#                                                                  RFC 5321 s4.2
_LINE = re.compile(r"([2-5][0-9][0-9])(?:([ -])(.*))?")
# status-code                                                      RFC 2034 s4
_STATUS = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |$)")


class Lost(Exception):
    """There is no session any more, or none has come about."""


class Reply(NamedTuple):
    """A reply.

    Args:
        code: 200 to 599.
        lines: Its lines, without the code.
    """

    code: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((str(self.code), *self.lines))

    @property
    def kind(self) -> int:
        """The first digit."""
        return self.code // 100

    @property
    def status(self) -> str:
        """The enhanced status code, or `""`."""
        found = _STATUS.match(self.lines[0])
        return "" if found is None or not found[1].startswith(str(self.kind)) else found[1]


class Connection:
    """A connection that blocks.

    Args:
        sock: It; closed by `close`.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""

    def send(self, octets: bytes) -> None:
        """Send octets.

        Raises:
            Lost: They cannot be sent.
        """
        try:
            self._sock.sendall(octets)
        except OSError as error:
            raise Lost(f"the connection was lost: {error.strerror or error}") from error

    def receive(self, seconds: float) -> Reply:
        """Return the next reply.

        Args:
            seconds: How long to wait for each piece of it.

        Raises:
            Lost: None came, or what came is none.
        """
        self._sock.settimeout(seconds)
        code = ""
        lines: list[str] = []
        while len(lines) < _MOST_LINES:
            line = self._line().decode("utf-8", "replace")
            found = _LINE.fullmatch(line)
            if found is None or code not in ("", found[1]):
                raise Lost(f"the server sent what is no reply: {line[:80]!r}")
            code = found[1]
            lines.append(found[3] or "")
            if found[2] != "-":
                return Reply(int(code), tuple(lines))
        raise Lost("the server sent a reply that does not end")

    def _line(self) -> bytes:
        while True:
            line, end, rest = self._buffer.partition(b"\n")
            if end:
                self._buffer = rest
                return line.removesuffix(b"\r")
            if len(self._buffer) > _LINE_OCTETS:
                raise Lost("the server sent a line that does not end")
            try:
                octets = self._sock.recv(_RECEIVE_OCTETS)
            except TimeoutError:
                raise Lost("the server did not answer in time") from None
            except OSError as error:
                raise Lost(f"the connection was lost: {error.strerror or error}") from error
            if not octets:
                raise Lost("the server closed the connection")
            self._buffer += octets

    def close(self) -> None:
        """Close it."""
        self._sock.close()
