"""What is PostgreSQL's alone: many writers at once, numbers in their order, tallies."""

import contextlib
import datetime as dt
import multiprocessing
import random
import string
import threading
from collections import Counter
from multiprocessing.synchronize import Event
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.adapters.history import rows
from dsnlib.adapters.history.postgres import addition as postgres_addition
from dsnlib.adapters.history.postgres import folding as postgres_folding
from dsnlib.adapters.history.postgres.addition import add_rows
from dsnlib.adapters.history.postgres.copy import copy_text
from dsnlib.adapters.history.postgres.folding import fold_by_chance, fold_tallies
from dsnlib.adapters.history.postgres.link import PostgresLink
from dsnlib.adapters.history.postgres.store import PostgresStore
from dsnlib.adapters.store import Added, open_store
from dsnlib.bounces.probe import SentProbe
from dsnlib.errors import StoreError
from tests.adapters.history.making import NOON, make_event, make_events, make_suppression
from tests.adapters.history.postgres.statements import execute

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]
else:
    psycopg = pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    Connection = object

# No index takes it, and none can make it shorter.
LONG = "".join(random.Random(1).choices(string.ascii_lowercase, k=9_000))
A_THIRD = 300


def _add_shard(place: str, first: int, go: Event) -> None:
    """Add a thousand events in small and large batches, as a worker does."""
    events = make_events(range(first, first + 2 * A_THIRD))
    with open_store(place) as store:
        go.wait(10)
        for start in range(0, len(events), 100):
            store.add(reversed(events[start : start + 99]), source=f"worker {first}")
            store.add([events[start + 99]], source=f"worker {first}")


def test_workers_with_overlapping_shards(postgres_place: str) -> None:
    """Of four processes each adds what another adds too: each event is there once.

    A reader that follows them gets each event once, and misses none.
    """
    context = multiprocessing.get_context("spawn")
    go = context.Event()
    workers = [
        context.Process(target=_add_shard, args=(postgres_place, first, go))
        for first in (0, A_THIRD, 0, 2 * A_THIRD)
    ]
    everything = make_events(range(4 * A_THIRD))
    followed: list[str] = []
    with open_store(postgres_place) as store:
        for worker in workers:
            worker.start()
        go.set()
        last, is_over = 0, False
        while not is_over:
            is_over = all(worker.exitcode is not None for worker in workers)
            for each in store.events(after=last):
                assert each.number > last
                followed.append(each.event.event_id)
                last = each.number
        for worker in workers:
            worker.join()

        assert [0] * 4 == [worker.exitcode for worker in workers]
        assert sorted(each.event_id for each in everything) == sorted(followed)
        counted = Counter({tally.key: tally.events for tally in store.summarize().tallies})
        assert dict(rows.event_rows(everything).tallies()) == {
            rows.TallyRow(
                key.day.isoformat(), key.provider, key.kind.value, key.permanence.value,
                key.reason.value if key.reason else "", key.fault.value, key.status,
            ): events
            for key, events in counted.items()
        }  # fmt: skip


def test_two_writers_of_the_same_in_other_orders(postgres_place: str) -> None:
    """Who adds the same events the other way round waits, and neither is broken off."""
    events = make_events(range(2_000))
    failed: list[Exception] = []

    def add(some: list[object]) -> None:
        try:
            with open_store(postgres_place) as store:
                for _ in range(3):
                    store.add(some)  # type: ignore[arg-type]  # events
        except StoreError as error:
            failed.append(error)

    open_store(postgres_place).close()
    threads = [threading.Thread(target=add, args=(each,)) for each in (events, events[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == failed
    with open_store(postgres_place) as store:
        assert 2_000 == sum(each.events for each in store.summarize().tallies)


def test_the_first_of_two_with_one_name_is_taken(store: PostgresStore) -> None:
    """Of events with one `event_id` in a batch the first is there."""
    first, second = make_event(1, diagnostic="first"), make_event(1, diagnostic="second")

    assert Added(2, 1) == store.add([first, second, make_event(2)])
    assert [first, make_event(2)] == [each.event for each in store.events()]


def test_more_events_than_an_addition_has_numbers(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Very many events are several additions, and still one transaction in one order."""
    monkeypatch.setattr(postgres_addition, "EVENTS_AN_ADDITION", 10)
    store.add([make_event(3), make_event(17)])
    events = make_events(range(25))

    assert Added(23, 2) == store.add(events)

    added = [each for each in events if each not in (make_event(3), make_event(17))]
    assert [make_event(3), make_event(17), *added] == [each.event for each in store.events()]
    assert 25 == sum(each.events for each in store.summarize().tallies)


@pytest.mark.parametrize("size", [1, 2])
def test_a_reader_waits_for_a_lower_number(
    store: PostgresStore, link: PostgresLink, size: int
) -> None:
    """What is being written has lower numbers: a reader does not pass them."""
    store.add([make_event(0)])
    slow, quick = make_events(range(1, 1 + size)), make_events(range(11, 11 + size))

    def work(connection: Connection) -> list[list[object]]:
        seen = []
        with connection.transaction():
            add_rows(connection, rows.event_rows(slow))
            store.add(quick)
            seen.append([each.event for each in store.events()])
        seen.append([each.event for each in store.events()])
        return seen  # type: ignore[return-value]  # events

    before, after = link.run(work)

    assert [make_event(0)] == before
    assert [make_event(0), *slow, *quick] == after


def test_a_reader_passes_what_was_given_up(store: PostgresStore, link: PostgresLink) -> None:
    """An addition that was rolled back leaves a gap, and nobody waits for it."""

    def work(connection: Connection) -> None:
        with connection.transaction(force_rollback=True):
            add_rows(connection, rows.event_rows(make_events(range(3))))
            store.add([make_event(9)])

    link.run(work)

    assert [make_event(9)] == [each.event for each in store.events()]


def test_a_writer_that_has_no_number_yet(store: PostgresStore, link: PostgresLink) -> None:
    """Who has said that it will take a number holds up those that are taken later."""

    def work(connection: Connection) -> None:
        with connection.transaction():
            connection.execute("SELECT dsnlib.begin_addition()")
            store.add([make_event(1)])
            assert [] == list(store.events())

    link.run(work)

    assert [make_event(1)] == [each.event for each in store.events()]


def test_counts_are_the_same_when_they_are_folded(store: PostgresStore, link: PostgresLink) -> None:
    """Whether changes were summed up, in part or not at all: the report says the same."""
    store.add(make_events(range(500)))
    before = store.summarize()
    link.run(fold_tallies)
    folded = store.summarize()
    store.add(make_events(range(500, 900)))
    link.run(fold_tallies)
    store.add(make_events(range(900, 1_000)))
    in_part = store.summarize()
    link.run(fold_tallies)

    assert before == folded
    assert in_part == store.summarize()
    assert 1_000 == sum(each.events for each in in_part.tallies)
    assert in_part.domains


def test_folding_does_not_wait(
    store: PostgresStore, link: PostgresLink, postgres_place: str
) -> None:
    """While one process sums up, another leaves it to it."""
    store.add(make_events(range(10)))
    with contextlib.closing(PostgresLink(postgres_place)) as other:

        def work(connection: Connection) -> None:
            with connection.transaction():
                fold_tallies(connection)
                other.run(fold_tallies)

        link.run(work)

    assert 10 == sum(each.events for each in store.summarize().tallies)


def test_folding_is_done_in_steps(
    store: PostgresStore, link: PostgresLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sums up on the way does no more than a step; who forgets does all of them."""
    step = postgres_folding._STEP
    for name in ("_FOLD", "_END"):
        text = getattr(postgres_folding, name).replace(f"LIMIT {step}", "LIMIT 3")
        monkeypatch.setattr(postgres_folding, name, text)
    monkeypatch.setattr(postgres_folding, "_STEP", 3)
    monkeypatch.setattr(postgres_folding, "_UNFOLDED", 2)
    events = make_events(range(20))
    for batch in (events[:1], events[1:10], events[10:]):
        link.run(lambda connection, batch=batch: add_rows(connection, rows.event_rows(batch)))  # type: ignore[misc]  # bound at once
    before = store.summarize()

    fold_by_chance(link, 4)
    in_part = store.summarize()
    counted = link.run(lambda of: of.execute("SELECT sum(events) FROM dsnlib.domains").fetchone())
    store.prune(dt.date(1999, 1, 1))

    assert before == in_part == store.summarize()
    assert (6,) == counted
    assert not link.run(fold_tallies)
    assert 0 == link.run(
        lambda of: of.execute("SELECT count(*) FROM dsnlib.tally_changes").fetchall()[0][0]
    )


def test_folding_leaves_what_is_being_written(store: PostgresStore, link: PostgresLink) -> None:
    """Domains of events that are not committed are counted later, and once."""

    def work(connection: Connection) -> None:
        with connection.transaction():
            add_rows(connection, rows.event_rows([make_event(1, recipient="a@x.example")]))
            store.add([make_event(2, recipient="b@x.example")])
            store.prune(dt.date(1999, 1, 1))

    link.run(work)
    store.prune(dt.date(1999, 1, 1))

    (domain,) = store.summarize().domains
    assert ("x.example", 2) == (domain.name, domain.events)


def test_a_horizon_that_goes_back(store: PostgresStore, link: PostgresLink) -> None:
    """A writer that was slow to take its lock has no domain counted twice."""
    store.add(make_events(range(5)))
    store.prune(dt.date(1999, 1, 1))
    before = store.summarize()

    def work(connection: Connection) -> None:
        with connection.transaction():
            connection.execute(
                "SELECT pg_advisory_xact_lock_shared((25715::bigint << 48) | 1),"
                " dsnlib.begin_addition()"
            )
            store.prune(dt.date(1999, 1, 1))

    link.run(work)
    store.prune(dt.date(1999, 1, 1))

    assert before == store.summarize()


def test_a_row_that_is_damaged(store: PostgresStore, postgres_place: str) -> None:
    """A row that somebody has changed into no event is an error with its place."""
    store.add([make_event(1)])
    store.suppress([make_suppression("a@example.org")])
    execute(
        postgres_place,
        "UPDATE dsnlib.events SET kind = 'odd'",
        "UPDATE dsnlib.suppressions SET source = 'odd'",
        "UPDATE dsnlib.tally_changes SET fault = 'odd'",
    )

    for call in (store.events, store.suppressions, store.summarize):
        with pytest.raises(StoreError, match=r"damaged: .*odd"):
            tuple(call())  # type: ignore[arg-type]  # the last raises before
    with pytest.raises(StoreError, match="damaged"):
        store.suppression("a@example.org")


def test_when_an_address_was_released(store: PostgresStore) -> None:
    """The last release is known, whatever stopped the address since."""
    store.suppress([make_suppression("a@example.org")])
    store.release("a@example.org", now=NOON)
    store.suppress([make_suppression("a@example.org")])

    assert NOON == store.released("A@example.org")
    assert store.released("b@example.org") is None


def test_facts(store: PostgresStore, link: PostgresLink) -> None:
    """Versions, counts, days and size are told, whatever was forgotten or folded."""
    store.add(make_events(range(5), occurred=NOON))
    store.add([make_event(9, recipient="a@example.org", occurred=NOON + dt.timedelta(days=1))])
    store.suppress([make_suppression("b@example.org")])
    store.erase("a@example.org")

    facts = store.facts()

    assert str(facts.pop("engine")).startswith("PostgreSQL ")
    assert int(str(facts.pop("octets"))) > 0
    assert {
        "version": 1, "events": 5, "forgotten": 1, "suppressions": 1,
        "first_day": "2026-03-01", "last_day": "2026-03-02",
    } == facts  # fmt: skip


def test_problems(postgres_place: str, store: PostgresStore) -> None:
    """Tallies that are less than the events, and a server that forgets, are told of."""
    early = dt.datetime(1969, 12, 31, 23, tzinfo=dt.UTC)
    store.add([make_event(0), make_event(1, occurred=early), make_event(2, status=None)])
    # The server of these tests does not wait for the disk.
    sound = list(store.problems())
    execute(postgres_place, "DELETE FROM dsnlib.tally_changes WHERE day < '1970'")
    found = list(store.problems())

    assert ["fsync", "full_page_writes"] == [each.partition(" ")[0] for each in sound]
    assert [
        *sound,
        "1 events of 1969-12-31 failure soft mailbox-full recipient 5.2.2, and tallies of 0",
    ] == found


def test_a_writer_that_hangs_while_it_sends(
    store: PostgresStore, postgres_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has not sent all of its events yet holds up nobody who reads in their order."""
    seen: list[list[object]] = []

    def hang(batch: list[tuple[object, ...]], first: int) -> str:
        if not seen:
            with open_store(postgres_place) as other:
                other.add([make_event(9)])
                seen.append([each.event for each in other.events()])
        return copy_text(batch, first)

    monkeypatch.setattr(postgres_addition, "copy_text", hang)
    store.add(make_events(range(3)))

    assert [[make_event(9)]] == seen
    assert [make_event(9), *make_events(range(3))] == [each.event for each in store.events()]


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("recipient", [f"{LONG}@example.org", f"a@{LONG}.example", LONG])
def test_a_recipient_that_no_index_takes(store: PostgresStore, recipient: str, size: int) -> None:
    """A stranger may name an address of any length; it is stored, found, stopped and erased."""
    long = make_event(1, recipient=recipient)
    store.add([long, *make_events(range(2, 1 + size))])

    assert [long] == [each.event for each in store.events(address=recipient.upper())]
    assert size == store.summarize().addresses[0].failures + size - 1
    store.suppress([make_suppression(recipient)])
    assert not store.may_send(recipient, now=NOON)
    assert {recipient} == store.stopped([recipient, "a@example.org"], now=NOON)
    assert store.release(recipient, now=NOON) is not None
    store.note_probe(SentProbe(address=recipient, sent=NOON, envelope_id="x"))
    assert store.probe(recipient) is not None
    store.advance(f"log {LONG}", 3)
    assert 3 == store.cursor(f"log {LONG}")
    assert 1 == store.erase(recipient)
    assert [] == list(store.events(address=recipient))


def test_pruning_while_others_add(store: PostgresStore, link: PostgresLink) -> None:
    """What comes behind the counts of domains is forgotten when they have it, and not before."""

    def work(connection: Connection) -> None:
        with connection.transaction():
            connection.execute("SELECT dsnlib.begin_addition()")
            store.add([make_event(1, recipient="a@x.example")])
            assert 0 == store.prune(dt.date(2100, 1, 1))

    link.run(work)

    assert 1 == store.prune(dt.date(2100, 1, 1))
    assert ["x.example"] == [each.name for each in store.summarize().domains]
