"""Measure a history in PostgreSQL: additions by one and two processes, a report, look-ups.

    python tests/bench/history_postgres.py [--present 2000000] [--added 200000]

The server is started for it, with its tables in the temporary directory; it waits for the
disk.  Server and clients share the cores of this machine.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from dsnlib.adapters.history.postgres import PostgresStore
from dsnlib.adapters.history.postgres_addition import add_rows
from dsnlib.adapters.history.postgres_link import PostgresLink
from dsnlib.adapters.store import open_store
from tests.adapters.history.making import NOON, make_events, make_suppression
from tests.adapters.history.postgres_server import postgres_server
from tests.bench.figure import Figure
from tests.bench.history import present

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.synchronize import Barrier

# The bounds: what dsnlib claims.
EVENTS_A_SECOND = 20_000
REPORT_SECONDS = 10.0

TOGETHER = 10_000
SINGLE = 1_000
CHECKED = 10_000
# As a small server of a site has them.
_SETTINGS = {"shared_buffers": "256MB", "max_wal_size": "2GB", "autovacuum": "on"}


def fill(place: str, count: int) -> None:
    """Put events into a history, without a look at what each costs."""
    link = PostgresLink(place)
    for batch in present(count):
        link.run(lambda connection, batch=batch: add_rows(connection, batch))  # type: ignore[misc]  # bound at once
    link.close()


def _add(place: str, numbers: range, start: Barrier) -> None:
    batches = [
        make_events(range(first, first + TOGETHER))
        for first in range(numbers.start, numbers.stop, TOGETHER)
    ]
    with open_store(place) as store:
        start.wait()
        for batch in batches:
            store.add(batch, source="bench")


def add_side_by_side(place: str, first: int, count: int, writers: int) -> float:
    """Return how many events a second processes add together.

    Args:
        place: The history.
        first: The number of the first event.
        count: How many each adds.
        writers: How many processes.
    """
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(writers + 1)
    workers = [
        context.Process(
            target=_add, args=(place, range(first + n * count, first + (n + 1) * count), start)
        )
        for n in range(writers)
    ]
    for worker in workers:
        worker.start()
    start.wait()
    begin = time.perf_counter()
    for worker in workers:
        worker.join()
    return writers * count / (time.perf_counter() - begin)


def measure(place: str, there: int, added: int) -> list[Figure]:
    """Return the figures.

    Args:
        place: A database without a history.
        there: How many events are there before.
        added: How many each process adds.
    """
    with PostgresStore(place) as store:
        fill(place, there)
        figures = []
        for writers in (1, 2):
            rate = add_side_by_side(place, writers * 100_000_000, added, writers)
            figures.append(
                Figure(
                    name=f"postgres: batches of {TOGETHER:,} by {writers}, {there:,} there",
                    ours=f"{rate:,.0f} events/s",
                    theirs="",
                    value=rate,
                    bound=EVENTS_A_SECOND,
                    at_least=True,
                )
            )
        single = make_events(range(900_000_000, 900_000_000 + SINGLE))
        begin = time.perf_counter()
        for each in single:
            store.add([each])
        alone = SINGLE / (time.perf_counter() - begin)
        store.suppress([make_suppression(f"stopped.{n}@example.org") for n in range(CHECKED)])
        asked = [f"{'stopped' if n % 2 else 'other'}.{n}@example.org" for n in range(CHECKED)]
        begin = time.perf_counter()
        for address in asked:
            store.may_send(address, now=NOON)
        checks = CHECKED / (time.perf_counter() - begin)
        begin = time.perf_counter()
        summary = store.summarize()
        seconds = time.perf_counter() - begin
        facts = store.facts()
    events = sum(each.events for each in summary.tallies)
    return [
        *figures,
        Figure(
            name=f"postgres: summary of {events:,} events",
            ours=f"{seconds:.2f} s",
            theirs="",
            value=seconds,
            bound=REPORT_SECONDS,
            note=(
                f"{alone:,.0f} single commits/s, {checks:,.0f} checks/s,"
                f" {int(str(facts['octets'])) / max(events, 1):,.0f} octets an event"
            ),
        ),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 if one misses its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--present", type=int, default=0, help="events that are there before")
    parser.add_argument("--added", type=int, default=200_000, help="events that each adds")
    args = parser.parse_args(arguments)
    with postgres_server(is_durable=True, **_SETTINGS) as server:
        figures = measure(server.url(), args.present, args.added)
    for each in figures:
        print(f"{'ok  ' if each.passed else 'MISS'} {each.name}: {each.ours}  {each.note}")
    return 0 if all(each.passed for each in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
