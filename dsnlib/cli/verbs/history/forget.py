"""`dsnlib history prune` and `erase`: forget old events, or all of an address."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.text import printable

if TYPE_CHECKING:
    import argparse

    from dsnlib.adapters.store import Store

__all__ = ["run_erase", "run_prune"]


def run_prune(store: Store, args: argparse.Namespace) -> Exit:
    """Forget old events, return the exit code."""
    before = args.before
    if before is None:
        before = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=args.keep_days)
    output.write(f"{_events(store.prune(before))} from before {before} forgotten\n")
    return Exit.FINE


def run_erase(store: Store, args: argparse.Namespace) -> Exit:
    """Forget addresses, return the exit code."""
    for address in args.addresses:
        gone = store.erase(address, keeps_suppression=not args.drop_suppression)
        output.write(f"{printable(address)}: {_events(gone)} forgotten\n")
    return Exit.FINE


def _events(count: int) -> str:
    return f"{count} event{'' if count == 1 else 's'}"
