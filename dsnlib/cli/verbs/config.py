"""`dsnlib config`: check a configuration, show what holds, print one to begin with.

Rules.
- `check` tells everything that is wrong, a line each with its place; 65 then, and 66 if
  the file cannot be read.  A user that this host does not have is only a note: a
  configuration may be checked elsewhere than it is used.
- What `show` and `example` print is a configuration itself.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.text import printable

if TYPE_CHECKING:
    import argparse

    from dsnlib.adapters.config.settings import InvalidSettings, Settings

__all__ = ["add_arguments", "complain_of", "load", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    verbs = parser.add_subparsers(metavar="WHAT", required=True)
    check = verbs.add_parser("check", help="tell everything that is wrong with a configuration")
    check.add_argument("file", metavar="FILE", help="the configuration, such as dsnlib.toml")
    check.add_argument(
        "--no-files", action="store_true", help="do not open tables, certificates and the like"
    )
    check.set_defaults(what=_check)
    show = verbs.add_parser("show", help="print what holds, or the defaults")
    show.add_argument("file", nargs="?", metavar="FILE", help="the configuration")
    which = show.add_mutually_exclusive_group()
    which.add_argument("--defaults", action="store_true", help="every key with its default")
    which.add_argument(
        "--changed", action="store_true", help="only what is not as it is by default"
    )
    show.set_defaults(what=_show)
    keys = verbs.add_parser("keys", help="print what keys there are, as a table in Markdown")
    keys.add_argument(
        "names", nargs="*", metavar="KEY", help="only these, or what begins so: smtpd_tls"
    )
    keys.set_defaults(what=_keys)
    example = verbs.add_parser("example", help="print an annotated configuration")
    example.add_argument("profile", choices=("submission", "mx", "sink"))
    example.set_defaults(what=_example)


def run(args: argparse.Namespace) -> int:
    """Do what is asked, return the exit code."""
    return int(args.what(args))


def load(file: str) -> Settings | Exit:
    """Return the settings of a file, or the exit code after telling what is wrong."""
    # Who wants another verb's help is not to wait for this.
    import socket

    from dsnlib.adapters.config.read import read_file
    from dsnlib.adapters.config.settings import InvalidSettings

    try:
        settings = read_file(Path(file), hostname=socket.gethostname())
    except InvalidSettings as error:
        return complain_of(error)
    except OSError as error:
        output.write(f"dsnlib: {printable(file)}: {error.strerror or error}\n", sys.stderr)
        return Exit.NO_INPUT
    for note in settings.notes:
        output.write(f"dsnlib: note: {printable(note)}\n", sys.stderr)
    return settings


def complain_of(error: InvalidSettings) -> Exit:
    """Tell all that is wrong on standard error, a line each, and return the exit code."""
    for each in error.errors:
        output.write(f"dsnlib: {printable(str(each))}\n", sys.stderr)
    return Exit.BAD_DATA


def _check(args: argparse.Namespace) -> int:
    settings = load(args.file)
    if isinstance(settings, Exit):
        return settings
    if not args.no_files:
        from dsnlib.adapters.config.settings import InvalidSettings
        from dsnlib.adapters.service.build import build

        try:
            build(settings, has_owner=False)
        except InvalidSettings as error:
            return complain_of(error)
        _note_owner(settings)
    count = len(settings.listeners)
    listeners = "1 listener" if count == 1 else f"{count} listeners"
    output.write(f"{printable(args.file)}: fine, {listeners}\n")
    return Exit.FINE


def _note_owner(settings: Settings) -> None:
    """Tell if this host does not have the user: it may be another that will serve."""
    from dsnlib.adapters.service.privileges import find_owner
    from dsnlib.errors import ConfigurationError

    try:
        find_owner(settings.system.mail_owner, may_be_root=not settings.system.mail_owner)
    except ConfigurationError as error:
        note = settings.error("mail_owner", f"{error.args[0]} on this host")
        output.write(f"dsnlib: note: {printable(str(note))}\n", sys.stderr)


def _show(args: argparse.Namespace) -> int:
    from dsnlib.adapters.config.write import write_defaults, write_settings

    output.use_utf8()
    if args.defaults:
        output.write(write_defaults())
        return Exit.FINE
    if args.file is None:
        args.usage_error("a FILE is needed, or --defaults")
    settings = load(args.file)
    if isinstance(settings, Exit):
        return settings
    output.write(write_settings(settings, is_whole=not args.changed))
    return Exit.FINE


def _keys(args: argparse.Namespace) -> int:
    from dsnlib.adapters.config.table import write_table

    output.use_utf8()
    table = write_table(tuple(args.names))
    output.write(table)
    return Exit.FINE if table else Exit.PROBLEMS


def _example(args: argparse.Namespace) -> int:
    from dsnlib.adapters.config.example import write_example

    output.use_utf8()
    output.write(write_example(args.profile))
    return Exit.FINE
