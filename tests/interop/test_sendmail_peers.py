"""Our sendmail beside Postfix's, in a shell and below the programs that people write mail with.

shell, mutt, s-nail, bsd-mailx  ->  Postfix's sendmail, Postfix               -> a hop
                                ->  ours, which talks to the hop              -> with
                                ->  ours, into the queue of a server of ours  -> DSN
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from dsnlib import parse_mail_parameters, parse_rcpt_parameters
from tests.interop.peers.hop import Hop, Transaction, hop_running
from tests.interop.peers.mailers import MAILERS, Letter, write_script
from tests.interop.peers.ours import ROOT, ours_running
from tests.interop.peers.peer import needed
from tests.interop.peers.postfix import postfix_running
from tests.interop.peers.running import HOST, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = ("relay", "queue")
LETTERS = {
    "nothing asked": Letter(subject="one", blind=("dee@far.example",)),
    "success,delay,failure": Letter(
        subject="two", notify="success,delay,failure", envid="id-1", ret="hdrs"
    ),
    "never": Letter(subject="three", notify="NEVER", ret="full", to=("bob@far.example",)),
    "an ENVID to be coded": Letter(subject="four", envid="a+b=c d", ret="HDRS"),
    "beyond US-ASCII": Letter(subject="five", body="grüße\n", notify="failure"),
}
# Who cannot say what: the parameters that it leaves out, by the options of sendmail.
UNSAID = {"shell": "", "mutt": "V", "s-nail": "", "bsd-mailx": "NVR"}
_ADDED = {"received", "date", "message-id"}
_GONE = "gone@far.example"


@attrs.frozen(kw_only=True)
class Ways:
    """All that runs.

    Args:
        hop: Where all mail goes.
        sendmails: The commands, by whose they are.
    """

    hop: Hop
    sendmails: dict[str, Path]

    def arrived(self, subject: str) -> Transaction:
        """Return the message with a subject, once it is there; it is taken from the hop."""

        def found() -> list[Transaction]:
            line = f"Subject: {subject}\r\n".encode()
            return [each for each in self.hop.taken if line in each.content]

        wait_for(found, what=f"{subject!r} at the hop")
        (taken,) = found()
        self.hop.taken.remove(taken)
        return taken


@pytest.fixture(scope="module")
def ways() -> Iterator[Ways]:
    """All servers at once: what takes time is to start them."""
    hop = Hop(answer=lambda to: "550 5.1.1 no" if to == _GONE else "250 2.1.5 fine")
    with contextlib.ExitStack() as stack:
        stack.enter_context(hop_running(hop))
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dsnlib-ways-")))
        postfix = stack.enter_context(postfix_running({"relayhost": f"[{HOST}]:{hop.port}"}))
        ours = stack.enter_context(ours_running(ways={"far.example": f"smtp:[{HOST}]:{hop.port}"}))
        config = directory / "relay.toml"
        config.write_text(
            f'myhostname = "here.example"\nsendmail_relay = "[{HOST}]:{hop.port}"\n', "utf-8"
        )
        scripts: dict[str, tuple[list[str | Path], dict[str, str]]] = {}
        scripts["postfix"] = ([postfix.peer.program("sendmail")], postfix.environment)
        for name, file in (("relay", config), ("queue", ours.config)):
            variables = {"DSNLIB_CONFIG": str(file), "PYTHONPATH": str(ROOT)}
            scripts[name] = ([sys.executable, "-m", "dsnlib", "sendmail"], variables)
        yield Ways(
            hop=hop,
            sendmails={
                name: write_script(directory / f"{name}-sendmail", command, variables)
                for name, (command, variables) in scripts.items()
            },
        )


@pytest.mark.parametrize("letter", LETTERS.values(), ids=LETTERS)
@pytest.mark.parametrize("mailer", MAILERS)
@pytest.mark.parametrize("whose", OURS)
def test_the_same_arrives(
    whose: str, mailer: str, letter: Letter, ways: Ways, tmp_path: Path
) -> None:
    """Envelope, parameters, header and body are as with Postfix's sendmail."""
    seen = []
    for name in ("postfix", whose):
        done = MAILERS[mailer](ways.sendmails[name], letter, tmp_path)
        assert (0, "") == (done.returncode, done.stderr)
        seen.append(ways.arrived(letter.subject))
    theirs, ours = seen

    assert _mail(theirs) == _mail(ours)
    assert _recipients(theirs) == _recipients(ours)
    assert _header(theirs) == _header(ours)
    assert _body(theirs) == _body(ours)
    # And both are what was asked for.
    said = dict.fromkeys("NVR", True) | dict.fromkeys(UNSAID[mailer], False)
    sender, ret, envid = _mail(ours)
    assert f"<{letter.sender}>" == sender
    assert (letter.envid if said["V"] and letter.envid else None) == envid
    assert (letter.ret.upper() if said["R"] and letter.ret else "None") == ret
    asked = {word.upper() for word in letter.notify.split(",") if word and said["N"]}
    assert {f"<{each}": asked for each in (*letter.to, *letter.blind)} == _recipients(ours)


@pytest.mark.parametrize("mailer", MAILERS)
def test_who_is_refused_is_told_of(mailer: str, ways: Ways, tmp_path: Path) -> None:
    """The program hears it by the exit status, and the other recipient has the letter."""
    letter = Letter(subject=f"half {mailer}", to=("bob@far.example", _GONE))

    done = MAILERS[mailer](ways.sendmails["relay"], letter, tmp_path)

    assert ("<bob@far.example>",) == ways.arrived(letter.subject).recipients
    statuses = {"shell": os.EX_NOUSER, "mutt": 1, "s-nail": 4, "bsd-mailx": 1}
    assert statuses[mailer] == done.returncode
    if mailer == "shell":
        assert f"sendmail: <{_GONE}>: " in done.stderr


@pytest.mark.parametrize(
    ("options", "has_letter"),
    [
        (["-N", "success,bogus"], True),
        (["-N", "never,success"], True),
        (["-V", "x" * 101], True),
        (["-V", ""], True),
        (["-R", "both"], True),
        (["-n"], False),
        (["-bx"], False),
        (["-f"], False),
    ],
    ids=lambda each: " ".join(each)[:20] if isinstance(each, list) else "",
)
@pytest.mark.parametrize("whose", OURS)
def test_options_that_are_wrong(
    whose: str,
    options: list[str],
    has_letter: bool,  # noqa: FBT001  a table
    ways: Ways,
) -> None:
    """What is passed over with a warning, and what is no use, is so with both.

    Postfix calls every fault one that may pass, 75; ours says what it is.
    """
    subject = " ".join(["wrong", whose, *options])[:40]
    seen, codes = [], []
    for name in ("postfix", whose):
        # An option without its value has to be the last one.
        words = ["-i", "-f", "ann@here.example", *options]
        words += ["--", "bob@far.example"] if has_letter or options == ["-n"] else []
        done = subprocess.run(
            [ways.sendmails[name], *words],
            input=f"Subject: {subject}\n\nhello\n",
            encoding="utf-8", check=False, capture_output=True, timeout=30,
        )  # fmt: skip
        assert done.stderr
        codes.append(done.returncode)
        if has_letter:
            taken = ways.arrived(subject)
            seen.append((_mail(taken), _recipients(taken)))

    assert ([0, 0] if has_letter else [os.EX_TEMPFAIL, os.EX_USAGE]) == codes
    assert seen[:1] == seen[1:]


def _mail(taken: Transaction) -> tuple[str, str, str | None]:
    path, _, words = taken.mail.strip().partition(" ")
    found = parse_mail_parameters(words, known={"SIZE", "BODY"})
    return path, str(found.ret), found.envid


def _recipients(taken: Transaction) -> dict[str, set[str]]:
    """Return what is asked for each; an ORCPT is none but the address itself."""
    found = {}
    for each in taken.recipients:
        address, _, words = each.partition(">")
        asked = parse_rcpt_parameters(words.strip())
        made_up = parse_rcpt_parameters(f"ORCPT=rfc822;{address.lstrip('<')}").orcpt
        assert asked.orcpt in {None, made_up}
        found[address] = set() if asked.notify is None else set(str(asked.notify).split(","))
    return found


def _header(taken: Transaction) -> list[tuple[str, str]]:
    """Return the fields, sorted, without the values of those that differ each time."""
    header = BytesHeaderParser(policy=default).parsebytes(taken.content)
    return sorted(
        (name.lower(), "" if name.lower() in _ADDED else str(value))
        for name, value in header.items()
        if name.lower() != "received"
    )


def _body(taken: Transaction) -> bytes:
    return taken.content.partition(b"\r\n\r\n")[2]


def test_programs_are_there() -> None:
    """The programs are those that were fetched."""
    for name in ("mutt", "s-nail", "bsd-mailx"):
        assert needed(name).program(name).is_file()
