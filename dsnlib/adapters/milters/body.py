r"""The body that a filter puts in place of a message's own.

Rules.
- Every line ends with CRLF, whatever the filter wrote: a lone CR or LF would let a
  body say something else at the next server (RFC 5321 s2.3.8).
- What is large is in a file without a name, which is gone whenever the process is.
"""

from __future__ import annotations

import re
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["ReplacedBody"]

_IN_MEMORY_OCTETS = 1_048_576
_LINE_END = re.compile(rb"\r\n|\n|\r")


class ReplacedBody:
    """A body, written in pieces and then read.

    Args:
        directory: Where its file goes if it needs one.
    """

    def __init__(self, *, directory: Path | None = None) -> None:
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115  closed by `close`
            max_size=_IN_MEMORY_OCTETS, dir=None if directory is None else str(directory)
        )
        self._held = b""
        self._last = b""
        self.octets = 0

    def write(self, data: bytes) -> None:
        """Append a piece.

        Raises:
            OSError: It cannot be written.
        """
        data = self._held + data
        # The LF of it may begin the next piece.
        self._held = b"\r" if data.endswith(b"\r") else b""
        self._put(_LINE_END.sub(b"\r\n", data[: len(data) - len(self._held)]))

    def finish(self) -> None:
        """End the last line, if it has no end.

        Raises:
            OSError: It cannot be written.
        """
        held, self._held = self._held, b""
        if held or (self._last and self._last != b"\n"):
            self._put(b"\r\n")

    def chunks(self, octets: int) -> Iterator[bytes]:
        """Yield what was written, so many octets at a time.

        Raises:
            OSError: It cannot be read.
        """
        self._file.seek(0)
        while chunk := self._file.read(octets):
            yield chunk

    def close(self) -> None:
        """Throw it away.  Never raises."""
        self._file.close()

    def _put(self, data: bytes) -> None:
        if data:
            self._file.write(data)
            self.octets += len(data)
            self._last = data[-1:]
