"""Events counted by what a report shows, in a form that stands in a receipt."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

from dsnlib.bounces.address_key import address_key, domain_of
from dsnlib.bounces.event import EventKind
from dsnlib.bounces.rules.shipped import shipped_rules
from dsnlib.bounces.summary import Tally, TallyKey
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["TallyCounter", "parse_tallies"]

_MOST_HOSTS = 100_000


class TallyCounter:
    """How many events there were, by `TallyKey`."""

    def __init__(self) -> None:
        # By the texts of a row: nothing is made of them before they are asked for.
        self._counts: Counter[tuple[str | None, ...]] = Counter()
        self._providers: dict[str, str] = {}

    def add(self, row: Mapping[str, Any]) -> None:
        """Count the event of a row; one without a time is left out.  Never raises."""
        occurred = row["occurred"]
        if occurred is not None:
            host = row["remote_mta"] or domain_of(address_key(row["recipient"]))
            self._counts[
                occurred[:10], self._provider(host), row["kind"], row["permanence"], row["reason"],
                row["fault"], row["status"] or "",
            ] += 1  # fmt: skip

    def _provider(self, host: str) -> str:
        provider = self._providers.get(host)
        if provider is None:
            provider = shipped_rules().provider_of(host) or ""
            if len(self._providers) < _MOST_HOSTS:
                self._providers[host] = provider
        return provider

    def format(self) -> list[list[Any]]:
        """Return the counts as values of JSON."""
        return [[*key, events] for key, events in self._counts.items()]


def parse_tallies(values: Iterable[Any]) -> Iterator[Tally]:
    """Yield the counts that `TallyCounter.format` gave.

    Raises:
        ValueError: They are none.
    """
    for day, provider, kind, permanence, reason, fault, status, events in values:
        key = TallyKey(
            dt.date.fromisoformat(day),
            provider,
            EventKind(kind),
            Permanence(permanence),
            None if reason is None else Reason(reason),
            Fault(fault),
            status,
        )
        yield Tally(key, events)
