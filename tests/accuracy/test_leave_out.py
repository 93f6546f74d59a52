"""The table of what reading is worth without a dialect."""

import json
from pathlib import Path

import pytest

from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.model.status import EnhancedStatusCode
from tests.accuracy.leave_out import (
    Case,
    Expected,
    Score,
    class_of,
    leave_out,
    main,
    read_fixtures,
    read_labels,
)

FIXTURES = Path(__file__).resolve().parent.parent / "data" / "bounces"
HEADER = b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com\nSubject: failure notice\n\n"
MAIL = HEADER + b"This is the qmail-send program at mx.\n\n<bob@example.org>:\n550 5.1.1 no\n"


def event(
    recipient: str, kind: EventKind = EventKind.FAILURE, reply_code: int | None = None
) -> BounceEvent:
    """Return an event of a dialect."""
    return BounceEvent(recipient=recipient, kind=kind, reply_code=reply_code, dialect="qmail")


def test_our_fixtures() -> None:
    """All our fixtures are read right with the dialects, and most without any."""
    rows = {row.name: row for row in leave_out(read_fixtures(FIXTURES))}
    total = rows["(none)"]

    assert total.before.messages == total.before.recognised == total.before.recipients
    assert sum(row.before.messages for row in rows.values()) == 2 * total.before.messages
    assert 0.85 < total.after.recognised / total.after.messages < 1
    assert 0 == rows["aol"].after.recipients


def test_a_file_of_labels(tmp_path: Path) -> None:
    """Labels are read from lines of JSON: duplicates and what is no bounce are passed over."""
    label = {"file": "a.eml", "is_bounce": True, "expected": [{"recipient": "Bob@example.org"}]}
    rows = [
        {**label, "note": "\u2028"},
        {**label, "dup_of": "b.eml"},
        {**label, "is_bounce": False},
        {**label, "expected": []},
    ]
    (tmp_path / "a.eml").write_bytes(MAIL)
    labels = tmp_path / "labels.jsonl"
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    labels.write_text(f"{text}\n", encoding="utf-8")

    (case,) = read_labels(labels, tmp_path)
    table = main([str(labels), str(tmp_path)]).splitlines()

    assert Case(MAIL, (Expected(frozenset(["bob@example.org"]), "5"),)) == case
    assert ["qmail", "1", *["100.0"] * 6] == table[2].split()
    assert ["(none)", "1", *["100.0"] * 6] == table[3].split()


def test_the_fixtures_as_a_table() -> None:
    """With a folder alone its fixtures are the labels."""
    assert main([str(FIXTURES)]).splitlines()[-1].startswith("(none)")


def test_how_it_is_called() -> None:
    """Anything else shows how the script is called."""
    with pytest.raises(SystemExit, match="leave_out LABELS ROOT"):
        main([])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (event("a@example.org"), "5"),
        (event("a@example.org", EventKind.DELAY), "4"),
        (event("a@example.org", EventKind.DELAY, 550), "5"),
        (
            BounceEvent(
                recipient="a@example.org",
                kind=EventKind.FAILURE,
                status=EnhancedStatusCode.parse("4.2.2"),
                reply_code=550,
            ),
            "4",
        ),
    ],
)
def test_class_of_an_event(given: BounceEvent, expected: str) -> None:
    """The status counts before the reply code, and that before what happened."""
    assert expected == class_of(given)


@pytest.mark.parametrize(
    ("expected", "events", "counts"),
    [
        (["a@x"], [event("A@x")], (1, 1, 1)),
        (["a@x"], [event("b@x")], (1, 0, 1)),
        (["a@x", "b@x"], [event("a@x")], (1, 0, 0)),
        (["a@x"], [event("a@x"), event("b@x")], (1, 0, 1)),
        (["a@x"], [event("a@x", EventKind.DELAY)], (1, 1, 0)),
        (["a@x"], [event("a@x", EventKind.RELAYED)], (0, 0, 0)),
        (["a@x"], [], (0, 0, 0)),
    ],
)
def test_scores(expected: list[str], events: list[BounceEvent], counts: tuple[int, ...]) -> None:
    """Recognised, recipients and class are counted apart."""
    score = Score()
    names = tuple(Expected(frozenset([each]), "5") for each in expected)
    score.add(Case(b"", names), events)

    assert (1, *counts) == (score.messages, score.recognised, score.recipients, score.classes)
