"""The command `dsnlib`: a module or room of `verbs` for each verb, this one to choose it.

What several verbs need stands beside this module; `sendmail` has a room of its own, for
it is a command by itself too.

A pipe transport starts the command once per message, so a start loads only
what its verb needs: the other verbs are known by name alone, and rich is
imported when something is drawn on a terminal.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import sys
from typing import TYPE_CHECKING

from dsnlib.cli import streams
from dsnlib.cli.exits import Exit

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Sequence

__all__ = ["__version__", "build_parser", "main"]

# A literal: importlib.metadata would load the email package.
__version__ = "0.1.0"

# verb -> what it does.  Its module, or room, of `dsnlib.cli.verbs` has the same name, with _
# for its hyphens, and in it add_arguments(parser) and run(args) -> exit code.
_VERBS = {
    "parse": "read bounces of any form and say what became of each recipient",
    "lint": "tell which rules of the RFCs a delivery report breaks",
    "plan": "tell which notifications are due about a message, and why",
    "compose": "write the notification that is due about a message",
    "explain": "tell what a status code or an SMTP reply means",
    "classify": "tell why replies were given, whether that lasts, and whose fault it is",
    "explain-bounce": "tell what a bounce says, why we think so, and what to do about it",
    "rewrite": "tell what becomes of a reply on its way out, and by which rules",
    "access": "ask a look-up table for keys, and tell what its values mean",
    "template": "check bounce template files, and print them as Postfix would",
    "ingest": "read what comes back into a history: mail, logs, notices of services",
    "history": "look into a history of bounces, export and import it, forget",
    "suppress": "tell who must not be sent to, and why; suppress by scores, add and release",
    "report": "show what a history knows: as a page, or on the terminal",
    "events": "hand on what a history knows: to a file, or to a web server",
    "bulk": "read archives of mail on all cores, or on many machines",
    "anonymize": "replace the names in a bounce, so that it can be handed out",
    "languages": "list the languages of notifications, or tell which one is chosen",
    "serve": "run the mail server that a configuration describes",
    "config": "check the configuration of the mail server, show it, or print an example",
    "queue": "list the mail that waits, show it, and have it tried, held or deleted",
    "password": "hash a password for the file of accounts, or try one",
    "send": "send one message, and tell what became of each recipient",
    "sendmail": "send mail as programs do: a drop-in for the sendmail command",
    "sink": "run a server for tests that bounces by the address it is sent",
    "verp": "put recipients into return paths, and read them out of those of bounces",
    "schema": "print the JSON schemas of what the other verbs print as JSON",
    "completion": "print what a shell needs to complete the command: bash, zsh or fish",
}
# The names of programs that the sendmail command is known by.
_SENDMAIL_NAMES = frozenset({"mailq", "newaliases", "send-mail", "sendmail"})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        argv: The arguments without the name of the program; `sys.argv`'s if
            `None`.
    """
    if argv is None:
        is_sendmail = os.path.basename(sys.argv[0]) in _SENDMAIL_NAMES  # noqa: PTH119  pathlib is slow to load
        argv = sys.argv[1:]
    else:
        is_sendmail = False
    arguments = list(argv)
    streams.open_missing()
    try:
        code = _run_sendmail(None) if is_sendmail else _run(arguments)
        sys.stdout.flush()
    except SystemExit as exit_:  # argparse, after --help or a mistake
        return exit_.code if isinstance(exit_.code, int) else Exit.USAGE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        streams.drop(sys.stdout)
        return Exit.BROKEN_PIPE
    except ImportError as error:
        from dsnlib.cli.missing_library import refuse_without

        return refuse_without(error)
    except OSError as error:  # what concerns an input is told by the verb
        streams.drop(sys.stdout)
        with contextlib.suppress(OSError):  # standard error may be as full
            print(f"dsnlib: cannot write: {error.strerror or error}", file=sys.stderr)
        return Exit.IO_ERROR
    finally:
        streams.finish(sys.stderr)
    return code


def _run_sendmail(arguments: list[str] | None) -> int:
    from dsnlib.cli import sendmail

    return sendmail.main(arguments)


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["sendmail"]:
        # Its options are older than argparse, which has no time to load here.
        return _run_sendmail(arguments[1:])
    chosen = next((each for each in arguments if not each.startswith("-")), None)
    parser = build_parser(() if chosen is None else (chosen,))
    # Of the verb, which has its own usage and may have its own exit code.
    args, unknown = parser.parse_known_args(arguments)
    if unknown:
        args.usage_error(f"unrecognized arguments: {' '.join(unknown)}")
    return int(args.run(args))


def build_parser(filled: Collection[str] | None = None) -> argparse.ArgumentParser:
    """Return the parser of the command line.

    Args:
        filled: The verbs that get their arguments; `None` for all of them.  The others
            are known by name alone, and their modules are not loaded.

    Returns:
        The parser.  `sendmail` has no arguments in it: it reads its own.
    """
    import argparse

    from dsnlib.cli.intermixed import IntermixedParser
    from dsnlib.cli.usage import refuse_usage

    parser = argparse.ArgumentParser(
        prog="dsnlib",
        description="Delivery status notifications: read, check and explain them.",
    )
    # A verb that is mistyped in the configuration of a mail system is not to cost a mail.
    parser.error = functools.partial(refuse_usage, parser)  # type: ignore[method-assign]  # of this one
    parser.add_argument("--version", action="version", version=f"dsnlib {__version__}")
    verbs = parser.add_subparsers(
        title="verbs", metavar="VERB", required=True, parser_class=IntermixedParser
    )
    for verb, purpose in _VERBS.items():
        # Not `capitalize`, which would write "smtp".
        description = f"{purpose[0].upper()}{purpose[1:]}."
        of_verb = verbs.add_parser(verb, help=purpose, description=description)
        if verb != "sendmail" and (filled is None or verb in filled):
            module = importlib.import_module(f"dsnlib.cli.verbs.{verb.replace('-', '_')}")
            module.add_arguments(of_verb)
            of_verb.set_defaults(run=module.run, usage_error=of_verb.error)
    return parser
