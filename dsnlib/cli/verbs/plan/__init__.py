"""`dsnlib plan`: tell which notifications are due about a message, and why.

Rules.
- The message and what became of it are described in JSON; nothing is sent, and
  nothing is asked of anybody.
- What is withheld is told as fully as what is sent.
"""

from __future__ import annotations

import datetime as dt
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.mailboxes.inputs import STDIN
from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.json_object import read_time
from dsnlib.cli.text import json_text, printable
from dsnlib.cli.verbs.plan.answer import answer
from dsnlib.cli.verbs.plan.description import read_message_description
from dsnlib.cli.verbs.plan.record import answer_record
from dsnlib.cli.verbs.plan.text import answer_text, table_records, table_text
from dsnlib.errors import DsnError, InvalidValue
from dsnlib.policy.guard import GUARDS
from dsnlib.policy.profile import DEFAULT, PROFILES, Profile
from dsnlib.policy.reporter import Reporter

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_RULES = tuple(rule.name for rule in GUARDS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "description", metavar="FILE", nargs="?", help="the message described in JSON, or -"
    )
    parser.add_argument(
        "--profile", choices=PROFILES,
        help="the settings to decide by, instead of those that the description names",
    )  # fmt: skip
    for option, what in (("--on", "ask"), ("--off", "do not ask")):
        parser.add_argument(
            option, action="append", default=[], choices=_RULES, metavar="RULE",
            help=f"{what} this rule against backscatter and loops; may be repeated",
        )  # fmt: skip
    parser.add_argument("--host", metavar="NAME", help="who decides; this host if not given")
    parser.add_argument("--now", metavar="TIME", help="instead of the clock")
    parser.add_argument("--json", action="store_true", help="one JSON object, or array of --table")
    parser.add_argument(
        "--table", action="store_true", help="print what is reported for each NOTIFY, and end"
    )
    parser.epilog = f"The rules are {', '.join(_RULES)}."


def run(args: argparse.Namespace) -> int:
    """Print what is to be done, return the exit code."""
    if args.json:
        output.use_utf8()
    if args.table:
        return _print_table(_profile(args, None), is_json=args.json)
    if args.description is None:
        args.usage_error("a description, or --table, is required")
    try:
        text = _read(args.description)
    except OSError as error:
        return _refuse(f"{args.description}: {error.strerror or error}", Exit.NO_INPUT)
    try:
        description = read_message_description(text.decode("utf-8"))
        host = args.host or description.reporting_mta or socket.getfqdn()
        found = answer(
            description,
            _profile(args, description.profile),
            Reporter.parse(host),
            now=_now(args.now),
        )
    except UnicodeDecodeError as error:
        return _refuse(f"{args.description}: not UTF-8 at octet {error.start}", Exit.BAD_DATA)
    except DsnError as error:
        return _refuse(str(error), Exit.BAD_DATA)
    if args.json:
        sys.stdout.write(json_text(answer_record(found)) + "\n")
    else:
        output.write(answer_text(found))
    return Exit.FINE


def _read(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()


def _profile(args: argparse.Namespace, described: str | None) -> Profile:
    """Return the settings, with the rules that options switch."""
    name = args.profile or described or DEFAULT.name
    if name not in PROFILES:
        message = f"profile: {name!r} is none of {', '.join(PROFILES)}"
        raise InvalidValue(message, value=name)
    profile = PROFILES[name]
    guards = profile.dsn.guards.switch(on=args.on, off=args.off)
    return attrs.evolve(profile, dsn=attrs.evolve(profile.dsn, guards=guards))


def _now(text: str | None) -> dt.datetime:
    if text is None:
        return dt.datetime.now().astimezone().replace(microsecond=0)
    return read_time(text, "--now")


def _print_table(profile: Profile, *, is_json: bool) -> int:
    if not is_json:
        output.write(table_text(profile.dsn))
        return Exit.FINE
    sink = output.JsonArray()
    for each in table_records(profile.dsn):
        sink.add(each)
    sink.close()
    return Exit.FINE


def _refuse(problem: str, code: Exit) -> int:
    output.write(f"dsnlib: {printable(problem)}\n", sys.stderr)
    return code
