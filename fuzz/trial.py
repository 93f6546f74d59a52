"""One harness, fuzzed for a while or tried on its seeds -> what came of it."""

from __future__ import annotations

import contextlib
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.corpus import CRASHES, LONGEST_OCTETS, seed_directories, unpack
from fuzz.outcome import Outcome, Verdict
from fuzz.process import Reason, run_module
from fuzz.slow import SLOW_SECONDS

if TYPE_CHECKING:
    import threading

    from fuzz.process import Ended

__all__ = ["fuzz", "try_seeds"]

# An instrumented reader on a busy machine takes many times what `SLOW_SECONDS` allows;
# what is still at it after this hangs.
_INPUT_TIMEOUT_SECONDS = 20
# For imports, the loading of seeds and the last input.
_GRACE_SECONDS = 120
# An input that is slow alone and in a process of its own, twice, is slow.
_TRIES = 2
_TRY_SECONDS = 120
_COUNT = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_TRIED = re.compile(r"tried (\d+)")
# `#4711\tpulse  cov: 12 ft: 34 corp: 5/67b`; whatever is killed has no statistics.
_PROGRESS = re.compile(r"^#(\d+)\t", re.MULTILINE)
_COVERED = re.compile(r"\bcov: (\d+) ft: (\d+)(?: corp: (\d+)/)?")
_STORED = re.compile(r"Test unit written to (\S+)")


def fuzz(
    name: str, seconds: int, *, keep: Path | None = None, stop: threading.Event | None = None
) -> Outcome:
    """Run one harness for `seconds` and tell what came of it.

    Args:
        name: The harness.
        seconds: How long.
        keep: The directory in whose directory `name` its corpus grows; thrown away
            without one.
        stop: Set when it shall end before.
    """
    CRASHES.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"fuzz-{name}-")))
        work, grown = keep / name if keep else folder / "work", folder / "grown"
        work.mkdir(parents=True, exist_ok=True)
        grown.mkdir()
        for each, data in unpack(name).items():
            (grown / each).write_bytes(data)
        ended = run_module(
            "fuzz.engine",
            name,
            str(work),
            *[str(directory) for directory in (*seed_directories(name), grown)],
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST_OCTETS}",
            f"-timeout={_INPUT_TIMEOUT_SECONDS}",
            # `slow.watch` tells of them.
            f"-report_slow_units={seconds + _GRACE_SECONDS}",
            f"-artifact_prefix={CRASHES}/{name}-",
            "-print_final_stats=1",
            "-verbosity=1",
            seconds=seconds + _GRACE_SECONDS,
            stop=stop,
        )
    return _outcome(name, ended)


def try_seeds(name: str, *, stop: threading.Event | None = None) -> Outcome:
    """Run one harness over its seeds, once each, and tell what came of it."""
    directories = [str(directory) for directory in seed_directories(name)]
    ended = run_module("fuzz.engine", name, *directories, seconds=600, stop=stop)
    return Outcome(
        harness=name,
        verdict=_verdict(ended, has_findings=False),
        runs=_last(_TRIED, ended.output),
        seconds=ended.seconds,
        processor_seconds=ended.processor_seconds,
        output=ended.output,
    )


def _outcome(name: str, ended: Ended) -> Outcome:
    written = set(_STORED.findall(ended.output))
    slow = {path for path in written if "-slow-unit-" in path}
    quick = slow - _really_slow(name, slow)
    for path in quick:
        Path(path).unlink()
    stored = written - quick
    covered = _COVERED.findall(ended.output) or [("0", "0", "0")]
    sizes = [int(size) for _, _, size in covered if size]
    return Outcome(
        harness=name,
        verdict=_verdict(ended, has_findings=bool(stored)),
        runs=_last(_COUNT, ended.output) or _last(_PROGRESS, ended.output),
        seconds=ended.seconds,
        processor_seconds=ended.processor_seconds,
        edges=int(covered[-1][0]),
        features=int(covered[-1][1]),
        inputs=sizes[-1] if sizes else 0,
        stored=tuple(sorted(stored)),
        quick=len(quick),
        output=ended.output,
    )


def _verdict(ended: Ended, *, has_findings: bool) -> Verdict:
    if ended.reason is Reason.TIME:
        return Verdict.HUNG
    if has_findings:
        return Verdict.BROKEN
    if ended.reason is Reason.STOPPED:
        return Verdict.INTERRUPTED
    if ended.status < 0:
        return Verdict.DIED
    return Verdict.BROKEN if ended.status else Verdict.OK


def _really_slow(name: str, paths: set[str]) -> set[str]:
    """Return those that take long alone as well, or could not be tried."""
    for _ in range(_TRIES):
        for path in sorted(paths):
            ended = run_module("fuzz.slow", name, path, seconds=_TRY_SECONDS)
            told = re.search(rf"^([0-9.]+) {re.escape(path)}$", ended.output, re.MULTILINE)
            if told is not None and float(told[1]) < SLOW_SECONDS:
                paths = paths - {path}
    return paths


def _last(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.findall(text)
    return int(found[-1]) if found else 0
