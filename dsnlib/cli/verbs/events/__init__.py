r"""`dsnlib events`: hand what a history knows on to whoever wants to know.

    dsnlib events history.db --name crm --webhook https://crm.example.org/bounces \
        --secret-file crm.secret --set-aside refused.jsonl --follow
    dsnlib events history.db --name archive --jsonl bounces.jsonl

Rules.
- Each name has a place of its own in the history: the next run goes on where this one
  ended.  Without a name all there is goes to standard output, and nothing is noted.
- Secrets come from a file or from DSNLIB_WEBHOOK_SECRET, and a URL that is one may come from a
  file: a command line can be read by everybody on the machine.
- It ends with 0 when all is handed on, and with 1 when some is left or was set aside.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.store_trouble import complain_of_store
from dsnlib.cli.telemetry import add_telemetry_arguments
from dsnlib.cli.text import printable
from dsnlib.errors import DsnError, InvalidValue, StoreError

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_SECRET = "DSNLIB_WEBHOOK_SECRET"  # noqa: S105  where it is, not what it is


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("store", metavar="STORE", help="a file, or postgresql://...")
    parser.add_argument(
        "--name", metavar="WORD", default="", help="whose place in the history: one for each target"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--jsonl", metavar="FILE", help="append a line of JSON for each event")
    where.add_argument("--webhook", metavar="URL", help="POST events to this address")
    where.add_argument("--webhook-file", metavar="FILE", help="the same; the address is in a file")
    parser.add_argument(
        "--secret-file",
        metavar="FILE",
        help=f"what requests are signed with, one whsec_... a line; else {_SECRET}",
    )
    parser.add_argument("--batch", metavar="N", type=int, default=1, help="events a request (1)")
    parser.add_argument(
        "--authorities", metavar="FILE", help="certificates to trust instead of the system's"
    )
    parser.add_argument(
        "--set-aside", metavar="FILE", help="where events go that are refused for good"
    )
    parser.add_argument(
        "--tries", metavar="N", type=int, default=5, help="how often those are tried (5)"
    )
    parser.add_argument(
        "--judged",
        action="store_true",
        help="only what the score has judged (ingest --suppress, or suppress update)",
    )
    parser.add_argument("--follow", action="store_true", help="go on with what is added")
    add_telemetry_arguments(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="say less")


def run(args: argparse.Namespace) -> int:
    """Hand events on, return the exit code."""
    _check(args)
    try:
        if not args.name:
            return _print(args)
        # Here, because to print them nothing of it is needed.
        from dsnlib.cli.verbs.events.runs import hand_on

        return hand_on(args, secrets=_secrets(args), url=_url(args))
    except InvalidValue as error:
        args.usage_error(printable(str(error)))
        raise  # it does not return
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        text, code = f"{place}{error.strerror or error}", Exit.NO_INPUT
    except StoreError as error:
        return complain_of_store(error)
    except DsnError as error:
        text, code = str(error), Exit.PROBLEMS
    output.write(f"dsnlib: {printable(text)}\n", sys.stderr)
    return code


def _check(args: argparse.Namespace) -> None:
    has_target = args.jsonl or args.webhook or args.webhook_file
    if has_target and not args.name:
        args.usage_error("argument --name: it is needed to know what was handed on before")
    if args.name and not has_target:
        args.usage_error("argument --name: say where to, with --jsonl or --webhook")
    if args.follow and not args.name:
        args.usage_error("argument --follow: it needs --name, and --jsonl or --webhook")
    if args.metrics and not args.follow:
        args.usage_error("argument --metrics: it needs --follow")


def _secrets(args: argparse.Namespace) -> tuple[str, ...]:
    if args.secret_file is None:
        return tuple(os.environ.get(_SECRET, "").split())
    with open(args.secret_file, encoding="ascii", errors="replace") as file:  # noqa: PTH123  pathlib is slow to load
        return tuple(file.read().split())


def _url(args: argparse.Namespace) -> str | None:
    if args.webhook_file is None:
        url: str | None = args.webhook
        return url
    with open(args.webhook_file, encoding="utf-8", errors="replace") as file:  # noqa: PTH123  pathlib is slow to load
        return file.read().strip()


def _print(args: argparse.Namespace) -> int:
    from dsnlib.adapters.outbox.notice import format_line
    from dsnlib.adapters.store import open_store
    from dsnlib.bounces.event_record import event_record

    with open_store(args.store, creates=False) as store:
        for _, event, _ in store.events():
            output.write(format_line(event_record(event)).decode("ascii"))
    return Exit.FINE
