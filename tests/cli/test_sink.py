"""`dsnlib sink` takes mail, tells of it, and ends when it is told to."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import mailbox
import os
import queue
import re
import signal
import smtplib
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.adapters.sink.rules import DEEDS
from dsnlib.cli.exits import Exit
from dsnlib.cli.verbs import sink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MESSAGE = b"Subject: Minutes\r\n\r\nHere.\r\n"
COMMAND = (
    "import argparse, sys; from dsnlib.cli.verbs import sink; parser = argparse.ArgumentParser();"
    "sink.add_arguments(parser); args = parser.parse_args(); sys.exit(sink.run(args))"
)
LISTENS = re.compile(r"dsnlib: \S+ listens on \S+ port (\d+)\n")


class Serving:
    """The verb in a thread of this process, which ends by `--count`.

    Attributes:
        port: Where it listens.
        code: Its exit code, when it has ended.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
        self.code: int | None = None
        self._out = io.StringIO()
        reader, writer = os.pipe()
        with open(reader, encoding="utf-8") as said, open(writer, "w", encoding="utf-8") as err:  # noqa: PTH123  numbers, not paths
            monkeypatch.setattr(sys, "stderr", err)
            monkeypatch.setattr(sys, "stdout", self._out)
            self._thread = threading.Thread(target=self._run, args=arguments)
            self._thread.start()
            found = LISTENS.fullmatch(said.readline())
            monkeypatch.setattr(sys, "stderr", sys.__stderr__)
        assert found is not None
        self.port = int(found[1])

    def _run(self, *arguments: str) -> None:
        self.code = run("--listen", "0", *arguments)

    def ended(self) -> list[str]:
        """Return what was printed, when it has ended."""
        self._thread.join(20)
        assert not self._thread.is_alive()
        assert Exit.FINE == self.code
        return self._out.getvalue().splitlines()


@contextlib.contextmanager
def process_serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run the verb in a process of its own; give it and its port when it listens."""
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, "--listen", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            assert process.stderr is not None
            found = LISTENS.fullmatch(process.stderr.readline())
            assert found is not None
            yield process, int(found[1])
        finally:
            process.kill()


def send(port: int, *recipients: str, sender: str = "ann@example.org") -> None:
    """Send a message with the parameters of DSN."""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail(
            sender, list(recipients), MESSAGE, ["RET=HDRS", "ENVID=Qq1"], ["NOTIFY=FAILURE"]
        )


def run(*arguments: str) -> int:
    """Run the verb here."""
    parser = argparse.ArgumentParser()
    sink.add_arguments(parser)
    args = parser.parse_args(arguments)
    args.usage_error = parser.error
    return sink.run(args)


def test_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message is a line with its commands; so is the notification about it."""
    serving = Serving(monkeypatch, "--count", "2")
    send(serving.port, "bob@example.com")
    send(serving.port, "report-5.1.1@example.com", "eve@example.com")

    mail = "MAIL FROM:<ann@example.org> size=27 RET=HDRS ENVID=Qq1"
    bob, report, eve = (
        f"RCPT TO:<{each}@example.com> NOTIFY=FAILURE" for each in ("bob", "report-5.1.1", "eve")
    )
    first, second, third = serving.ended()
    assert f"message: 27 octets from 127.0.0.1: {mail}  {bob}" == first
    assert f"message: 27 octets from 127.0.0.1: {mail}  {report}  {eve}" == second
    notification = r"failure: \d+ octets: MAIL FROM:<>  RCPT TO:<ann@example\.org> NOTIFY=NEVER"
    assert re.fullmatch(notification, third)


def test_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record has all that came with a message."""
    serving = Serving(monkeypatch, "--json", "--count", "1")
    with smtplib.SMTP("127.0.0.1", serving.port, timeout=10) as client:
        client.sendmail("", "bob@example.com", MESSAGE, (), ["ORCPT=rfc822;Bob@example.com"])

    (line,) = serving.ended()
    record: dict[str, Any] = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", record.pop("arrival"))
    assert {
        "kind": "message",
        "peer": "127.0.0.1",
        "octets": len(MESSAGE),
        "sender": "",
        "ret": None,
        "envid": None,
        "recipients": [
            {"address": "bob@example.com", "notify": None, "orcpt": "rfc822;Bob@example.com"}
        ],
    } == record


@pytest.mark.parametrize("kind", ["maildir", "mbox"])
def test_mail_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    """Messages and notifications are in mailboxes that any program can read."""
    kept, reports = tmp_path / "kept", tmp_path / "reports"
    serving = Serving(
        monkeypatch, f"--{kind}", str(kept), "--reports", str(reports), "--count", "1"
    )
    send(serving.port, "report-5.1.1@example.com")
    serving.ended()

    box = mailbox.Maildir(kept) if kind == "maildir" else mailbox.mbox(kept)
    (message,), (report,) = list(box), list(mailbox.Maildir(reports))
    box.close()
    assert ("Minutes", "<ann@example.org>") == (message["Subject"], message["Return-Path"])
    assert "multipart/report" == report.get_content_type()


def test_server_without_dsn(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the server that many have."""
    serving = Serving(monkeypatch, "--no-dsn", "--hostname", "old.example", "--count", "1")
    with smtplib.SMTP("127.0.0.1", serving.port, timeout=10) as client:
        assert client.ehlo()[1].startswith(b"old.example")
        assert not client.has_extn("dsn")
        client.sendmail("ann@example.org", "bob@example.com", MESSAGE)
    serving.ended()


@pytest.mark.parametrize(
    ("number", "expected"), [(signal.SIGTERM, Exit.FINE), (signal.SIGINT, -signal.SIGINT)]
)
def test_end_by_a_signal(number: int, expected: int) -> None:
    """SIGTERM is a fine end, and Ctrl-C one that the command tells of; clients do not matter."""
    with (
        process_serving() as (process, port),
        socket.create_connection(("127.0.0.1", port), 10),
    ):
        process.send_signal(number)
        _, err = process.communicate(timeout=20)

    # The command itself makes 130 of it: see dsnlib.cli.main.
    assert expected == process.returncode
    assert ("KeyboardInterrupt" in err) == (number == signal.SIGINT)


def test_mail_that_cannot_be_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A client whose message could not be kept is told to come again."""
    kept = tmp_path / "kept"
    serving = Serving(monkeypatch, "--maildir", str(kept), "--count", "1")
    for folder in ("tmp", "new"):
        (kept / folder).rmdir()
        (kept / folder).write_text("")
    with pytest.raises(smtplib.SMTPDataError, match="451"):
        send(serving.port, "bob@example.com")
    for folder in ("tmp", "new"):
        (kept / folder).unlink()
        (kept / folder).mkdir()
    send(serving.port, "bob@example.com")

    assert 1 == len(serving.ended())


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--listen", "here"], "argument --listen: 'here' is not HOST:PORT"),
        (["--listen", "127.0.0.1:70000"], "argument --listen: '127.0.0.1:70000' is not HOST:PORT"),
        (["--listen", "::1:25"], "argument --listen: '::1:25' is not HOST:PORT"),
        (["--count", "-1"], "argument --count: -1 is less than 0"),
        (["--maildir", "a", "--mbox", "b"], "not allowed with argument"),
    ],
)
def test_usage(arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake on the command line is one line, and names the option."""
    with pytest.raises(SystemExit) as caught:
        run(*arguments)

    assert Exit.USAGE == caught.value.code
    assert complaint in capsys.readouterr().err.splitlines()[-1]


def test_hostname(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is none is told as what it is."""
    assert Exit.USAGE == run("--hostname", "a b")
    assert capsys.readouterr().err.startswith("dsnlib: --hostname: ")


def test_port_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    """A port that cannot be had is one line."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
        assert Exit.IO_ERROR == run("--listen", place)

    assert f"dsnlib: cannot listen on {place}: Address already in use\n" == capsys.readouterr().err


@pytest.mark.parametrize("option", ["--maildir", "--mbox", "--reports"])
def test_mailbox_that_cannot_be_opened(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mailbox that cannot be made is one line, and nothing is listened on."""
    (tmp_path / "file").write_text("")
    place = tmp_path / "file" / "box"

    assert Exit.IO_ERROR == run("--listen", "0", option, str(place))
    assert f"dsnlib: {place}: Not a directory\n" == capsys.readouterr().err


def test_addresses() -> None:
    """A port alone is of the loopback interface; IPv6 stands in brackets."""
    found = {}
    for text in ("25", "127.0.0.1:25", "[::1]:25", "localhost:0"):
        args = argparse.Namespace(listen=text)
        found[text] = sink._address(args)

    assert {
        "25": ("127.0.0.1", 25),
        "127.0.0.1:25": ("127.0.0.1", 25),
        "[::1]:25": ("::1", 25),
        "localhost:0": ("localhost", 0),
    } == found


def test_help_has_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    """The help says what each local part does."""
    with pytest.raises(SystemExit):
        run("--help")

    text = capsys.readouterr().out
    assert all(f"{row.example}@" in text and row.effect in text for row in DEEDS)


def test_many_lines_wait() -> None:
    """Where nobody reads what is printed, no more mail is taken."""
    args = argparse.Namespace(json=False, count=0, maildir=None, mbox=None, reports=None)
    keeper = sink._Keeper(args, queue.SimpleQueue())
    for _ in range(sink._MOST_WAITING + 1):
        keeper.lines.put("")

    with pytest.raises(OSError, match="nobody reads"):
        keeper.keep_message(None)  # type: ignore[arg-type]  # it is not looked at
