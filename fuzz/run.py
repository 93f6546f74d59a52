"""Fuzz every reader for a while: `python -m fuzz.run --time 60 [NAME ...]`.

Each harness runs in a process of its own, from the seeds in `fuzz/seeds/NAME`, the
grown corpus `fuzz/corpora/NAME.zip` and, for the readers of messages, from
`tests/data/reports`.  What it grows is thrown away, or kept in `DIR/NAME` with
`--keep DIR`.  An input that breaks an invariant, takes longer than a second or hangs is
kept in `fuzz/crashes`.  Without atheris the seeds are tried once.

The exit status is

| status | when |
|---|---|
| 0 | no harness found anything |
| 1 | an input broke an invariant or was slow, or a process hung or died |
| 2 | the command line is wrong |
| 130 | it was interrupted (SIGINT, SIGTERM), and nothing had been found |
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.engine import HARNESSES
from fuzz.outcome import append_result
from fuzz.trial import fuzz, try_seeds

if TYPE_CHECKING:
    from fuzz.outcome import Outcome

__all__ = ["main"]

_INTERRUPTED = 130
_ENDING = (signal.SIGINT, signal.SIGTERM)


def main(arguments: list[str] | None = None) -> int:
    """Run the harnesses that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m fuzz.run", description="Fuzz the readers of dsnlib."
    )
    parser.add_argument("--time", type=int, default=20, help="seconds for each harness")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="so many side by side")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep what grows in DIR/NAME")
    parser.add_argument(
        "--result", type=Path, metavar="FILE", help="append a line of JSON for each to FILE"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(HARNESSES))
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(HARNESSES))
    if unknown:
        parser.error(f"no harness is called {', '.join(unknown)}; there are {', '.join(HARNESSES)}")
    if given.jobs < 1 or given.time < 1:
        parser.error("--jobs and --time are numbers from 1")
    stop = threading.Event()
    # Who ends a campaign wants to know what it did so far, however he ends it.
    before = [(each, signal.signal(each, lambda *_: stop.set())) for each in _ENDING]
    try:
        return _run(given, stop)
    finally:
        for each, handler in before:
            signal.signal(each, handler)


def _run(given: argparse.Namespace, stop: threading.Event) -> int:
    fuzzing = find_spec("atheris") is not None
    if not fuzzing:
        print("atheris is not installed for this platform: trying the seeds, once each")

    def try_one(name: str) -> Outcome | None:
        if stop.is_set():
            return None
        if fuzzing:
            return fuzz(name, given.time, keep=given.keep, stop=stop)
        return try_seeds(name, stop=stop)

    has_failed = False
    with ThreadPoolExecutor(given.jobs) as pool:
        begun = [pool.submit(try_one, name) for name in given.names or HARNESSES]
        for each in as_completed(begun):
            outcome = each.result()
            if outcome is not None:
                has_failed |= outcome.verdict.is_failure
                _tell(outcome, given.result)
    if has_failed:
        return 1
    return _INTERRUPTED if stop.is_set() else 0


def _tell(outcome: Outcome, result: Path | None) -> None:
    print(outcome, flush=True)
    if result:
        append_result(result, outcome.as_json())
    if outcome.verdict.is_failure:
        print(_tail(outcome.output))
        places = [f"the input is in {path}" for path in outcome.stored]
        print("\n".join(places) or "no input was stored", flush=True)


def _tail(output: str) -> str:
    """Return the traceback, without libFuzzer's progress."""
    lines = [line for line in output.splitlines() if not line.startswith(("#", "INFO:", "stat::"))]
    return "\n".join(f"    {line}" for line in lines[-40:])


if __name__ == "__main__":
    sys.exit(main())
