"""A short form of `make load`: five hundred connections at once, and nothing is lost."""

from __future__ import annotations

import asyncio

import attrs

from tests.load.run import Load, load


def test_five_hundred_at_once() -> None:
    """Each connection is served, and what was taken arrives, once."""
    found = asyncio.run(load(connections=500, seconds=5.0))

    # A process that has just begun still grows, so only the long form looks at its memory.
    assert (0, 0, 0, ()) == (found.refused, found.lost, found.repeated, found.broken), str(found)
    assert found.taken >= 500, str(found)


def test_what_a_run_fails_for() -> None:
    """A message that is lost or there twice, a broken connection, memory that grows."""
    good = Load(
        connections=1, seconds=1.0, taken=1, refused=0, lost=0, repeated=0, broken=(),
        latencies=(0.1,), memory=(100, 100, 100, 100),
    )  # fmt: skip

    assert good.passed
    for harm in (
        {"lost": 1}, {"repeated": 1}, {"refused": 1}, {"broken": ("gone",)},
        {"memory": (100, 100, 200, 200)},
    ):  # fmt: skip
        assert not attrs.evolve(good, **harm).passed, harm
