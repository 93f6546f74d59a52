"""`dsnlib classify`: tell why replies were given, without a message.

Rules.
- A reply is an argument, or a line of standard input: a line of a log, or a
  Diagnostic-Code with its type.
- 0 if every reply has a reason, 1 if one is undefined; a file of rules that
  cannot be used ends with 65, or 66 if it is not there.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.mailboxes.inputs import STDIN
from dsnlib.bounces.reason import classify_reply
from dsnlib.bounces.rules.names import System, foreign_name
from dsnlib.bounces.rules.rule_file import load_rules
from dsnlib.bounces.rules.shipped import shipped_rules
from dsnlib.bounces.taxonomy import Reason
from dsnlib.cli import output
from dsnlib.cli.asked import read_asked
from dsnlib.cli.exits import Exit
from dsnlib.cli.text import printable
from dsnlib.errors import ConfigurationError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from dsnlib.bounces.reason import Classification
    from dsnlib.bounces.rules.rule_set import RuleSet

__all__ = ["add_arguments", "run"]

_SYSTEMS = {system.value: system for system in System}
# diagnostic-type ";" before the text                        RFC 3464 s2.3.6
_TYPE = re.compile(r"(?:smtp|x-[a-z0-9-]{1,40}|unknown)[ \t]{0,8};[ \t]{0,8}", re.IGNORECASE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "replies",
        nargs="*",
        default=[STDIN],
        metavar="REPLY",
        help="a whole reply in quotes; lines of standard input if it is - or none is given",
    )
    parser.add_argument(
        "--rules",
        action="append",
        default=[],
        metavar="FILE",
        help="rules that count for more than dsnlib's; may be repeated, the first counts most",
    )
    parser.add_argument(
        "--provider", metavar="NAME", help="who gave the replies, as the rules call them: google"
    )
    parser.add_argument(
        "--names", choices=_SYSTEMS, help="also tell what this system calls the reason"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Classify every reply, return the exit code."""
    try:
        rules = _rules(args.rules)
    except ConfigurationError as error:
        output.write(f"dsnlib: {printable(str(error))}\n", sys.stderr)
        return Exit.BAD_DATA
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}"
        output.write(f"dsnlib: {printable(reason)}\n", sys.stderr)
        return Exit.NO_INPUT
    sink = None
    if args.json:
        output.use_utf8()
        sink = output.JsonLines()
    system = _SYSTEMS.get(args.names)
    end = Exit.FINE
    for reply in read_asked(args.replies):
        typed = _TYPE.match(reply)
        offset = 0 if typed is None else typed.end()
        found = classify_reply(reply[offset:], rules=rules, provider=args.provider)
        if found.reason is Reason.UNDEFINED:
            end = Exit.PROBLEMS
        if sink is not None:
            sink.add(_record(reply, offset, found, system))
        else:
            output.write("\t".join(map(printable, _columns(reply, found, system))) + "\n")
            sys.stdout.flush()
    return end


def _rules(files: Sequence[str]) -> RuleSet:
    rules = shipped_rules()
    for name in reversed(files):
        rules = load_rules(Path(name).read_bytes(), origin=name).over(rules)
    return rules


def _columns(reply: str, found: Classification, system: System | None) -> Iterator[str]:
    yield reply
    yield found.reason.value
    yield found.permanence.value
    yield found.fault.value
    yield found.rule or "-"
    if system is not None:
        yield foreign_name(found.reason, found.permanence, system) or "-"


def _record(reply: str, offset: int, found: Classification, system: System | None) -> output.Record:
    record: output.Record = {
        "reply": reply,
        "reason": found.reason.value,
        "permanence": found.permanence.value,
        "fault": found.fault.value,
        "status": None if found.status is None else str(found.status),
        "reply_code": found.reply_code,
        "confidence": found.confidence.name.lower(),
        "rule": found.rule,
        "evidence": [
            {
                **attrs.asdict(each),
                "start": None if each.start is None else each.start + offset,
                "end": None if each.end is None else each.end + offset,
                "confidence": each.confidence.name.lower(),
            }
            for each in found.evidence
        ],
    }
    if system is not None:
        record["name"] = foreign_name(found.reason, found.permanence, system)
    return record
