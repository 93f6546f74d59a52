"""`dsnlib ingest`: what bounces say, into the history of a store.

Rules.
- Without an input it is the end of a pipe: one mail on standard input, as Postfix's `pipe`
  and Exim's hand it over.  It ends with 0 when the mail may be forgotten, and with 75 when
  the mail system has to keep it and come again.  There is no third: a bounce that is
  refused has no sender that it could be returned to, and would be gone.  So a mistake in
  the command line is 75 too where standard input may be a mail, and a mail that is stored
  is not asked for again because nobody could be told of it.
- What could not be read is put aside with `--unread-dir`; without it a line says so.
- Nothing is moved, deleted or passed over before the store has it on the disk.
- What watches or listens waits for a store that is away or full, and goes on when it is
  back.  A signal ends it behind the batch that is begun.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from typing import TYPE_CHECKING

from dsnlib.cli import output, streams
from dsnlib.cli.exits import Exit
from dsnlib.cli.score_options import add_policy_options
from dsnlib.cli.telemetry import add_telemetry_arguments
from dsnlib.cli.usage import refuse_usage
from dsnlib.cli.verbs.ingest.intake import make_intake, observed
from dsnlib.cli.verbs.ingest.told import come_again, log_to_stderr, say, tell_record, tell_unread
from dsnlib.errors import DsnError

if TYPE_CHECKING:
    import argparse

    from dsnlib.adapters.feeds.intake import Taken

__all__ = ["add_arguments", "run"]

# As the local agent of Postfix has them, Exim's pipe transport, and qmail's.
_RECIPIENT_VARIABLES = ("ORIGINAL_RECIPIENT", "RECIPIENT")
_FORMATS = ("auto", "mail", "postfix-log", "exim-log", "ses")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("store", metavar="STORE", help="a file, or postgresql://...")
    parser.add_argument(
        "inputs",
        nargs="*",
        metavar="INPUT",
        help="messages, mboxes, Maildirs, directories, logs, notices of Amazon SES, or - for "
        "standard input; without any, standard input is one message",
    )
    parser.add_argument(
        "--format", choices=_FORMATS, default="auto", help="what the inputs are (auto)"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--watch",
        "--follow",
        action="store_true",
        help="go on with what comes: new mail of Maildirs, which is moved, and lines of logs",
    )
    how.add_argument(
        "--move", action="store_true", help="read new mail of Maildirs alone, and move it to cur"
    )
    how.add_argument("--lmtp", metavar="PLACE", help="take mail by LMTP: HOST:PORT or unix:/PATH")
    parser.add_argument(
        "--delete", action="store_true", help="delete new mail of Maildirs when it is stored"
    )
    parser.add_argument("--source", metavar="WORD", default="", help="where the events come from")
    parser.add_argument("--host", metavar="NAME", help="whose log it is, if its lines do not tell")
    parser.add_argument(
        "--unread-dir", metavar="DIR", help="keep bounces that cannot be read in this Maildir"
    )
    parser.add_argument(
        "--envelope-to",
        metavar="ADDRESS",
        help="what the one message was delivered to; "
        "else ORIGINAL_RECIPIENT and RECIPIENT of the environment say so",
    )
    parser.add_argument(
        "--sender",
        metavar="ADDRESS",
        action="append",
        default=[],
        help="a return path of ours that VERP is made from; may be given more than once",
    )
    parser.add_argument(
        "--key-file", metavar="FILE", help="the keys of ENVIDs and of keyed VERP, one a line"
    )
    parser.add_argument(
        "--unsigned",
        action="store_true",
        help="believe bounces without a signature too: while mail from before the keys is out",
    )
    parser.add_argument(
        "--suppress", action="store_true", help="suppress addresses by their score at once"
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON object a line for what was stored"
    )
    add_telemetry_arguments(parser)
    add_policy_options(parser)
    group = parser.add_mutually_exclusive_group()
    group.add_argument("-q", "--quiet", action="store_true", help="say less")
    group.add_argument("-v", "--verbose", action="store_true", help="say more, on standard error")
    parser.error = functools.partial(refuse_usage, parser)  # type: ignore[method-assign]  # of this one


def run(args: argparse.Namespace) -> int:
    """Feed the store, return the exit code."""
    _check(args)
    if args.json:
        output.use_utf8()
    log_to_stderr(is_verbose=args.verbose)
    if args.inputs or args.lmtp is not None:
        # Here, because of one message in a pipe nothing of it is needed.
        from dsnlib.cli.verbs.ingest.runs import feed

        return feed(args)
    code = _pipe(args)
    # Which may be full too: what counts is the code.
    streams.finish(sys.stderr)
    return code


def _check(args: argparse.Namespace) -> None:
    if args.lmtp is not None and args.inputs:
        args.usage_error("argument --lmtp: it takes no INPUT")
    if args.envelope_to is not None and (args.inputs or args.lmtp is not None):
        args.usage_error("argument --envelope-to: only for the one message of a pipe")
    if args.metrics is not None and not (args.watch or args.lmtp):
        args.usage_error("argument --metrics: only with --watch or --lmtp")
    if args.suppress and args.verp_probes:
        # Nobody here could send them.
        args.usage_error("argument --verp-probes: only `dsnlib suppress update` tells of probes")
    if args.inputs or args.lmtp is not None:
        return
    if args.watch or args.move or args.delete:
        args.usage_error("nothing to watch: name a Maildir or a log")
    if args.format not in {"auto", "mail"}:
        args.usage_error("argument --format: say - for a log on standard input")
    if sys.stdin is not None and sys.stdin.isatty():
        args.usage_error("nothing to read: name an input, or pipe a message in")


def _pipe(args: argparse.Namespace) -> int:
    """Take the one mail of standard input."""
    from dsnlib.adapters.store import open_store

    try:
        octets = _read_all()
        with observed(args) as observer, open_store(args.store) as store:
            intake = make_intake(args, store, observer=observer)
            taken = intake.take(octets, arrived_at=_delivered_to(args))
    except (DsnError, OSError) as error:
        with contextlib.suppress(OSError):  # standard error may be full: what counts is the code
            come_again(error)
        return Exit.TEMPORARY
    except Exception as error:  # noqa: BLE001  whatever it is, the mail must not be lost
        _say(f"dsnlib failed on this message; please report {type(error).__name__}: {error}")
        return Exit.TEMPORARY
    try:
        _tell(args, taken)
    except OSError as error:
        # The mail is stored: it must not come again for what nobody could read of it.
        streams.drop(sys.stdout)
        _say(f"it is stored, and nobody could be told: {error.strerror or error}")
    return Exit.FINE


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # standard error may be full: what counts is the code
        say(text)


def _tell(args: argparse.Namespace, taken: Taken) -> None:
    if args.json:
        tell_record(None, None, taken)
        sys.stdout.flush()
    if taken.is_forged or taken.unknown is not None:
        tell_unread(args, "standard input", is_forged=taken.is_forged)


def _delivered_to(args: argparse.Namespace) -> tuple[str, ...]:
    """Return the addresses that the mail was delivered to, as far as they are known."""
    if args.envelope_to is not None:
        return (args.envelope_to,)
    return tuple([os.environ[name] for name in _RECIPIENT_VARIABLES if os.environ.get(name)])


def _read_all() -> bytes:
    from dsnlib.adapters.mailboxes.inputs import MESSAGE_OCTETS

    if sys.stdin is None:
        return b""
    octets = sys.stdin.buffer.read(MESSAGE_OCTETS)
    # What is beyond tells nothing of a bounce, and a mail system waits for all to be read.
    while sys.stdin.buffer.read(1 << 20):
        pass
    return octets
