"""The guide page about the server says what the keys, profiles and numbers are.

To renew the table of keys: dsnlib config keys
"""

from __future__ import annotations

from pathlib import Path

from dsnlib.adapters.config.keys import KEYS, LISTENER_KEYS
from dsnlib.adapters.config.table import write_profiles, write_table
from dsnlib.adapters.service.metrics import METRICS

PAGE = (Path(__file__).resolve().parents[3] / "docs/guide/run-the-server.md").read_text("utf-8")


def test_keys() -> None:
    """The page ends with all keys."""
    assert PAGE.endswith(f"\n{write_table()}")
    assert all(f"| `{name}` |" in PAGE for name in (*KEYS, *LISTENER_KEYS))


def test_profiles() -> None:
    """What the profiles set stands there."""
    assert f"\n{write_profiles()}" in PAGE


def test_metrics() -> None:
    """So do all numbers, with their labels."""
    rows = [
        f"| `dsnlib_{name}` | {metric.kind.value} | {', '.join(metric.labels)} | {metric.doc} |\n"
        for name, metric in METRICS.items()
    ]

    assert "".join(rows) in PAGE


def test_some_keys() -> None:
    """The command can be asked for some keys, and says nothing of those that are not."""
    assert "| `soft_bounce` |" in write_table(("soft",))
    assert "" == write_table(("nosuch",))
