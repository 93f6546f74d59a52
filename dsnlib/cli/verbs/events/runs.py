"""The runs of `dsnlib events` that keep their place: once, or as long as events come."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TYPE_CHECKING

from dsnlib.adapters.feeds.stop import Stop
from dsnlib.adapters.outbox.outbox import HandedOn, Outbox
from dsnlib.adapters.outbox.set_aside import SetAside
from dsnlib.adapters.store import open_store
from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.reading import quieten
from dsnlib.cli.stopping import stopped_by_signals
from dsnlib.cli.telemetry import telemetry
from dsnlib.cli.text import printable
from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from dsnlib.adapters.outbox.sink import EventSink
    from dsnlib.cli.telemetry import Telemetry

__all__ = ["hand_on"]


def hand_on(args: argparse.Namespace, *, secrets: Sequence[str], url: str | None) -> int:
    """Hand events on; return the exit code.

    Args:
        args: The command line.
        secrets: What requests are signed with.
        url: Where they go, if they go by a webhook.

    Raises:
        InvalidValue: A secret, the URL or a number cannot be used.
        SinkClosed: The target is gone for good.
        StoreError: The history cannot be used.
    """
    _log_to_stderr(is_quiet=args.quiet)
    stop = Stop()
    with (
        telemetry(args) as told,
        contextlib.closing(_sink(args, secrets, url, told)) as sink,
        open_store(args.store, creates=False) as store,
        stopped_by_signals(stop),
    ):
        aside = None if args.set_aside is None else SetAside(args.set_aside)
        outbox = Outbox(
            store,
            args.name,
            sink,
            tries=args.tries,
            set_aside=aside,
            # The cursor that a suppressor has if it is given no other.
            judged_by="suppress" if args.judged else None,
            meter=told.meter,
        )
        with contextlib.closing(outbox):
            if args.follow:
                outbox.run(stop)
                return Exit.FINE
            done = _once(outbox, stop, most_rounds=1 if aside is None else args.tries)
    if not args.quiet:
        left = f", the rest waits: {done.trouble}" if done.trouble else ""
        _say(f"{done.taken} handed on, {done.set_aside} set aside{left}")
    if stop.is_set():
        return Exit.INTERRUPTED
    return Exit.PROBLEMS if done.trouble or done.set_aside else Exit.FINE


def _once(outbox: Outbox, stop: Stop, *, most_rounds: int) -> HandedOn:
    """Hand on what is there; an event that is refused is tried as often as is wanted."""
    taken = set_aside = rounds = 0
    while True:
        done = outbox.run_once(stop)
        taken += done.taken
        set_aside += done.set_aside
        rounds = 1 if done.taken or done.set_aside else rounds + 1
        # Who runs it by the clock does not want to wait for a server that is down.
        is_over = done.wait_seconds is None or not done.is_refused or rounds >= most_rounds
        if is_over or stop.wait(done.wait_seconds or 0.0):
            return done._replace(taken=taken, set_aside=set_aside)


def _sink(
    args: argparse.Namespace,
    secrets: Sequence[str],
    url: str | None,
    told: Telemetry,
) -> EventSink:
    if url is None:
        from dsnlib.adapters.outbox.json_lines import JsonLinesSink

        return JsonLinesSink(args.jsonl)
    from dsnlib.adapters.outbox.signature import WebhookSecret
    from dsnlib.adapters.outbox.webhook import Webhook

    try:
        return Webhook(
            url,
            secrets=[WebhookSecret(each) for each in secrets],
            most_notices=args.batch,
            authorities=args.authorities,
            meter=told.meter,
            tracing=told.tracing,
        )
    except ImportError as error:
        message = "argument --webhook: it needs urllib3: install dsnlib[webhook]"
        raise InvalidValue(message) from error


def _log_to_stderr(*, is_quiet: bool) -> None:
    class _Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            _say(record.getMessage())

    logger = logging.getLogger("dsnlib.outbox")
    logger.handlers = [_Lines()]
    logger.setLevel(logging.ERROR if is_quiet else logging.WARNING)
    logger.propagate = False
    quieten()


def _say(text: str) -> None:
    output.write(f"dsnlib: {printable(text)}\n", sys.stderr)
