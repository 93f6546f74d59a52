"""The runs of `dsnlib ingest`: inputs once, what is watched, and what comes by LMTP."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib.adapters.feeds.feed_item import FeedItem
from dsnlib.adapters.feeds.listening_place import bind_place
from dsnlib.adapters.feeds.pump import Patience, Pump, Stopped
from dsnlib.adapters.feeds.stop import Stop
from dsnlib.adapters.feeds.watching import watch
from dsnlib.adapters.store import open_store
from dsnlib.cli.exits import Exit
from dsnlib.cli.progress import Progress, total_octets
from dsnlib.cli.stopping import stopped_by_signals
from dsnlib.cli.verbs.ingest.inputs import Faults, offers_of, watched
from dsnlib.cli.verbs.ingest.intake import make_intake, observed
from dsnlib.cli.verbs.ingest.told import come_again, say, sum_up, tell
from dsnlib.errors import DsnError, InvalidValue, StoreError, StoreUnavailable

if TYPE_CHECKING:
    import argparse
    import socket
    from collections.abc import Callable, Iterator
    from typing import NoReturn

    from dsnlib.adapters.feeds.intake import BounceIntake
    from dsnlib.adapters.feeds.mail_reading import MailReading
    from dsnlib.adapters.feeds.totals import Totals
    from dsnlib.adapters.telemetry.ingest_observer import IngestObserver

__all__ = ["feed"]

# Any: a wish for the end wakes whoever waits.
_LONG_SECONDS = 3600.0


def feed(args: argparse.Namespace) -> int:
    """Feed the store from inputs, or from what comes; return the exit code."""
    stop = Stop()
    run: Callable[[argparse.Namespace, Stop, IngestObserver | None], int] = _once
    if args.lmtp is not None:
        run = _listen
    elif args.watch:
        run = _watch
    try:
        with observed(args) as observer, stopped_by_signals(stop):
            return run(args, stop, observer)
    except Stopped:
        return Exit.FINE
    except StoreError as error:
        return come_again(error)
    except BrokenPipeError:
        raise  # of those who read what we print
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        say(f"{place}{error.strerror or error}")
        return Exit.IO_ERROR
    except DsnError as error:
        say(str(error))
        return Exit.BAD_DATA


def _once(args: argparse.Namespace, stop: Stop, observer: IngestObserver | None) -> int:
    faults = Faults()
    streams = args.json and sys.stdout.isatty()
    progress = Progress(wanted=not (args.quiet or streams), total_octets=total_octets(args.inputs))

    def note(item: FeedItem, reading: MailReading | None) -> None:
        progress.advance(item.size)
        tell(args, item, reading)

    with open_store(args.store) as store:
        pump = Pump(make_intake(args, store, observer=observer), stop=stop, on_taken=note)
        try:
            pump.run(offers_of(args, faults, stop))
        finally:
            progress.hide()
            sum_up(args, pump.totals)
    if stop.is_set():
        return Exit.INTERRUPTED
    was_read = pump.totals.mails or pump.totals.events
    return Exit.PROBLEMS if faults.worst and was_read else faults.worst


def _watch(args: argparse.Namespace, stop: Stop, observer: IngestObserver | None) -> int:
    patience = Patience(stop)
    # One that is damaged will not be any better for being waited for.
    with patience.persist(lambda: open_store(args.store), StoreUnavailable) as store:
        pump = Pump(
            make_intake(args, store, observer=observer),
            patience=patience,
            stop=stop,
            on_taken=lambda item, reading: tell(args, item, reading),
        )
        try:
            pump.run(watch(watched(args, store), stop))
        finally:
            sum_up(args, pump.totals)
    return Exit.FINE


def _listen(args: argparse.Namespace, stop: Stop, observer: IngestObserver | None) -> int:
    import asyncio

    try:
        sock = bind_place(args.lmtp)
    except InvalidValue as error:
        usage_error: Callable[[str], NoReturn] = args.usage_error
        usage_error(f"argument --lmtp: {error}")
    with contextlib.closing(sock):
        # What is wrong with the store for good is said before anything is promised.
        with contextlib.suppress(StoreUnavailable), _opened(args, observer):
            pass
        totals = asyncio.run(_serve(args, sock, stop, observer))
    sum_up(args, totals)
    return Exit.FINE


async def _serve(
    args: argparse.Namespace, sock: socket.socket, stop: Stop, observer: IngestObserver | None
) -> Totals:
    import asyncio
    import tempfile

    from dsnlib.adapters.feeds.lmtp import LmtpIntake, lmtp_serving
    from dsnlib.adapters.feeds.store_thread import StoreThread
    from dsnlib.adapters.service.sockets import place_of

    thread = StoreThread(lambda: _opened(args, observer))

    def note(queue_id: str, reading: MailReading) -> None:
        tell(args, FeedItem(queue_id), reading)

    with tempfile.TemporaryDirectory(prefix="dsnlib-lmtp-") as folder:
        thread.start()
        try:
            intake = LmtpIntake(thread, on_taken=note)
            hostname = args.host or os.uname().nodename
            serving = lmtp_serving(intake, sock, folder=Path(folder), hostname=hostname)
            async with serving:
                if not args.quiet:
                    say(f"LMTP listens on {place_of(sock)}")
                while not stop.is_set():
                    await asyncio.to_thread(stop.wait, _LONG_SECONDS)
        finally:
            thread.stop()
    return thread.totals


@contextlib.contextmanager
def _opened(args: argparse.Namespace, observer: IngestObserver | None) -> Iterator[BounceIntake]:
    """Open the store with what takes mails."""
    with open_store(args.store) as store:
        yield make_intake(args, store, observer=observer)
