"""`dsnlib bulk`: archives of mail to rows, on all cores or on a cluster."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from dsnlib.bulk.part import FORMATS
from dsnlib.bulk.run_bulk import ENGINES, BulkResult, run_bulk
from dsnlib.bulk.run_directory import RunConflict
from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.progress import Progress
from dsnlib.cli.text import printable
from dsnlib.errors import StoreError

if TYPE_CHECKING:
    import argparse

    from dsnlib.bulk.run_directory import Plan
    from dsnlib.bulk.work import ShardResult

__all__ = ["add_arguments", "run"]

# A line for each would be the only thing that a person sees; all are in the rows.
_MOST_COMPLAINTS = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="an mbox, a Maildir, a directory, a tar archive (.gz, .bz2, .xz too), a Parquet file",
    )
    parser.add_argument("--out", metavar="DIR", required=True, help="where the rows go")
    parser.add_argument(
        "--format", choices=FORMATS, help="default: parquet if pyarrow is installed, else jsonl"
    )
    parser.add_argument("--workers", type=_count, metavar="N", help="default: one for each core")
    parser.add_argument("--engine", choices=ENGINES, default="local", help="default: local")
    parser.add_argument("--address", metavar="HOST:PORT", help="of a Ray cluster")
    parser.add_argument("--store", metavar="PLACE", help="add the events to this history too")
    parser.add_argument(
        "--column",
        metavar="NAME",
        default="content",
        help="where the messages of a Parquet file are (default: content)",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="remove what another run has made in DIR"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="say less")


def run(args: argparse.Namespace) -> int:
    """Read the inputs, write the rows, and return the exit code."""
    if args.address is not None and args.engine != "ray":
        args.usage_error("--address is of a Ray cluster: it needs --engine ray")
    telling = _Telling(quiet=args.quiet)
    began = time.monotonic()
    try:
        result = run_bulk(
            args.inputs,
            args.out,
            format=args.format or _default_format(),
            column=args.column,
            store=args.store,
            engine=args.engine,
            workers=args.workers,
            address=args.address,
            overwrites=args.overwrite,
            on_plan=telling.start,
            on_result=telling.advance,
        )
    except RunConflict as error:
        return _fail(telling, str(error), Exit.USAGE)
    except ImportError as error:
        return _fail(telling, str(error), Exit.USAGE)
    except OSError as error:
        place = error.filename or args.out
        reason = (
            f"cannot write: {place}: {error.strerror or error}; what is done stays in {args.out}"
        )
        return _fail(telling, reason, Exit.IO_ERROR)
    except StoreError as error:
        return _fail(telling, f"{error}; what is done stays in {args.out}", Exit.IO_ERROR)
    finally:
        telling.end()
    if not args.quiet:
        _tell(result, time.monotonic() - began)
    return _exit(result)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _default_format() -> str:
    import importlib.util

    return "jsonl" if importlib.util.find_spec("pyarrow") is None else "parquet"


def _fail(telling: _Telling, reason: str, code: Exit) -> Exit:
    telling.end()
    output.write(f"dsnlib: {printable(reason)}\n", sys.stderr)
    return code


def _exit(result: BulkResult) -> Exit:
    if not (result.errors or result.set_aside):
        return Exit.FINE
    return Exit.PROBLEMS if result.messages else Exit.NO_INPUT


def _tell(result: BulkResult, seconds: float) -> None:
    rate = result.messages / seconds if seconds else 0.0
    lines = [f"{result.messages:,} messages, {result.rows - result.errors:,} events"]
    if result.kept:
        lines.append(f"{result.kept:,} of {result.shards:,} shards were done before")
    else:
        lines[0] += f", {rate:,.0f} messages a second"
    for number, what in (
        (result.errors, "could not be read: see the column error"),
        (result.unread, "looked like bounces and named nobody"),
        (result.set_aside, "shards set aside: start the run again to try them"),
    ):
        if number:
            lines.append(f"{number:,} {what}")
    output.write("".join(f"{line}\n" for line in lines))


class _Telling:
    """What is shown while the run is on."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._progress = Progress(wanted=not quiet)
        self._left = _MOST_COMPLAINTS

    def start(self, plan: Plan) -> None:
        """Show how much there is."""
        self._progress = Progress(wanted=not self._quiet, total_octets=plan.octets)

    def advance(self, result: ShardResult) -> None:
        """Show that a shard is done, and what could not be read of it."""
        for complaint in result.complaints[: self._left]:
            output.complain(*complaint[:2], complaint.reason, complaint.code)
        if self._left > 0:
            self._left -= len(result.complaints)
            if self._left <= 0:
                output.write("dsnlib: and more: see the column error\n", sys.stderr)
        self._progress.advance(result.octets, messages=result.messages)

    def end(self) -> None:
        """Take it off the screen."""
        self._progress.hide()
