"""Workers that are lost in the middle of a shard, as the kernel or a person would do it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib.bulk import work
from dsnlib.bulk.work import BulkJob, ShardResult, run_shard

if TYPE_CHECKING:
    from dsnlib.bulk.shard import Shard

__all__ = ["die_always", "die_once", "fill_the_disk"]


def die_once(shard: Shard, job: BulkJob) -> ShardResult:
    """Do a shard, after a first worker was killed when it had written half of it."""
    mark = Path(job.directory) / f".dead-{shard.identity}"
    if not mark.exists():
        mark.touch()
        _die_halfway(shard, job)
    return run_shard(shard, job)


def die_always(shard: Shard, job: BulkJob) -> ShardResult:
    """Do a shard, but never the second one."""
    if shard.number == 1:
        _die_halfway(shard, job)
    return run_shard(shard, job)


def fill_the_disk(shard: Shard, job: BulkJob) -> ShardResult:
    """Do a shard; the disk is full at the second one."""
    if shard.number == 1:
        raise OSError(28, "No space left on device", f"{job.directory}/part")
    return run_shard(shard, job)


def _die_halfway(shard: Shard, job: BulkJob) -> None:
    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    # When the part is there and the receipt is not: the worst moment.
    setattr(work, "write_whole", die)  # noqa: B010  its type has no place for such a thing
    run_shard(shard, job)
