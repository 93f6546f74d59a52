"""The table of a campaign: `python -m fuzz.report FILE ...`, in Markdown.

The files are what `python -m fuzz.run --result FILE` and `python -m fuzz.covered --result
FILE` wrote, in any number and order.

Rules.
- A campaign may be held in parts: of a harness that ran more than once the times, the
  inputs tried and the findings are added, and of what it reached the most counts.
- What the inputs reach is as it was measured last.
- Rates are for a second of one processor, which does not depend on what else there was.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["main", "merge", "table"]

_Record = dict[str, Any]
_ADDED = ("runs", "seconds", "processor_seconds", "quick", "stored")
_LARGEST = ("edges", "features", "inputs")
_HEAD = (
    "| Harness | Min | CPU | Tried | /s | Edges | Features | Corpus | Branches | Slowest | Bad |",
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
)


def merge(records: Iterable[_Record]) -> dict[str, tuple[_Record, _Record]]:
    """Return for each harness, by its name, what it did and what its inputs reach.

    Either is empty if no record tells of it.
    """
    merged: dict[str, tuple[_Record, _Record]] = {}
    for record in records:
        did, reached = merged.setdefault(record["harness"], ({}, {}))
        if "verdict" not in record:
            reached.update(record)
            continue
        for key in _ADDED:
            did[key] = did[key] + record[key] if key in did else record[key]
        for key in _LARGEST:
            did[key] = max(did.get(key, 0), record[key])
        # A process that hung or died is a finding without a file.
        has_lost = record["verdict"] in ("hung", "died") and not record["stored"]
        did["lost"] = did.get("lost", 0) + has_lost
    return dict(sorted(merged.items()))


def table(records: Iterable[_Record]) -> Iterator[str]:
    """Yield the lines of the table, and one for the whole."""
    merged = merge(records)
    yield from _HEAD
    for name, (did, reached) in merged.items():
        yield f"| `{name}` | {' | '.join([*_did(did), *_reached(reached), _findings(did)])} |"
    runs = sum(did.get("runs", 0) for did, _ in merged.values())
    hours = sum(did.get("seconds", 0) for did, _ in merged.values()) / 3600
    processor = sum(did.get("processor_seconds", 0) for did, _ in merged.values()) / 3600
    yield ""
    yield (
        f"{len(merged)} harnesses, {runs:,} inputs in {hours:.1f} hours,"
        f" {processor:.1f} of them of a processor."
    )


def _did(did: _Record) -> list[str]:
    if not did:
        return ["", "", "", "", "", ""]
    rate = did["runs"] / did["processor_seconds"] if did["processor_seconds"] else 0
    return [
        f"{did['seconds'] / 60:.0f}",
        f"{did['processor_seconds'] / 60:.1f}",
        f"{did['runs']:,}",
        f"{rate:,.0f}",
        f"{did['edges']:,}",
        f"{did['features']:,}",
    ]


def _reached(reached: _Record) -> list[str]:
    if not reached:
        return ["", "", ""]
    percent = 100 * reached["taken"] / reached["branches"] if reached["branches"] else 100
    return [
        f"{reached['inputs']:,}",
        f"{percent:.1f} %",
        f"{1000 * reached['slowest_seconds']:.0f} ms",
    ]


def _findings(did: _Record) -> str:
    return str(len(did["stored"]) + did["lost"]) if did else ""


def main(arguments: list[str]) -> int:
    """Print the table of the files that the command line names."""
    if not arguments:
        print("usage: python -m fuzz.report FILE ...")
        return 2
    lines = [
        line
        for path in arguments
        for line in Path(path).read_text(encoding="utf-8").splitlines()
        if line
    ]
    print("\n".join(table(map(json.loads, lines))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
