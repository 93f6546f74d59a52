"""Postfix and Exim, set up by the lines that docs/guide/keep-a-history-of-bounces.md shows.

The command, the store and the users are those of the test; all else is as a reader copies it.
Skipped where the program was not fetched.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from dsnlib.bounces.links.verp import encode_verp
from tests.adapters.feeds.bounce_mails import bounce
from tests.interop.peers.exim import exim_running
from tests.interop.peers.postfix import postfix_running
from tests.interop.peers.running import free_port
from tests.interop.test_ingest_peers import directory, give, history, recipients, script, send

# What tests ask for by name.
__all__ = ["directory", "history", "script"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "keep-a-history-of-bounces.md"
SENDER = "list-bounces@lists.example.org"
_SECONDS = 30.0


def parts(heading: str, script: Path, history: Path) -> dict[str, str]:
    """Return what stands under each comment of the first block behind a heading."""
    _, found, rest = PAGE.read_text("utf-8").partition(f"### {heading}\n")
    assert found, heading
    block = rest.partition("```sh\n")[2].partition("```")[0]
    _, *pieces = re.split(r"(?m)^# (.+)\n", block)
    own = {
        "/usr/bin/dsnlib ingest": str(script),
        "/var/lib/bounces/history.db": str(history),
        "user=bounces": "user=nobody" if os.geteuid() == 0 else "",
        # This Exim has no privileges that it could change users by.
        "  user = bounces\n": "",
    }
    for said, ours in own.items():
        pieces = [piece.replace(said, ours) for piece in pieces]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def send_all(port: int) -> None:
    """Send two bounces: one to a return path of VERP, one to the bare address."""
    mail = bounce("bob@forwarded.example", to=SENDER)
    send(port, mail, encode_verp(SENDER, "ann@x.example"))
    send(port, bounce("eve@x.example", number=2, to=SENDER), SENDER)


def test_postfix(script: Path, history: Path) -> None:
    """Postfix hands over what comes to the return path, and the address with it."""
    give(history)
    lines = parts("A pipe from Postfix", script, history)
    table = history.parent / "bounces"
    table.write_text(lines["/etc/postfix/bounces"], "utf-8")
    main = lines["/etc/postfix/main.cf"].replace("/etc/postfix/bounces", str(table))
    settings = dict(line.split(" = ", 1) for line in main.splitlines())

    with postfix_running(settings, services=lines["/etc/postfix/master.cf"]) as postfix:
        send_all(postfix.port)
        postfix.wait_empty(_SECONDS)

    assert ["ann@x.example", "eve@x.example"] == sorted(recipients(history))


def test_exim(script: Path, history: Path) -> None:
    """So does Exim."""
    give(history)
    lines = parts("A pipe from Exim", script, history)

    with exim_running(
        next_port=free_port(), routers=lines["a router"], transports=lines["a transport"]
    ) as exim:
        send_all(exim.port)
        exim.wait_empty(_SECONDS)

    assert ["ann@x.example", "eve@x.example"] == sorted(recipients(history))
