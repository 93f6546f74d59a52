"""A short form of `python -m tests.load.recipients`: everyone has one outcome, in linear time."""

from __future__ import annotations

import asyncio

from tests.load.recipients import deliver_all

_DESTINATIONS = 60
# Twice as many may take less than three times as long: what is quadratic takes four.
_BOUND = 3.0


def test_everyone_has_one_outcome() -> None:
    """A thousand recipients and two thousand, in a network with all its moods."""
    found = [
        asyncio.run(deliver_all(count, _DESTINATIONS)) for count in (1_000, 2_000) for _ in range(2)
    ]
    shown = "\n".join(map(str, found))

    assert not any(each.wrong for each in found), shown
    assert {"delivered", "refused", "given up"} == set(found[-1].counts)
    # Of two runs the better: what else the process has to do, such as to look through all
    # that other tests have left, can only add time.
    few, many = (min(each.own_seconds for each in pair) for pair in (found[:2], found[2:]))
    assert many < _BOUND * few, shown
