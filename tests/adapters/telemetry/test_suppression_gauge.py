"""How many addresses are suppressed, as the metrics show it."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.service.metrics import PrometheusMeter
from dsnlib.adapters.store import open_store
from dsnlib.adapters.suppressing import Verdicts
from dsnlib.adapters.telemetry.bounce_metrics import BOUNCE_METRICS
from dsnlib.adapters.telemetry.ingest_observer import IngestObserver
from dsnlib.adapters.telemetry.suppression_gauge import SuppressionGauge
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from tests.adapters.outbox.events import NOW, events

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("prometheus_client", reason="the extra `metrics` is not installed")


def test_numbers(tmp_path: Path) -> None:
    """Active ones are counted by source; the history is not asked too often."""
    entries = [
        Suppression(address=f"user{n}@example.org", source=source, created=NOW)
        for n, source in enumerate(
            [SuppressionSource.BOUNCE, SuppressionSource.BOUNCE, SuppressionSource.COMPLAINT]
        )
    ]
    meter = PrometheusMeter(BOUNCE_METRICS)

    def value(source: str) -> float | None:
        return meter.registry.get_sample_value("dsnlib_suppressions", {"source": source})

    with open_store(str(tmp_path / "history.db")) as store:
        store.add(events(3))
        store.suppress(entries)
        gauge = SuppressionGauge(store, meter)
        unknown = value("bounce")
        gauge.look()
        known = [value(each.value) for each in SuppressionSource]
        store.release("user0@example.org", now=NOW + dt.timedelta(days=1))
        gauge.look()
        soon = value("bounce")
        eager = SuppressionGauge(store, meter, look_seconds=0)
        eager.look()

    assert unknown is not None
    assert math.isnan(unknown)
    assert [2, 1, 0, 0, 0] == known
    assert 2 == soon
    assert 1 == value("bounce")


def test_verdicts() -> None:
    """What the score changes is counted."""
    meter = PrometheusMeter(BOUNCE_METRICS)
    entry = Suppression(address="a@b.example", source=SuppressionSource.BOUNCE, created=NOW)
    IngestObserver(meter=meter).note_verdicts(Verdicts(suppressed=(entry, entry)))
    IngestObserver().note_verdicts(Verdicts(suppressed=(entry,)))

    assert 2 == meter.registry.get_sample_value(
        "dsnlib_suppression_changes_total", {"change": "suppressed"}
    )
