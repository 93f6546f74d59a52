"""What a verb is asked, one thing after the other: its arguments, or lines of standard input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dsnlib.adapters.mailboxes.inputs import STDIN
from dsnlib.model.text import decode_wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["read_asked"]


def read_asked(arguments: Sequence[str], *, strips: bool = True) -> Iterator[str]:
    """Yield each argument; `-` stands for the lines of standard input that are not empty.

    Lines come one by one, so that somebody who types is answered after each.

    Args:
        arguments: As they were given.
        strips: Whether white space round a line is none of it; else only its end is cut off.

    Raises:
        OSError: Standard input cannot be read.
    """
    for argument in arguments:
        if argument != STDIN:
            yield argument
        elif sys.stdin is not None:
            for line in sys.stdin.buffer:
                text = decode_wire(line)
                text = text.strip() if strips else text.rstrip("\r\n")
                if text:
                    yield text
