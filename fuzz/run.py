"""Fuzz every reader for a while: `python fuzz/run.py --time 60 [NAME ...]`.

Each harness runs in a process of its own, from the seeds in `fuzz/seeds/NAME` and,
for the readers of messages, from `tests/data/reports`.  What it grows is thrown
away, or kept in `DIR/NAME` with `--keep DIR`.  A crashing input is kept in
`fuzz/crashes`; the exit status is then 1.  An input that takes longer than a second
is kept there too and tried again alone, by processor time: a busy machine is no
finding.  Without atheris the seeds are tried once.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
FUZZ = ROOT / "fuzz"
CRASHES = FUZZ / "crashes"
HARNESSES = tuple(sorted(path.stem.removeprefix("fuzz_") for path in FUZZ.glob("fuzz_*.py")))
# The harnesses whose inputs are messages, to which every fixture is a seed.
MESSAGE_READERS = ("read_reports", "parse_report", "content", "bounces")

# Larger than any fixture; beyond it an input tells nothing new.
LONGEST_OCTETS = 8192
# An instrumented reader on a busy machine takes many times what `SLOW_SECONDS` allows;
# what is still at it after this hangs.
INPUT_TIMEOUT_SECONDS = 20
SLOW_SECONDS = 1.0
# For imports, the loading of seeds and the last input.
GRACE_SECONDS = 120
_RATE = re.compile(r"stat::average_exec_per_sec:\s*(\d+)")
_COUNT = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_COVERED = re.compile(r"\bcov: (\d+) ft: (\d+) corp: (\d+)/")
_STORED = re.compile(r"Test unit written to (\S+)")


class Outcome(NamedTuple):
    """What came of one harness.

    `rate` is `runs` per second; `edges` are the branches of the code that were taken,
    `features` those told apart by how often, and `inputs` the corpus that shows them all.
    """

    name: str
    passed: bool
    output: str
    runs: int
    rate: int = 0
    edges: int = 0
    features: int = 0
    inputs: int = 0
    stored: tuple[str, ...] = ()


def corpora(name: str) -> list[Path]:
    """Return the directories whose files a harness starts from."""
    directories = [FUZZ / "seeds" / name]
    if name in MESSAGE_READERS:
        directories.append(ROOT / "tests" / "data" / "reports")
    return [directory for directory in directories if directory.is_dir()]


def fuzz(name: str, seconds: int, keep: Path | None = None) -> Outcome:
    """Run one harness for `seconds` and tell what came of it.

    Args:
        name: One of `HARNESSES`.
        seconds: How long.
        keep: The directory in which its corpus grows; thrown away without one.
    """
    CRASHES.mkdir(exist_ok=True)
    with ExitStack() as stack:
        work = (
            keep / name
            if keep
            else Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"fuzz-{name}-")))
        )
        work.mkdir(parents=True, exist_ok=True)
        done = _engine(
            name,
            str(work),
            *[str(directory) for directory in corpora(name)],
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST_OCTETS}",
            f"-timeout={INPUT_TIMEOUT_SECONDS}",
            f"-report_slow_units={int(SLOW_SECONDS)}",
            f"-artifact_prefix={CRASHES}/{name}-",
            "-print_final_stats=1",
            "-verbosity=1",
            timeout=seconds + GRACE_SECONDS,
        )
    output = done.stdout + done.stderr
    written = set(_STORED.findall(output))
    slow = {path for path in written if "-slow-unit-" in path}
    stored = (written - slow) | _really_slow(name, slow)
    *_, covered = [("0", "0", "0"), *_COVERED.findall(output)]
    return Outcome(
        name=name,
        passed=done.returncode == 0 and not stored,
        output=output,
        runs=_number(_COUNT, output),
        rate=_number(_RATE, output),
        edges=int(covered[0]),
        features=int(covered[1]),
        inputs=int(covered[2]),
        stored=tuple(sorted(stored)),
    )


def _really_slow(name: str, paths: set[str]) -> set[str]:
    """Return those that take long alone as well; the others are removed."""
    if not paths:
        return set()
    done = _python("fuzz.slow", name, *sorted(paths), timeout=600)
    quick = {
        path
        for seconds, path in (line.split(" ", 1) for line in done.stdout.splitlines())
        if float(seconds) < SLOW_SECONDS
    }
    for path in quick:
        Path(path).unlink()
    return paths - quick


def try_seeds(name: str) -> Outcome:
    """Run one harness over its seeds, once each."""
    done = _engine(name, *[str(directory) for directory in corpora(name)], timeout=600)
    count = _number(re.compile(r"tried (\d+)"), done.stdout)
    return Outcome(name, done.returncode == 0, done.stdout + done.stderr, count)


def main() -> int:
    """Run the harnesses that the command line names, one after the other."""
    parser = argparse.ArgumentParser(description="Fuzz the readers of dsnlib.")
    parser.add_argument("--time", type=int, default=20, help="seconds for each harness")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep what grows in DIR/NAME")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(HARNESSES))
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(HARNESSES))
    if unknown:
        parser.error(f"no harness is called {', '.join(unknown)}; there are {', '.join(HARNESSES)}")
    fuzzing = importlib.util.find_spec("atheris") is not None
    if not fuzzing:
        print("atheris is not installed for this platform: trying the seeds, once each")
    failed = False
    for name in arguments.names or HARNESSES:
        outcome = fuzz(name, arguments.time, arguments.keep) if fuzzing else try_seeds(name)
        verdict = "ok" if outcome.passed else "FAILED"
        print(
            f"{name:14} {outcome.runs:>9} inputs {outcome.rate:>7}/s {outcome.edges:>6} edges"
            f" {outcome.features:>6} features {outcome.inputs:>5} kept  {verdict}",
            flush=True,
        )
        if not outcome.passed:
            failed = True
            print(_tail(outcome.output))
            print("\n".join(f"the input is in {path}" for path in outcome.stored) or "none stored")
    return int(failed and fuzzing)


def _engine(name: str, *arguments: str, timeout: float) -> subprocess.CompletedProcess[str]:
    return _python("fuzz.engine", name, *arguments, timeout=timeout)


def _python(*arguments: str, timeout: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=timeout,
    )


def _number(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    return int(found[1]) if found else 0


def _tail(output: str) -> str:
    """Return the traceback, without libFuzzer's progress."""
    lines = [line for line in output.splitlines() if not line.startswith(("#", "INFO:", "stat::"))]
    return "\n".join(f"    {line}" for line in lines[-40:])


if __name__ == "__main__":
    sys.exit(main())
