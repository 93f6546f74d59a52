"""A short form of `make crash`: the server is killed while it works, and loses nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.crash.run import crash

if TYPE_CHECKING:
    from pathlib import Path

SEED = 3464


def test_nothing_is_lost(tmp_path: Path) -> None:
    """What was answered 250 is delivered or told of, once, however often the server dies."""
    totals = asyncio.run(crash(tmp_path, kills=10, seed=SEED))

    assert () == totals.breaches, str(totals)
    assert totals.promises["taken"] > 10, str(totals)
    assert totals.notifications["relayed"] > 0, str(totals)
