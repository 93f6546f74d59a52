"""`dsnlib history`: look at what is known of bounces, take it elsewhere, and forget it.

Rules.
- A history that is not there, or is damaged, ends with 66, one that is away, busy or full
  with 75.
- `import` tells each bad line with its file and number, goes on, and ends with 65; a file that
  is not there ends with 66 after the others.  What was imported before is known, and counts once.
- `check` ends with 1 if anything is wrong.  `export` of a damaged history writes what can be
  read, tells what is lost, and ends with 65.
- `show` ends with 1 if nothing is known of the address.
- Text of strangers is made harmless for a terminal; files have it as it is.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib.cli.intermixed import IntermixedParser
from dsnlib.cli.store_trouble import complain_of_store
from dsnlib.errors import StoreError, StoreUnavailable

if TYPE_CHECKING:
    from dsnlib.adapters.store import Store

__all__ = ["add_arguments", "run"]

_EVENTS_SHOWN = 100
# What is of use where the history cannot even be opened.
_OF_DAMAGED = ("check", "export")
_WHAT = ("events", "suppressions")

# verb -> what it does, where it is done, and whether it makes a history that is not there
_VERBS = {
    "info": ("tell how much is known, of which days, in what version", "show", False),
    "show": ("tell all that is known of an address", "show", False),
    "export": ("write events or suppressions to a file", "files", False),
    "import": ("read events or suppressions from files", "files", True),
    "prune": ("forget old events; the counts by day are kept", "forget", False),
    "erase": ("forget addresses, and keep their suppressions as digests", "forget", False),
    "check": ("tell whether the history is sound", "show", False),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    verbs = parser.add_subparsers(
        title="verbs", metavar="VERB", required=True, dest="task", parser_class=IntermixedParser
    )
    each = {
        verb: verbs.add_parser(verb, help=purpose, description=f"{purpose.capitalize()}.")
        for verb, (purpose, _, _) in _VERBS.items()
    }
    for of_verb in each.values():
        of_verb.add_argument("store", metavar="STORE", help="a file, or postgresql://...")
    for verb in ("info", "show", "check"):
        each[verb].add_argument("--json", action="store_true", help="one JSON object")
    each["show"].add_argument("address", metavar="ADDRESS", help="in any case")
    each["show"].add_argument(
        "--last", type=_number, default=_EVENTS_SHOWN, metavar="N",
        help=f"only the last N events ({_EVENTS_SHOWN})",
    )  # fmt: skip
    for verb in ("export", "import"):
        each[verb].add_argument("--what", choices=_WHAT, default="events", help="(events)")
    each["export"].add_argument("--format", choices=("jsonl", "csv"), help="by the name, or jsonl")
    each["export"].add_argument(
        "--output", type=Path, metavar="FILE", help="where to, instead of standard output"
    )
    each["import"].add_argument(
        "--format", choices=("jsonl", "csv", "text"),
        help="by the name, or jsonl; text, for suppressions, is an address a line",
    )  # fmt: skip
    each["import"].add_argument("files", nargs="+", metavar="FILE", help="- is standard input")
    each["import"].add_argument(
        "--source", default="import", metavar="WORD", help="where events come from (import)"
    )
    age = each["prune"].add_mutually_exclusive_group(required=True)
    age.add_argument("--before", type=_day, metavar="DAY", help="those before 2026-01-31")
    age.add_argument("--keep-days", type=_number, metavar="N", help="those older than N days")
    each["erase"].add_argument("addresses", nargs="+", metavar="ADDRESS", help="in any case")
    each["erase"].add_argument(
        "--drop-suppression", action="store_true", help="let mail go there again"
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) <= len("999999")):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 999999")
    return int(text)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-01-31") from None


def run(args: argparse.Namespace) -> int:
    """Do what is asked, return the exit code."""
    from dsnlib.adapters.store import open_store

    _, module, makes = _VERBS[args.task]
    task = getattr(importlib.import_module(f"{__name__}.{module}"), f"run_{args.task}")
    try:
        try:
            opened = open_store(args.store, creates=makes)
        except StoreUnavailable:
            raise
        except StoreError:
            if args.task not in _OF_DAMAGED or not Path(args.store).is_file():
                raise
            opened = _open_damaged(args.store)
        with opened as store:
            return int(task(store, args))
    except StoreError as error:
        return complain_of_store(error)


def _open_damaged(place: str) -> Store:
    from dsnlib.adapters.history.sqlite.store import SqliteStore

    return SqliteStore(place, creates=False, rescues=True)
