"""What a history in SQLite is given: the quick way makes what the slow one makes."""

from collections import Counter
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.history import rows
from dsnlib.adapters.history.evidence_text import read_evidence
from dsnlib.adapters.history.sqlite import batch as sqlite_batch
from dsnlib.adapters.history.sqlite.batch import DomainCount, EventBatch, event_batch, row_batch
from dsnlib.adapters.history.sqlite.row import COLUMNS, place_of, read_row
from dsnlib.bounces.event import BounceEvent, Evidence
from dsnlib.errors import InvalidValue
from tests.adapters.history.making import make_event, make_events
from tests.strategies import bounce_events

_WIDTH = len(COLUMNS) - 1


def slow(events: list[BounceEvent], source: str = "") -> EventBatch:
    """Return events by way of their rows."""
    return row_batch(rows.event_rows(events, source))


@given(drawn=st.lists(bounce_events(), max_size=8))
def test_the_quick_way_is_as_the_slow_one(drawn: list[BounceEvent]) -> None:
    """Whatever a stranger has put into events, their cells and counts are the same."""
    events = [
        attrs.evolve(each, event_id=f"{place:032x}", occurred=make_event(place).occurred)
        for place, each in enumerate(drawn)
    ]

    assert slow(events, "feed") == event_batch(events, "feed")


@pytest.mark.parametrize("text", ["a\x1fb", "a\x1ab", "a\0b", "\udce4", "\x1f\udce4"])
@pytest.mark.parametrize("field", ["recipient", "diagnostic", "message_id", "dialect"])
def test_text_that_is_escaped(field: str, text: str) -> None:
    """What SQLite cannot hold, or we have between texts, is escaped in all columns."""
    changes: dict[str, Any] = {field: f"{text}@example.org"}
    events = [make_event(1), attrs.evolve(make_event(2), **changes), make_event(3)]
    batch = event_batch(events)

    assert slow(events) == batch
    assert events == [
        rows.read_event_row(read_row((0, *batch.cells[start : start + _WIDTH])))
        for start in range(0, len(batch.cells), _WIDTH)
    ]


@pytest.mark.parametrize("text", ["None", "None,None", 'a "None" b'])
@pytest.mark.parametrize("start", [None, 7])
def test_evidence_without_a_place(text: str, start: int | None) -> None:
    """Evidence that stands nowhere has none, whatever its text is."""
    evidence = (Evidence(field="status", rule="r", start=start, end=start, text=text),)
    (*_, details) = event_batch([make_event(1, evidence=evidence)]).cells

    assert evidence == read_evidence(str(details).split("\x1f")[-2])


@pytest.mark.parametrize(
    "identifier", ["", "ab" * 15, "ab" * 17, "AB" * 16, "zz" * 16, " " * 32, "a b" * 10 + "cd"]
)
def test_an_event_without_an_id(identifier: str) -> None:
    """The one of many that has none is named, though the octets of all were enough."""
    events = [make_event(1), make_event(2, event_id=identifier), make_event(3, event_id="cd" * 16)]

    with pytest.raises(InvalidValue, match="event_id") as caught:
        event_batch(events)

    assert identifier == caught.value.value


def test_some_of_a_batch() -> None:
    """Of a batch those that are new are left, with their counts."""
    events = make_events(range(40))
    places = [0, 3, 4, 39]
    some = event_batch(events).only(places)
    chosen = event_batch([events[place] for place in places])

    assert (chosen.ids, chosen.cells, chosen.counts()) == (some.ids, some.cells, some.counts())


def test_counts() -> None:
    """Events are counted as by their rows, and by domain with the reasons of failures."""
    events = make_events(range(400))
    tallies, domains = event_batch(events).counts()
    failures = Counter(
        (each.recipient.rpartition("@")[2], each.reason.value)
        for each in events
        if each.reason is not None and each.kind.value == "failure"
    )

    assert rows.event_rows(events).tallies() == tallies
    assert len(events) == sum(each.events for each in domains)
    found: Counter[tuple[str, str]] = Counter()
    for each in domains:
        found[each.domain, each.reason] += each.failures
    assert failures == +found
    assert all(isinstance(each, DomainCount) for each in domains)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger who invents codes makes nothing grow without end."""
    monkeypatch.setattr(sqlite_batch, "_REMEMBERED", 10)
    for number in range(200, 260):
        event_batch([make_event(number, reply_code=number)])

    assert len(sqlite_batch._beginnings) <= 10


def test_places() -> None:
    """Addresses that differ a little have places of their own, and the same ones ever after."""
    names = [f"{first}{middle}{last}@example.org" for first in range(100)
             for middle in ("", "abcdefg", "abcdefgh") for last in range(100)]  # fmt: skip

    assert len(set(names)) == len({place_of(each) for each in names})
    assert all(0 <= place_of(each) < 1 << 61 for each in names)
    assert 59_026_918_708_294_257 == place_of("bob@example.org")
