"""What every store does: the same tests for SQLite and for PostgreSQL."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dsnlib.adapters.store import Added, Store, open_store
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.probe import SentProbe
from dsnlib.bounces.summary import TallyKey
from dsnlib.bounces.suppression import Suppression, SuppressionSource, digest_address
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.errors import InvalidValue, StoreError
from tests.adapters.history.making import NOON, make_event, make_events, make_suppression
from tests.strategies import bounce_events

BOB = "Bob@Example.org"
DAY = dt.timedelta(days=1)


def all_events(store: Store) -> list[BounceEvent]:
    """The events of a store, as they come."""
    return [each.event for each in store.events()]


def count_of(store: Store) -> int:
    """How many events the tallies know."""
    return sum(each.events for each in store.summarize().tallies)


def test_events_come_back_in_their_order(store: Store) -> None:
    """Events come in the order in which they were added, with their source."""
    events = make_events(range(5))
    store.add(events[3:], source="list")
    store.add(events[:3], source="pipe")

    found = list(store.events())

    assert events[3:] + events[:3] == [each.event for each in found]
    assert ["list", "list", "pipe", "pipe", "pipe"] == [each.source for each in found]
    assert sorted({each.number for each in found}) == [each.number for each in found]


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example is new to it
)
@given(drawn=st.lists(bounce_events(), min_size=1, max_size=8))
def test_events_come_back_equal(store: Store, drawn: list[BounceEvent]) -> None:
    """What is read is what was written, whatever octets a stranger put into it."""
    last = max((each.number for each in store.events()), default=0)
    # The store is the same for all examples: each event is new to it.
    events = [
        attrs.evolve(each, event_id=f"{(last << 8) + place:032x}")
        for place, each in enumerate(drawn)
    ]

    store.add(events)

    assert events == [each.event for each in store.events(after=last)]
    for event in events:
        assert event in [each.event for each in store.events(address=event.recipient)]


@pytest.mark.parametrize(
    "text",
    [
        "\0", "\ud800", "\x1a", "\x1f", "\x1a0000", "\udce4\udcff", "\x1a\0\x1a", "γιώργος",
        "\u202e", "\\N", "\\.", "a\\tb", "\t", "\r\n", "\n", "a\n\\.\nb",
    ],
)  # fmt: skip
def test_text_that_databases_refuse_comes_back(store: Store, text: str) -> None:
    """NUL, lone surrogates and what they are escaped by are stored as they are."""
    event = make_event(
        1, recipient=f"{text}@x", diagnostic=text, remote_mta=text, envelope_id=text, dialect=text
    )
    entry = make_suppression(f"{text}@x", note=text, reason=text)

    store.add([event], source=text)
    more = [attrs.evolve(event, event_id=f"{number:032x}") for number in range(3)]
    store.add(more, source=text)
    store.suppress([entry])

    found = list(store.events(address=event.recipient))
    assert [event, *more] == [each.event for each in found]
    assert {text} == {each.source for each in found}
    assert entry == store.suppression(f"{text}@x")
    assert not store.may_send(f"{text}@x", now=NOON)


@pytest.mark.parametrize("size", [1, 3])
def test_an_empty_text_is_none(store: Store, size: int) -> None:
    """Where an event may have no text, an empty one is none, as in event records."""
    names = (
        "original_recipient", "diagnostic", "remote_mta", "reporting_mta", "envelope_id",
        "message_id",
    )  # fmt: skip
    empty: dict[str, Any] = dict.fromkeys(names, "")
    none: dict[str, Any] = dict.fromkeys(names)
    store.add(make_events(range(size), **empty))

    assert make_events(range(size), **none) == all_events(store)


def test_the_key_is_in_any_case(store: Store) -> None:
    """Addresses are asked for in any case, and come back as the mail spells them."""
    store.add([make_event(1, recipient="BOB@example.ORG."), make_event(2, recipient=BOB)])

    found = [each.event.recipient for each in store.events(address="bob@EXAMPLE.org")]

    assert ["BOB@example.ORG.", BOB] == found


@pytest.mark.parametrize("address", ["postmaster", "@", "a@b@c", "a@", "x" * 2000, "@" * 500])
def test_addresses_of_any_form_are_found(store: Store, address: str) -> None:
    """What a bounce calls a recipient is a key, whatever its form."""
    store.add([make_event(1, recipient=address), make_event(2)])
    store.summarize()

    assert [address] == [each.event.recipient for each in store.events(address=address)]


def test_an_event_is_there_once(store: Store) -> None:
    """However often an event is added, in one call or in many, it is there once."""
    events = make_events(range(10))

    assert Added(3, 0) == store.add(events[:3])
    assert Added(0, 3) == store.add(events[:3])
    assert Added(2, 3) == store.add(events[:5])
    assert Added(5, 10) == store.add(events + events[5:])
    assert events == sorted(all_events(store), key=lambda each: each.occurred or NOON)
    assert 10 == count_of(store)


def test_of_two_in_one_call_the_first_counts(store: Store) -> None:
    """Of events with one `event_id` the first that was added is kept."""
    first = make_event(1)
    second = attrs.evolve(first, recipient="other@example.org", diagnostic="another")

    store.add([first, second])
    store.add([second])

    assert [first] == all_events(store)
    assert [] == list(store.events(address="other@example.org"))


def test_known_ones_are_found_among_settled_ones(store: Store) -> None:
    """A report between two additions makes no event new again."""
    events = make_events(range(300))
    store.add(events[:200])
    store.summarize()
    store.add(events[200:250])
    store.summarize()

    assert Added(50, 250) == store.add(events)
    assert 300 == count_of(store)


def test_nothing_to_add(store: Store) -> None:
    """No events are added by an empty call."""
    assert Added(0, 0) == store.add([])
    assert [] == all_events(store)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"event_id": ""}, "event_id"),
        ({"event_id": "AB" * 16}, "event_id"),
        ({"event_id": "ab " * 11}, "event_id"),
        ({"event_id": "ab" * 15}, "event_id"),
        ({"event_id": "gb" * 16}, "event_id"),
        ({"occurred": None}, "occurred"),
    ],
)
def test_an_event_needs_name_and_time(store: Store, change: dict[str, Any], named: str) -> None:
    """One event without a name or a time is refused, and all of its call are."""
    events = [*make_events(range(3)), attrs.evolve(make_event(4), **change)]

    with pytest.raises(InvalidValue, match=named):
        store.add(events)

    assert [] == all_events(store)
    assert Added(3, 0) == store.add(events[:3])


def test_an_addition_that_breaks_off_adds_nothing(store: Store) -> None:
    """All of one call are added or none, though it is a large one."""

    def breaking() -> object:
        yield from make_events(range(12_000))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.add(breaking())  # type: ignore[arg-type]  # an iterator

    assert [] == all_events(store)
    assert () == store.summarize().tallies
    assert Added(2, 0) == store.add(make_events(range(2)))


def test_reading_goes_on_behind_a_number(store: Store) -> None:
    """Who has read up to a number gets what was added after it, once."""
    store.add(make_events(range(3)))
    numbers = [each.number for each in store.events()]
    store.add(make_events(range(3, 5)))

    later = list(store.events(after=numbers[-1]))

    assert make_events(range(3, 5)) == [each.event for each in later]
    assert min(each.number for each in later) > numbers[-1]
    assert make_events(range(1, 5)) == [each.event for each in store.events(after=numbers[0])]


def test_reading_more_than_a_page(store: Store) -> None:
    """As many events as there are come, in pages or not."""
    store.add(make_events(range(2_500)))
    store.add(make_events(range(2_500, 3_000), recipient=BOB))
    store.add(make_events(range(3_000, 4_200), recipient=BOB))

    assert 4_200 == len(list(store.events()))
    assert make_events(range(2_500, 4_200), recipient=BOB) == [
        each.event for each in store.events(address=BOB)
    ]


def test_a_store_may_be_changed_while_it_is_read(store: Store) -> None:
    """A reader may add and note how far it has come."""
    store.add(make_events(range(1_500)))

    for each in store.events():
        if each.number % 500 == 0:
            store.add([make_event(10_000 + each.number)])
            store.advance("reader", each.number)
        if each.number > 1_400:
            break

    assert store.cursor("reader") > 0


def test_numbers_are_never_given_again(store: Store) -> None:
    """After the last event was forgotten, the next has a greater number."""
    store.add([make_event(1), make_event(2, recipient=BOB)])
    *_, last = (each.number for each in store.events())
    store.erase(BOB)
    store.add([make_event(3)])

    assert all(each.number > last for each in store.events(after=last))
    assert [make_event(3)] == [each.event for each in store.events(after=last)]


def test_everything_is_there_after_closing(store_place: str) -> None:
    """Another store at the same place has the events, suppressions and cursors."""
    with open_store(store_place) as store:
        store.add(make_events(range(3)))
        store.suppress([make_suppression(BOB)])
        store.advance("webhook", 2)
        store.close()

    with open_store(store_place, creates=False) as store:
        assert make_events(range(3)) == all_events(store)
        assert not store.may_send(BOB, now=NOON)
        assert 2 == store.cursor("webhook")
        assert Added(0, 3) == store.add(make_events(range(3)))


def test_cursors_are_apart(store: Store) -> None:
    """Each reader has a place of its own, and a new one begins at the beginning."""
    store.advance("webhook", 7)
    store.advance("files", 3)
    store.advance("webhook", 9)

    assert (9, 3, 0) == tuple(store.cursor(name) for name in ("webhook", "files", "other"))


# ---- Suppressions


def test_a_suppression_stops_mail(store: Store) -> None:
    """Who is suppressed is not sent to, in any case of the address."""
    assert store.may_send(BOB, now=NOON)
    assert 1 == store.suppress([make_suppression(BOB)])

    assert not store.may_send("bob@EXAMPLE.org.", now=NOON)
    assert store.may_send("rob@example.org", now=NOON)
    assert frozenset({"BOB@example.org"}) == store.stopped(
        ["BOB@example.org", "rob@example.org"], now=NOON
    )
    assert frozenset() == store.stopped([], now=NOON)


def test_one_address_is_not_several(store: Store) -> None:
    """Whether one address is stopped is not told of its letters."""
    store.suppress([make_suppression(BOB)])

    with pytest.raises(InvalidValue, match=r"\Aaddresses: '.*' is one text"):
        store.stopped(BOB, now=NOON)


def test_a_suppression_comes_back_equal(store: Store) -> None:
    """Every field of an entry is kept."""
    entry = Suppression(
        address=BOB,
        source=SuppressionSource.BOUNCE,
        created=NOON + dt.timedelta(microseconds=1),
        reason="unknown-user",
        evidence=("ab" * 16, "cd" * 16),
        expires=NOON + DAY,
        note="Third time.",
    )
    store.suppress([entry])

    assert entry == store.suppression(BOB)
    assert [entry] == list(store.suppressions())


def test_the_newest_entry_counts(store: Store) -> None:
    """An address has one entry: what is suppressed again replaces it."""
    store.suppress([make_suppression(BOB), make_suppression("a@example.org")])
    second = make_suppression(BOB, source=SuppressionSource.COMPLAINT)
    store.suppress([second])

    assert second == store.suppression(BOB)
    assert ["a@example.org", "bob@example.org"] == [e.address for e in store.suppressions()]


def test_an_entry_expires(store: Store) -> None:
    """From its expiry on an entry stops nothing, and is still known."""
    store.suppress([make_suppression(BOB, expires=NOON + DAY)])

    assert not store.may_send(BOB, now=NOON + DAY - dt.timedelta(microseconds=1))
    assert store.may_send(BOB, now=NOON + DAY)
    assert store.suppression(BOB) is not None
    assert store.release(BOB, now=NOON + DAY) is None


def test_a_release_is_kept(store: Store) -> None:
    """Who is released may be sent to; when it was is known."""
    entry = make_suppression(BOB)
    store.suppress([entry])

    assert entry == store.release("BOB@example.org", now=NOON + DAY)
    assert store.may_send(BOB, now=NOON)
    assert attrs.evolve(entry, released=NOON + DAY) == store.suppression(BOB)
    assert store.release(BOB, now=NOON) is None
    assert store.release("nobody@example.org", now=NOON) is None


# ---- Forgetting


def test_erasing_an_address(store: Store) -> None:
    """After erasure nothing says the address; it is still not sent to."""
    store.add([*make_events(range(4), recipient=BOB), make_event(9)])
    store.suppress([make_suppression(BOB, note="Bob asked", evidence=("ab" * 16,))])

    assert 4 == store.erase("bob@example.ORG")

    assert [make_event(9)] == all_events(store)
    assert [] == list(store.events(address=BOB))
    (entry,) = store.suppressions()
    assert make_suppression(digest_address(BOB)) == entry
    assert not store.may_send(BOB, now=NOON)
    assert frozenset({BOB}) == store.stopped([BOB, "a@example.org"], now=NOON)
    assert entry == store.suppression(BOB)
    assert 5 == count_of(store)
    assert "bob@example.org" not in {each.name for each in store.summarize().addresses}


def test_erasing_a_suppression_too(store: Store) -> None:
    """Nothing at all is left where that is asked for."""
    store.add([make_event(1, recipient=BOB)])
    store.suppress([make_suppression(BOB)])

    assert 1 == store.erase(BOB, keeps_suppression=False)

    assert [] == list(store.suppressions())
    assert store.may_send(BOB, now=NOON)


def test_erasing_twice(store: Store) -> None:
    """What is erased already is erased, and its digest stays unless that is asked for."""
    store.suppress([make_suppression(BOB)])

    assert (0, 0) == (store.erase(BOB), store.erase(BOB))
    assert not store.may_send(BOB, now=NOON)
    store.erase(BOB, keeps_suppression=False)
    assert store.may_send(BOB, now=NOON)


def test_an_entry_that_is_not_active_is_erased(store: Store) -> None:
    """Of who was released nothing has to be kept."""
    store.suppress([make_suppression(BOB)])
    store.release(BOB, now=NOON)
    store.erase(BOB)

    assert [] == list(store.suppressions())


def test_who_was_erased_is_released(store: Store) -> None:
    """An address that is left as a digest is released as any other."""
    store.suppress([make_suppression(BOB)])
    store.erase(BOB)

    assert store.release(BOB, now=NOON) is not None
    assert store.may_send(BOB, now=NOON)


def test_who_was_erased_is_suppressed_anew(store: Store) -> None:
    """The newest entry of an address counts, though the one before is a digest."""
    store.suppress([make_suppression(BOB)])
    store.erase(BOB)
    store.suppress([make_suppression(BOB, source=SuppressionSource.COMPLAINT)])
    store.release(BOB, now=NOON)

    assert store.may_send(BOB, now=NOON)
    assert ["bob@example.org"] == [each.address for each in store.suppressions()]


def test_an_erased_event_may_come_again(store: Store) -> None:
    """What is forgotten is not known: it would be new."""
    store.add([make_event(1, recipient=BOB)])
    store.erase(BOB)

    assert Added(1, 0) == store.add([make_event(1, recipient=BOB)])


def test_pruning(store: Store) -> None:
    """Events from before a day go; what was counted stays."""
    old = make_events(range(6_000), occurred=NOON)
    new = make_events(range(6_000, 6_010), occurred=NOON + DAY)
    store.add(new[:5] + old + new[5:])

    assert 6_000 == store.prune((NOON + DAY).date())

    assert new == all_events(store)
    assert 6_010 == count_of(store)
    assert 0 == store.prune((NOON + DAY).date())
    assert [] == list(store.events(address=old[1].recipient))
    assert Added(1, 0) == store.add(old[:1])


def test_pruning_an_empty_store(store: Store) -> None:
    """There is nothing to forget in a new store."""
    assert 0 == store.prune(dt.date(2026, 1, 1))


# ---- Summaries


def test_an_empty_summary(store: Store) -> None:
    """A new store has a summary, of no events."""
    summary = store.summarize()

    assert ((), (), (), ()) == (
        summary.tallies, summary.addresses, summary.domains, summary.suppressed,
    )  # fmt: skip


def test_tallies(store: Store) -> None:
    """Events are counted by day, provider and by what happened, wherever they were added."""
    plain = BounceEvent(
        recipient="a@example.org", kind=EventKind.SUCCESS, occurred=NOON, event_id="ab" * 16
    )
    google_mx = "gmail-smtp-in.l.google.com"
    at_google = make_events([0, 40], recipient="a@gmail.com", occurred=NOON, remote_mta=google_mx)
    next_day = make_event(8, recipient="a@gmail.com", occurred=NOON + DAY, remote_mta=google_mx)
    store.add([plain, at_google[0]])
    store.add([at_google[1], next_day])

    counts = {each.key: each.events for each in store.summarize().tallies}

    google = TallyKey(
        day=NOON.date(),
        provider="google",
        kind=EventKind.FAILURE,
        permanence=Permanence.HARD,
        reason=Reason.UNKNOWN_USER,
        fault=Fault.RECIPIENT,
        status="5.1.1",
    )
    assert {
        TallyKey(
            day=NOON.date(),
            provider="",
            kind=EventKind.SUCCESS,
            permanence=Permanence.UNKNOWN,
            reason=None,
            fault=Fault.UNKNOWN,
            status="",
        ): 1,
        google: 2,
        google._replace(day=(NOON + DAY).date()): 1,
    } == counts


def test_the_worst(store: Store) -> None:
    """Addresses and domains with most failures come first, with why they mostly fail."""
    store.add(make_events([0, 4, 8, 1], recipient="Worst@example.org"))
    store.add(make_events([12, 2, 6], recipient="second@example.org"))
    store.add(make_events([5, 9], recipient="third@example.net"))
    store.add(make_events([10, 14], recipient="only.delayed@example.com"))
    store.suppress([make_suppression("worst@example.org")])

    summary = store.summarize(worst=2)

    day = NOON.date()
    assert [
        ("worst@example.org", 4, 4, Reason.UNKNOWN_USER, day, True),
        ("third@example.net", 2, 2, Reason.MAILBOX_FULL, day, False),
    ] == [tuple(each) for each in summary.addresses]
    assert [
        ("example.org", 5, 7, Reason.UNKNOWN_USER, day, None),
        ("example.net", 2, 2, Reason.MAILBOX_FULL, day, None),
    ] == [tuple(each) for each in summary.domains]
    assert (("manual", 1),) == summary.suppressed
    assert (day, day) == (summary.since, summary.until)


def test_a_summary_of_some_days(store: Store) -> None:
    """Only the days that are asked for are counted, for the worst too."""
    for days in range(4):
        store.add(
            make_events([8 * days], recipient=f"r{days}@d{days}.net", occurred=NOON + days * DAY)
        )
    first, last = (NOON + DAY).date(), (NOON + 2 * DAY).date()

    summary = store.summarize(since=first, until=last)

    assert (first, last) == (summary.since, summary.until)
    assert 2 == sum(each.events for each in summary.tallies)
    assert ["r1@d1.net", "r2@d2.net"] == sorted(each.name for each in summary.addresses)
    assert ["d1.net", "d2.net"] == sorted(each.name for each in summary.domains)
    assert {NOON.date(), first, last, (NOON + 3 * DAY).date()} == {
        each.key.day for each in store.summarize().tallies
    }


@pytest.mark.parametrize("day", [dt.date(1970, 1, 1), dt.date(9999, 1, 1)])
def test_a_summary_of_a_time_without_events(store: Store, day: dt.date) -> None:
    """It begins on no later day than it ends, with one end given."""
    store.add([make_event(1)])
    for summary in (store.summarize(since=day), store.summarize(until=day)):
        assert summary.since <= summary.until


def test_two_stores_at_one_place(store_place: str) -> None:
    """What one process adds the other sees, and knows."""
    with open_store(store_place) as one, open_store(store_place) as other:
        one.add(make_events(range(10)))
        assert Added(5, 5) == other.add(make_events(range(5, 15)))
        one.summarize()
        other.add([make_event(20)])
        assert Added(1, 16) == one.add([*make_events(range(15)), make_event(20), make_event(21)])
        assert 17 == count_of(other)
        one.suppress([make_suppression(BOB)])
        assert not other.may_send(BOB, now=NOON)


@pytest.mark.parametrize("call", [lambda s: s.add([make_event(1)]), lambda s: s.cursor("x")])
def test_a_closed_store_is_of_no_use(store_place: str, call: Callable[[Store], object]) -> None:
    """Closing twice is fine; a call after it is a fault of the caller's, and is said to be one."""
    store = open_store(store_place)
    store.close()
    store.close()

    with pytest.raises(StoreError, match="closed"):
        call(store)


# ---- Releases that outlive their entry, and probes


def test_the_last_release_is_remembered(store: Store) -> None:
    """An address that is suppressed again, or erased, was still released before."""
    assert store.released(BOB) is None
    store.suppress([make_suppression(BOB)])
    assert store.released(BOB) is None
    store.release(BOB, now=NOON + DAY)
    store.suppress([make_suppression(BOB)])

    assert NOON + DAY == store.released("BOB@example.org")
    store.erase(BOB)
    assert NOON + DAY == store.released(BOB)
    store.suppress([make_suppression(BOB)])
    assert NOON + DAY == store.released(BOB)
    store.suppress([make_suppression(BOB, released=NOON + 2 * DAY)])
    assert NOON + 2 * DAY == store.released(BOB)


def test_the_last_probe_is_remembered(store: Store) -> None:
    """Of an address the last probe is known, until it is erased."""
    assert store.probe(BOB) is None
    store.note_probe(SentProbe(address=BOB, sent=NOON, envelope_id="first"))
    second = SentProbe(address=BOB, sent=NOON + DAY, envelope_id="second")
    store.note_probe(second)

    assert second == store.probe("bob@EXAMPLE.org")
    store.erase(BOB)
    assert store.probe(BOB) is None


def test_letting_go_at_no_time(store: Store) -> None:
    """A time that no store can give back is refused before it is written."""
    store.suppress([make_suppression("bob@example.org")])
    zone = dt.timezone(-dt.timedelta(hours=5))
    for now in (dt.datetime(9999, 12, 31, 23, tzinfo=zone), NOON.replace(tzinfo=None)):
        with pytest.raises(InvalidValue, match=r"^now: "):
            store.release("bob@example.org", now=now)

    assert not store.may_send("bob@example.org", now=NOON)
