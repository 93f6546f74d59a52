"""`dsnlib rewrite`: tell what becomes of a reply on its way out.

Rules.
- The lines of the reply come first and stand as they would be sent.  What
  follows begins with blanks, so it cannot be taken for a line of a reply.
- What is wrong with the reply as it was given, or with what a filter answered,
  is told, and ends with 1.
- What is no reply, and a table that cannot be used, end with 65 or 66.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.mailboxes.inputs import STDIN
from dsnlib.cli import output
from dsnlib.cli.answering import (
    STAGES,
    complain_of_table,
    describe_defect,
    lay_out,
    open_named_table,
    reply_record,
)
from dsnlib.cli.exits import Exit
from dsnlib.cli.text import json_text, printable
from dsnlib.errors import InvalidReply, TableError
from dsnlib.model.reply import SmtpReply
from dsnlib.model.text import decode_wire
from dsnlib.replies.rewrite import RewriteRules, rewrite_remote_reply, rewrite_reply

if TYPE_CHECKING:
    import argparse

    from dsnlib.errors import Defect
    from dsnlib.replies.rewrite import RewrittenReply

__all__ = ["add_arguments", "run"]

# Chosen by us: a line has 512 octets, and nobody sends two thousand of them.
_LARGEST_OCTETS = 1 << 20
# They are about our own replies, and a remote one is left as it was said.
_OF_OURS = {"verb": "--verb", "stage": "--stage", "no_status": "--no-status", "no_fit": "--no-fit"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "reply",
        nargs="?",
        default=STDIN,
        metavar="REPLY",
        help="a whole reply in quotes, of any lines; standard input if it is - or not given",
    )
    ours = parser.add_argument_group("what is answered")
    ours.add_argument("--verb", metavar="VERB", help="the command that is answered, such as RCPT")
    ours.add_argument(
        "--stage", choices=STAGES, help="what the reply is about, if not what the command carries"
    )
    ours.add_argument(
        "--remote", action="store_true", help="it is the reply of a server that was called"
    )
    rules = parser.add_argument_group("rules")
    rules.add_argument("--soft-bounce", action="store_true", help="refuse for now, never for good")
    rules.add_argument(
        "--reply-filter",
        action="append",
        default=[],
        metavar="TABLE",
        help="a table that is asked with each line; may be repeated",
    )
    rules.add_argument(
        "--status-filter",
        action="append",
        default=[],
        metavar="TABLE",
        help="a table that is asked with status and text; may be repeated",
    )
    rules.add_argument("--may-harden", action="store_true", help="let a filter make 5yz of 4yz")
    rules.add_argument("--no-status", action="store_true", help="add no status to a bare reply")
    rules.add_argument("--no-fit", action="store_true", help="leave address statuses as they are")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("-q", "--quiet", action="store_true", help="print the reply and no more")


def run(args: argparse.Namespace) -> int:
    """Rewrite the reply, write what it is now and why, return the exit code."""
    if args.remote:
        for name, option in _OF_OURS.items():
            if getattr(args, name) not in (None, False):
                args.usage_error(f"argument {option}: a reply of another server has no use for it")
    try:
        rules = _rules(args)
        given = SmtpReply.read(_text(args.reply))
    except TableError as error:
        return complain_of_table(error)
    except InvalidReply as error:
        output.write(f"dsnlib: {printable(str(error))}\n", sys.stderr)
        return Exit.BAD_DATA
    if args.remote:
        done = rewrite_remote_reply(given, rules=rules)
    else:
        verb = "*" if args.verb is None else args.verb
        stage = None if args.stage is None else STAGES[args.stage]
        done = rewrite_reply(given, stage=stage, verb=verb, rules=rules)
    defects = (*given.defects, *done.defects)
    if args.json:
        output.use_utf8()
        sys.stdout.write(json_text(_record(done, defects)) + "\n")
    else:
        rows = [("Fired", name) for name in done.fired]
        rows += [("But", describe_defect(defect)) for defect in defects]
        lines = [f"{printable(line)}\n" for line in str(done.reply).split("\n")]
        output.write("".join(lines) + ("" if args.quiet else lay_out(rows)))
    # A code with an odd second digit breaks RFC 5321 s4.2, and does no harm here.
    is_doubtful = any(defect.code != "reply-code" for defect in defects)
    return Exit.PROBLEMS if is_doubtful else Exit.FINE


def _rules(args: argparse.Namespace) -> RewriteRules:
    return RewriteRules(
        adds_status=not args.no_status,
        fits_stage=not args.no_fit,
        reply_filters=tuple([open_named_table(each) for each in args.reply_filter]),
        status_filters=tuple([open_named_table(each) for each in args.status_filter]),
        may_harden=args.may_harden,
        soft_bounce=args.soft_bounce,
    )


def _text(reply: str) -> str:
    """Return the reply of the argument, or of standard input.

    Raises:
        InvalidReply: There is none, or too much of it.
    """
    if reply == STDIN:
        octets = b"" if sys.stdin is None else sys.stdin.buffer.read(_LARGEST_OCTETS + 1)
        if len(octets) > _LARGEST_OCTETS:
            message = f"reply: it is larger than {_LARGEST_OCTETS} octets"
            raise InvalidReply(message)
        reply = decode_wire(octets)
    if not reply.strip():
        message = "reply: there is none"
        raise InvalidReply(message)
    return reply.strip()


def _record(done: RewrittenReply, defects: tuple[Defect, ...]) -> output.Record:
    return {
        "original": reply_record(done.original),
        "reply": reply_record(done.reply),
        "fired": list(done.fired),
        "defects": [attrs.asdict(defect) for defect in defects],
    }
