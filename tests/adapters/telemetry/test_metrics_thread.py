"""The page of numbers beside work that is not asyncio."""

from __future__ import annotations

import urllib.request

import pytest

from dsnlib.adapters.service.metrics import PrometheusMeter
from dsnlib.adapters.service.sockets import PortTaken
from dsnlib.adapters.telemetry.bounce_metrics import BOUNCE_METRICS
from dsnlib.adapters.telemetry.metrics_thread import MetricsThread

pytest.importorskip("prometheus_client", reason="the extra `metrics` is not installed")


def test_page() -> None:
    """Numbers that change while it runs are shown as they are now."""
    meter = PrometheusMeter(BOUNCE_METRICS)
    with MetricsThread(meter, "127.0.0.1", 0) as thread:
        meter.count("webhook_attempts", "2xx")
        with urllib.request.urlopen(f"http://{thread.place}/metrics", timeout=10) as page:
            told = page.read()

    assert b'dsnlib_webhook_attempts_total{result="2xx"} 1.0' in told


def test_taken() -> None:
    """A port that somebody has is told."""
    meter = PrometheusMeter(BOUNCE_METRICS)
    with MetricsThread(meter, "127.0.0.1", 0) as thread:
        port = int(thread.place.rpartition(":")[2])
        with pytest.raises(PortTaken, match="another program has it"):
            MetricsThread(meter, "127.0.0.1", port)
