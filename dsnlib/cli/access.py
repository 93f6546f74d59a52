"""`dsnlib access`: ask a look-up table, as `postmap -q` does, and tell what it means.

Rules.
- One key: its value.  Several, or those of standard input: key, TAB, value, and
  nothing for a key that is not there.
- With `--as` a key is a subject, for which the keys of an access table are tried
  in order; the one that was found stands before the value.
- 0 if anything was found, 1 if nothing was.
- A key may be a stranger's text: what would act on a terminal becomes U+FFFD,
  and a TAB in it a blank, so columns stay columns.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import attrs

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
from dsnlib.cli.mailboxes import STDIN
from dsnlib.cli.text import printable
from dsnlib.errors import InvalidValue, TableError
from dsnlib.model.text import decode_wire, replace_controls
from dsnlib.replies.access import ActionKind, parse_action
from dsnlib.replies.check_tables import ContentChecks, check_value, read_value
from dsnlib.replies.checks import check_content_sync
from dsnlib.replies.cidr_table import read_address
from dsnlib.replies.drive import run as run_now
from dsnlib.replies.finding import Inquiry
from dsnlib.replies.restrictions import check_access_value
from dsnlib.replies.rule_access import apply_value
from dsnlib.replies.search import NULL_SENDER, Found, address_keys, find, host_keys, network_keys
from dsnlib.replies.session import Client, SmtpSession
from dsnlib.replies.site import Site
from dsnlib.replies.stage import Stage
from dsnlib.replies.tables import StaticTable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from dsnlib.errors import Defect
    from dsnlib.model.reply import SmtpReply
    from dsnlib.replies.access import AccessAction
    from dsnlib.replies.tables import TextTable

__all__ = ["Meaning", "add_arguments", "explain_access", "explain_content", "run"]

_UNKNOWN = "unknown"
# A message of one field, for what a value of a content table does to it.
_FIELD = b"Subject: x\r\n\r\n"

_CHECKS = {"actions": check_access_value, "content": check_value, "none": None}

_MEANINGS = {
    ActionKind.OK: "It may pass: the rest of this list is not asked.",
    ActionKind.DUNNO: "Nothing is said: what comes next in the list is asked.",
    ActionKind.REJECT: "It is refused.",
    ActionKind.DEFER: "It is refused for now.",
    ActionKind.DEFER_IF_PERMIT: "It is refused for now, unless something else refuses it.",
    ActionKind.DEFER_IF_REJECT: "What this list would refuse for good is refused for now.",
    ActionKind.WARN: "A warning is logged.",
    ActionKind.INFO: "A note is logged.",
    ActionKind.HOLD: "The message is kept back until somebody lets it go.",
    ActionKind.DISCARD: "The message is taken and dropped, and nobody is told.",
    ActionKind.REDIRECT: "The message goes to that address instead of its recipients.",
    ActionKind.BCC: "The message goes to that address too.",
    ActionKind.PREPEND: "The field is put in front.",
    ActionKind.FILTER: "The message goes through that filter first.",
    ActionKind.IGNORE: "The field or line is taken away.",
    ActionKind.STRIP: "The field or line is taken away, and that is logged.",
    ActionKind.PASS: "The rest of the message is not looked at.",
    ActionKind.REPLACE: "The field or line is replaced.",
}


class Meaning(NamedTuple):
    """What a value means.

    Args:
        action: The action, if it is one.
        restrictions: The names of restrictions, if it is those.
        reply: What is answered, if it refuses.
        defects: What whoever wrote it should know.
        problem: Why it means nothing; then the others are empty.
    """

    action: AccessAction | None = None
    restrictions: str = ""
    reply: SmtpReply | None = None
    defects: tuple[Defect, ...] = ()
    problem: str | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "table",
        metavar="TABLE",
        help="kind:path as in main.cf; a path alone is texthash, or .cidr, .pcre, .regexp",
    )
    parser.add_argument(
        "keys", nargs="+", metavar="KEY", help="what to ask for; - for lines of standard input"
    )
    parser.add_argument(
        "--as",
        dest="subject",
        choices=_SUBJECTS,
        help="what the keys are, to try what stands for them in turn; a client is name[address]",
    )
    parser.add_argument(
        "--delimiter", default="", metavar="CHARACTERS", help="what begins an extension: +"
    )
    parser.add_argument(
        "--no-parents", action="store_true", help="the domains below are .domain, not domain"
    )
    parser.add_argument(
        "--check",
        choices=_CHECKS,
        default="none",
        help="check every value of the table first: access actions, or content checks",
    )
    parser.add_argument(
        "--explain", action="store_true", help="tell what the value means, and what is answered"
    )
    parser.add_argument(
        "--stage",
        choices=STAGES,
        help="what --explain is to refuse; if not given, what --as says, or a recipient",
    )
    parser.add_argument("--json", action="store_true", help="one JSON array, an object a key")


def run(args: argparse.Namespace) -> int:
    """Ask for every key, write what is found, return the exit code."""
    _check_options(args)
    try:
        table = open_named_table(args.table, check=_CHECKS[args.check])
    except TableError as error:
        return complain_of_table(error)
    sink = None
    if args.json:
        output.use_utf8()
        sink = output.JsonArray()
    end = Exit.PROBLEMS
    worst = Exit.FINE
    for asked in _questions(args.keys):
        found = _ask(table, asked, args)
        meaning = None if found is None or not args.explain else _explain(asked, found.value, args)
        if sink is not None:
            sink.add(_record(asked, found, meaning))
        elif found is not None:
            _show(asked, found, meaning, args)
        if found is not None:
            end = Exit.FINE
        if meaning is not None and meaning.problem is not None:
            worst = Exit.BAD_DATA
    if sink is not None:
        sink.close()
    return worst or end


def _check_options(args: argparse.Namespace) -> None:
    if args.subject is None and (args.delimiter or args.no_parents):
        args.usage_error("arguments --delimiter and --no-parents: only with --as")
    if args.stage is not None and not args.explain:
        args.usage_error("argument --stage: only with --explain")


def _questions(keys: Sequence[str]) -> Iterator[str]:
    for key in keys:
        if key != STDIN:
            yield key
        elif sys.stdin is not None:
            for line in sys.stdin.buffer:
                if text := decode_wire(line).rstrip("\r\n"):
                    yield text


def _ask(table: TextTable, asked: str, args: argparse.Namespace) -> Found | None:
    if args.subject is None:
        value = table.lookup(asked)
        return None if value is None else Found(value=value, key=asked, table=table.name)
    search, _ = _SUBJECTS[args.subject]
    for keys in search(asked, args):
        found = run_now(find(table, keys))
        if found is not None:
            return found
    return None


def _address_search(asked: str, args: argparse.Namespace) -> Iterator[Iterable[str]]:
    address = "" if asked == NULL_SENDER else asked
    yield address_keys(address, delimiter=args.delimiter, parents=not args.no_parents)


def _client_search(asked: str, args: argparse.Namespace) -> Iterator[Iterable[str]]:
    client = _client(asked)
    yield host_keys(client.hostname or _UNKNOWN, parents=not args.no_parents)
    if client.address != _UNKNOWN:
        yield network_keys(client.address)


def _helo_search(asked: str, args: argparse.Namespace) -> Iterator[Iterable[str]]:
    yield host_keys(asked, parents=not args.no_parents)


def _network_search(asked: str, args: argparse.Namespace) -> Iterator[Iterable[str]]:  # noqa: ARG001  one form for all searches
    yield network_keys(asked)


# subject -> the searches of a table for it, one after the other, and what is refused
_SUBJECTS = {
    "address": (_address_search, Stage.RECIPIENT),
    "client": (_client_search, Stage.CLIENT),
    "helo": (_helo_search, Stage.HELO),
    "network": (_network_search, Stage.CLIENT),
}


def _client(asked: str) -> Client:
    """Return the client that `name[address]`, a name or an address is."""
    name, address = asked, _UNKNOWN
    if asked.endswith("]"):
        name, _, address = asked[:-1].rpartition("[")
    elif read_address(asked) is not None:
        name, address = _UNKNOWN, asked
    hostname = None if name in ("", _UNKNOWN) else name
    return Client(address=address, hostname=hostname, certificates=(asked,))


def _explain(asked: str, value: str, args: argparse.Namespace) -> Meaning:
    if args.check == "content":
        return explain_content(value)
    stage = Stage.RECIPIENT if args.subject is None else _SUBJECTS[args.subject][1]
    if args.stage is not None:
        stage = STAGES[args.stage]
    return explain_access(asked, value, stage)


def explain_access(asked: str, value: str, stage: Stage) -> Meaning:
    """Return what a value of an access table means.  Never raises.

    Args:
        asked: Whom it is about, as `--as` takes it.
        value: The value.
        stage: What would be refused.
    """
    name = "" if asked == NULL_SENDER else replace_controls(asked)
    session = SmtpSession(
        client=_client(name), helo=name, sender=name, recipient=name, login=name, etrn=name
    )
    inquiry = Inquiry(session=session, site=Site(), stage=stage, command=Stage.RECIPIENT)
    try:
        check_access_value(value)
    except InvalidValue as error:
        return Meaning(problem=str(error))
    try:
        action = parse_action(value)
    except InvalidValue:
        return Meaning(restrictions=value)
    finding = apply_value(inquiry, value, stage=stage, source="")
    reply = None if finding is None else finding.reply
    return Meaning(action=action, reply=reply, defects=action.defects)


def explain_content(value: str) -> Meaning:
    """Return what a value of a table of header checks means.  Never raises."""
    try:
        action = read_value(value, is_body=False)
    except InvalidValue as error:
        return Meaning(problem=str(error))
    table = StaticTable(name="the table", value=value)
    verdict = check_content_sync(_FIELD, ContentChecks(headers=(table,)))
    return Meaning(action=action, reply=verdict.reply, defects=verdict.defects)


def _show(asked: str, found: Found, meaning: Meaning | None, args: argparse.Namespace) -> None:
    names_keys = len(args.keys) > 1 or STDIN in args.keys
    columns = [
        *([asked] if names_keys else []),
        *([] if args.subject is None else [found.key]),
        found.value,
    ]
    line = "\t".join(map(printable, columns)) + "\n"
    output.write(line + ("" if meaning is None else lay_out(_rows(meaning))))
    sys.stdout.flush()


def _rows(meaning: Meaning) -> Iterator[tuple[str, str]]:
    if meaning.action is not None:
        yield "Action", str(meaning.action)
        yield "Means", _MEANINGS[meaning.action.kind]
    if meaning.restrictions:
        yield "Means", f"These restrictions are asked: {meaning.restrictions}"
    if meaning.reply is not None:
        yield "Reply", str(meaning.reply)
    for defect in meaning.defects:
        yield "But", describe_defect(defect)
    if meaning.problem is not None:
        yield "But", meaning.problem


def _record(asked: str, found: Found | None, meaning: Meaning | None) -> output.Record:
    record = {
        "key": asked,
        "matched": None if found is None else found.key,
        "value": None if found is None else found.value,
    }
    if meaning is None:
        return record
    action, restrictions, reply, defects, problem = meaning
    return {
        **record,
        "action": None if action is None else _action_record(action),
        "restrictions": restrictions or None,
        "reply": None if reply is None else reply_record(reply),
        "defects": [attrs.asdict(defect) for defect in defects],
        "error": problem,
    }


def _action_record(action: AccessAction) -> output.Record:
    return {
        "kind": action.kind.value,
        "code": action.code,
        "status": None if action.status is None else str(action.status),
        "text": action.text,
    }
