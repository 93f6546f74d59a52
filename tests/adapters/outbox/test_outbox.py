"""The outbox: in order, at least once, whatever the sink does."""

from __future__ import annotations

import datetime as dt
import json
import threading
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsnlib.adapters.outbox.backoff import Backoff
from dsnlib.adapters.outbox.outbox import HandedOn, Outbox
from dsnlib.adapters.outbox.set_aside import SetAside
from dsnlib.adapters.outbox.sink import EventRefused, SinkClosed, SinkUnavailable
from dsnlib.adapters.store import open_store
from dsnlib.bounces.event_record import event_record
from dsnlib.errors import InvalidValue, StoreUnavailable
from tests.adapters.outbox.events import event, events

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dsnlib.adapters.outbox.notice import Notice
    from dsnlib.adapters.store import Store


DAY = dt.timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty history."""
    with open_store(str(tmp_path / "history.db")) as opened:
        yield opened


@attrs.define
class Scripted:
    """A sink that does as it is told, and keeps the numbers of the events."""

    most_notices: int = 1
    wants_suppression: bool = False
    poison: frozenset[str] = frozenset()
    is_down: bool = False
    is_closed: bool = False
    asked_seconds: float | None = None
    took: list[str] = attrs.Factory(list)
    calls: list[int] = attrs.Factory(list)
    on_take: Any = None
    closes: int = 0

    def take(self, notices: Sequence[Notice]) -> None:
        """Take them, or not."""
        self.calls.append(len(notices))
        if self.on_take is not None:
            self.on_take()
        if self.is_closed:
            message = "gone"
            raise SinkClosed(message)
        if self.is_down:
            message = "down"
            raise SinkUnavailable(message, after_seconds=self.asked_seconds)
        if any(each.event.recipient in self.poison for each in notices):
            message = "bad"
            raise EventRefused(message)
        self.took.extend(each.event.recipient for each in notices)

    def close(self) -> None:
        """Count."""
        self.closes += 1


def outbox(store: Store, sink: Scripted, **more: Any) -> Outbox:  # noqa: ANN401  whatever an outbox takes
    """Return an outbox without chance."""
    return Outbox(store, "crm", sink, chance=lambda: 0.0, **more)


def names(*numbers: int) -> list[str]:
    """Return the addresses of events."""
    return [f"user{number}@example.org" for number in numbers]


@pytest.mark.parametrize("most", [1, 3, 1000])
def test_all_in_order(store: Store, most: int) -> None:
    """Events are handed on in the order of the history, each once where nothing fails."""
    store.add(events(10))
    sink = Scripted(most_notices=most)
    one = outbox(store, sink)

    assert HandedOn(taken=10) == one.run_once()
    assert HandedOn() == one.run_once()
    assert names(*range(10)) == sink.took


def test_more_than_a_page(store: Store) -> None:
    """What does not fit in one read is handed on too."""
    store.add(events(2100))
    sink = Scripted(most_notices=800)

    assert 2100 == outbox(store, sink).run_once().taken
    assert names(*range(2100)) == sink.took


def test_cursors_are_apart(store: Store) -> None:
    """Each name has a place of its own, which another process finds again."""
    store.add(events(3))
    first, second = Scripted(), Scripted()
    outbox(store, first).run_once()
    Outbox(store, "other", second).run_once()
    store.add([event(3)])
    outbox(store, first).run_once()

    assert names(0, 1, 2, 3) == first.took
    assert names(0, 1, 2) == second.took


def test_unavailable(store: Store) -> None:
    """A sink that is down gets the same event again, after waits that grow."""
    store.add(events(3))
    sink = Scripted(is_down=True)
    one = outbox(store, sink, backoff=Backoff(longest_seconds=5))

    assert [1.0, 2.0, 4.0, 5.0] == [one.run_once().wait_seconds for _ in range(4)]
    assert 0 == store.cursor("crm")
    sink.is_down = False
    assert HandedOn(taken=3) == one.run_once()
    sink.is_down = True
    store.add([event(3)])
    assert HandedOn(wait_seconds=1.0, trouble="down") == one.run_once()
    assert names(0, 1, 2) == sink.took


def test_asked_to_wait(store: Store) -> None:
    """The sink may ask for a longer wait, up to ours."""
    store.add(events(1))
    sink = Scripted(is_down=True, asked_seconds=60)

    assert 60.0 == outbox(store, sink).run_once().wait_seconds
    sink.asked_seconds = 1e9
    assert 300.0 == outbox(store, sink).run_once().wait_seconds


@pytest.mark.parametrize("most", [1, 2, 7, 100])
def test_poison(store: Store, tmp_path: Path, most: int) -> None:
    """What is refused some times is set aside with the reason; the rest goes on, in order."""
    store.add(events(20))
    sink = Scripted(most_notices=most, poison=frozenset(names(5, 6, 19)))
    aside = tmp_path / "aside.jsonl"
    one = outbox(store, sink, tries=3, set_aside=SetAside(aside))
    runs = [one.run_once() for _ in range(10)]
    lines = [json.loads(line) for line in aside.read_text().splitlines()]

    assert [n for n in names(*range(20)) if n not in sink.poison] == sink.took
    assert [event_record(event(n)) for n in (5, 6, 19)] == [line["event"] for line in lines]
    assert [("crm", "bad")] * 3 == [(line["outbox"], line["reason"]) for line in lines]
    assert [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, None] == [each.wait_seconds for each in runs[:7]]
    assert 3 == sum(each.set_aside for each in runs)
    one.close()


def test_poison_holds_up(store: Store) -> None:
    """Where nothing may be set aside, the first that is refused holds up the rest."""
    store.add(events(3))
    sink = Scripted(poison=frozenset(names(1)))
    one = outbox(store, sink, tries=1)
    last = [one.run_once() for _ in range(5)][-1]

    assert names(0) == sink.took
    assert last.trouble.endswith(": bad")


def test_no_room_to_set_aside(store: Store, tmp_path: Path) -> None:
    """What cannot be set aside is not passed over."""
    store.add(events(2))
    sink = Scripted(poison=frozenset(names(0)))
    one = outbox(store, sink, tries=1, set_aside=SetAside(tmp_path / "nosuch" / "file"))

    assert "cannot set an event aside: No such file or directory" == one.run_once().trouble
    (tmp_path / "nosuch").mkdir()
    assert HandedOn(taken=1, set_aside=1) == one.run_once()
    one.close()


def test_closed(store: Store) -> None:
    """A sink that is gone ends the outbox; the cursor stays."""
    store.add(events(2))
    with pytest.raises(SinkClosed, match="gone"):
        outbox(store, Scripted(is_closed=True)).run_once()

    assert 0 == store.cursor("crm")


def test_crash_between(store: Store) -> None:
    """If the cursor cannot be moved, the events come again: at least once."""
    store.add(events(2))
    sink = Scripted(most_notices=2)
    crashing = outbox(store, sink)
    advance, store.advance = store.advance, _fail  # type: ignore[method-assign]  # a crash
    with pytest.raises(StoreUnavailable):
        crashing.run_once()
    store.advance = advance  # type: ignore[method-assign]  # the crash is over
    outbox(store, sink).run_once()

    assert names(0, 1, 0, 1) == sink.took


def _fail(name: str, number: int) -> None:
    message = "gone away"
    raise StoreUnavailable(message)


def test_suppression(store: Store) -> None:
    """A sink that asks for it is told what is known of the recipient."""
    from dsnlib.bounces.suppression import Suppression, SuppressionSource
    from tests.adapters.outbox.events import NOW

    known = Suppression(address="user0@example.org", source=SuppressionSource.BOUNCE, created=NOW)
    store.add(events(2))
    store.suppress([known])
    got: list[Suppression | None] = []

    class Keeping(Scripted):
        def take(self, notices: Sequence[Notice]) -> None:
            got.extend(each.suppression for each in notices)

    outbox(store, Keeping(wants_suppression=True)).run_once()

    assert [known, None] == got


def test_stop(store: Store) -> None:
    """Between two batches it can be stopped; nothing is lost."""
    store.add(events(5))
    stop = threading.Event()
    sink = Scripted(on_take=stop.set)
    one = outbox(store, sink)
    one.run(stop)

    assert names(0) == sink.took
    assert 4 == one.run_once().taken


def test_run_waits_for_the_store(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """A history that is gone and comes back is tried again."""
    store.add(events(1))
    stop = threading.Event()
    sink = Scripted(on_take=stop.set)
    cursor, left = store.cursor, [2]

    def gone(name: str) -> int:
        if left[0]:
            left[0] -= 1
            message = "away"
            raise StoreUnavailable(message)
        return cursor(name)

    store.cursor = gone  # type: ignore[method-assign]  # a database that restarts
    outbox(store, sink, backoff=Backoff(first_seconds=0.001)).run(stop)

    assert names(0) == sink.took
    assert 2 == sum("away" in each.message for each in caplog.records)


@pytest.mark.parametrize(("name", "tries"), [("", 5), ("crm", 0)])
def test_bad_settings(store: Store, name: str, tries: int) -> None:
    """A cursor has a name, and an event is tried at least once."""
    with pytest.raises(InvalidValue):
        Outbox(store, name, Scripted(), tries=tries)


@settings(max_examples=30)  # each is a database
@given(
    poison=st.frozensets(st.integers(0, 19)),
    most=st.integers(1, 25),
    downs=st.lists(st.booleans(), max_size=20),
)
def test_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, poison: frozenset[int], most: int, downs: list[bool]
) -> None:
    """Whatever fails when: each event is taken or set aside, once, in order."""
    place = tmp_path_factory.mktemp("law")
    with open_store(str(place / "history.db")) as store:
        store.add(events(20))
        sink = Scripted(most_notices=most, poison=frozenset(names(*poison)))
        aside = SetAside(place / "aside")
        one = outbox(store, sink, tries=2, set_aside=aside)
        for is_down in (*downs, *([False] * 45)):
            sink.is_down = is_down
            if one.run_once() == HandedOn():
                break
        assert names(*[n for n in range(20) if n not in poison]) == sink.took
        aside.close()
        lines = (place / "aside").read_text().splitlines() if poison else []
        assert names(*sorted(poison)) == [json.loads(each)["event"]["recipient"] for each in lines]


def test_numbers(store: Store, tmp_path: Path) -> None:
    """What is taken, refused and late is counted, by the name of the outbox."""
    pytest.importorskip("prometheus_client", reason="the extra `metrics` is not installed")
    from dsnlib.adapters.service.metrics import PrometheusMeter
    from dsnlib.adapters.telemetry.bounce_metrics import BOUNCE_METRICS

    meter = PrometheusMeter(BOUNCE_METRICS)
    value = meter.registry.get_sample_value
    store.add(events(3))
    sink = Scripted(poison=frozenset(names(1)), is_down=True)
    one = outbox(store, sink, tries=1, set_aside=SetAside(tmp_path / "aside"), meter=meter)
    one.run_once()
    late = value("dsnlib_outbox_behind_seconds", {"name": "crm"})
    sink.is_down = False
    one.run_once()
    one.close()
    attempts = {
        result: value("dsnlib_outbox_attempts_total", {"name": "crm", "result": result})
        for result in ("taken", "refused", "unavailable")
    }
    handed = {
        result: value("dsnlib_outbox_events_total", {"name": "crm", "result": result})
        for result in ("taken", "set-aside")
    }

    assert late is not None
    assert late > 0
    assert 0 == value("dsnlib_outbox_behind_seconds", {"name": "crm"})
    assert {"taken": 2, "refused": 1, "unavailable": 1} == attempts
    assert {"taken": 2, "set-aside": 1} == handed


def test_judged(store: Store) -> None:
    """An event waits for the score; the one that stops mail to an address says so itself."""
    from dsnlib.adapters.suppressing import Suppressor
    from dsnlib.bounces.score_policy import ScorePolicy
    from tests.adapters.outbox.events import NOW

    got: list[tuple[str, bool]] = []

    class Keeping(Scripted):
        def take(self, notices: Sequence[Notice]) -> None:
            got.extend((each.event.event_id, each.suppression is not None) for each in notices)

    first, second = (event(n, "bob@example.org", occurred=NOW + n * DAY) for n in (0, 1))
    one = outbox(store, Keeping(wants_suppression=True), judged_by="suppress")
    suppressor = Suppressor(store, ScorePolicy(bounce_score_threshold=2))
    store.add([first])
    waiting = one.run_once()
    suppressor.update(now=NOW + DAY)
    judged = one.run_once()
    store.add([second])
    waiting_again = one.run_once()
    suppressor.update(now=NOW + 2 * DAY)
    one.run_once()

    assert HandedOn() == waiting == waiting_again
    assert 1 == judged.taken
    assert [(first.event_id, False), (second.event_id, True)] == got
