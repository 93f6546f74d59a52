"""The score applied after each mail costs no more than it is worth."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters import paced_suppressing
from dsnlib.adapters.paced_suppressing import update_if_due
from dsnlib.adapters.store import Store, open_store
from dsnlib.adapters.suppressing import Suppressor
from dsnlib.errors import InvalidValue
from tests.bounces.scoring import ADDRESS, DAY, HOUR, NOON, on_days

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Open a history of an address that is to be suppressed."""
    with open_store(str(tmp_path / "history.db")) as opened:
        opened.add(on_days(4, 3, 2, 1, 0))
        yield opened


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Have each update take as many seconds as the first of these says."""
    took = [0.0]
    ticks = iter(range(10**6))

    def tick() -> float:
        return took[0] * (next(ticks) % 2)

    monkeypatch.setattr(paced_suppressing, "time", SimpleNamespace(monotonic=tick))
    return took


def updated(store: Store, now: dt.datetime) -> list[str] | None:
    """Return who is suppressed by a process of its own; `None` if it was too soon."""
    verdicts = update_if_due(Suppressor(store), store, now=now)
    return None if verdicts is None else [each.address for each in verdicts.suppressed]


def test_short_ones_do_not_wait(store: Store, clock: list[float]) -> None:
    """After each mail, at once."""
    clock[0] = 0.4

    assert [[ADDRESS], [], []] == [updated(store, NOON) for _ in range(3)]


def test_a_tenth_of_the_time(store: Store, clock: list[float]) -> None:
    """After two seconds it rests for eighteen."""
    clock[0] = 2.0

    found = [updated(store, NOON + n * SECOND) for n in range(60)]

    assert [0, 20, 40] == [n for n, each in enumerate(found) if each is not None]


def test_what_came_meanwhile_is_judged_then(store: Store, clock: list[float]) -> None:
    """Nothing is passed over."""
    clock[0] = 2.0
    updated(store, NOON)
    store.release(ADDRESS, now=NOON)
    store.add(on_days(5, 4, 3, 2, 1, until=NOON + 6 * DAY))

    assert updated(store, NOON + SECOND) is None
    assert [ADDRESS] == updated(store, NOON + 6 * DAY)


def test_no_rest_is_for_ever(store: Store, clock: list[float]) -> None:
    """Neither after a very long one, nor when the clock is put back."""
    clock[0] = 10_000.0
    updated(store, NOON)

    assert updated(store, NOON + HOUR - SECOND) is None
    assert updated(store, NOON + HOUR) is not None
    assert updated(store, NOON - DAY) is not None


def test_now_has_a_zone(store: Store) -> None:
    """Without one nobody knows whether it is too soon."""
    with pytest.raises(InvalidValue, match=r"^now: .* has no zone$"):
        updated(store, NOON.replace(tzinfo=None))
