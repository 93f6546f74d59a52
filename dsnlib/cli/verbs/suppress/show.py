"""`dsnlib suppress list` and `export`: the entries, for people and for other programs."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.bounces.suppression_record import suppression_record
from dsnlib.cli import output
from dsnlib.cli.columns import in_columns
from dsnlib.cli.exits import Exit
from dsnlib.cli.text import printable

if TYPE_CHECKING:
    import argparse
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator

    from dsnlib.adapters.store import Store

__all__ = ["run_export", "run_list", "state_of"]

_HEADINGS = ("ADDRESS", "STATE", "SOURCE", "REASON", "SINCE", "UNTIL", "NOTE")
_WIDEST = 40
# The rows by which the columns are made as wide as they are.
_MEASURED = 500
_DIGEST = "sha256:"
# The key of an access table ends at white space; a comment begins with "#", a line that
# goes on with white space.  What is quoted is another key in some table types.  And only
# `user@domain` is one address: `domain`, `user@` and `192.0.2` are many (access(5)), and
# whoever forges a bounce chooses them.
_NO_KEY = re.compile(r'[\s"]|\A#|\A@|@\Z|\A[^@]*\Z')


def state_of(entry: Suppression, now: dt.datetime) -> str:
    """Return `active`, `released` or `expired`.  Never raises."""
    if entry.is_active(now):
        return "active"
    return "expired" if entry.released is None else "released"


def _chosen(store: Store, args: argparse.Namespace) -> Iterator[Suppression]:
    sources = {SuppressionSource(each) for each in args.source or ()}
    for entry in store.suppressions():
        if (
            (not sources or entry.source in sources)
            and (args.reason is None or entry.reason == args.reason)
            and (args.state is None or state_of(entry, args.now) == args.state)
        ):
            yield entry


def run_list(store: Store, args: argparse.Namespace) -> Exit:
    """List entries, return the exit code."""
    if args.json:
        output.use_utf8()
        sink = output.JsonArray()
        for entry in _chosen(store, args):
            sink.add({**suppression_record(entry), "state": state_of(entry, args.now)})
        sink.close()
        return Exit.FINE
    rows = (_row(entry, args.now) for entry in _chosen(store, args))
    count = 0
    lines = in_columns(rows, headings=_HEADINGS, widest=_WIDEST)
    for count, line in enumerate(lines):  # noqa: B007  the first line is that of the headings
        output.write(f"{line}\n")
    output.write(f"{count} {'entry' if count == 1 else 'entries'}\n")
    return Exit.FINE


def _row(entry: Suppression, now: dt.datetime) -> tuple[str, ...]:
    end = entry.released or entry.expires
    cells = (
        entry.address,
        state_of(entry, now),
        entry.source.value,
        entry.reason or "-",
        f"{entry.created:%Y-%m-%d %H:%M}",
        "-" if end is None else f"{end:%Y-%m-%d %H:%M}",
        entry.note,
    )
    return tuple([printable(cell) for cell in cells])


def run_export(store: Store, args: argparse.Namespace) -> Exit:
    """Write entries, return the exit code."""
    if not (args.action.isprintable() and args.action.strip()):
        args.usage_error("argument --action: it is empty, or no line")
    output.use_utf8()
    return _EXPORTS[args.format](_chosen(store, args), args)


def _export_csv(entries: Iterable[Suppression], args: argparse.Namespace) -> Exit:  # noqa: ARG001  as the others
    from dsnlib.adapters.history.exchange import write_suppressions_csv

    sys.stdout.writelines(write_suppressions_csv(entries))
    return Exit.FINE


def _export_jsonl(entries: Iterable[Suppression], args: argparse.Namespace) -> Exit:  # noqa: ARG001  as the others
    from dsnlib.adapters.history.exchange import write_suppressions_jsonl

    sys.stdout.writelines(write_suppressions_jsonl(entries))
    return Exit.FINE


def _export_text(entries: Iterable[Suppression], args: argparse.Namespace) -> Exit:
    return _write_keys(entries, args, "{}\n", re.compile(r"[\n\r]"))


def _export_access(entries: Iterable[Suppression], args: argparse.Namespace) -> Exit:
    # Braces of the text are no fields.
    action = args.action.strip().replace("{", "{{").replace("}", "}}")
    return _write_keys(entries, args, "{}\t" + action + "\n", _NO_KEY)


def _write_keys(
    entries: Iterable[Suppression], args: argparse.Namespace, line: str, refused: re.Pattern[str]
) -> Exit:
    """Write addresses that stop mail; tell of those that cannot stand in such a file."""
    end = Exit.FINE
    digests = 0
    for entry in entries:
        if not entry.is_active(args.now):
            continue
        if entry.address.startswith(_DIGEST):
            digests += 1
        elif refused.search(entry.address) or printable(entry.address) != entry.address:
            output.complain(entry.address, None, "it cannot stand in such a file", "address")
            end = Exit.PROBLEMS
        else:
            output.write(line.format(entry.address))
    if digests:
        reason = f"{digests} erased addresses are known by their digests alone"
        output.complain(args.store, None, reason, "erased")
        end = Exit.PROBLEMS
    return end


_EXPORTS: dict[str, Callable[[Iterable[Suppression], argparse.Namespace], Exit]] = {
    "text": _export_text,
    "csv": _export_csv,
    "jsonl": _export_jsonl,
    "postfix-access": _export_access,
}
