"""The numbers of a report, out of the result of a run.

Tallies are in the receipts, counted while the messages were read, so they take no time here.
The worst addresses and domains are found in the parts: with pyarrow for Parquet, ten million
rows in seconds.

Rules.
- What an earlier, unfinished run has done counts; what is not done is missing.
- A row counts wherever it stands.  A bounce that two archives have is two rows; a history
  (`adapters.store`) has it once.
- An event whose mail tells no time, and whose file has none, is in no tally.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from dsnlib.bounces.address_key import address_key
from dsnlib.bounces.event import EventKind
from dsnlib.bounces.summary import Summary
from dsnlib.bulk.group_columns import group_columns
from dsnlib.bulk.rank import ReasonGroup, rank
from dsnlib.bulk.run_directory import read_receipts
from dsnlib.bulk.tally import sum_tallies
from dsnlib.model.local_part import domain_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dsnlib.bounces.summary import Tally, Worst

__all__ = ["is_bulk_result", "summarize_parts"]

_MOST_WORST = 20
_FAILURE = EventKind.FAILURE.value


def is_bulk_result(directory: Path) -> bool:
    """Tell whether a run has put its result there.  Never raises."""
    return (directory / "_run" / "receipts").is_dir()


def summarize_parts(directory: Path, *, worst: int = _MOST_WORST) -> Summary:
    """Return the numbers of a result.

    Args:
        directory: As `run_bulk` was told.
        worst: How many addresses and domains are named.

    Raises:
        OSError: A file of the result cannot be read, or it is no result.
        ValueError: A file is damaged.
        ImportError: The rows are Parquet, and pyarrow is missing.
    """
    results: list[Mapping[str, Any]] = []
    tallies = sorted(sum_tallies(_read_tallies(directory, results)), key=_order)
    addresses, domains = _worst(directory, results, worst)
    days = [tally.key.day for tally in tallies]
    return Summary(
        since=min(days, default=dt.date.min),
        until=max(days, default=dt.date.min),
        tallies=tuple(tallies),
        addresses=addresses,
        domains=domains,
        unread=sum(each["unread"] for each in results),
    )


def _read_tallies(directory: Path, results: list[Mapping[str, Any]]) -> Iterator[Any]:
    """Yield the tallies of each shard, of which memory holds one, and keep what else it says."""
    for receipt in read_receipts(directory):
        results.append(receipt["result"])
        yield receipt["tallies"]


def _order(tally: Tally) -> tuple[str, ...]:
    key = tally.key
    reason = "" if key.reason is None else key.reason.value
    return (
        key.day.isoformat(), key.provider, key.kind.value, key.permanence.value, reason,
        key.fault.value, key.status,
    )  # fmt: skip


def _worst(
    directory: Path, results: Sequence[Mapping[str, Any]], most: int
) -> tuple[tuple[Worst, ...], tuple[Worst, ...]]:
    parts = [(directory / f"part-{each['identity']}.parquet", each["rows"]) for each in results]
    if all(part.exists() for part, _ in parts):
        return group_columns(parts, most) if parts else ((), ())
    groups = _count_lines(part.with_suffix(".jsonl") for part, _ in parts)
    return rank(groups, most), rank(_by_domain(groups), most)


def _count_lines(parts: Iterable[Path]) -> list[ReasonGroup]:
    groups: dict[tuple[str, str | None], ReasonGroup] = {}
    for part in parts:
        with part.open("rb") as file:
            for line in file:
                row = json.loads(line)
                if row["event_id"] is not None:
                    _count(groups, row)
    return list(groups.values())


def _count(groups: dict[tuple[str, str | None], ReasonGroup], row: dict[str, str | None]) -> None:
    name, reason = address_key(row["recipient"] or ""), row["reason"]
    before = groups.get((name, reason)) or ReasonGroup(name, reason, 0, 0, None)
    failures, last = before.failures, before.last
    if row["kind"] == _FAILURE:
        failures += 1
        if row["occurred"] is not None:
            day = dt.date.fromisoformat(row["occurred"][:10])
            last = day if last is None else max(last, day)
    groups[name, reason] = ReasonGroup(name, reason, failures, before.events + 1, last)


def _by_domain(groups: Iterable[ReasonGroup]) -> Iterator[ReasonGroup]:
    for group in groups:
        if domain := domain_of(group.name):
            yield group._replace(name=domain)
