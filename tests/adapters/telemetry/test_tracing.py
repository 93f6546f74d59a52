"""Spans, with the SDK of OpenTelemetry, and without anything."""

from __future__ import annotations

import subprocess
import sys
import timeit
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.telemetry.tracing import NO_TRACING, OpenTelemetryTracing
from tests.adapters.telemetry.spans import kept_spans

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


@pytest.fixture
def spans() -> tuple[InMemorySpanExporter, TracerProvider]:
    """What keeps spans, and what makes them."""
    return kept_spans()


@pytest.fixture
def exporter(spans: tuple[InMemorySpanExporter, TracerProvider]) -> InMemorySpanExporter:
    """Where spans are found."""
    return spans[0]


@pytest.fixture
def tracing(spans: tuple[InMemorySpanExporter, TracerProvider]) -> OpenTelemetryTracing:
    """Tells that exporter."""
    return OpenTelemetryTracing(spans[1])


def test_spans(tracing: OpenTelemetryTracing, exporter: InMemorySpanExporter) -> None:
    """A span is part of the one around it, and has its attributes by their full names."""
    with tracing.span("dsnlib.ingest") as outer, tracing.span("dsnlib.read", events=2) as inner:
        inner.note(dsn_kind="failure", http_response_status__code=200)
        outer.fail("unavailable")
    read, ingest = exporter.get_finished_spans()

    assert ("dsnlib.read", "dsnlib.ingest") == (read.name, ingest.name)
    assert {"events": 2, "dsn.kind": "failure", "http.response.status_code": 200} == dict(
        read.attributes or {}
    )
    assert ingest.context is not None
    assert read.parent is not None
    assert ingest.context.span_id == read.parent.span_id
    assert "ERROR" == ingest.status.status_code.name
    assert {"error.type": "unavailable"} == dict(ingest.attributes or {})


def test_context_of_the_caller(
    tracing: OpenTelemetryTracing, exporter: InMemorySpanExporter
) -> None:
    """What came with a request as W3C Trace Context goes on in our spans."""
    from opentelemetry import context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    token = context.attach(TraceContextTextMapPropagator().extract({"traceparent": parent}))
    try:
        with tracing.span("dsnlib.ingest"):
            pass
    finally:
        context.detach(token)
    (span,) = exporter.get_finished_spans()

    assert span.context is not None
    assert 0x0AF7651916CD43DD8448EB211C80319C == span.context.trace_id


def test_error(tracing: OpenTelemetryTracing, exporter: InMemorySpanExporter) -> None:
    """An error goes on to the caller; of it the span has the class and not the text."""

    def fail() -> None:
        with tracing.span("dsnlib.read"):
            message = "bob at example.org"
            raise ValueError(message)

    with pytest.raises(ValueError, match="bob at"):
        fail()
    (span,) = exporter.get_finished_spans()

    assert {"error.type": "ValueError"} == dict(span.attributes or {})
    assert () == span.events
    assert span.status.description is None


def test_nobody() -> None:
    """Where nobody is told, nothing is made: the same span each time."""
    with NO_TRACING.span("dsnlib.read", events=1) as one, NO_TRACING.span("dsnlib.read") as other:
        one.note(dsn_kind="failure")
        one.fail("unavailable")

    assert one is other
    seconds = timeit.timeit(lambda: NO_TRACING.span("dsnlib.read").__enter__(), number=10_000)
    # A message is read in some 500 us; a loaded machine takes its time.
    assert seconds / 10_000 < 20e-6


def test_nothing_is_loaded() -> None:
    """Without the extras nothing of them is loaded."""
    program = (
        "import sys, dsnlib.adapters.telemetry.ingest_observer, dsnlib.adapters.outbox.outbox,"
        " dsnlib.adapters.outbox.webhook, dsnlib.adapters.telemetry.traced_transport,"
        " dsnlib.adapters.telemetry.bounce_metrics;"
        "print([x for x in ('opentelemetry', 'prometheus_client', 'urllib3', 'django', 'ssl')"
        " if x in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert "[]" == done.stdout.strip()
