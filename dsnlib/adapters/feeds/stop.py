"""The wish that a run may end: from a signal, or from another thread."""

from __future__ import annotations

import queue

__all__ = ["Stop"]


class Stop:
    """Is set once, at any moment, and wakes whoever waits.

    Of `threading.Event` a handler of signals may not make use: it might come while the
    same thread holds the lock.
    """

    def __init__(self) -> None:
        self._is_set = False
        # Reentrant, as the standard library has it for signals.
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()

    def set(self) -> None:
        """Wish for the end; again changes nothing.  Never raises."""
        self._is_set = True
        self._wakes.put(None)

    def is_set(self) -> bool:
        """Tell whether the end is wished for."""
        return self._is_set

    def wait(self, seconds: float) -> bool:
        """Wait for the wish, and tell whether it is there.

        Args:
            seconds: How long at most.
        """
        if not self._is_set:
            try:
                self._wakes.get(timeout=seconds)
            except queue.Empty:
                return self._is_set
            # For the next who waits.
            self._wakes.put(None)
        return self._is_set
