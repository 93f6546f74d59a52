"""The worst addresses and domains, out of parts in Parquet: ten million rows in seconds.

Rules.
- Names are hashed once.  What is counted after that are numbers: the place of each name
  among the names.
- First the failures of each name are counted, then all else of those few that are named.
- Parts are read in blocks of a bounded size.  What one block holds is read once; where
  there are more of them, each is read twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dsnlib.bounces.event import EventKind
from dsnlib.bulk.rank import ReasonGroup, rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from dsnlib.bounces.summary import Worst

__all__ = ["group_columns"]

_COLUMNS = ["recipient", "kind", "reason", "occurred"]
_NAMES = ["recipient", "kind", "reason"]
# Chosen by us: a block takes about 100 octets a row.
_BLOCK_ROWS = 1 << 24
_DOMAIN = "^.*@"


class _Block(NamedTuple):
    """The events of some parts: names, and of each event the place of its name among them."""

    names: pa.Array
    places: pa.Array
    has_failed: pa.Array
    reasons: pa.ChunkedArray
    occurred: pa.ChunkedArray


def group_columns(
    parts: Iterable[tuple[Path, int]], most: int
) -> tuple[tuple[Worst, ...], tuple[Worst, ...]]:
    """Return the worst addresses and domains, the worst first; of equals by name.

    Args:
        parts: Files that `part.open_part` wrote, and how many rows each has; one or more.
        most: How many of each.

    Raises:
        OSError: A file cannot be read.
        ValueError: One is damaged.
        ImportError: pyarrow is missing.
    """
    import pyarrow as pa

    blocks = list(_cut(parts))
    # One block is kept; of more each is made when it is looked at.
    kept = [_read(blocks[0])] if len(blocks) == 1 else None
    names = [_count_failures(each) for each in kept or map(_read, blocks)]
    addresses = _sum(pa.concat_tables(names))
    domains = _sum(addresses.set_column(0, "name", _domains(addresses["name"])))
    worst = _find_worst(addresses, most), _find_worst(domains, most)
    groups: tuple[list[ReasonGroup], list[ReasonGroup]] = ([], [])
    for block in kept or map(_read, blocks):
        groups[0].extend(_group(block, block.names, worst[0]))
        groups[1].extend(_group(block, _domains(block.names), worst[1]))
    return rank(groups[0], most), rank(groups[1], most)


def _cut(parts: Iterable[tuple[Path, int]]) -> Iterator[list[Path]]:
    """Yield parts together that have not too many rows."""
    block: list[Path] = []
    rows = 0
    for part, of_part in parts:
        block.append(part)
        rows += of_part
        if rows >= _BLOCK_ROWS:
            yield block
            block, rows = [], 0
    if block:
        yield block


def _read(parts: Sequence[Path]) -> _Block:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    tables = []
    for part in parts:
        # Not `read_table`: a data set of one small file takes three times as long.
        with pq.ParquetFile(part, read_dictionary=_NAMES, pre_buffer=False) as file:
            tables.append(file.read(columns=_COLUMNS, use_threads=False))
    table = pa.concat_tables(tables)
    if table["kind"].null_count:  # where there is an error, there is no event
        table = table.filter(pc.is_valid(table["kind"]))
    spelled, places = _encode(table["recipient"])
    # As `address_key` has them: of names that differ in case alone one is left.
    keys = pc.replace_substring_regex(pc.utf8_lower(spelled), r"\.\z", "").dictionary_encode()
    kinds, kind_places = _encode(table["kind"])
    failure = pc.index(kinds, EventKind.FAILURE.value).as_py()
    return _Block(
        names=keys.dictionary,
        places=keys.indices.take(places),
        has_failed=pc.equal(kind_places, failure),
        reasons=table["reason"].unify_dictionaries(),
        occurred=table["occurred"],
    )


def _encode(column: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Return the values of a column, each once, and the place of each row's among them."""
    import pyarrow as pa

    column = column.unify_dictionaries()
    if not column.num_chunks:
        return pa.array([], pa.string()), pa.array([], pa.int32())
    places = pa.chunked_array([each.indices for each in column.chunks], pa.int32())
    return column.chunk(0).dictionary, places.combine_chunks()


def _domains(names: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return the domain of each name, nothing for one that has none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    domains = pc.replace_substring_regex(names, _DOMAIN, "")
    has_domain = pc.and_(pc.match_substring(names, "@"), pc.not_equal(domains, ""))
    return pc.if_else(has_domain, domains, pa.scalar(None, pa.string()))


def _count_failures(block: _Block) -> pa.Table:
    import pyarrow as pa

    counts = block.places.filter(block.has_failed).value_counts()
    names = block.names.take(counts.field("values"))
    return pa.table({"name": names, "failures": counts.field("counts")})


def _sum(table: pa.Table) -> pa.Table:
    summed = table.group_by("name").aggregate([("failures", "sum")])
    return summed.rename_columns({"failures_sum": "failures"})


def _find_worst(table: pa.Table, most: int) -> pa.Array:
    import pyarrow.compute as pc

    table = table.filter(pc.is_valid(table["name"]))
    order = [("failures", "descending"), ("name", "ascending")]
    places = pc.select_k_unstable(table, k=most, sort_keys=order)
    return table["name"].take(places).combine_chunks()


def _group(block: _Block, names: pa.Array, worst: pa.Array) -> Iterator[ReasonGroup]:
    """Yield how many events of a block there are of each of the worst, for each reason."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ranks = pc.index_in(names, value_set=worst).take(block.places)
    is_worst = pc.is_valid(ranks)
    failed = block.has_failed.filter(is_worst)
    days = block.occurred.filter(is_worst)
    table = pa.table(
        {
            "rank": ranks.filter(is_worst),
            "reason": block.reasons.filter(is_worst).cast(pa.string()),
            "failures": failed.cast(pa.int64()),
            "last": pc.if_else(failed, days, pa.scalar(None, days.type)),
        }
    )
    found = table.group_by(["rank", "reason"]).aggregate(
        [("failures", "sum"), ("failures", "count"), ("last", "max")]
    )
    for row in found.to_pylist():
        last = row["last_max"]
        yield ReasonGroup(
            worst[row["rank"]].as_py(),
            row["reason"],
            row["failures_sum"],
            row["failures_count"],
            None if last is None else last.date(),
        )
