"""Kill PostgreSQL and its clients again and again while events are added: nothing is lost.

    python -m tests.crash.postmaster                      100 kills, by a new seed
    python -m tests.crash.postmaster --kills 20 --seed 7

Rules.
- The server waits for the disk.  It is killed (SIGKILL, the postmaster that was started here)
  at random moments, and started again; so is the process that adds, at other moments.
- Who adds goes on with the same store when the server is back, and repeats what was cut off.
- An addition that has returned is written down.  At the end all that was written down is
  there, nothing is there twice, and the tallies are what the events are.  The exit status is 1
  if that is not so.
- The code of dsnlib must not change while it runs: each process that adds loads it anew, and
  what it counts events by would not be what is counted by here.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from signal import SIGKILL
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.history import rows
from dsnlib.adapters.store import open_store
from dsnlib.errors import StoreUnavailable
from tests.adapters.history.making import make_events
from tests.adapters.history.postgres_server import postgres_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.adapters.store import Store

__all__ = ["Totals", "crash", "main"]

_ROOT = Path(__file__).resolve().parents[2]
_LIVES_SECONDS = (0.05, 0.5)
_PAUSE_SECONDS = 0.02
_LARGEST = 300
# How many of the kills are the server's.
_SERVERS = 0.5
# What one process adds, before it is killed, is far less.
_EVENTS_A_LIFE = 10_000_000
_SHOWN = 5


@attrs.frozen(kw_only=True)
class Totals:
    """What a run was, and what it has found.

    Args:
        servers: How often the server was killed.
        clients: How often who adds was.
        acknowledged: How many events were there as `add` has said.
        stored: How many were there at the end.
        missing: How many of the acknowledged were not.
        doubled: How many were there twice.
        miscounted: How many tallies were wrong.
        wrong: Some of these, with what is counted and what is there.
    """

    servers: int
    clients: int
    acknowledged: int
    stored: int
    missing: int
    doubled: int
    miscounted: int
    wrong: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether nothing is lost, double or wrong."""
        return not (self.missing or self.doubled or self.miscounted)


def crash(directory: Path, *, kills: int, seed: int) -> Totals:
    """Kill and start again, and count what is there.

    Args:
        directory: Where is written down what was acknowledged.
        kills: How often something is killed.
        seed: Of the moments.
    """
    chance = random.Random(seed)
    journal = directory / "acknowledged"
    journal.touch()
    killed = Counter[str]()
    with postgres_server(is_durable=True) as server:
        client = _start(server.url(), journal, 0)
        try:
            for number in range(1, kills + 1):
                time.sleep(chance.uniform(*_LIVES_SECONDS))
                if chance.random() < _SERVERS:
                    killed["server"] += 1
                    server.stop(SIGKILL)
                    server.start()
                else:
                    killed["client"] += 1
                    _kill(client)
                    client = _start(server.url(), journal, number * _EVENTS_A_LIFE)
                # Each has added something before the next kill.
                _wait_for_more(journal, client)
        finally:
            _kill(client)
        # What a dead client has sent may still be done: after this nobody does anything, and
        # events and tallies, which are read one after the other, are of one time.
        server.stop(SIGKILL)
        server.start()
        with open_store(server.url()) as store:
            return _audit(store, journal, killed)


def _start(place: str, journal: Path, first: int) -> subprocess.Popen[bytes]:
    words = ["--place", place, "--journal", str(journal), "--first", str(first)]
    return subprocess.Popen([sys.executable, "-m", __spec__.name, *words], cwd=_ROOT)


def _kill(client: subprocess.Popen[bytes]) -> None:
    client.kill()
    client.wait()


def _wait_for_more(journal: Path, client: subprocess.Popen[bytes]) -> None:
    size = journal.stat().st_size
    while journal.stat().st_size == size:
        if client.poll() is not None:
            raise OSError(f"who adds has ended by itself: {client.returncode}")
        time.sleep(_PAUSE_SECONDS)


def _audit(store: Store, journal: Path, killed: Counter[str]) -> Totals:
    acknowledged: list[int] = []
    # A line that was cut off is of an addition that nobody heard of.
    for line in journal.read_text("ascii").rpartition("\n")[0].splitlines():
        first, size = map(int, line.split())
        acknowledged.extend(range(first, first + size))
    promised = {each.event_id for each in make_events(acknowledged)}
    stored = [each.event for each in store.events()]
    found = Counter([each.event_id for each in stored])
    recount = {rows.read_tally_row(key): n for key, n in rows.event_rows(stored).tallies()}
    tallies = {each.key: each.events for each in store.summarize().tallies}
    miscounted = [key for key in {**recount, **tallies} if recount.get(key) != tallies.get(key)]
    return Totals(
        servers=killed["server"],
        clients=killed["client"],
        acknowledged=len(promised),
        stored=len(stored),
        missing=len(promised - found.keys()),
        doubled=sum(n > 1 for n in found.values()),
        miscounted=len(miscounted),
        wrong=tuple(
            [f"{key}: {tallies.get(key)} of {recount.get(key)}" for key in miscounted[:_SHOWN]]
        ),
    )


def _add_for_ever(place: str, journal: Path, first: int) -> None:
    chance = random.Random(first)
    with journal.open("ab", buffering=0) as written:
        store = _opened(place)
        while True:
            size = chance.choice((1, 1, 1, chance.randrange(2, _LARGEST)))
            events = make_events(range(first, first + size))
            while True:
                try:
                    store.add(events, source="crash")
                    break
                except StoreUnavailable:
                    time.sleep(_PAUSE_SECONDS)
            written.write(f"{first} {size}\n".encode())
            first += size


def _opened(place: str) -> Store:
    while True:
        try:
            return open_store(place)
        except StoreUnavailable:
            time.sleep(_PAUSE_SECONDS)


def main(words: Sequence[str] | None = None) -> int:
    """Run it, and say what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    for name in ("--place", "--journal", "--first"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    given = parser.parse_args(words)
    if given.place is not None:
        _add_for_ever(given.place, Path(given.journal), int(given.first))
    with tempfile.TemporaryDirectory() as directory:
        totals = crash(Path(directory), kills=given.kills, seed=given.seed)
    sys.stdout.write(f"seed {given.seed}: {totals}\n")
    return 0 if totals.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
