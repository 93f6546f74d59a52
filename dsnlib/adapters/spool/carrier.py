"""Takes what is asked for in the event loop to the thread that writes, and the answer back.

Rules.
- Who asked may be gone when the answer comes; what he asked for is carried out.
- What is due with the answer is done in the event loop, whoever waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from typing import TYPE_CHECKING

from dsnlib.adapters.spool.faults import fault_of
from dsnlib.adapters.spool.writer import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from dsnlib.adapters.spool.writer import Result

__all__ = ["Carrier"]


class Carrier:
    """Between the event loop and the writer.

    Args:
        directory: The queue's.
        movers: The threads in which a change is made that is large.

    Attributes:
        submit: Takes a change that is to be written.
    """

    submit: Callable[[Change], None]

    def __init__(self, directory: Path, movers: Executor) -> None:
        self._directory = directory
        self._movers = movers
        self._loop: asyncio.AbstractEventLoop | None = None

    async def carry_out(
        self,
        make: Callable[[], Change],
        *,
        is_quick: bool,
        done: Callable[[Exception | None], None],
    ) -> None:
        """Make a change, have it written, and return when it is.

        Args:
            make: Makes it.
            is_quick: Whether the event loop can do so.
            done: Called with what became of it, before anybody is told.

        Raises:
            QueueUnavailable: It was not carried out.
            Exception: What `make` raises otherwise.
        """
        loop = self._loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()

        def end(error: Exception | None) -> None:
            done(error)
            if written.done():
                return
            if error is None:
                written.set_result(None)
            else:
                written.set_exception(error)

        if is_quick:
            self._make_and_submit(make, end)
        else:
            self._movers.submit(self._make_and_submit, make, end)
        await written

    def _make_and_submit(
        self, make: Callable[[], Change], end: Callable[[Exception | None], None]
    ) -> None:
        try:
            change = make()
        except (OSError, sqlite3.Error) as error:
            self.tell([(Change(done=end), fault_of(error, self._directory))])
        except Exception as error:  # noqa: BLE001  it is raised where it is waited for
            self.tell([(Change(done=end), error)])
        else:
            change.done = end
            self.submit(change)

    def tell(self, results: Sequence[Result]) -> None:
        """Let the event loop know what became of changes.  Any thread may call it."""
        # A loop that is closed waits for nothing.
        with contextlib.suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(_end_all, results)


def _end_all(results: Sequence[Result]) -> None:
    for change, error in results:
        if change.done is not None:
            change.done(error)
