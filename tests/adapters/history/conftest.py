"""Both stores, each fresh: whatever a test says holds for SQLite and for PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsnlib.adapters.store import Store, open_store


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a server for this run; skips where there is no PostgreSQL."""
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    from tests.adapters.history.postgres_server import running_server

    with running_server() as url:
        yield url


@pytest.fixture
def postgres_place(postgres_url: str) -> str:
    """A database without a history in it."""
    from tests.adapters.history.postgres_server import emptied

    return emptied(postgres_url)


@pytest.fixture(params=["sqlite", "postgres"])
def store_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store can be made: a file, and a database."""
    if request.param == "sqlite":
        return str(tmp_path / "history.db")
    place: str = request.getfixturevalue("postgres_place")
    return place


@pytest.fixture
def store(store_place: str) -> Iterator[Store]:
    """A new store."""
    with open_store(store_place) as opened:
        yield opened
