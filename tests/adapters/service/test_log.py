"""The lines of the log: one for an event, whatever strangers wrote, and nobody waits for it."""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.service import log as log_module
from dsnlib.adapters.service.log import LogWriter, format_json, format_text
from dsnlib.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

LOG = logging.getLogger("dsnlib.test")


def record(text: str, *, event: object = None, level: int = logging.INFO) -> logging.LogRecord:
    """Return a record as the logging module makes it."""
    made = logging.LogRecord("dsnlib.smtp", level, __file__, 1, "%s", (text,), None)
    made.created = dt.datetime(2026, 11, 22, 10, tzinfo=dt.UTC).timestamp()
    if event is not None:
        made.event = event
    return made


def wait_for(path: Path, text: str) -> None:
    """Return when the file has the text."""
    end = time.monotonic() + 5
    while text not in path.read_text("utf-8"):
        assert time.monotonic() < end
        time.sleep(0.001)


def test_text() -> None:
    """A line has time, host, part and process in front, as Postfix's has."""
    made = record("4F: to=<bob@example.org>")
    when, rest = format_text(made, hostname="mx.example.org").split(" ", 1)

    moment = dt.datetime(2026, 11, 22, 10, tzinfo=dt.UTC)
    assert moment == dt.datetime.fromisoformat(when)
    assert f"mx.example.org dsnlib/smtp[{made.process}]: 4F: to=<bob@example.org>" == rest


def test_warning() -> None:
    """What is more than information says so."""
    assert "]: warning: full" in format_text(record("full", level=logging.WARNING))


def test_json() -> None:
    """An object has the text and what the event says besides."""
    made = record("gone", event={"event": "delivery", "delays": [0.5, 1], "to": "a\n\udc80b"})
    whole = json.loads(format_json(made, hostname="mx.example.org"))

    assert ("gone", "smtp", "info") == (whole["message"], whole["part"], whole["level"])
    assert ("delivery", [0.5, 1], "a?\ufffdb") == (whole["event"], whole["delays"], whole["to"])
    assert "mx.example.org" == whole["host"]


def test_fault() -> None:
    """A fault of ours is told with its place, on the same line."""
    made = record("failed", level=logging.ERROR)
    nothing: dict[str, str] = {}
    with pytest.raises(KeyError) as caught:
        nothing["a\nb"]
    made.exc_info = (KeyError, caught.value, caught.value.__traceback__)
    line = format_text(made)

    assert "error: failed: KeyError: 'a\\nb' (test_log.py:" in line
    assert "error" in json.loads(format_json(made))


@given(st.text(st.characters(), max_size=50))
def test_hostile_text(text: str) -> None:
    """No text ends the line, or what is to be UTF-8."""
    for line in (format_text(record(text)), format_json(record(text, event={"x": text}))):
        assert 1 == len(line.splitlines())
        assert "\x1b" not in line
        line.encode("utf-8")


def test_long_text() -> None:
    """A line has a bound."""
    assert len(format_text(record("x" * 100_000))) < 5000


def test_file(tmp_path: Path) -> None:
    """Lines of the package go to the file, and the level is that of the settings."""
    path = tmp_path / "maillog"
    writer = LogWriter(path=path, level="warning")
    writer.start()
    LOG.info("not this")
    LOG.warning("this")
    writer.stop()
    LOG.warning("nor this")

    (line,) = path.read_text("utf-8").splitlines()
    assert line.endswith("warning: this")
    assert 0o640 == path.stat().st_mode & 0o777 | 0o040


def test_reopen(tmp_path: Path) -> None:
    """A file that was renamed is left alone from then on."""
    path, old = tmp_path / "maillog", tmp_path / "maillog.1"
    writer = LogWriter(path=path)
    writer.start()
    LOG.info("first")
    wait_for(path, "first")
    path.rename(old)
    writer.reopen()
    LOG.info("second")
    writer.stop()

    assert "first" in old.read_text("utf-8")
    assert "second" in path.read_text("utf-8")


def test_overflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that the disk cannot keep up with are dropped, counted, and told of."""
    monkeypatch.setattr(log_module, "_MOST_WAITING", 2)
    path = tmp_path / "maillog"
    writer = LogWriter(path=path)
    for number in range(5):
        writer.emit(record(str(number)))
    assert 3 == writer.lost

    writer.start()
    wait_for(path, "3 lines of this log were lost")
    writer.stop()


def test_bad_file(tmp_path: Path) -> None:
    """A file that cannot be written is an error with its setting."""
    with pytest.raises(ConfigurationError, match=r"maillog_file: .*none.x cannot be written"):
        LogWriter(path=tmp_path / "none" / "x")


def test_disk_that_fails(tmp_path: Path) -> None:
    """A log that cannot be written loses lines, and nothing else."""
    writer = LogWriter(path=tmp_path / "maillog")
    writer.start()
    writer._stream.close()
    LOG.info("x")
    writer.stop()

    assert 1 == writer.lost
