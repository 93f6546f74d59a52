"""Who looks on while bounces are fed: counts, and tells of spans.

    dsnlib.ingest              one mail, from arrival to the disk
      dsnlib.read              it becomes events
      dsnlib.store.add         they go to the history
      dsnlib.suppress.update   and whatever else follows a batch

Nothing here decides anything, and nothing raises.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from dsnlib.adapters.telemetry.event_labels import (
    SourceWords,
    event_attributes,
    event_labels,
    status_word,
)
from dsnlib.adapters.telemetry.tracing import NO_TRACING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from contextlib import AbstractContextManager

    from dsnlib.adapters.service.metrics import Meter
    from dsnlib.adapters.suppressing import Verdicts
    from dsnlib.adapters.telemetry.tracing import OpenSpan, Tracing
    from dsnlib.bounces.event import BounceEvent

__all__ = ["IngestObserver"]


class IngestObserver:
    """Looks on.

    Args:
        source: Where the mail comes from: a word.
        meter: Who counts, or `None`.
        tracing: Who is told of spans, or `None`.

    Attributes:
        meter: Who counts.
    """

    def __init__(
        self, source: str = "", *, meter: Meter | None = None, tracing: Tracing | None = None
    ) -> None:
        self._source = SourceWords().word(source)
        self.meter = meter
        self._tracing = NO_TRACING if tracing is None else tracing

    def ingest(self) -> AbstractContextManager[OpenSpan]:
        """Return what surrounds one mail, from arrival to the disk."""
        return self._tracing.span("dsnlib.ingest")

    def follow_up(self) -> AbstractContextManager[OpenSpan]:
        """Return what surrounds whatever follows a batch."""
        return self._tracing.span("dsnlib.suppress.update")

    def read(self) -> AbstractContextManager[OpenSpan]:
        """Return what surrounds the reading of one mail."""
        return self._timed("dsnlib.read", "read_seconds")

    def add(self) -> AbstractContextManager[OpenSpan]:
        """Return what surrounds the adding of events."""
        return self._timed("dsnlib.store.add", "store_seconds")

    def note_read(self, span: OpenSpan, result: str, events: Collection[BounceEvent]) -> None:
        """Take note of a mail that was read.

        Args:
            span: That of `read`.
            result: What kind of mail it is: a word of a closed set.
            events: What it says.
        """
        if self.meter is not None:
            self.meter.count("ingested_messages", self._source, result)
        if self._tracing is NO_TRACING:
            return
        span.note(result=result, events=len(events))
        for event in events:
            # The first speaks for all: most bounces are about one recipient.
            span.note(**event_attributes(event))
            break

    def note_added(self, events: Collection[BounceEvent], *, new: int, known: int) -> None:
        """Take note of events that were offered to the history.

        Args:
            events: Those of one call.
            new: How many were not there before; which ones is not told, so where some were
                and some were not, all are in the numbers by kind.
            known: How many were.
        """
        if self.meter is None:
            return
        if known:
            self.meter.count("bounce_events_known", self._source, by=known)
        if new:
            for event in events:
                self.meter.count("bounce_events", *event_labels(event), self._source)
                self.meter.count("bounce_statuses", status_word(event.status))

    def note_verdicts(self, verdicts: Verdicts) -> None:
        """Take note of what the score has changed."""
        if self.meter is not None:
            self.meter.count("suppression_changes", "suppressed", by=len(verdicts.suppressed))
            self.meter.count("suppression_changes", "to-probe", by=len(verdicts.to_probe))
            self.meter.count("suppression_changes", "ended", by=len(verdicts.released))

    def _timed(self, name: str, seconds_name: str) -> AbstractContextManager[OpenSpan]:
        span = self._tracing.span(name)
        return span if self.meter is None else _timed(span, seconds_name, self.meter)


@contextlib.contextmanager
def _timed(span: AbstractContextManager[OpenSpan], name: str, meter: Meter) -> Iterator[OpenSpan]:
    start = time.perf_counter()
    with span as entered:
        yield entered
    meter.observe(name, time.perf_counter() - start)
