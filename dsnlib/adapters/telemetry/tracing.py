"""Spans: what took how long, and as part of what.

One of them::

    with tracing.span("dsnlib.read") as span:
        events = ...
        span.note(**event_attributes(events[0]))

Rules.
- A span is part of what the caller is in the middle of: the current context of
  OpenTelemetry, and by that W3C Trace Context.
- Names are those of `SPANS`.  Attributes are words of closed sets, numbers and registered
  codes: no address, Message-ID or host of a stranger's.
- An error that leaves a span is named by its class alone: its text may quote a stranger.
- `NO_TRACING` does nothing and loads nothing.
"""

from __future__ import annotations

import contextlib
import functools
import time
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from opentelemetry.trace import Span as OpenTelemetrySpan
    from opentelemetry.trace import TracerProvider

__all__ = ["NO_TRACING", "SPANS", "NoTracing", "OpenSpan", "OpenTelemetryTracing", "Tracing"]

# What a span may be called, and what it is of.
SPANS = {
    "dsnlib.ingest": "One message, or one line of a log, from arrival to the disk.",
    "dsnlib.read": "A message becomes events.",
    "dsnlib.store.add": "Events are added to the history.",
    "dsnlib.suppress.update": "Addresses with new events are judged.",
    "dsnlib.webhook.post": "One request to a web server.",
    "dsnlib.bulk.shard": "One part of an archive.",
    "dsnlib.deliver": "One attempt at recipients of a message.",
}
Value: TypeAlias = str | int | bool


class OpenSpan(Protocol):
    """One piece of work."""

    def note(self, **attributes: Value) -> None:
        """Add attributes: `_` in their names is for `.`, `__` for `_`."""

    def fail(self, word: str) -> None:
        """Say that the work failed, in a word of a closed set."""


class Tracing(Protocol):
    """Who is told of spans.  Nothing of it raises, and nothing waits."""

    def span(self, name: str, **attributes: Value) -> AbstractContextManager[OpenSpan]:
        """Begin a span that ends with the block.

        Args:
            name: One of `SPANS`.
            attributes: As `OpenSpan.note` has them.
        """

    def tell(self, name: str, *, seconds: float, **attributes: Value) -> None:
        """Tell of a span that has just ended, elsewhere.

        Args:
            name: One of `SPANS`.
            seconds: How long it was.
            attributes: As `OpenSpan.note` has them.
        """


class _NoSpan:
    """A span that nobody is told of; it is its own context, so nothing is made for it."""

    def note(self, **attributes: Value) -> None:
        """Do nothing."""

    def fail(self, word: str) -> None:
        """Do nothing."""

    def __enter__(self) -> OpenSpan:
        return self

    def __exit__(self, *_: object) -> None:
        return None


_NO_SPAN = _NoSpan()


class NoTracing:
    """Nobody is told."""

    def span(self, name: str, **attributes: Value) -> AbstractContextManager[OpenSpan]:  # noqa: ARG002  the protocol's
        """Return a span that nobody is told of."""
        return _NO_SPAN

    def tell(self, name: str, *, seconds: float, **attributes: Value) -> None:
        """Do nothing."""


NO_TRACING: Tracing = NoTracing()


class _TracedSpan:
    """A span of OpenTelemetry."""

    __slots__ = ("_span",)

    def __init__(self, span: OpenTelemetrySpan) -> None:
        self._span = span

    def note(self, **attributes: Value) -> None:
        """Add attributes."""
        if self._span.is_recording():
            self._span.set_attributes(_named(attributes))

    def fail(self, word: str) -> None:
        """Say that the work failed."""
        from opentelemetry.trace import Status, StatusCode

        self._span.set_attribute("error.type", word)
        self._span.set_status(Status(StatusCode.ERROR))


class OpenTelemetryTracing:
    """Tells OpenTelemetry.

    Args:
        provider: Whose spans they are; that of the process if `None`.

    Raises:
        ImportError: The extra `otel` is not installed.
    """

    def __init__(self, provider: TracerProvider | None = None) -> None:
        from opentelemetry import trace

        self._tracer = trace.get_tracer("dsnlib", tracer_provider=provider)

    @contextlib.contextmanager
    def span(self, name: str, **attributes: Value) -> Iterator[OpenSpan]:
        """Begin a span that ends with the block."""
        with self._tracer.start_as_current_span(
            name,
            attributes=_named(attributes),
            # The text of an error may quote an address.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            traced = _TracedSpan(span)
            try:
                yield traced
            except Exception as error:
                traced.fail(type(error).__name__)
                raise

    def tell(self, name: str, *, seconds: float, **attributes: Value) -> None:
        """Tell of a span that has just ended, elsewhere."""
        now = time.time_ns()
        span = self._tracer.start_span(
            name, attributes=_named(attributes), start_time=now - int(seconds * 1e9)
        )
        span.end(now)


def _named(attributes: Mapping[str, Value]) -> dict[str, Value]:
    return {_dotted(name): value for name, value in attributes.items()}


@functools.cache
def _dotted(name: str) -> str:
    return name.replace("__", "\0").replace("_", ".").replace("\0", "_")
