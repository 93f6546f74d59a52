"""A short form of `python -m tests.crash.postmaster`."""

from pathlib import Path

import pytest

from tests.crash.postmaster import crash

pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")

SEED = 3464


def test_postgres_loses_nothing(tmp_path: Path) -> None:
    """What `add` has returned for is there, once, however often server and client die."""
    totals = crash(tmp_path, kills=5, seed=SEED)

    assert totals.is_good, str(totals)
    assert totals.servers > 0, str(totals)
    assert totals.clients > 0, str(totals)
    assert totals.acknowledged > 0, str(totals)
