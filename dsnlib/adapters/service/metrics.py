"""What is counted of the server's work, and who counts it.

    dsnlib_connections_total               sessions that were begun
    dsnlib_messages_total{reply}           messages that were received, by the answer
    dsnlib_outcomes_total{disposition}     what became of recipients

The table `METRICS` has them all.  Whoever works tells a `Meter`, which knows nothing of
how it is shown; `PrometheusMeter` keeps what Prometheus asks for.

Rules.
- Labels are words of closed sets, or codes: no address or name of a stranger is one, so
  nobody can make new series.
- Without a meter nothing is counted, and prometheus_client is not loaded.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

__all__ = ["METRICS", "Meter", "Metric", "MetricKind", "PrometheusMeter"]

# From a message that is delivered at once to one that is given up after five days.
_DELAY_SECONDS = (0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 1800, 7200, 28_800, 86_400, 432_000)


class MetricKind(enum.Enum):
    """How a number moves."""

    COUNTER = "counter"
    """It only grows."""
    GAUGE = "gauge"
    """It is what it is now."""
    HISTOGRAM = "histogram"
    """How often a value was how large."""


class Metric(NamedTuple):
    """A number, or one for each set of labels.

    Args:
        kind: How it moves.
        doc: What it counts.
        labels: What tells its series apart.
        buckets: The bounds of a histogram.
    """

    kind: MetricKind
    doc: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = _DELAY_SECONDS


_COUNTER, _GAUGE, _HISTOGRAM = MetricKind.COUNTER, MetricKind.GAUGE, MetricKind.HISTOGRAM
METRICS = {
    "connections": Metric(_COUNTER, "Sessions that were begun.", ("listener",)),
    "sessions": Metric(_GAUGE, "Sessions that are open.", ("listener",)),
    "replies": Metric(_COUNTER, "Refusals to clients.", ("listener", "verb", "code", "status")),
    "messages": Metric(_COUNTER, "Messages received.", ("listener", "code")),
    "recipients": Metric(_COUNTER, "Recipients of messages received.", ("listener",)),
    "octets": Metric(_COUNTER, "Octets of messages received.", ("listener",)),
    "outcomes": Metric(
        _COUNTER, "What became of recipients.", ("transport", "disposition", "status_class")
    ),
    "notifications": Metric(_COUNTER, "Notifications that were queued.", ("kind",)),
    "withheld": Metric(_COUNTER, "Notifications that were not sent, by the rule.", ("rule",)),
    "delay_seconds": Metric(_HISTOGRAM, "From arrival until a recipient was done with."),
    "queue_messages": Metric(_GAUGE, "Messages that wait."),
    "queue_oldest_seconds": Metric(_GAUGE, "The age of the oldest of them."),
    "log_lines_lost": Metric(_GAUGE, "Lines that the log could not keep up with."),
}


class Meter(Protocol):
    """Who counts.  Nothing of it raises, and nothing waits."""

    def count(self, name: str, *labels: str, by: float = 1) -> None:
        """Add to a counter, or to a gauge."""

    def observe(self, name: str, value: float) -> None:
        """Take note of a value of a histogram."""

    def follow(self, name: str, value: Callable[[], float], *labels: str) -> None:
        """Ask for the value of a gauge when it is wanted, maybe in another thread."""


class PrometheusMeter:
    """A meter that Prometheus can ask.

    Args:
        metrics: What can be counted: a table like `METRICS`.
    """

    def __init__(self, metrics: Mapping[str, Metric] = METRICS) -> None:
        import prometheus_client

        self.registry: CollectorRegistry = prometheus_client.CollectorRegistry()
        self._counters: dict[str, Counter | Gauge] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        for name, metric in metrics.items():
            whole = f"dsnlib_{name}"
            if metric.kind is MetricKind.HISTOGRAM:
                self._histograms[name] = prometheus_client.Histogram(
                    whole, metric.doc, registry=self.registry, buckets=metric.buckets
                )
            elif metric.kind is MetricKind.COUNTER:
                self._counters[name] = prometheus_client.Counter(
                    whole, metric.doc, metric.labels, registry=self.registry
                )
            else:
                gauge = prometheus_client.Gauge(
                    whole, metric.doc, metric.labels, registry=self.registry
                )
                self._gauges[name] = self._counters[name] = gauge

    def count(self, name: str, *labels: str, by: float = 1) -> None:
        """Add to a counter, or to a gauge."""
        series = self._counters[name]
        (series.labels(*labels) if labels else series).inc(by)

    def observe(self, name: str, value: float) -> None:
        """Take note of a value of a histogram."""
        self._histograms[name].observe(value)

    def follow(self, name: str, value: Callable[[], float], *labels: str) -> None:
        """Ask for the value of a gauge when it is wanted."""
        gauge = self._gauges[name]
        (gauge.labels(*labels) if labels else gauge).set_function(value)

    def exposition(self) -> bytes:
        """Return what Prometheus reads."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry)
