"""An outbox in a thread of its own, beside whoever feeds the history.

    with OutboxThread(lambda: Outbox(open_store(place), "crm", sink)) as beside:
        BounceIntake(store, after_batch=[beside.wake])

Rules.
- It has a store of its own, opened in its thread: a store belongs to one thread.
- Whoever feeds never waits for it: `wake` sets a mark and returns.
- What ends it (a sink that is gone, a history that is damaged) ends nothing else: it is in
  the log, and in `ended_by`.  The cursor is where it was.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING

from dsnlib.errors import DsnError, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from dsnlib.adapters.outbox.outbox import Outbox

__all__ = ["OutboxThread"]

_LOG = logging.getLogger("dsnlib.outbox")


class OutboxThread:
    """Runs an outbox until it is stopped.

    Args:
        make: Makes the outbox, with its store and its sink; called in the thread.  They are
            closed there.
        poll_seconds: How long to wait for a `wake`, which another process cannot call.

    Attributes:
        ended_by: What ended it before it was stopped, or `None`.
    """

    def __init__(self, make: Callable[[], Outbox], *, poll_seconds: float = 5.0) -> None:
        self._make = make
        self._poll_seconds = poll_seconds
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dsnlib-outbox", daemon=True)
        self.ended_by: Exception | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there are new events; returns at once."""
        self._wake.set()

    def stop(self, *, wait_seconds: float | None = None) -> None:
        """End it; twice is fine.

        Args:
            wait_seconds: How long to wait for the request under way; for ever if `None`.
                What it had not come to is handed on by the next start.
        """
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(wait_seconds)

    def __enter__(self) -> Self:
        """Begin."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self.stop()

    def _run(self) -> None:
        try:
            outbox = self._open()
            if outbox is not None:
                with contextlib.closing(outbox):
                    outbox.run(self._stop, poll_seconds=self._poll_seconds, wake=self._wake)
        except Exception as error:  # noqa: BLE001  a thread has nobody to raise it to
            self.ended_by = error
            # Of what is foreseen the text says it all.
            trace = None if isinstance(error, DsnError) else error
            _LOG.error("outbox: %s; nothing is handed on", error, exc_info=trace)

    def _open(self) -> Outbox | None:
        while not self._stop.is_set():
            try:
                return self._make()
            except StoreUnavailable as error:
                _LOG.warning("outbox: %s; again in %.1f s", error, self._poll_seconds)
                self._stop.wait(self._poll_seconds)
        return None
