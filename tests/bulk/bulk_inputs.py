"""Inputs that tests of `dsnlib.bulk` read, and what stands in results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsnlib.bulk.plan_shards import plan_shards
from dsnlib.bulk.read_extent import read_extent

if TYPE_CHECKING:
    from dsnlib.adapters.mailboxes.inputs import Entry

ROOT = Path(__file__).resolve().parents[2]
REPORT = (ROOT / "tests/data/reports/failed-unknown-user.eml").read_bytes()
BOUNCES = ROOT / "docs/examples/bounces.mbox"


def read_all(*paths: Path, shard_octets: int = 1 << 20) -> list[Entry]:
    """Return every entry of every shard of the inputs."""
    shards = plan_shards([str(each) for each in paths], shard_octets=shard_octets)
    return [entry for shard in shards for extent in shard.extents for entry in read_extent(extent)]


def read_lines(directory: Path) -> list[dict[str, Any]]:
    """Return the rows of a result that is JSONL, by the order of the parts."""
    parts = sorted(directory.glob("part-*.jsonl"))
    return [json.loads(line) for part in parts for line in part.read_bytes().splitlines()]


def report_on(recipient: str, number: int) -> bytes:
    """Return a report on a recipient, with a Message-ID of its own."""
    named = REPORT.replace(b"tomas@example.net", recipient.encode("ascii"))
    return b"Message-ID: <r%d@mx.example.net>\n" % number + named
