"""Measure a history in SQLite: additions, single commits, look-ups, a report of many events.

    python tests/bench/history.py [--present 5000000] [--added 1000000] [--suppressions]
    python tests/bench/history.py --report [--present 10000000]

Events are as full as real ones (`tests.adapters.history.making`).  Those that are there
before are put in as rows, which takes less time; all that is measured goes through the store.
The seconds are those of the wall; beside them stand those of the processor, which other
programs on the machine slow down less.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from dsnlib.adapters.history.rows import Batch, event_rows
from dsnlib.adapters.history.sqlite.batch import row_batch
from dsnlib.adapters.history.sqlite.store import SqliteStore
from tests.adapters.history.making import NOON, make_events, make_suppression
from tests.bench.figure import Figure, print_figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# The bounds: what dsnlib claims.
EVENTS_A_SECOND = 100_000
COMMITS_A_SECOND = 2_000
CHECKS_A_SECOND = 200_000
REPORT_SECONDS = 10.0
SUMMARY_SECONDS = 6.0

TOGETHER = 10_000
SINGLE = 4_000
SUPPRESSED = 1_000_000
CHECKED = 200_000
REPORTED = 10_000_000
ROUNDS = 5
_DAY = 86_400_000_000
_TAG = b"present!"


class Taken(NamedTuple):
    """How long something took, in seconds of the wall and of the processor."""

    wall: float
    processor: float


def taken(call: Callable[[], object]) -> Taken:
    """Return how long a call took."""
    wall, processor = time.perf_counter(), time.process_time()
    call()
    return Taken(time.perf_counter() - wall, time.process_time() - processor)


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
            store._addition.add(row_batch(batch))  # rows, which the store itself does not take
    store.settle()


def add_all(store: SqliteStore, numbers: range) -> list[Taken]:
    """Return how long each addition of ten thousand events took."""
    each = []
    for first in range(numbers.start, numbers.stop, TOGETHER):
        events = make_events(range(first, first + TOGETHER))
        each.append(taken(lambda events=events: store.add(events, source="bench")))  # type: ignore[misc]  # bound at once
    return each


def measure_history(directory: Path, count: int, added: int) -> list[Figure]:
    """Return the figures of a history.

    Args:
        directory: On the disk that is measured.
        count: How many events are there before.
        added: How many are added and timed.
    """
    with SqliteStore(str(directory / "history.db")) as store:
        fill(store, count)
        batches = add_all(store, range(10_000_000, 10_000_000 + added))
        rest = taken(store.settle)
        octets = sum(each.stat().st_size for each in directory.iterdir())
        # What the disk still has to write of the batches is no cost of single events.
        os.sync()
        single = make_events(range(90_000_000, 90_000_000 + SINGLE))
        alone = [taken(lambda each=each: store.add([each])) for each in single]  # type: ignore[misc]  # bound at once
    whole = Taken(*[sum(part) for part in zip(*batches, rest, strict=True)])
    walls = sorted(each.wall for each in batches)
    rate = added / whole.wall
    commits = SINGLE / sum(each.wall for each in alone)
    return [
        Figure(
            name=f"history: batches of {TOGETHER:,}, {count:,} there, {added:,} added",
            ours=f"{rate:,.0f} events/s",
            theirs="",
            value=rate,
            bound=EVENTS_A_SECOND,
            at_least=True,
            note=f"{whole.processor / added * 1e6:.2f} us of processor an event; a batch"
            f" {TOGETHER / median(walls):,.0f} in the middle, {TOGETHER / walls[0]:,.0f} at best,"
            f" {walls[-1]:.2f} s at worst; {octets / (count + added):.0f} octets an event",
        ),
        Figure(
            name=f"history: events one by one, {count:,} there",
            ours=f"{commits:,.0f} commits/s",
            theirs="",
            value=commits,
            bound=COMMITS_A_SECOND,
            at_least=True,
            note=f"{sum(each.processor for each in alone) / SINGLE * 1e6:.0f} us of processor"
            f" each; {1 / median(each.wall for each in alone):,.0f} in the middle",
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
        rounds = [taken(lambda: [may(each, now=NOON) for each in asked]) for _ in range(ROUNDS)]
        lists = min(taken(lambda: store.stopped(asked, now=NOON)).wall for _ in range(ROUNDS))
    best = CHECKED / min(each.wall for each in rounds)
    return [
        Figure(
            name=f"history: may_send, {SUPPRESSED:,} suppressed",
            ours=f"{best:,.0f} checks/s",
            theirs="",
            value=best,
            bound=CHECKS_A_SECOND,
            at_least=True,
            note=f"{min(each.processor for each in rounds) / CHECKED * 1e6:.2f} us of processor"
            f" each; {CHECKED / median(each.wall for each in rounds):,.0f} in the middle;"
            f" {CHECKED / lists:,.0f}/s by `stopped`",
        )
    ]


def measure_report(directory: Path, count: int) -> list[Figure]:
    """Return the figures of a report: the summary alone, and the page from its command."""
    place, page = directory / "history.db", directory / "page.html"
    with SqliteStore(str(place)) as store:
        fill(store, count)
        rounds = [taken(store.summarize) for _ in range(ROUNDS)]
    command = [sys.executable, "-m", "dsnlib", "report", str(place), "--html", str(page)]
    pages = [taken(lambda: subprocess.run(command, check=True)) for _ in range(ROUNDS)]
    return [
        Figure(
            name=f"history: {name} of {count:,} events",
            ours=f"{median(each.wall for each in found):.2f} s",
            theirs="",
            value=median(each.wall for each in found),
            bound=bound,
            note=f"{min(each.wall for each in found):.2f} s at best; {note}",
        )
        for name, found, bound, note in (
            (
                "summary",
                rounds,
                SUMMARY_SECONDS,
                f"{min(each.processor for each in rounds):.2f} s of processor",
            ),
            ("page", pages, REPORT_SECONDS, f"{page.stat().st_size:,} octets"),
        )
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 if one misses its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--present", type=int, help="events that are there before")
    parser.add_argument("--added", type=int, default=1_000_000, help="events that are timed")
    parser.add_argument("--directory", type=Path, help="on the disk that is measured")
    parser.add_argument("--suppressions", action="store_true", help="may_send too")
    parser.add_argument("--report", action="store_true", help="the report alone")
    args = parser.parse_args(arguments)
    print(f"load {' '.join(f'{each:.2f}' for each in os.getloadavg())}", flush=True)
    with tempfile.TemporaryDirectory(dir=args.directory) as name:
        if args.report:
            figures = measure_report(Path(name), args.present or REPORTED)
        else:
            figures = measure_history(Path(name), args.present or 0, args.added)
        if args.suppressions:
            figures += measure_suppressions(Path(name))
    return print_figures(figures)


if __name__ == "__main__":
    sys.exit(main())
