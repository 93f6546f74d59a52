"""`dsnlib compose`: write a notification about a message.

Rules.
- What is decided elsewhere (which recipients, which codes) is given by options
  or by a JSON description; nothing is guessed but the class of the action, from
  the class of the code.
- The message goes to standard output, with LF line ends as `sendmail` takes them,
  or with CRLF to the file of `--eml`; what was made up for goes to standard error.
"""

from __future__ import annotations

import datetime as dt
import secrets
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import attrs

from dsnlib.adapters.mailboxes.inputs import STDIN
from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.site import add_template_option, load_library
from dsnlib.cli.text import printable
from dsnlib.cli.verbs.compose.description import plan_from, read_description, read_time
from dsnlib.compose.block import TemplateClass
from dsnlib.compose.bounce import BounceComposer
from dsnlib.compose.human import HumanForm
from dsnlib.compose.language.choose import choose_language
from dsnlib.compose.original import open_original
from dsnlib.compose.postfix.parameters import Parameters
from dsnlib.compose.returned import ReturnRules
from dsnlib.errors import DsnError, InvalidValue
from dsnlib.policy.reporter import Reporter

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from dsnlib.compose.message import ComposedMessage
    from dsnlib.policy.plan import DsnPlan

__all__ = ["add_arguments", "run"]

_HEADER_OCTETS = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("message", metavar="FILE", help="the message that it is about, or -")
    what = parser.add_argument_group("what to report")
    what.add_argument(
        "--json", metavar="FILE", help="a description with the keys of `dsnlib parse --json`"
    )
    what.add_argument("--sender", metavar="ADDRESS", help="its return path: whom to notify")
    what.add_argument(
        "-r", "--recipient", action="append", default=[], metavar="ADDRESS",
        help="one that it concerns; may be repeated",
    )  # fmt: skip
    what.add_argument("--status", metavar="CODE", help="the enhanced status code, such as 5.1.1")
    what.add_argument(
        "--action", choices=["failed", "delayed", "delivered", "relayed", "expanded"],
        help="if not given, the class of the code tells",
    )  # fmt: skip
    what.add_argument("--diagnostic", metavar="TEXT", help="what the other server said")
    what.add_argument("--remote-mta", metavar="HOST", help="which server that was")
    what.add_argument("--retry-until", metavar="TIME", help="when a delayed message is given up")
    what.add_argument("--envid", metavar="TEXT", help="its ENVID, decoded")
    what.add_argument("--queue-id", metavar="TEXT", help="what the log calls it")
    what.add_argument("--arrival", metavar="TIME", help="when it came")
    what.add_argument("--ret", choices=["full", "hdrs"], help="how much its sender asked to see")
    who = parser.add_argument_group("who reports")
    who.add_argument("--host", metavar="NAME", help="the Reporting-MTA; this host if not given")
    who.add_argument("--name", default="DSN", help="for X-NAME-Queue-ID and its like (%(default)s)")
    who.add_argument("--postmaster", metavar="ADDRESS", help="whom people may ask")
    how = parser.add_argument_group("how to write it")
    how.add_argument(
        "--lang", metavar="TAGS",
        help="languages, separated by commas; if not given, what the message asks for",
    )  # fmt: skip
    how.add_argument("--no-english", action="store_true", help="do not add the English text")
    how.add_argument("--multilingual", action="store_true", help="a part a language (RFC 8255)")
    how.add_argument("--html", action="store_true", help="add an HTML form")
    how.add_argument("--postmaster-copy", action="store_true", help="write a postmaster's copy")
    how.add_argument("--verify", action="store_true", help="use the template for address checks")
    how.add_argument("--unclickable", action="store_true", help="break links of strangers")
    how.add_argument("--seven-bit", action="store_true", help="encode all beyond US-ASCII")
    how.add_argument(
        "--size-limit", type=int, default=50_000, metavar="OCTETS",
        help="the largest message that is returned whole; 0 for any (%(default)s)",
    )  # fmt: skip
    add_template_option(how)
    how.add_argument("--date", metavar="TIME", help="its Date, instead of now")
    how.add_argument("--token", help="what Message-ID and boundaries are made from")
    how.add_argument("--eml", metavar="FILE", help="write it there instead of standard output")


def run(args: argparse.Namespace) -> int:
    """Write the notification, return the exit code."""
    try:
        octets, file = _open(args.message)
    except OSError as error:
        return _refuse(f"{args.message}: {error.strerror or error}", Exit.NO_INPUT)
    try:
        description = _description(args)
        host = args.host or description.get("reporting_mta") or socket.getfqdn()
        description["reporting_mta"] = host
        plan = plan_from(description, is_copy=args.postmaster_copy)
        reporter = _reporter(args, str(host))
        plan = _with_extensions(plan, reporter, args.queue_id)
        parameters = Parameters().override({"myhostname": str(host)})
        library, problems = load_library(args.templates, parameters)
        composer = BounceComposer(
            reporter=reporter,
            library=library,
            parameters=parameters,
            form=HumanForm(
                is_html=args.html,
                is_multilingual=args.multilingual,
                is_seven_bit=args.seven_bit,
            ),
            returns=ReturnRules(message_octets=args.size_limit or None),
            is_english_added=not args.no_english,
            is_unclickable=args.unclickable,
        )
        message = composer.compose(
            plan,
            octets if file is None else file,
            now=_now(args.date),
            token=args.token or secrets.token_hex(12),
            language=_languages(args, description, octets, library.languages, plan),
            template=TemplateClass.VERIFY if args.verify else None,
        )
        _write(message, args.eml)
    except DsnError as error:
        return _refuse(str(error), Exit.BAD_DATA)
    except BrokenPipeError:  # who reads has enough: the exit code of all verbs
        raise
    except OSError as error:
        return _refuse(f"{error.filename or args.eml}: {error.strerror or error}", Exit.IO_ERROR)
    finally:
        if file is not None:
            file.close()
    for problem in dict.fromkeys([*problems, *message.defects]):
        output.write(f"dsnlib: {printable(str(problem))}\n", sys.stderr)
    return Exit.PROBLEMS if problems else Exit.FINE


def _open(name: str) -> tuple[bytes, BinaryIO | None]:
    """Return the octets of standard input, or the header of a file and the file."""
    if name == STDIN:
        return sys.stdin.buffer.read(), None
    file = Path(name).open("rb")  # noqa: SIM115  closed when the message is written
    header = file.read(_HEADER_OCTETS)
    file.seek(0)
    return header, file


def _description(args: argparse.Namespace) -> dict[str, Any]:
    """Return the description: that of the file, with what the options say over it."""
    description: dict[str, Any] = {}
    if args.json:
        description = read_description(_text_of(args.json))
    given = {
        "sender": args.sender,
        "envelope_id": args.envid,
        "arrival_date": args.arrival,
        "ret": args.ret,
    }
    description.update({key: value for key, value in given.items() if value is not None})
    if args.recipient:
        common = {
            "status": args.status or "5.0.0",
            "action": args.action,
            "diagnostic": args.diagnostic,
            "remote_mta": args.remote_mta,
            "will_retry_until": args.retry_until,
        }
        description["reports"] = [{"recipient": each, **common} for each in args.recipient]
    return description


def _text_of(name: str) -> str:
    try:
        octets = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
        return octets.decode("utf-8")
    except OSError as error:
        message = f"{name}: {error.strerror or error}"
        raise InvalidValue(message) from error
    except UnicodeDecodeError as error:
        message = f"{name}: not UTF-8 at octet {error.start}"
        raise InvalidValue(message) from error


def _reporter(args: argparse.Namespace, host: str) -> Reporter:
    postmaster = args.postmaster
    if postmaster is not None:
        # A person typed it, so a slip is likelier than an odd address.
        from email_validator import EmailNotValidError, validate_email

        try:
            validate_email(postmaster, check_deliverability=False)
        except EmailNotValidError as error:
            message = f"--postmaster: {postmaster!r}: {error}"
            raise InvalidValue(message, value=postmaster) from error
    return Reporter.parse(host, args.name, postmaster=postmaster)


def _with_extensions(plan: DsnPlan, reporter: Reporter, queue_id: str | None) -> DsnPlan:
    """Return the plan with the fields of our own that its description has not."""
    fields = plan.report.message
    there = {each.name.lower() for each in fields.extensions}
    own = [
        each
        for each in reporter.extension_fields(queue_id=queue_id, sender=plan.recipient.address)
        if each.name.lower() not in there
    ]
    message = attrs.evolve(fields, extensions=(*fields.extensions, *own))
    return attrs.evolve(plan, report=attrs.evolve(plan.report, message=message))


def _languages(
    args: argparse.Namespace,
    description: dict[str, Any],
    octets: bytes,
    available: Sequence[str],
    plan: DsnPlan,
) -> list[str]:
    if args.lang:
        return [each.strip() for each in args.lang.split(",") if each.strip()]
    if plan.languages:
        return [*plan.languages]
    fields = open_original(octets).fields()
    choice = choose_language(
        available,
        explicit=description.get("language"),
        accept_language=fields.get("accept-language"),
        content_language=fields.get("content-language"),
        domain=plan.recipient.address.rpartition("@")[2],
    )
    return [choice.language]


def _now(text: str | None) -> dt.datetime:
    if text is None:
        return dt.datetime.now().astimezone().replace(microsecond=0)
    return read_time(text, "--date")


def _write(message: ComposedMessage, name: str | None) -> None:
    if name is None:
        # What reads a pipe, such as sendmail, takes the line ends of this system.
        for chunk in message:
            sys.stdout.buffer.write(chunk.replace(b"\r\n", b"\n"))
        sys.stdout.buffer.flush()
        return
    with Path(name).open("wb") as file:
        for chunk in message:
            file.write(chunk)


def _refuse(problem: str, code: Exit) -> int:
    output.write(f"dsnlib: {printable(problem)}\n", sys.stderr)
    return code
