"""`dsnlib serve`: a process that takes mail, delivers it, and stops cleanly."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pwd
import shutil
import signal
import smtplib
import socket
import socketserver
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from dsnlib import read_reports
from dsnlib.adapters.login.hashes import make_hash
from dsnlib.cli.exits import Exit
from dsnlib.cli.verbs import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 20.0
LISTEN = "[[listen]]\nport = 0\nsmtpd_peername_lookup = false\n"
MESSAGE = b"From: ann@example.org\r\nSubject: Minutes\r\n\r\nHere.\r\n"
# Starts the verb without the others.
START = (
    "import argparse, sys; from dsnlib.cli.verbs import serve; parser = argparse.ArgumentParser(); "
    "serve.add_arguments(parser); sys.exit(serve.run(parser.parse_args()))"
)
IS_ROOT = os.geteuid() == 0


def wait_for(condition: Callable[[], object]) -> None:
    """Return when something is so."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


class Running:
    """A server that runs in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.config = directory / "dsnlib.toml"
        self.ready_file = directory / "ready"
        self.log = directory / "stderr"
        self.process: subprocess.Popen[bytes] | None = None
        self.ready: dict[str, Any] = {}

    def write(self, text: str = "", listen: str = LISTEN) -> None:
        """Write the configuration."""
        self.config.write_text(
            'myhostname = "mx.example.org"\nmydestination = ["example.org"]\n'
            f'queue_directory = "{self.directory}/queue"\n'
            f'mail_spool_directory = "{self.directory}/mail"\n{text}\n{listen}',
            "utf-8",
        )

    def start(self, *arguments: str, env: dict[str, str] | None = None) -> None:
        """Start it, and return when it is ready."""
        command = [sys.executable, "-c", START, "--config", str(self.config)]
        command += ["--ready-file", str(self.ready_file), *arguments]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stderr=log, stdin=subprocess.DEVNULL, env=env
            )
        process = self.process
        wait_for(lambda: self.ready_file.exists() or process.poll() is not None)
        assert process.poll() is None, self.log.read_text("utf-8")
        self.ready = json.loads(self.ready_file.read_text("utf-8"))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop it, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(SECONDS)

    def client(self, index: int = 0) -> smtplib.SMTP:
        """Return a client of one of its listeners."""
        return smtplib.SMTP("127.0.0.1", self.port(index), "client.example", timeout=SECONDS)

    def port(self, index: int = 0) -> int:
        """Return the port of one of its listeners."""
        return int(self.ready["listeners"][index]["port"])

    def metrics(self) -> str:
        """Return the page for Prometheus."""
        place = f"http://{self.ready['metrics']}/metrics"
        with urllib.request.urlopen(place, timeout=SECONDS) as page:
            return str(page.read(), "utf-8")

    def mailbox(self, name: str) -> list[bytes]:
        """Return what is in a Maildir."""
        return [each.read_bytes() for each in sorted(self.directory.glob(f"mail/{name}/new/*"))]


@pytest.fixture
def server() -> Iterator[Running]:
    """Return a server that is started by the test, and stopped behind it."""
    # Below /tmp, so that another user can reach it.
    directory = Path(tempfile.mkdtemp(prefix="dsnlib-serve-"))
    directory.chmod(0o777 | stat.S_ISVTX)
    running = Running(directory)
    try:
        yield running
    finally:
        if running.process is not None and running.process.poll() is None:
            running.process.kill()
            running.process.wait(SECONDS)
        shutil.rmtree(directory)


def test_deliver_and_stop(server: Running) -> None:
    """Mail is delivered into a Maildir, failures are told, and SIGTERM ends it with 0."""
    server.write("log_format = 'json'\nmetrics_address = '127.0.0.1:0'\n")
    server.start("--allow-root")
    with server.client() as client:
        client.ehlo()
        assert client.has_extn("dsn")
        refused = client.sendmail(
            "ann@example.org", ["bob@example.org"], MESSAGE, ["RET=HDRS"], ["NOTIFY=SUCCESS"]
        )
        assert {} == refused
        wait_for(lambda: server.mailbox("ann"))
    (told,) = server.mailbox("ann")
    (report,) = read_reports(told)
    expected = (
        'dsnlib_messages_total{code="250",listener="plain"} 1.0',
        'dsnlib_notifications_total{kind="success"} 1.0',
        'dsnlib_sessions{listener="plain"} 0.0',
    )
    wait_for(lambda: all(line in server.metrics() for line in expected))
    idle = server.client()
    code = server.stop()
    farewell = idle.getreply()
    idle.close()

    assert ["delivered"] == [each.action and each.action.value for each in report.recipients]
    assert b"Subject: Minutes\n" in server.mailbox("bob")[0]
    assert (421, b"4.3.2") == (farewell[0], farewell[1][:5])
    assert Exit.FINE == code
    events = [json.loads(line) for line in server.log.read_text("utf-8").splitlines()]
    told_of = [each["event"] for each in events if "event" in each]
    delivery = next(each for each in events if each.get("event") == "delivery")
    assert "ready" == told_of[0]
    assert {"stopping", "stopped"} <= set(told_of)
    assert "stopped" == told_of[-1]
    assert ("bob@example.org", "2.0.0", "sent") == (
        delivery["to"],
        delivery["dsn"],
        delivery["status"],
    )


@pytest.mark.skipif(not IS_ROOT, reason="only root can become somebody else")
def test_privileges(server: Running) -> None:
    """Started by root, it runs as its user, who has all that was made."""
    entry = pwd.getpwnam("nobody")
    server.write(f"mail_owner = 'nobody'\nmaillog_file = '{server.directory}/maillog'\n")
    server.start()
    status = Path(f"/proc/{server.ready['process']}/status").read_text("utf-8")
    with server.client() as client:
        client.sendmail("", ["bob@example.org"], MESSAGE)
        wait_for(lambda: server.mailbox("bob"))
    assert Exit.FINE == server.stop(signal.SIGINT)

    assert f"\nUid:\t{entry.pw_uid}\t{entry.pw_uid}\t{entry.pw_uid}\t" in status
    assert f"\nGid:\t{entry.pw_gid}\t{entry.pw_gid}\t{entry.pw_gid}\t" in status
    for name in ("queue", "mail", "maillog"):
        assert entry.pw_uid == (server.directory / name).stat().st_uid
    assert "dsnlib/service[" in (server.directory / "maillog").read_text("utf-8")


def test_tls_and_reload(server: Running) -> None:
    """STARTTLS and implicit TLS have the certificate, and SIGHUP takes a new one."""
    authority = trustme.CA()
    path = server.directory / "both.pem"
    authority.issue_cert("first.example.org").private_key_and_cert_chain_pem.write_to_path(path)
    server.write(
        f"smtpd_tls_cert_file = '{path}'\nsmtpd_tls_security_level = 'may'\n",
        f"{LISTEN}{LISTEN}tls = 'implicit'\n",
    )
    server.start("--allow-root")
    context = ssl.create_default_context()
    authority.configure_trust(context)

    with server.client() as client:
        client._host = "first.example.org"  # type: ignore[attr-defined]  # what smtplib compares
        client.starttls(context=context)
        assert 250 == client.noop()[0]

    path.unlink()
    authority.issue_cert("second.example.org").private_key_and_cert_chain_pem.write_to_path(path)
    assert server.process is not None
    server.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "both.pem: read again" in server.log.read_text("utf-8"))
    with (
        socket.create_connection(("127.0.0.1", server.port(1)), SECONDS) as plain,
        context.wrap_socket(plain, server_hostname="second.example.org") as secure,
    ):
        assert secure.recv(100).startswith(b"220 mx.example.org")
    assert Exit.FINE == server.stop()


def test_submission(server: Running) -> None:
    """Who logs in over TLS may relay, by the relay host; who does not may not."""
    authority = trustme.CA()
    path = server.directory / "both.pem"
    authority.issue_cert("mx.example.org").private_key_and_cert_chain_pem.write_to_path(path)
    passwords = server.directory / "passwords"
    passwords.write_text(f"ann:{make_hash('secret', scheme='SCRYPT')}\n", "utf-8")
    passwords.chmod(0o600)
    server.write(
        f"smtpd_tls_cert_file = '{path}'\nsmtpd_tls_security_level = 'may'\n"
        f"smtpd_sasl_auth_enable = true\nsmtpd_sasl_path = '{passwords}'\nmynetworks = []\n"
        "transport_maps = 'inline:{ far.example=discard: }'\n",
        f"{LISTEN}profile = 'submission'\n",
    )
    server.start("--allow-root")
    context = ssl.create_default_context()
    authority.configure_trust(context)

    with server.client() as client:
        client._host = "mx.example.org"  # type: ignore[attr-defined]  # what smtplib compares
        client.ehlo()
        assert not client.has_extn("auth")
        client.starttls(context=context)
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.sendmail("ann@example.org", ["bob@far.example"], MESSAGE)
        with pytest.raises(smtplib.SMTPAuthenticationError) as wrong:
            client.login("ann", "wrong")
        client.login("ann", "secret")
        assert {} == client.sendmail("ann@example.org", ["bob@far.example"], MESSAGE)
    wait_for(lambda: "to=<bob@far.example>" in server.log.read_text("utf-8"))

    assert 554 == refused.value.recipients["bob@far.example"][0]
    assert (535, b"5.7.8") == (wrong.value.smtp_code, wrong.value.smtp_error[:5])
    assert Exit.FINE == server.stop()


def test_filter_away(server: Running) -> None:
    """A filter that is away is one line in the log, and the default action."""
    server.write("smtpd_milters = 'inet:127.0.0.1:1'\nmilter_default_action = 'tempfail'\n")
    server.start("--allow-root")
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        server.client()
    assert Exit.FINE == server.stop()

    log = server.log.read_text("utf-8")
    # RFC 5321 s4.3.2 has no 451 in place of a greeting.
    assert 421 == refused.value.smtp_code
    assert "inet:127.0.0.1:1" in log
    assert "Traceback" not in log


def test_policy_service(server: Running) -> None:
    """A policy service is asked about each recipient, and what it says is answered."""
    heard: list[bytes] = []

    class Service(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            question = b""
            for line in self.rfile:
                question += line
                if line == b"\n":
                    heard.append(question)
                    is_refused = b"recipient=eve@" in question
                    self.wfile.write(
                        b"action=450 4.7.1 later\n\n"
                        if is_refused
                        else b"action=\n\n"
                        if b"recipient=bad@" in question
                        else b"action=DUNNO\n\n"
                    )
                    question = b""

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Service) as service:
        service.daemon_threads = True
        port = service.server_address[1]
        threading.Thread(target=service.serve_forever, args=(0.01,), daemon=True).start()
        name = f"check_policy_service inet:127.0.0.1:{port}"
        server.write(f"smtpd_recipient_restrictions = '{name}'\n")
        server.start("--allow-root")
        with server.client() as client:
            client.ehlo()
            client.mail("ann@example.net")
            said = [client.rcpt(f"{who}@example.org") for who in ("bob", "eve", "bad")]
        assert Exit.FINE == server.stop()
        service.shutdown()

    assert [250, 450, 451] == [code for code, _ in said]
    assert b"4.7.1" in said[1][1]
    assert 3 == len(heard)
    assert b"protocol_state=RCPT\n" in heard[0]
    assert b"\nsender=ann@example.net\nrecipient=bob@example.org\n" in heard[0]


def test_ready_notification(server: Running) -> None:
    """The service manager hears when it is ready, alive, and stopping."""
    server.write()
    place = server.directory / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(place))
        sock.settimeout(SECONDS)
        environment = {**os.environ, "NOTIFY_SOCKET": str(place), "WATCHDOG_USEC": "1000000"}
        server.start("--allow-root", env=environment)
        heard = [sock.recv(1000).decode().split("\n")[0] for _ in range(3)]
        server.stop()
        with contextlib.suppress(TimeoutError):  # none is missing: the last one ends the loop
            while heard[-1] != "STOPPING=1":
                heard.append(sock.recv(1000).decode().split("\n")[0])

    assert {"READY=1", "WATCHDOG=1", "STOPPING=1"} == set(heard)


def test_sink(server: Running) -> None:
    """A sink takes everything and leaves nothing."""
    server.write("queue_type = 'memory'\n", "[[listen]]\nport = 0\nprofile = 'sink'\n")
    server.start("--allow-root")
    with server.client() as client:
        assert {} == client.sendmail("x@y.example", ["anybody@far.example"], MESSAGE)
        wait_for(lambda: "dsn=2.0.0, status=sent" in server.log.read_text("utf-8"))
    assert Exit.FINE == server.stop()
    assert not (server.directory / "queue").exists()


def test_second_server(server: Running) -> None:
    """Two servers of one queue, or of one port, are one too many: one line, 74."""
    server.write()
    server.start("--allow-root")
    other = Running(server.directory)
    command = [sys.executable, "-c", START, "--config", str(other.config), "--allow-root"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=SECONDS, check=False)
    assert Exit.IO_ERROR == done.returncode
    assert f"is in use by process {server.ready['process']}" in done.stderr.decode()
    assert 1 == done.stderr.count(b"dsnlib: ")

    server.config.write_text(
        server.config.read_text("utf-8").replace("port = 0", f"port = {server.port()}"), "utf-8"
    )
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=SECONDS, check=False)
    expected = (
        f"dsnlib: {server.config}:6: listen: port {server.port()} of 127.0.0.1 cannot be had: "
        "another program has it\n"
    )
    assert (Exit.IO_ERROR, expected) == (done.returncode, done.stderr.decode())


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the verb in this process."""
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    code = serve.run(parser.parse_args(arguments))
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("x = 1\n", Exit.BAD_DATA, ":5: x: there is no such key"),
        ("smtpd_tls_cert_file = '/no/such'\n", Exit.BAD_DATA, ":5: smtpd_tls_cert_file: /no/such"),
        ("mail_owner = 'no-such-user'\n", Exit.BAD_DATA, ":5: mail_owner: there is no user"),
        (
            "maillog_file = '/no/such/log'\n",
            Exit.BAD_DATA,
            ":5: maillog_file: /no/such/log cannot be",
        ),
        (
            "virtual_mailbox_base = '/dev/null'\n",
            Exit.BAD_DATA,
            ":5: virtual_mailbox_base: /dev/nul",
        ),
        ("metrics_address = '192.0.2.1:1'\n", Exit.IO_ERROR, ":5: metrics_address: port 1 of 192."),
    ],
)
def test_does_not_start(
    server: Running, capsys: pytest.CaptureFixture[str], text: str, code: Exit, message: str
) -> None:
    """What keeps it from starting is one line, and the right exit code."""
    server.write(text)
    found, _, err = run(capsys, "--config", str(server.config), "--allow-root")

    assert code == found
    assert message in err
    assert 1 == err.count("\n")


def test_check(server: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` looks at everything and begins nothing."""
    server.write()
    found = run(capsys, "--config", str(server.config), "--check")

    assert (Exit.FINE, f"{server.config}: fine\n", "") == found
    assert not (server.directory / "queue").exists()
    assert Exit.NO_INPUT == run(capsys, "--config", str(server.directory / "none"))[0]


@pytest.mark.skipif(not IS_ROOT, reason="only root can be told that it is root")
def test_root_is_refused(server: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """Root does not serve, unless it is told to."""
    server.write()
    code, _, err = run(capsys, "--config", str(server.config))

    assert Exit.BAD_DATA == code
    assert "toml: mail_owner: there is no user to become, and the server would stay root" in err
