"""One shard, from its files to its part: what a worker does, on whatever machine.

Rules.
- It may be done again, at any time and by two workers at once: the same part comes out,
  and each row is there once.
- What cannot be read is in the rows; what cannot be written ends the run.
- Memory holds one message, a batch of rows and a row group.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from dsnlib.bulk.finding import BulkFinding, Message, error_finding, find_in
from dsnlib.bulk.part import open_part, write_whole
from dsnlib.bulk.read_extent import read_extent
from dsnlib.bulk.rows import CONTENT, event_of, row_of
from dsnlib.bulk.tally import TallyCounter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dsnlib.adapters.mailboxes.inputs import Entry
    from dsnlib.adapters.store import Store
    from dsnlib.bulk.shard import Shard

__all__ = [
    "BulkJob",
    "Complaint",
    "ShardResult",
    "attempts_path",
    "receipt_path",
    "run_shard",
    "settle_in",
]

_BATCH_ROWS = 1024
# Of each shard so many are told; all of them are in the rows.
_MOST_COMPLAINTS = 20
_GC_NEW = 20_000
_NANOSECONDS = 1_000_000_000
_STATUS = Path("/proc/self/status")


@attrs.frozen(kw_only=True)
class BulkJob:
    """What is the same for all shards of a run.

    Args:
        directory: Where the result goes.
        format: `parquet` or `jsonl`.
        column: Where messages are in Parquet files that are read.
        store: A store that gets the events too; `None` for none.
        began: When the run began: no event is later.
    """

    directory: str
    format: str = "parquet"
    column: str = CONTENT
    store: str | None = None
    began: dt.datetime = attrs.field(factory=lambda: dt.datetime.now(dt.UTC))


class Complaint(NamedTuple):
    """What could not be read, and why.

    Args:
        source: The file, or the member of an archive.
        message: The place in it, if there is one.
        code: A stable name.
        reason: One sentence for a person.
    """

    source: str
    message: int | None
    code: str
    reason: str


def _complaints(values: Iterable[Iterable[Any]]) -> tuple[Complaint, ...]:
    return tuple(Complaint(*each) for each in values)


@attrs.frozen(kw_only=True)
class ShardResult:
    """What became of a shard.

    Args:
        identity: Its name.
        messages: How many messages were read.
        rows: How many rows there are, errors included.
        errors: How many of them are errors.
        unread: How many messages looked like bounces and gave no event.
        octets: How much was planned to be read.
        seconds: How long it took.
        peak_octets: The most memory that the worker has had until then.
        complaints: The first errors.
        failure: Why there is no part; `None` if there is one.
    """

    identity: str
    messages: int = 0
    rows: int = 0
    errors: int = 0
    unread: int = 0
    octets: int = 0
    seconds: float = 0.0
    peak_octets: int = 0
    complaints: tuple[Complaint, ...] = attrs.field(default=(), converter=_complaints)
    failure: str | None = None


def run_shard(shard: Shard, job: BulkJob) -> ShardResult:
    """Read a shard, write its part and its receipt, and return what became of it.

    Args:
        shard: What to read.
        job: What to do with it.

    Raises:
        OSError: The part cannot be written.
        StoreError: The store does not take the events.
        ImportError: A library is missing that the format or the store needs.
    """
    began = time.monotonic()
    directory = Path(job.directory)
    reading = _Reading(shard, job)
    store = _open_store(job)
    try:
        with open_part(directory / f"part-{shard.identity}.{job.format}", job.format) as part:
            for findings in reading.batches():
                part.add(findings)
                if store is not None:
                    store.add(filter(None, map(event_of, map(row_of, findings))), source="bulk")
    finally:
        if store is not None:
            store.close()
    result = ShardResult(
        identity=shard.identity,
        messages=reading.messages,
        rows=reading.rows,
        errors=reading.errors,
        unread=reading.unread,
        octets=shard.octets,
        seconds=round(time.monotonic() - began, 3),
        peak_octets=_peak_octets(),
        complaints=reading.complaints,
    )
    receipt = {"result": attrs.asdict(result, recurse=False), "tallies": reading.tallies.format()}
    write_whole(receipt_path(directory, shard.identity), json.dumps(receipt).encode("ascii"))
    return result


def settle_in() -> None:
    """Make a process of ours a good place to read much mail in."""
    # Values of mail have no cycles: looking for them takes a tenth of the time.
    gc.freeze()
    gc.set_threshold(_GC_NEW, 50, 100)
    # What mail-parser logs about odd mail is not for standard error.
    logger = logging.getLogger("mailparser")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = False


def receipt_path(directory: Path, identity: str) -> Path:
    """Return where the receipt of a shard is.  Never raises."""
    return directory / "_run" / "receipts" / identity


def attempts_path(directory: Path, identity: str) -> Path:
    """Return where an engine notes how often a shard was begun.  Never raises."""
    return directory / "_run" / "attempts" / identity


class _Reading:
    """The messages of a shard, on their way to rows, and what is counted of them."""

    def __init__(self, shard: Shard, job: BulkJob) -> None:
        self._shard, self._job = shard, job
        self.messages = self.rows = self.errors = self.unread = 0
        self.complaints: list[Complaint] = []
        self.tallies = TallyCounter()

    def batches(self) -> Iterator[list[BulkFinding]]:
        batch: list[BulkFinding] = []
        for extent in self._shard.extents:
            changed = dt.datetime.fromtimestamp(extent.changed / _NANOSECONDS, dt.UTC)
            arrived = min(changed, self._job.began)
            for entry in read_extent(extent, column=self._job.column):
                batch += self._read(entry, arrived)
                if len(batch) >= _BATCH_ROWS:
                    yield self._count(batch)
                    batch = []
        if batch:
            yield self._count(batch)

    def _read(self, entry: Entry, arrived: dt.datetime) -> list[BulkFinding]:
        findings: list[BulkFinding] = []
        if entry.octets is not None:
            self.messages += 1
            findings = find_in(
                Message(entry.file, entry.message, entry.octets),
                arrived=arrived,
                now=self._job.began,
                on_unknown=self._count_unknown,
            )
        if entry.error is not None:
            findings.append(error_finding(entry.file, entry.message, entry.error))
        return findings

    def _count(self, batch: list[BulkFinding]) -> list[BulkFinding]:
        self.rows += len(batch)
        self.tallies.add(batch)
        for finding in batch:
            if finding.error is not None:
                self._complain(finding)
        return batch

    def _complain(self, finding: BulkFinding) -> None:
        self.errors += 1
        if len(self.complaints) < _MOST_COMPLAINTS:
            code, _, reason = (finding.error or "").partition(": ")
            self.complaints.append(Complaint(finding.source, finding.message, code, reason))

    def _count_unknown(self, _: object) -> None:
        self.unread += 1


def _open_store(job: BulkJob) -> Store | None:
    if job.store is None:
        return None
    from dsnlib.adapters.store import open_store

    return open_store(job.store)


def _peak_octets() -> int:
    """Return the most memory that this process has had at once; 0 where nobody tells."""
    try:
        status = _STATUS.read_text("ascii", "replace")
    except OSError:
        return 0
    # Of this program alone: what the one that started it had is in getrusage's number.
    line = next((each for each in status.splitlines() if each.startswith("VmHWM:")), "VmHWM: 0")
    return int(line.split()[1]) << 10
