"""`dsnlib parse`: read bounces of any form and say what became of each recipient."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dsnlib.adapters.mailboxes.inputs import STDIN, Entry, ReadError, read_inputs, read_names
from dsnlib.bounces.read import read_bounces
from dsnlib.bounces.record import mail_record
from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.progress import Progress, total_octets
from dsnlib.cli.reading import add_verbosity, attempt, quieten
from dsnlib.parse.record import SCHEMA_VERSION
from dsnlib.parse.report import read_reports

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from dsnlib.bounces.event import BounceEvent
    from dsnlib.model.report import DeliveryReport

__all__ = ["add_arguments", "run"]

_NOTHING: tuple[tuple[DeliveryReport, ...], tuple[BounceEvent, ...]] = (), ()
_FORMATS = ("text", "json", "jsonl", "csv")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "inputs",
        nargs="*",
        metavar="INPUT",
        help="a message, an mbox, a Maildir, a directory of messages, or - for standard input",
    )
    parser.add_argument(
        "--paths-from",
        metavar="FILE",
        help="also read the files named in FILE, one a line; - for standard input",
    )
    formats = parser.add_mutually_exclusive_group()
    formats.add_argument("--format", choices=_FORMATS, default="text", help="default: text")
    for name, help_ in (
        ("json", "one JSON array"),
        ("jsonl", "one JSON object a line, for each message, written at once"),
        ("csv", "one row for each recipient"),
    ):
        formats.add_argument(
            f"--{name}", dest="format", action="store_const", const=name, help=help_
        )
    add_verbosity(parser)


def run(args: argparse.Namespace) -> int:
    """Read all inputs, write a record of each message, return the exit code."""
    if not args.inputs and args.paths_from is None:
        args.usage_error("nothing to read: name a file or a directory, or - for standard input")
    if not args.verbose:
        quieten()
    # A bar and lines that stream by cannot share a screen.
    streams = args.format != "text" and sys.stdout.isatty()
    progress = Progress(
        wanted=not (args.quiet or streams),
        total_octets=None if args.paths_from else total_octets(args.inputs),
    )
    try:
        sink = _sink(args, progress)
        outcome = _write(args, sink, progress)
        sink.close()
    finally:
        progress.hide()
    return outcome


def _write(args: argparse.Namespace, sink: output.Sink, progress: Progress) -> Exit:
    was_read, worst = False, Exit.FINE
    for entry in read_inputs(_names(args)):
        (reports, events), error = attempt(_read, entry, _NOTHING)
        sink.add(_record(entry, mail_record(reports, events), error))
        if error is None:
            was_read = True
        else:
            worst = max(worst, Exit(error.exit))
            output.complain(entry.file, entry.message, error.message, error.code)
        if args.verbose:
            for report in reports:
                for defect in report.defects:
                    output.complain(entry.file, entry.message, defect.message, defect.code)
        progress.advance(len(entry.octets or b""))
    return Exit.PROBLEMS if was_read and worst else worst


def _names(args: argparse.Namespace) -> Iterator[str | Entry]:
    yield from args.inputs
    if args.paths_from is not None:
        yield from read_names(args.paths_from)


def _read(octets: bytes) -> tuple[tuple[DeliveryReport, ...], tuple[BounceEvent, ...]]:
    reports = read_reports(octets)
    return reports, read_bounces(octets, reports=reports)


def _record(entry: Entry, said: output.Record, error: ReadError | None) -> output.Record:
    return {
        "schema_version": SCHEMA_VERSION,
        "file": entry.file,
        "message": entry.message,
        **said,
        "error": None if error is None else {"code": error.code, "message": error.message},
    }


def _sink(args: argparse.Namespace, progress: Progress) -> output.Sink:
    if args.format == "text":
        from dsnlib.cli.verbs.parse.table import Table

        # Of a single file or standard input, every row would say the same.
        is_one = args.paths_from is None and len(args.inputs) == 1
        is_file = is_one and (args.inputs == [STDIN] or total_octets(args.inputs) is not None)
        return Table(
            show_file=not is_file,
            show_total=not args.quiet,
            before_drawing=progress.hide,
        )
    output.use_utf8()
    sinks: dict[str, Callable[[], output.Sink]] = {
        "json": output.JsonArray,
        "jsonl": output.JsonLines,
        "csv": output.CsvRows,
    }
    return sinks[args.format]()
