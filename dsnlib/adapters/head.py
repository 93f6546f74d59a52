"""The header of a message that may be in a file, read up to a bound."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsnlib.adapters.content import Content

__all__ = ["read_head"]

# Chosen here: the largest whole header seen in mail is some 60 kB.
_MOST_OCTETS = 1 << 18
_EMPTY_LINE = re.compile(rb"\r\n\r\n|\n\n")
# What of it may be at the end of the chunk before.
_OVERLAP = 3


def read_head(content: Content, *, most_octets: int = _MOST_OCTETS) -> tuple[bytes, bool]:
    r"""Return the header without the empty line behind it, and whether it is all there.

    >>> from dsnlib.adapters.content import Content
    >>> read_head(Content(body=b"Subject: x\r\n\r\nHello.\r\n"))
    (b'Subject: x', True)

    Args:
        content: The message.
        most_octets: How much is read; of what is longer the beginning is returned.

    Raises:
        OSError: The file cannot be read.
    """
    head = bytearray()
    for chunk in content.chunks():
        seen = max(0, len(head) - _OVERLAP)
        head += chunk
        end = _EMPTY_LINE.search(head, seen)
        if end is not None:
            return bytes(head[: min(end.start(), most_octets)]), end.start() <= most_octets
        if len(head) > most_octets:
            return bytes(head[:most_octets]), False
    return bytes(head), True
