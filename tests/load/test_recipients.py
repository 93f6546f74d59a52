"""A short form of `python -m tests.load.recipients`: everyone has one outcome, in linear time."""

from __future__ import annotations

import asyncio

from tests.load.recipients import deliver_all

_DESTINATIONS = 60
# Twice as many may take less than three times as long: what is quadratic takes four.
_BOUND = 3.0


def test_everyone_has_one_outcome() -> None:
    """A thousand recipients and two thousand, in a network with all its moods."""
    few = asyncio.run(deliver_all(1_000, _DESTINATIONS))
    many = asyncio.run(deliver_all(2_000, _DESTINATIONS))

    assert ((), ()) == (few.wrong, many.wrong), f"{few}\n{many}"
    assert {"delivered", "refused", "given up"} == set(many.counts)
    assert many.own_seconds < _BOUND * few.own_seconds, f"{few}\n{many}"
