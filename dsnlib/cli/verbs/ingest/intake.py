"""From the command line of `dsnlib ingest` to what takes mails."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING

from dsnlib.adapters.feeds.intake import BounceIntake
from dsnlib.adapters.feeds.mail_reading import MailReader

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dsnlib.adapters.feeds.intake import AfterBatch
    from dsnlib.adapters.store import Store
    from dsnlib.adapters.telemetry.ingest_observer import IngestObserver

__all__ = ["make_intake", "observed"]


def make_intake(
    args: argparse.Namespace, store: Store, *, observer: IngestObserver | None = None
) -> BounceIntake:
    """Return what takes mails.

    Args:
        args: The command line.
        store: Where events go.
        observer: Who looks on.

    Raises:
        InvalidValue: A key is too short, or a number of the score is out of range.
        OSError: The file of keys cannot be read.
    """
    put_aside = None
    if args.unread_dir is not None:
        from dsnlib.adapters.feeds.aside import Aside

        put_aside = Aside(args.unread_dir).put
    return BounceIntake(
        store,
        source=args.source,
        reader=_reader(args),
        put_aside=put_aside,
        after_batch=_after_batch(args, store, observer),
        observer=observer,
    )


def _reader(args: argparse.Namespace) -> MailReader:
    if not args.sender and args.key_file is None:
        return MailReader()
    from dsnlib.bounces.links.link import Issuer

    keys: tuple[bytes, ...] = ()
    if args.key_file is not None:
        from dsnlib.cli.key_file import read_keys

        keys = read_keys(args.key_file)
    return MailReader(
        issuer=Issuer(keys=keys, senders=args.sender), believes_unsigned=args.unsigned
    )


def _after_batch(
    args: argparse.Namespace, store: Store, observer: IngestObserver | None
) -> Iterator[AfterBatch]:
    if args.suppress:
        yield _suppressing(args, store, observer)
    if observer is not None and observer.meter is not None:
        from dsnlib.adapters.telemetry.suppression_gauge import SuppressionGauge

        yield SuppressionGauge(store, observer.meter).look


def _suppressing(
    args: argparse.Namespace, store: Store, observer: IngestObserver | None
) -> AfterBatch:
    from dsnlib.adapters.suppressing import Suppressor
    from dsnlib.cli.score_options import read_policy

    suppressor = Suppressor(store, read_policy(args))
    is_pipe = not args.inputs and args.lmtp is None

    def update() -> None:
        now = dt.datetime.now(dt.UTC)
        if is_pipe:
            from dsnlib.adapters.paced_suppressing import update_if_due

            verdicts = update_if_due(suppressor, store, now=now)
        else:
            verdicts = suppressor.update(now=now)
        if observer is not None and verdicts is not None:
            observer.note_verdicts(verdicts)

    return update


@contextlib.contextmanager
def observed(args: argparse.Namespace) -> Iterator[IngestObserver | None]:
    """Give who looks on, for as long as it is entered; `None` if nobody wants to."""
    if args.metrics is None and not args.trace:
        yield None
        return
    from dsnlib.adapters.telemetry.ingest_observer import IngestObserver
    from dsnlib.cli.telemetry import telemetry

    with telemetry(args) as told:
        yield IngestObserver(args.source, meter=told.meter, tracing=told.tracing)
