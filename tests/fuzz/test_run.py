"""The command that runs the harnesses: its arguments and its exit status."""

import json
import os
import signal
import threading
from pathlib import Path

import pytest

from fuzz import run
from fuzz.outcome import Outcome, Verdict


@pytest.fixture
def verdicts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Verdict]:
    """What comes of each harness; well, if it is not there."""
    found: dict[str, Verdict] = {}

    def fuzz(name: str, seconds: int, **_: object) -> Outcome:
        return Outcome(name, found.get(name, Verdict.OK), runs=seconds, output="Traceback")

    monkeypatch.setattr(run, "fuzz", fuzz)
    monkeypatch.setattr(run, "find_spec", lambda _: True)
    return found


def test_all_is_well(
    verdicts: dict[str, Verdict], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The status is 0, and each harness has a line, on paper and in the file of results."""
    assert not verdicts
    result = tmp_path / "result.jsonl"

    status = run.main(["--time", "3", "--jobs", "2", "--result", str(result), "reply", "values"])

    assert 0 == status
    lines = [json.loads(line) for line in result.read_text("utf-8").splitlines()]
    assert {("reply", 3), ("values", 3)} == {(each["harness"], each["runs"]) for each in lines}
    assert 2 == capsys.readouterr().out.count(" ok\n")


@pytest.mark.parametrize("verdict", [Verdict.BROKEN, Verdict.HUNG, Verdict.DIED])
def test_a_failure(
    verdicts: dict[str, Verdict], capsys: pytest.CaptureFixture[str], verdict: Verdict
) -> None:
    """The status is 1, the others are run all the same, and the end of the output is shown."""
    verdicts["reply"] = verdict

    assert 1 == run.main(["reply", "values"])

    told = capsys.readouterr().out
    assert "    Traceback\nno input was stored\n" in told
    assert " ok\n" in told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it(monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    """What runs is told to stop, what waits is not begun, and the status is 130."""
    begun = []

    def fuzz(name: str, seconds: int, *, keep: Path | None, stop: threading.Event) -> Outcome:
        assert (20, None) == (seconds, keep)
        begun.append(name)
        os.kill(os.getpid(), number)
        assert stop.wait(60)
        return Outcome(name, Verdict.INTERRUPTED, runs=1)

    monkeypatch.setattr(run, "fuzz", fuzz)
    monkeypatch.setattr(run, "find_spec", lambda _: True)
    before = signal.getsignal(number)

    assert 130 == run.main(["reply", "values", "logs"])

    assert ["reply"] == begun
    assert before is signal.getsignal(number)


def test_without_the_fuzzer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The seeds are tried once, and a seed that fails is told by the status too."""
    monkeypatch.setattr(run, "find_spec", lambda _: None)
    monkeypatch.setattr(run, "try_seeds", lambda name, **_: Outcome(name, Verdict.BROKEN, runs=1))

    assert 1 == run.main(["reply"])
    assert capsys.readouterr().out.startswith("atheris is not installed for this platform")


@pytest.mark.parametrize("arguments", [["nobody"], ["--jobs", "0"], ["--time", "0"]])
def test_a_command_line_that_is_wrong(arguments: list[str]) -> None:
    """The status is 2."""
    with pytest.raises(SystemExit) as caught:
        run.main(arguments)

    assert 2 == caught.value.code
