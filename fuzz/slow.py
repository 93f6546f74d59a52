"""Say how long a harness takes for an input: `python -m fuzz.slow NAME FILE ...`.

In seconds of processor time, without atheris, the better of two: what an input costs a
user, on however busy a machine.
"""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

from fuzz.engine import load

__all__ = ["main", "seconds_for"]


def seconds_for(name: str, data: bytes) -> float:
    """Return the processor time of one input, after one that warmed the imports."""
    check = load(name)
    check(b"")
    taken = []
    for _ in range(2):
        started = time.process_time()
        check(data)
        taken.append(time.process_time() - started)
    return min(taken)


def main(arguments: list[str]) -> int:
    """Print the seconds of each file."""
    name, *paths = arguments
    logging.disable()  # mail-parser's lines
    for path in paths:
        print(f"{seconds_for(name, Path(path).read_bytes()):.3f} {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
