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
from typing import TYPE_CHECKING

from dsnlib.adapters.mailboxes.inputs import STDIN
from dsnlib.cli import output
from dsnlib.cli.answering import (
    STAGES,
    UNKNOWN,
    complain_of_table,
    lay_out,
    open_named_table,
    split_client,
)
from dsnlib.cli.asked import read_asked
from dsnlib.cli.exits import Exit
from dsnlib.cli.text import printable
from dsnlib.errors import TableError
from dsnlib.replies.drive import run as run_now
from dsnlib.replies.search import NULL_SENDER, Found, address_keys, find, host_keys, network_keys
from dsnlib.replies.stage import Stage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

    from dsnlib.cli.verbs.access.meaning import Meaning
    from dsnlib.replies.tables import TextTable

__all__ = ["add_arguments", "run"]

_NO_CHECK = "none"


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
        choices=("actions", "content", _NO_CHECK),
        default=_NO_CHECK,
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
        table = open_named_table(args.table, check=_check_of(args))
    except TableError as error:
        return complain_of_table(error)
    sink = None
    if args.json:
        output.use_utf8()
        sink = output.JsonArray()
    end = Exit.PROBLEMS
    worst = Exit.FINE
    for asked in read_asked(args.keys, strips=False):
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
    hostname, address = split_client(asked)
    yield host_keys(hostname or UNKNOWN, parents=not args.no_parents)
    if address is not None:
        yield network_keys(address)


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


def _check_of(args: argparse.Namespace) -> Callable[[str], object] | None:
    """Return what checks the values of the table while it is read."""
    if args.check == _NO_CHECK:
        return None
    from dsnlib.cli.verbs.access.meaning import CHECKS

    return CHECKS[args.check]


def _explain(asked: str, value: str, args: argparse.Namespace) -> Meaning:
    # Who looks up a key and no more is not to wait for all that is known of restrictions.
    from dsnlib.cli.verbs.access.meaning import explain_access, explain_content

    if args.check == "content":
        return explain_content(value)
    stage = Stage.RECIPIENT if args.subject is None else _SUBJECTS[args.subject][1]
    if args.stage is not None:
        stage = STAGES[args.stage]
    return explain_access(asked, value, stage)


def _show(asked: str, found: Found, meaning: Meaning | None, args: argparse.Namespace) -> None:
    names_keys = len(args.keys) > 1 or STDIN in args.keys
    columns = [
        *([asked] if names_keys else []),
        *([] if args.subject is None else [found.key]),
        found.value,
    ]
    line = "\t".join(map(printable, columns)) + "\n"
    output.write(line + ("" if meaning is None else lay_out(meaning.rows())))
    sys.stdout.flush()


def _record(asked: str, found: Found | None, meaning: Meaning | None) -> output.Record:
    return {
        "key": asked,
        "matched": None if found is None else found.key,
        "value": None if found is None else found.value,
        **({} if meaning is None else meaning.record()),
    }
