"""Messages that stand in a binary column of Parquet files.

Rules.
- A row group is read in batches: memory holds some messages, whatever its size.
- `message` of a row is the number of the row in the file, from 0.
- What is wrong with a file is an error of the file.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dsnlib.adapters.mailboxes.inputs import Entry, ReadError
from dsnlib.bulk.rows import CONTENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow.parquet as pq

__all__ = ["list_row_groups", "read_column"]

_BATCH_ROWS = 256
_BUFFER_OCTETS = 1 << 20


def list_row_groups(file: str) -> list[int]:
    """Return how many octets each row group of a file has.

    Raises:
        ImportError: pyarrow is missing.
        OSError: The file cannot be read.
        ValueError: It is no Parquet.
    """
    with _open(file) as parquet:
        metadata = parquet.metadata
        return [metadata.row_group(each).total_byte_size for each in range(parquet.num_row_groups)]


def read_column(
    file: str, *, start: int = 0, end: int | None = None, column: str = CONTENT
) -> Iterator[Entry]:
    """Yield the messages of row groups as entries.  What is wrong is an entry too.

    Args:
        file: The name of the file.
        start: The first row group.
        end: The one at which to stop; `None` for all.
        column: Where the messages are.

    Raises:
        OSError: The file cannot be read.
    """
    number: int | None = None
    try:
        import pyarrow as pa

        with _open(file) as parquet:
            kind = next((each.type for each in parquet.schema_arrow if each.name == column), None)
            if kind is None or not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
                yield _error(file, None, "no-column", f"there is no binary column {column!r}")
                return
            end = parquet.num_row_groups if end is None else end
            number = sum(parquet.metadata.row_group(each).num_rows for each in range(start))
            batches = parquet.iter_batches(
                _BATCH_ROWS, row_groups=range(start, end), columns=[column], use_threads=False
            )
            for batch in batches:
                for value in batch.column(0):
                    octets = value.as_py()
                    if octets is None:
                        yield _error(file, number, "no-mail", "there is no message in the row")
                    else:
                        yield Entry(file, number, octets)
                    number += 1
    except ImportError:
        yield _error(file, None, "no-pyarrow", 'Parquet needs pyarrow: install "dsnlib[arrow]"')
    except ValueError as error:  # pyarrow's ArrowInvalid is one
        reason = str(error).partition("\n")[0]
        yield _error(file, number, "damaged-parquet", f"this is no Parquet, or damaged: {reason}")


def _open(file: str) -> pq.ParquetFile:
    import pyarrow.parquet as pq

    return pq.ParquetFile(file, buffer_size=_BUFFER_OCTETS, pre_buffer=False)


def _error(file: str, number: int | None, code: str, reason: str) -> Entry:
    return Entry(file, number, None, ReadError(code, reason, os.EX_DATAERR))
