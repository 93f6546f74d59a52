"""The memory of shapes: bounded, and without any effect but speed."""

import itertools
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given

from dsnlib import read_reports
from dsnlib.parse import shapes
from dsnlib.parse.groups import read_groups
from dsnlib.parse.shapes import labels_of, read_known_shape
from tests.strategies import damaged, report_messages

FIXTURES = sorted((Path(__file__).resolve().parents[1] / "data" / "reports").glob("*.eml"))
GROUP = "Final-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.1.1"
REPORT = f"Reporting-MTA: dns; mx.example.org\n\n{GROUP}\n"


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "_SHAPES", {})


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_known_shape_changes_nothing(path: Path) -> None:
    """A report reads the same, defects included, the first time and ever after."""
    octets = path.read_bytes()
    first, second = read_reports(octets), read_reports(octets)

    assert first == second
    assert [each.defects for each in first] == [each.defects for each in second]


@given(report_messages(), damaged(report_messages()))
def test_what_was_learned_from_another_report_changes_nothing(one: bytes, other: bytes) -> None:
    """What is remembered of one report never shows in the next."""
    shapes._SHAPES.clear()
    expected = read_reports(other)
    shapes._SHAPES.clear()
    read_reports(one)
    read_reports(one)

    assert expected == read_reports(other)


def test_a_shape_is_learned() -> None:
    """A report that breaks no rule teaches its shape."""
    labels = labels_of(REPORT)
    assert read_known_shape(labels, REPORT) is None
    groups = read_groups(REPORT, most=1)

    assert (groups.message, groups.recipients) == read_known_shape(labels, REPORT)


@pytest.mark.parametrize(
    "damage",
    [("5.1.1", "5.1"), ("failed", "tried"), ("5.1.1", "2.1.5"), ("rfc822; ", "")],
    ids=["status", "action", "contradiction", "address"],
)
def test_a_value_can_undo_a_shape(damage: tuple[str, str]) -> None:
    """A value that needs a closer look gets it, though the shape is known."""
    read_groups(REPORT, most=1)
    odd = REPORT.replace(*damage)

    assert read_known_shape(labels_of(odd), odd) is None
    assert [] != read_groups(odd, most=1).notes


@pytest.mark.requirement("3464-2.1-03")
def test_the_blocks_of_a_learned_shape_are_its_groups() -> None:
    """Whatever stands where: a shape that is learned has one block more than recipients."""
    lines = ("Reporting-MTA: dns; a.example", "X-A: 1", "Status: 5.1.1", GROUP, "")
    learned = 0
    for text in map("\n".join, itertools.product(lines, repeat=5)):
        shapes._SHAPES.clear()
        groups = read_groups(text, most=5)
        for shape in shapes._SHAPES.values():
            learned += 1
            assert 1 + len(groups.recipients) == len(shape), text

    assert 0 < learned


def test_a_line_without_a_colon_is_no_label() -> None:
    """The name of a field that stands alone on a line is not that field."""
    assert labels_of("Status: 5.1.1\nStatus\n") == ("Status:", "Status", "")


def test_long_labels_are_not_kept() -> None:
    """A shape with long names is read, and not remembered: strangers choose the names."""
    text = f"X-{'n' * 5000}: 1\n{REPORT}"
    read_groups(text, most=1)

    assert read_known_shape(labels_of(text), text) is None


def test_long_values_are_not_kept() -> None:
    """No memory of the readers grows with the length of what a stranger sends."""
    long = "x" * (1 << 17)
    report = REPORT.replace("5.1.1", f"5.1.1 ({long})").replace("mx.example.org", f"mx.{long}")
    tracemalloc.start()
    try:
        for number in range(20):
            text = report.replace("mx.", f"mx{number}.").replace("Status", f"X{long}: 1\nStatus")
            read_groups(text.replace("1.1 (", f"1.{number} ("), most=1)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 8 << 20


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """More shapes than are kept push the old ones out."""
    monkeypatch.setattr(shapes, "_SHAPES_KEPT", 4)
    for number in range(20):
        read_groups(f"X-Number-{number}: 1\n{REPORT}", most=1)

    assert len(shapes._SHAPES) <= 4
