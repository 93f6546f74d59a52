"""`dsnlib history info`, `show` and `check`: what is known, and whether it is sound."""

from __future__ import annotations

import datetime as dt
from collections import Counter, deque
from typing import TYPE_CHECKING

from dsnlib.adapters.history.rows import event_row, tally_row
from dsnlib.bounces.event_record import event_record
from dsnlib.bounces.suppression_record import suppression_record
from dsnlib.cli import output
from dsnlib.cli.columns import in_columns
from dsnlib.cli.exits import Exit
from dsnlib.cli.text import json_text, printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dsnlib.adapters.store import Numbered, Store
    from dsnlib.bounces.suppression import Suppression

__all__ = ["run_check", "run_info", "run_show"]

_HEADINGS = ("WHEN", "WHAT", "REASON", "STATUS", "BY", "SOURCE", "SAID")
# The last column alone has no bound: nothing is cut off.
_WIDEST = 40


def run_info(store: Store, args: argparse.Namespace) -> Exit:
    """Tell what a history is like, return the exit code."""
    facts = _facts(store)
    if args.json:
        output.use_utf8()
        output.write(json_text(facts) + "\n")
        return Exit.FINE
    widest = max(map(len, facts))
    for name, value in facts.items():
        said = "-" if value is None else printable(str(value))
        output.write(f"{name.replace('_', ' '):{widest}}  {said}\n")
    return Exit.FINE


def _facts(store: Store) -> dict[str, object]:
    # A store may know itself better than its tallies tell.
    known = getattr(store, "facts", None)
    if known is not None:
        return dict(known())
    summary = store.summarize(worst=0)
    return {
        "tallied": sum(each.events for each in summary.tallies),
        "first_day": summary.since.isoformat() if summary.tallies else None,
        "last_day": summary.until.isoformat() if summary.tallies else None,
        "suppressed": sum(count for _, count in summary.suppressed),
    }


def run_show(store: Store, args: argparse.Namespace) -> Exit:
    """Tell all that is known of an address, return the exit code."""
    events = deque(store.events(address=args.address), maxlen=args.last)
    entry = store.suppression(args.address)
    if args.json:
        output.use_utf8()
        record = {
            "events": [{**event_record(each.event), "source": each.source} for each in events],
            "suppression": None if entry is None else suppression_record(entry),
        }
        output.write(json_text(record) + "\n")
    elif events or entry:
        for line in in_columns(map(_row, events), headings=_HEADINGS, widest=_WIDEST):
            output.write(f"{line}\n")
        output.write(f"{_sentence(entry)}\n")
    else:
        output.write(f"Nothing is known of {printable(args.address)}.\n")
    return Exit.FINE if events or entry else Exit.PROBLEMS


def _row(each: Numbered) -> tuple[str, ...]:
    event = each.event
    cells = (
        "-" if event.occurred is None else f"{event.occurred.astimezone(dt.UTC):%Y-%m-%d %H:%M}",
        event.kind.value,
        "-" if event.reason is None else event.reason.value,
        "-" if event.status is None else str(event.status),
        event.remote_mta or event.reporting_mta or "-",
        each.source or "-",
        event.diagnostic or "-",
    )
    return tuple([printable(cell) for cell in cells])


def _sentence(entry: Suppression | None) -> str:
    if entry is None:
        return "It is not suppressed."
    why = "" if entry.reason is None else f", for {printable(entry.reason)}"
    until = "" if entry.expires is None else f", until {entry.expires:%Y-%m-%d %H:%M}"
    said = f"Suppressed by {entry.source.value} since {entry.created:%Y-%m-%d %H:%M}{why}{until}."
    if entry.released is not None:
        said += f"  Released on {entry.released:%Y-%m-%d %H:%M}."
    return said + (f"  {printable(entry.note)}" if entry.note else "")


def run_check(store: Store, args: argparse.Namespace) -> Exit:
    """Tell whether a history is sound, return the exit code."""
    known = getattr(store, "problems", None)
    found = list(_recount(store) if known is None else known())
    if args.json:
        output.use_utf8()
        output.write(json_text({"problems": found}) + "\n")
    else:
        for each in found or ["The history is sound."]:
            output.write(printable(each) + "\n")
    return Exit.PROBLEMS if found else Exit.FINE


def _recount(store: Store) -> Iterator[str]:
    """Yield where there are more events than the tallies say: forgotten ones stay in them."""
    counts = Counter(tally_row(event_row(each.event)) for each in store.events())
    tallies = {
        (
            key.day.isoformat(), key.provider, key.kind.value, key.permanence.value,
            "" if key.reason is None else key.reason.value, key.fault.value, key.status,
        ): number
        for key, number in store.summarize(worst=0).tallies
    }  # fmt: skip
    for row, number in sorted(counts.items()):
        if number > tallies.get(row, 0):
            what = " ".join(each or "-" for each in row)
            yield f"{number} events of {what}, and tallies of {tallies.get(row, 0)}"
