"""The table of a campaign, put together of its parts."""

from typing import Any

from fuzz.report import merge, table


def _run(**changes: object) -> dict[str, Any]:
    record = {
        "harness": "reply", "verdict": "ok", "runs": 100, "seconds": 60.0,
        "processor_seconds": 10.0, "edges": 5, "features": 9, "inputs": 3, "stored": [], "quick": 0,
    }  # fmt: skip
    return {**record, **changes}


REACHED = {
    "harness": "reply", "inputs": 40, "branches": 80, "taken": 60, "slowest_seconds": 0.0021,
    "slowest_octets": 7, "modules": {},
}  # fmt: skip


def test_parts_are_put_together() -> None:
    """Times, inputs and findings are added; of what was reached the most counts."""
    parts = [_run(), _run(runs=50, edges=4, features=12, stored=["x"], verdict="broken")]

    did, reached = merge(parts)["reply"]

    assert (150, 120.0, 20.0) == (did["runs"], did["seconds"], did["processor_seconds"])
    assert (5, 12, ["x"]) == (did["edges"], did["features"], did["stored"])
    assert {} == reached


def test_table() -> None:
    """A row has what a harness did, and what its inputs reach."""
    lines = list(table([REACHED, _run(verdict="hung")]))

    assert "| `reply` | 1 | 0.2 | 100 | 10 | 5 | 9 | 40 | 75.0 % | 2 ms | 1 |" == lines[2]
    assert 12 == lines[0].count("|") == lines[1].count("|") == lines[2].count("|")
    assert lines[-1].startswith("1 harnesses, 100 inputs in 0.0 hours")


def test_a_harness_that_only_one_file_has() -> None:
    """What is not known is left empty."""
    assert "| `reply` |  |  |  |  |  |  | 40 | 75.0 % | 2 ms |  |" in list(table([REACHED]))
    assert "| `reply` | 1 | 0.2 | 100 | 10 | 5 | 9 |  |  |  | 0 |" in list(table([_run()]))
