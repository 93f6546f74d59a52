"""Fuzz a whole session over a socket: octets in, replies out, until the client ends it.

Invariant.
- Whatever comes, in whatever pieces: what is said is whole replies, a greeting first,
  and nothing behind one that closes the session.
- There are no more replies than commands, but in LMTP, which every fourth length of input
  is; no error of ours is logged.
- When the session has ended there is no task, no connection and no file left, and
  what was promised with 250 is what has been handed over.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsnlib import SmtpReply
from dsnlib.adapters.server.listener import Listener, ServerLimits
from dsnlib.adapters.server.session import ServerSession
from dsnlib.adapters.server.state import ServerState
from fuzz.alphabet import expand
from fuzz.scratch import scratch_folder

if TYPE_CHECKING:
    from dsnlib.adapters.intake import ReceivedMessage

__all__ = ["PLACE", "READS", "SESSION", "TAKEN", "Intake", "check", "hold"]

READS = (
    "dsnlib.adapters.server.session",
    "dsnlib.adapters.server.connection",
    "dsnlib.adapters.server.data",
    "dsnlib.adapters.server.dialogue",
    "dsnlib.adapters.server.hello",
    "dsnlib.adapters.server.input",
    "dsnlib.adapters.server.mail",
    "dsnlib.adapters.server.receive",
    "dsnlib.adapters.server.state",
    "dsnlib.adapters.server.transaction",
    "dsnlib.adapters.server.verbs",
)

SESSION = (
    b"EHLO x\r\n", b"HELO x\r\n", b"MAIL FROM:<a@b.example>", b"MAIL FROM:<>\r\n", b"RSET\r\n",
    b"RCPT TO:<a@b.example>", b"DATA\r\n", b"\r\n.\r\n", b".\r\n", b"\n.\n", b"\r.\r", b"\r\n",
    b"BDAT 3\r\n", b"BDAT 0 LAST\r\n", b"BDAT 5 LAST\r\n", b"BDAT 1", b" LAST", b"NOOP\r\n",
    b"QUIT\r\n", b"VRFY x\r\n", b"HELP\r\n", b"ETRN x\r\n", b"STARTTLS\r\n", b"AUTH PLAIN ",
    b" RET=FULL", b" SIZE=99", b" BODY=8BITMIME", b" SMTPUTF8", b" NOTIFY=NEVER", b" ENVID=x",
    b" ORCPT=rfc822;a+2Bb", b"Subject: x\r\n\r\n", b"Received: x\r\n", b"x" * 300, b"..", b"\0",
    b"\r", b"\n", b"\xc3\xa9", b"\xff", b"<", b">", b" ", b"LHLO x\r\n",
)  # fmt: skip
_SECONDS = 10.0
TAKEN = SmtpReply.parse("250 2.0.0 Taken-by-the-intake")
_LMTP_EVERY = 4
_CLOSING = (221, 421, 521)
_LIMITS = ServerLimits(tarpit_seconds=0, memory_octets=200, hops=3, command_octets=500)
_FOLDER = scratch_folder()
# What every listener here has.
PLACE: dict[str, Any] = {
    "hostname": "mx.example.org", "limits": _LIMITS, "folder": Path(_FOLDER.name),
}  # fmt: skip
_RUNNER = asyncio.Runner()
atexit.register(_RUNNER.close)
_COMMAND_ENDS = re.compile(rb"\n|BDAT", re.IGNORECASE)


class Intake:
    """Takes every message, and keeps none."""

    def __init__(self) -> None:
        self.taken = 0

    async def accept(self, message: ReceivedMessage) -> SmtpReply:
        """Return 250."""
        assert message.content.read().startswith(b"Received: from ")
        assert message.envelope.recipients
        if message.content.path is not None:
            message.content.path.unlink()
        self.taken += 1
        return TAKEN


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(f"{record.getMessage()} {record.exc_info}")


_ERRORS = _Errors()
for _name in ("dsnlib", "asyncio", "mail.log"):
    logging.getLogger(_name).addHandler(_ERRORS)


def check(data: bytes) -> None:
    """Take one input as what a client sends, and assert the invariant."""
    octets = expand(data, SESSION)
    intake = Intake()
    is_lmtp = len(data) % _LMTP_EVERY == 0
    replies = hold(octets, Listener(intake=intake, is_lmtp=is_lmtp, **PLACE))
    told = sum(each == TAKEN for each in replies)
    assert replies[0].code == 220
    if is_lmtp:
        # One for each recipient (RFC 2033 s4.2).
        assert intake.taken <= told
    else:
        assert len(replies) <= len(_COMMAND_ENDS.findall(octets)) + 2
        assert intake.taken == told


def hold(octets: bytes, listener: Listener) -> list[SmtpReply]:
    """Hold a session, assert what is true of each, and return what the server says."""
    _ERRORS.seen.clear()
    said = _RUNNER.run(_talk(octets, listener))
    assert _ERRORS.seen == []
    assert list(Path(_FOLDER.name).iterdir()) == []
    # Whoever should have said who the client is, and has not, is told nothing.
    replies = _replies(said) if said or listener.proxy_seconds is None else []
    assert all(each.code not in _CLOSING for each in replies[:-1])
    return replies


async def _talk(octets: bytes, listener: Listener) -> bytes:
    """Send octets in three pieces, end the input, and return what the server says."""
    state = ServerState(listener)
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)  # noqa: FBT003  the argument has no name
    loop = asyncio.get_running_loop()
    await loop.connect_accepted_socket(lambda: ServerSession(state), theirs)
    reader, writer = await asyncio.open_connection(sock=ours)
    third = len(octets) // 3 + 1
    async with asyncio.timeout(_SECONDS):
        for place in range(0, len(octets), third):
            writer.write(octets[place : place + third])
            await asyncio.sleep(0)
        try:
            writer.write_eof()
            said = await reader.read()
        except OSError:
            said = await reader.read()
        writer.close()
        while state.sessions or state.tasks:
            await state.wait_change(_SECONDS)
    assert len(asyncio.all_tasks()) == 1
    return said


def _replies(said: bytes) -> list[SmtpReply]:
    assert said.endswith(b"\r\n"), said
    replies, lines = [], b""
    for line in said.splitlines(keepends=True):
        assert len(line) <= 512, line
        lines += line
        if line[3:4] == b" ":
            replies.append(SmtpReply.parse(lines))
            lines = b""
    assert lines == b"", lines
    return replies
