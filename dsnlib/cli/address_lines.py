"""Addresses that a command is given: arguments, or lines of standard input.

Rules.
- Lines are handed out as they come, so that a program may ask and wait for the answer;
  and many at once where many are there.
- White space round an address and empty lines do not count.
- A line that is too long to be an address is told, and left out.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple, cast

from dsnlib.adapters.mailboxes.inputs import STDIN
from dsnlib.cli import output
from dsnlib.model.text import decode_wire

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator, Sequence

__all__ = ["AddressLine", "read_addresses"]

_CHUNK_OCTETS = 1 << 18
# Far more than a path may have (RFC 5321 s4.5.3.1.3).
_LONGEST_OCTETS = 4096


class AddressLine(NamedTuple):
    """An address, and where it stands.

    Args:
        address: The text.
        place: `standard input: line 3`, or the address itself.
    """

    address: str
    place: str


def read_addresses(arguments: Sequence[str]) -> Iterator[list[AddressLine]]:
    """Yield addresses, as many at a time as are there.

    Args:
        arguments: Addresses; `-` stands for the lines of standard input.

    Raises:
        OSError: Standard input cannot be read.
    """
    for argument in arguments:
        if argument != STDIN:
            yield [AddressLine(argument, argument)]
        elif sys.stdin is not None:
            yield from _lines()


def _lines() -> Iterator[list[AddressLine]]:
    number = 0
    rest = b""
    stream = cast("io.BufferedReader", sys.stdin.buffer)
    while chunk := stream.read1(_CHUNK_OCTETS):
        *lines, rest = (rest + chunk).split(b"\n")
        found = [_line(line, number + n) for n, line in enumerate(lines, 1)]
        number += len(lines)
        # Of a line without an end only as much is kept as shows that it is too long.
        rest = rest[: 2 * _LONGEST_OCTETS]
        yield [each for each in found if each is not None]
    last = _line(rest, number + 1)
    if last is not None:
        yield [last]


def _line(octets: bytes, number: int) -> AddressLine | None:
    place = f"standard input: line {number}"
    if len(octets) > _LONGEST_OCTETS:
        output.complain(place, None, "it is too long for an address", "address")
        return None
    text = decode_wire(octets).strip()
    return AddressLine(text, place) if text else None
