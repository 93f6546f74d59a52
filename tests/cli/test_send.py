"""`dsnlib send`: a message, its envelope, the dialogue and the results."""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, NoReturn

import pytest

from dsnlib.adapters.smtp_client import SmtpClient
from dsnlib.adapters.submission.fault import SubmissionFault
from dsnlib.cli.verbs import send
from tests.adapters.submission.neighbour import neighbour

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dsnlib.adapters.client.tls.policy import TlsPolicy
    from tests.adapters.submission.neighbour import Neighbour

MESSAGE = b"Subject: x\n\n.text\n"
SENT = b"Subject: x\r\n\r\n..text\r\n"
ENVELOPE = ("--from", "ann@example.org", "--to", "bob@example.net")


def run(server: Neighbour, *arguments: str) -> int:
    """Run the verb against a server."""
    return run_words("--server", server.nexthop, *arguments)


def run_words(*arguments: str) -> int:
    """Run the verb."""
    parser = argparse.ArgumentParser(prog="dsnlib send")
    send.add_arguments(parser)
    try:
        args = parser.parse_args(arguments)
        args.usage_error = parser.error
        return send.run(args)
    except SystemExit as exit_:
        return int(exit_.code or 0)


def refused(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what is said of a command line that makes no sense."""
    assert os.EX_USAGE == run_words(*arguments)
    out, error = capfd.readouterr()
    assert not out
    return error.splitlines()[-1].removeprefix("dsnlib send: error: ")


@pytest.fixture
def message(tmp_path: Path) -> str:
    """Return a file with a message."""
    file = tmp_path / "message.eml"
    file.write_bytes(MESSAGE)
    return str(file)


def commands(server: Neighbour) -> list[str]:
    """Return what a server was told of the envelope."""
    return [each for each in server.said if each[:4] in ("MAIL", "RCPT")]


def test_dialogue(message: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Both sides are shown, and a line for the recipient."""
    with neighbour() as server:
        code = run(server, message, *ENVELOPE)
    lines = capfd.readouterr().out.splitlines()

    assert os.EX_OK == code
    assert [SENT] == server.messages
    assert "<- 220 mx.example ESMTP" == lines[0]
    assert "-> RCPT TO:<bob@example.net>" in lines
    place = f"127.0.0.1[127.0.0.1]:{server.nexthop.rpartition(':')[2]}"
    assert lines[-1].startswith(f"<bob@example.net>: taken by {place}: 2.0.0 (end of data) 250 ")


def test_parameters(message: str) -> None:
    """Each recipient has its own, before those for all (RFC 3461 s4)."""
    with neighbour() as server:
        run(
            server, message, "-q", "-f", "<>",
            "--to", "bob@example.net NOTIFY=NEVER",
            "--to", "a@example.net, Eve <b@example.net> ORCPT=rfc822;c@example.net",
            "--notify", "success,FAILURE", "--ret", "hdrs", "--envid", "a b",
        )  # fmt: skip

    asked = "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;c@example.net"
    assert [
        f"MAIL FROM:<> SIZE={len(SENT) - 1} RET=HDRS ENVID=a+20b",
        "RCPT TO:<bob@example.net> NOTIFY=NEVER",
        f"RCPT TO:<a@example.net> {asked}",
        f"RCPT TO:<b@example.net> {asked}",
    ] == commands(server)


@pytest.mark.parametrize("orcpt", ["bo@example.net", "rfc822;bo@example.net"])
def test_original_recipient(message: str, orcpt: str) -> None:
    """--orcpt is an address, with its type or without."""
    with neighbour() as server:
        run(server, message, "-q", *ENVELOPE, "--orcpt", orcpt)

    assert ["RCPT TO:<bob@example.net> ORCPT=rfc822;bo@example.net"] == commands(server)[1:]


@pytest.mark.parametrize(
    ("replies", "code", "said"),
    [
        ({}, os.EX_OK, "taken by"),
        ({"EHLO": "250 mx"}, os.EX_OK, "taken, by a server without DSN by"),
        ({"RCPT": "550 5.1.1 Nobody"}, os.EX_UNAVAILABLE, "refused by"),
        ({"RCPT": "450 4.2.0 Later"}, os.EX_TEMPFAIL, "deferred by"),
        ({".": "554 5.6.0 No"}, os.EX_UNAVAILABLE, "5.6.0 (end of data)"),
        ({"": "421 4.3.2 Later"}, os.EX_TEMPFAIL, "4.3.2 (greeting)"),
        ({"RCPT": "550 5.1.1 \x1b[31m"}, os.EX_UNAVAILABLE, "�[31m"),
    ],
    ids=range(7),
)
def test_results(
    message: str,
    capfd: pytest.CaptureFixture[str],
    replies: Mapping[str, str],
    code: int,
    said: str,
) -> None:
    """A line for each recipient, and the code of `sysexits.h`; nothing acts on a terminal."""
    with neighbour(replies) as server:
        assert code == run(server, message, "--quiet", *ENVELOPE)
    [line] = capfd.readouterr().out.splitlines()

    assert said in line


def test_some_refused(message: str) -> None:
    """What lasts is told before what may pass."""
    replies = {"RCPT TO:<no@x>": "550 5.1.1 No", "RCPT TO:<later@x>": "450 4.2.0 Later"}
    with neighbour(replies) as server:
        codes = [
            run(server, message, "-q", *ENVELOPE, "--to", each)
            for each in ("no@x", "later@x", "no@x,later@x")
        ]

    assert [os.EX_UNAVAILABLE, os.EX_TEMPFAIL, os.EX_UNAVAILABLE] == codes


def test_json(message: str, capfd: pytest.CaptureFixture[str]) -> None:
    """An object for each recipient, with all that is known."""
    with neighbour({"RCPT TO:<no@x>": "550 5.1.1 Nobody\r"}) as server:
        run(server, message, "--json", *ENVELOPE, "--to", "no@x")
    bob, no = json.loads(capfd.readouterr().out)

    assert ("bob@example.net", True, "handed-on") == (
        bob["recipient"], bob["is_success"], bob["disposition"],
    )  # fmt: skip
    assert ("no@x", False, "failed", "5.1.1", 550, "RCPT", True) == tuple(
        no[name]
        for name in (
            "recipient", "is_success", "disposition", "status", "code", "command", "has_dsn",
        )
    )  # fmt: skip
    assert list(bob) == list(no)


def test_lmtp(message: str, capfd: pytest.CaptureFixture[str]) -> None:
    """With --lmtp the greeting is LHLO (RFC 2033)."""
    with neighbour({"LHLO": "250-mx\r\n250 DSN"}) as server:
        assert os.EX_OK == run(server, message, "--lmtp", "--hello", "me", *ENVELOPE)

    assert "LHLO me" == server.said[0]
    assert "-> LHLO me" in capfd.readouterr().out


def test_test_message() -> None:
    """Without a file a message is made, which says for whom it is."""
    with neighbour() as server:
        assert os.EX_OK == run(server, "-q", *ENVELOPE, "--to", "eve@example.net")
    [sent] = server.messages

    assert b"To: bob@example.net,\r\n eve@example.net\r\n" in sent
    assert b"From: ann@example.org\r\n" in sent


def test_standard_input(message: str) -> None:
    """`-` is standard input."""
    start = (
        "import argparse, sys; from dsnlib.cli.verbs import send; "
        "parser = argparse.ArgumentParser(); "
        "send.add_arguments(parser); args = parser.parse_args(); args.usage_error = parser.error; "
        "sys.exit(send.run(args))"
    )
    with neighbour() as server:
        words = [sys.executable, "-c", start, "-", "-q", "--server", server.nexthop, *ENVELOPE]
        subprocess.run(words, input=MESSAGE, check=True, capture_output=True, timeout=30)

    assert [SENT] == server.messages
    assert message


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--frob"], "unrecognized arguments: --frob"),
        (["--to", "a b"], "'a b' is no address"),
        (["--to", "bob@@x"], "'bob@@x' has more than one @"),
        (["--to", "<>"], "argument -t/--to: it names nobody"),
        (["--to", "<bob@x\r\nDATA>"], "'bob@x DATA' is no address"),
        (["--from", "a@x,b@x"], "argument -f/--from: it names more than one sender"),
        (["--notify", "NEVER,SUCCESS"], "NOTIFY: 'NEVER,SUCCESS' mixes NEVER with other keywords"),
        (["--notify", "SUCESS"], "NOTIFY: 'SUCESS' has the word 'SUCESS'"),
        (["--to", "b@x NOTIFY=SUCESS"], "NOTIFY: 'SUCESS' has the word 'SUCESS'"),
        (["--ret", "headers"], "argument -R/--ret: invalid choice: 'HEADERS'"),
        (["--envid", "a\tb"], "ENVID: "),
        (["--to", "a@x", "--orcpt", "c@x"], "argument --orcpt: of several recipients"),
        (["--tls", "always"], "argument --tls: invalid choice: 'always'"),
        (["--user", "ann"], "argument --user: only with --server"),
        (["--lmtp"], "argument --lmtp: only with --server"),
        (["--password-file", "x"], "argument --password-file: only with --user"),
        (["--to", "b@x FROB=1"], "FROB"),
    ],
    ids=range(17),
)
def test_usage(capfd: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    """A command line that makes no sense is one line: 64; nothing is sent."""
    given = () if words[0] == "--to" and len(words) == 2 else ENVELOPE

    found = refused(capfd, *given, *words)
    assert said in found


@pytest.mark.parametrize(
    ("octets", "code", "said"),
    [
        (None, os.EX_NOINPUT, "No such file or directory"),
        (b"", os.EX_DATAERR, "there is no message in it"),
        (b" \n", os.EX_DATAERR, "there is no message in it"),
        (b"x" * 2000, os.EX_DATAERR, "the message is longer than"),
    ],
)
def test_no_message(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    octets: bytes | None,
    code: int,
    said: str,
) -> None:
    """A file that is missing is 66; one without a message, or with too much, 65."""
    monkeypatch.setattr(send, "MESSAGE_OCTETS", 1000)
    file = tmp_path / "message"
    if octets is not None:
        file.write_bytes(octets)
    with neighbour() as server:
        assert code == run(server, str(file), *ENVELOPE)

    out, error = capfd.readouterr()
    assert not out
    assert error.startswith(f"dsnlib: {file}: ")
    assert said in error
    assert [] == server.said


def test_no_tls(message: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A server without TLS gets nothing at level encrypt: 75, and why."""
    with neighbour() as server:
        assert os.EX_TEMPFAIL == run(server, message, "-q", "--tls", "encrypt", *ENVELOPE)

    assert "deferred by" in (out := capfd.readouterr().out)
    assert "4.7.4 (STARTTLS)" in out
    assert [] == commands(server)


def test_login(message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A password goes to nobody whose certificate is not looked at, and is not shown."""
    secret = tmp_path / "secret"
    secret.write_text("pa55word\nmore\n", "utf-8")
    words = ("--user", "ann", "--password-file", str(secret), *ENVELOPE)
    with neighbour({"EHLO": "250-mx\r\n250 AUTH PLAIN"}) as server:
        assert os.EX_TEMPFAIL == run(server, message, *words)
    assert not any("AUTH" in each for each in server.said)
    assert "pa55word" not in "".join(capfd.readouterr())


def test_refused_login(message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The server's own words are in the result, and the secret is nowhere."""
    secret = tmp_path / "secret"
    secret.write_text("pa55word\n", "utf-8")
    words = ("--user", "ann", "--password-file", str(secret), "--tls", "may", *ENVELOPE)
    given = {"EHLO": "250-mx\r\n250 AUTH CRAM-MD5", "AUTH": "535 5.7.8 Not you"}
    for shown in ("--json", "--quiet"):
        with neighbour(given) as server:
            assert os.EX_TEMPFAIL == run(server, message, shown, *words)
        out = capfd.readouterr().out
        assert "pa55word" not in out
        if shown == "--json":
            [record] = json.loads(out)
            assert (535, ["Not you"]) == (record["code"], record["lines"])
            assert ("4.7.8", "AUTH") == (record["status"], record["command"])


@pytest.mark.parametrize(
    ("words", "level", "names"),
    [
        ((), "may", ("hostname",)),
        (("--tls-on-connect",), "encrypt", ("hostname",)),
        (("--user", "ann"), "secure", ("nexthop", "dot-nexthop")),
        (("--user", "ann", "--tls-on-connect"), "secure", ("nexthop", "dot-nexthop")),
        (("--user", "ann", "--tls", "verify"), "verify", ("hostname",)),
    ],
    ids=str,
)
def test_who_gets_a_password(
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    level: str,
    names: tuple[str, ...],
) -> None:
    """Whoever was named on the command line: the host of an MX may be anybody's choice."""
    asked: list[TlsPolicy] = []

    def to(*_: object, tls: TlsPolicy, **__: object) -> NoReturn:
        asked.append(tls)
        raise SubmissionFault(os.EX_SOFTWARE, "it is enough to be asked")

    monkeypatch.setattr(SmtpClient, "to", to)
    monkeypatch.setattr("getpass.getpass", lambda _: "pa55word")
    assert os.EX_SOFTWARE == run_words(message, "--server", "example.org", *words, *ENVELOPE)
    assert [(level, names)] == [(each.level.value, each.names) for each in asked]


@pytest.mark.parametrize("octets", [b"", b"\n", b"\xff\n", b"x" * 5000], ids=range(4))
def test_no_password(
    message: str, tmp_path: Path, octets: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """A file without a password is 65, one that is missing 66."""
    secret = tmp_path / "secret"
    words = ("--server", "[127.0.0.1]:1", "--user", "ann", "--password-file", str(secret))
    assert os.EX_NOINPUT == run_words(message, *words, *ENVELOPE)
    secret.write_bytes(octets)
    assert os.EX_DATAERR == run_words(message, *words, *ENVELOPE)
    assert f"{secret}: there is no password" in capfd.readouterr().err


def test_certificates_that_are_missing(message: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A file of authorities that cannot be read is 66."""
    words = ("--server", "[127.0.0.1]:1", "--ca-file", "/nonexistent", *ENVELOPE)

    assert os.EX_NOINPUT == run_words(message, *words)
    assert "/nonexistent: it cannot be read" in capfd.readouterr().err


def test_nobody_there(message: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A server that is not there is 75."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nexthop = f"[127.0.0.1]:{gone.getsockname()[1]}"

    assert os.EX_TEMPFAIL == run_words(message, "-q", "--server", nexthop, *ENVELOPE)
    assert "(connect)" in capfd.readouterr().out
