"""How long one letter takes, start and end included: `python -m tests.bench.starting`.

    python     the interpreter, which does nothing
    version    `dsnlib --version`
    relay      `dsnlib sendmail` gives a letter of 2 kB to a server on this host
    queue      the same, left in the directory of a queue, on the disk

All take turns.  The best counts, for what else runs on the machine makes all slower; the
middle is shown too.  Only what is beyond `python` is ours.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from tests.adapters.submission.neighbour import neighbour  # noqa: E402  found by the path above
from tests.bench.figure import Figure  # noqa: E402  the same

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LETTER = (
    b"Subject: a letter\nTo: bob@example.net\n\n"
    + b"A line of some length, as letters have.\n" * 50
)
MOST_SECONDS = 0.080
ROUNDS = 20
_SENDING = ("relay", "queue")
_MAIN = "import sys; from dsnlib.cli.sendmail import main; sys.exit(main())"


def measure(commands: Mapping[str, Sequence[str]], *, rounds: int) -> dict[str, list[float]]:
    """Return how long each command took, in seconds."""
    took: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            begun = time.perf_counter()
            subprocess.run(command, input=LETTER, capture_output=True, check=True, cwd=ROOT)
            took[name].append(time.perf_counter() - begun)
    return took


def measure_all(rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Return how long each of the four took, in seconds."""
    python = sys.executable
    with tempfile.TemporaryDirectory() as folder, neighbour() as server:
        directory = Path(folder)
        (directory / "queue" / "maildrop").mkdir(parents=True)
        for name, key in (
            ("relay", f'sendmail_relay = "{server.nexthop}"'),
            ("queue", f'queue_directory = "{directory}/queue"'),
        ):
            file = directory / f"{name}.toml"
            file.write_text(f'myhostname = "mx.example.org"\n{key}\n', "utf-8")
        sending = {
            name: [python, "-c", _MAIN, "-C", f"{directory}/{name}.toml", "-f", "ann", "bob"]
            for name in _SENDING
        }
        return measure(
            {
                "python": [python, "-c", "pass"],
                "version": [python, "-m", "dsnlib", "--version"],
                **sending,
            },
            rounds=rounds,
        )


def measure_starting(rounds: int = ROUNDS) -> list[Figure]:
    """Return the figures of the sendmail command."""
    return figures(measure_all(rounds))


def figures(took: Mapping[str, Sequence[float]]) -> list[Figure]:
    """Return what is claimed, and whether it holds."""
    bare = min(took["python"])
    return [
        Figure(
            name=f"sendmail, one letter to the {name}",
            ours=f"{min(took[name]) * 1000:.0f} ms",
            theirs=f"{bare * 1000:.0f} ms",
            value=min(took[name]),
            bound=MOST_SECONDS,
            note="2 kB, start and end included; beside it a Python that does nothing",
        )
        for name in _SENDING
    ]


def main() -> int:
    """Measure and show; 1 if a letter takes too long."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    args = parser.parse_args()
    took = measure_all(args.rounds)
    for name, seconds in took.items():
        best, middle = min(seconds) * 1000, statistics.median(seconds) * 1000
        print(f"{name:<10} best {best:6.1f} ms   median {middle:6.1f} ms")
    return int(not all(figure.passed for figure in figures(took)))


if __name__ == "__main__":
    sys.exit(main())
