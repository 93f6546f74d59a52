"""Octets as they come -> whole lines.

Rules.
- A line that is too long is left out, and the next one is found all the same.
- Memory holds one line and a chunk; time is linear.
"""

from __future__ import annotations

__all__ = ["LineCutter"]

# Postfix logs far less, a notice of Amazon's has some tens of kilobytes; SNS takes 256 KB.
_LONGEST_LINE = 1 << 20


class LineCutter:
    """Cuts lines.

    Attributes:
        left_out: How many lines were too long.
    """

    def __init__(self) -> None:
        self._begun: list[bytes] = []
        self._octets = 0
        self.left_out = 0

    @property
    def waiting_octets(self) -> int:
        """How much has come of a line that has not ended."""
        return self._octets

    def cut(self, chunk: bytes) -> list[bytes]:
        """Return the lines that end in a chunk, without their line ends.  Never raises."""
        first, *others = chunk.split(b"\n")
        if not others:
            self._begin(first)
            return []
        last = others.pop()
        lines = [self._end(first), *others]
        self._begin(last)
        return [line for line in lines if line]

    def rest(self) -> list[bytes]:
        """Return the last line, which has no end, if there is one."""
        line = self._end(b"")
        return [line] if line else []

    def _begin(self, part: bytes) -> None:
        self._octets += len(part)
        if self._octets > _LONGEST_LINE:
            self._begun.clear()
        elif part:
            self._begun.append(part)

    def _end(self, part: bytes) -> bytes:
        self._begin(part)
        is_too_long = self._octets > _LONGEST_LINE
        self.left_out += is_too_long
        line = b"" if is_too_long else b"".join(self._begun)
        self._begun.clear()
        self._octets = 0
        return line
