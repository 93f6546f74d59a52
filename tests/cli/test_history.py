"""`dsnlib history`: look at a history, take it elsewhere, forget."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.store import open_store
from dsnlib.cli.exits import Exit
from tests.adapters.history.making import NOON, make_event, make_events, make_suppression

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.run import Run

VERB = "history"

BOB = "bob@example.org"


@pytest.fixture
def place(tmp_path: Path) -> str:
    """A history with a hundred events, ten of them of Bob, and two suppressions."""
    place = str(tmp_path / "history.db")
    with open_store(place) as store:
        store.add(make_events(range(90)), source="list")
        store.add(make_events(range(90, 100), recipient="Bob@example.org"), source="pipe")
        store.suppress([make_suppression(BOB, note="He asked."), make_suppression("eve@x.org")])
    return place


def test_info(run: Callable[..., Run], place: str) -> None:
    """How much is known, of which days, in what version."""
    code, out, _ = run("info", place)
    record = json.loads(run("info", place, "--json")[1])

    assert Exit.FINE == code
    assert "first day     2026-03-01" in out
    assert (100, 2, 1) == (record["events"], record["suppressions"], record["version"])


def test_show(run: Callable[..., Run], place: str) -> None:
    """All that is known of an address, newest last."""
    code, out, err = run("show", place, "BOB@example.org", "--last", "2")

    assert (Exit.FINE, "") == (code, err)
    heading, first, last, sentence = out.splitlines()
    assert heading.split() == ["WHEN", "WHAT", "REASON", "STATUS", "BY", "SOURCE", "SAID"]
    assert "rate-limited" in first
    assert "550 5.7.1 Service unavailable" in last
    assert "Suppressed by manual since 2026-03-01 12:00.  He asked." == sentence


def test_show_as_json(run: Callable[..., Run], place: str) -> None:
    """The records of the events, and of the suppression."""
    record = json.loads(run("show", place, BOB, "--json")[1])

    assert [make_event(n).event_id for n in range(90, 100)] == [
        each["event_id"] for each in record["events"]
    ]
    assert {"pipe"} == {each["source"] for each in record["events"]}
    assert BOB == record["suppression"]["address"]


def test_show_of_nobody(run: Callable[..., Run], place: str) -> None:
    """Who is not known is said not to be."""
    assert (Exit.PROBLEMS, "Nothing is known of no@x\ufffd.\n", "") == run(
        "show", place, "no@x\x1b"
    )


def test_show_is_harmless(run: Callable[..., Run], place: str) -> None:
    """What a stranger's server said moves no cursor."""
    with open_store(place) as store:
        store.add([make_event(200, recipient="x@x", diagnostic="\x1b[2J\r\n550 \u202eno")])

    out = run("show", place, "x@x")[1]

    assert "\x1b" not in out
    assert "\u202e" not in out
    assert 3 == len(out.splitlines())


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
@pytest.mark.parametrize("what", ["events", "suppressions"])
def test_there_and_back(
    run: Callable[..., Run], place: str, tmp_path: Path, what: str, ending: str
) -> None:
    """What is exported is imported into another history, and equal; and once."""
    file, other = str(tmp_path / f"out.{ending}"), str(tmp_path / "other.db")

    assert (Exit.FINE, "", "") == run("export", place, "--what", what, "--output", file)
    first = run("import", other, "--what", what, file)
    second = run("import", other, "--what", what, file)

    said = {"events": ("100 new, 0 known", "0 new, 100 known")}.get(what, ("2 suppressions",) * 2)
    assert [(Exit.FINE, f"{file}: {each}\n", "") for each in said] == [first, second]
    with open_store(place) as one, open_store(other) as two:
        if what == "events":
            assert [e.event for e in one.events()] == [e.event for e in two.events()]
        else:
            assert list(one.suppressions()) == list(two.suppressions())


def test_export_to_standard_output(run: Callable[..., Run], place: str) -> None:
    """Without a file the lines go to standard output, as JSON unless told otherwise."""
    lines = run("export", place)[1].splitlines()

    assert [make_event(n).event_id for n in range(90)] == [
        json.loads(line)["event_id"] for line in lines[:90]
    ]
    assert run("export", place, "--format", "csv")[1].startswith("event_id,occurred,")


def test_bad_lines(run: Callable[..., Run], place: str, tmp_path: Path) -> None:
    """Each bad line is told with its place; the others are imported."""
    file = tmp_path / "in.jsonl"
    good = run("export", place)[1].splitlines(keepends=True)
    no_time = json.dumps({**json.loads(good[1]), "occurred": None}) + "\n"
    file.write_bytes((good[0] + "nonsense\n" + no_time).encode() + b"\xff\n" + good[2].encode())

    code, out, err = run("import", str(tmp_path / "o.db"), str(file), str(tmp_path / "no.jsonl"))

    assert Exit.NO_INPUT == code
    assert f"{file}: 2 new, 0 known\n" == out
    lines = err.splitlines()
    assert [f"{file}:2: ", f"{file}: event", f"{file}:4: "] == [
        line.removeprefix("dsnlib: ")[: len(str(file)) + (4 if n != 1 else 7)]
        for n, line in enumerate(lines[:3])
    ]
    assert "no.jsonl: No such file" in lines[3]
    assert Exit.BAD_DATA == run("import", str(tmp_path / "o.db"), str(file))[0]


def test_a_plain_list(
    run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of addresses, a line each, from a file or standard input."""
    other = str(tmp_path / "other.db")
    (tmp_path / "in.txt").write_text("# ours\nBob@example.org\n", "utf-8")

    code, *_ = run("import", other, "--what", "suppressions", str(tmp_path / "in.txt"))

    assert Exit.FINE == code
    with open_store(other) as store:
        assert not store.may_send(BOB, now=NOON)
    with (tmp_path / "in.txt").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        code, out, _ = run("import", other, "--what", "suppressions", "--format", "text", "-")
    assert (Exit.FINE, "-: 1 suppressions\n") == (code, out)


def test_events_are_no_plain_list(run: Callable[..., Run], place: str) -> None:
    """What cannot be is a mistake of usage, before anything is read."""
    assert Exit.USAGE == run("import", place, "list.txt")[0]
    assert Exit.USAGE == run("export", place, "--output", "list.txt")[0]


def test_prune(run: Callable[..., Run], place: str) -> None:
    """Old events go, by a day or an age."""
    assert (Exit.FINE, "0 events from before 2026-03-01 forgotten\n", "") == run(
        "prune", place, "--before", "2026-03-01"
    )
    code, out, _ = run("prune", place, "--keep-days", "1")
    assert (Exit.FINE, "100 events") == (code, out[:10])
    assert Exit.USAGE == run("prune", place)[0]
    assert Exit.USAGE == run("prune", place, "--before", "yesterday")[0]
    assert Exit.USAGE == run("prune", place, "--keep-days", "-1")[0]


def test_erase(run: Callable[..., Run], place: str) -> None:
    """An address is forgotten; its suppression stays as a digest unless it is dropped."""
    assert (Exit.FINE, f"{BOB}: 10 events forgotten\n", "") == run("erase", place, BOB)
    with open_store(place) as store:
        assert not store.may_send(BOB, now=NOON)
    run("erase", place, "--drop-suppression", BOB)
    with open_store(place) as store:
        assert store.may_send(BOB, now=NOON)


def test_check(run: Callable[..., Run], place: str) -> None:
    """A sound history is said to be sound; what is wrong with another is told."""
    assert (Exit.FINE, "The history is sound.\n", "") == run("check", place)
    assert {"problems": []} == json.loads(run("check", place, "--json")[1])


def test_a_damaged_history(run: Callable[..., Run], place: str, tmp_path: Path) -> None:
    """What can still be read is exported, what is lost is told; other verbs say one line."""
    file = tmp_path / "history.db"
    content = file.read_bytes()
    file.write_bytes(content[: len(content) * 4 // 5])

    assert Exit.PROBLEMS == run("check", place)[0]
    code, out, err = run("export", place)
    assert Exit.BAD_DATA == code
    assert 0 < len(out.splitlines()) < 100
    assert "[lost]" in err
    code, out, err = run("info", place)
    assert (Exit.NO_INPUT, "", 1) == (code, out, len(err.splitlines()))


def test_no_history(run: Callable[..., Run], tmp_path: Path) -> None:
    """A history that is not there is told, and not made, except by an import."""
    place = str(tmp_path / "none.db")

    code, _, err = run("info", place)

    assert (Exit.NO_INPUT, True) == (code, "none.db: it is not there" in err)
    assert Exit.NO_INPUT == run("check", place)[0]
    (tmp_path / "junk.db").write_bytes(b"junk" * 999)
    assert Exit.PROBLEMS == run("check", str(tmp_path / "junk.db"))[0]
    assert Exit.NO_INPUT == run("export", str(tmp_path / "junk.db"))[0]
