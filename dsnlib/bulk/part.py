"""What a shard gives: a part of the result, and a receipt that says what is in it.

    DIR/part-000012-9f3ac01b22de.parquet     or .jsonl: rows
    DIR/_run/receipts/000012-9f3ac01b22de    JSON: counts, tallies

Rules.
- A part is written under another name, brought to the disk, and renamed: it is there as a
  whole or not at all, and one that is written again takes the place of the first.
- The receipt comes after the part.  A shard with a receipt is done.
- Rows are handed on in row groups of a bounded size, and memory holds one.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from typing import TYPE_CHECKING, Protocol

from dsnlib.bulk.columns import arrow_batch, arrow_schema
from dsnlib.bulk.rows import row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import IO

    import pyarrow as pa

    from dsnlib.bulk.finding import BulkFinding

__all__ = ["FORMATS", "PartWriter", "open_part", "write_whole"]

FORMATS = ("parquet", "jsonl")

# Columns with few values, or the same ones again and again.
_DICTIONARIES = [
    "source", "recipient", "kind", "permanence", "reason", "fault", "status", "reply_code",
    "diagnostic", "remote_mta", "reporting_mta", "dialect", "error",
    *(f"evidence.list.element.{name}" for name in ("field", "rule", "version", "confidence")),
]  # fmt: skip
# What queries skip row groups by.
_STATISTICS = ["occurred", "recipient", "error"]
_GROUP_ROWS = 1 << 15
_GROUP_OCTETS = 32 << 20


class PartWriter(Protocol):
    """Where the rows of a shard go."""

    def add(self, findings: Sequence[BulkFinding]) -> None:
        """Take some findings."""

    def finish(self) -> None:
        """Write what is left."""


class _JsonLines:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, findings: Sequence[BulkFinding]) -> None:
        lines = [json.dumps(row_of(each)).encode("ascii") + b"\n" for each in findings]
        self._file.write(b"".join(lines))

    def finish(self) -> None:
        pass


class _Parquet:
    def __init__(self, file: IO[bytes]) -> None:
        try:
            import pyarrow.parquet as pq
        except ImportError as error:
            message = 'Parquet needs pyarrow: install "dsnlib[arrow]", or write jsonl'
            raise ImportError(message) from error
        self._writer = pq.ParquetWriter(
            file,
            arrow_schema(),
            compression="zstd",
            use_dictionary=_DICTIONARIES,
            write_statistics=_STATISTICS,
        )
        self._waiting: list[pa.RecordBatch] = []
        self._rows = self._octets = 0

    def add(self, findings: Sequence[BulkFinding]) -> None:
        batch = arrow_batch(findings)
        self._waiting.append(batch)
        self._rows += batch.num_rows
        self._octets += batch.nbytes
        if self._rows >= _GROUP_ROWS or self._octets >= _GROUP_OCTETS:
            self._write()

    def finish(self) -> None:
        if self._waiting:
            self._write()
        self._writer.close()

    def _write(self) -> None:
        import pyarrow as pa

        self._writer.write_table(pa.Table.from_batches(self._waiting))
        self._waiting.clear()
        self._rows = self._octets = 0


_WRITERS: dict[str, Callable[[IO[bytes]], PartWriter]] = {
    "parquet": _Parquet,
    "jsonl": _JsonLines,
}


class open_part:  # noqa: N801  used as the function `open` is
    """A part that is written, as a context; it is there once the context has ended well.

    Args:
        path: Its name.
        format_: One of `FORMATS`.

    Raises:
        OSError: It cannot be written.
        ImportError: pyarrow is missing, and the format is Parquet.
    """

    def __init__(self, path: Path, format_: str) -> None:
        self._path, self._format = path, format_
        self._temporary = _temporary(path)

    def __enter__(self) -> PartWriter:
        """Return what takes the rows."""
        self._file = self._temporary.open("wb")
        try:
            self._writer = _WRITERS[self._format](self._file)
        except BaseException:
            self._drop()
            raise
        return self._writer

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Put the part in its place, or drop it."""
        if kind is not None:
            self._drop()
            return
        try:
            self._writer.finish()
            _settle(self._file, self._temporary, self._path)
        except BaseException:
            self._drop()
            raise

    def _drop(self) -> None:
        # What it still holds is not wanted.
        with contextlib.suppress(OSError):
            self._file.close()
        self._temporary.unlink(missing_ok=True)


def write_whole(path: Path, octets: bytes) -> None:
    """Write a file that is there as a whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    temporary = _temporary(path)
    file = temporary.open("wb")
    try:
        with file:
            file.write(octets)
            _settle(file, temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _temporary(path: Path) -> Path:
    # A worker that was given up may still write: nobody else has its name.
    return path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}.tmp")


def _settle(file: IO[bytes], temporary: Path, path: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
