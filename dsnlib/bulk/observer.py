"""Who looks on while archives are read, in the process that gathers the results.

    observer = BulkObserver(meter=PrometheusMeter(BOUNCE_METRICS))
    run_bulk(inputs, directory, on_result=observer.note)

Rules.
- Workers are told of nothing: what they did is in their results, however far away they are.
- No name of a file is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.adapters.telemetry.tracing import NO_TRACING

if TYPE_CHECKING:
    from dsnlib.adapters.service.metrics import Meter
    from dsnlib.adapters.telemetry.tracing import Tracing
    from dsnlib.bulk.work import ShardResult

__all__ = ["BulkObserver"]


class BulkObserver:
    """Looks on.

    Args:
        meter: Who counts, or `None`.
        tracing: Who is told of a span for each shard, or `None`.
    """

    def __init__(self, *, meter: Meter | None = None, tracing: Tracing | None = None) -> None:
        self._meter = meter
        self._tracing = NO_TRACING if tracing is None else tracing

    def note(self, result: ShardResult) -> None:
        """Take note of a shard that is done, by an earlier run too."""
        word = "done" if result.failure is None else "failed"
        if self._meter is not None:
            readable = result.messages - result.errors - result.unread
            for name, count in (
                ("read", max(0, readable)),
                ("unread", result.unread),
                ("error", result.errors),
            ):
                self._meter.count("bulk_messages", name, by=count)
            self._meter.count("bulk_shards", word)
        self._tracing.tell(
            "dsnlib.bulk.shard",
            seconds=result.seconds,
            result=word,
            messages=result.messages,
            rows=result.rows,
            errors=result.errors,
        )
