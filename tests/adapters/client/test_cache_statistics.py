"""The lines about connections that are kept."""

import datetime as dt

from dsnlib.adapters.client.cache_statistics import CacheStatistics

BEGAN = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)


def test_lines_say_what_was_found() -> None:
    """Each kind of look-up has its line, with a rate in whole per cent."""
    counted = CacheStatistics(
        started=BEGAN, place_hits=2, place_misses=1, most_sessions=1, most_places=1
    )

    assert (
        "connection cache since 2026-11-22T10:00:00+00:00",
        "connection cache, by address: hits=2 misses=1 success=66%",
        "connection cache, most at a time: next_hops=0 addresses=1 connections=1",
    ) == counted.lines()


def test_nothing_to_say() -> None:
    """Where nothing was looked for or kept there is no line."""
    assert () == CacheStatistics(started=BEGAN).lines()
