"""Real mail systems feed a history: by a pipe, by LMTP, by IMAP.

    Postfix, Exim  ->  pipe     ->  dsnlib ingest STORE           75 keeps the mail with them
    Postfix, Exim  ->  LMTP     ->  dsnlib ingest --lmtp PLACE STORE
    Dovecot        <-  IMAP     <-  docs/examples/imap_bounces.py

Each test is skipped where its program was not fetched.
"""

from __future__ import annotations

import contextlib
import imaplib
import os
import pwd
import re
import shlex
import shutil
import smtplib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.store import open_store
from dsnlib.bounces.links.verp import encode_verp
from tests.adapters.feeds.bounce_mails import ORDINARY, UNREAD, bounce
from tests.interop.peers.dovecot_imap import dovecot_imap_running
from tests.interop.peers.exim import exim_running
from tests.interop.peers.postfix import postfix_running
from tests.interop.peers.running import HOST, free_port, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.interop.peers.dovecot_imap import DovecotImap

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (
    "import argparse, sys; from dsnlib.cli.verbs import ingest; parser = argparse.ArgumentParser();"
    "ingest.add_arguments(parser); args = parser.parse_args(); args.usage_error = parser.error;"
    "sys.exit(ingest.run(args))"
)
EXAMPLE = ROOT / "docs" / "examples" / "imap_bounces.py"
SENDER = "list-bounces@lists.example"
# Where a mail system runs a program for nobody in particular, that is nobody.
_NOBODY = "nobody"
_SECONDS = 30.0
_LISTENS = re.compile(rb"dsnlib: LMTP listens on 127\.0\.0\.1:(\d+)\n")


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory that the users of mail systems can get to, unlike pytest's."""
    found = Path(tempfile.mkdtemp(prefix="dsnlib-ingest-"))
    try:
        found.chmod(0o755)
        yield found
    finally:
        shutil.rmtree(found)


@pytest.fixture
def script(directory: Path) -> Path:
    """The command, as a program that nobody can run."""
    account = pwd.getpwnam(_NOBODY)
    owner = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    settings = {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    for python in (sys.executable, "/usr/bin/python3"):
        # Then the next one is tried.
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run(
                [python, "-c", "import dsnlib.cli.verbs.ingest, attrs"],
                env=settings,
                cwd="/",
                check=True,
                capture_output=True,
                timeout=_SECONDS,
                **(owner if os.geteuid() == 0 else {}),  # type: ignore[call-overload]  # of subprocess
            )
            break
    else:
        pytest.skip(f"no Python here can be run by {_NOBODY}")
    path = directory / "ingest"
    words = shlex.join([python, "-c", COMMAND])
    path.write_text(
        "#!/bin/sh\nunset LD_LIBRARY_PATH LD_PRELOAD\n"
        f'PYTHONPATH={shlex.quote(settings["PYTHONPATH"])} exec {words} "$@"\n',
        "utf-8",
    )
    path.chmod(0o755)
    return path


@pytest.fixture
def history(directory: Path) -> Path:
    """The name of a store in a directory that is not there yet, so that it is away."""
    return directory / "store" / "history.db"


def give(history: Path) -> None:
    """Make the directory of a store, for whomever a mail system runs programs as."""
    history.parent.mkdir()
    history.parent.chmod(0o777)


def recipients(history: Path) -> list[str]:
    """Return whom the events of a store are about."""
    with open_store(str(history)) as store:
        return [each.event.recipient for each in store.events()]


def send(port: int, mail: bytes, recipient: str = SENDER) -> None:
    """Send a bounce to a mail system, as its sender: nobody."""
    with smtplib.SMTP(HOST, port, timeout=_SECONDS) as client:
        client.sendmail("", [recipient], mail)


@contextlib.contextmanager
def listening(history: Path) -> Iterator[int]:
    """Run the command with LMTP in a process of its own; give its port."""
    command = [sys.executable, "-c", COMMAND, "--lmtp", f"{HOST}:0", str(history)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stderr is not None
            found = _LISTENS.fullmatch(process.stderr.readline())
            assert found is not None
            yield int(found[1])
        finally:
            process.terminate()
            process.wait(_SECONDS)


def test_pipe_of_postfix(script: Path, history: Path) -> None:
    """Postfix keeps what cannot be stored, delivers what can, and says for whom it was."""
    account = f"user={_NOBODY} " if os.geteuid() == 0 else ""
    service = (
        f"bounces unix - n n - - pipe {account}argv={script} --source postfix"
        f" --sender {SENDER} --envelope-to ${{recipient}} {history}\n"
    )
    settings = {"transport_maps": "inline:{lists.example=bounces:}", "recipient_delimiter": ""}
    with postfix_running(settings, services=service) as postfix:
        send(postfix.port, bounce("bob@forwarded.example"), encode_verp(SENDER, "ann@x.example"))
        wait_for(
            lambda: "status=deferred" in (postfix.root / "log").read_text("utf-8"),
            what="a deferred mail",
            seconds=_SECONDS,
        )
        give(history)
        postfix.run("postqueue", "-f")
        postfix.wait_empty(_SECONDS)
        for mail in (bounce("eve@x.example", number=2), ORDINARY, UNREAD):
            send(postfix.port, mail)
        postfix.wait_empty(_SECONDS)
        log = (postfix.root / "log").read_text("utf-8")
    assert ["ann@x.example", "eve@x.example"] == sorted(recipients(history))
    assert "status=bounced" not in log


def test_pipe_of_exim(script: Path, history: Path) -> None:
    """So does Exim."""
    routers = "bounces:\n  driver = accept\n  domains = lists.example\n  transport = bounces\n"
    transports = (
        "bounces:\n  driver = pipe\n"
        # No address stands in the command: Exim takes it for tainted, and loses the mail.
        f"  command = {script} --source exim --sender {SENDER} {history}\n"
    )
    with exim_running(next_port=free_port(), routers=routers, transports=transports) as exim:
        send(exim.port, bounce("bob@forwarded.example"), encode_verp(SENDER, "ann@x.example"))
        wait_for(lambda: " == " in exim.log(), what="a deferred mail", seconds=_SECONDS)
        give(history)
        exim.wait_empty(_SECONDS)
        for mail in (bounce("eve@x.example", number=2), ORDINARY, UNREAD):
            send(exim.port, mail)
        exim.wait_empty(_SECONDS)
        log = exim.log()
    assert ["ann@x.example", "eve@x.example"] == sorted(recipients(history))
    assert " ** " not in log


def test_lmtp_of_postfix(history: Path) -> None:
    """Postfix delivers by LMTP, to several recipients at once."""
    give(history)
    with listening(history) as port:
        settings = {"transport_maps": f"inline:{{lists.example=lmtp:inet:{HOST}:{port}}}"}
        with postfix_running(settings) as postfix:
            with smtplib.SMTP(HOST, postfix.port, timeout=_SECONDS) as client:
                client.sendmail("", ["a@lists.example", "b@lists.example"], bounce())
            postfix.wait_empty(_SECONDS)
            log = (postfix.root / "log").read_text("utf-8")
    assert ["bob@example.org"] == recipients(history)
    assert 2 == log.count("status=sent (250 2.0.0 Stored)")


def test_lmtp_of_exim(history: Path) -> None:
    """Exim delivers by LMTP."""
    give(history)
    routers = (
        "feed:\n  driver = manualroute\n  domains = lists.example\n  transport = feed\n"
        f"  route_list = * {HOST} byname\n  self = send\n"
    )
    with listening(history) as port:
        transports = (
            f"feed:\n  driver = smtp\n  protocol = lmtp\n  port = {port}\n"
            "  allow_localhost\n  hosts_try_fastopen =\n"
        )
        with exim_running(next_port=free_port(), routers=routers, transports=transports) as exim:
            with smtplib.SMTP(HOST, exim.port, timeout=_SECONDS) as client:
                client.sendmail("", ["a@lists.example", "b@lists.example"], bounce())
            exim.wait_empty(_SECONDS)
            log = exim.log()
    assert ["bob@example.org"] == recipients(history)
    assert 2 == log.count("250 2.0.0 Stored")


def imap(dovecot: DovecotImap, directory: Path, *arguments: str) -> list[str]:
    """Return the command line of the recipe."""
    (directory / "secret").write_text(dovecot.password + "\n")
    return [
        sys.executable, str(EXAMPLE), HOST, dovecot.user, str(directory / "history.db"),
        "--password-file", str(directory / "secret"), "--port", str(dovecot.port), "--plain",
        *arguments,
    ]  # fmt: skip


def run_imap(dovecot: DovecotImap, directory: Path, *arguments: str) -> str:
    """Run the recipe until all is taken; return what it says."""
    done = subprocess.run(
        imap(dovecot, directory, *arguments),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=_SECONDS,
        check=False,
    )
    assert ("", 0) == (done.stderr, done.returncode)
    return done.stdout


@contextlib.contextmanager
def mailbox(dovecot: DovecotImap) -> Iterator[imaplib.IMAP4]:
    """Look into the mailbox from outside."""
    with imaplib.IMAP4(HOST, dovecot.port, timeout=_SECONDS) as client:
        client.login(dovecot.user, dovecot.password)
        yield client


def count(dovecot: DovecotImap, folder: str, what: str) -> int:
    """Return how many mails of a folder are something."""
    with mailbox(dovecot) as client:
        if client.select(folder, readonly=True)[0] != "OK":
            return 0
        return len(client.search(None, what)[1][0].split())


@pytest.fixture(scope="module")
def dovecot() -> Iterator[DovecotImap]:
    """A Dovecot with a mailbox."""
    with dovecot_imap_running() as found:
        yield found


def test_imap(dovecot: DovecotImap, tmp_path: Path) -> None:
    """What is stored was seen, and is not read again; the next run takes what came since."""
    for mail in (bounce("a@x.example", number=11), ORDINARY, UNREAD):
        dovecot.deliver(mail)
    said = run_imap(dovecot, tmp_path, "--unread-dir", str(tmp_path / "unread"))
    assert [
        "report, 1 new, 0 known",
        "ordinary, 0 new, 0 known",
        "bounce-like, 0 new, 0 known",
    ] == [line.partition(": ")[2] for line in said.splitlines()]
    assert (3, 0) == (count(dovecot, "INBOX", "SEEN"), count(dovecot, "INBOX", "UNSEEN"))
    assert 1 == len(list((tmp_path / "unread" / "new").iterdir()))
    assert "" == run_imap(dovecot, tmp_path)
    dovecot.deliver(bounce("b@x.example", number=12))
    run_imap(dovecot, tmp_path)
    assert ["a@x.example", "b@x.example"] == recipients(tmp_path / "history.db")


def test_imap_moves(dovecot: DovecotImap, tmp_path: Path) -> None:
    """What is stored can be moved to another folder."""
    with mailbox(dovecot) as client:
        client.create('"Done bounces"')
    dovecot.deliver(bounce("c@x.example", number=13))
    before = count(dovecot, "INBOX", "ALL")
    run_imap(dovecot, tmp_path, "--move-to", "Done bounces")
    assert before - count(dovecot, "INBOX", "ALL") in {0, 1}
    assert 1 == count(dovecot, '"Done bounces"', "SEEN")


def test_imap_without_store(dovecot: DovecotImap, tmp_path: Path) -> None:
    """What cannot be stored stays unseen."""
    dovecot.deliver(bounce("d@x.example", number=14))
    command = imap(dovecot, tmp_path)
    command[4] = str(tmp_path / "nowhere" / "history.db")
    done = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=_SECONDS, check=False)
    assert os.EX_TEMPFAIL == done.returncode
    assert 1 == count(dovecot, "INBOX", "UNSEEN")
    run_imap(dovecot, tmp_path)
    assert 0 == count(dovecot, "INBOX", "UNSEEN")


def test_imap_waits(dovecot: DovecotImap, tmp_path: Path) -> None:
    """With IDLE what comes is stored as it comes."""
    with subprocess.Popen(
        imap(dovecot, tmp_path, "--idle"), stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        try:
            assert process.stdout is not None
            for number in (15, 16):
                dovecot.deliver(bounce(f"r{number}@x.example", number=number))
                assert process.stdout.readline().endswith(b": report, 1 new, 0 known\n")
        finally:
            process.kill()
    assert ["r15@x.example", "r16@x.example"] == recipients(tmp_path / "history.db")


def test_imap_mistakes(dovecot: DovecotImap, tmp_path: Path) -> None:
    """A wrong password and a folder that is not there are said, and end it."""
    for arguments in (["--folder", 'no "such" folder'], ["--password-file", os.devnull]):
        command = imap(dovecot, tmp_path, *arguments)
        done = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=_SECONDS, check=False)
        assert os.EX_UNAVAILABLE == done.returncode
        assert done.stderr.startswith(b"imap_bounces: ")
        assert 1 == done.stderr.count(b"\n")
