"""`dsnlib history export` and `import`: a history as files."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from dsnlib.adapters.history import exchange
from dsnlib.adapters.history.exchange import BadLine
from dsnlib.adapters.store import Numbered
from dsnlib.bounces.event import BounceEvent
from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.text import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

    from dsnlib.adapters.store import Store

__all__ = ["run_export", "run_import"]

_STDIN = "-"
_ADDED_TOGETHER = 1_000
_ENDINGS = {".csv": "csv", ".txt": "text"}

_WRITERS: dict[tuple[str, str], Callable[[Iterable[Any]], Iterator[str]]] = {
    ("events", "jsonl"): exchange.write_events_jsonl,
    ("events", "csv"): exchange.write_events_csv,
    ("suppressions", "jsonl"): exchange.write_suppressions_jsonl,
    ("suppressions", "csv"): exchange.write_suppressions_csv,
}
_READERS: dict[tuple[str, str], Callable[..., Iterator[Any]]] = {
    ("events", "jsonl"): exchange.read_events_jsonl,
    ("events", "csv"): exchange.read_events_csv,
    ("suppressions", "jsonl"): exchange.read_suppressions_jsonl,
    ("suppressions", "csv"): exchange.read_suppressions_csv,
    ("suppressions", "text"): exchange.read_suppressions_text,
}


def _format(args: argparse.Namespace, name: Path) -> str:
    chosen: str = args.format or _ENDINGS.get(name.suffix.lower(), "jsonl")
    return chosen


def run_export(store: Store, args: argparse.Namespace) -> Exit:
    """Write events or suppressions, return the exit code."""
    write = _WRITERS.get((args.what, _format(args, args.output or Path())))
    if write is None:
        args.usage_error("export: a history is written as jsonl or csv")
        return Exit.USAGE
    lost: list[bool] = []
    values = store.suppressions() if args.what == "suppressions" else _events(store, args, lost)
    with contextlib.ExitStack() as stack:
        if args.output is None:
            output.use_utf8()
            stream: TextIO = sys.stdout
        else:
            stream = stack.enter_context(args.output.open("w", encoding="utf-8", newline=""))
        for line in write(values):
            stream.write(line)
    return Exit.BAD_DATA if lost else Exit.FINE


def _events(store: Store, args: argparse.Namespace, lost: list[bool]) -> Iterator[BounceEvent]:
    rescue = getattr(store, "rescue", store.events)
    for each in rescue():
        if isinstance(each, Numbered):
            yield each.event
        else:
            lost.append(True)
            numbers = f"events {each.first} to {each.last}"
            output.complain(args.store, None, f"{numbers}: {each.reason}", "lost")


def run_import(store: Store, args: argparse.Namespace) -> Exit:
    """Read events or suppressions, return the exit code."""
    for name in args.files:
        if (args.what, _format(args, Path(name))) not in _READERS:
            args.usage_error("import: only suppressions may be text, an address a line")
            return Exit.USAGE
    return max([_import_file(store, args, name) for name in args.files])


def _import_file(store: Store, args: argparse.Namespace, name: str) -> Exit:
    read = _READERS[args.what, _format(args, Path(name))]
    bad: list[bool] = []
    try:
        with contextlib.ExitStack() as stack:
            # What is no UTF-8 comes as lone surrogates, and is kept.
            lines = stack.enter_context(
                open(
                    sys.stdin.fileno() if name == _STDIN else name,
                    encoding="utf-8",
                    errors="surrogateescape",
                    newline="",
                    closefd=name != _STDIN,
                )
            )
            if args.what == "events":
                said = _add(store, _good(read(lines), name, bad), args.source)
            else:
                now = dt.datetime.now(dt.UTC)
                said = _suppress(store, _good(read(lines, now=now), name, bad))
    except OSError as error:
        output.complain(name, None, error.strerror or str(error), "cannot-read")
        return Exit.NO_INPUT
    output.write(f"{printable(name)}: {said}\n")
    return Exit.BAD_DATA if bad else Exit.FINE


def _good(values: Iterable[Any], name: str, bad: list[bool]) -> Iterator[Any]:
    for each in values:
        if isinstance(each, BadLine):
            bad.append(True)
            output.complain(f"{name}:{each.line}", None, each.reason, "bad-line")
        elif isinstance(each, BounceEvent) and each.occurred is None:
            bad.append(True)
            output.complain(name, None, f"event {each.event_id} has no time", "bad-line")
        else:
            yield each


def _together(values: Iterator[Any]) -> Iterator[list[Any]]:
    while some := list(itertools.islice(values, _ADDED_TOGETHER)):
        yield some


def _add(store: Store, events: Iterator[BounceEvent], source: str) -> str:
    new = known = 0
    for some in _together(events):
        added = store.add(some, source=source)
        new += added.new
        known += added.known
    return f"{new} new, {known} known"


def _suppress(store: Store, entries: Iterator[Any]) -> str:
    return f"{sum(store.suppress(some) for some in _together(entries))} suppressions"
