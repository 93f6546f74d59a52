"""The same shards on Ray: on this machine, or on a cluster by its address (`dsnlib[ray]`).

    Ray Data: shards -> run_shard -> results

Rules.
- A task is a shard.  Ray runs it again when its worker, or the machine under it, is lost;
  the part that comes out is the same, so no row is there twice.
- Inputs and the directory of the result are reached by the same names from every machine.
- A shard that costs every worker is set aside.
- Ray that is started here is ended here, keeps to itself (no dashboard, no statistics sent)
  and takes little memory for objects: only names and counts go through it.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from dsnlib.bulk.shard import Shard
from dsnlib.bulk.work import BulkJob, ShardResult, attempts_path, run_shard, settle_in
from dsnlib.bulk.workers import MOST_ATTEMPTS, set_aside
from dsnlib.errors import DsnError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["connected", "run_on_ray"]

_STORE_OCTETS = 100 << 20
# So many shards are in one run of Ray Data: a plan of any length takes bounded memory.
_WAVE = 4096


def run_on_ray(
    shards: Iterable[Shard],
    job: BulkJob,
    *,
    workers: int,
    address: str | None = None,
    work: Callable[[Shard, BulkJob], ShardResult] = run_shard,
) -> Iterator[ShardResult]:
    """Yield what becomes of each shard, as they are done.

    Args:
        shards: What to do.
        job: What is the same for all; its directory is reached from every machine.
        workers: How many cores Ray uses when it is started here.
        address: Of a cluster that runs; Ray is started here if not given.
        work: What a worker does with a shard: a function of a module.

    Raises:
        OSError: A part cannot be written.
        DsnError: The store cannot be used.
        ImportError: Ray is missing, or what the format needs.
    """
    with connected(workers=workers, address=address):
        waiting: list[Shard] = []
        for shard in shards:
            waiting.append(shard)
            if len(waiting) == _WAVE:
                yield from _run_wave(waiting, job, work)
                waiting = []
        if waiting:
            yield from _run_wave(waiting, job, work)


@contextlib.contextmanager
def connected(*, workers: int, address: str | None) -> Iterator[None]:
    """Connect to Ray, or start it here, unless that is done already, for as long as needed.

    Args:
        workers: How many cores Ray uses when it is started here.
        address: Of a cluster that runs; Ray is started here if not given.

    Raises:
        ImportError: Ray is missing.
    """
    # Ray asks for it while it is imported.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.data
    except ImportError as error:
        message = 'the engine ray needs Ray: install "dsnlib[ray]"'
        raise ImportError(message) from error
    # Of its own doings it tells only what is wrong.
    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if ray.is_initialized():  # by whoever calls us, who also ends it
        yield
        return
    if address is None:
        ray.init(
            num_cpus=workers,
            include_dashboard=False,
            object_store_memory=_STORE_OCTETS,
            log_to_driver=False,
            logging_level=logging.ERROR,
            configure_logging=False,
        )
    else:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()


def _run_wave(
    shards: list[Shard], job: BulkJob, work: Callable[[Shard, BulkJob], ShardResult]
) -> Iterator[ShardResult]:
    import ray

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    lines = [{"line": shard.format()} for shard in shards]
    results = ray.data.from_items(lines, override_num_blocks=len(lines)).map(
        functools.partial(_run_line, job=job, work=work),
        num_cpus=1,
    )
    for row in results.iter_rows():
        result = row["result"]
        if isinstance(result, Exception):
            raise result
        yield ShardResult(**result)


def _run_line(
    row: dict[str, str], *, job: BulkJob, work: Callable[[Shard, BulkJob], ShardResult]
) -> dict[str, Any]:
    """Do one shard: what runs in a task of Ray."""
    settle_in()
    shard = Shard.parse(row["line"])
    try:
        # Ray Data runs a task again whose worker is lost, without end: so we count.
        if _count_attempt(shard, job) > MOST_ATTEMPTS:
            result = set_aside(shard, MOST_ATTEMPTS)
        else:
            result = work(shard, job)
        attempts_path(Path(job.directory), shard.identity).unlink(missing_ok=True)
    except (OSError, DsnError, ImportError) as error:
        return {"result": error}
    return {"result": attrs.asdict(result, recurse=False)}


def _count_attempt(shard: Shard, job: BulkJob) -> int:
    """Note that a worker begins with a shard, and return how many have."""
    path = attempts_path(Path(job.directory), shard.identity)
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        file.write(b".")
        file.flush()
        return file.tell()
