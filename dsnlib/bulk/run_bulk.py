"""A run over many messages: from inputs to a directory of rows, on an engine.

    result = run_bulk(["/var/mail/archive"], "bounces")
    summary = summarize_parts("bounces")

A program that calls this needs `if __name__ == "__main__":` around it, because workers
are new processes that import it.
"""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

import attrs

from dsnlib.bulk.run_directory import RunDirectory
from dsnlib.bulk.workers import run_on_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dsnlib.bulk.run_directory import Plan
    from dsnlib.bulk.shard import Shard
    from dsnlib.bulk.work import BulkJob, ShardResult

__all__ = ["ENGINES", "BulkResult", "run_bulk"]

ENGINES = ("local", "ray")


@attrs.frozen(kw_only=True)
class BulkResult:
    """What became of a run.

    Args:
        messages: How many messages were read.
        rows: How many rows there are, errors included.
        errors: How many of them are errors.
        unread: How many messages looked like bounces and gave no event.
        shards: How many shards are done.
        kept: How many of these an earlier run had done.
        set_aside: How many could not be done.
        peak_octets: The most memory that a worker has had.
    """

    messages: int = 0
    rows: int = 0
    errors: int = 0
    unread: int = 0
    shards: int = 0
    kept: int = 0
    set_aside: int = 0
    peak_octets: int = 0

    def plus(self, result: ShardResult, *, kept: bool = False) -> BulkResult:
        """Return the result with one shard more.  Never raises."""
        if result.failure is not None:
            return attrs.evolve(self, set_aside=self.set_aside + 1)
        return BulkResult(
            messages=self.messages + result.messages,
            rows=self.rows + result.rows,
            errors=self.errors + result.errors,
            unread=self.unread + result.unread,
            shards=self.shards + 1,
            kept=self.kept + kept,
            set_aside=self.set_aside,
            peak_octets=max(self.peak_octets, result.peak_octets),
        )


def run_bulk(  # noqa: PLR0913  options of a verb, all by name
    inputs: Iterable[str],
    directory: str,
    *,
    format: str = "parquet",  # noqa: A002  its name in the verb, and nobody formats here
    column: str = "content",
    store: str | None = None,
    engine: str = "local",
    workers: int | None = None,
    address: str | None = None,
    overwrites: bool = False,
    shard_octets: int | None = None,
    on_plan: Callable[[Plan], object] = lambda _: None,
    on_result: Callable[[ShardResult], object] = lambda _: None,
) -> BulkResult:
    """Read all messages of the inputs, and write the rows; go on with a run that was ended.

    Args:
        inputs: Files and directories: mail, mbox, Maildir, tar, compressed, Parquet.
        directory: Where the rows go.
        format: `parquet` or `jsonl`.
        column: Where messages are in Parquet files that are read.
        store: A store (`adapters.store.open_store`) that gets the events too.
        engine: `local`, or `ray`.
        workers: How many processes; one for each core if not given.
        address: Of a Ray cluster; Ray is started here if not given.
        overwrites: Whether what another run has made there is removed.
        shard_octets: How much a worker reads in one go.
        on_plan: Called once, when it is known how much there is.
        on_result: Called with what became of each shard, those of an earlier run too.

    Raises:
        InvalidValue: `inputs` is one text.
        RunConflict: The directory holds another run.
        OSError: The result cannot be written; what is done stays.
        StoreError: The store cannot be used; what is done stays.
        ImportError: A library is missing that the format, the store or the engine needs.
    """
    sizes = {} if shard_octets is None else {"shard_octets": shard_octets}
    with RunDirectory(
        directory,
        inputs,
        format_=format,
        column=column,
        store=store,
        overwrites=overwrites,
        now=dt.datetime.now(dt.UTC),
        **sizes,
    ) as run:
        on_plan(run.plan)
        total = BulkResult()
        for result in run.done():
            total = total.plus(result, kept=True)
            on_result(result)
        for result in _on(engine, run.waiting(), run.job, workers or _cores(), address):
            total = total.plus(result)
            on_result(result)
        return total


def _on(
    engine: str, shards: Iterator[Shard], job: BulkJob, workers: int, address: str | None
) -> Iterator[ShardResult]:
    if engine == "ray":
        from dsnlib.bulk.ray_engine import run_on_ray

        return run_on_ray(shards, job, workers=workers, address=address)
    return run_on_workers(shards, job, workers=workers)


def _cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1
