"""Fuzz every reader for a while: `python fuzz/run.py --time 60 [NAME ...]`.

Each harness runs in a process of its own on a work corpus that is thrown away,
from the seeds in `fuzz/seeds/NAME` and, for the readers of messages, from
`tests/data/reports`.  A crashing input is kept in `fuzz/crashes`; the exit
status is then 1.  Without atheris the seeds are tried once.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
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
INPUT_TIMEOUT_SECONDS = 5
# For imports, the loading of seeds and the last input.
GRACE_SECONDS = 60
_RATE = re.compile(r"stat::average_exec_per_sec:\s*(\d+)")
_COUNT = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_STORED = re.compile(r"Test unit written to (\S+)")


class Outcome(NamedTuple):
    """What came of one harness; `rate` is `runs` per second."""

    name: str
    passed: bool
    rate: int
    runs: int
    stored: str
    output: str


def corpora(name: str) -> list[Path]:
    """Return the directories whose files a harness starts from."""
    directories = [FUZZ / "seeds" / name]
    if name in MESSAGE_READERS:
        directories.append(ROOT / "tests" / "data" / "reports")
    return [directory for directory in directories if directory.is_dir()]


def fuzz(name: str, seconds: int) -> Outcome:
    """Run one harness for `seconds` and tell what came of it."""
    CRASHES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{name}-") as work:
        done = _engine(
            name,
            work,
            *[str(directory) for directory in corpora(name)],
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST_OCTETS}",
            f"-timeout={INPUT_TIMEOUT_SECONDS}",
            f"-artifact_prefix={CRASHES}/{name}-",
            "-print_final_stats=1",
            "-verbosity=1",
            timeout=seconds + GRACE_SECONDS,
        )
    output = done.stdout + done.stderr
    stored = _STORED.search(output)
    return Outcome(
        name=name,
        passed=done.returncode == 0 and stored is None,
        rate=_number(_RATE, output),
        runs=_number(_COUNT, output),
        stored=stored[1] if stored else "",
        output=output,
    )


def try_seeds(name: str) -> Outcome:
    """Run one harness over its seeds, once each."""
    done = _engine(name, *[str(directory) for directory in corpora(name)], timeout=600)
    count = _number(re.compile(r"tried (\d+)"), done.stdout)
    return Outcome(name, done.returncode == 0, 0, count, "", done.stdout + done.stderr)


def main() -> int:
    """Run the harnesses that the command line names, one after the other."""
    parser = argparse.ArgumentParser(description="Fuzz the readers of dsnlib.")
    parser.add_argument("--time", type=int, default=20, help="seconds for each harness")
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
        outcome = fuzz(name, arguments.time) if fuzzing else try_seeds(name)
        verdict = "ok" if outcome.passed else "FAILED"
        print(f"{name:14} {outcome.runs:>9} inputs {outcome.rate:>7}/s  {verdict}", flush=True)
        if not outcome.passed:
            failed = True
            print(_tail(outcome.output))
            print(f"the input is in {outcome.stored}" if outcome.stored else "no input was stored")
    return int(failed and fuzzing)


def _engine(name: str, *arguments: str, timeout: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fuzz.engine", name, *arguments],
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
