"""The tables of the pages about histories say what the code does."""

import datetime as dt
import re
from pathlib import Path

import attrs
import pytest

from dsnlib.adapters.telemetry.bounce_metrics import BOUNCE_METRICS
from dsnlib.adapters.telemetry.tracing import SPANS
from dsnlib.bounces.score_policy import ScorePolicy
from dsnlib.bulk.columns import ROW_FIELDS
from tests.bench import bulk, history

ROOT = Path(__file__).resolve().parent.parent


def page(name: str) -> str:
    """Return a page of the guide."""
    return (ROOT / "docs" / "guide" / f"{name}.md").read_text(encoding="utf-8")


def cells(text: str, heading: str) -> list[list[str]]:
    """Return the rows of the table that begins with a heading."""
    _, found, rest = text.partition(f"| {heading} |")
    assert found, heading
    lines = rest.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_metrics() -> None:
    """Every number has a row, with its labels."""
    rows = [
        f"| `dsnlib_{name}` | {metric.kind.value} | {', '.join(metric.labels)} | {metric.doc} |\n"
        for name, metric in BOUNCE_METRICS.items()
    ]

    assert "".join(rows) in page("hand-events-on")


def test_spans() -> None:
    """So has every span."""
    rows = [f"| `{name}` | {purpose} |\n" for name, purpose in SPANS.items()]

    assert "".join(rows) in page("hand-events-on")


def test_columns() -> None:
    """Every column of a row is in the table, in its order."""
    table = cells(page("a-year-of-bounces-on-a-cluster"), "column")

    assert list(ROW_FIELDS) == [name for row in table for name in re.findall(r"`(\w+)`", row[0])]


def test_bounds() -> None:
    """What a benchmark watches over has the bound of the benchmark."""
    table = cells(page("a-year-of-bounces-on-a-cluster"), "what | at least")
    bounds = [bulk.ONE_TO_LOOP, bulk.TWO_TO_ONE, bulk.RAY_TO_LOCAL]
    together, single = history.EVENTS_A_SECOND, history.COMMITS_A_SECOND

    assert [*map(str, bounds), f"under {bulk.WORKER_OCTETS // 10**6} MB"] == [
        row[1] for row in table
    ]
    assert f"{together:,} events a second in batches, {single:,} durable single ones" in page(
        "keep-a-history-of-bounces"
    )


def shown(value: object) -> str:
    """Return a setting as the page shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.timedelta):
        return f"{value.days} days"
    return format(value, "g")


def test_score() -> None:
    """What is a setting of the score here has the default that the page tells."""
    policy = ScorePolicy()
    names = {field.name for field in attrs.fields(ScorePolicy)}
    table = [row for row in cells(page("mailman-3"), "Mailman 3") if row[1].strip("`") in names]

    assert 11 == len(table)
    assert [shown(getattr(policy, row[1].strip("`"))) for row in table] == [row[2] for row in table]


@pytest.mark.parametrize("name", ["bounce_score_threshold", "bounce_info_stale_after"])
def test_score_of_mailman(name: str) -> None:
    """Where Mailman's name is ours, it is read under this name."""
    policy = ScorePolicy.from_mailman({name: "14"})

    assert getattr(ScorePolicy(), name) != getattr(policy, name)


def test_the_list_manager_is_short() -> None:
    """The example that has everything can be read at one sitting."""
    source = (ROOT / "docs" / "examples" / "list_manager.py").read_text(encoding="utf-8")

    assert len(source.splitlines()) < 300
