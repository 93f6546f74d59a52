"""How well sessions are reused: what was looked for and found in an interval, as log lines."""

from __future__ import annotations

import datetime as dt

import attrs

__all__ = ["CacheStatistics"]


@attrs.define(kw_only=True)
class CacheStatistics:
    """Counts of one interval; the cache goes on counting in it until the next begins.

    Args:
        started: When the interval began; with a zone.
        destination_hits: How often a session was found by its destination.
        destination_misses: How often there was none.
        place_hits: How often one was found by its address.
        place_misses: How often there was none.
        most_destinations: The most destinations with an idle session at a time.
        most_places: The most addresses with one.
        most_sessions: The most idle sessions.
    """

    started: dt.datetime
    destination_hits: int = 0
    destination_misses: int = 0
    place_hits: int = 0
    place_misses: int = 0
    most_destinations: int = 0
    most_places: int = 0
    most_sessions: int = 0

    def lines(self) -> tuple[str, ...]:
        """Return what a log says of the interval; nothing if nothing was looked for or kept.

        >>> counted = CacheStatistics(
        ...     started=dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC),
        ...     destination_hits=3,
        ...     destination_misses=1,
        ...     most_destinations=1,
        ...     most_places=2,
        ...     most_sessions=2,
        ... )
        >>> for line in counted.lines():
        ...     print(line)
        connection cache since 2026-11-22T10:00:00+00:00
        connection cache, by next hop: hits=3 misses=1 success=75%
        connection cache, most at a time: next_hops=1 addresses=2 connections=2
        """
        found = [
            f"connection cache, {by}: hits={hits} misses={misses}"
            f" success={100 * hits // (hits + misses)}%"
            for by, hits, misses in (
                ("by next hop", self.destination_hits, self.destination_misses),
                ("by address", self.place_hits, self.place_misses),
            )
            if hits or misses
        ]
        if self.most_sessions:
            found.append(
                "connection cache, most at a time:"
                f" next_hops={self.most_destinations} addresses={self.most_places}"
                f" connections={self.most_sessions}"
            )
        if not found:
            return ()
        return (f"connection cache since {self.started.isoformat(timespec='seconds')}", *found)
