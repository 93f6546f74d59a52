"""`dsnlib lint` tells each breach of the RFCs with its place in the file."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.mailboxes.inputs import Entry
from dsnlib.cli.exits import Exit
from dsnlib.cli.verbs import lint as verb
from dsnlib.cli.verbs.lint import line_numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.run import Run

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / "tests/data/reports"
BOUNCES = ROOT / "docs/examples/bounces.mbox"

VERB = "lint"


@pytest.mark.parametrize("path", sorted(REPORTS.glob("*.eml")), ids=lambda path: path.stem)
def test_fixture(run: Callable[..., Run], path: Path) -> None:
    """A report is clean if and only if it is written down as conforming."""
    expected = json.loads(path.with_suffix(".json").read_bytes())
    code, out, err = run(path)

    assert expected["conforming"] is (code == Exit.FINE)
    assert expected["conforming"] is (out == "")
    assert "" == err


def test_a_defect_has_its_line(run: Callable[..., Run]) -> None:
    """A defect stands behind the file and the line it was found on."""
    path = REPORTS / "space-before-colon.eml"
    lines = path.read_text(encoding="utf-8").splitlines()
    code, out, _ = run(path)

    assert Exit.PROBLEMS == code
    for text in out.splitlines():
        place = text.removeprefix(f"{path}:")
        number, defect, _ = place.split(":", 2)
        assert " field-space" == defect
        assert lines[int(number) - 1].partition(":")[0].endswith((" ", "\t"))
        assert text.endswith("[3464-2.1.1-01]")


def test_the_line_counts_from_the_start_of_a_mailbox(run: Callable[..., Run]) -> None:
    """In an mbox the line is one of the file, not of the message."""
    lines = BOUNCES.read_text(encoding="utf-8").splitlines()
    _, out, _ = run(BOUNCES)
    (nested,) = [text for text in out.splitlines() if "report-nested" in text]
    number = int(nested.removeprefix(f"{BOUNCES}:").partition(":")[0])

    assert "Content-Type: message/delivery-status" == lines[number - 1]


def test_a_message_without_a_report(run: Callable[..., Run]) -> None:
    """Mail that is no report has one line, and an exit code of its own."""
    path = REPORTS / "not-a-report-ordinary-text.eml"

    assert run(path) == (
        Exit.BAD_DATA,
        f"{path}:1: no-report: no delivery status notification\n",
        "",
    )


def test_the_second_report_is_checked_too(run: Callable[..., Run]) -> None:
    """Of two reports in a message the defects of both are told."""
    _, out, _ = run(REPORTS / "reports-two-in-a-digest.eml")

    assert 2 == out.count(": report-nested: ")


def test_standard_input(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is a message on standard input."""
    octets = (REPORTS / "action-missing.eml").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets)))
    code, out, _ = run("-")

    assert Exit.PROBLEMS == code
    assert out.startswith("-:")


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["delivered.eml"], Exit.FINE),
        (["delivered.eml", "action-missing.eml"], Exit.PROBLEMS),
        (["not-a-report-ordinary-text.eml", "action-missing.eml"], Exit.BAD_DATA),
        (["missing.eml", "not-a-report-ordinary-text.eml"], Exit.NO_INPUT),
    ],
)
def test_the_worst_file_decides(run: Callable[..., Run], names: list[str], code: Exit) -> None:
    """The exit code is the greatest of all files."""
    assert code == run(*(REPORTS / name for name in names))[0]


def test_a_limit_is_told(run: Callable[..., Run], tmp_path: Path) -> None:
    """A message beyond a bound is told on standard error."""
    path = tmp_path / "deep.eml"
    path.write_bytes(
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
            for level in range(100)
        )
    )
    code, out, err = run(path)

    assert (Exit.BAD_DATA, "") == (code, out)
    assert "[limit-nesting]" in err


def test_json(run: Callable[..., Run]) -> None:
    """`--json` gives an object for each message, defects with line and offset."""
    broken, other = REPORTS / "action-missing.eml", REPORTS / "not-a-report-ordinary-text.eml"
    code, out, err = run("--json", broken, other, "missing.eml")
    records: list[dict[str, Any]] = json.loads(out)

    assert Exit.NO_INPUT == code
    assert [str(broken), str(other), "missing.eml"] == [record["file"] for record in records]
    assert [None, "no-report", "missing"] == [
        record["error"] and record["error"]["code"] for record in records
    ]
    assert ["file", "message", "defects", "error"] == list(records[0])
    (defect,) = records[0]["defects"]
    before = broken.read_bytes()[: defect["offset"]]
    assert before.count(b"\n") + 1 == defect["line"]
    assert "action-missing" == defect["code"]
    assert err.startswith("dsnlib: missing.eml: ")


def test_quiet(run: Callable[..., Run]) -> None:
    """With `-q` the exit code alone speaks."""
    assert (Exit.PROBLEMS, "", "") == run("-q", REPORTS / "action-missing.eml")


def test_verbose(run: Callable[..., Run]) -> None:
    """With `-v` nothing is kept back."""
    assert Exit.FINE == run("-v", REPORTS / "delivered.eml")[0]


def test_text_is_harmless(run: Callable[..., Run], tmp_path: Path) -> None:
    """No control character of a report or a file name gets to the terminal."""
    path = tmp_path / "\x1b[31m\u202e.eml"
    path.write_bytes((REPORTS / "control-characters-in-diagnostic.eml").read_bytes())
    _, out, _ = run(path)

    assert [] == [each for each in out if each != "\n" and not each.isprintable()]


def test_usage(run: Callable[..., Run]) -> None:
    """Without a file there is nothing to check."""
    assert Exit.USAGE == run()[0]


def test_a_fault_of_ours(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that nobody expected is an error of the message that caused it."""

    def fail(octets: bytes) -> None:
        raise RecursionError(octets[:4])

    monkeypatch.setattr(verb, "parse_report", fail)

    assert Exit.BUG == run(REPORTS / "delivered.eml")[0]


@given(st.binary(max_size=60), st.lists(st.none() | st.integers(0, 60)), st.integers(1, 9))
def test_line_numbers(octets: bytes, offsets: list[int | None], line: int) -> None:
    """The line of an offset is one more than the line ends before it."""
    octets = octets.replace(b"\r", b"\n")
    expected = [
        None if offset is None else line + octets[:offset].count(b"\n") for offset in offsets
    ]

    assert expected == line_numbers(Entry("a", None, octets, None, line), offsets)


def test_line_numbers_of_old_macs() -> None:
    """Where lines end with CR alone, those are counted."""
    assert [1, 2, None] == line_numbers(Entry("a", None, b"a\rb\rc"), [1, 2, None])
