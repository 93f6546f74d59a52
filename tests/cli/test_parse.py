"""`dsnlib parse` reads what it is given, writes one form, and survives both ends."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from dsnlib import cli
from dsnlib.adapters.mailboxes import inputs as mailboxes
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.taxonomy import Reason
from dsnlib.cli import progress
from dsnlib.cli.exits import Exit
from dsnlib.cli.verbs import parse as verb
from dsnlib.cli.verbs.parse import table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.cli.run import Run

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / "tests/data/reports"
BOUNCES = ROOT / "docs/examples/bounces.mbox"
SCHEMA = Draft202012Validator(json.loads((ROOT / "dsnlib/schema/message-v1.json").read_bytes()))

MESSAGE = """\
From: postmaster@mail.example.org
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; {recipient}
Action: failed
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--b--
"""

NOTICE = """\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mail.example.org>
To: ann@example.com
Subject: Mail delivery failed

This message could not be delivered to one of its recipients:

  {recipient}
    {said}
"""

VERB = "parse"


@pytest.fixture
def message(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a report on one recipient."""

    def write(
        diagnostic: str = "550 5.1.1 no",
        *,
        name: str = "a.eml",
        recipient: str = "ada@example.org",
        status: str = "5.1.1",
    ) -> Path:
        path = tmp_path / name
        text = MESSAGE.format(recipient=recipient, diagnostic=diagnostic, status=status)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return path

    return write


@pytest.fixture
def notice(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a bounce that is no report."""

    def write(said: str = "550 Unknown user", *, recipient: str = "ada@example.org") -> Path:
        path = tmp_path / "notice.eml"
        path.write_text(NOTICE.format(recipient=recipient, said=said), encoding="utf-8")
        return path

    return write


def start(
    *arguments: object, stdin: int | None = None, env: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start the command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "dsnlib", "parse", *map(str, arguments)],
        cwd=ROOT,
        env=env,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def objects(lines: str) -> list[dict[str, Any]]:
    """Return the objects of JSON lines."""
    return [json.loads(line) for line in lines.splitlines()]


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Make the streams say that they are a terminal of 120 columns."""
    for name in names:
        monkeypatch.setattr(getattr(sys, name), "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)


# JSON


def test_jsonl_keeps_to_the_schema(run: Callable[..., Run]) -> None:
    """Every message of every fixture gives one object of the documented form."""
    code, out, err = run("--jsonl", REPORTS, BOUNCES)
    records = objects(out)

    assert (Exit.FINE, "") == (code, err)
    assert 14 == sum(record["file"] == str(BOUNCES) for record in records)
    for record in records:
        SCHEMA.validate(record)
        assert SCHEMA.schema["required"] == list(record)


def test_json_is_one_array(run: Callable[..., Run]) -> None:
    """`--json` gives the objects of `--jsonl`, in an array."""
    assert json.loads(run("--json", BOUNCES)[1]) == objects(run("--jsonl", BOUNCES)[1])


def test_json_of_nothing(run: Callable[..., Run], tmp_path: Path) -> None:
    """Without input there is an empty array."""
    empty = tmp_path / "list"
    empty.touch()

    assert (Exit.FINE, "[]\n", "") == run("--json", "--paths-from", empty)


def test_messages_of_a_mailbox_are_numbered(run: Callable[..., Run]) -> None:
    """In an mbox a message has a number, in a file of its own it has none."""
    single = REPORTS / "mbox-from-line.eml"
    records = objects(run("--jsonl", BOUNCES, single)[1])

    assert [*range(14), None] == [record["message"] for record in records]


def test_format_is_another_name(run: Callable[..., Run]) -> None:
    """`--format jsonl` is `--jsonl`."""
    assert run("--jsonl", BOUNCES) == run("--format", "jsonl", BOUNCES)


def test_json_survives_lone_surrogates(
    run: Callable[..., Run], message: Callable[..., Path]
) -> None:
    """Octets that are no UTF-8, in a report or a file name, are escaped and come back."""
    path = message("550 \udce4", name=os.fsdecode(b"caf\xe9.eml"))
    code, out, _ = run("--jsonl", path)
    (record,) = objects(out)

    assert Exit.FINE == code
    assert "550 \\udce4" in out
    assert ("550 \udce4", str(path)) == (record["reports"][0]["diagnostic"], record["file"])


def test_json_hides_no_control(run: Callable[..., Run], message: Callable[..., Path]) -> None:
    """What turns text round stands escaped, letters of every script as they are."""
    _, out, _ = run("--jsonl", message("550 \u202eevil\u2066 γ\u200cا"))

    assert "550 \\u202eevil\\u2066 γ\u200cا" in out


def test_output_that_is_redirected_in_python() -> None:
    """A program that calls `main` can take the output in a string."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert Exit.FINE == cli.main(["parse", "--jsonl", str(BOUNCES)])

    assert 14 == len(objects(out.getvalue()))


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_json_is_utf8_everywhere(message: Callable[..., Path], locale: str) -> None:
    """The locale has no say in the encoding of JSON."""
    environment = {**os.environ, "LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    process = start("--jsonl", message("550 γ"), env=environment)
    out, err = process.communicate(timeout=60)

    assert (0, b"") == (process.returncode, err)
    assert "550 γ".encode() in out


def test_a_bounce_that_is_no_report(run: Callable[..., Run], notice: Callable[..., Path]) -> None:
    """A bounce in any form gives the same keys: whom it is about, and what is known of it."""
    code, out, err = run("--jsonl", notice())
    (record,) = objects(out)
    (entry,) = record["reports"]

    SCHEMA.validate(record)
    assert (Exit.FINE, "") == (code, err)
    assert (True, "failure") == (record["is_bounce"], record["kind"])
    assert "rfc3464" != record["dialect"]
    assert ("ada@example.org", "failed", "failure", 550, "5") == tuple(
        entry[key] for key in ("recipient", "action", "kind", "reply_code", "cls")
    )
    assert "recipient" in {each["field"] for each in entry["evidence"]}


def test_what_events_add_to_a_report(run: Callable[..., Run], message: Callable[..., Path]) -> None:
    """The entry of a report says why, for how long and by whose fault, as any other does."""
    (record,) = objects(run("--jsonl", message())[1])
    (entry,) = record["reports"]

    assert ("rfc3464", "failure", "5") == (record["dialect"], entry["kind"], entry["cls"])
    assert {"reason", "permanence", "fault", "event_id", "message_id"} <= set(entry)


# CSV


def test_csv_has_a_row_for_each_recipient(run: Callable[..., Run]) -> None:
    """A message on three recipients has three rows, one without a report has none."""
    code, out, _ = run("--csv", BOUNCES)
    rows = list(csv.DictReader(io.StringIO(out)))

    assert Exit.FINE == code
    assert ["otis@example.com", "petra@example.com", "shed@old.example"] == [
        row["recipient"] for row in rows if row["message"] == "11"
    ]
    assert {"8", "13"}.isdisjoint(row["message"] for row in rows)
    assert {"reason", "permanence", "fault", "reply_code", "cls", "event_id"} <= set(rows[0])


@pytest.mark.parametrize("first", ["=", "+", "-", "@"])
def test_csv_holds_no_formula(
    run: Callable[..., Run], message: Callable[..., Path], first: str
) -> None:
    """A cell that a spreadsheet would calculate begins with an apostrophe."""
    path = message(f"{first}cmd|' /C calc'!A0", recipient=f"{first}x@example.org")
    (row,) = csv.DictReader(io.StringIO(run("--csv", path)[1]))

    assert f"'{first}x@example.org" == row["recipient"]
    assert f"'{first}cmd|' /C calc'!A0" == row["diagnostic"]


def test_csv_survives_lone_surrogates(
    run: Callable[..., Run], message: Callable[..., Path]
) -> None:
    """What has no character in UTF-8 becomes U+FFFD."""
    (row,) = csv.DictReader(io.StringIO(run("--csv", message("550 \udce4"))[1]))

    assert "550 \ufffd" == row["diagnostic"]


# Text


def test_text_is_aligned(run: Callable[..., Run]) -> None:
    """Not on a terminal a table is plain text in columns, with the total below."""
    code, out, err = run(BOUNCES)
    lines = out.splitlines()
    column = lines[0].index("ACTION")

    assert (Exit.FINE, "") == (code, err)
    assert ["RECIPIENT", "ACTION", "STATUS", "REMOTE", "MTA", "REASON"] == lines[0].split()
    assert {" "} == {line[column - 1] for line in lines[:-1]}
    assert "failed" == lines[1][column:].split()[0]
    assert (
        "9 bounces in 14 messages (8 failures, 1 delay, 1 expanded, 1 relayed, 1 success)"
        == (lines[-1])
    )


def test_text_names_the_file_where_there_are_several(run: Callable[..., Run]) -> None:
    """The column of files is left out only where it would say one thing."""
    assert "FILE" not in run(BOUNCES)[1]
    assert f"{BOUNCES}#4" in run(BOUNCES, REPORTS / "delivered.eml")[1]
    assert "delivered.eml" in run(REPORTS)[1]


def test_text_tells_the_reason(run: Callable[..., Run], message: Callable[..., Path]) -> None:
    """The reason is the diagnostic; without one the comment, or what the code means."""
    _, out, _ = run("-q", message("550 closed"), REPORTS / "relayed.eml", BOUNCES)

    assert "550 closed" in out
    assert "quota used up" in out
    assert "No answer from host" in out


def test_text_of_a_bounce_that_is_no_report(
    run: Callable[..., Run], notice: Callable[..., Path]
) -> None:
    """Without a status the column has the reply code."""
    _, out, _ = run(notice())
    heading, row, total = out.splitlines()

    assert "550" == row[heading.index("STATUS") :].split()[0]
    assert "Unknown user" in row
    assert "1 bounce in 1 message (1 failure)" == total


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ({"kind": EventKind.COMPLAINT}, ["complaint", "-", "-", "-"]),
        ({"reason": Reason.EXPIRED}, ["failed", "-", "-", "expired"]),
    ],
    ids=["complaint", "reason"],
)
def test_text_of_what_has_no_words(
    run: Callable[..., Run],
    notice: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    values: dict[str, Any],
    cells: list[str],
) -> None:
    """Without an action the kind stands there, and without words the name of the reason."""
    event = BounceEvent(recipient="ada@example.org", **{"kind": EventKind.FAILURE, **values})
    monkeypatch.setattr(verb, "read_bounces", lambda _, **__: (event,))
    _, out, _ = run(notice())

    assert ["ada@example.org", *cells] == out.splitlines()[1].split()
    assert ("(1 complaint)" in out) is (event.kind is EventKind.COMPLAINT)


def test_text_of_nothing(run: Callable[..., Run]) -> None:
    """Mail without reports gives no table, and `--quiet` no total either."""
    path = REPORTS / "not-a-report-ordinary-text.eml"

    assert (Exit.FINE, "0 bounces in 1 message\n", "") == run(path)
    assert (Exit.FINE, "", "") == run("-q", path)


def test_text_is_harmless(run: Callable[..., Run], message: Callable[..., Path]) -> None:
    """No control or bidi character of a report or a file name gets to the terminal."""
    path = message("550 \u202eevil\u2066\u200f \udce4", name="\x1b[31m\u202ered.eml")
    _, out, err = run(path, REPORTS / "control-characters-in-diagnostic.eml", "no\x1bfile")

    for text in (out, err):
        assert [] == [each for each in text if each != "\n" and not each.isprintable()]
    assert "550 \ufffdevil\ufffd\ufffd \ufffd" in out


def test_text_in_a_narrow_encoding(message: Callable[..., Path]) -> None:
    """Where the terminal's encoding has no such letter there is a question mark."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    process = start(message("550 γ", recipient="γ@example.org"), env=environment)
    out, err = process.communicate(timeout=60)

    assert (0, b"") == (process.returncode, err)
    assert b"?@example.org" in out


def test_text_comes_in_batches(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """A long table is drawn piece by piece, in the columns of the first."""
    whole = run(BOUNCES)[1]
    monkeypatch.setattr(table, "MEASURED_ROWS", 14)
    assert whole == run(BOUNCES)[1]

    monkeypatch.setattr(table, "MEASURED_ROWS", 3)
    assert [line.split() for line in whole.splitlines()] == [
        line.split() for line in run(BOUNCES)[1].splitlines()
    ]


def test_wide_letters_are_aligned(run: Callable[..., Run], message: Callable[..., Path]) -> None:
    """A letter of two columns counts for two, a combining mark for none."""
    wide = message(name="1", recipient="花子@例え.example")
    marked = message(name="2", recipient="e\u0301@example.org")
    _, out, _ = run("-q", wide, marked)
    heading, first, second = out.splitlines()

    assert heading.index("ACTION") == first.index("failed") + 4
    assert heading.index("ACTION") == second.index("failed") - 1


# On a terminal


def test_a_terminal_gets_colour(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal rich draws the table, each action in its colour."""
    on_a_terminal(monkeypatch, "stdout")
    code, out, err = run(BOUNCES)

    assert (Exit.FINE, "") == (code, err)
    assert "\x1b[31mfailed" in out
    assert "\x1b[32mdelivered" in out


def test_no_color_is_honoured(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR a terminal gets the table without colour."""
    on_a_terminal(monkeypatch, "stdout")
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b[31m" not in run(BOUNCES)[1]


def test_rich_markup_of_strangers_is_text(
    run: Callable[..., Run], message: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What looks like markup, an emoji or a link stands there as it was sent."""
    on_a_terminal(monkeypatch, "stdout")
    _, out, _ = run(message("550 [red]x[/red] :boom: [link=file:///]y[/]", name="[bold].eml"))

    assert "550 [red]x[/red] :boom:" in out
    assert "[link=file:///]y[/]" in out.replace("\n", "")


@pytest.mark.parametrize("why", ["no rich", "dumb"])
def test_plain_text_without_rich(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """Without rich, or on a terminal that can nothing, the table is plain text."""
    expected = run(BOUNCES)
    on_a_terminal(monkeypatch, "stdout", "stderr")
    if why == "dumb":
        monkeypatch.setenv("TERM", "dumb")
    else:
        monkeypatch.setitem(sys.modules, "rich.console", None)
        monkeypatch.setattr(progress, "_PATIENCE_SECONDS", 0)
        monkeypatch.setattr(progress, "_EVERY", 1)

    assert expected == run(BOUNCES)


@pytest.mark.parametrize(
    ("arguments", "streams", "is_shown"),
    [
        (["--jsonl"], ["stderr"], True),
        ([], ["stdout", "stderr"], True),
        (["--jsonl"], ["stdout", "stderr"], False),
        (["--jsonl", "-q"], ["stderr"], False),
        (["--jsonl"], [], False),
    ],
    ids=["records to a file", "table", "records on the screen", "quiet", "no terminal"],
)
def test_progress(
    run: Callable[..., Run],
    monkeypatch: pytest.MonkeyPatch,
    arguments: Sequence[str],
    streams: Sequence[str],
    is_shown: bool,  # noqa: FBT001  a column of the table
) -> None:
    """Long work shows a bar on standard error, where nothing streams past it."""
    on_a_terminal(monkeypatch, *streams)
    monkeypatch.setattr(progress, "_PATIENCE_SECONDS", 0)
    monkeypatch.setattr(progress, "_EVERY", 1)
    code, out, err = run(*arguments, BOUNCES, REPORTS)

    assert Exit.FINE == code
    assert is_shown is ("messages" in err)
    assert "━" not in out


def test_progress_knows_the_end(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of files is known before they are read, that of a pipe is not."""
    assert BOUNCES.stat().st_size * 2 == progress.total_octets([str(BOUNCES), str(BOUNCES)])
    assert progress.total_octets([str(BOUNCES), str(REPORTS)]) is None
    assert progress.total_octets(["-"]) is None


def test_short_work_has_no_bar(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done at once loads no library to say so."""
    on_a_terminal(monkeypatch, "stderr")
    monkeypatch.setattr(progress, "_PATIENCE_SECONDS", 600)

    assert "" == run("--jsonl", BOUNCES)[2]
    monkeypatch.setattr(progress, "_EVERY", 1)
    assert "" == run("--jsonl", BOUNCES)[2]


# What goes wrong


def test_a_bad_input_does_not_stop_the_run(run: Callable[..., Run], tmp_path: Path) -> None:
    """What cannot be read is told on one line, with its name; the rest is read."""
    (tmp_path / "empty").mkdir()
    code, out, err = run("--jsonl", "missing.eml", tmp_path / "empty", BOUNCES)
    records = objects(out)

    assert Exit.PROBLEMS == code
    assert err.splitlines() == [
        "dsnlib: missing.eml: No such file or directory [missing]",
        f"dsnlib: {tmp_path / 'empty'}: there is no file in the directory [no-mail]",
    ]
    assert 16 == len(records)
    assert ["missing", "no-mail", None] == [
        record["error"] and record["error"]["code"] for record in records[:3]
    ]
    for record in records:
        SCHEMA.validate(record)


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, Exit.NO_INPUT), (b"", Exit.BAD_DATA)],
    ids=["missing", "empty"],
)
def test_where_nothing_can_be_read(
    run: Callable[..., Run], tmp_path: Path, content: bytes | None, code: Exit
) -> None:
    """Without anything read the exit code says why."""
    path = tmp_path / "a.eml"
    if content is not None:
        path.write_bytes(content)

    assert code == run("--jsonl", path)[0]


def test_a_limit_is_named(run: Callable[..., Run], tmp_path: Path) -> None:
    """A message beyond a bound is an error that names the bound."""
    path = tmp_path / "deep.eml"
    path.write_bytes(
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
            for level in range(100)
        )
    )
    code, out, err = run("--jsonl", path)

    assert Exit.BAD_DATA == code
    assert "limit-nesting" == objects(out)[0]["error"]["code"]
    assert f"dsnlib: {path}: " in err
    assert "[limit-nesting]" in err


def test_a_truncated_mailbox(run: Callable[..., Run], tmp_path: Path) -> None:
    """Of a mailbox that is cut off all is read, the last message with an error."""
    path = tmp_path / "cut.mbox"
    path.write_bytes(BOUNCES.read_bytes()[:-20])
    code, out, err = run("--jsonl", path)
    records = objects(out)

    assert Exit.PROBLEMS == code
    assert f"dsnlib: {path}: message 13: " in err
    assert [None] * 13 == [record["error"] for record in records[:13]]
    assert "mbox-truncated" == records[13]["error"]["code"]


def test_a_long_message_is_told(
    run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message too long to hold is counted among those that could not be read."""
    monkeypatch.setattr(mailboxes, "MESSAGE_OCTETS", 1 << 16)
    path = tmp_path / "long.eml"
    path.write_bytes(b"A: b\n\n" + b"x" * (1 << 17))
    code, out, err = run(path)

    assert (Exit.BAD_DATA, "0 bounces in 0 messages; 1 could not be read\n") == (code, out)
    assert "[limit-message-octets]" in err


def test_a_fault_of_ours_does_not_stop_the_run(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception that nobody expected is an error of the message that caused it."""

    def fail(octets: bytes) -> None:
        raise RecursionError(octets[:4])

    monkeypatch.setattr(verb, "read_reports", fail)
    code, out, err = run("--jsonl", REPORTS / "delivered.eml")

    assert Exit.BUG == code
    assert "bug" == objects(out)[0]["error"]["code"]
    assert "please report RecursionError" in err


def test_verbose_tells_the_defects(run: Callable[..., Run]) -> None:
    """With `-v` each rule that a report breaks is told on standard error."""
    path = REPORTS / "space-before-colon.eml"

    assert "[field-space]" in run("--jsonl", "-v", path)[2]
    assert "" == run("--jsonl", path)[2]


@pytest.mark.parametrize("arguments", [[], ["--format", "xml", "a"], ["--json", "--csv", "a"]])
def test_usage(run: Callable[..., Run], arguments: Sequence[str]) -> None:
    """A command line that makes no sense ends with 2 and says why."""
    code, out, err = run(*arguments)

    assert (Exit.USAGE, "") == (code, out)
    assert "usage: dsnlib parse" in err


# The process


def test_paths_from_standard_input() -> None:
    """Absolute names on standard input give an object each, under the same name."""
    paths = [str(path) for path in sorted(REPORTS.glob("*.eml"))]
    process = start("--jsonl", "--paths-from", "-", stdin=subprocess.PIPE)
    out, err = process.communicate("\n".join(paths).encode(), timeout=60)

    assert (0, b"") == (process.returncode, err)
    assert [(path, None) for path in paths] == [
        (record["file"], record["error"]) for record in objects(out.decode())
    ]


def test_each_line_is_written_at_once() -> None:
    """Who writes a name and waits gets the answer before the next."""
    process = start("--jsonl", "--paths-from", "-", stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    for name in ("delivered.eml", "relayed.eml"):
        process.stdin.write(f"{REPORTS / name}\n".encode())
        process.stdin.flush()
        assert str(REPORTS / name) == json.loads(process.stdout.readline())["file"]
    process.communicate(timeout=60)

    assert 0 == process.returncode


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv"])
def test_a_reader_that_goes_away(form: str, tmp_path: Path) -> None:
    """Into `head` the command ends without a word."""
    path = tmp_path / "long.mbox"
    path.write_bytes((BOUNCES.read_bytes() + b"\n") * 100)
    process = start("--format", form, path)
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()

    assert (Exit.BROKEN_PIPE, b"") == (process.wait(60), said)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_interrupted() -> None:
    """Ctrl-C ends with 130 and without a traceback."""
    process = start("--jsonl", REPORTS / "delivered.eml", "-", stdin=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert (Exit.INTERRUPTED, b"") == (process.returncode, err)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk() -> None:
    """Output that cannot be written is an I/O error, told on one line."""
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [sys.executable, "-m", "dsnlib", "parse", "--jsonl", str(BOUNCES)],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )

    assert Exit.IO_ERROR == process.returncode
    assert b"dsnlib: cannot write: No space left on device\n" == process.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_no_place_for_complaints(unbuffered: str) -> None:
    """The exit code is ours, not the interpreter's 120, though standard error is full."""
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [sys.executable, "-m", "dsnlib", "parse", "missing.eml"],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            stderr=full,
            check=False,
            timeout=60,
        )

    assert Exit.IO_ERROR == process.returncode


def test_mail_parser_is_silent(tmp_path: Path) -> None:
    """What the library that reads odd mail logs stays off standard error."""
    path = tmp_path / "odd.eml"
    path.write_bytes(
        b"From: MAILER-DAEMON\nContent-Type: multipart/report; boundary=\n\n"
        b"--\nContent-Type: message/delivery-status; charset=nonsense\n\nFinal-Recipient:\n"
    )
    process = start("--jsonl", path)
    _, err = process.communicate(timeout=60)

    assert (0, b"") == (process.returncode, err)
