"""Who takes events: a file, a web server, a signal.

Rules.
- `take` returns when all notices of the call are taken for good, and not before.
- A sink that may take them later raises `SinkUnavailable`; one that never will, as it does
  not like what is in them, `EventRefused`; one that wants nothing more, ever, `SinkClosed`.
- Taking the same events again does no harm: after a crash that happens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dsnlib.errors import DsnError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.adapters.outbox.notice import Notice

__all__ = ["EventRefused", "EventSink", "SinkClosed", "SinkUnavailable"]


class SinkUnavailable(DsnError):
    """A sink cannot take events now; nothing is wrong with the events.

    Attributes:
        after_seconds: When to come again, if the sink said so.
    """

    def __init__(self, message: str, *, after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


class EventRefused(DsnError):
    """A sink does not take what it was given; others may be fine."""


class SinkClosed(DsnError):
    """A sink is gone for good: whoever runs it has to say what comes next."""


class EventSink(Protocol):
    """Who takes events."""

    @property
    def most_notices(self) -> int:
        """How many it takes in one call, 1 or more."""

    @property
    def wants_suppression(self) -> bool:
        """Whether notices say what is known of the recipient."""

    def take(self, notices: Sequence[Notice]) -> None:
        """Take notices, all or none as far as can be told.

        Args:
            notices: In the order of the history; not more than `most_notices`.

        Raises:
            SinkUnavailable: Not now.
            EventRefused: One of them, or all, will never be taken.
            SinkClosed: Nothing will be taken any more.
        """

    def close(self) -> None:
        """Give everything back; twice is fine."""
