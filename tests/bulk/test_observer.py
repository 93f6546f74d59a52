"""Who looks on while archives are read."""

from __future__ import annotations

import pytest

from dsnlib.bulk.observer import BulkObserver
from dsnlib.bulk.work import ShardResult
from tests.adapters.telemetry.spans import kept_spans

RESULT = ShardResult(identity="000000-secret", messages=10, rows=12, errors=1, unread=2, seconds=2)


def test_numbers() -> None:
    """Messages are counted by how they could be read, and shards by how they ended."""
    pytest.importorskip("prometheus_client", reason="the extra `metrics` is not installed")
    from dsnlib.adapters.service.metrics import PrometheusMeter
    from dsnlib.adapters.telemetry.bounce_metrics import BOUNCE_METRICS

    meter = PrometheusMeter(BOUNCE_METRICS)
    observer = BulkObserver(meter=meter)
    observer.note(RESULT)
    observer.note(ShardResult(identity="x", failure="it failed"))
    value = meter.registry.get_sample_value

    assert [7, 2, 1] == [
        value("dsnlib_bulk_messages_total", {"result": word})
        for word in ("read", "unread", "error")
    ]
    assert [1, 1] == [
        value("dsnlib_bulk_shards_total", {"result": word}) for word in ("done", "failed")
    ]
    assert b"secret" not in meter.exposition()


def test_spans() -> None:
    """A shard is a span as long as the worker took, without the names of files."""
    from dsnlib.adapters.telemetry.tracing import OpenTelemetryTracing

    exporter, provider = kept_spans()
    BulkObserver(tracing=OpenTelemetryTracing(provider)).note(RESULT)
    (span,) = exporter.get_finished_spans()

    assert "dsnlib.bulk.shard" == span.name
    assert 2_000_000_000 == span.end_time - span.start_time
    assert {"result": "done", "messages": 10, "rows": 12, "errors": 1} == dict(span.attributes)


def test_nobody() -> None:
    """Without a meter and without tracing nothing is done."""
    BulkObserver().note(RESULT)
