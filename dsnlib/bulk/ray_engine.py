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
import os
import sys
from typing import TYPE_CHECKING, Any

import attrs

from dsnlib.bulk.shard import Shard
from dsnlib.bulk.work import Job, ShardResult, run_shard, settle_in
from dsnlib.bulk.workers import MOST_ATTEMPTS, set_aside
from dsnlib.errors import DsnError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["run_on_ray"]

_STORE_OCTETS = 100 << 20
# So many shards are in one run of Ray Data: a plan of any length takes bounded memory.
_WAVE = 4096


def run_on_ray(
    shards: Iterable[Shard],
    job: Job,
    *,
    workers: int,
    address: str | None = None,
    work: Callable[[Shard, Job], ShardResult] = run_shard,
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
    # Ray asks for these while it is imported.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        message = 'the engine ray needs Ray: install "dsnlib[ray]"'
        raise ImportError(message) from error
    with _connected(ray, workers, address):
        waiting: list[Shard] = []
        for shard in shards:
            waiting.append(shard)
            if len(waiting) == _WAVE:
                yield from _run_wave(ray, waiting, job, work)
                waiting = []
        if waiting:
            yield from _run_wave(ray, waiting, job, work)


@contextlib.contextmanager
def _connected(ray: Any, workers: int, address: str | None) -> Iterator[None]:
    if ray.is_initialized():  # by whoever calls us, who also ends it
        yield
        return
    if address is None:
        ray.init(
            num_cpus=workers,
            include_dashboard=False,
            object_store_memory=_STORE_OCTETS,
            log_to_driver=False,
            logging_level="ERROR",
            configure_logging=False,
            runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}},
        )
    else:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    try:
        yield
    finally:
        ray.shutdown()


def _run_wave(
    ray: Any, shards: list[Shard], job: Job, work: Callable[[Shard, Job], ShardResult]
) -> Iterator[ShardResult]:
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    # One shard that cannot be done does not end the run: it has no result then.
    context.max_errored_blocks = -1
    lines = [{"line": shard.format()} for shard in shards]
    results = ray.data.from_items(lines, override_num_blocks=len(lines)).map(
        functools.partial(_run_line, job=job, work=work),
        num_cpus=1,
        max_retries=MOST_ATTEMPTS - 1,
    )
    missing = {shard.identity: shard for shard in shards}
    for row in results.iter_rows():
        result = row["result"]
        if isinstance(result, Exception):
            raise result
        del missing[result["identity"]]
        yield ShardResult(**result)
    for shard in missing.values():
        yield set_aside(shard, MOST_ATTEMPTS)


def _run_line(
    row: dict[str, str], *, job: Job, work: Callable[[Shard, Job], ShardResult]
) -> dict[str, Any]:
    """Do one shard: what runs in a task of Ray."""
    settle_in()
    try:
        result = work(Shard.parse(row["line"]), job)
    except (OSError, DsnError, ImportError) as error:
        return {"result": error}
    return {"result": attrs.asdict(result, recurse=False)}
