"""`dsnlib report` tells what became of mail: as text, as JSON, as a page."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters import store as stores
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.cli.exits import Exit
from dsnlib.errors import StoreError, StoreUnavailable
from dsnlib.model.status import EnhancedStatusCode
from tests.report.summaries import busy_summary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.run import Run

VERB = "report"


def event(number: int) -> BounceEvent:
    """Return a failure of the same day in each month."""
    return BounceEvent(
        recipient=f"user{number % 3}@example.org",
        kind=EventKind.FAILURE,
        permanence=Permanence.HARD,
        reason=Reason.UNKNOWN_USER,
        fault=Fault.RECIPIENT,
        status=EnhancedStatusCode.parse("5.1.1"),
        occurred=dt.datetime(2026, 1 + number % 6, 9, tzinfo=dt.UTC),
        event_id=f"{number:032x}",
    )


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a history of twelve failures from January to June."""
    path = tmp_path_factory.mktemp("report") / "history.db"
    with stores.open_store(str(path)) as store:
        store.add([event(number) for number in range(12)], source="test")
    return path


def test_text(run: Callable[..., Run], history: Path) -> None:
    """Without an option the report is text, without colour where nobody looks."""
    code, out, err = run(history)

    assert (Exit.FINE, "") == (code, err)
    assert out.startswith("Bounce report\n9 Jan – 9 Jun 2026\n\n12 deliveries failed.")
    assert "\x1b" not in out
    assert "user0@example.org" in out
    assert all(line == line.rstrip() for line in out.splitlines())


def test_text_in_a_language(run: Callable[..., Run], history: Path) -> None:
    """The text has the language that was asked for."""
    assert "12 Zustellungen sind fehlgeschlagen." in run(history, "--language", "de_AT.UTF-8")[1]


def test_text_in_ascii(
    run: Callable[..., Run], history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are no blocks, bars are made of what there is."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    run(history)
    stream.flush()
    stream.seek(0)

    assert "# Lasting   = Passing   - Not known" in stream.read()


def test_text_in_colour(
    run: Callable[..., Run], history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal there are colours; without them the text is the same."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    plain = run(history)[1]
    stream = Terminal()
    for name in ("NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys, "stdout", stream)
    run(history)
    coloured = stream.getvalue()

    assert "\x1b[34m██" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    run(history)
    assert "\x1b[34m" not in stream.getvalue()
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    run(history)
    assert plain == stream.getvalue()


def test_json(run: Callable[..., Run], history: Path) -> None:
    """`--json` is one object on one line."""
    code, out, err = run(history, "--json")
    record = json.loads(out)

    assert (Exit.FINE, "", 1) == (code, err, out.count("\n"))
    assert (12, "2026-01-09", "2026-06-09") == (
        record["failures"],
        record["since"],
        record["until"],
    )
    assert {"unknown-user": 12} == record["reasons"]


def test_days(run: Callable[..., Run], history: Path) -> None:
    """`--since` and `--until` are the first and the last day that count."""
    _, out, _ = run(history, "--json", "--since", "2026-02-09", "--until", "2026-03-09")

    assert 4 == json.loads(out)["failures"]


def test_worst(run: Callable[..., Run], history: Path) -> None:
    """`--worst` is how many addresses are named."""
    assert 1 == len(json.loads(run(history, "--json", "--worst", "1")[1])["addresses"])


def test_page(run: Callable[..., Run], history: Path, tmp_path: Path) -> None:
    """`--html` writes a page and says nothing."""
    path = tmp_path / "page.html"

    assert (Exit.FINE, "", "") == run(history, "--html", path, "--language", "de")
    page = path.read_text(encoding="utf-8")
    assert page.startswith('<!DOCTYPE html>\n<html lang="de" dir="ltr">')
    assert "12 Zustellungen sind fehlgeschlagen." in page
    assert [path] == [*tmp_path.iterdir()]


def test_page_on_standard_output(run: Callable[..., Run], history: Path) -> None:
    """`-` is standard output."""
    code, out, err = run(history, "--html", "-")

    assert (Exit.FINE, "") == (code, err)
    assert out.startswith("<!DOCTYPE html>")


def test_page_is_replaced(run: Callable[..., Run], history: Path, tmp_path: Path) -> None:
    """An old page is replaced with its mode, behind a link too."""
    path, link = tmp_path / "page.html", tmp_path / "link.html"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)

    assert Exit.FINE == run(history, "--html", link)[0]
    assert link.is_symlink()
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert 0o640 == stat.S_IMODE(path.stat().st_mode)


def test_page_that_cannot_be_written(
    run: Callable[..., Run], history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves the old page as it was, and nothing beside it."""
    path = tmp_path / "page.html"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    assert (
        Exit.IO_ERROR,
        "",
        f"dsnlib: {path}: cannot be written: No space left on device [output]\n",
    ) == run(history, "--html", path)
    assert "old" == path.read_text()
    assert [path] == [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("/dev/full", "No space left on device"),
        ("nowhere/page.html", "No such file or directory"),
        (".", "Is a directory"),
    ],
)
def test_place_that_cannot_be_written(
    run: Callable[..., Run], history: Path, tmp_path: Path, file: str, problem: str
) -> None:
    """One line says which file cannot be written, and why."""
    place = tmp_path / file
    code, out, err = run(history, "--html", place)

    assert (Exit.IO_ERROR, "") == (code, out)
    assert f"dsnlib: {place}: cannot be written: {problem} [output]\n" == err


def test_no_source(run: Callable[..., Run], tmp_path: Path) -> None:
    """A history that is not there is not made."""
    path = tmp_path / "none.db"

    assert (
        Exit.NO_INPUT,
        "",
        f"dsnlib: {path}: No such file or directory [source]\n",
    ) == run(path)
    assert not path.exists()


def test_damaged_source(run: Callable[..., Run], tmp_path: Path) -> None:
    """A file that is no history is one line, with the name of the file once, as for `history`."""
    path = tmp_path / "damaged.db"
    path.write_bytes(b"This is no database, but it is long enough to be one." * 99)
    code, out, err = run(path)

    assert (Exit.NO_INPUT, "") == (code, out)
    assert err.startswith(f"dsnlib: {path}: ")
    assert (1, 1) == (err.count("\n"), err.count(str(path)))


def test_directory(run: Callable[..., Run], tmp_path: Path) -> None:
    """A directory is the result of `dsnlib bulk`, or nothing."""
    assert (
        Exit.BAD_DATA,
        "",
        f"dsnlib: {tmp_path}: it is a directory, and no result of dsnlib bulk [source]\n",
    ) == run(tmp_path)


def test_result_of_bulk(
    run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result of `dsnlib bulk` is reported on as a whole."""
    from dsnlib.bulk import summarize

    (tmp_path / "_run" / "receipts").mkdir(parents=True)
    asked: list[tuple[Path, int]] = []

    def summarize_parts(directory: Path, *, worst: int) -> object:
        asked.append((directory, worst))
        return busy_summary()

    monkeypatch.setattr(summarize, "summarize_parts", summarize_parts)
    code, out, _ = run(tmp_path, "--json", "--worst", "3")

    assert (Exit.FINE, [(tmp_path, 3)]) == (code, asked)
    assert 2 == json.loads(out)["unread"]
    code, _, err = run(tmp_path, "--since", "2026-01-01")
    assert Exit.USAGE == code
    assert "--since and --until: only for a history" in err


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (
            StoreUnavailable("the server does not answer", place="postgresql://h/b"),
            75,
            "postgresql://h/b: the server does not answer [store-unavailable]",
        ),
        (
            StoreError("postgresql://h/b: it is of a later version", place="postgresql://h/b"),
            Exit.NO_INPUT,
            "postgresql://h/b: it is of a later version [store]",
        ),
        (StoreError("it is damaged"), Exit.NO_INPUT, "STORE: it is damaged [store]"),
        (
            ModuleNotFoundError("no", name="psycopg.rows"),
            69,
            "psycopg: it is missing: install dsnlib[postgres] [library]",
        ),
        (
            ModuleNotFoundError("no", name="pyarrow"),
            69,
            "pyarrow: it is missing: install dsnlib[arrow] [library]",
        ),
        (ValueError("a part is damaged"), Exit.BAD_DATA, "{}: a part is damaged [source]"),
        (PermissionError(13, "Permission denied"), 66, "{}: Permission denied [source]"),
        (OSError(5, "Input/output error"), 74, "{}: Input/output error [source]"),
    ],
    ids=["away", "later", "placeless", "psycopg", "pyarrow", "value", "permission", "disk"],
)
def test_source_that_cannot_be_used(
    run: Callable[..., Run],
    history: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    code: int,
    line: str,
) -> None:
    """One line names the place and the trouble; a password is not in it."""

    def open_store(place: str, *, creates: bool) -> None:
        assert not creates
        raise error

    monkeypatch.setattr(stores, "open_store", open_store)

    source = "postgresql://u:secret@h/b" if isinstance(error, StoreError) else history
    assert (code, "", f"dsnlib: {line.format(history)}\n") == run(source)


def test_part_of_our_own_that_is_missing(
    run: Callable[..., Run], history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that can be installed helps there, so nobody is told to."""

    def open_store(place: str, *, creates: bool) -> None:
        message = "no"
        raise ImportError(message, name="dsnlib.adapters.history.sqlite.row")

    monkeypatch.setattr(stores, "open_store", open_store)
    with pytest.raises(ImportError, match="no"):
        run(history)


@pytest.mark.parametrize("library", ["jinja2", "matplotlib"])
def test_missing_library(
    run: Callable[..., Run],
    history: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    library: str,
) -> None:
    """Without what draws a page, one line says what to install."""
    for name in [each for each in sys.modules if each.partition(".")[0] == library]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, library, None)

    assert (
        69,
        "",
        f"dsnlib: {library}: it is missing: install dsnlib[report] [library]\n",
    ) == run(history, "--html", tmp_path / "page.html")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--language", "tlh"], "--language: 'tlh' is none of 'dsnlib languages'"),
        (["--language", "\x1b[31m"], "--language: '\\x1b[31m' is none of"),
        (["--since", "May"], "--since: 'May' is no day such as 2026-01-31"),
        (["--until", "2026-02-30"], "--until: '2026-02-30' is no day"),
        (["--since", "2026-02-02", "--until", "2026-02-01"], "2026-02-01 is before 2026-02-02"),
        (["--worst", "-1"], "--worst: '-1' is no number from 0 to 1000"),
        (["--worst", "1001"], "'1001' is no number"),
        (["--worst", "9" * 9999], "is no number"),
        (["--worst", "²"], "is no number"),
        (["--json", "--html", "x"], "not allowed with argument"),
    ],
)
def test_usage(run: Callable[..., Run], history: Path, arguments: list[str], problem: str) -> None:
    """A command line that makes no sense ends with 2 and says why."""
    code, out, err = run(history, *arguments)

    assert (Exit.USAGE, "") == (code, out)
    assert problem in err


def test_empty_history(run: Callable[..., Run], tmp_path: Path) -> None:
    """A history without events has a report, that says so."""
    path = tmp_path / "empty.db"
    stores.open_store(str(path)).close()

    code, out, err = run(path)
    assert (Exit.FINE, "") == (code, err)
    assert "In this time nothing failed." in out
    assert Exit.FINE == run(path, "--html", tmp_path / "page.html")[0]
