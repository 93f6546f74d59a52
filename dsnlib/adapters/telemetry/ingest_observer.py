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
    from dsnlib.adapters.telemetry.tracing import Span, Tracing
    from dsnlib.bounces.event import BounceEvent

__all__ = ["IngestObserver"]


class IngestObserver:
    """Looks on.

    Args:
        source: Where the mail comes from: a word.
        meter: Who counts, or `None`.
        tracing: Who is told of spans, or `None`.
    """

    def __init__(
        self, source: str = "", *, meter: Meter | None = None, tracing: Tracing | None = None
    ) -> None:
        self._source = SourceWords().word(source)
        self._meter = meter
        self._tracing = NO_TRACING if tracing is None else tracing

    def ingest(self) -> AbstractContextManager[Span]:
        """Return what surrounds one mail, from arrival to the disk."""
        return self._tracing.span("dsnlib.ingest")

    def follow_up(self) -> AbstractContextManager[Span]:
        """Return what surrounds whatever follows a batch."""
        return self._tracing.span("dsnlib.suppress.update")

    @contextlib.contextmanager
    def read(self) -> Iterator[Span]:
        """Surround the reading of one mail."""
        start = time.perf_counter()
        with self._tracing.span("dsnlib.read") as span:
            yield span
        self._observe("read_seconds", start)

    @contextlib.contextmanager
    def add(self) -> Iterator[Span]:
        """Surround the adding of events."""
        start = time.perf_counter()
        with self._tracing.span("dsnlib.store.add") as span:
            yield span
        self._observe("store_seconds", start)

    def note_read(self, span: Span, result: str, events: Collection[BounceEvent]) -> None:
        """Take note of a mail that was read.

        Args:
            span: That of `read`.
            result: What kind of mail it is: a word of a closed set.
            events: What it says.
        """
        if self._meter is not None:
            self._meter.count("ingested_messages", self._source, result)
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
        if self._meter is None:
            return
        if known:
            self._meter.count("bounce_events_known", self._source, by=known)
        if new:
            for event in events:
                self._meter.count("bounce_events", *event_labels(event), self._source)
                self._meter.count("bounce_statuses", status_word(event.status))

    def note_verdicts(self, verdicts: Verdicts) -> None:
        """Take note of what the score has changed."""
        if self._meter is not None:
            self._meter.count("suppression_changes", "suppressed", by=len(verdicts.suppressed))
            self._meter.count("suppression_changes", "to-probe", by=len(verdicts.to_probe))
            self._meter.count("suppression_changes", "ended", by=len(verdicts.released))

    def _observe(self, name: str, start: float) -> None:
        if self._meter is not None:
            self._meter.observe(name, time.perf_counter() - start)
