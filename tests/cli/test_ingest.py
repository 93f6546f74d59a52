"""`dsnlib ingest`: every feed into the store, on both kinds of store."""

from __future__ import annotations

import argparse
import contextlib
import copy
import gzip
import io
import itertools
import json
import os
import re
import signal
import smtplib
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.store import open_store
from dsnlib.bounces.links.verp import encode_keyed_verp, encode_verp
from dsnlib.cli.exits import Exit
from dsnlib.cli.verbs import ingest
from dsnlib.model.text import decode_wire
from tests.adapters.feeds.bounce_mails import ORDINARY, UNREAD, bounce
from tests.adapters.feeds.test_log_feed import line
from tests.adapters.history import postgres_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COMMAND = (
    "import argparse, sys; from dsnlib.cli.verbs import ingest; parser = argparse.ArgumentParser();"
    # A store that is busy is given up sooner.
    "from dsnlib.adapters.history.sqlite import link; link._WAIT_SECONDS = 0.2;"
    "ingest.add_arguments(parser); args = parser.parse_args(); args.usage_error = parser.error;"
    "sys.exit(ingest.run(args))"
)
NOTICE = {
    "notificationType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": "ses@x.example"}],
        "timestamp": "2026-11-02T10:00:00.000Z",
        "feedbackId": "0100",
    },
    "mail": {"messageId": "1", "timestamp": "2026-11-02T09:00:00.000Z"},
}
# What an input may be -> itself, and whom it is about
CONTENTS = {
    "mail": (bounce(), ["bob@example.org"]),
    "mbox": (
        b"".join(
            b"From x Mon Nov  2 10:00:00 2026\n%s\n" % bounce(f"m{each}@x.example", number=each)
            for each in range(2)
        ),
        ["m0@x.example", "m1@x.example"],
    ),
    "log": ((line(5) + line(6)).encode(), ["r5@example.org", "r6@example.org"]),
    "notices": (f"{json.dumps(NOTICE)}\n{json.dumps(NOTICE)}\n".encode(), ["ses@x.example"]),
}
LISTENS = re.compile(r"dsnlib: LMTP listens on 127\.0\.0\.1:(\d+)\n")
LMTP = "127.0.0.1:0"
_SECONDS = 20.0
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL; skips where there is none."""
    with postgres_server.running_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store is: a file, and a database."""
    if request.param == "sqlite":
        return str(tmp_path / "history.db")
    from tests.adapters.history.postgres_server import new_database

    return new_database(request.getfixturevalue("postgres_url"), f"ingest{next(_NUMBERS)}")


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Where a store in a file is."""
    return str(tmp_path / "history.db")


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    """An empty Maildir."""
    for name in ("cur", "new", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    return tmp_path / "mail"


def run(*arguments: object, stdin: bytes | None = None) -> int:
    """Run the verb in this process."""
    parser = argparse.ArgumentParser()
    ingest.add_arguments(parser)
    args = parser.parse_args([str(each) for each in arguments])
    args.usage_error = parser.error
    with pytest.MonkeyPatch.context() as patch:
        if stdin is not None:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))
        return ingest.run(args)


def recipients(store: str) -> list[str]:
    """Return whom the events of a store are about, in their order."""
    with open_store(store) as opened:
        return [each.event.recipient for each in opened.events()]


def until(condition: Callable[[], object]) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextlib.contextmanager
def process(
    *arguments: object, stdin: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the verb in a process of its own, until the block ends."""
    command = [sys.executable, "-c", COMMAND, *map(str, arguments)]
    with subprocess.Popen(
        command,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as made:
        try:
            yield made
        finally:
            made.kill()


def end(made: subprocess.Popen[bytes]) -> tuple[int, str]:
    """End a process by SIGTERM; return its exit code and its complaints."""
    made.send_signal(signal.SIGTERM)
    _, said = made.communicate(timeout=_SECONDS)
    return made.returncode, said.decode()


# A pipe


def test_pipe(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One mail is stored, and 0 says so; twice is once; nothing is printed."""
    codes = [run(store, "--source", "list", stdin=bounce()) for _ in range(2)]
    assert [Exit.FINE, Exit.FINE] == codes
    assert ["bob@example.org"] == recipients(store)
    said = capsys.readouterr()
    assert ("", "") == (said.out, said.err)
    with open_store(store) as opened:
        assert ["list"] == [each.source for each in opened.events()]


@pytest.mark.parametrize("mail", [ORDINARY, b"", b"\0" * 100, b"From \n\n", b"\xff\n" * 10])
def test_pipe_of_other_mail(file: str, mail: bytes) -> None:
    """Mail that is no bounce may be forgotten."""
    assert Exit.FINE == run(file, stdin=mail)
    assert [] == recipients(file)


def test_pipe_with_separators(file: str) -> None:
    """A mail is one mail, whatever looks like a separator in it."""
    mail = b"From MAILER-DAEMON Mon Nov  2 10:00:00 2026\n" + bounce().replace(
        b"It did not work.\n", b"It did not work.\n\nFrom x Mon Nov  2 10:00:00 2026\nSubject: x\n"
    )
    assert Exit.FINE == run(file, stdin=mail)
    assert ["bob@example.org"] == recipients(file)


def test_pipe_of_unread(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bounce that cannot be read is said, and kept if there is a place for it."""
    assert Exit.FINE == run(file, stdin=UNREAD)
    assert "dsnlib: standard input: it looks like a bounce, and cannot be read\n" == (
        capsys.readouterr().err
    )
    unread = tmp_path / "unread"
    assert Exit.FINE == run(file, "--unread-dir", unread, stdin=UNREAD)
    assert [UNREAD] == [each.read_bytes() for each in (unread / "new").iterdir()]


@pytest.mark.parametrize(
    "place",
    [
        "/nonexistent/directory/history.db",
        "postgresql://nobody:secret@127.0.0.1:1/none?connect_timeout=2",
    ],
)
def test_pipe_without_store(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a store the mail system keeps the mail: 75, and one line without a secret."""
    assert Exit.TEMPORARY == run(place, stdin=bounce())
    said = capsys.readouterr().err
    assert said.startswith("dsnlib: ")
    assert 1 == said.count("\n")
    assert "secret" not in said


def test_pipe_with_damaged_store(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """So it is with a store that is damaged: whoever runs it can repair it."""
    with open(file, "wb") as damaged:  # noqa: PTH123  a name
        damaged.write(b"no database" * 1000)
    assert Exit.TEMPORARY == run(file, stdin=bounce())
    assert 1 == capsys.readouterr().err.count("\n")


def test_pipe_without_place_for_unread(file: str, tmp_path: Path) -> None:
    """What cannot be put aside is kept by the mail system."""
    taken = tmp_path / "file"
    taken.write_text("")
    assert Exit.TEMPORARY == run(file, "--unread-dir", taken / "x", stdin=UNREAD)


def test_pipe_without_keys(file: str, tmp_path: Path) -> None:
    """Without the keys nothing is decided, and nothing lost."""
    assert Exit.TEMPORARY == run(file, "--key-file", tmp_path / "none", stdin=bounce())
    short = tmp_path / "short"
    short.write_text("short\n")
    assert Exit.TEMPORARY == run(file, "--key-file", short, stdin=bounce())


def test_pipe_knows_the_subscriber(file: str, tmp_path: Path) -> None:
    """The address that the mail was delivered to names the subscriber."""
    keys = tmp_path / "keys"
    keys.write_text("0123456789abcdef\n\nfedcba9876543210\n")
    sender = "list-bounces@lists.example"
    path = encode_keyed_verp(sender, "ann@example.com", key=b"fedcba9876543210")
    options = ("--sender", sender, "--key-file", keys, "--envelope-to", path)
    assert Exit.FINE == run(file, *options, stdin=bounce("bob@forwarded.example"))
    assert ["ann@example.com"] == recipients(file)


def test_pipe_of_a_delivery_agent(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Delivery agents say in the environment what the mail was delivered to."""
    sender = "list-bounces@lists.example"
    monkeypatch.setenv("RECIPIENT", encode_verp(sender, "ann@example.com"))
    assert Exit.FINE == run(file, "--sender", sender, stdin=bounce("bob@forwarded.example"))
    assert ["ann@example.com"] == recipients(file)


def test_pipe_as_json(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What was stored can be had as JSON."""
    run(file, "--json", stdin=bounce())
    record = json.loads(capsys.readouterr().out)
    assert ("report", False, False) == (record["kind"], record["unread"], record["forged"])
    assert ["bob@example.org"] == [each["recipient"] for each in record["events"]]


def test_pipe_of_much(file: str) -> None:
    """All of a mail is read, also what nobody looks at: who writes must not wait."""
    with process(file, stdin=subprocess.PIPE) as made:
        assert made.stdin is not None
        made.stdin.write(bounce() + b"x" * 70 + b"\n" * (2 << 20))
        made.stdin.close()
        assert Exit.FINE == made.wait(_SECONDS)
    assert ["bob@example.org"] == recipients(file)


def test_suppress(file: str) -> None:
    """With `--suppress` a threshold that is reached stops mail at once."""
    options = ("--suppress", "--bounce-score-threshold", "1")
    assert Exit.FINE == run(file, *options, stdin=bounce())
    with open_store(file) as opened:
        assert ["bob@example.org"] == [each.address for each in opened.suppressions()]


# Inputs


def test_inputs(store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An mbox, a message, a log and notices, each by its form; what it came to is said."""
    mbox = tmp_path / "mbox"
    mbox.write_bytes(
        b"".join(
            b"From x Mon Nov  2 10:00:00 2026\n"
            + bounce(f"m{number}@x.example", number=number)
            + b"\n"
            for number in range(3)
        )
    )
    message = tmp_path / "one.eml"
    message.write_bytes(bounce("one@x.example", number=9))
    log = tmp_path / "mail.log"
    log.write_text(line(5) + line(6))
    notice = copy.deepcopy(NOTICE)
    pretty, lines = tmp_path / "pretty.json", tmp_path / "lines.json"
    pretty.write_text(json.dumps(notice, indent=2))
    notice["bounce"]["bouncedRecipients"] = [{"emailAddress": "two@x.example"}]  # type: ignore[index]  # as above
    lines.write_text(f"{json.dumps(notice)}\nno JSON\n{json.dumps(notice)}\n")
    assert Exit.FINE == run(store, mbox, message, log, pretty, lines)
    assert [
        "m0@x.example", "m1@x.example", "m2@x.example", "one@x.example",
        "r5@example.org", "r6@example.org", "ses@x.example", "two@x.example",
    ] == recipients(store)  # fmt: skip
    said = capsys.readouterr().err.splitlines()
    assert "dsnlib: 4 mails, 8 new events, 1 known" == said[-1]
    assert "passed over" in said[0]


def test_again(store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was read before adds nothing, whatever form it comes in."""
    message = tmp_path / "one.eml"
    message.write_bytes(bounce())
    crlf = tmp_path / "two.eml"
    crlf.write_bytes(b"Received: from x\r\n" + bounce().replace(b"\n", b"\r\n"))
    run(store, message)
    run(store, crlf, message)
    assert ["bob@example.org"] == recipients(store)
    assert capsys.readouterr().err.endswith("dsnlib: 2 mails, 0 new events, 2 known\n")


def test_faults(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be read is said, the rest is stored; with nothing read its code counts."""
    good = tmp_path / "good.eml"
    good.write_bytes(bounce())
    broken = tmp_path / "broken.json"
    broken.write_text('{"notificationType":')
    missing = tmp_path / "missing"
    assert Exit.NO_INPUT == run(file, missing)
    assert Exit.BAD_DATA == run(file, broken)
    assert Exit.PROBLEMS == run(file, missing, broken, good)
    assert ["bob@example.org"] == recipients(file)
    assert "No such file or directory [missing]" in capsys.readouterr().err


def test_log_on_standard_input(file: str) -> None:
    """`-` may be a log that grows: its lines are stored when it pauses."""
    with process(file, "-", stdin=subprocess.PIPE) as made:
        assert made.stdin is not None
        made.stdin.write(line(1).encode())
        made.stdin.flush()
        until(lambda: os.path.exists(file) and recipients(file))  # noqa: PTH110  a name
        made.stdin.write(line(2).encode())
        made.stdin.close()
        assert Exit.FINE == made.wait(_SECONDS)
    assert ["r1@example.org", "r2@example.org"] == recipients(file)


def test_mbox_on_standard_input(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` may be an mbox as well, of many mails; without standard input there is nothing."""
    mbox = b"".join(
        b"From x Mon Nov  2 10:00:00 2026\n" + bounce(f"m{number}@x.example", number=number) + b"\n"
        for number in range(2)
    )
    assert Exit.FINE == run(file, "-", stdin=mbox)
    assert ["m0@x.example", "m1@x.example"] == recipients(file)
    monkeypatch.setattr(sys, "stdin", None)
    assert Exit.NO_INPUT == run(file, "-")
    assert Exit.FINE == run(file)


def test_said_form(file: str, tmp_path: Path) -> None:
    """The form that is said goes before what an input looks like."""
    log = tmp_path / "log"
    log.write_text(line(1))
    assert Exit.FINE == run("--format", "exim-log", file, log)
    assert [] == recipients(file)
    assert Exit.FINE == run("--format", "postfix-log", file, log)
    assert ["r1@example.org"] == recipients(file)


def test_quiet(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`-q` says nothing of what could not be read; it is put aside all the same."""
    message = tmp_path / "one.eml"
    message.write_bytes(UNREAD)
    unread = tmp_path / "unread"
    assert Exit.FINE == run("-q", "--unread-dir", unread, file, message)
    assert "" == capsys.readouterr().err
    assert Exit.FINE == run("--unread-dir", unread, file, message)
    assert f"and cannot be read; it is in {unread}\n" in capsys.readouterr().err
    assert 1 == len(list((unread / "new").iterdir()))


def test_move(file: str, maildir: Path) -> None:
    """`--move` takes new mail once; without it nothing in a Maildir is changed."""
    (maildir / "new" / "1.a").write_bytes(bounce())
    run(file, maildir)
    assert ["1.a"] == [each.name for each in (maildir / "new").iterdir()]
    assert Exit.FINE == run("--move", file, maildir)
    assert ["1.a:2,S"] == [each.name for each in (maildir / "cur").iterdir()]
    (maildir / "new" / "2.a").write_bytes(bounce())
    assert Exit.FINE == run("--move", "--delete", file, maildir)
    assert [] == list((maildir / "new").iterdir())
    assert Exit.BAD_DATA == run("--move", file, maildir / "cur")


@pytest.mark.parametrize(
    "arguments",
    [
        ["STORE", "--watch"],
        ["STORE", "--delete"],
        ["--lmtp", "127.0.0.1:0", "STORE", "x"],
        ["--lmtp", "nowhere", "STORE"],
        ["--lmtp", "127.0.0.1:25", "STORE"],
        ["--envelope-to", "a@b", "STORE", "x"],
        ["--format", "ses", "STORE"],
        ["--watch", "STORE", "/nonexistent/log"],
        ["--watch", "STORE", "-"],
        ["--watch", "--move", "STORE", "x"],
        ["--metrics", "127.0.0.1:0", "STORE", "x"],
    ],
)
def test_mistakes(file: str, arguments: list[str]) -> None:
    """A command line that makes no sense is said, and nothing is read."""
    with pytest.raises(SystemExit) as caught:
        run(*[file if each == "STORE" else each for each in arguments], stdin=b"")
    assert Exit.USAGE == caught.value.code


# What goes on


def test_watch(store: str, maildir: Path, tmp_path: Path) -> None:
    """What comes is stored, then moved; SIGTERM ends it cleanly."""
    log = tmp_path / "mail.log"
    log.write_text(line(1))
    with process("--watch", store, maildir, log) as made:
        (maildir / "new" / "1.a").write_bytes(bounce())
        until((maildir / "cur" / "1.a:2,S").exists)
        with log.open("a") as file:
            file.write(line(2))
        until(lambda: "r2@example.org" in recipients(store))
        code, said = end(made)
    assert (Exit.FINE, "dsnlib: 1 mails, 3 new events, 0 known\n") == (code, said)
    with process("--watch", store, log) as made:
        with log.open("a") as file:
            file.write(line(3))
        until(lambda: "r3@example.org" in recipients(store))
        assert (Exit.FINE, "dsnlib: 0 mails, 1 new events, 0 known\n") == end(made)


def test_watch_waits_for_the_store(tmp_path: Path, maildir: Path) -> None:
    """A store that is busy is waited for, which is said once, and so is its return."""
    import sqlite3

    file = str(tmp_path / "history.db")
    open_store(file).close()
    with process("--watch", file, maildir) as made:
        (maildir / "new" / "1.a").write_bytes(bounce("a@x.example"))
        until((maildir / "cur" / "1.a:2,S").exists)
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            (maildir / "new" / "2.a").write_bytes(bounce("b@x.example", number=2))
            assert made.stderr is not None
            assert b"nothing can be stored, waiting" in made.stderr.readline()
            assert (maildir / "new" / "2.a").exists()
            other.execute("ROLLBACK")
        assert b"the store is back" in made.stderr.readline()
        until((maildir / "cur" / "2.a:2,S").exists)
        assert Exit.FINE == end(made)[0]
    assert ["a@x.example", "b@x.example"] == recipients(file)


def test_postgres_goes_and_comes_back(tmp_path: Path, maildir: Path) -> None:
    """A server that is restarted is waited for; LMTP has its clients come again meanwhile."""
    with postgres_server.postgres_server() as server:
        place = postgres_server.new_database(server.url(), "restarted")
        with process("--watch", place, maildir) as made, process("--lmtp", LMTP, place) as lmtp:
            assert lmtp.stderr is not None
            assert made.stderr is not None
            found = LISTENS.fullmatch(lmtp.stderr.readline().decode())
            assert found is not None
            (maildir / "new" / "1.a").write_bytes(bounce("a@x.example"))
            until((maildir / "cur" / "1.a:2,S").exists)
            server.stop()
            (maildir / "new" / "2.a").write_bytes(bounce("b@x.example", number=2))
            assert b"nothing can be stored, waiting" in made.stderr.readline()
            with smtplib.LMTP("127.0.0.1", int(found[1])) as client:
                with pytest.raises(smtplib.SMTPDataError) as caught:
                    client.sendmail("", ["x@lists.example"], bounce("c@x.example", number=3))
                assert 451 == caught.value.smtp_code
            server.start()
            assert b"the store is back" in made.stderr.readline()
            until((maildir / "cur" / "2.a:2,S").exists)
            with smtplib.LMTP("127.0.0.1", int(found[1])) as client:
                client.sendmail("", ["x@lists.example"], bounce("c@x.example", number=3))
            assert [Exit.FINE, Exit.FINE] == [end(each)[0] for each in (made, lmtp)]
        assert ["a@x.example", "b@x.example", "c@x.example"] == recipients(place)


def test_killed_while_it_watches(store: str, maildir: Path) -> None:
    """Killed at any moment, nothing is lost and nothing is there twice."""
    for number in range(60):
        octets = bounce(f"r{number}@x.example", number=number)
        (maildir / "new" / f"{number}.a").write_bytes(octets)
    left = [len(list((maildir / "new").iterdir()))]
    while left[-1]:
        with process("--watch", store, maildir) as made:
            until(lambda: len(list((maildir / "new").iterdir())) < left[-1])
            made.kill()
            made.wait(_SECONDS)
        left.append(len(list((maildir / "new").iterdir())))
    assert {f"r{number}@x.example" for number in range(60)} == set(recipients(store))
    assert 60 == len(recipients(store))


def test_lmtp(store: str, tmp_path: Path) -> None:
    """Mail by LMTP is on the disk when 250 comes; SIGTERM ends it cleanly."""
    with process(store, "--lmtp", "127.0.0.1:0", "--json") as made:
        assert made.stderr is not None
        found = LISTENS.fullmatch(made.stderr.readline().decode())
        assert found is not None
        with smtplib.LMTP("127.0.0.1", int(found[1])) as client:
            assert {} == client.sendmail("", ["a@lists.example"], bounce())
            assert ["bob@example.org"] == recipients(store)
            made.kill()
        assert made.stdout is not None
        record = json.loads(made.stdout.readline())
        assert ["bob@example.org"] == [each["recipient"] for each in record["events"]]
    assert ["bob@example.org"] == recipients(store)
    with process(store, "--lmtp", f"unix:{tmp_path}/lmtp") as made:
        until((tmp_path / "lmtp").exists)
        code, said = end(made)
    assert Exit.FINE == code
    assert said.endswith("dsnlib: 0 mails, 0 new events, 0 known\n")


def test_lmtp_that_cannot_listen(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A place that cannot be had is said, with its reason."""
    assert Exit.IO_ERROR == run(file, "--lmtp", "192.0.2.1:2400")
    assert "dsnlib: 192.0.2.1:2400: cannot be listened on: " in capsys.readouterr().err


def test_lmtp_with_damaged_store(file: str) -> None:
    """A store that will never do is said before anything is promised."""
    with open(file, "wb") as damaged:  # noqa: PTH123  a name
        damaged.write(b"no database" * 1000)
    assert Exit.TEMPORARY == run(file, "--lmtp", "127.0.0.1:0")


def test_text_of_strangers(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a mail says does nothing to the terminal."""
    message = tmp_path / decode_wire(b"\x1b[31mred.eml")
    message.write_bytes(UNREAD.replace(b"nothing", b"\x1b[31mnothing"))
    run(file, message)
    assert "\x1b" not in capsys.readouterr().err


# What a mail system or an operator may do


@pytest.mark.parametrize("output", ["/dev/full", "closed pipe"])
def test_pipe_that_nobody_can_be_told_of(file: str, output: str) -> None:
    """A mail that is stored does not come again because its record cannot be written."""
    if output == "/dev/full":
        target = os.open(output, os.O_WRONLY)
    else:
        reader, target = os.pipe()
        os.close(reader)
    try:
        made = subprocess.run(
            [sys.executable, "-c", COMMAND, file, "--json"],
            input=bounce(),
            stdout=target,
            stderr=subprocess.PIPE,
            check=False,
            timeout=_SECONDS,
        )
    finally:
        os.close(target)
    assert (Exit.FINE, 1) == (made.returncode, made.stderr.count(b"\n"))
    assert ["bob@example.org"] == recipients(file)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_pipe_that_may_not_complain(unbuffered: str) -> None:
    """The mail system keeps the mail, though standard error takes no reason.

    What the interpreter has left to write at its end would make it 120.
    """
    with open("/dev/full", "wb") as full:  # noqa: PTH123  a device
        made = subprocess.run(
            [sys.executable, "-c", COMMAND, "/nonexistent/history.db"],
            input=bounce(),
            stderr=full,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            check=False,
            timeout=_SECONDS,
        )
    assert Exit.TEMPORARY == made.returncode


def test_mistake_of_who_gives_a_file(file: str, tmp_path: Path) -> None:
    """A mail may be given as a file, as by qmail: a mistake in the command keeps it there too."""
    mail = tmp_path / "mail"
    mail.write_bytes(bounce())
    with mail.open("rb") as stdin:
        made = subprocess.run(
            [sys.executable, "-c", COMMAND, file, "--mistake"],
            stdin=stdin,
            stderr=subprocess.PIPE,
            check=False,
            timeout=_SECONDS,
        )
    assert Exit.TEMPORARY == made.returncode


@pytest.mark.parametrize("content", ["mail", "mbox", "log", "notices"])
def test_named_pipe(file: str, tmp_path: Path, content: str) -> None:
    """A pipe by a name, as of `<(zcat mail.log.gz)`, is read whole, and once."""
    octets, expected = CONTENTS[content]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(octets))
    writer.start()
    assert Exit.FINE == run(file, pipe, "--quiet")
    writer.join()
    assert expected == recipients(file)


@pytest.mark.parametrize("content", ["mail", "mbox", "log", "notices"])
def test_compressed(file: str, tmp_path: Path, content: str) -> None:
    """What is compressed is read as what it holds, also in a directory."""
    octets, expected = CONTENTS[content]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "it.gz").write_bytes(gzip.compress(octets))
    assert Exit.FINE == run(file, tmp_path / "in" / "it.gz", "--quiet")
    assert expected == recipients(file)
    assert Exit.FINE == run(file, tmp_path / "in", "--quiet")
    assert expected == recipients(file)


def test_compressed_and_cut_off(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What stands before the damage is stored, and the damage is said."""
    log = tmp_path / "mail.log.1.gz"
    log.write_bytes(gzip.compress("".join(map(line, range(3000))).encode())[:-2000])
    assert Exit.PROBLEMS == run(file, log)
    said = capsys.readouterr().err
    assert "mail.log.1.gz: the compressed file is damaged" in said
    assert 1000 < len(recipients(file)) < 3000


def test_logs_of_a_directory(file: str, tmp_path: Path) -> None:
    """Of a directory each file is read by its own form."""
    for name, (octets, _) in CONTENTS.items():
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "it").write_bytes(octets)
    assert Exit.FINE == run(file, tmp_path / "in", "--quiet")
    assert sorted({each for _, found in CONTENTS.values() for each in found}) == sorted(
        set(recipients(file))
    )
