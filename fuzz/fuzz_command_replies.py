"""Fuzz the replies that the sendmail command reads of a server.

An input is what the server sends, in one piece, in two, and in small ones; then it closes.

Invariant.
- Whatever comes, there are replies and then `Lost`; how it was cut into pieces changes
  neither, but where a line without an end is found wanting.
- A reply has a code from 200 to 599, and a bounded number of lines, none of which has a
  line end; its enhanced code is of the class of its code.
- What is read of a line is what the library's own reader of replies reads.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, cast

from dsnlib import SmtpReply
from dsnlib.adapters.submission.replies import Connection, Lost
from fuzz.alphabet import REPLY, expand

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from dsnlib.adapters.submission.replies import Reply

__all__ = ["READS", "check"]

READS = ("dsnlib.adapters.submission.replies",)

_MOST_LINES = 200
_LONGEST_LINE = 4096
_PIECES = 40


class _Socket:
    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = deque(pieces)

    def settimeout(self, seconds: float) -> None:
        pass

    def recv(self, size: int) -> bytes:
        piece = self._pieces.popleft() if self._pieces else b""
        assert len(piece) <= size
        return piece

    def sendall(self, octets: bytes) -> None:
        pass

    def close(self) -> None:
        pass


def check(data: bytes) -> None:
    """Read one input in every way and assert the invariant."""
    octets = expand(data, REPLY)
    whole = _read([octets] if octets else [])
    for size in {len(octets) // 2 or 1, len(octets) // _PIECES or 1}:
        pieces = [octets[place : place + size] for place in range(0, len(octets), size)]
        again = _read(pieces)
        assert whole[: len(again)] == again
        # Nothing but a line that is too long ends it before.
        assert len(again) == len(whole) or max(map(len, octets.split(b"\n"))) > _LONGEST_LINE
    for reply in whole:
        _check_reply(reply)


def _read(pieces: Iterable[bytes]) -> list[Reply]:
    connection = Connection(cast("socket.socket", _Socket(pieces)))
    connection.send(b"NOOP\r\n")
    replies = []
    try:
        while True:
            replies.append(connection.receive(1))
    except Lost as lost:
        assert str(lost)
    connection.close()
    return replies


def _check_reply(reply: Reply) -> None:
    assert 2 <= reply.kind <= 5
    assert 1 <= len(reply.lines) <= _MOST_LINES
    assert not any("\n" in line for line in reply.lines)
    assert not reply.status or reply.status.startswith(f"{reply.kind}.")
    # A lone CR, which ends no line here, ends one for the library.
    shown = [
        "".join([each if each.isprintable() else " " for each in line]) for line in reply.lines
    ]
    text = "\n".join(f"{reply.code}-{line}" for line in shown)
    assert reply.code == SmtpReply.read(text).code
