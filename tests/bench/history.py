"""Measure a history in SQLite: additions, single commits, look-ups, a report of many events.

    python tests/bench/history.py [--present 5000000] [--added 1000000] [--directory DIR]

Events are as full as real ones (`tests.adapters.history.making`).  Those that are there
before are put in as rows, which takes less time; all that is measured goes through the store.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from dsnlib.adapters.history.rows import Batch, event_rows
from dsnlib.adapters.history.sqlite import SqliteStore
from tests.adapters.history.making import NOON, make_events, make_suppression
from tests.bench.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dsnlib.bounces.summary import Summary

# The bounds: what dsnlib claims.
EVENTS_A_SECOND = 100_000
COMMITS_A_SECOND = 2_000
CHECKS_A_SECOND = 200_000
REPORT_SECONDS = 10.0

TOGETHER = 10_000
SINGLE = 4_000
SUPPRESSED = 1_000_000
CHECKED = 200_000
_DAY = 86_400_000_000
_TAG = b"present!"


def _seconds(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def present(count: int, days: int = 365) -> Iterator[Batch]:
    """Yield events of a year as rows: each its own, by one of as many people as a fifth."""
    chance = random.Random(1)
    model = event_rows(make_events(range(1_000)), "bench")
    for first in range(0, count, TOGETHER):
        day = NOON.toordinal() - 719_163 - days + first * days // count
        rows: list[tuple[Any, ...]] = []
        keys: list[tuple[Any, ...]] = []
        for number in range(first, min(first + TOGETHER, count)):
            row, key = model.rows[number % 1_000], model.keys[number % 1_000]
            address = f"subscriber.{number * 7919 % (count // 5 or 1)}@{row[2].partition('@')[2]}"
            identifier = chance.randbytes(8) + number.to_bytes(8, "big")
            rows.append((identifier, day * _DAY + number, address, None, *row[4:]))
            keys.append((day, *key[1:]))
        yield Batch(rows, keys)


def fill(store: SqliteStore, count: int) -> None:
    """Put events into a store, and bring its indexes up."""
    for batch in present(count):
        with store.link.writing():
            store._addition.add(batch)  # rows, which the store itself does not take
    store.settle()


def add_all(store: SqliteStore, numbers: range) -> tuple[float, float]:
    """Return the seconds that additions of ten thousand events took, and those of the slowest."""
    total = slowest = 0.0
    for first in range(numbers.start, numbers.stop, TOGETHER):
        events = make_events(range(first, first + TOGETHER))
        taken = _seconds(lambda events=events: store.add(events, source="bench"))  # type: ignore[misc]  # bound at once
        total += taken
        slowest = max(slowest, taken)
    return total, slowest


def measure_history(directory: Path, count: int, added: int) -> list[Figure]:
    """Return the figures of a history.

    Args:
        directory: On the disk that is measured.
        count: How many events are there before.
        added: How many are added and timed.
    """
    with SqliteStore(str(directory / "history.db")) as store:
        fill(store, count)
        total, slowest = add_all(store, range(10_000_000, 10_000_000 + added))
        rest = _seconds(store.settle)
        single = make_events(range(90_000_000, 90_000_000 + SINGLE))
        alone = _seconds(lambda: [store.add([each]) for each in single])
        report: list[Summary] = []
        summing = _seconds(lambda: report.append(store.summarize()))
        octets = sum(each.stat().st_size for each in directory.iterdir())
    rate = added / (total + rest)
    events = sum(each.events for each in report[0].tallies)
    return [
        Figure(
            name=f"history: batches of {TOGETHER:,}, {count:,} there",
            ours=f"{rate:,.0f} events/s",
            theirs="",
            value=rate,
            bound=EVENTS_A_SECOND,
            at_least=True,
            note=f"the slowest took {slowest:.2f} s; {octets / events:.0f} octets an event",
        ),
        Figure(
            name=f"history: events one by one, {count:,} there",
            ours=f"{SINGLE / alone:,.0f} commits/s",
            theirs="",
            value=SINGLE / alone,
            bound=COMMITS_A_SECOND,
            at_least=True,
        ),
        Figure(
            name=f"history: summary of {events:,} events",
            ours=f"{summing:.2f} s",
            theirs="",
            value=summing,
            bound=REPORT_SECONDS,
        ),
    ]


def measure_suppressions(directory: Path) -> list[Figure]:
    """Return the figure of asking whether addresses may be sent to."""
    with SqliteStore(str(directory / "suppressions.db")) as store:
        for first in range(0, SUPPRESSED, TOGETHER):
            numbers = range(first, first + TOGETHER)
            store.suppress([make_suppression(f"stopped.{n}@example.org") for n in numbers])
        chance = random.Random(1)
        asked = [
            f"{chance.choice(('stopped', 'Other'))}.{chance.randrange(SUPPRESSED)}@example.org"
            for _ in range(CHECKED)
        ]
        may = store.may_send
        rate = CHECKED / min(
            _seconds(lambda: [may(each, now=NOON) for each in asked]) for _ in range(3)
        )
        lists = CHECKED / min(_seconds(lambda: store.stopped(asked, now=NOON)) for _ in range(3))
    return [
        Figure(
            name=f"history: may_send, {SUPPRESSED:,} suppressed",
            ours=f"{rate:,.0f} checks/s",
            theirs="",
            value=rate,
            bound=CHECKS_A_SECOND,
            at_least=True,
            note=f"{lists:,.0f}/s by `stopped`",
        )
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 if one misses its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--present", type=int, default=0, help="events that are there before")
    parser.add_argument("--added", type=int, default=1_000_000, help="events that are timed")
    parser.add_argument("--directory", type=Path, help="on the disk that is measured")
    parser.add_argument("--suppressions", action="store_true", help="may_send too")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=args.directory) as name:
        figures = measure_history(Path(name), args.present, args.added)
        if args.suppressions:
            figures += measure_suppressions(Path(name))
    for each in figures:
        print(f"{'ok  ' if each.passed else 'MISS'} {each.name}: {each.ours}  {each.note}")
    return 0 if all(each.passed for each in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
