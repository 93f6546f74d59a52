"""The programs of others that tests talk to: found, or skipped with the reason."""

from __future__ import annotations

import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.interop.peers import fetch
from tests.interop.peers import peer as peers
from tests.interop.peers.hop import Hop, hop_running
from tests.interop.peers.peer import needed, peer
from tests.interop.peers.running import answers, free_port, running

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = [
    ("postfix", "smtpd"),
    ("postfix", "smtp-source"),
    ("exim", "exim4"),
    ("opensmtpd", "smtpd"),
    ("dovecot", "auth"),
    ("dovecot", "lmtp"),
    ("opendkim", "opendkim"),
    ("haproxy", "haproxy"),
    ("mutt", "mutt"),
    ("s-nail", "s-nail"),
    ("bsd-mailx", "bsd-mailx"),
]


@pytest.mark.parametrize(("name", "program"), PROGRAMS, ids=["-".join(each) for each in PROGRAMS])
def test_has_its_libraries(name: str, program: str) -> None:
    """A program finds all its libraries, the system's and those that were fetched with it."""
    found = needed(name)
    path = found.program(program)
    shown = subprocess.run(
        ["ldd", path],  # noqa: S607  the system's own
        env=found.environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert [] == [line for line in shown.splitlines() if "not found" in line]


@pytest.mark.parametrize(("name", "program"), PROGRAMS, ids=["-".join(each) for each in PROGRAMS])
def test_gives_no_privileges(name: str, program: str) -> None:
    """Nothing that was fetched runs as anybody but its caller."""
    mode = needed(name).program(program).stat().st_mode

    assert 0 == mode & (stat.S_ISUID | stat.S_ISGID)


def test_what_was_not_fetched_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that needs a program says how to get it."""
    monkeypatch.setattr(peers, "is_there", lambda package: fetch.is_there(package, tmp_path))

    assert peer("postfix") is None
    with pytest.raises(pytest.skip.Exception, match=r"python -m tests\.interop\.peers\.fetch"):
        needed("postfix")


def test_without_apt_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a system without Debian's tools it is told what is missing."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SystemExit, match="peers: apt-get, apt-cache, dpkg-deb not found"):
        fetch.fetch(["postfix"], tmp_path / "peers")


def test_a_program_that_ends_says_why(tmp_path: Path) -> None:
    """What it printed is in the error."""
    port = free_port()
    command = ["/bin/sh", "-c", "echo the reason; exit 3"]

    with (
        pytest.raises(RuntimeError, match=r"(?s)ended with 3.*the reason"),
        running(command, is_up=answers(port), log=tmp_path / "log"),
    ):
        pytest.fail("it did not run")


def test_hop_writes_down_what_it_is_told() -> None:
    """Commands are kept octet for octet."""
    import smtplib

    with hop_running(Hop()) as hop, smtplib.SMTP("127.0.0.1", hop.port) as client:
        client.sendmail(
            "ann@example.org", ["bob@example.com"], b".dot\r\n", ["ENVID=a+2Bb"], ["notify=never"]
        )

        (taken,) = hop.taken
        assert "<ann@example.org>" in taken.mail
        assert "ENVID=a+2Bb" in taken.mail
        assert ("<bob@example.com> notify=never",) == taken.recipients
        assert b".dot\r\n" == taken.content
