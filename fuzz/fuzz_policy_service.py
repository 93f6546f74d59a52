"""Fuzz what policy services answer, and what they are asked.

An input is what a service sends, in one piece, in two, and octet by octet; it is also
the value of an attribute that a stranger has chosen.

Invariant.
- Any octets are an action of one line without controls, or no answer at all.
- How they are cut into pieces changes nothing but where they are found wanting; what
  comes behind an answer spoils it, and the connection.
- A question has one line for each attribute, then one empty line, whatever the values.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dsnlib.adapters.policy_service import PolicyConnection, format_request, read_answer
from dsnlib.errors import ParseError
from dsnlib.model.text import decode_wire
from fuzz.alphabet import expand

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ANSWERS", "READS", "check"]

READS = ("dsnlib.adapters.policy_service",)

# Attributes, actions of access tables, line ends.
ANSWERS = (
    b"\n", b"\n\n", b"\r\n", b"\0", b"=", b" ", b"\t", b"action=", b"action=DUNNO\n\n", b"action",
    b"DUNNO", b"OK", b"REJECT", b"DEFER_IF_PERMIT", b"450 4.7.1 ", b"554 5.7.1 ", b"PREPEND X: y",
    b"REDIRECT ann@example.org", b"reject_unknown_sender_domain", b"request=smtpd_access_policy\n",
    b"x=y\n", b"\xc3\xa4", b"\xff", b"\xe2\x80\xa8", b"a" * 4096,
)  # fmt: skip
_LONGEST_OCTETS = 8192


class _Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def abort(self) -> None:
        self.is_aborted = True


def check(data: bytes) -> None:
    """Read one input as an answer and as a value, and assert the invariant."""
    octets = expand(data, ANSWERS)
    _ask(octets)
    half = len(octets) // 2
    asyncio.run(_answer([[octets], [octets[:half], octets[half:]], [*_each(octets)]], octets))


def _each(octets: bytes) -> list[bytes]:
    return [octets[place : place + 1] for place in range(min(len(octets), 300))]


def _ask(octets: bytes) -> None:
    attributes = {"request": "smtpd_access_policy", "sender": decode_wire(octets)}
    request = format_request(attributes)
    assert request.endswith(b"\n\n")
    assert request.count(b"\n") == len(attributes) + 1
    assert not set(request) & set(b"\0\r")


async def _answer(ways: Sequence[Sequence[bytes]], octets: bytes) -> None:
    for pieces in ways:
        transport = _Transport()
        connection = PolicyConnection()
        connection.connection_made(transport)
        task = asyncio.create_task(connection.ask(b"?"))
        await asyncio.sleep(0)
        for piece in pieces:
            connection.data_received(piece)
        connection.connection_lost(None)
        try:
            answer = await task
        except (ParseError, ConnectionError):
            assert transport.is_aborted
            continue
        # Behind it there is nothing that was taken for a part of it.
        assert octets.startswith(answer + b"\n")
        assert len(answer) < _LONGEST_OCTETS
        assert b"\n\n" not in answer
        _read(answer)


def _read(answer: bytes) -> None:
    try:
        action = read_answer(answer)
    except ParseError:
        return
    assert action
    assert not set(action) & set("\0\r\n\x7f")
    assert b"action=" in answer
