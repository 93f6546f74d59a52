"""Processes that read shards, as many at once as there are to be, whatever becomes of them.

Rules.
- A worker that dies (killed, out of memory) is replaced, and its shard is read again: what
  it had written of it is not there.  A shard that costs so many workers is set aside.
- A worker takes one shard at a time, so it is known which shard a worker died of.
- No message and no row goes from one process to another: names go in, counts come out.
- Ctrl-C is for the parent: it ends the workers, and what is done stays.
- A worker whose parent is gone ends by itself.
"""

from __future__ import annotations

import collections
import contextlib
import multiprocessing
import signal
from multiprocessing import connection
from typing import TYPE_CHECKING

from dsnlib.bulk.work import BulkJob, Complaint, ShardResult, run_shard, settle_in
from dsnlib.errors import DsnError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.context import SpawnProcess

    from dsnlib.bulk.shard import Shard

__all__ = ["MOST_ATTEMPTS", "run_on_workers", "set_aside"]

MOST_ATTEMPTS = 3
_END_SECONDS = 5.0

# What ends a run: nothing can be written, or a library is missing.
_ENDING = (OSError, DsnError, ImportError)


def run_on_workers(
    shards: Iterable[Shard],
    job: BulkJob,
    *,
    workers: int,
    work: Callable[[Shard, BulkJob], ShardResult] = run_shard,
) -> Iterator[ShardResult]:
    """Yield what becomes of each shard, as they are done.

    Args:
        shards: What to do; taken as there are workers for them.
        job: What is the same for all.
        workers: How many processes.
        work: What a worker does with a shard: a function of a module.

    Raises:
        OSError: A part cannot be written.
        DsnError: The store cannot be used.
        ImportError: A library is missing.
    """
    crew = _Crew(job, work)
    try:
        yield from crew.run(iter(shards), workers)
    finally:
        crew.end()


def set_aside(shard: Shard, attempts: int) -> ShardResult:
    """Return the result of a shard that costs every worker that reads it.  Never raises."""
    reason = f"{attempts} workers ended while they read it"
    files = dict.fromkeys(extent.file for extent in shard.extents)
    names = list(files)
    source = names[0] if len(names) == 1 else f"{names[0]} .. {names[-1]}"
    complaint = Complaint(source, None, "worker-lost", reason)
    return ShardResult(
        identity=shard.identity, octets=shard.octets, complaints=(complaint,), failure=reason
    )


class _Worker:
    """A process, and the shard that it reads."""

    def __init__(self, job: BulkJob, work: Callable[[Shard, BulkJob], ShardResult]) -> None:
        # A new interpreter: threads of whoever calls us do not survive a fork.
        context = multiprocessing.get_context("spawn")
        self.line, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(
            target=_serve, args=(theirs, job, work), daemon=True
        )
        self.process.start()
        theirs.close()
        self.shard: Shard | None = None

    def give(self, shard: Shard) -> None:
        self.shard = shard
        with contextlib.suppress(OSError):  # it died: that is seen when it is asked
            self.line.send(shard)

    def take(self) -> ShardResult | Exception | None:
        """Return what it has made; `None` if it died."""
        try:
            return self.line.recv()  # type: ignore[no-any-return]  # as `_serve` sends it
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        self.line.close()
        self.process.terminate()
        self.process.join(_END_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()


class _Crew:
    """All workers of a run."""

    def __init__(self, job: BulkJob, work: Callable[[Shard, BulkJob], ShardResult]) -> None:
        self._job, self._work = job, work
        self._workers: list[_Worker] = []
        self._again: collections.deque[Shard] = collections.deque()
        self._attempts: collections.Counter[str] = collections.Counter()

    def run(self, shards: Iterator[Shard], size: int) -> Iterator[ShardResult]:
        self._fill(shards, size)
        while busy := [each for each in self._workers if each.shard is not None]:
            ready = connection.wait([each.line for each in busy])
            for worker in [each for each in busy if each.line in ready]:
                result = self._take(worker)
                if result is not None:
                    yield result
            self._fill(shards, size)

    def _fill(self, shards: Iterator[Shard], size: int) -> None:
        """Give every worker something to do, with new ones in the places of those that died."""
        idle = [each for each in self._workers if each.shard is None]
        while idle or len(self._workers) < size:
            shard = self._again.popleft() if self._again else next(shards, None)
            if shard is None:
                return
            if not idle:
                idle.append(_Worker(self._job, self._work))
                self._workers.append(idle[-1])
            idle.pop().give(shard)

    def _take(self, worker: _Worker) -> ShardResult | None:
        shard, worker.shard = worker.shard, None
        result = worker.take()
        if isinstance(result, Exception):
            raise result
        if result is not None or shard is None:
            return result
        self._workers.remove(worker)
        worker.end()
        self._attempts[shard.identity] += 1
        if self._attempts[shard.identity] == MOST_ATTEMPTS:
            return set_aside(shard, MOST_ATTEMPTS)
        self._again.append(shard)
        return None

    def end(self) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()


def _serve(
    line: connection.Connection, job: BulkJob, work: Callable[[Shard, BulkJob], ShardResult]
) -> None:
    """Read shards until there is nobody who wants one: what runs in a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    settle_in()
    while True:
        try:
            shard = line.recv()
        except (EOFError, OSError):
            return
        try:
            result: ShardResult | Exception = work(shard, job)
        except _ENDING as error:
            result = error
        except Exception as error:  # noqa: BLE001  a fault of ours: the run is told, not the shell
            result = RuntimeError(f"dsnlib failed; please report {type(error).__name__}: {error}")
        with contextlib.suppress(OSError):  # the parent is gone
            line.send(result)
