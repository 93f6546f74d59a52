"""Measure what many messages cost: `python -m tests.bench.bulk`.

    python -m tests.bench.bulk                          120,000 messages, three rounds
    python -m tests.bench.bulk --messages 1000000 --rounds 1 --keep /var/tmp/archive.mbox
    python -m tests.bench.bulk --messages 300000 --rounds 1 --ray   starting Ray takes seconds

Four claims, each with a bound:

- one worker reads an mbox and writes Parquet at 0.8 of the rate, or more, at which a plain
  loop in one process reads the same mbox and does nothing with the events;
- two workers do it in 1/1.8 of the time of one, or less;
- no worker needs more than 300 MB, whatever the size of the archive;
- Ray on this machine has 0.6 of the rate of the local pool, or more; its start is told beside
  it, and without it.

Method.  The archive is made of our fixtures by `tests.load.archive`.  Before anything is
measured the file is read once, and the loop has read its start, so nobody pays for cold
caches or for what is made on first use.  In each round the loop, one worker and two, and Ray
if it is asked for, take turns.  Each turn is many seconds long.  Times are of `run_bulk` as a
whole: planning, starting workers and bringing parts to the disk are in them.

A ratio is that of the best turns.  The claim of one core holds by processor time, of all
processes, which other work on the machine changes little; that of two, and that of Ray, by
the clock.  Both are shown for both, and the medians, and the load before each round: by the
clock a machine that has other work to do shows less than there is.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import math
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.adapters.mailboxes.inputs import read_inputs
from dsnlib.bounces.read import read_bounces
from dsnlib.bulk.run_bulk import run_bulk
from tests.load.archive import write_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["main"]

ONE_TO_LOOP = 0.8
TWO_TO_ONE = 1.8
RAY_TO_LOCAL = 0.6
WORKER_OCTETS = 300_000_000


_WARM_MESSAGES = 2000


class _Run(NamedTuple):
    rate: float
    """Messages a second, by the clock."""
    core_rate: float = math.nan
    """Messages a second of processor time, of all processes together; none of Ray's."""
    peak_octets: int = 0


class _Claim(NamedTuple):
    what: str
    value: float
    bound: float | None = None
    """What is required; nothing where a number is for comparison."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, show, and return 1 if a bound is missed."""
    parser = argparse.ArgumentParser(description="Measure the reading of many messages.")
    parser.add_argument("--messages", type=int, default=120_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--format", default="parquet")
    parser.add_argument("--keep", type=Path, help="an mbox to use, made if it is not there")
    parser.add_argument("--ray", action="store_true", help="measure Ray too")
    args = parser.parse_args(argv)
    logging.getLogger("mailparser").addHandler(logging.NullHandler())
    logging.getLogger("mailparser").propagate = False
    with tempfile.TemporaryDirectory() as folder:
        archive = args.keep or Path(folder) / "archive.mbox"
        if not archive.exists():
            write_archive(archive, args.messages)
        runs = _measure(archive, Path(folder) / "out", args)
    return _show(runs)


def _measure(archive: Path, out: Path, args: argparse.Namespace) -> dict[str, list[_Run]]:
    turns: dict[str, Callable[[], _Run]] = {
        "loop": lambda: _loop(archive),
        "one worker": lambda: _bulk(archive, out, args.format, workers=1),
        "two workers": lambda: _bulk(archive, out, args.format, workers=2),
    }
    if args.ray:
        turns["ray"] = lambda: _bulk(archive, out, args.format, workers=2, engine="ray")
        turns["ray, started before"] = lambda: _warm_ray(archive, out, args.format)
    _warm(archive)
    print(f"{archive}: {archive.stat().st_size / 1e6:,.0f} MB")
    runs: dict[str, list[_Run]] = {name: [] for name in turns}
    for number in range(args.rounds):
        print(f"round {number + 1}, load {os.getloadavg()[0]:.1f}", flush=True)
        for name, turn in turns.items():
            run = turn()
            runs[name].append(run)
            print(
                f"  {name}: {run.rate:,.0f} messages/s by the clock,"
                f" {run.core_rate:,.0f} a second of processor time",
                flush=True,
            )
    return runs


def _warm(archive: Path) -> None:
    """Bring the archive into memory, as far as there is room, and make what is made once."""
    with archive.open("rb") as file:
        while file.read(1 << 20):
            pass
    for entry in itertools.islice(read_inputs([str(archive)]), _WARM_MESSAGES):
        read_bounces(entry.octets or b"")


def _show(runs: dict[str, list[_Run]]) -> int:
    clock = {name: max(each.rate for each in of_name) for name, of_name in runs.items()}
    core = {name: max(each.core_rate for each in of_name) for name, of_name in runs.items()}
    for name, of_name in runs.items():
        middle = statistics.median(each.rate for each in of_name)
        middle_core = statistics.median(each.core_rate for each in of_name)
        print(
            f"{name}: best {clock[name]:,.0f}, median {middle:,.0f} messages/s by the clock;"
            f" best {core[name]:,.0f}, median {middle_core:,.0f} by processor time"
        )
    one, two = "one worker", "two workers"
    claims = [
        _Claim("one worker to the loop, a core", core[one] / core["loop"], ONE_TO_LOOP),
        _Claim("one worker to the loop, by the clock", clock[one] / clock["loop"], ONE_TO_LOOP),
        _Claim("two workers to one, by the clock", clock[two] / clock[one], TWO_TO_ONE),
        _Claim("two workers to one, if both are free", 2 * core[two] / core[one], TWO_TO_ONE),
    ]
    if "ray" in runs:
        warm = "ray, started before"
        claims += [
            _Claim("Ray to the local pool", clock["ray"] / clock[two], RAY_TO_LOCAL),
            _Claim("Ray, started before, to the pool", clock[warm] / clock[two], RAY_TO_LOCAL),
        ]
    for what, value, bound in claims:
        if bound is None:
            print(f"     {what}: {value:.2f}")
        else:
            word = "ok  " if value >= bound else "MISS"
            print(f"{word} {what}: {value:.2f}, at least {bound}")
    peak = max(each.peak_octets for of_name in runs.values() for each in of_name)
    is_small = peak <= WORKER_OCTETS
    print(f"{'ok  ' if is_small else 'MISS'} memory of a worker: {peak / 1e6:.0f} MB, at most 300")
    is_fast = all(each.bound is None or each.value >= each.bound for each in claims)
    return 0 if is_small and is_fast else 1


def _loop(archive: Path) -> _Run:
    began, used = time.perf_counter(), _processor_seconds()
    messages = events = 0
    for entry in read_inputs([str(archive)]):
        messages += 1
        events += len(read_bounces(entry.octets or b""))
    seconds, used = time.perf_counter() - began, _processor_seconds() - used
    return _Run(messages / seconds, messages / used)


def _bulk(archive: Path, out: Path, format_: str, *, workers: int, engine: str = "local") -> _Run:
    shutil.rmtree(out, ignore_errors=True)
    began, used = time.perf_counter(), _processor_seconds()
    result = run_bulk([str(archive)], str(out), format=format_, workers=workers, engine=engine)
    seconds, used = time.perf_counter() - began, _processor_seconds() - used
    # Ray's workers are not children of ours.
    core_rate = math.nan if engine == "ray" else result.messages / used
    return _Run(result.messages / seconds, core_rate, result.peak_octets)


def _processor_seconds() -> float:
    """Return the processor time of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _warm_ray(archive: Path, out: Path, format_: str) -> _Run:
    from dsnlib.bulk.ray_engine import connected

    with connected(workers=2, address=None):
        return _bulk(archive, out, format_, workers=2, engine="ray")


if __name__ == "__main__":
    sys.exit(main())
