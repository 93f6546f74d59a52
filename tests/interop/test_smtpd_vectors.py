"""The replay of transcripts tells agreement, choices and differences apart."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop.smtpd_choices import LABELS, label_of
from tests.interop.smtpd_vectors import SHARED, compare_folder, main

ROOT = Path(__file__).resolve().parent.parent.parent
# Lines of replies that may be otherwise, all by choice: docs/decisions/0011.
CHOSEN = 21
SHARE = 0.97

MAIN_CF = """\
myhostname = mail.site.test
mydestination = site.test
smtpd_client_restrictions = permit_mynetworks, reject
"""
MASTER_CF = """\
127.0.0.1:2525 inet n - n - - smtpd
127.0.0.1:2526 inet n - n - - smtpd
  -o soft_bounce=yes -o smtpd_discard_ehlo_keywords=dsn
  -o { smtpd_recipient_restrictions = check_recipient_access texthash:/etc/postfix/rcpt, permit }
2527 inet n - n - - smtpd
  -o cleanup_service_name=cleanhc -o smtpd_helo_required=yes
cleanhc unix n - n - 0 cleanup
  -o header_checks=pcre:/etc/postfix/checks
"""
EHLO = """\
S: 220 mail.site.test ESMTP
C: EHLO client.test
S: 250-mail.site.test
S: 250-PIPELINING
S: 250-SIZE 10240000
S: 250-VRFY
S: 250-ETRN
S: 250-ENHANCEDSTATUSCODES
S: 250-8BITMIME
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder for transcripts, with a configuration where it is looked for."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "main.cf").write_text(MAIN_CF, "utf-8")
    (config / "master.cf.extra").write_text(MASTER_CF, "utf-8")
    (config / "rcpt").write_text("no@site.test REJECT 5.1.1 nobody\n", "utf-8")
    (config / "checks").write_text("/^x-bad:/ REJECT 5.6.0 bad\n", "utf-8")
    found = tmp_path / "golden" / "smtpd"
    found.mkdir(parents=True)
    return found


def write(folder: Path, name: str, port: int, text: str) -> None:
    """Write a transcript."""
    (folder / f"{name}.txt").write_text(f"# port {port}\n{text}", "utf-8")


def results(folder: Path, *, over_socket: bool = False) -> dict[str, str]:
    """Return how each case went."""
    return {each.name: str(each) for each in compare_folder(folder, over_socket=over_socket)}


@pytest.mark.parametrize("over_socket", [False, True])
def test_sessions(folder: Path, over_socket: bool) -> None:  # noqa: FBT001  a parameter
    """Listeners have their own settings; each line is compared in its codes."""
    write(folder, "plain", 2525, EHLO + "S: 250-DSN\nS: 250-SMTPUTF8\nS: 250 CHUNKING\n")
    write(
        folder,
        "soft",
        2526,
        EHLO + "S: 250-SMTPUTF8\nS: 250 CHUNKING\nC: MAIL FROM:<a@b.test> RET=FULL\n"
        "S: 401 4.7.1 off\nC: MAIL FROM:<a@b.test>\nS: 250 2.1.0 ok\nC: RCPT TO:<no@site.test>\n"
        "S: 454 4.1.1 <no@site.test>: Recipient address rejected: nobody\n",
    )
    write(
        folder,
        "content",
        2527,
        "S: 220 x\nC: MAIL FROM:<a@b.test>\nS: 503 5.5.1 x\nC: HELO x\nS: 250 x\n"
        "C: MAIL FROM:<a@b.test>\nS: 250 2.1.0 x\nC: RCPT TO:<b@site.test>\nS: 250 2.1.5 x\n"
        "C: DATA\nS: 354 x\nC: X-Bad: y\n\nz\n.\nS: 550 5.6.0 bad\nC: QUIT\nS: 221 2.0.0 x\n"
        "C: NOOP\n",
    )

    found = results(folder, over_socket=over_socket)

    assert {name: f"{name}: agree" for name in ("plain", "soft", "content")} == found


def test_differences(folder: Path) -> None:
    """What is otherwise is told: a code, a status, a keyword, the words of a table."""
    write(folder, "code", 2525, "S: 220 x\nC: NOOP\nS: 251 2.0.0 x\n")
    write(folder, "status", 2525, "S: 220 x\nC: NOOP\nS: 250 2.1.0 x\n")
    write(folder, "keyword", 2525, EHLO + "S: 250-SMTPUTF8\nS: 250-DSN\nS: 250 CHUNKING\n")
    write(folder, "missing", 2525, "S: 220 x\nC: NOOP\n")
    write(
        folder,
        "words",
        2526,
        "S: 220 x\nC: MAIL FROM:<>\nS: 250 2.1.0 x\nC: RCPT TO:<no@site.test>\n"
        "S: 454 4.1.1 <no@site.test>: Recipient address rejected: somebody\n",
    )
    write(folder, "chosen", 2525, "S: 220 x\nC: MAIL FROM:<a@b> RET\nS: 555 5.5.4 x\n")
    write(folder, "port", 9999, "S: 220 x\n")

    found = results(folder)

    for name in ("code", "status", "keyword", "missing", "words", "port"):
        assert found[name].startswith(f"{name}: DIFFERS: "), found[name]
    assert "KeyError: 9999" in found["port"]
    assert found["chosen"].startswith("chosen: chosen: ")
    assert found["chosen"].endswith("[bare-keyword]")


def test_program(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The last line counts the lines of replies; more that differ than may is an error."""
    write(folder, "case", 2525, "S: 220 x\nC: NOOP\nS: 251 2.0.0 x\n")

    assert 1 == main([str(folder)])
    assert 0 == main([str(folder), "--misses", "1"])
    assert "1 of 2 agree" == capsys.readouterr().out.splitlines()[-1]


def test_no_transcripts(folder: Path) -> None:
    """A folder without transcripts proves nothing."""
    assert 1 == main([str(folder)])


@pytest.mark.parametrize(
    ("command", "expected", "actual", "label"),
    [
        ("RCPT TO:<x@y>", "554 5.1.0 a", "554 5.1.10 b", "null-mx"),
        ("MAIL FROM:<x@y> ENVID", "555 5.5.4 a", "501 5.5.4 b", "bare-keyword"),
        ("RCPT TO:<x@y> NOTIFY=never,Never", "250 2.1.5 a", "501 5.5.4 b", "never-twice"),
        ("MAIL FROM:<x@y> ENVID", "555 5.5.4 a", "250 2.1.0 b", None),
        ("MAIL FROM:<x@y> ENVID=a", "250 2.1.0 a", "501 5.5.4 b", None),
    ],
)
def test_label(command: str, expected: str, actual: str, label: str | None) -> None:
    """A choice has what was sent, what they answer and what we answer."""
    assert label == label_of(command, expected, actual)


@pytest.mark.shared
@pytest.mark.parametrize("over_socket", [False, True])
def test_shared_vectors(over_socket: bool) -> None:  # noqa: FBT001  a parameter
    """Of the lines of a running Postfix enough agree, and each other one is by choice."""
    folder = SHARED / "postfix" / "golden" / "smtpd"
    found = list(compare_folder(folder, over_socket=over_socket))
    lines = sum(each.lines for each in found)
    differences = [difference for each in found for difference in each.differences]

    assert CHOSEN >= len(differences)
    assert (lines - len(differences)) / lines >= SHARE
    assert [] == [str(each) for each in differences if each.label is None]


@pytest.mark.shared
def test_shared_vectors_elsewhere(tmp_path: Path) -> None:
    """The transcripts are replayed from any folder, by the command that the docs name."""
    copied = tmp_path / "cases"
    shutil.copytree(SHARED / "postfix" / "golden" / "smtpd", copied)
    command = [sys.executable, "-m", "tests.interop.smtpd_vectors", str(copied)]
    done = subprocess.run(
        [*command, "--misses", str(CHOSEN)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "DSNLIB_SHARED": str(SHARED)},
        timeout=120,
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.splitlines()[-1].endswith(" agree")


def test_choices_are_told() -> None:
    """Each label is explained in the decision, and the decision names no other."""
    text = (ROOT / "docs" / "decisions" / "0011-answering.md").read_text("utf-8")

    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", text, re.MULTILINE)) == set(LABELS)
