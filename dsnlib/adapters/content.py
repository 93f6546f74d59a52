"""The octets of a message, in memory or in a file: what goes from the socket to the queue.

A large message is never whole in memory.  Whoever receives it writes it to a
file once it has grown beyond a bound, and from there on it is read in chunks.

Rules.
- CRLF line ends, dots of transparency undone, no line with the lone dot.
- What is put in front, such as the trace field, does not change what came.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Content"]

_CHUNK_OCTETS = 65_536


@attrs.frozen(kw_only=True)
class Content:
    r"""A message, header and body.

    >>> Content(body=b"Subject: x\r\n\r\n", prefix=b"Received: y\r\n").read()
    b'Received: y\r\nSubject: x\r\n\r\n'

    Args:
        body: The octets as they came, or the beginning of them if there is a file.
        path: The file with all octets as they came, if they are in one.
        octets: How many came; if not given, as many as `body` has.
        prefix: Header fields in front of it.
    """

    body: bytes = attrs.field(default=b"", repr=False)
    path: Path | None = None
    octets: int = attrs.field()
    prefix: bytes = attrs.field(default=b"", repr=False)

    @octets.default
    def _count(self) -> int:
        return len(self.body)

    def __len__(self) -> int:
        return len(self.prefix) + self.octets

    @property
    def head(self) -> bytes:
        """All of what is in memory, or the beginning of what is in the file."""
        return self.prefix + self.body

    def chunks(self) -> Iterator[bytes]:
        """Yield the whole message.

        Raises:
            OSError: The file cannot be read.
        """
        if self.path is None:
            yield self.head
            return
        if self.prefix:
            yield self.prefix
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK_OCTETS):
                yield chunk

    def read(self) -> bytes:
        """Return the whole message.

        Raises:
            OSError: The file cannot be read.
        """
        return b"".join(self.chunks())
