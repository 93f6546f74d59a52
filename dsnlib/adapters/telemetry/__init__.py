"""What is seen of the work from outside: numbers for Prometheus, spans for OpenTelemetry.

    bounce_metrics      the table of numbers about bounces
    event_labels        by what events are counted
    ingest_observer     looks on while bounces are fed
    metrics_thread      the page of numbers, beside work that is not asyncio
    suppression_gauge   how many addresses are suppressed
    traced_transport    a span for each attempt at a delivery
    tracing             who is told of spans, and nobody

Rules.
- Labels and attributes are words of closed sets, numbers and registered codes: no address,
  no name and no text of a stranger's is one.
- Without the extras nothing is loaded and nothing is spent.
"""

from __future__ import annotations
