"""Inputs that take long are stored, and told from a busy machine."""

import time
from pathlib import Path

import pytest

from fuzz import slow


def _nothing(_: bytes) -> None:
    pass


def test_a_slow_input_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a line of output, each once, though a slower one was there before."""
    clock = iter([0.0, 5.0, 5.0, 6.0, 6.0, 7.0, 7.0, 7.9])
    monkeypatch.setattr(slow, "own_seconds", lambda: next(clock))
    check = slow.watch(_nothing, f"{tmp_path}/x-")

    for data in (b"slowest", b"slow", b"slow", b"quick"):
        check(data)

    stored = sorted(path.read_bytes() for path in tmp_path.glob("x-slow-unit-*"))
    assert [b"slow", b"slowest"] == stored


def test_what_breaks_the_invariant_is_raised(tmp_path: Path) -> None:
    """The watch hides nothing."""

    def broken(data: bytes) -> None:
        assert not data

    with pytest.raises(AssertionError):
        slow.watch(broken, f"{tmp_path}/x-")(b"x")

    assert [] == list(tmp_path.iterdir())


def test_waiting_counts() -> None:
    """An input that sleeps is slow, though it does no work."""
    started = slow.own_seconds()
    if slow._statistics() is None:
        pytest.skip("this system does not tell how long a program waited for its turn")

    time.sleep(0.05)

    assert 0.04 < slow.own_seconds() - started


def test_work_counts() -> None:
    """So much processor time is so much time, whatever else the machine does."""
    started, worked = slow.own_seconds(), time.process_time()
    while time.process_time() - worked < 0.05:
        pass

    assert 0.04 < slow.own_seconds() - started


def test_seconds_of_inputs() -> None:
    """There is one for each, none below zero."""
    taken = list(slow.seconds_of("reply", [b"250 ok", b"x"], warm=[b"y"]))

    assert 2 == len(taken)
    assert all(0 <= each < 60 for each in taken)
