"""A short run of `tests/crash/ingest.py` on both stores; `make ingest` is the long one."""

from pathlib import Path

import pytest

from tests.adapters.history.postgres_server import postgres_server
from tests.crash.ingest import run


def test_killed_while_adding_to_sqlite(tmp_path: Path) -> None:
    """Nothing acknowledged is lost by kill -9, and nothing counts twice."""
    tried, found = run(str(tmp_path / "history.db"), kills=5)

    assert [] == found
    assert tried.next > 0


def test_killed_while_adding_to_postgresql() -> None:
    """The same holds for PostgreSQL."""
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    with postgres_server(is_durable=True) as server:
        tried, found = run(server.url(), kills=3)

    assert [] == found
    assert tried.next > 0
