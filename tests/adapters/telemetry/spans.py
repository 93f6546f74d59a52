"""Spans that are kept, for tests to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

__all__ = ["kept_spans"]


def kept_spans() -> tuple[Any, TracerProvider]:
    """Return what keeps spans, and what makes them; skips where the library is missing.

    The first is an `InMemorySpanExporter`: by its types all of a span may be missing.
    """
    exporters = pytest.importorskip(
        "opentelemetry.sdk.trace.export.in_memory_span_exporter",
        reason="opentelemetry-sdk is not installed",
    )
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor

    exporter = exporters.InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter, provider
