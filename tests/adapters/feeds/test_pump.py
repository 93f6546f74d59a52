"""Batches: stored, then acknowledged; and what happens when the store is away."""

from __future__ import annotations

import errno
import functools
import logging
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.feeds.feed_item import FeedItem
from dsnlib.adapters.feeds.intake import BounceIntake
from dsnlib.adapters.feeds.pump import Patience, Pump, Stopped
from dsnlib.adapters.feeds.stop import Stop
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.errors import StoreError, StoreUnavailable
from tests.adapters.feeds.bounce_mails import ORDINARY, UNREAD, bounce
from tests.adapters.feeds.memory_store import MemoryStore, as_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def events(count: int) -> tuple[BounceEvent, ...]:
    """Return so many events."""
    return tuple(
        [
            BounceEvent(recipient="x@y.example", kind=EventKind.FAILURE, event_id=f"{number:032x}")
            for number in range(count)
        ]
    )


def offers(count: int, done: Callable[[int], object] = lambda _: None) -> Iterator[FeedItem]:
    """FeedItem so many events one by one."""
    for number, event in enumerate(events(count)):
        yield FeedItem("log", events=(event,), done=functools.partial(done, number))


def test_batches() -> None:
    """So many events are one commit, and what is left at the end."""
    store = MemoryStore()
    Pump(BounceIntake(as_store(store)), most_events=3).run(offers(7))
    assert [3, 3, 1] == store.commits


def test_nothing_now() -> None:
    """What waits is stored when the feed has nothing now."""
    store = MemoryStore()

    def feed() -> Iterator[FeedItem | None]:
        yield from offers(2)
        yield None
        assert [2] == store.commits

    Pump(BounceIntake(as_store(store))).run(feed())
    assert [2] == store.commits


def test_a_second_is_enough() -> None:
    """The first of a batch waits for so long, and no longer."""
    store = MemoryStore()
    Pump(BounceIntake(as_store(store)), most_seconds=0.0).run(offers(3))
    assert [1, 1, 1] == store.commits


def test_mails_without_events() -> None:
    """Mail that says nothing is acknowledged too, and counted."""
    done: list[str] = []
    mails = {"ordinary": ORDINARY, "unread": UNREAD, "bounce": bounce()}
    pump = Pump(BounceIntake(as_store(MemoryStore())))
    pump.run(
        FeedItem(name, octets, done=functools.partial(done.append, name))
        for name, octets in mails.items()
    )
    assert list(mails) == done
    totals = pump.totals
    assert (3, 1, 1, 1) == (totals.mails, totals.unread, totals.events, totals.new)


def test_acknowledged_behind_the_commit() -> None:
    """Nothing is acknowledged that the store does not have."""
    store = MemoryStore()
    seen: list[int] = []
    pump = Pump(BounceIntake(as_store(store)), most_events=2)
    pump.run(offers(5, lambda number: seen.append(number) if number < len(store.added) else None))
    assert [0, 1, 2, 3, 4] == seen


def test_store_is_away() -> None:
    """Without patience the error passes, and nothing of the batch was acknowledged."""
    store = MemoryStore()
    store.failures = 1
    done: list[int] = []
    with pytest.raises(StoreUnavailable):
        Pump(BounceIntake(as_store(store))).run(offers(2, done.append))
    assert [] == done


@given(failures=st.lists(st.integers(0, 3), min_size=1, max_size=6))
def test_patience(failures: list[int]) -> None:
    """However often the store is away: each event is there once, each acknowledged once."""
    store = MemoryStore()
    done: list[int] = []
    patience = Patience(Stop(), first_seconds=0.0)

    def feed() -> Iterator[FeedItem | None]:
        for offer, count in zip(offers(len(failures), done.append), failures, strict=True):
            yield offer
            store.failures = count
            yield None

    Pump(BounceIntake(as_store(store)), patience=patience).run(feed())
    assert list(range(len(failures))) == done
    assert [1] * len(failures) == store.commits


def test_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """It is said once that the store is away or full, and once that it is back."""
    store = MemoryStore()
    store.failures = 5
    store.error = StoreError("history.db: the disk is full")
    with caplog.at_level(logging.WARNING):
        Pump(BounceIntake(as_store(store)), patience=Patience(Stop(), first_seconds=0.0)).run(
            offers(1)
        )
    assert [
        "nothing can be stored, waiting: history.db: the disk is full",
        "the store is back, going on",
    ] == [each.getMessage() for each in caplog.records]


def test_nothing_can_be_put_aside() -> None:
    """A full disk beside the store is waited for as well."""
    kept: list[bytes] = []
    faults = [OSError(errno.ENOSPC, "full")] * 2

    def put(octets: bytes) -> None:
        if faults:
            raise faults.pop()
        kept.append(octets)

    intake = BounceIntake(as_store(MemoryStore()), put_aside=put)
    Pump(intake, patience=Patience(Stop(), first_seconds=0.0)).run([FeedItem("x", UNREAD)])
    assert [UNREAD] == kept


def test_stop_while_it_waits() -> None:
    """Who stops it while it waits gets the end at once, and nothing was acknowledged."""
    store = MemoryStore()
    store.failures = 1000
    stop = Stop()
    done: list[int] = []
    timer = threading.Timer(0.05, stop.set)
    timer.start()
    with pytest.raises(Stopped):
        Pump(
            BounceIntake(as_store(store)), patience=Patience(stop, first_seconds=60.0), stop=stop
        ).run(offers(1, done.append))
    timer.join()
    assert [] == done


def test_stop_behind_the_batch() -> None:
    """What was offered before the stop is stored and acknowledged."""
    store = MemoryStore()
    stop = Stop()
    done: list[int] = []

    def feed() -> Iterator[FeedItem]:
        for number, offer in enumerate(offers(10, done.append)):
            if number == 3:
                stop.set()
            yield offer

    Pump(BounceIntake(as_store(store)), stop=stop).run(feed())
    assert [0, 1, 2, 3] == done


def test_cannot_be_marked(caplog: pytest.LogCaptureFixture) -> None:
    """What is stored and cannot be acknowledged is said, and the others go on."""
    done: list[int] = []

    def mark(number: int) -> None:
        if not number:
            raise OSError(errno.EACCES, "not yours")
        done.append(number)

    with caplog.at_level(logging.WARNING):
        Pump(BounceIntake(as_store(MemoryStore()))).run(offers(2, mark))
    assert [1] == done
    assert "log: it is stored, and cannot be marked so" in caplog.text


def test_told_of_what_is_stored() -> None:
    """Who wants to know is told of each offer, with how it was read."""
    told: list[tuple[str, bool]] = []
    pump = Pump(
        BounceIntake(as_store(MemoryStore())),
        on_taken=lambda offer, reading: told.append((offer.place, reading is not None)),
    )
    pump.run([FeedItem("a", bounce()), FeedItem("b", events=events(1))])
    assert [("a", True), ("b", False)] == told


def test_stop_is_for_all() -> None:
    """Each who waits is woken, and who comes later does not wait."""
    stop = Stop()
    assert not stop.wait(0.0)
    woken: list[bool] = []
    threads = [threading.Thread(target=lambda: woken.append(stop.wait(60))) for _ in range(3)]
    for each in threads:
        each.start()
    stop.set()
    for each in threads:
        each.join(10)
    assert [True] * 3 == woken
    assert stop.wait(60)
    assert stop.is_set()
