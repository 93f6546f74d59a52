"""What was said and heard, line by line, for whoever watches.

Rules.
- A password is in no transcript: who says one says what is shown for it.
- A message is shown by its size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.model.text import decode_wire, replace_controls

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.adapters.client.dialogue import Answer, Say

__all__ = ["Transcript"]


class Transcript:
    """Tells a watcher.

    Args:
        observe: Is called with `C` for the client or `S` for the server, and a line.
    """

    def __init__(self, observe: Callable[[str, str], None]) -> None:
        self._observe = observe

    def say(self, said: Say) -> None:
        """Tell of what the client says."""
        if said.shown is not None:
            self._observe("C", said.shown)
        elif isinstance(said.octets, bytes):
            for line in said.octets.removesuffix(b"\r\n").split(b"\r\n"):
                self._observe("C", replace_controls(decode_wire(line)))

    def hear(self, answer: Answer) -> None:
        """Tell of what the server has answered."""
        for line in str(answer).split("\n"):
            self._observe("S", line)
