"""Measure what many messages cost: `python -m tests.bench.bulk`.

    python -m tests.bench.bulk                          100,000 messages, three rounds
    python -m tests.bench.bulk --messages 1000000 --rounds 1 --keep /var/tmp/archive.mbox
    python -m tests.bench.bulk --ray

Four claims, each with a bound:

- one worker reads an mbox and writes Parquet at 0.8 of the rate, or more, at which a plain
  loop in one process reads the same mbox and does nothing with the events;
- two workers do it in 1/1.8 of the time of one, or less;
- no worker needs more than 300 MB, whatever the size of the archive;
- Ray on this machine has 0.6 of the rate of the local pool, or more; its start is told beside
  it, and without it.

Method.  The archive is made of our fixtures by `tests.load.archive`.  In each round the loop,
one worker and two take turns; the best of each counts, and every round is shown.  Times are
of `run_bulk` as a whole: planning and starting workers are in them.  What a core does is told
by processor time, which other work on the machine changes little; what two cores do, and
Ray, by the clock, and a machine with other work to do shows less than there is.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
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
    from collections.abc import Sequence

__all__ = ["main"]

ONE_TO_LOOP = 0.8
TWO_TO_ONE = 1.8
RAY_TO_LOCAL = 0.6
WORKER_OCTETS = 300_000_000


class _Run(NamedTuple):
    rate: float
    """Messages a second, by the clock."""
    core_rate: float = 0.0
    """Messages a second of processor time, of all processes together."""
    peak_octets: int = 0


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, show, and return 1 if a bound is missed."""
    parser = argparse.ArgumentParser(description="Measure the reading of many messages.")
    parser.add_argument("--messages", type=int, default=100_000)
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
        return _measure(archive, Path(folder) / "out", args)


def _measure(archive: Path, out: Path, args: argparse.Namespace) -> int:
    runs: dict[str, list[_Run]] = {"loop": [], "one worker": [], "two workers": []}
    for _ in range(args.rounds):
        runs["loop"].append(_loop(archive))
        runs["one worker"].append(_bulk(archive, out, args.format, workers=1))
        runs["two workers"].append(_bulk(archive, out, args.format, workers=2))
    if args.ray:
        runs["ray"] = []
        runs["ray, started before"] = []
        for _ in range(args.rounds):
            runs["ray"].append(_bulk(archive, out, args.format, workers=2, engine="ray"))
            runs["ray, started before"].append(_warm_ray(archive, out, args.format))
    best = {name: max(each.rate for each in of_name) for name, of_name in runs.items()}
    peak = max(each.peak_octets for of_name in runs.values() for each in of_name)
    print(f"{archive}: {archive.stat().st_size / 1e6:,.0f} MB; load {os.getloadavg()[0]:.1f}")
    for name, of_name in runs.items():
        rates = " ".join(f"{each.rate:,.0f}" for each in of_name)
        a_core = " ".join(f"{each.core_rate:,.0f}" for each in of_name)
        print(f"  {name}: {best[name]:,.0f} messages/s (all: {rates}; a core: {a_core})")
    core = {name: max(each.core_rate for each in of_name) for name, of_name in runs.items()}
    claims = [
        ("one worker to the loop, a core", core["one worker"] / core["loop"], ONE_TO_LOOP),
        (
            "two workers to one, all cores, if both are free",
            2 * core["two workers"] / core["one worker"],
            TWO_TO_ONE,
        ),
        ("one worker to the loop, by the clock", best["one worker"] / best["loop"], ONE_TO_LOOP),
        ("two workers to one, by the clock", best["two workers"] / best["one worker"], TWO_TO_ONE),
    ]
    if args.ray:
        claims += [
            ("Ray to the local pool", best["ray"] / best["two workers"], RAY_TO_LOCAL),
            (
                "Ray, started before, to the local pool",
                best["ray, started before"] / best["two workers"],
                RAY_TO_LOCAL,
            ),
        ]
    for name, value, bound in claims:
        print(f"  {'ok  ' if value >= bound else 'MISS'} {name}: {value:.2f}, at least {bound}")
    is_small = peak <= WORKER_OCTETS
    print(
        f"  {'ok  ' if is_small else 'MISS'} memory of a worker: {peak / 1e6:.0f} MB, at most 300"
    )
    return 0 if is_small and all(value >= bound for _, value, bound in claims) else 1


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
    core_rate = 0.0 if engine == "ray" else result.messages / used
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
