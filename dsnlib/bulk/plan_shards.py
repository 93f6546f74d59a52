"""What is there to be read, cut into shards of about the same size.

    a small file                 one of many in a shard
    a large mbox                 ranges of octets
    a large tar archive          ranges of octets, cut before headers
    a Parquet file               its row groups
    anything else, compressed    the whole file: only one reader can stream it

Rules.
- Directories are walked as `adapters.mailboxes.inputs` walks them.
- Only large files are looked into, and never further than a plan needs.
- What is not there or cannot be opened is planned all the same: whoever reads it says so,
  at its place.
- The plan depends on the inputs alone, not on the number of workers.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.adapters.mailboxes.inputs import HEAD_OCTETS, list_files
from dsnlib.adapters.mailboxes.mbox import begins_mbox
from dsnlib.bulk.shard import Extent, Form, Shard
from dsnlib.bulk.tar import find_cuts, is_tar
from dsnlib.model.texts import refuse_one_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

__all__ = ["SHARD_OCTETS", "plan_shards"]

# Seconds of work for one core: little is lost with a worker, and starting a shard costs
# nothing beside it.
SHARD_OCTETS = 8 << 20
_SHARD_FILES = 4096
_PARQUET = b"PAR1"


class _File(NamedTuple):
    name: str
    octets: int
    changed: int


def plan_shards(inputs: Iterable[str], *, shard_octets: int = SHARD_OCTETS) -> Iterator[Shard]:
    """Yield the shards of the inputs, in order.

    Args:
        inputs: Files and directories.
        shard_octets: How much a shard has, where it can be cut.

    Raises:
        InvalidValue: `inputs` is one text.  No input raises.
    """
    refuse_one_text(inputs, "inputs")
    waiting: list[Extent] = []
    octets = number = 0
    for file in _files(inputs):
        if file.octets > shard_octets or file.name.endswith(".parquet"):
            extents = list(_cut(file, shard_octets))
        else:
            extents = [_whole(file)]
        for extent in extents:
            waiting.append(extent)
            octets += extent.octets
            if octets >= shard_octets or len(waiting) >= _SHARD_FILES:
                yield Shard(number=number, extents=tuple(waiting))
                waiting, octets, number = [], 0, number + 1
    if waiting:
        yield Shard(number=number, extents=tuple(waiting))


def _files(inputs: Iterable[str]) -> Iterator[_File]:
    for name in inputs:
        for file in list_files(name):
            try:
                stat = os.stat(file)  # noqa: PTH116  pathlib takes twice the time
            except (OSError, ValueError):
                yield _File(file, 0, 0)
            else:
                yield _File(file, stat.st_size, stat.st_mtime_ns)


def _whole(file: _File) -> Extent:
    return Extent(file.name, Form.FILE, 0, file.octets, file.octets, file.changed)


def _cut(file: _File, shard_octets: int) -> Iterator[Extent]:
    try:
        with open(file.name, "rb") as stream:  # noqa: PTH123  pathlib takes twice the time
            head = stream.read(HEAD_OCTETS)
            if head.startswith(_PARQUET):
                yield from _row_groups(file, shard_octets)
            elif is_tar(head):
                yield from _ranges(file, Form.TAR, _tar_cuts(stream, shard_octets))
            elif begins_mbox(head):
                cuts = range(shard_octets, file.octets, shard_octets)
                yield from _ranges(file, Form.MBOX, cuts)
            else:
                yield _whole(file)
    except (OSError, ValueError):
        yield _whole(file)


def _tar_cuts(stream: BinaryIO, shard_octets: int) -> list[int]:
    stream.seek(0)
    return list(find_cuts(stream, shard_octets))


def _ranges(file: _File, form: str, cuts: Iterable[int]) -> Iterator[Extent]:
    start = 0
    for cut in (*cuts, file.octets):
        yield Extent(file.name, form, start, cut, cut - start, file.changed)
        start = cut


def _row_groups(file: _File, shard_octets: int) -> Iterator[Extent]:
    from dsnlib.bulk.parquet import list_row_groups

    try:
        sizes = list_row_groups(file.name)
    except (ImportError, ValueError):  # whoever reads it says why
        yield _whole(file)
        return
    start = octets = 0
    for number, size in enumerate(sizes):
        octets += size
        if octets >= shard_octets or number == len(sizes) - 1:
            yield Extent(file.name, Form.PARQUET, start, number + 1, octets, file.changed)
            start, octets = number + 1, 0
