"""The directory of a result: what is to be done, and what is done already.

    DIR/part-*                  rows
    DIR/_run/manifest.json      the inputs and the options of the run
    DIR/_run/plan.jsonl         its shards
    DIR/_run/receipts/          one for each shard that is done
    DIR/_run/attempts/          what an engine has begun and not ended
    DIR/_run/lock               held while a run is on

Readers of Parquet pass over names that begin with `_`.

Rules.
- A run that is started again goes on where it ended: shards with a receipt are not read
  again.  The inputs must be as they were, by name, size and time of change.
- A directory that holds another run is left alone, unless it is to be overwritten.
- Only files that a run has made are ever removed.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from dsnlib.bulk.part import FORMATS, write_whole
from dsnlib.bulk.plan_shards import SHARD_OCTETS, plan_shards
from dsnlib.bulk.shard import Shard
from dsnlib.bulk.work import BulkJob, ShardResult, receipt_path
from dsnlib.errors import DsnError
from dsnlib.model.texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

__all__ = ["Plan", "RunConflict", "RunDirectory", "read_receipts"]

_VERSION = 1


class RunConflict(DsnError):
    """The directory holds what a run may not touch."""


class Plan(NamedTuple):
    """How much there is to do.

    Args:
        shards: How many shards there are.
        octets: How much they have.
        digest: Tells the plan from every other one.
    """

    shards: int
    octets: int
    digest: str


class RunDirectory:
    """A directory with a plan, as a context that keeps other runs out.

    Args:
        directory: Where it is, or will be.
        inputs: Files and directories to be read.
        format_: `parquet` or `jsonl`.
        column: Where messages are in Parquet files that are read.
        store: A store that gets the events too.
        overwrites: Whether what another run has made is removed.
        shard_octets: How much a shard has.
        now: When the run begins.

    Raises:
        InvalidValue: `inputs` is one text.
        RunConflict: Another run has made the directory, or is on.
        OSError: It cannot be made.
    """

    def __init__(
        self,
        directory: str,
        inputs: Iterable[str],
        *,
        format_: str,
        column: str,
        store: str | None,
        overwrites: bool,
        shard_octets: int = SHARD_OCTETS,
        now: dt.datetime,
    ) -> None:
        self._directory = Path(directory).absolute()
        self._run = self._directory / "_run"
        self._options = {
            "version": _VERSION,
            "inputs": [os.path.abspath(each) for each in texts(inputs, "inputs")],  # noqa: PTH100  a name may have octets of any kind
            "format": format_,
            "column": column,
            "store": None if store is None else hashlib.sha256(store.encode()).hexdigest(),
            "shard_octets": shard_octets,
        }
        self._store, self._overwrites, self._now = store, overwrites, now

    def __enter__(self) -> Self:
        """Make the plan, or find the one that was made, and return the directory."""
        (self._run / "receipts").mkdir(parents=True, exist_ok=True)
        self._lock = (self._run / "lock").open("wb")
        try:
            self._take_lock()
            began, self.plan = self._prepare()
            self.job = BulkJob(
                directory=str(self._directory),
                format=str(self._options["format"]),
                column=str(self._options["column"]),
                store=self._store,
                began=began,
            )
        except BaseException:
            self._lock.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what workers have left behind that were lost, and let others in."""
        self._remove_unfinished()
        self._lock.close()

    def _take_lock(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"{self._directory}: another run is writing there"
            raise RunConflict(message) from None

    def _prepare(self) -> tuple[dt.datetime, Plan]:
        before = self._manifest()
        if self._overwrites:
            self._remove_all()
            before = None
        elif before is None and any(self._parts()):
            message = f"{self._directory}: it has parts of an unknown run: --overwrite removes them"
            raise RunConflict(message)
        elif before is not None:
            for name, value in self._options.items():
                if before.get(name) != value:
                    message = (
                        f"{self._directory}: it holds another run, with other {name}:"
                        " --overwrite removes it"
                    )
                    raise RunConflict(message)
        self._remove_unfinished()
        new = self._run / "plan.new"
        plan = self._write_plan(new)
        if before is None:
            new.replace(self._run / "plan.jsonl")
            began = self._now
            manifest = {**self._options, "plan": plan.digest, "began": began.isoformat()}
            write_whole(self._run / "manifest.json", json.dumps(manifest, indent=1).encode())
            return began, plan
        new.unlink()
        if before.get("plan") != plan.digest:
            message = (
                f"{self._directory}: its inputs have changed since the run began:"
                " --overwrite begins anew"
            )
            raise RunConflict(message)
        return dt.datetime.fromisoformat(str(before["began"])), plan

    def _manifest(self) -> dict[str, Any] | None:
        try:
            text = (self._run / "manifest.json").read_bytes()
        except FileNotFoundError:
            return None
        try:
            manifest = json.loads(text)
        except ValueError:
            manifest = None
        return manifest if isinstance(manifest, dict) else {}

    def _write_plan(self, path: Path) -> Plan:
        inputs: Any = self._options["inputs"]
        digest = hashlib.sha256()
        shards = octets = 0
        with path.open("w", encoding="ascii") as file:
            for shard in plan_shards(inputs, shard_octets=int(str(self._options["shard_octets"]))):
                line = shard.format() + "\n"
                file.write(line)
                digest.update(line.encode("ascii"))
                shards += 1
                octets += shard.octets
        return Plan(shards, octets, digest.hexdigest())

    def shards(self) -> Iterator[Shard]:
        """Yield all shards of the plan."""
        with (self._run / "plan.jsonl").open(encoding="ascii") as file:
            for line in file:
                yield Shard.parse(line)

    def waiting(self) -> Iterator[Shard]:
        """Yield the shards that are not done."""
        for shard in self.shards():
            if not receipt_path(self._directory, shard.identity).exists():
                yield shard

    def done(self) -> Iterator[ShardResult]:
        """Yield what became of those that are."""
        for receipt in read_receipts(self._directory):
            yield ShardResult(**receipt["result"])

    def _parts(self) -> Iterator[Path]:
        for format_ in FORMATS:
            yield from self._directory.glob(f"part-*.{format_}")

    def _remove_unfinished(self) -> None:
        for directory in (self._directory, self._run / "receipts", self._run):
            for path in directory.glob(".*.tmp"):
                path.unlink(missing_ok=True)
        # Whoever starts a run again gives every shard its attempts back.
        shutil.rmtree(self._run / "attempts", ignore_errors=True)

    def _remove_all(self) -> None:
        (self._run / "manifest.json").unlink(missing_ok=True)  # first: what is left is nobody's
        for path in self._parts():
            path.unlink(missing_ok=True)
        shutil.rmtree(self._run / "receipts", ignore_errors=True)
        (self._run / "receipts").mkdir()


def read_receipts(directory: Path) -> Iterator[dict[str, Any]]:
    """Yield the receipts of a result, by the order of the shards.

    Raises:
        OSError: They cannot be read, or the directory is no result.
    """
    receipts = directory / "_run" / "receipts"
    for name in sorted(os.listdir(receipts)):  # noqa: PTH208  thousands of names, not of paths
        if not name.startswith("."):
            yield json.loads((receipts / name).read_bytes())
