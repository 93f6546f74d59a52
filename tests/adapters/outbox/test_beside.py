"""An outbox beside whoever feeds: it never makes anybody wait."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from dsnlib.adapters.outbox.beside import OutboxThread
from dsnlib.adapters.outbox.outbox import Outbox
from dsnlib.adapters.outbox.sink import SinkClosed
from dsnlib.adapters.store import open_store
from dsnlib.errors import StoreUnavailable
from tests.adapters.outbox.events import event, events

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

    from dsnlib.adapters.outbox.notice import Notice


class Waiting:
    """A sink that says how far it is."""

    most_notices = 1
    wants_suppression = False

    def __init__(self, wanted: int, error: Exception | None = None) -> None:
        self.took: list[str] = []
        self.is_done = threading.Event()
        self.is_closed = False
        self._wanted = wanted
        self._error = error

    def take(self, notices: Sequence[Notice]) -> None:
        """Take them."""
        if self._error is not None:
            self.is_done.set()
            raise self._error
        self.took.extend(each.event.recipient for each in notices)
        if len(self.took) >= self._wanted:
            self.is_done.set()

    def close(self) -> None:
        """Keep that it was called."""
        self.is_closed = True


def test_wake(tmp_path: Path) -> None:
    """What is added is handed on at once, long before it would look by itself."""
    place = str(tmp_path / "history.db")
    sink = Waiting(3)
    with open_store(place) as store:
        store.add(events(2))
        with OutboxThread(
            lambda: Outbox(open_store(place), "crm", sink), poll_seconds=60
        ) as beside:
            store.add([event(2)])
            beside.wake()
            assert sink.is_done.wait(10)
    beside.stop()

    assert [each.recipient for each in events(3)] == sink.took
    assert sink.is_closed
    assert beside.ended_by is None


def test_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A sink that is gone ends the thread and nothing else; why is in the log, in one line."""
    place = str(tmp_path / "history.db")
    with open_store(place) as store:
        store.add(events(1))
    sink = Waiting(1, SinkClosed("https://crm.example.org answers 410"))
    with OutboxThread(lambda: Outbox(open_store(place), "crm", sink)) as beside:
        assert sink.is_done.wait(10)

    assert isinstance(beside.ended_by, SinkClosed)
    assert ["outbox: https://crm.example.org answers 410; nothing is handed on"] == caplog.messages
    assert caplog.records[0].exc_info is None
    assert sink.is_closed


def test_bug(caplog: pytest.LogCaptureFixture) -> None:
    """What nobody foresaw is in the log with its trace."""

    def make() -> Outbox:
        raise ZeroDivisionError

    with OutboxThread(make) as beside:
        beside.wake()

    assert isinstance(beside.ended_by, ZeroDivisionError)
    assert caplog.records[0].exc_info is not None


def test_store_is_away_at_first(tmp_path: Path) -> None:
    """A history that cannot be reached when it starts is tried again."""
    place = str(tmp_path / "history.db")
    with open_store(place) as store:
        store.add(events(1))
    sink, left = Waiting(1), [2]

    def make() -> Outbox:
        if left[0]:
            left[0] -= 1
            message = "not yet"
            raise StoreUnavailable(message)
        return Outbox(open_store(place), "crm", sink)

    with OutboxThread(make, poll_seconds=0.01):
        assert sink.is_done.wait(10)


def test_stop_before_start() -> None:
    """One that never began can be stopped; so can one that waits for its history."""

    def make() -> Outbox:
        message = "never"
        raise StoreUnavailable(message)

    OutboxThread(make).stop()
    start = time.monotonic()
    with OutboxThread(make, poll_seconds=60):
        pass

    assert time.monotonic() - start < 10
