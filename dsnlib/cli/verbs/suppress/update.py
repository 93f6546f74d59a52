"""`dsnlib suppress update` and `warnings`: what follows from scores, and who is told.

    suppressed   bob@example.org   unknown-user   until
    probe        eve@example.org   ENVID, if there is a key
    released     joe@example.org   reason         when mail arrived

Rules.
- Each batch is written out before the store is changed: who reads the output has seen
  everything that was done, and may see it twice after a crash.
"""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING

from dsnlib.adapters.suppressing import Suppressor, Verdicts, Warned
from dsnlib.bounces.links.signed_token import LEAST_KEY_OCTETS
from dsnlib.bounces.probe import SentProbe, issue_probe
from dsnlib.bounces.suppression_record import suppression_record
from dsnlib.cli import output
from dsnlib.cli.exits import Exit
from dsnlib.cli.json_object import read_time
from dsnlib.cli.key_file import read_keys
from dsnlib.cli.score_options import read_policy
from dsnlib.cli.text import json_text, printable
from dsnlib.errors import InvalidValue
from dsnlib.model.date import format_time

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dsnlib.adapters.store import Store
    from dsnlib.bounces.suppression import Suppression

__all__ = ["run_update", "run_warnings"]

_WARNINGS = "suppress-warnings"


def run_update(store: Store, args: argparse.Namespace) -> Exit:
    """Apply the score, return the exit code."""
    suppressor = Suppressor(store, read_policy(args))
    key = None if args.key_file is None else _read_key(args.key_file)
    if args.json:
        output.use_utf8()
    counts = dict.fromkeys(("suppressed", "probe", "released", "events"), 0)
    run = suppressor.preview if args.dry_run else suppressor.batches
    # Of two batches the second may ask for the same probe.
    asked: set[str] = set()
    for verdicts in run(now=args.now, from_start=args.all):
        probes = [
            None if key is None else issue_probe(each.address, sent=args.now, key=key)
            for each in verdicts.to_probe
            if each.address not in asked
        ]
        new = [each.address for each in verdicts.to_probe if each.address not in asked]
        asked.update(new)
        for change, cells, record in _changes(verdicts, new, probes):
            counts[change] += 1
            if args.json:
                output.write(json_text({"change": change, **record}) + "\n")
            else:
                output.write("\t".join(map(printable, (change, *cells))) + "\n")
        sys.stdout.flush()
        counts["events"] += verdicts.events
        if not args.dry_run:
            for probe in probes:
                if probe is not None:
                    store.note_probe(probe)
    if not args.json:
        read = "1 event" if counts["events"] == 1 else f"{counts['events']} events"
        output.write(
            f"{counts['suppressed']} suppressed, {counts['probe']} to probe, "
            f"{counts['released']} released; {read} read\n"
        )
    return Exit.FINE


def _changes(
    verdicts: Verdicts, addresses: list[str], probes: list[SentProbe | None]
) -> Iterator[tuple[str, tuple[str, ...], output.Record]]:
    for entry in verdicts.suppressed:
        yield "suppressed", _cells(entry), suppression_record(entry)
    for address, probe in zip(addresses, probes, strict=True):
        envid = None if probe is None else probe.envelope_id
        yield "probe", (address, envid or "-"), {"address": address, "envelope_id": envid}
    for entry in verdicts.released:
        yield "released", _cells(entry), suppression_record(entry)


def _cells(entry: Suppression) -> tuple[str, ...]:
    until = "-" if entry.expires is None else format_time(entry.expires)
    return (entry.address, entry.reason or "-", until)


def _read_key(file: str) -> bytes:
    try:
        key, *_ = read_keys(file) or (b"",)
    except OSError as error:
        message = f"--key-file: {file}: {error.strerror or error}"
        raise InvalidValue(message) from error
    if len(key) < LEAST_KEY_OCTETS:
        message = f"--key-file: {file}: a key has at least {LEAST_KEY_OCTETS} octets"
        raise InvalidValue(message)
    return key


def run_warnings(store: Store, args: argparse.Namespace) -> Exit:
    """Tell to whom a warning is due, return the exit code."""
    suppressor = Suppressor(store, read_policy(args))
    # The store keeps a number: whole seconds.
    until = dt.datetime.fromtimestamp(int(args.now.timestamp()), dt.UTC)
    if args.since is None:
        since = dt.datetime.fromtimestamp(store.cursor(_WARNINGS), dt.UTC)
    else:
        since = read_time(args.since, "--since")
    if args.json:
        output.use_utf8()
    count = 0
    for warned in suppressor.warned(since=since, until=until):
        count += 1
        if args.json:
            output.write(json_text(_record(warned)) + "\n")
        else:
            what = "remove" if warned.is_last else f"warning {warned.number}"
            cells = (what, *_cells(warned.entry))
            output.write("\t".join(map(printable, cells)) + "\n")
    sys.stdout.flush()
    if not args.json:
        output.write(f"{count} {'warning' if count == 1 else 'warnings'} due\n")
    if not args.dry_run:
        store.advance(_WARNINGS, int(until.timestamp()))
    return Exit.FINE


def _record(warned: Warned) -> output.Record:
    return {
        "number": warned.number,
        "is_last": warned.is_last,
        **suppression_record(warned.entry),
    }
