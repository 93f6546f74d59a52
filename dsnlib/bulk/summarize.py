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
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.bounces.address_key import address_key, domain_of
from dsnlib.bounces.event import EventKind
from dsnlib.bounces.summary import Summary, Tally, TallyKey, Worst
from dsnlib.bounces.taxonomy import Reason
from dsnlib.bulk.run_directory import read_receipts
from dsnlib.bulk.tally import parse_tallies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pyarrow as pa

__all__ = ["is_bulk_result", "summarize_parts"]

_MOST_WORST = 20
_COLUMNS = ("recipient", "kind", "reason", "occurred")
_FAILURE = EventKind.FAILURE.value


class _Group(NamedTuple):
    """Events of one name with one reason."""

    name: str
    reason: str | None
    failures: int
    events: int
    last: dt.date | None


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
    counts: Counter[TallyKey] = Counter()
    unread = 0
    for receipt in read_receipts(directory):
        unread += receipt["result"]["unread"]
        for key, events in parse_tallies(receipt["tallies"]):
            counts[key] += events
    addresses, domains = _worst(directory, worst)
    days = [key.day for key in counts]
    return Summary(
        since=min(days, default=dt.date.min),
        until=max(days, default=dt.date.min),
        tallies=tuple([Tally(key, events) for key, events in sorted(counts.items(), key=_order)]),
        addresses=addresses,
        domains=domains,
        unread=unread,
    )


def _order(item: tuple[TallyKey, int]) -> tuple[str, ...]:
    key = item[0]
    reason = "" if key.reason is None else key.reason.value
    return (
        key.day.isoformat(), key.provider, key.kind.value, key.permanence.value, reason,
        key.fault.value, key.status,
    )  # fmt: skip


def _worst(directory: Path, most: int) -> tuple[tuple[Worst, ...], tuple[Worst, ...]]:
    receipts = sorted((directory / "_run" / "receipts").glob("[!.]*"))
    parts = [directory / f"part-{each.name}.parquet" for each in receipts]
    if all(part.exists() for part in parts):
        return _of_parquet(parts, most) if parts else ((), ())
    lines = [directory / f"part-{each.name}.jsonl" for each in receipts]
    groups = _count_lines(lines)
    return _rank(groups, most), _rank(_by_domain(groups), most)


# ---- JSONL, with nothing but Python


def _count_lines(parts: Iterable[Path]) -> list[_Group]:
    groups: dict[tuple[str, str | None], _Group] = {}
    for part in parts:
        with part.open("rb") as file:
            for line in file:
                row = json.loads(line)
                if row["event_id"] is not None:
                    _count(groups, row)
    return list(groups.values())


def _count(groups: dict[tuple[str, str | None], _Group], row: dict[str, str | None]) -> None:
    name, reason = address_key(row["recipient"] or ""), row["reason"]
    before = groups.get((name, reason)) or _Group(name, reason, 0, 0, None)
    failures, last = before.failures, before.last
    if row["kind"] == _FAILURE:
        failures += 1
        if row["occurred"] is not None:
            day = dt.date.fromisoformat(row["occurred"][:10])
            last = day if last is None else max(last, day)
    groups[name, reason] = _Group(name, reason, failures, before.events + 1, last)


def _by_domain(groups: Iterable[_Group]) -> Iterator[_Group]:
    for group in groups:
        if domain := domain_of(group.name):
            yield group._replace(name=domain)


def _rank(groups: Iterable[_Group], most: int) -> tuple[Worst, ...]:
    """Return those with most failures, the worst first; of equals by name."""
    by_name: defaultdict[str, list[_Group]] = defaultdict(list)
    for group in groups:
        by_name[group.name].append(group)
    failures = {name: sum(each.failures for each in of_name) for name, of_name in by_name.items()}
    names = sorted((name for name in failures if failures[name]), key=lambda n: (-failures[n], n))
    return tuple([_one(name, by_name[name]) for name in names[:most]])


def _one(name: str, groups: Iterable[_Group]) -> Worst:
    reasons: Counter[str] = Counter()
    failures = events = 0
    days = []
    for group in groups:
        failures += group.failures
        events += group.events
        if group.reason is not None:
            reasons[group.reason] += group.failures
        if group.last is not None:
            days.append(group.last)
    # Of equals the first by name: the order of the rows says nothing.
    reason = min(reasons, key=lambda each: (-reasons[each], each), default=None)
    return Worst(
        name=name,
        failures=failures,
        events=events,
        reason=None if reason is None else Reason(reason),
        last=max(days, default=dt.date.min),
    )


# ---- Parquet, in columns


def _of_parquet(parts: Iterable[Path], most: int) -> tuple[tuple[Worst, ...], tuple[Worst, ...]]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    counted = [_group(pq.read_table(part, columns=list(_COLUMNS))) for part in parts]
    addresses = _sum(pa.concat_tables(counted), ["name", "reason"])
    domain = pc.replace_substring_regex(addresses["name"], "^.*@", "")
    has_domain = pc.match_substring(addresses["name"], "@")
    domains = _sum(addresses.set_column(0, "name", domain).filter(has_domain), ["name", "reason"])
    return _rank_table(addresses, most), _rank_table(
        domains.filter(pc.not_equal(domains["name"], "")), most
    )


def _group(rows: pa.Table) -> pa.Table:
    """Return how many events there are of each address and reason."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = rows.filter(pc.is_valid(rows["kind"]))
    key = pc.utf8_lower(rows["recipient"])
    key = pc.if_else(pc.ends_with(key, "."), pc.utf8_slice_codeunits(key, 0, -1), key)
    failed = pc.equal(rows["kind"], _FAILURE)
    days = pc.if_else(failed, rows["occurred"], pa.scalar(None, rows["occurred"].type))
    table = pa.table(
        {
            "name": key,
            "reason": rows["reason"],
            "failures": failed.cast(pa.int64()),
            "events": pa.repeat(pa.scalar(1, pa.int64()), rows.num_rows),
            "last": days,
        }
    )
    return _sum(table, ["name", "reason"])


def _sum(table: pa.Table, by: list[str]) -> pa.Table:
    summed = table.group_by(by).aggregate([("failures", "sum"), ("events", "sum"), ("last", "max")])
    return summed.select([*by, "failures_sum", "events_sum", "last_max"]).rename_columns(
        [*by, "failures", "events", "last"]
    )


def _rank_table(groups: pa.Table, most: int) -> tuple[Worst, ...]:
    import pyarrow.compute as pc

    by_name = _sum(groups, ["name"])
    order = [("failures", "descending"), ("name", "ascending")]
    top = by_name.take(pc.select_k_unstable(by_name, k=most, sort_keys=order))["name"]
    kept = groups.filter(pc.is_in(groups["name"], value_set=top.combine_chunks()))
    return _rank(
        [
            _Group(
                row["name"], row["reason"], row["failures"], row["events"],
                None if row["last"] is None else row["last"].date(),
            )
            for row in kept.to_pylist()
        ],
        most,
    )  # fmt: skip
