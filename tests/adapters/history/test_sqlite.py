"""What only a history in SQLite has: a file that can be damaged, full, locked, another's."""

import contextlib
import multiprocessing
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsnlib.adapters.history.sqlite import addition as sqlite_addition
from dsnlib.adapters.history.sqlite import link as sqlite_link
from dsnlib.adapters.history.sqlite import summary as sqlite_summary
from dsnlib.adapters.history.sqlite.health import LostEvents
from dsnlib.adapters.history.sqlite.schema import APPLICATION_ID, STEPS, migrate
from dsnlib.adapters.history.sqlite.store import SqliteStore
from dsnlib.adapters.store import Added, Numbered, open_store
from dsnlib.bounces.suppression import Suppression
from dsnlib.errors import StoreError, StoreUnavailable
from tests.adapters.history.making import NOON, make_event, make_events, make_suppression

BOB = "bob.the.builder@example.org"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a history can be made."""
    return tmp_path / "history.db"


@pytest.fixture
def few_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the indexes be brought up after ten events, and those by address after twenty."""
    monkeypatch.setattr(sqlite_addition, "_MOST_FRESH", 10)
    monkeypatch.setattr(sqlite_addition, "_MOST_UNMENTIONED", 20)


def ids(store: SqliteStore) -> list[str]:
    """The events of a store, by name."""
    return [each.event.event_id for each in store.events()]


# ---- Opening


def test_a_history_that_is_not_there(path: Path) -> None:
    """Who does not want a new history is told that there is none, and none is made."""
    with pytest.raises(StoreError, match=r"history\.db: it is not there"):
        open_store(str(path), creates=False)

    assert not path.exists()


def test_a_name_is_no_address(tmp_path: Path) -> None:
    """A file may have any name, `?` and `%` too."""
    place = tmp_path / "a?mode=ro&b%41#c.db"
    with open_store(str(place)) as store:
        store.add([make_event(1)])

    assert place.exists()


@pytest.mark.parametrize(
    "statements",
    ["CREATE TABLE mine (x)", "PRAGMA application_id = 7", "PRAGMA user_version = 3"],
)
def test_a_database_of_another_program(path: Path, statements: str) -> None:
    """What another program made is refused, and no octet of it is changed."""
    with sqlite3.connect(path) as connection:
        connection.execute(statements)
    connection.close()
    before = path.read_bytes()

    with pytest.raises(StoreError, match="a database of another program"):
        open_store(str(path))

    assert before == path.read_bytes()


def test_a_later_version(path: Path) -> None:
    """A history of a later dsnlib is refused, and both versions are named."""
    open_store(str(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(StoreError, match=rf"version 99, .* up to {len(STEPS)}"):
        open_store(str(path))


def test_a_step_keeps_the_data(path: Path) -> None:
    """A later version brings an older file up to date, once, with all that is in it."""
    with SqliteStore(str(path)) as store:
        store.add(make_events(range(3)))
    steps = (*STEPS, "ALTER TABLE event ADD COLUMN shade TEXT;\nUPDATE event SET shade = 'red';\n")
    connection = sqlite3.connect(path, isolation_level=None)

    migrate(connection, "there", steps=steps)
    migrate(connection, "there", steps=steps)

    assert [("red",)] * 3 == connection.execute("SELECT shade FROM event").fetchall()
    assert (len(steps),) == connection.execute("PRAGMA user_version").fetchone()
    assert (APPLICATION_ID,) == connection.execute("PRAGMA application_id").fetchone()
    connection.close()


def test_a_step_that_fails_changes_nothing(path: Path) -> None:
    """A step is done as a whole or not at all."""
    open_store(str(path)).close()
    connection = sqlite3.connect(path, isolation_level=None)

    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, "there", steps=(*STEPS, "CREATE TABLE new (x);\nnonsense;\n"))

    assert (len(STEPS),) == connection.execute("PRAGMA user_version").fetchone()
    assert [] == connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'new'").fetchall()
    connection.close()


# ---- Indexes that are brought up now and then


@pytest.mark.usefixtures("few_fresh")
def test_indexes_are_brought_up(path: Path) -> None:
    """Whatever is fresh or settled: each event is known, found and counted once."""
    events = make_events(range(60), recipient=BOB)
    with SqliteStore(str(path)) as store:
        for first in range(0, 60, 4):
            assert Added(4, first) == store.add(events[: first + 4])
        assert Added(0, 60) == store.add(events)
        assert [each.event_id for each in events] == [
            each.event.event_id for each in store.events(address=BOB)
        ]
        assert [] == list(store.problems())
        assert 0 < store.link.fetch("SELECT count(*) FROM settled")[0][0]


@pytest.mark.usefixtures("few_fresh")
@pytest.mark.parametrize("size", [1, 7, 40])
def test_many_are_looked_for(path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Whoever looks for many has a filter: with it too what is known is told, whoever added it."""
    monkeypatch.setattr(sqlite_addition, "_READ_WHILE_ASKED", 1 << 30)
    events = make_events(range(240))
    with SqliteStore(str(path)) as store, SqliteStore(str(path)) as other:
        for first in range(0, 240, 2 * size):
            mine, others = events[first : first + size], events[first + size : first + 2 * size]
            assert Added(len(mine), 0) == store.add(mine)
            assert Added(len(others), len(mine)) == other.add([*mine, *others])
            assert Added(0, first) == store.add(events[:first])
        assert store._addition._filter is not None
        assert Added(0, 240) == store.add(events)
        assert [] == list(store.problems())


def test_many_small_additions_are_brought_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Additions of one event each do not pile up."""
    monkeypatch.setattr(sqlite_addition, "_MOST_ADDITIONS", 5)
    with SqliteStore(str(path)) as store:
        for number in range(20):
            store.add([make_event(number)])
        assert store.link.fetch("SELECT count(*) FROM fresh")[0][0] <= 6
        assert [] == list(store.problems())


# ---- What goes wrong


def damage(path: Path, *, at: float, octets: int = 4096) -> None:
    """Overwrite a part of a file, from a share of its length on."""
    content = bytearray(path.read_bytes())
    start = int(len(content) * at) // 4096 * 4096
    content[start : start + octets] = b"\xa5" * octets
    path.write_bytes(content)


def test_garbage_is_no_history(path: Path) -> None:
    """A file of anything is refused with one clear line."""
    path.write_bytes(b"Received: from mail.example.org\n" * 200)

    with pytest.raises(StoreError, match=r"history\.db: no database of SQLite"):
        open_store(str(path))


def test_a_truncated_file(path: Path) -> None:
    """A file that ends too early is damaged; what is in its beginning is rescued."""
    with SqliteStore(str(path)) as store:
        store.add(make_events(range(3000)))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 3)

    with pytest.raises(StoreError, match="damaged"):
        SqliteStore(str(path))
    with SqliteStore(str(path), creates=False, rescues=True) as store:
        assert [] != list(store.problems())
        found = list(store.rescue())

    saved = [each for each in found if isinstance(each, Numbered)]
    assert all(each.event == make_event(each.number - 1) for each in saved)
    assert 500 < len(saved) < 3000
    assert isinstance(found[-1], LostEvents)
    assert 3000 == found[-1].last


@pytest.mark.parametrize("at", [0.3, 0.5, 0.7])
def test_what_is_left_is_rescued(path: Path, at: float) -> None:
    """Of a damaged file all that can be read is saved, and what is lost is told."""
    with SqliteStore(str(path)) as store:
        store.add(make_events(range(3000)))
    damage(path, at=at, octets=3 * 4096)

    with SqliteStore(str(path)) as store:
        assert [] != list(store.problems())
        found = list(store.rescue())

    lost = [each for each in found if isinstance(each, LostEvents)]
    saved = [each for each in found if isinstance(each, Numbered)]
    assert 0 < sum(each.last - each.first + 1 for each in lost) == 3000 - len(saved) < 100
    assert all(each.event == make_event(each.number - 1) for each in saved)


def test_none_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's word for no file is refused: what is acknowledged has to be kept."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(StoreError, match="one in memory forgets") as met:
        open_store(":memory:")

    assert ":memory:" == met.value.place
    assert [] == list(tmp_path.iterdir())


def test_a_number_that_is_damaged(path: Path) -> None:
    """A page of which a half is damaged may lead a search astray: what it hides is told."""
    with SqliteStore(str(path)) as store:
        store.add(make_events(range(3000)))
    for at in (0.31, 0.42, 0.55, 0.66):
        damage(path, at=at, octets=4096)

    with SqliteStore(str(path)) as store:
        found = list(store.rescue())
        lost = [each for each in found if isinstance(each, LostEvents)]
        assert (
            0 < sum(each.last - each.first + 1 for each in lost) == 3000 - (len(found) - len(lost))
        )
        # Of one with events that were forgotten it is not known which are missing.
        store.link.connection.execute("UPDATE counter SET number = 1 WHERE name = 'forgotten'")
        assert [each for each in found if isinstance(each, Numbered)] == [
            each for each in store.rescue() if isinstance(each, Numbered)
        ]


def test_the_worst_of_many_with_as_many_failures(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who of them is named does not change, and those that are looked at stand by name."""
    monkeypatch.setattr(sqlite_summary, "_TIED", 5)
    with SqliteStore(str(path)) as store:
        store.add(make_events(range(0, 200, 4)))
        first = [each.name for each in store.summarize(worst=5).addresses]
        assert sorted(first) == first
        assert first == [each.name for each in store.summarize(worst=5).addresses]
        store.add(make_events(range(400, 408, 4), recipient=BOB))
        assert BOB == store.summarize(worst=5).addresses[0].name


def test_a_damaged_row(path: Path) -> None:
    """A value that no event can have is damage, and the event is named."""
    with SqliteStore(str(path)) as store:
        store.add(make_events(range(3)))
        store.suppress([make_suppression(BOB)])
        store.link.connection.execute("UPDATE event SET kind = 'x' WHERE number = 2")
        store.link.connection.execute("UPDATE suppression SET source = 'x'")
        store.link.connection.execute("UPDATE tally SET fault = 'x'")

        with pytest.raises(StoreError, match="damaged: event"):
            list(store.events())
        with pytest.raises(StoreError, match="damaged: suppression"):
            list(store.suppressions())
        with pytest.raises(StoreError, match="damaged: tally"):
            store.summarize()
        assert [Numbered, LostEvents, Numbered] == [type(each) for each in store.rescue()]


def test_text_that_is_no_text(path: Path) -> None:
    """Octets that are no UTF-8 where text should be are damage."""
    with SqliteStore(str(path)) as store:
        store.add([make_event(1)])
        store.link.connection.execute("UPDATE event SET details = CAST(x'ff' AS TEXT)")

        with pytest.raises(StoreError, match="damaged"):
            list(store.events())


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("DELETE FROM event WHERE number = 2", "tallies have 1 events more"),
        ("DELETE FROM mention WHERE number = 2", "known by their address"),
        ("DELETE FROM settled", "known by their event_id"),
        ("UPDATE tally SET events = events + 1 WHERE status = '5.1.1'", "1 events more"),
        (
            "UPDATE event SET kind = 'success' WHERE number = 2",
            "events of 2026-03-01 microsoft success",
        ),
        ("UPDATE counter SET number = 1 WHERE name = 'event'", "was the last number"),
    ],
)
def test_tables_that_disagree(path: Path, statement: str, problem: str) -> None:
    """The check finds what no integrity check of SQLite can."""
    with SqliteStore(str(path)) as store:
        store.add(make_events(range(4)))
        store.settle()
        assert [] == list(store.problems())
        store.link.connection.execute(statement)

        assert problem in "\n".join(store.problems())


def test_a_full_disk(path: Path) -> None:
    """A full disk is said to be full; what was acknowledged is there, and it goes on later."""
    with SqliteStore(str(path)) as store:
        store.add(make_events(range(100)))
        (pages,) = store.link.connection.execute("PRAGMA page_count").fetchone()
        store.link.connection.execute(f"PRAGMA max_page_count = {pages + 5}")

        with pytest.raises(StoreUnavailable, match="disk is full"):
            store.add(make_events(range(100, 5000)))

        assert 100 == len(ids(store))
        store.link.connection.execute("PRAGMA max_page_count = 1000000")
        assert Added(4900, 100) == store.add(make_events(range(5000)))
        assert [] == list(store.problems())


_FILLED = """
import resource, sys
from dsnlib.adapters.store import open_store
from dsnlib.errors import StoreUnavailable
from tests.adapters.history.making import make_event, make_events
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = open_store(sys.argv[1])
store.add(make_events(range(10)))
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
told = 0
for number in range(10, 10_000, 10):
    try:
        store.add(make_events(range(number, number + 10)))
    except StoreUnavailable as error:
        told += 1
        if told == 1:
            print(number, flush=True)
            print(error, flush=True)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        else:
            raise
    if told and number > 2000:
        break
print(len(list(store.events())), list(store.problems()))
store.close()
"""


def test_a_file_that_may_not_grow(path: Path) -> None:
    """Where the log cannot be written the addition is refused, and the next goes well."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)
    found = subprocess.run(
        [sys.executable, "-c", _FILLED, str(path)],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).resolve().parents[3],
    )

    number, error, count = found.stdout.splitlines()
    assert "history.db: it cannot be read or written" in error or "disk is full" in error
    assert f"{(2010 // 10 + 1) * 10 - 10} []" == count
    assert int(number) < 2000


def test_a_busy_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store waits for another writer, and says so if that takes too long."""
    monkeypatch.setattr(sqlite_link, "_WAIT_SECONDS", 0.05)
    with SqliteStore(str(path)) as store, SqliteStore(str(path)) as other:
        store.add([make_event(1)])
        with other.link.writing():
            with pytest.raises(StoreUnavailable, match="another process has been writing"):
                store.add([make_event(2)])
            assert 1 == len(ids(store))
            assert store.may_send(BOB, now=NOON)

        assert Added(1, 0) == store.add([make_event(2)])


def test_a_file_that_may_only_be_read(path: Path) -> None:
    """What cannot be written is told as that."""
    with SqliteStore(str(path)) as store:
        store.link.connection.execute("PRAGMA query_only = ON")
        with pytest.raises(StoreError, match="may not be written"):
            store.add([make_event(1)])


def _write(place: str, first: int) -> None:
    with open_store(place) as store:
        for start in range(first, first + 300, 10):
            store.add(make_events(range(start, start + 10)))


def test_two_writers(path: Path) -> None:
    """Processes that add overlapping events at the same time add each once."""
    context = multiprocessing.get_context("spawn")
    with SqliteStore(str(path)) as store:
        processes = [context.Process(target=_write, args=(str(path), n)) for n in (0, 150)]
        for each in processes:
            each.start()
        for each in processes:
            each.join()

        assert [0, 0] == [each.exitcode for each in processes]
        assert sorted(each.event_id for each in make_events(range(450))) == sorted(ids(store))
        assert 450 == sum(each.events for each in store.summarize().tallies)
        assert [] == list(store.problems())


# ---- Forgetting


def _octets(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in sorted(path.parent.iterdir()))


def _strangers(count: int) -> Iterator[Suppression]:
    for number in range(count):
        yield make_suppression(f"{number * 7919 % count:06}.stranger@example.org")


@pytest.mark.usefixtures("few_fresh")
def test_what_is_erased_is_in_no_file(path: Path) -> None:
    """After erasure the octets of the address are in none of the files, at once."""
    with SqliteStore(str(path)) as store:
        for first in range(0, 3000, 100):
            store.add(make_events(range(first, first + 100)))
            store.add([make_event(10_000 + first, recipient=BOB, diagnostic=f"<{BOB}> " * 900)])
        store.suppress(_strangers(3000))
        store.suppress([make_suppression(BOB, note=f"{BOB} asked")])
        store.suppress(_strangers(3000))
        assert b"bob.the.builder" in _octets(path)

        assert 30 == store.erase(BOB)

        assert b"bob.the.builder" not in _octets(path)
        assert [] == list(store.problems())
    assert b"bob.the.builder" not in _octets(path)


@pytest.mark.usefixtures("few_fresh")
def test_erasing_many_leaves_nothing_of_them(path: Path) -> None:
    """Pages that were split and joined keep no copies."""
    with SqliteStore(str(path)) as store:
        events = make_events(range(2000))
        for first in range(0, 2000, 500):
            store.add(events[first : first + 500])
        store.suppress([make_suppression(each.recipient) for each in events])
        for each in events[::40]:
            store.erase(each.recipient)
        content = _octets(path)
        for each in events[::40]:
            assert each.recipient.lower().encode() not in content
            assert each.recipient.encode() not in content


def test_a_reader_keeps_the_log(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process reads, the log cannot end: that is told, and erasing again helps."""
    monkeypatch.setattr(sqlite_link, "_WAIT_SECONDS", 0.05)
    with SqliteStore(str(path)) as store, SqliteStore(str(path)) as other:
        store.add([make_event(1, recipient=BOB)])
        store.settle()
        with other.link.reading() as connection:
            connection.execute("SELECT count(*) FROM event").fetchone()
            with pytest.raises(StoreUnavailable, match="erase it again"):
                store.erase(BOB)
        assert 0 == store.erase(BOB)
        assert b"bob.the.builder" not in _octets(path)


def test_what_it_is_like(path: Path) -> None:
    """Facts tell versions, counts, days and size."""
    with SqliteStore(str(path)) as store:
        store.add(make_events(range(5)))
        store.erase(make_event(1).recipient)
        known = store.facts()

    assert (1, 4, 1, "2026-03-01", "2026-03-01", 0) == tuple(
        known[name]
        for name in ("version", "events", "forgotten", "first_day", "last_day", "suppressions")
    )
    assert isinstance(known["octets"], int)
    assert known["octets"] > 4096


def test_a_counter_that_is_gone(tmp_path: Path) -> None:
    """A file whose counters somebody took is damaged, and says so."""
    place = str(tmp_path / "h.db")
    with open_store(place) as store:
        store.add([make_event(1)])
    with contextlib.closing(sqlite3.connect(place)) as connection, connection:
        connection.execute("DELETE FROM counter WHERE name = 'mentioned'")

    with pytest.raises(StoreError, match=r"h\.db: damaged: no counter mentioned"):
        open_store(place)
    with SqliteStore(place, rescues=True) as damaged:
        assert 1 == len([*damaged.rescue()])
