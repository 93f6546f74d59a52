"""Ten thousand networks against the laws: `make simulate`.

    make simulate                                     10,000 of them, by a new seed
    make simulate ARGS='--networks 500 --seed 7'
    make simulate ARGS='--seed 7 --first 412 --networks 1'   one of them again
    make simulate ARGS=--write            writes each notification and reads it back

A network that breaks a law is made smaller and printed; the exit status is 1.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import random
import sys
import time
from typing import TYPE_CHECKING

from tests.simulation.examine import Tally, examine, find_breach
from tests.simulation.generate import make_network
from tests.simulation.laws import LAWS, Breach
from tests.simulation.shrink import shrink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.simulation.network import Network

__all__ = ["chance_of", "main"]

_NETWORKS = 10_000
_IN_ONE_GO = 50


def _say(text: object) -> None:
    sys.stdout.write(f"{text}\n")


def chance_of(seed: int, number: int) -> random.Random:
    """Return what a network is picked with."""
    return random.Random(f"{seed}/{number}")


def _run_some(
    seed: int, numbers: range, *, writes: bool
) -> tuple[Tally, tuple[int, str, str] | None]:
    """Run some networks, up to the first that breaks a law."""
    tally = Tally()
    for number in numbers:
        network = make_network(chance_of(seed, number).choice)
        try:
            tally += examine(network, writes=writes)
        except Breach as breach:
            return tally, (number, breach.law, breach.what)
    return tally, None


def _show(network: Network) -> None:
    for host in network.hosts:
        _say(f"  {host}")
    for each in (*network.links, *network.posts):
        _say(f"  {each}")
    _say(f"  most_hops={network.most_hops}, latency_seconds={network.latency_seconds}")


def _explain(seed: int, number: int, law: str, *, writes: bool) -> None:
    """Print the smallest network found that breaks the same law."""

    def is_broken(network: Network) -> bool:
        breach = find_breach(network, writes=writes)
        return breach is not None and breach.law == law

    network = shrink(chance_of(seed, number), is_broken)
    _say(f"network {number} of seed {seed} breaks a law; made smaller:")
    _show(network)
    _say(find_breach(network, writes=writes))
    _say(f"again: make simulate ARGS='--seed {seed} --first {number} --networks 1'")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the networks and print what was seen; return 1 if a law was broken."""
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__.partition("\n")[0])
    parser.add_argument("--networks", type=int, default=_NETWORKS)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first")
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--write", action="store_true", help="write and read notifications")
    options = parser.parse_args(arguments)
    last = options.first + options.networks
    goes = [
        range(start, min(start + _IN_ONE_GO, last))
        for start in range(options.first, last, _IN_ONE_GO)
    ]
    started = time.perf_counter()
    run_some = functools.partial(_run_some, options.seed, writes=options.write)
    if options.jobs > 1 and len(goes) > 1:
        with multiprocessing.Pool(options.jobs) as pool:
            results = pool.map(run_some, goes, chunksize=1)
    else:
        results = [run_some(each) for each in goes]
    seconds = time.perf_counter() - started
    tally = sum((each for each, _ in results), start=Tally())
    _say(
        f"seed {options.seed}: {tally.networks} networks, {tally.messages} messages, "
        f"{tally.notifications} notifications; {tally.networks / seconds:.0f} networks a second"
    )
    for law in LAWS:
        _say(f"  {tally.checks[law.__name__]:>10,} {law.__name__}")
    broken = [breach for _, breach in results if breach is not None]
    if broken:
        number, law_name, _ = min(broken)
        _explain(options.seed, number, law_name, writes=options.write)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
