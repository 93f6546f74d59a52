"""What `dsnlib ingest` says: of what was stored, of what could not be read, and at the end."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dsnlib.bounces.event_record import event_record
from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.reading import quieten
from dsnlib.cli.text import json_text, printable

if TYPE_CHECKING:
    import argparse

    from dsnlib.adapters.feeds.feed_item import FeedItem
    from dsnlib.adapters.feeds.intake import Taken
    from dsnlib.adapters.feeds.mail_reading import MailReading
    from dsnlib.adapters.feeds.totals import Totals

__all__ = ["come_again", "log_to_stderr", "say", "sum_up", "tell", "tell_record", "tell_unread"]


def say(text: str) -> None:
    """Say something on standard error, on one line."""
    output.write(f"dsnlib: {printable(text)}\n", sys.stderr)


def come_again(error: Exception) -> Exit:
    """Say why nothing could be stored, and return the exit code for it."""
    if isinstance(error, OSError):
        place = "" if error.filename is None else f"{error.filename}: "
        say(f"{place}{error.strerror or error}")
    else:
        # What stores say names the place without a password.
        say(str(error))
    return Exit.TEMPORARY


def log_to_stderr(*, is_verbose: bool) -> None:
    """Write what feeds log to standard error, a line each."""
    import logging

    class _Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            error = record.exc_info[1] if record.exc_info else None
            why = "" if error is None else f"; please report {type(error).__name__}: {error}"
            say(f"{record.getMessage()}{why}")

    logger = logging.getLogger("dsnlib.ingest")
    logger.handlers = [_Lines()]
    logger.setLevel(logging.INFO if is_verbose else logging.WARNING)
    logger.propagate = False
    quieten()


def tell(args: argparse.Namespace, item: FeedItem, reading: MailReading | None) -> None:
    """Tell what was stored of an item, as far as anybody wants to know."""
    if args.json and (reading is not None or item.events):
        tell_record(item.place, item.number, item if reading is None else reading)
        sys.stdout.flush()
    if reading is not None and (reading.is_forged or reading.unknown is not None):
        number = "" if item.number is None else f": message {item.number}"
        tell_unread(args, f"{item.place}{number}", is_forged=reading.is_forged)


def tell_record(
    place: str | None, number: int | None, told: MailReading | Taken | FeedItem
) -> None:
    """Write what was stored as a line of JSON."""
    kind = getattr(told, "kind", None)
    record = {
        "file": place,
        "message": number,
        "kind": None if kind is None else kind.value,
        "unread": getattr(told, "unknown", None) is not None,
        "forged": getattr(told, "is_forged", False),
        "events": [event_record(each) for each in told.events],
    }
    output.write(json_text(record) + "\n")


def tell_unread(args: argparse.Namespace, place: str, *, is_forged: bool) -> None:
    """Say that a bounce was not stored, and where it is."""
    if args.quiet:
        return
    why = "is not signed, or not by us" if is_forged else "cannot be read"
    kept = "" if args.unread_dir is None else f"; it is in {args.unread_dir}"
    say(f"{place}: it looks like a bounce, and {why}{kept}")


def sum_up(args: argparse.Namespace, totals: Totals) -> None:
    """Say on standard error what a run has come to."""
    if args.quiet:
        return
    known = totals.events - totals.new
    parts = [f"{totals.mails} mails", f"{totals.new} new events", f"{known} known"]
    parts += [f"{totals.unread} unread"] * bool(totals.unread)
    parts += [f"{totals.forged} forged"] * bool(totals.forged)
    say(", ".join(parts))
