"""Who looks on while bounces are fed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.feeds.intake import BounceIntake
from dsnlib.adapters.service.metrics import MetricKind, PrometheusMeter
from dsnlib.adapters.store import Store, open_store
from dsnlib.adapters.telemetry.bounce_metrics import BOUNCE_METRICS
from dsnlib.adapters.telemetry.ingest_observer import IngestObserver
from dsnlib.adapters.telemetry.tracing import OpenTelemetryTracing
from tests.adapters.outbox.events import event, events
from tests.adapters.telemetry.spans import kept_spans

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("prometheus_client", reason="the extra `metrics` is not installed")

BOUNCE = b"""\
From: MAILER-DAEMON@mx.example.org
Message-ID: <%d@mx.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

It failed.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx%d.secret-host.example

Final-Recipient: rfc822; secret-user%d@secret-%d.example
Action: failed
Status: 5.%d.%d
Remote-MTA: dns; relay%d.secret-host.example
Diagnostic-Code: smtp; 550 5.%d.%d secret-text-%d
--b--
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty history."""
    with open_store(str(tmp_path / "history.db")) as opened:
        yield opened


def test_metrics() -> None:
    """Every number can be counted, and is shown under its name."""
    meter = PrometheusMeter(BOUNCE_METRICS)
    for name, metric in BOUNCE_METRICS.items():
        if metric.kind is MetricKind.HISTOGRAM:
            meter.observe(name, 1.0)
        elif metric.kind is MetricKind.GAUGE:
            meter.follow(name, lambda: 3.0, *metric.labels)
        else:
            meter.count(name, *metric.labels)
    page = meter.exposition().decode()

    assert all(f"\n# HELP dsnlib_{name}" in f"\n{page}" for name in BOUNCE_METRICS)
    assert 'dsnlib_suppressions{source="source"} 3.0' in page


def test_hostile_events_make_no_series(store: Store) -> None:
    """Hundreds of strangers with codes, hosts and texts of their own are a few series."""
    meter = PrometheusMeter(BOUNCE_METRICS)
    intake = BounceIntake(store, source="list", observer=IngestObserver("list", meter=meter))
    before = meter.exposition().count(b"\n")
    for n in range(200):
        intake.take(BOUNCE % (n, n, n, n, n, n, n, n, n, n))
    after = meter.exposition()

    assert after.count(b"\n") - before < 90
    assert b"secret" not in after
    assert 200 == meter.registry.get_sample_value(
        "dsnlib_ingested_messages_total", {"source": "list", "result": "report"}
    )
    assert 200 == meter.registry.get_sample_value("dsnlib_read_seconds_count")


def test_events(store: Store) -> None:
    """What is new is counted by what it is, and what is known as such."""
    meter = PrometheusMeter(BOUNCE_METRICS)
    intake = BounceIntake(store, source="list", observer=IngestObserver("list", meter=meter))
    intake.put(events(3))
    intake.put(events(3))
    intake.put([])
    labels = {
        "kind": "failure",
        "reason": "unknown-user",
        "permanence": "hard",
        "fault": "recipient",
        "provider": "other",
        "source": "list",
    }
    value = meter.registry.get_sample_value

    assert 3 == value("dsnlib_bounce_events_total", labels)
    assert 3 == value("dsnlib_bounce_statuses_total", {"status": "5.1.1"})
    assert 3 == value("dsnlib_bounce_events_known_total", {"source": "list"})
    assert 2 == value("dsnlib_store_seconds_count")


def test_spans(store: Store) -> None:
    """One mail is a span with its parts; no address, host, text or name is in them."""
    exporter, provider = kept_spans()
    observer = IngestObserver("list", tracing=OpenTelemetryTracing(provider))
    intake = BounceIntake(store, source="list", observer=observer, after_batch=[lambda: None])
    intake.take(BOUNCE % ((1,) * 10))
    intake.take(b"Subject: hello\n\nSee you.\n")
    spans = exporter.get_finished_spans()
    told = repr([(each.name, dict(each.attributes or {}), each.events) for each in spans])

    assert [
        "dsnlib.read",
        "dsnlib.store.add",
        "dsnlib.suppress.update",
        "dsnlib.ingest",
        "dsnlib.read",
        "dsnlib.ingest",
    ] == [each.name for each in spans]
    assert {
        "result": "report",
        "events": 1,
        "dsn.kind": "failure",
        "dsn.reason": "unknown-user",
        "dsn.permanence": "hard",
        "dsn.status": "5.1.1",
    } == dict(spans[0].attributes)
    assert "secret" not in told


def test_nobody(store: Store) -> None:
    """Without a meter and without tracing feeding is as ever."""
    intake = BounceIntake(store, observer=IngestObserver())

    assert (1, 0) == intake.put([event()])
