"""What came of a harness, as a value and as a line of JSON."""

from __future__ import annotations

import enum
import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Outcome", "Verdict", "append_result"]


class Verdict(enum.Enum):
    """How a harness ended."""

    OK = "ok"
    """Its time was over, and no input broke the invariant or was slow."""
    BROKEN = "broken"
    """An input broke the invariant, was slow, or took too much memory."""
    HUNG = "hung"
    """It did not end when it had to, and was ended."""
    DIED = "died"
    """A signal ended its process."""
    INTERRUPTED = "interrupted"
    """Whoever ran it ended it; until then it was well."""

    @property
    def is_failure(self) -> bool:
        """Whether there is something to repair."""
        return self not in (Verdict.OK, Verdict.INTERRUPTED)


class Outcome(NamedTuple):
    """What came of one harness.

    Args:
        harness: Its name.
        verdict: How it ended.
        runs: How many inputs were tried.
        seconds: How long it ran.
        processor_seconds: How long it had a processor.
        edges: The branches of the code that were taken.
        features: Those told apart by how often.
        inputs: How many are in the corpus that shows them all.
        stored: The files that are findings.
        quick: How many inputs were slow while fuzzing and quick alone.
        output: What its process said; not in the line of JSON.
    """

    harness: str
    verdict: Verdict
    runs: int
    seconds: float = 0.0
    processor_seconds: float = 0.0
    edges: int = 0
    features: int = 0
    inputs: int = 0
    stored: tuple[str, ...] = ()
    quick: int = 0
    output: str = ""

    def as_json(self) -> str:
        """Return the line of JSON, without its end."""
        record = self._asdict()
        del record["output"]
        record["verdict"] = self.verdict.value
        record["seconds"] = round(self.seconds, 1)
        record["processor_seconds"] = round(self.processor_seconds, 1)
        return json.dumps(record)

    def __str__(self) -> str:
        """Return the line that a person reads."""
        rate = self.runs / self.seconds if self.seconds else 0
        return (
            f"{self.harness:16} {self.runs:>9} inputs {rate:>7.0f}/s {self.edges:>6} edges"
            f" {self.features:>6} features {self.inputs:>5} kept  {self.verdict.value}"
        )


def append_result(path: Path, line: str) -> None:
    """Put a line behind those that a file has already.

    Raises:
        OSError: The file cannot be written.
    """
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
