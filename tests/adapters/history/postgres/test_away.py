"""PostgreSQL goes away, comes back, refuses: a clear line each, and nothing is lost."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.history.postgres.link import PostgresLink
from dsnlib.adapters.history.rows import Batch
from dsnlib.adapters.store import Added, open_store
from dsnlib.errors import StoreError, StoreUnavailable
from tests.adapters.history.cut_socket import CutSocket
from tests.adapters.history.making import NOON, make_event, make_events, make_suppression
from tests.adapters.history.postgres.statements import execute
from tests.adapters.history.postgres_server import PostgresServer, emptied, postgres_server

if TYPE_CHECKING:
    import psycopg
else:
    psycopg = pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")

SECRET = "geheim-4711"
TALLIES = Batch.tallies
# What an admin does to connections.
_END = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE application_name = 'dsnlib' AND datname = current_database()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of its own, which tests may stop; one user of it needs a password."""
    with postgres_server(is_durable=True) as running:
        execute(running.url(), f"CREATE ROLE locked LOGIN PASSWORD '{SECRET}'")
        rules = running.data / "pg_hba.conf"
        rules.write_text("local all locked scram-sha-256\n" + rules.read_text("ascii"), "ascii")
        execute(running.url(), "SELECT pg_reload_conf()")
        yield running


@pytest.fixture
def place(server: PostgresServer) -> str:
    """A database without a history, on that server."""
    return emptied(server.url())


@contextlib.contextmanager
def stopped(server: PostgresServer, how: signal.Signals) -> Iterator[None]:
    """Have the server gone for a while."""
    server.stop(how)
    try:
        yield
    finally:
        server.start()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
def test_gone_away_and_back(server: PostgresServer, place: str, how: signal.Signals) -> None:
    """While the server is away each call says so; then the same store works again."""
    with open_store(place) as store:
        store.suppress([make_suppression("a@example.org")])
        for number in range(7):
            store.add([make_event(number)])
        store.add(make_events(range(7, 20)))
        with stopped(server, how):
            for call in (
                lambda: store.add([make_event(30)]),
                lambda: store.add(make_events(range(30, 40))),
                lambda: list(store.events()),
                lambda: store.may_send("a@example.org", now=NOON),
                store.summarize,
            ):
                with pytest.raises(StoreUnavailable) as caught:
                    call()
                assert "\n" not in str(caught.value)
                assert store.place == caught.value.place  # type: ignore[attr-defined]  # both have one
            with pytest.raises(StoreUnavailable):
                open_store(place)

        assert not store.may_send("a@example.org", now=NOON)
        assert make_events(range(20)) == [each.event for each in store.events()]
        assert Added(10, 1) == store.add(make_events([*range(19, 20), *range(30, 40)]))


def test_a_connection_that_died_while_nothing_was_asked(place: str) -> None:
    """A server that was restarted between two calls is not noticed."""
    with open_store(place) as store:
        for number in range(7):
            store.add([make_event(number)])
        execute(place, _END)

        assert Added(1, 0) == store.add([make_event(8)])


def test_a_connection_that_dies_within_an_addition(place: str) -> None:
    """What was not committed is not there, and adding it again is right."""
    with open_store(place) as store:
        store.add([make_event(99)])
        # The tallies are counted between the events and the commit.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Batch, "tallies", lambda batch: (execute(place, _END), TALLIES(batch))[1])
            with pytest.raises(StoreUnavailable):
                store.add(make_events(range(10)))

        assert [make_event(99)] == [each.event for each in store.events()]
        assert Added(10, 0) == store.add(make_events(range(10)))


@pytest.mark.parametrize(("size", "word"), [(1, b"dsnlib.begin_addition"), (5, b"COMMIT")])
def test_the_answer_to_a_commit_is_lost(
    server: PostgresServer, place: str, size: int, word: bytes
) -> None:
    """Nobody knows whether it was done: it may be repeated, and each event is there once."""
    events = make_events(range(size))
    with CutSocket(server.socket) as way, open_store(way.place(place)) as store:
        way.cut_after(word)
        with pytest.raises(StoreUnavailable):
            store.add(events)

        added = store.add(events)

        assert size == added.new + added.known
        assert events == [each.event for each in store.events()]
        assert size == sum(each.events for each in store.summarize().tallies)


@pytest.fixture
def small_disk(server: PostgresServer) -> Iterator[Path]:
    """A disk of its own for tables, which is soon full; only root makes one."""
    place = server.directory / "small"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(_mount("size=20m", place), check=False, capture_output=True).returncode
    ):
        place.rmdir()
        pytest.skip("a disk that is soon full takes root, who may mount one")
    try:
        if server.account is not None:
            os.chown(place, server.account.pw_uid, server.account.pw_gid)
        execute(server.url(), f"CREATE TABLESPACE small LOCATION '{place}'")
        yield place
        execute(server.url(), "DROP DATABASE IF EXISTS filled", "DROP TABLESPACE small")
    finally:
        subprocess.run([shutil.which("umount") or "umount", place], check=True)


def _mount(options: str, place: Path) -> list[str]:
    return [
        shutil.which("mount") or "mount",
        "-t",
        "tmpfs",
        "-o",
        f"{options},mode=0700",
        "tmpfs",
        str(place),
    ]


def test_a_full_disk(server: PostgresServer, small_disk: Path) -> None:
    """A full disk is told; what was acknowledged is there, and with more room it goes on."""
    execute(server.url(), "CREATE DATABASE filled TEMPLATE template0 TABLESPACE small")
    acknowledged = 0
    with open_store(server.url("filled")) as store:

        def fill() -> None:
            nonlocal acknowledged
            while acknowledged < 100_000:
                store.add(make_events(range(acknowledged, acknowledged + 2_000)))
                acknowledged += 2_000

        with pytest.raises(StoreUnavailable, match="its disk is full"):
            fill()

        assert acknowledged > 0
        assert acknowledged == sum(1 for _ in store.events())
        subprocess.run(_mount("remount,size=60m", small_disk), check=True)
        assert Added(2_000, 0) == store.add(make_events(range(acknowledged, acknowledged + 2_000)))
        assert acknowledged + 2_000 == sum(each.events for each in store.summarize().tallies)


@pytest.mark.parametrize(
    ("user", "database", "said"),
    [
        ("dsnlib", "nowhere", "there is no such database"),
        ("nobody-there", "postgres", "it does not let this user in"),
        ("locked", "postgres", "it does not let this user in"),
        (f"locked:wrong-{SECRET}", "postgres", "it does not let this user in"),
        (f"locked:{SECRET}", "postgres", "this user may not do that"),
    ],
)
def test_a_server_that_refuses(
    server: PostgresServer, place: str, user: str, database: str, said: str
) -> None:
    """Who is not let in is told why in one line; no password is in it."""
    del place
    with pytest.raises(StoreError, match=said) as caught:
        open_store(server.url(database, user=user))

    assert not isinstance(caught.value, StoreUnavailable)
    assert SECRET not in str(caught.value) + caught.value.place


def test_a_server_that_takes_no_changes(server: PostgresServer, place: str) -> None:
    """A standby, or a server that is set to read only, may take them later; reading works."""
    open_store(place).close()
    execute(place, "ALTER DATABASE postgres SET default_transaction_read_only = on")
    try:
        with open_store(place) as store:
            assert [] == list(store.events())
            with pytest.raises(StoreUnavailable, match="takes no changes"):
                store.add([make_event(1)])
            with pytest.raises(StoreUnavailable, match="takes no changes"):
                store.add(make_events(range(2)))
    finally:
        other = server.url("template1")
        execute(other, "ALTER DATABASE postgres RESET default_transaction_read_only")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("53100", "its disk is full"),
        ("53200", "it is short of memory"),
        ("53300", "it has no connection left"),
        ("40P01", "another process was in the way"),
        ("55P03", "another process kept a lock"),
        ("57014", "it took too long"),
        ("57P01", "it is going down"),
        ("58030", "its disk fails"),
        ("25P03", "a transaction was left alone"),
        ("08006", "the connection is lost"),
    ],
)
def test_what_may_succeed_later(state: str, said: str) -> None:
    """What passes by itself is unavailable, and no more."""
    with contextlib.closing(PostgresLink("postgresql://db.example.org/bounces")) as link:
        found = link.explain(psycopg.errors.lookup(state)("the words of the server"))

    assert isinstance(found, StoreUnavailable)
    assert f"postgresql://db.example.org/bounces: {said}" in str(found)
    assert str(found).endswith("(the words of the server)")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("XX001", "it is damaged"),
        ("42P01", "its tables are not those"),
        ("22003", "a value does not fit"),
        ("57P04", "the database was dropped"),
        ("2F002", "it answers otherwise"),
    ],
)
def test_what_will_not(state: str, said: str) -> None:
    """What somebody has to repair is an error."""
    with contextlib.closing(PostgresLink("postgresql://db.example.org/bounces")) as link:
        found = link.explain(psycopg.errors.lookup(state)("a\nb" + 500 * "c"))

    assert StoreError is type(found)
    assert said in str(found)
    assert "\n" not in str(found)
    assert len(str(found)) < 350


@pytest.mark.parametrize(
    "place", [f"postgresql://a:{SECRET}@[::1", f"postgresql://a:{SECRET}@h/d?colour=red"]
)
def test_an_address_that_is_none(place: str) -> None:
    """What libpq cannot read is refused, and is not shown: a password may be in it."""
    with pytest.raises(StoreError, match="not an address") as caught:
        open_store(place)

    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_without_psycopg(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where psycopg is not installed, it says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)

    with pytest.raises(StoreError, match=r"install dsnlib\[postgres\]"):
        open_store("postgresql://db.example.org/bounces")
