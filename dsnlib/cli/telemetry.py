"""What `--metrics` and `--trace` of the verbs that go on for long turn on."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from dsnlib.errors import ConfigurationError, InvalidValue

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from dsnlib.adapters.service.metrics import Meter, PrometheusMeter
    from dsnlib.adapters.telemetry.tracing import Tracing

__all__ = ["Telemetry", "add_telemetry_arguments", "telemetry"]

_Made = TypeVar("_Made")
# option -> the extra of the package that it needs
_EXTRAS = {"metrics": "metrics", "trace": "otel"}


class Telemetry(NamedTuple):
    """Who is told of the work.

    Args:
        meter: Who counts; `None` without `--metrics`.
        tracing: Who is told of spans; `None` without `--trace`.
    """

    meter: Meter | None = None
    tracing: Tracing | None = None


def add_telemetry_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--metrics` and `--trace`."""
    parser.add_argument("--metrics", metavar="HOST:PORT", help="where Prometheus may ask")
    parser.add_argument(
        "--trace", action="store_true", help="tell OpenTelemetry, as the environment sets it up"
    )


@contextlib.contextmanager
def telemetry(args: argparse.Namespace) -> Iterator[Telemetry]:
    """Turn on what the command line asks for, for as long as it is entered.

    What is missing or cannot be had ends the command with a usage error.
    """
    with contextlib.ExitStack() as stack:
        meter = _told(args, "metrics", _meter, stack)
        tracing = _told(args, "trace", _tracing, stack)
        yield Telemetry(meter, tracing)


def _told(
    args: argparse.Namespace,
    option: str,
    make: Callable[[argparse.Namespace, contextlib.ExitStack], _Made],
    stack: contextlib.ExitStack,
) -> _Made | None:
    if not getattr(args, option):
        return None
    try:
        return make(args, stack)
    except ImportError:
        args.usage_error(f"argument --{option}: install dsnlib[{_EXTRAS[option]}]")
    except InvalidValue:
        args.usage_error(f"argument --{option}: {getattr(args, option)!r} is not HOST:PORT")
    except ConfigurationError as error:
        args.usage_error(f"argument --{option}: {error}")
    return None


def _meter(args: argparse.Namespace, stack: contextlib.ExitStack) -> PrometheusMeter:
    from dsnlib.adapters.service.metrics import PrometheusMeter
    from dsnlib.adapters.socket_address import parse_socket_address
    from dsnlib.adapters.telemetry.bounce_metrics import BOUNCE_METRICS
    from dsnlib.adapters.telemetry.metrics_thread import MetricsThread

    place = parse_socket_address(f"inet:{args.metrics}")
    meter = PrometheusMeter(BOUNCE_METRICS)
    stack.enter_context(MetricsThread(meter, str(place[0]), int(place[1])))
    return meter


def _tracing(_: argparse.Namespace, __: contextlib.ExitStack) -> Tracing:
    from dsnlib.adapters.telemetry.tracing import OpenTelemetryTracing

    return OpenTelemetryTracing()
