"""What is counted of bounces: fed, suppressed, handed on, read in bulk.

The table, with the names that `PrometheusMeter(BOUNCE_METRICS)` shows behind `dsnlib_`, and
`_total` behind those of counters.

Rules.
- A label is a word of a closed set (`event_labels`), or one that whoever runs it gave: the
  name of an outbox, the source of a feed.
"""

from __future__ import annotations

from dsnlib.adapters.service.metrics import Metric, MetricKind

__all__ = ["BOUNCE_METRICS"]

# A bounce is read in a millisecond, and a disk or a database may take its time.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_COUNTER, _GAUGE, _HISTOGRAM = MetricKind.COUNTER, MetricKind.GAUGE, MetricKind.HISTOGRAM
BOUNCE_METRICS = {
    "bounce_events": Metric(
        _COUNTER,
        "Events that were new to the history.",
        ("kind", "reason", "permanence", "fault", "provider", "source"),
    ),
    "bounce_statuses": Metric(
        _COUNTER, "The same by enhanced code: registered ones, else x.", ("status",)
    ),
    "bounce_events_known": Metric(_COUNTER, "Events that were there already.", ("source",)),
    "ingested_messages": Metric(_COUNTER, "Messages that were fed.", ("source", "result")),
    "read_seconds": Metric(_HISTOGRAM, "How long a message was read.", buckets=_SECONDS),
    "store_seconds": Metric(_HISTOGRAM, "How long adding took, to the disk.", buckets=_SECONDS),
    "suppressions": Metric(_GAUGE, "Addresses that are suppressed.", ("source",)),
    "suppression_changes": Metric(_COUNTER, "Addresses whose standing has changed.", ("change",)),
    "outbox_events": Metric(_COUNTER, "Events that left an outbox.", ("name", "result")),
    "outbox_attempts": Metric(_COUNTER, "Attempts of an outbox.", ("name", "result")),
    "outbox_behind_seconds": Metric(
        _GAUGE, "Since when an outbox has not handed on all there is.", ("name",)
    ),
    "webhook_attempts": Metric(_COUNTER, "Requests, by the class of the answer.", ("result",)),
    "bulk_messages": Metric(_COUNTER, "Messages of archives that were read.", ("result",)),
    "bulk_shards": Metric(_COUNTER, "Parts of archives that are done.", ("result",)),
}
