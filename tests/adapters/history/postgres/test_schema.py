"""The tables of a history in PostgreSQL: made once, brought up to date, left alone."""

import contextlib
import re
import threading

import pytest

from dsnlib.adapters.history.postgres import schema as postgres_schema
from dsnlib.adapters.history.postgres.link import PostgresLink
from dsnlib.adapters.history.postgres.schema import STEPS, migrate
from dsnlib.adapters.history.postgres.store import PostgresStore
from dsnlib.adapters.store import Added, open_store
from dsnlib.errors import StoreError
from tests.adapters.history.making import NOON, make_event, make_events, make_suppression
from tests.adapters.history.postgres.statements import execute
from tests.adapters.history.postgres_server import new_database


def test_many_open_a_new_one_at_once(postgres_place: str) -> None:
    """The tables are made once, whoever comes first."""
    failed: list[Exception] = []

    def open_it(number: int) -> None:
        try:
            with open_store(postgres_place) as store:
                store.add([make_event(number)])
        except StoreError as error:
            failed.append(error)

    threads = [threading.Thread(target=open_it, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == failed
    with open_store(postgres_place) as store:
        assert 6 == len(list(store.events()))


def test_a_later_step_keeps_the_data(store: PostgresStore, link: PostgresLink) -> None:
    """Tables of an older version are brought up to date, with what is in them."""
    events = make_events(range(3))
    store.add(events)
    step = "ALTER TABLE dsnlib.suppressions ADD COLUMN colour text NOT NULL DEFAULT 'red'"

    migrate(link, creates=False, steps=(*STEPS, step))

    store.suppress([make_suppression("a@example.org")])
    assert events == [each.event for each in store.events()]
    assert [(2,)] == execute_by(link, "SELECT version FROM dsnlib.schema_version")


def execute_by(link: PostgresLink, statement: str) -> list[tuple[object, ...]]:
    """Run a statement on the connection of a link."""
    return link.run(lambda connection: connection.execute(statement).fetchall())


def test_a_step_that_fails_changes_nothing(store: PostgresStore, link: PostgresLink) -> None:
    """Steps are one transaction: an older dsnlib still works with what is there."""
    step = "ALTER TABLE dsnlib.events ADD COLUMN colour text; SELECT 1 / 0"

    with pytest.raises(StoreError, match="division by zero"):
        migrate(link, creates=False, steps=(*STEPS, step))

    assert Added(1, 0) == store.add([make_event(1)])
    assert [(1,)] == execute_by(link, "SELECT version FROM dsnlib.schema_version")


def test_a_later_version_is_refused(postgres_place: str) -> None:
    """Tables of a later dsnlib are left alone; both versions are named."""
    open_store(postgres_place).close()
    execute(postgres_place, "UPDATE dsnlib.schema_version SET version = 7")

    with pytest.raises(StoreError, match=r"version 7.* up to 1: a later one"):
        open_store(postgres_place)


def test_where_there_is_none(postgres_place: str) -> None:
    """None is made where that is not asked for."""
    with pytest.raises(StoreError, match="there is no history"):
        open_store(postgres_place, creates=False)

    assert [(None,)] == execute(postgres_place, "SELECT to_regnamespace('dsnlib')::text")


def test_a_schema_of_somebody_else(postgres_place: str) -> None:
    """Tables that are not ours are left alone; an empty schema of an admin's is used."""
    execute(postgres_place, "CREATE SCHEMA dsnlib", "CREATE TABLE dsnlib.mine (a int)")
    with pytest.raises(StoreError, match="not ours"):
        open_store(postgres_place)

    execute(postgres_place, "DROP TABLE dsnlib.mine")
    with open_store(postgres_place) as store:
        assert Added(1, 0) == store.add([make_event(1)])


def test_a_database_in_another_encoding(postgres_url: str) -> None:
    """A database that cannot hold every address is refused."""
    place = new_database(postgres_url, "latin", encoding="LATIN1")

    with pytest.raises(StoreError, match="is in LATIN1; a history needs one in UTF8"):
        open_store(place)


def test_settings_of_a_database_do_not_matter(postgres_url: str) -> None:
    """Whatever a database is set to, what is acknowledged is on the disk, and times are right."""
    place = new_database(postgres_url, "odd")
    for setting in (
        "synchronous_commit = off", "timezone = 'Asia/Kathmandu'", "datestyle = 'German'",
        "default_transaction_isolation = 'serializable'", "search_path = 'nowhere'",
    ):  # fmt: skip
        execute(place, f"ALTER DATABASE odd SET {setting}")
    with open_store(place) as store, contextlib.closing(PostgresLink(place)) as link:
        store.add(make_events(range(3)))

        assert make_events(range(3)) == [each.event for each in store.events()]
        assert [("on",)] == execute_by(link, "SHOW synchronous_commit")
        assert [("read committed",)] == execute_by(link, "SHOW transaction_isolation")


def test_who_only_reads(store: PostgresStore, postgres_place: str) -> None:
    """A user with the grants that the module names has reports and events, and adds nothing."""
    store.add(make_events(range(3)))
    grants = re.findall(r"GRANT [^;]+", postgres_schema.__doc__ or "")
    execute(postgres_place, "CREATE ROLE reader LOGIN", *grants)
    place = re.sub("//[^@]*@", "//reader@", postgres_place)

    with open_store(place, creates=False) as opened:
        assert 3 == len(list(opened.events()))
        assert store.summarize() == opened.summarize()
        assert opened.may_send("a@example.org", now=NOON)
        with pytest.raises(StoreError, match="this user may not do that"):
            opened.add(make_events(range(9)))

    assert 3 == len(grants)
    execute(postgres_place, "DROP OWNED BY reader", "DROP ROLE reader")
