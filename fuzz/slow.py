"""Inputs that take long: found while fuzzing, and tried again alone.

`python -m fuzz.slow NAME FILE ...` prints the seconds of each file, one a line.

Rules.
- What other programs had of the processor does not count, and what an input waited for
  does: a busy machine is no finding, and a session that sleeps is one.
- The first time counts: what is quick only when it comes again is no excuse, for a
  stranger sends something new each time.
- No slow input hides behind a slower one: libFuzzer's own `-report_slow_units` tells of
  one only if it is the slowest so far.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import logging
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["SLOW_SECONDS", "main", "own_seconds", "seconds_of", "watch"]

SLOW_SECONDS = 1.0
"""What no input may take."""
# Chosen by us: who has a hundred slow inputs has one defect, and a disk to fill.
_MOST_STORED = 100
# "time spent on the cpu, time spent waiting on a runqueue, timeslices", in nanoseconds
#                                              Linux, Documentation/scheduler/sched-stats
_STATISTICS = Path("/proc/self/schedstat")


@functools.cache
def _statistics() -> Callable[[], bytes] | None:
    try:
        file = _STATISTICS.open("rb", buffering=0)
    except OSError:
        return None

    def read() -> bytes:
        file.seek(0)
        return file.read(100)

    return read


def own_seconds() -> float:
    """Return a time that stands still while other programs have the processor.

    In seconds since some moment, for differences.  Where the system does not say how long
    a program waited for its turn, it is processor time.
    """
    read = _statistics()
    if read is None:
        return time.process_time()
    return time.perf_counter() - int(read().split()[1]) / 1e9


def watch(check: Callable[[bytes], None], prefix: str) -> Callable[[bytes], None]:
    """Return a check that stores each input which takes `SLOW_SECONDS` or more.

    As libFuzzer does it: in a file that begins with `prefix`, with a line of output.
    """
    stored: set[str] = set()

    def watched(data: bytes) -> None:
        started = own_seconds()
        check(data)
        if own_seconds() - started < SLOW_SECONDS or len(stored) >= _MOST_STORED:
            return
        path = f"{prefix}slow-unit-{hashlib.sha1(data, usedforsecurity=False).hexdigest()}"
        if path not in stored:
            stored.add(path)
            Path(path).write_bytes(data)
            print(f"Test unit written to {path}", flush=True)

    return watched


def seconds_of(name: str, inputs: Iterable[bytes], *, warm: Iterable[bytes]) -> Iterator[float]:
    """Yield what each input takes, tried once.

    Args:
        name: The harness.
        inputs: What is tried.
        warm: What is tried before, so that nothing is imported at the wrong time.
    """
    logging.disable()  # mail-parser's lines
    check = importlib.import_module(f"fuzz.fuzz_{name}").check
    for data in (b"", *warm):
        check(data)
    for data in inputs:
        started = own_seconds()
        check(data)
        yield own_seconds() - started


def main(arguments: list[str]) -> int:
    """Print the seconds of each file."""
    name, *paths = arguments
    seeds = sorted((Path(__file__).parent / "seeds" / name).iterdir())
    taken = seconds_of(
        name,
        (Path(path).read_bytes() for path in paths),
        warm=(path.read_bytes() for path in seeds),
    )
    for path, seconds in zip(paths, taken, strict=True):
        print(f"{seconds:.3f} {path}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
