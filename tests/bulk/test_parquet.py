"""Tests of `dsnlib.bulk.parquet`: messages in a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.bulk.parquet import read_column
from dsnlib.bulk.plan_shards import plan_shards
from tests.bulk.bulk_inputs import REPORT, read_all

if TYPE_CHECKING:
    from pathlib import Path

pa: Any = pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
pq: Any = pytest.importorskip("pyarrow.parquet", reason="the extra `arrow` is not installed")


def write(path: Path, *, rows: int = 1000, group: int = 100) -> list[bytes]:
    """Write a file of messages with several row groups, and return them."""
    messages = [b"Subject: %d\n\n" % number + REPORT for number in range(rows)]
    table = pa.table({"content": pa.array(messages, pa.binary()), "n": list(range(rows))})
    pq.write_table(table, path, row_group_size=group)
    return messages


@pytest.mark.parametrize("shard_octets", [1, 200_000, 1 << 30])
def test_row_groups_are_the_whole(tmp_path: Path, shard_octets: int) -> None:
    """Every row is read once, by its number, however the row groups are shared out."""
    path = tmp_path / "mail.parquet"
    messages = write(path)

    entries = read_all(path, shard_octets=shard_octets)

    assert messages == [entry.octets for entry in entries]
    assert list(range(1000)) == [entry.message for entry in entries]


def test_a_file_is_cut_at_row_groups(tmp_path: Path) -> None:
    """A shard has one row group or more, never a part of one."""
    path = tmp_path / "mail.parquet"
    write(path)

    assert 10 == len(list(plan_shards([str(path)], shard_octets=1)))


@pytest.mark.parametrize("column", ["missing", "n"])
def test_no_such_column(tmp_path: Path, column: str) -> None:
    """A file without a binary column of that name is an error that names the column."""
    path = tmp_path / "mail.parquet"
    write(path, rows=3)

    (entry,) = read_column(str(path), column=column)

    assert entry.error is not None
    assert ("no-column", f"there is no binary column {column!r}") == entry.error[:2]


def test_an_empty_row_is_an_error(tmp_path: Path) -> None:
    """A row without a message is told, with its number."""
    path = tmp_path / "mail.parquet"
    pq.write_table(pa.table({"content": pa.array([REPORT, None, REPORT], pa.binary())}), path)

    entries = read_all(path)

    assert [REPORT, None, REPORT] == [entry.octets for entry in entries]
    assert entries[1].error is not None
    assert ("no-mail", 1) == (entries[1].error.code, entries[1].message)


@pytest.mark.parametrize("damage", ["cut", "middle", "no-footer"])
def test_a_damaged_file(tmp_path: Path, damage: str) -> None:
    """A file that cannot be read on is an error of the file, and no crash."""
    path = tmp_path / "mail.parquet"
    write(path)
    octets = bytearray(path.read_bytes())
    if damage == "cut":
        del octets[len(octets) // 2 :]
    elif damage == "middle":
        octets[len(octets) // 4 : len(octets) // 2] = bytes(len(octets) // 4)
    else:
        octets[-8:] = b"\xff" * 8
    path.write_bytes(octets)

    entries = read_all(path)

    assert entries[-1].error is not None
    assert entries[-1].error.code in {"damaged-parquet", "unreadable"}
