"""What was read from files and follows them, whatever it is."""

import logging

import pytest

from dsnlib.adapters.followed import Followed
from dsnlib.errors import ConfigurationError

LOG = logging.getLogger("dsnlib.followed")


class Source:
    """A file in memory: its text, which is its mark too."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.reads = 0

    def load(self) -> tuple[str, str]:
        """Read it."""
        self.reads += 1
        if self.text.startswith("bad"):
            message = f"{self.text} cannot be used"
            raise ConfigurationError(message)
        return self.text, self.text


def follow(source: Source, seconds: list[float], interval: float | None = 5.0) -> Followed[str]:
    """Follow a source by a clock that is a list."""
    return Followed(
        source.load, lambda _: source.text, log=LOG, kept="the old one stays",
        interval_seconds=interval, clock=lambda: seconds[0],
    )  # fmt: skip


def test_it_is_looked_at_now_and_then() -> None:
    """Within the interval nobody looks; the same file is not read again."""
    source, seconds = Source("one"), [0.0]
    followed = follow(source, seconds)
    source.text = "two"
    assert "one" == followed.now("it")

    seconds[0] = 5.0
    assert "two" == followed.now("it")

    seconds[0] = 10.0
    assert ("two", 2) == (followed.now("it"), source.reads)


def test_bad_files_change_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Each is read once and told of once; the good one that follows is read."""
    source, seconds = Source("one"), [0.0]
    followed = follow(source, seconds)
    source.text = "bad"
    for _ in range(3):
        assert not followed.refresh("it")
    assert ("one", 2, "bad cannot be used") == (followed.value, source.reads, str(followed.error))
    assert ["it: the old one stays: bad cannot be used"] == caplog.messages

    source.text = "two"
    assert followed.refresh("it")
    assert ("two", None) == (followed.value, followed.error)


def test_without_an_interval_only_refresh_looks() -> None:
    """Whoever has large files has them read where it keeps nobody waiting."""
    source, seconds = Source("one"), [0.0]
    followed = follow(source, seconds, None)
    source.text, seconds[0] = "two", 1e9

    assert "one" == followed.now("it")
    assert followed.refresh("it")
    assert "two" == followed.now("it")


def test_nobody_waits_for_who_reads() -> None:
    """While one thread reads, others have what was read before."""
    source, seconds = Source("one"), [0.0]
    followed = follow(source, seconds)
    source.text, seconds[0] = "two", 9.0

    with followed._lock:
        assert "one" == followed.now("it")
    assert "two" == followed.now("it")
