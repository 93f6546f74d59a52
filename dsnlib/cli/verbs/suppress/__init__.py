"""`dsnlib suppress`: who is not to be sent to, and why.

Rules.
- `check` ends with 0 if all of the addresses may be sent to, with 1 if some must not.
- `add`, `release`, `list`, `export`, `update` and `warnings` end with 0 if all went well,
  with 1 if an address was no address or not suppressed; the others are done.
- A store that is not there ends with 66, one that is away or busy with 75.
- Addresses are arguments, or lines of standard input if they are `-` or none is given.
- An address may be a stranger's text: what would act on a terminal becomes U+FFFD.
"""

from __future__ import annotations

import datetime as dt
import importlib
from typing import TYPE_CHECKING

from dsnlib.adapters.mailboxes.inputs import STDIN
from dsnlib.bounces.suppression import SuppressionSource
from dsnlib.cli.exits import Exit
from dsnlib.cli.intermixed import IntermixedParser
from dsnlib.cli.score_options import add_policy_options
from dsnlib.cli.store_trouble import complain_of_store
from dsnlib.errors import InvalidValue, StoreError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

__all__ = ["add_arguments", "run"]

_SOURCES = [each.value for each in SuppressionSource]
# What a person can say; `bounce` is what the score says.
_ADDED = [each for each in _SOURCES if each != SuppressionSource.BOUNCE.value]
_FORMATS = ("text", "csv", "jsonl", "postfix-access")

# verb -> what it does, where it is done, and whether it makes a store that is not there
_VERBS = {
    "list": ("list the entries", "show", False),
    "add": ("stop mail to addresses", "edit", True),
    "release": ("let mail to addresses go again", "edit", False),
    "check": ("tell whether addresses may be sent to, and why not", "check", False),
    "export": ("write the entries for other programs", "show", False),
    "update": ("suppress addresses by the score of their bounces", "update", False),
    "warnings": ("tell who is to be told that mail is stopped", "update", False),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    verbs = parser.add_subparsers(
        title="verbs", metavar="VERB", required=True, dest="task", parser_class=IntermixedParser
    )
    for verb, (purpose, _, _) in _VERBS.items():
        of_verb = verbs.add_parser(verb, help=purpose, description=f"{purpose.capitalize()}.")
        of_verb.add_argument("store", metavar="STORE", help="a file, or postgresql://...")
        _ADDERS[verb](of_verb)
        of_verb.add_argument("--now", metavar="TIME", help="instead of the clock")


def _add_list(parser: argparse.ArgumentParser) -> None:
    _add_choice(parser)
    parser.add_argument("--json", action="store_true", help="one JSON array, an object an entry")


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--source", choices=_SOURCES, action="append", help="those that came from there"
    )
    parser.add_argument("--reason", metavar="WORD", help="those for this reason")
    state = parser.add_mutually_exclusive_group()
    for each, purpose in _STATES.items():
        state.add_argument(
            f"--{each}", action="store_const", const=each, dest="state", help=purpose
        )


_STATES = {
    "active": "those that stop mail",
    "expired": "those whose time is over",
    "released": "those that were let go",
}


def _add_addresses(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "addresses",
        nargs="*",
        default=[STDIN],
        metavar="ADDRESS",
        help="the addresses; - or none for lines of standard input",
    )


def _add_add(parser: argparse.ArgumentParser) -> None:
    _add_addresses(parser)
    parser.add_argument("--source", choices=_ADDED, default="manual", help="who says so (manual)")
    parser.add_argument("--reason", metavar="WORD", help="why, in a word, for programs")
    parser.add_argument(
        "--expires", metavar="WHEN", help="until when: after 30d or 2w, or on 2027-01-31 (never)"
    )
    parser.add_argument("--note", default="", metavar="TEXT", help="why, for people")
    parser.add_argument(
        "--any", action="store_true", help="also what does not look like a mail address"
    )


def _add_release(parser: argparse.ArgumentParser) -> None:
    _add_addresses(parser)
    parser.add_argument("--note", default="", metavar="TEXT", help="who lets it go, and why")


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_addresses(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--explain", action="store_true", help="tell all that is known, for a person who asks"
    )
    how.add_argument(
        "--print",
        choices=("may-send", "stopped"),
        help="print these addresses alone: a list of recipients, cleaned",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    add_policy_options(parser)


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        choices=_FORMATS,
        default="text",
        help="one address a line (text), a table, or a Postfix access table; "
        "text and postfix-access have those alone that stop mail",
    )
    parser.add_argument(
        "--action", default="REJECT", metavar="TEXT", help="what the access table says (REJECT)"
    )
    _add_choice(parser)


def _add_update(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="tell what would be, write nothing")
    parser.add_argument(
        "--all",
        action="store_true",
        help="read all events, not the new ones alone: after a change of the options, or nightly",
    )
    parser.add_argument(
        "--key-file",
        metavar="FILE",
        help="a key in its first line: give each probe an ENVID, and note it as sent",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    add_policy_options(parser)


def _add_warnings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--since", metavar="TIME", help="those that are due since then (since the last run)"
    )
    parser.add_argument("--dry-run", action="store_true", help="do not note that they were told")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    add_policy_options(parser)


_ADDERS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "list": _add_list,
    "add": _add_add,
    "release": _add_release,
    "check": _add_check,
    "export": _add_export,
    "update": _add_update,
    "warnings": _add_warnings,
}


def run(args: argparse.Namespace) -> int:
    """Do what is asked, return the exit code."""
    from dsnlib.adapters.store import open_store

    _, module, makes = _VERBS[args.task]
    try:
        args.now = _now(args.now)
        task = getattr(importlib.import_module(f"{__name__}.{module}"), f"run_{args.task}")
        with open_store(args.store, creates=makes) as store:
            return int(task(store, args))
    except InvalidValue as error:  # of an option; those of addresses are told where they stand
        args.usage_error(str(error))
    except StoreError as error:
        return complain_of_store(error)
    return Exit.USAGE


def _now(text: str | None) -> dt.datetime:
    if text is None:
        return dt.datetime.now(dt.UTC)
    from dsnlib.bounces.instant import check_instant
    from dsnlib.cli.json_object import read_time

    now = read_time(text, "--now")
    check_instant(now, "--now")
    return now
