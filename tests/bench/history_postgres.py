"""Measure a history in PostgreSQL: additions by one and two processes, look-ups, a report.

    python tests/bench/history_postgres.py [--present 2000000] [--turns 10] [--buffers 1GB]

The server is started for it, with its tables in the temporary directory; it waits for the
disk.  Server and clients share the cores of this machine, so beside the rate stands how long
they had a core: that is the same whatever else runs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import attrs
import psycopg

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from dsnlib.adapters.history.postgres.addition import add_rows
from dsnlib.adapters.history.postgres.folding import fold_by_chance
from dsnlib.adapters.history.postgres.link import PostgresLink
from dsnlib.adapters.history.postgres.store import PostgresStore
from dsnlib.adapters.store import open_store
from tests.adapters.history.making import NOON, make_events, make_suppression
from tests.adapters.history.postgres_server import postgres_server
from tests.bench.figure import Figure, print_figures
from tests.bench.history import present

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.synchronize import Barrier

    from tests.adapters.history.postgres_server import PostgresServer

# The bounds: what dsnlib claims.
EVENTS_A_SECOND = 20_000
# Of 2,000,000 events; of more in proportion, but no more than for 10,000,000.
REPORT_SECONDS = 2.0
REPORT_EVENTS = 2_000_000
REPORT_MOST_SECONDS = 6.0

TOGETHER = 10_000
BATCHES = 10
SINGLE = 1_000
CHECKED = 10_000
# As a small server of a site has them.
_SETTINGS = {"max_wal_size": "2GB", "autovacuum": "on", "autovacuum_naptime": "10s"}
# As much of the table as VACUUM has to have seen, and how long it may take to come by.
_SEEN = 0.95
_SEEN_SECONDS = 180.0


@attrs.frozen(kw_only=True)
class Turn:
    """What a turn of additions took.

    Args:
        rate: Events a second, of all writers together.
        slowest: The seconds of the slowest call.
        client: Microseconds of a core for each event, in the writers.
        server: The same in the server.
    """

    rate: float
    slowest: float
    client: float
    server: float


def fill(place: str, count: int) -> None:
    """Put events into a history as rows: what an addition does, but for making the rows."""
    link = PostgresLink(place)
    for batch in present(count):
        link.run(lambda connection, batch=batch: add_rows(connection, batch))  # type: ignore[misc]  # bound at once
        fold_by_chance(link, len(batch.rows))
    link.close()


def _add(place: str, first: int, turns: int, start: Barrier, told: Connection) -> None:
    with open_store(place) as store:
        for turn in range(turns):
            begin = first + turn * BATCHES * TOGETHER
            batches = [
                make_events(range(number, number + TOGETHER))
                for number in range(begin, begin + BATCHES * TOGETHER, TOGETHER)
            ]
            start.wait()
            worked, slowest = time.process_time(), 0.0
            for batch in batches:
                called = time.perf_counter()
                store.add(batch, source="bench")
                slowest = max(slowest, time.perf_counter() - called)
            told.send((time.process_time() - worked, slowest))


def add_side_by_side(server: PostgresServer, first: int, turns: int, writers: int) -> list[Turn]:
    """Return what turns of additions took.

    Args:
        server: With a history in its first database.
        first: The number of the first event.
        turns: How many.
        writers: How many processes add at the same time.
    """
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(writers + 1)
    pipes = [context.Pipe(duplex=False) for _ in range(writers)]
    workers = [
        context.Process(
            target=_add, args=(server.url(), first + n * 100_000_000, turns, start, told)
        )
        for n, (_, told) in enumerate(pipes)
    ]
    for worker in workers:
        worker.start()
    found = []
    events = writers * BATCHES * TOGETHER
    for _ in range(turns):
        start.wait()
        begin, used = time.perf_counter(), server.cpu_seconds()
        told = [heard.recv() for heard, _ in pipes]
        seconds = time.perf_counter() - begin
        found.append(
            Turn(
                rate=events / seconds,
                slowest=max(slowest for _, slowest in told),
                client=sum(worked for worked, _ in told) / events * 1e6,
                server=(server.cpu_seconds() - used) / events * 1e6,
            )
        )
    for worker in workers:
        worker.join()
    for pair in pipes:
        for end in pair:
            end.close()
    return found


def _figure(writers: int, there: int, turns: Sequence[Turn]) -> Figure:
    rate = median([each.rate for each in turns])
    return Figure(
        name=f"postgres: batches of {TOGETHER:,} by {writers}, {there:,} there",
        ours=f"{rate:,.0f} events/s",
        theirs="",
        value=rate,
        bound=EVENTS_A_SECOND,
        at_least=True,
        note=(
            f"median of {len(turns)}; best {max(each.rate for each in turns):,.0f};"
            f" an event {median([each.client for each in turns]):.1f} us CPU in the client,"
            f" {median([each.server for each in turns]):.1f} us in the server;"
            f" slowest call {max(each.slowest for each in turns):.2f} s"
        ),
    )


def _seconds(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def wait_for_vacuum(place: str) -> None:
    """Wait until VACUUM has been by, as it has where nobody adds at full speed."""
    end = time.monotonic() + _SEEN_SECONDS
    with psycopg.connect(place, autocommit=True) as connection:
        while time.monotonic() < end:
            ((seen, pages),) = connection.execute(
                "SELECT relallvisible, pg_relation_size(oid) / 8192 FROM pg_class"
                " WHERE oid = 'dsnlib.events'::regclass"
            ).fetchall()
            if seen >= pages * _SEEN:
                return
            time.sleep(1)


def measure(server: PostgresServer, there: int, turns: int) -> list[Figure]:
    """Return the figures.

    Args:
        server: Whose first database has no history.
        there: How many events are there before.
        turns: How often each is measured.
    """
    place = server.url()
    with PostgresStore(place) as store:
        fill(place, there)
        figures = [
            _figure(writers, there, add_side_by_side(server, writers * 10**9, turns, writers))
            for writers in (1, 2)
        ]
        single = make_events(range(9 * 10**9, 9 * 10**9 + SINGLE))
        alone = SINGLE / _seconds(lambda: [store.add([each]) for each in single])
        store.suppress([make_suppression(f"stopped.{n}@example.org") for n in range(CHECKED)])
        asked = [f"{'stopped' if n % 2 else 'other'}.{n}@example.org" for n in range(CHECKED)]
        checks = CHECKED / _seconds(lambda: [store.may_send(each, now=NOON) for each in asked])
        at_once = _seconds(store.summarize)
        wait_for_vacuum(place)
        used = server.cpu_seconds()
        taken = [_seconds(store.summarize) for _ in range(turns)]
        used = (server.cpu_seconds() - used) / turns
        events = sum(each.events for each in store.summarize().tallies)
        octets = int(str(store.facts()["octets"]))
    bound = REPORT_SECONDS * max(1.0, events / REPORT_EVENTS)
    return [
        *figures,
        Figure(
            name=f"postgres: summary of {events:,} events",
            ours=f"{median(taken):.2f} s",
            theirs="",
            value=median(taken),
            bound=min(bound, REPORT_MOST_SECONDS),
            note=(
                f"median of {turns}; best {min(taken):.2f}, {used:.2f} s CPU in the server;"
                f" {at_once:.2f} s at once, before VACUUM came by;"
                f" {alone:,.0f} single commits/s, {checks:,.0f} checks/s,"
                f" {octets / max(events, 1):,.0f} octets an event"
            ),
        ),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 if one misses its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--present", type=int, default=0, help="events that are there before")
    parser.add_argument("--turns", type=int, default=10, help="of 100,000 events a writer")
    parser.add_argument("--buffers", default="1GB", help="shared_buffers of the server")
    args = parser.parse_args(arguments)
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    with postgres_server(is_durable=True, shared_buffers=args.buffers, **_SETTINGS) as server:
        figures = measure(server, args.present, args.turns)
    end = print_figures(figures)
    print(f"load {os.getloadavg()[0]:.1f}")
    return end


if __name__ == "__main__":
    sys.exit(main())
