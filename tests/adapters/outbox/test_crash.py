"""An outbox that is killed at any moment: nothing is lost, and lines are whole."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from dsnlib.adapters.outbox.json_lines import JsonLinesSink
from dsnlib.adapters.outbox.outbox import Outbox
from dsnlib.adapters.store import open_store
from tests.adapters.outbox.events import events

if TYPE_CHECKING:
    from pathlib import Path

BATCH = 7
PROGRAM = f"""
import sys
from dsnlib.adapters.outbox.json_lines import JsonLinesSink
from dsnlib.adapters.outbox.outbox import Outbox
from dsnlib.adapters.store import open_store

place, target = sys.argv[1:]
with open_store(place) as store:
    print("ready", flush=True)
    Outbox(store, "log", JsonLinesSink(target, most_notices={BATCH})).run_once()
"""


def test_killed(tmp_path: Path) -> None:
    """After each kill the next run goes on; at most the batch under way comes twice."""
    place, target = str(tmp_path / "history.db"), tmp_path / "out.jsonl"
    chance = random.Random(9)
    told = events(3000)
    with open_store(place) as store:
        store.add(told)
    kills = 5
    for _ in range(kills):
        command = (sys.executable, "-c", PROGRAM, place, str(target))
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
    with open_store(place) as store:
        sink = JsonLinesSink(target, most_notices=BATCH)
        Outbox(store, "log", sink).run_once()
        sink.close()
    identifiers = [json.loads(line)["event_id"] for line in target.read_bytes().splitlines()]

    assert [each.event_id for each in told] == list(dict.fromkeys(identifiers))
    assert len(identifiers) - len(told) <= kills * BATCH
