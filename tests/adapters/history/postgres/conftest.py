"""A history in PostgreSQL alone, new for each test."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsnlib.adapters.history.postgres.link import PostgresLink
    from dsnlib.adapters.history.postgres.store import PostgresStore


@pytest.fixture
def link(postgres_place: str) -> Iterator[PostgresLink]:
    """A connection to a database without a history."""
    from dsnlib.adapters.history.postgres.link import PostgresLink

    with contextlib.closing(PostgresLink(postgres_place)) as opened:
        yield opened


@pytest.fixture
def store(postgres_place: str) -> Iterator[PostgresStore]:
    """A new store."""
    from dsnlib.adapters.history.postgres.store import PostgresStore

    with PostgresStore(postgres_place) as opened:
        yield opened
