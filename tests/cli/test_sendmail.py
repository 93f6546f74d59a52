"""`dsnlib sendmail`, as programs call it."""

from __future__ import annotations

import contextlib
import email
import os
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.submission import site
from dsnlib.cli import sendmail
from tests.adapters.submission.neighbour import Neighbour, neighbour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

LETTER = b"From: me\nTo: you\nDate: then\nMessage-ID: <x>\n\ntext\n"
SENT = LETTER.replace(b"\n", b"\r\n")
SERVE = (
    "import argparse, sys; from dsnlib.cli.verbs import serve; parser = argparse.ArgumentParser(); "
    "serve.add_arguments(parser); sys.exit(serve.run(parser.parse_args()))"
)
START = "import sys; from dsnlib.cli.sendmail import main; sys.exit(main())"


@contextlib.contextmanager
def standard_input(octets: bytes) -> Iterator[None]:
    """Let the process read octets as long as the block runs."""
    before = os.dup(0)
    with tempfile.TemporaryFile() as file:
        file.write(octets)
        file.seek(0)
        os.dup2(file.fileno(), 0)
    try:
        yield
    finally:
        os.dup2(before, 0)
        os.close(before)


class Host:
    """A host with a configuration, and a server that takes letters."""

    def __init__(self, directory: Path, server: Neighbour) -> None:
        self.config = directory / "dsnlib.toml"
        self.server = server
        self.write(f'sendmail_relay = "{server.nexthop}"')

    def write(self, text: str) -> None:
        """Write the configuration."""
        self.config.write_text(
            f'myhostname = "mx.example.org"\nmyorigin = "example.org"\n{text}\n', "utf-8"
        )

    def run(self, *words: str, letter: bytes = LETTER) -> int:
        """Run the command."""
        with standard_input(letter):
            return sendmail.main(["-C", str(self.config), *words])

    @property
    def commands(self) -> list[str]:
        """What the server was told of the envelope."""
        return [each for each in self.server.said if each[:4] in ("MAIL", "RCPT")]


@contextlib.contextmanager
def hosting(directory: Path, replies: Mapping[str, str] | None = None) -> Iterator[Host]:
    """Return a host as long as the block runs."""
    with neighbour(replies) as server:
        yield Host(directory, server)


def test_envelope(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What is asked for is in MAIL, and in RCPT for each (RFC 3461 s4)."""
    with hosting(tmp_path) as host:
        words = (
            "-i -f ann@example.net -N success,delay,failure -V id-1 -R hdrs -- bob eve@x.example"
        )
        code = host.run(*words.split())
        commands = host.commands

    asked = "NOTIFY=SUCCESS,FAILURE,DELAY"
    assert os.EX_OK == code
    assert [
        f"MAIL FROM:<ann@example.net> SIZE={len(SENT)} RET=HDRS ENVID=id-1",
        f"RCPT TO:<bob@example.org> {asked} ORCPT=rfc822;bob@example.org",
        f"RCPT TO:<eve@x.example> {asked} ORCPT=rfc822;eve@x.example",
    ] == commands
    assert [SENT] == host.server.messages
    assert ("", "") == capfd.readouterr()


@pytest.mark.parametrize(
    ("sender", "path"),
    [("", ""), ("<>", ""), ("ann", "ann@example.org"), ("Ann <a@b.example>", "a@b.example")],
)
def test_sender(tmp_path: Path, sender: str, path: str) -> None:
    """-f is an address, completed; nothing is the null path."""
    with hosting(tmp_path) as host:
        assert os.EX_OK == host.run("-f", sender, "bob")

    assert host.commands[0].startswith(f"MAIL FROM:<{path}> ")


@pytest.mark.requirement("5321-4.5.5-02")
def test_user_is_sender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without -f it is the user of the system, whose name is in From."""
    monkeypatch.delenv("NAME", raising=False)
    user = ("ann", "x", os.getuid(), 1, "Ann Ö. Other,room 7", "/", "/bin/sh")
    import pwd

    monkeypatch.setattr(pwd, "getpwuid", lambda _: pwd.struct_passwd(user))
    with hosting(tmp_path) as host:
        assert os.EX_OK == host.run("bob", letter=b"Subject: x\n\n")

    assert host.commands[0].startswith("MAIL FROM:<ann@example.org> ")
    message = email.message_from_bytes(host.server.messages[0])
    assert "=?utf-8?b?QW5uIMOWLiBPdGhlcg==?= <ann@example.org>" == message["From"]


def test_user_without_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom the system does not know has to say who sends: 71."""
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_001)
    with hosting(tmp_path) as host:
        assert os.EX_OSERR == host.run("bob")
        assert os.EX_OK == host.run("-f", "ann", "bob")


def test_recipients_of_the_header(
    tmp_path: Path,
) -> None:
    """-t adds them to those of the command line, each once; Bcc does not travel."""
    letter = (
        b'To: Bob <bob@example.net>,\n team: eve, "a b"@x.example;\nCc: bob@example.net\n'
        b"bcc: secret@x.example\n\ntext\n"
    )
    with hosting(tmp_path) as host:
        assert os.EX_OK == host.run("-t", "-f", "ann", "first", letter=letter)

    assert [
        "first@example.org", "bob@example.net", "eve@example.org", '"a b"@x.example',
        "secret@x.example",
    ] == [each[len("RCPT TO:<") :].rpartition(">")[0] for each in host.commands[1:]]  # fmt: skip
    assert b"secret" not in host.server.messages[0]


def test_resent(tmp_path: Path) -> None:
    """A letter that is sent again goes to whom the Resent- fields name (RFC 5322 s3.6.6)."""
    letter = b"Resent-To: eve\nTo: bob\n\ntext\n"
    with hosting(tmp_path) as host:
        assert os.EX_OK == host.run("-t", "-f", "ann", letter=letter)

    assert ["RCPT TO:<eve@example.org>"] == host.commands[1:]


def test_dots(tmp_path: Path) -> None:
    """A lone dot ends the letter, but with -i, -oi."""
    letter = LETTER + b".\nmore\n"
    with hosting(tmp_path) as host:
        for words in ((), ("-i",), ("-oi",)):
            assert os.EX_OK == host.run(*words, "-f", "ann", "bob", letter=letter)

    more = SENT + b"..\r\nmore\r\n"
    assert [SENT, more, more] == host.server.messages


def test_gateway(tmp_path: Path) -> None:
    """-G sends a letter as it is."""
    with hosting(tmp_path) as host:
        host.run("-G", "-f", "ann", "bob", letter=b"Bcc: eve\n\ntext\n")

    assert [b"Bcc: eve\r\n\r\ntext\r\n"] == host.server.messages


def test_utf8(tmp_path: Path) -> None:
    """A header or an address in UTF-8 is SMTPUTF8; a body 8BITMIME; Latin-1 is neither."""
    greets = {"EHLO": "250-mx\r\n250-8BITMIME\r\n250 SMTPUTF8"}
    with hosting(tmp_path, greets) as host:
        for letter, recipient in (
            ("Subject: grüße\n\n".encode(), "bob"),
            (b"Subject: x\n\n", "δ"),
            ("Subject: x\n\ngrüße\n".encode(), "bob"),
            ("Subject: grüße\n\n".encode("latin-1"), "bob"),
        ):
            assert os.EX_OK == host.run("-f", "ann", recipient, letter=letter)

    eight, utf8 = "BODY=8BITMIME", "SMTPUTF8"
    assert [[eight, utf8], [utf8], [eight], [eight]] == [
        each.split()[2:] for each in host.commands if each.startswith("MAIL")
    ]


def test_refusals(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Who is refused is told of, a line each; the others have the letter."""
    replies = {
        "RCPT TO:<no@example.org>": "550 5.1.1 Nobody \x1b[31m",
        "RCPT TO:<later@example.org>": "450 4.2.0 Later",
        "RCPT TO:<never@example.org>": "550 5.7.1 Not you",
    }
    with hosting(tmp_path, replies) as host:
        codes = [
            host.run("-f", "ann", "bob", *words.split())
            for words in ("no", "later", "never", "no later", "no later never")
        ]
        capfd.readouterr()
        host.run("-f", "ann", "bob", "no", "later")

    assert [os.EX_NOUSER, os.EX_TEMPFAIL, os.EX_UNAVAILABLE] == codes[:3]
    assert [os.EX_NOUSER, os.EX_UNAVAILABLE] == codes[3:]
    assert 6 == len(host.server.messages)
    assert (
        "sendmail: <no@example.org>: 550 5.1.1 Nobody ?[31m\n"
        "sendmail: <later@example.org>: 450 4.2.0 Later\n"
    ) == capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "letter", "code", "said"),
    [
        (["-Z"], LETTER, os.EX_USAGE, "there is no option -Z"),
        ([], LETTER, os.EX_USAGE, "there are no recipients"),
        (["-t"], b"Subject: x\n\n", os.EX_USAGE, "the message names no recipients"),
        (["-t"], b"To: a b\n\n", os.EX_DATAERR, "'a b' is no address"),
        (["bob smith"], LETTER, os.EX_DATAERR, "'bob smith' is no address"),
        (["<bob>\r\nRCPT TO:<eve>"], LETTER, os.EX_DATAERR, "two addresses"),
        (["<bob\r\nDATA>"], LETTER, os.EX_DATAERR, "is no address"),
        (["-f", "a,b", "bob"], LETTER, os.EX_USAGE, "-f names more than one sender"),
        (["bob"], b"A: " + b"x" * 3000 + b"\n\n", os.EX_DATAERR, "more than the 2000 octets"),
        (["-C", "/nonexistent", "bob"], LETTER, os.EX_NOINPUT, "/nonexistent: No such file"),
        (["-bd", "-C", "/nonexistent"], LETTER, os.EX_NOINPUT, "/nonexistent: No such file"),
        (["-bv"], LETTER, os.EX_USAGE, "there are no recipients"),
    ],
)
def test_bad_input(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    words: list[str],
    letter: bytes,
    code: int,
    said: str,
) -> None:
    """It is one clear line and the right code, and nothing is sent."""
    with hosting(tmp_path) as host:
        host.write(f'sendmail_relay = "{host.server.nexthop}"\nmessage_size_limit = 2000')
        found = host.run(*words, letter=letter)

    error = capfd.readouterr().err
    assert code == found
    assert error.startswith("sendmail: ")
    assert 1 == error.count("\n")
    assert said in error
    assert not host.server.messages


def test_bad_values_are_passed_over(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A bad -N, -V or -R is a warning, and the letter goes without it: 0."""
    with hosting(tmp_path) as host:
        code = host.run("-f", "ann", "-N", "sucess", "-V", "", "-R", "headers", "bob")

    assert os.EX_OK == code
    assert ["RCPT TO:<bob@example.org>"] == host.commands[1:]
    lines = capfd.readouterr().err.splitlines()
    assert ["-N 'sucess'", "-V ''", "-R 'headers'"] == [
        each.removeprefix("sendmail: warning: ").partition(" is passed over")[0] for each in lines
    ]


def test_server_without_dsn(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What cannot be asked for is told of."""
    with hosting(tmp_path, {"EHLO": "250 mx"}) as host:
        assert os.EX_OK == host.run("-f", "ann", "-N", "success", "bob")
        assert "passes on no requests" in capfd.readouterr().err
        assert os.EX_OK == host.run("-f", "ann", "bob")
    assert not capfd.readouterr().err


def test_queue_that_may_not_be_written(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Letters go to the server of this host then; where that is not there, both are told of."""
    with hosting(tmp_path) as host:
        host.write(f'queue_directory = "{tmp_path}"')
        monkeypatch.setattr(sendmail, "DEFAULT_RELAY", host.server.nexthop)
        assert os.EX_OK == host.run("-f", "ann", "bob")
        assert not capfd.readouterr().err
    assert os.EX_TEMPFAIL == host.run("-f", "ann", "bob")
    error = capfd.readouterr().err
    assert "cannot be reached: Connection refused" in error
    assert f"letters cannot be left in the queue {tmp_path}" in error


def test_defect(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours is 70, and shown."""
    monkeypatch.setattr(sendmail, "find_site", lambda _: 1 // 0)
    with hosting(tmp_path) as host:
        assert os.EX_SOFTWARE == host.run("bob")
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_closed_streams(tmp_path: Path) -> None:
    """Without standard output and error letters go, too."""
    with hosting(tmp_path, {"RCPT TO:<no@example.org>": "550 5.1.1 No"}) as host:
        script = f"{sys.executable} -c '{START}' -C {host.config} -f ann -v bob no >&- 2>&-"
        found = subprocess.run(["/bin/sh", "-c", script], input=LETTER, check=False, timeout=30)

    assert os.EX_NOUSER == found.returncode
    assert [SENT] == host.server.messages


def test_closed_input(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A letter that cannot be read is 74."""
    with hosting(tmp_path) as host, standard_input(b""):
        os.close(0)
        code = sendmail.main(["-C", str(host.config), "-f", "ann", "bob"])
        os.open(os.devnull, os.O_RDONLY)

    assert os.EX_IOERR == code
    assert "cannot be read" in capfd.readouterr().err


def test_verbose(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """-v shows the dialogue on standard error."""
    with hosting(tmp_path) as host:
        host.run("-v", "-f", "ann", "bob")
    out, error = capfd.readouterr()

    assert not out
    assert "C: EHLO mx.example.org\n" in error
    assert "S: 250 2.0.0 Taken\n" in error


def test_verify(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """-bv asks, and sends nothing."""
    with hosting(tmp_path, {"RCPT TO:<no@example.org>": "550 5.1.1 Nobody"}) as host:
        assert os.EX_OK == host.run("-bv", "bob")
        assert os.EX_NOUSER == host.run("-bv", "bob", "no")
    lines = capfd.readouterr().out.splitlines()

    assert "<bob@example.org>: deliverable: 250 2.1.5 Fine" == lines[0]
    assert "<no@example.org>: undeliverable: 550 5.1.1 Nobody" == lines[2]
    assert not host.server.messages


def test_verify_by_tables(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Without a relay the tables of the site answer."""
    with hosting(tmp_path) as host:
        (tmp_path / "users").write_text("bob x\n", "utf-8")
        host.write(
            f'mydestination = ["example.org"]\nmail_spool_directory = "{tmp_path}"\n'
            f'local_recipient_maps = ["texthash:{tmp_path}/users"]\nrelayhost = "[192.0.2.1]"\n'
            f'queue_directory = "{tmp_path}"\n[[listen]]\nport = 0'
        )
        codes = [host.run("-bv", each) for each in ("bob", "eve", "x@elsewhere.example")]
    lines = capfd.readouterr().out.splitlines()

    assert [os.EX_OK, os.EX_NOUSER, os.EX_OK] == codes
    assert "<bob@example.org>: deliverable: by local:example.org" == lines[0]
    assert "<eve@example.org>: undeliverable: there is no such address" == lines[1]
    assert "<x@elsewhere.example>: deliverable: by smtp:[192.0.2.1]" == lines[2]


def test_queue(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Where the queue's directory can be written to a letter is left there."""
    drop = tmp_path / "queue" / "maildrop"
    drop.mkdir(parents=True)
    with hosting(tmp_path) as host:
        host.write(f'queue_directory = "{tmp_path}/queue"')
        assert os.EX_OK == host.run("-f", "ann", "-N", "never", "-v", "bob")
    [file] = drop.iterdir()

    assert [
        f"MAIL FROM:<ann@example.org> SIZE={len(SENT)}",
        "RCPT TO:<bob@example.org> NOTIFY=NEVER ORCPT=rfc822;bob@example.org",
        "DATA",
    ] == file.read_bytes()[: -len(SENT)].decode().splitlines()
    assert SENT == file.read_bytes()[-len(SENT) :]
    assert f"as {file.name}" in capfd.readouterr().err
    assert not host.server.said


def run_process(
    directory: Path, *words: str, given: bytes, name: str = "sendmail"
) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own."""
    script = directory / name
    script.write_text(START, "utf-8")
    environment = {**os.environ, "DSNLIB_CONFIG": str(directory / "dsnlib.toml")}
    return subprocess.run(
        [sys.executable, str(script), *words],
        input=given,
        capture_output=True,
        timeout=30,
        env=environment,
        check=False,
    )


def test_session_with_relay(tmp_path: Path) -> None:
    """-bs carries a session to the relay as it is."""
    spoken = b"EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nA: 1\r\n\r\n.\r\nQUIT\r\n"
    with hosting(tmp_path) as host:
        found = run_process(tmp_path, "-bs", given=spoken)

    assert os.EX_OK == found.returncode
    assert found.stdout.startswith(b"220 mx.example ESMTP\r\n250-mx.example\r\n")
    assert found.stdout.endswith(b"250 2.0.0 Taken\r\n221 2.0.0 Bye\r\n")
    assert [b"A: 1\r\n\r\n"] == host.server.messages


def test_session_with_queue(tmp_path: Path) -> None:
    """Without a relay it is with the reference server, and each letter is left (RFC 3461)."""
    drop = tmp_path / "queue" / "maildrop"
    drop.mkdir(parents=True)
    with hosting(tmp_path) as host:
        host.write(f'queue_directory = "{tmp_path}/queue"')
        spoken = (
            b"EHLO me\r\nMAIL FROM:<a@b> RET=HDRS ENVID=x\r\nRCPT TO:<c@d> NOTIFY=NEVER\r\n"
            b"DATA\r\nA: 1\r\n\r\n..\r\n.\r\nQUIT\r\n"
        )
        found = run_process(tmp_path, "-bs", given=spoken)
        ended = run_process(tmp_path, "-bs", given=b"EHLO me\r\n")
    [file] = drop.iterdir()

    assert (os.EX_OK, b"") == (found.returncode, found.stderr)
    assert os.EX_OK == ended.returncode
    assert b"250-DSN\r\n" in found.stdout
    lines = file.read_bytes().split(b"\r\n")
    assert [
        b"MAIL FROM:<a@b> BODY=7BIT RET=HDRS ENVID=x",
        b"RCPT TO:<c@d> NOTIFY=NEVER",
        b"DATA",
    ] == lines[:3]
    assert [b"A: 1", b"", b".", b""] == lines[-4:]


def test_session_with_limits(tmp_path: Path) -> None:
    """SIZE is what the site takes, and more of it is left for nobody (RFC 1870 s4)."""
    drop = tmp_path / "queue" / "maildrop"
    drop.mkdir(parents=True)
    with hosting(tmp_path) as host:
        host.write(f'queue_directory = "{tmp_path}/queue"\nmessage_size_limit = 300')
        spoken = (
            b"EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"
            + b"x" * 250
            + b"\r\n.\r\nQUIT\r\n"
        )
        found = run_process(tmp_path, "-bs", given=spoken)

    assert b"250-SIZE 300\r\n" in found.stdout
    assert b"\r\n552 5.3.4 " in found.stdout
    assert [] == list(drop.iterdir())


def test_completed_letter_is_too_large(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What is added counts: the server would set the letter aside, and tell nobody."""
    drop = tmp_path / "queue" / "maildrop"
    drop.mkdir(parents=True)
    with hosting(tmp_path) as host:
        host.write(f'queue_directory = "{tmp_path}/queue"\nmessage_size_limit = 300')
        assert os.EX_DATAERR == host.run("bob", letter=b"Subject: x\n\n" + b"y" * 280 + b"\n")
        assert os.EX_OK == host.run("bob", letter=b"Subject: x\n\ny\n")

    assert "more than the 300 octets" in capfd.readouterr().err
    assert 1 == len(list(drop.iterdir()))


def test_session_without_relay(tmp_path: Path) -> None:
    """Whoever wants to speak hears 421 where nobody is there: 75."""
    with hosting(tmp_path) as host:
        host.write('sendmail_relay = "unix:/nonexistent"')
        found = run_process(tmp_path, "-bs", given=b"QUIT\r\n")

    assert os.EX_TEMPFAIL == found.returncode
    assert found.stdout.startswith(b"421 4.3.2 ")


def test_names(tmp_path: Path) -> None:
    """The name of the command chooses: `mailq` lists, `newaliases` does nothing."""
    with hosting(tmp_path) as host:
        host.write(f'queue_directory = "{tmp_path}/none"\n[[listen]]\nport = 0')
        assert os.EX_OK == run_process(tmp_path, given=b"", name="newaliases").returncode
        listed = run_process(tmp_path, given=b"", name="mailq")

    assert b"is no queue" in listed.stderr
    assert os.EX_NOINPUT == listed.returncode


def test_start_is_light(tmp_path: Path) -> None:
    """To send a letter, nothing is loaded that takes longer than all of it."""
    heavy = {"asyncio", "attr", "babel", "email", "email_validator", "ssl", "dns"}
    probe = (
        "import sys; from dsnlib.cli.sendmail import main; code = main(sys.argv[1:]);"
        "print(code, *sorted({each.partition('.')[0] for each in sys.modules}))"
    )
    with hosting(tmp_path) as host:
        words = [sys.executable, "-c", probe, "-C", str(host.config), "-f", "ann", "bob"]
        found = subprocess.run(words, input=LETTER, capture_output=True, timeout=30, check=True)
    code, *modules = found.stdout.decode().split()

    assert "0" == code
    assert set() == heavy & set(modules)


def test_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """-bd becomes `dsnlib serve`, which needs a configuration: 64 without."""
    began: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, words: began.append(words))
    monkeypatch.setattr(site, "_USUAL", "/nonexistent")
    monkeypatch.delenv("DSNLIB_CONFIG", raising=False)
    assert os.EX_USAGE == sendmail.main(["-bd"])
    with hosting(tmp_path) as host:
        host.run("-bd", "-q30m")

    assert [["-m", "dsnlib", "serve", "--config", str(host.config)]] == [
        words[1:] for words in began
    ]


def test_server_picks_up(tmp_path: Path) -> None:
    """A letter that is left for a running server is delivered, through its aliases."""
    (tmp_path / "virtual").write_text("team@example.org bob@example.org\n", "utf-8")
    config = tmp_path / "dsnlib.toml"
    config.write_text(
        'myhostname = "mx.example.org"\nmydestination = ["example.org"]\n'
        f'queue_directory = "{tmp_path}/queue"\nmail_spool_directory = "{tmp_path}/mail"\n'
        f'virtual_alias_maps = ["texthash:{tmp_path}/virtual"]\n'
        "[[listen]]\nport = 0\nsmtpd_peername_lookup = false\n",
        "utf-8",
    )
    command = [sys.executable, "-c", SERVE, "--config", str(config), "--allow-root"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as server:
        try:
            drop = tmp_path / "queue" / "maildrop"
            wait_for(drop.is_dir, server)
            with standard_input(LETTER):
                words = [
                    "-C",
                    str(config),
                    "-f",
                    "ann@example.org",
                    "-N",
                    "never",
                    "team@example.org",
                ]
                assert os.EX_OK == sendmail.main(words)
            wait_for(lambda: list(tmp_path.glob("mail/bob/new/*")), server)
        finally:
            server.terminate()
            server.communicate(timeout=30)
    [delivered] = tmp_path.glob("mail/bob/new/*")

    assert 0 == server.returncode
    assert [] == list(drop.iterdir())
    assert b"Delivered-To: bob@example.org" in delivered.read_bytes()


def wait_for(condition: Callable[[], object], server: subprocess.Popen[bytes]) -> None:
    """Return when something is so, as long as the server runs."""
    end = time.monotonic() + 20
    while not condition():
        assert server.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)


def test_help(capfd: pytest.CaptureFixture[str]) -> None:
    """--help tells of all options that do something."""
    assert os.EX_OK == sendmail.main(["--help"])
    out = capfd.readouterr().out

    assert all(f"-{letter}" in out for letter in "fFtiNVRBOGCvq")
