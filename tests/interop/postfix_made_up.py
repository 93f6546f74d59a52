"""Small cases of our own, laid out as Postfix's vectors are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.interop.postfix_case import read_case
from tests.interop.postfix_replay import Replayed, replay
from tests.interop.postfix_site import read_site

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SAID", "active", "line", "replayed", "told"]

STAMP = "Nov 22 10:00:00 mx postfix"
MAIN = """\
myhostname = mx.x.example
myorigin = x.example
mydestination = x.example
bounce_notice_recipient = pm@x.example
2bounce_notice_recipient = twice@x.example
delay_notice_recipient = late@x.example
"""
ALIASES = 'box: /var/box\nrun: "|/bin/true"\npostmaster: box\nteam: a@y.example, b@y.example\n'
VIRTUAL = "v@v.example a@y.example\n"
TRANSPORT = "final.example lmtpf:192.0.2.1\n"
MASTER = "lmtpf unix - - n - - lmtp\n  flags=X\n"
SAID = "host mx.y.example[192.0.2.1] said: 550 5.1.1 No (in reply to RCPT TO command)"
REACHED = "mx.y.example[192.0.2.1]:25"


def line(to: str, word: str, text: str, **more: str) -> str:
    """A line of the log; `more` are queue, agent, relay, dsn, original."""
    given = {"queue": "AAAAAA1", "agent": "smtp", "relay": REACHED, "dsn": "2.0.0"} | more
    original = f", orig_to=<{given['original']}>" if "original" in given else ""
    return (
        f"{STAMP}/{given['agent']}[1]: {given['queue']}: to=<{to}>{original}, "
        f"relay={given['relay']}, delay=0.1, delays=0/0/0/0, dsn={given['dsn']}, "
        f"status={word} ({text})\n"
    )


def active(queue: str = "AAAAAA1", sender: str = "ann@s.example") -> str:
    """The lines of a queue file that becomes active."""
    return (
        f"{STAMP}/cleanup[1]: {queue}: message-id=<m@x.example>\n"
        f"{STAMP}/qmgr[1]: {queue}: from=<{sender}>, size=400, nrcpt=1 (queue active)\n"
    )


def replayed(
    folder: Path,
    log: str,
    *recipients: str,
    mail: str = "<ann@s.example>",
    settings: str = "",
    hop: str = "",
) -> Replayed:
    """Return what we send of a case with this log; recipients with their parameters."""
    config = folder / "config"
    config.mkdir()
    files = {
        "main.cf": MAIN, "aliases": ALIASES, "virtual": VIRTUAL, "transport": TRANSPORT,
        "master.cf.extra": MASTER,
    }  # fmt: skip
    for name, text in files.items():
        (config / name).write_text(text)
    case = folder / "case"
    case.mkdir()
    commands = [f"MAIL FROM:{mail}", *(f"RCPT TO:{each}" for each in recipients)]
    session = "".join(f"C: {each}\nS: 250 2.1.0 Ok\n" for each in commands)
    session += "C: DATA\nS: 354 go\nC: .\nS: 250 2.0.0 Ok: queued as AAAAAA1\n"
    files = {"session.txt": session, "log.txt": log, "settings.txt": settings, "hop.txt": hop}
    for name, text in files.items():
        (case / name).write_text(text)
    (case / "input.eml").write_bytes(b"Subject: x\n\nHello.\n")
    return replay(read_case(case, read_site(config)))


def told(result: Replayed) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Whom we tell, and what of whom."""
    return [
        (each.notice.recipient, [group.key for group in each.notice.groups]) for each in result.sent
    ]
