"""What came of a harness, read from what its process said."""

import json
import signal
from pathlib import Path

import pytest

from fuzz import trial
from fuzz.outcome import Outcome, Verdict
from fuzz.process import Ended, Reason

STATISTICS = """\
#4096\tpulse  cov: 150 ft: 600 corp: 80/1000b lim: 100 exec/s: 300 rss: 60Mb
#5000\tDONE   cov: 151 ft: 640 corp: 88/1100b lim: 100 exec/s: 300 rss: 60Mb
stat::number_of_executed_units: 5000
"""
STORED = "artifact_prefix='{0}/'; Test unit written to {0}/{1}\n"


def _outcome(monkeypatch: pytest.MonkeyPatch, ended: Ended, slow: str = "") -> Outcome:
    def run_module(module: str, *arguments: str, **_: object) -> Ended:
        if module == "fuzz.slow":
            return Ended(0, Reason.ITSELF, f"{slow} {arguments[-1]}\n", 1.0, 1.0)
        return ended

    monkeypatch.setattr(trial, "run_module", run_module)
    return trial.fuzz("reply", 1)


def test_an_input_of_no_rule_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers are those of the last line."""
    found = _outcome(monkeypatch, Ended(0, Reason.ITSELF, STATISTICS, 10.0, 4.0))

    assert Verdict.OK is found.verdict
    assert (5000, 151, 640, 88) == (found.runs, found.edges, found.features, found.inputs)
    assert (10.0, 4.0) == (found.seconds, found.processor_seconds)


@pytest.mark.parametrize(
    ("ended", "verdict"),
    [
        (Ended(77, Reason.ITSELF, STATISTICS, 1, 1), Verdict.BROKEN),
        (Ended(-signal.SIGKILL, Reason.ITSELF, STATISTICS, 1, 1), Verdict.DIED),
        (Ended(-signal.SIGABRT, Reason.TIME, STATISTICS, 1, 1), Verdict.HUNG),
        (Ended(72, Reason.STOPPED, STATISTICS, 1, 1), Verdict.INTERRUPTED),
    ],
)
def test_verdict(monkeypatch: pytest.MonkeyPatch, ended: Ended, verdict: Verdict) -> None:
    """A process that hangs or dies is a failure, and one that was stopped is none."""
    found = _outcome(monkeypatch, ended)

    assert verdict is found.verdict
    assert (verdict is not Verdict.INTERRUPTED) is found.verdict.is_failure
    assert 5000 == found.runs


def test_runs_of_a_process_without_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is killed has said how far it was."""
    output = STATISTICS.partition("stat::")[0]

    assert 5000 == _outcome(monkeypatch, Ended(-9, Reason.ITSELF, output, 1, 1)).runs


def test_a_finding_of_one_that_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """No finding is lost because somebody typed Ctrl-C."""
    output = STATISTICS + STORED.format("/x", "reply-crash-1")

    found = _outcome(monkeypatch, Ended(72, Reason.STOPPED, output, 1, 1))

    assert Verdict.BROKEN is found.verdict
    assert ("/x/reply-crash-1",) == found.stored


@pytest.mark.parametrize(
    ("seconds", "is_kept"),
    [("0.999", False), ("1.000", True), ("", True), ("RuntimeError:", True)],
    ids=["quick alone", "slow alone", "no answer", "it broke"],
)
def test_slow_inputs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seconds: str, *, is_kept: bool
) -> None:
    """One that is quick alone is removed; whatever else becomes of it, it is a finding."""
    path = tmp_path / "reply-slow-unit-1"
    path.write_bytes(b"x")
    output = STATISTICS + STORED.format(tmp_path, path.name)

    found = _outcome(monkeypatch, Ended(0, Reason.ITSELF, output, 1, 1), slow=seconds)

    assert is_kept is path.exists()
    assert (Verdict.BROKEN if is_kept else Verdict.OK) is found.verdict
    assert (int(not is_kept), bool(is_kept)) == (found.quick, bool(found.stored))


def test_result_is_a_line_of_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has all but the output."""
    found = _outcome(monkeypatch, Ended(0, Reason.ITSELF, STATISTICS, 10.04, 4.0))

    record = json.loads(found.as_json())

    assert {*found._fields} - {"output"} == {*record}
    assert ("ok", 10.0) == (record["verdict"], record["seconds"])
    assert "5000 inputs     498/s" in str(found)
