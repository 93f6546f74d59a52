"""Hands the events of a history to a sink: in their order, each at least once.

Rules.
- The cursor, which the history keeps under the name of the outbox, goes on when the sink
  has taken an event, and not before.  After a crash the sink may get the last batch twice.
- A sink that is unavailable is tried again, for ever, with waits that grow.
- Of a batch that is refused the halves are tried, down to one event.  An event that is
  refused alone is tried a few times more; then it is set aside, on the disk, and the rest
  goes on.  Where nothing is set aside (`set_aside` is None) it holds up the rest.
- With `judged_by` an event waits until the score has judged it (`adapters.suppressing`), so
  the event that stops mail to an address says so itself: what a sink is told as
  `suppression` is what follows from it.
- `run_once` never sleeps; who calls it again, and when, is up to the caller: `run` does.
"""

from __future__ import annotations

import itertools
import logging
import random
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dsnlib.adapters.outbox.backoff import Backoff
from dsnlib.adapters.outbox.notice import Notice
from dsnlib.adapters.outbox.sink import EventRefused, SinkClosed, SinkUnavailable
from dsnlib.errors import InvalidValue, StoreUnavailable
from dsnlib.model.number import require_whole

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence

    from dsnlib.adapters.outbox.set_aside import SetAside
    from dsnlib.adapters.outbox.sink import EventSink
    from dsnlib.adapters.service.metrics import Meter
    from dsnlib.adapters.store import Numbered, Store

__all__ = ["HandedOn", "Outbox", "Stopping"]

_LOG = logging.getLogger("dsnlib.outbox")
# How many events are read at a time.
_PAGE = 1000


class Stopping(Protocol):
    """The wish that a run may end: `threading.Event`, or what a handler of signals may set."""

    def is_set(self) -> bool:
        """Tell whether the end is wished for."""

    def wait(self, seconds: float, /) -> bool:
        """Wait for the wish, so many seconds at most; tell whether it is there."""


class HandedOn(NamedTuple):
    """What came of one run.

    Args:
        taken: How many events the sink took.
        set_aside: How many it refused, that are in the file for those.
        wait_seconds: How long to wait before the next run; `None` if all that was there
            is done.
        trouble: Why there is something left, for a person; `""` if there is nothing.
        is_refused: Whether that is an event, not the sink.
    """

    taken: int = 0
    set_aside: int = 0
    wait_seconds: float | None = None
    trouble: str = ""
    is_refused: bool = False


class Outbox:
    """Hands events on.

    Args:
        store: The history; of the thread that runs the outbox.
        name: Of the cursor, and of the numbers: a word.
        sink: Who takes the events.
        backoff: How long to wait when it does not.
        tries: How often an event that is refused is tried.
        set_aside: Where it goes then; `None` to hold up the rest.
        judged_by: The name of the cursor of a `Suppressor`: events that it has not judged
            wait; `None` for no wait.
        meter: Who counts, or `None`.
        chance: Yields random numbers, 0..1.

    Raises:
        InvalidValue: There is no name, or no try.
    """

    def __init__(  # noqa: PLR0913  settings, all by name
        self,
        store: Store,
        name: str,
        sink: EventSink,
        *,
        backoff: Backoff | None = None,
        tries: int = 5,
        set_aside: SetAside | None = None,
        judged_by: str | None = None,
        meter: Meter | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        if not name:
            message = "outbox: it needs a name"
            raise InvalidValue(message, value=name)
        require_whole(tries, "tries", least=1)
        self.name = name
        self._store = store
        self._sink = sink
        self._backoff = Backoff() if backoff is None else backoff
        self._tries = tries
        self._set_aside = set_aside
        self._judged_by = judged_by
        self._meter = meter
        self._chance = chance
        self._failures = 0
        self._refusals = 0
        self._taken = 0
        self._removed = 0
        self._behind_since: float | None = None
        if meter is not None:
            meter.follow("outbox_behind_seconds", self._behind_seconds, name)

    def run_once(self, stop: Stopping | None = None) -> HandedOn:
        """Hand on all events that are there, until the sink takes no more.

        Args:
            stop: Set by whoever ends it between two batches.

        Returns:
            What came of it.

        Raises:
            SinkClosed: The sink is gone for good.
            StoreError: The history, or the file of what is set aside, cannot be used.
        """
        self._taken = self._removed = 0
        try:
            for batch in self._batches():
                if stop is not None and stop.is_set():
                    break
                self._hand_on(batch)
        except _Held as held:
            if self._behind_since is None:
                self._behind_since = time.monotonic()
            return HandedOn(
                self._taken,
                self._removed,
                held.wait_seconds,
                str(held),
                is_refused=self._refusals > 0,
            )
        self._behind_since = None
        return HandedOn(self._taken, self._removed)

    def run(
        self,
        stop: Stopping,
        *,
        poll_seconds: float = 1.0,
        wake: threading.Event | None = None,
    ) -> None:
        """Hand events on as they come, until `stop` is set.

        A history that cannot be reached is tried again, as a sink is.

        Args:
            stop: Set by whoever ends it; the batch under way is finished first.
            poll_seconds: How long to wait where there is nothing to do.
            wake: Set by whoever has added events, and after `stop`; cleared here.

        Raises:
            SinkClosed: The sink is gone for good.
            StoreError: The history cannot be used.
        """
        failures = 0
        while not stop.is_set():
            if wake is not None:
                wake.clear()
                if stop.is_set():  # with the mark that was just cleared
                    return
            try:
                wait = self.run_once(stop).wait_seconds
                failures = 0
            except StoreUnavailable as error:
                failures += 1
                wait = self._backoff.wait_seconds(failures, chance=self._chance())
                _LOG.warning("outbox %s: %s; again in %.1f s", self.name, error, wait)
            if wait is not None:
                stop.wait(wait)  # new events do not make a sink well
            elif wake is not None:
                wake.wait(poll_seconds)
            else:
                stop.wait(poll_seconds)

    def close(self) -> None:
        """Close the sink, the file of what is set aside, and the store; twice is fine."""
        self._sink.close()
        if self._set_aside is not None:
            self._set_aside.close()
        self._store.close()

    def _batches(self) -> Iterator[tuple[Notice, ...]]:
        """Yield what is there; a batch is asked for when the one before is done with."""
        most = self._sink.most_notices
        while page := self._page(max(most, _PAGE)):
            for start in range(0, len(page), most):
                yield tuple([self._notice(each) for each in page[start : start + most]])

    def _page(self, most: int) -> tuple[Numbered, ...]:
        # Not one long read: a database keeps what is old for as long as one goes on.
        # The other cursor first: what is added in between has not been judged.
        judged = None if self._judged_by is None else self._store.cursor(self._judged_by)
        rows = self._store.events(after=self._store.cursor(self.name))
        if judged is not None:
            rows = itertools.takewhile(lambda row: row.number <= judged, rows)
        return tuple(itertools.islice(rows, most))

    def _notice(self, row: Numbered) -> Notice:
        known = None
        if self._sink.wants_suppression:
            known = self._store.suppression(row.event.recipient)
        return Notice(row.number, row.event, row.source, known)

    def _hand_on(self, notices: Sequence[Notice]) -> None:
        try:
            self._sink.take(notices)
        except SinkUnavailable as error:
            self._count_attempt("unavailable")
            self._failures += 1
            raise self._hold(str(error), self._failures, error.after_seconds) from error
        except SinkClosed:
            self._count_attempt("closed")
            raise
        except EventRefused as error:
            self._count_attempt("refused")
            self._failures = 0
            if len(notices) == 1:
                self._refuse(notices[0], str(error))
                return
            middle = len(notices) // 2
            self._hand_on(notices[:middle])
            self._hand_on(notices[middle:])
            return
        self._count_attempt("taken")
        self._failures = self._refusals = 0
        self._taken += len(notices)
        self._go_on(notices[-1], "taken", len(notices))

    def _refuse(self, notice: Notice, reason: str) -> None:
        """Set an event aside if it was tried often enough."""
        self._refusals += 1
        if self._set_aside is None or self._refusals < self._tries:
            raise self._hold(f"event {notice.event.event_id}: {reason}", self._refusals)
        try:
            self._set_aside.add(notice, outbox=self.name, reason=reason)
        except OSError as error:
            text = f"cannot set an event aside: {error.strerror or error}"
            raise self._hold(text, self._refusals) from error
        _LOG.error("outbox %s: set aside event %s: %s", self.name, notice.event.event_id, reason)
        self._refusals = 0
        self._removed += 1
        self._go_on(notice, "set-aside", 1)

    def _hold(self, trouble: str, failures: int, asked_seconds: float | None = None) -> _Held:
        wait = self._backoff.wait_seconds(
            failures, chance=self._chance(), asked_seconds=asked_seconds
        )
        _LOG.warning("outbox %s: %s; again in %.1f s", self.name, trouble, wait)
        return _Held(trouble, wait)

    def _go_on(self, last: Notice, result: str, events: int) -> None:
        self._store.advance(self.name, last.number)
        if self._meter is not None:
            self._meter.count("outbox_events", self.name, result, by=events)

    def _behind_seconds(self) -> float:
        since = self._behind_since
        return 0.0 if since is None else time.monotonic() - since

    def _count_attempt(self, result: str) -> None:
        if self._meter is not None:
            self._meter.count("outbox_attempts", self.name, result)


class _Held(Exception):
    """The sink takes nothing more for now."""

    def __init__(self, trouble: str, wait_seconds: float) -> None:
        super().__init__(trouble)
        self.wait_seconds = wait_seconds
