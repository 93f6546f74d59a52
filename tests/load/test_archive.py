"""Tests of `tests.load.archive`: the same messages in every form, each another bounce."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsnlib.bounces.read import read_bounces
from tests.bulk.bulk_inputs import read_all
from tests.load.archive import main, make_messages

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 300


@pytest.mark.parametrize(
    "name", ["a.mbox", "a.mbox.gz", "a.tar", "a.tar.gz", "a.maildir", "a", "a.parquet"]
)
def test_forms(tmp_path: Path, name: str) -> None:
    """Every form has the messages of the seed."""
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
    assert 0 == main([str(tmp_path / name), "--messages", str(COUNT), "--seed", "3"])

    found = [entry.octets for entry in read_all(tmp_path / name)]

    expected = list(make_messages(COUNT, seed=3))
    if ".mbox" in name:  # which ends every message with a line end
        expected = [each if each.endswith(b"\n") else each + b"\n" for each in expected]
    assert expected == found


def test_messages_are_bounces_of_their_own() -> None:
    """Most of them are bounces, no two events are one, and sizes are those of bounces."""
    messages = list(make_messages(COUNT))
    events = [event for each in messages for event in read_bounces(each)]

    assert len(events) > COUNT * 0.8
    assert len(events) == len({event.event_id for event in events})
    assert 2000 < sum(map(len, messages)) / COUNT < 6000
    assert messages != list(make_messages(COUNT, seed=1))
