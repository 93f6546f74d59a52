"""Kill whoever adds events to a history, and look whether anything acknowledged is lost.

    python -m tests.crash.ingest [--kills 100] [--store sqlite | postgres | FILE | postgresql://...]

Without a store there are two: a new file (`sqlite`), and a PostgreSQL of its own where there is
one (`postgres`).

A child adds events, one by one and in batches, and writes to a pipe which it was told are
there.  It is killed with SIGKILL at a moment of chance, and after each kill, on one store that
grows:

- every event that was acknowledged is there (all are read again after ten kills);
- none is there twice, and none that was never added;
- in the end the tallies are those of the events, and the history is sound.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from dsnlib.adapters.history.rows import event_row, tally_row
from dsnlib.adapters.history.sqlite import addition as sqlite_addition
from dsnlib.adapters.store import open_store
from tests.adapters.history.making import make_event, make_events
from tests.adapters.history.postgres_server import postgres_server

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
_MODULE = "tests.crash.ingest"

# How long a child lives: now and then it is killed while it starts.
_LEAST_SECONDS = 0.0
_MOST_SECONDS = 0.4
_BATCH = 200
# Small, so that a child is also killed while indexes are brought up.
_MOST_FRESH = 1_000
_TOLD = 20
_PAUSE_SECONDS = 0.01
_AT_WORK = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
    AND application_name = 'dsnlib' AND pid <> pg_backend_pid()
"""
# After so many kills, and at the end, all events are read, else the new ones.
_WHOLE = 10


@attrs.define
class Tried:
    """What is known of the events of a run.

    Args:
        acknowledged: The numbers of those that the store said are there.
        next: The number of the first event that no child has tried.
        names: The numbers of those that were tried, by `event_id`.
        there: How often each was found in the store.
        read: Up to which number of the store they were read.
    """

    acknowledged: set[int] = attrs.field(factory=set)
    next: int = 0
    names: dict[str, int] = attrs.field(factory=dict)
    there: Counter[str] = attrs.field(factory=Counter)
    read: int = 0


def add_forever(place: str, first: int) -> None:
    """Add events from a number on, and say on standard output up to which they are there."""
    sqlite_addition._MOST_FRESH = _MOST_FRESH
    sqlite_addition._MOST_UNMENTIONED = 2 * _MOST_FRESH
    chance = random.Random(first)
    number = first
    with open_store(place) as store:
        # Those that the child before may have added or not: a feed would bring them again.
        number = max(0, first - _BATCH)
        os.write(1, b"ready\n")
        while True:
            count = chance.choice((1, 1, 1, 7, _BATCH))
            os.write(1, f"try {number + count}\n".encode())
            store.add(make_events(range(number, number + count)), source="crash")
            os.write(1, f"have {number} {number + count}\n".encode())
            number += count
            if chance.random() < 0.01:
                store.summarize(worst=1)


def kill_once(place: str, tried: Tried, seconds: float) -> str | None:
    """Have a child add events for some time, kill it, and note what it was told.

    Returns:
        What is wrong: it ended before it was killed.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", _MODULE, "--child", str(tried.next), "--store", place],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    lines: list[str] = []
    is_ready = threading.Event()

    def read() -> None:
        assert child.stdout is not None
        for line in child.stdout:
            # What was cut off by the end was not said.
            if line.endswith(b"\n"):
                lines.append(line.decode())
                is_ready.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        is_ready.wait(30)
        time.sleep(seconds)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        reader.join()
        if child.stdout is not None:
            child.stdout.close()
        wait_for_nobody(place)
    for line in lines:
        word, *numbers = line.split()
        if word == "try":
            tried.next = max(tried.next, int(numbers[0]))
        elif word == "have":
            tried.acknowledged.update(range(*map(int, numbers)))
    return None if child.returncode == -signal.SIGKILL else f"the child ended: {child.returncode}"


def wait_for_nobody(place: str) -> None:
    """Wait until no server does anything any more for who is dead.

    What a child had sent when it was killed is still being done.  Whoever reads the events,
    and then the tallies, would find one more in the tallies.
    """
    if not place.startswith("postgresql:"):
        return
    import psycopg

    with psycopg.connect(place, autocommit=True) as connection:
        while connection.execute(_AT_WORK).fetchall():
            time.sleep(_PAUSE_SECONDS)


def faults(place: str, tried: Tried, *, is_whole: bool) -> list[str]:
    """Return what is wrong with the events of a store: nothing, if all is well.

    Args:
        place: Where it is.
        tried: What is known; what is read now is noted in it.
        is_whole: Whether all events are read again, else those alone that are new.
    """
    if is_whole:
        tried.read, tried.there = 0, Counter()
    for number in range(len(tried.names), tried.next):
        tried.names[make_event(number).event_id] = number
    with open_store(place) as store:
        for each in store.events(after=tried.read):
            tried.there[each.event.event_id] += 1
            tried.read = each.number
    names, there = tried.names, tried.there
    found = [f"event {each} is there {n} times" for each, n in there.items() if n > 1]
    found += [f"event {each} was never added" for each in there if each not in names]
    lost = tried.acknowledged.difference([names[each] for each in there if each in names])
    return found + [f"event {each} was acknowledged and is lost" for each in sorted(lost)]


def tally_faults(place: str) -> list[str]:
    """Return where the tallies are not those of the events."""
    with open_store(place) as store:
        counted = Counter(tally_row(event_row(each.event)) for each in store.events())
        tallied = {
            (
                key.day.isoformat(), key.provider, key.kind.value, key.permanence.value,
                "" if key.reason is None else key.reason.value, key.fault.value, key.status,
            ): number
            for key, number in store.summarize(worst=1).tallies
        }  # fmt: skip
        found = [] if dict(counted) == tallied else ["the tallies are not those of the events"]
        found += getattr(store, "problems", list)()
    return found


def run(place: str, kills: int, *, seed: int = 1) -> tuple[Tried, list[str]]:
    """Kill so often, and return what was tried and what is wrong."""
    chance = random.Random(seed)
    tried = Tried()
    for number in range(kills):
        ended = kill_once(place, tried, chance.uniform(_LEAST_SECONDS, _MOST_SECONDS))
        is_whole = number % _WHOLE == _WHOLE - 1 or number == kills - 1
        if found := [ended] if ended else faults(place, tried, is_whole=is_whole):
            return tried, [f"after kill {number + 1}: {each}" for each in found]
    return tried, tally_faults(place)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and print what came of it; 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="how often (100)")
    parser.add_argument("--store", help="where to; the first two if not given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    if args.child is not None:
        with contextlib.suppress(BrokenPipeError):  # who reads was stopped
            add_forever(args.store, args.child)
        return 0
    with contextlib.ExitStack() as stack:
        named = [args.store] if args.store else list(_OWN)
        places = [place for each in named for place in _OWN.get(each, _given)(stack, each)]
        return max([_report(place, args.kills, args.seed) for place in places], default=0)


def _given(_: contextlib.ExitStack, place: str) -> list[str]:
    return [place]


def _new_file(stack: contextlib.ExitStack, _: str) -> list[str]:
    return [str(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "history.db")]


def _new_server(stack: contextlib.ExitStack, _: str) -> list[str]:
    try:
        return [stack.enter_context(postgres_server(is_durable=True)).url()]
    except pytest.skip.Exception as reason:
        print(reason)  # noqa: T201  a command prints
        return []


# name -> what makes a store for the run; any other name is that of a store
_OWN = {"sqlite": _new_file, "postgres": _new_server}


def _report(place: str, kills: int, seed: int) -> int:
    tried, found = run(place, kills, seed=seed)
    for each in found[:_TOLD]:
        print(each)  # noqa: T201  a command prints
    print(  # noqa: T201  a command prints
        f"{place.partition(':')[0]}: {kills} kills, {tried.next} events tried,"
        f" {len(tried.acknowledged)} acknowledged:"
        f" {'FAULTS' if found else 'none lost, none twice, the tallies agree'}",
        flush=True,
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
