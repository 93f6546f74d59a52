"""Any stream of commands has right replies: one for each, and what they promise is kept.

The machine knows what RFC 5321 s4.1.4 says of the order of commands, and talks to the
session over a transport in memory.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dsnlib.adapters.server.listener import Listener, ServerLimits
from dsnlib.adapters.server.session import ServerSession
from dsnlib.adapters.server.state import ServerState
from dsnlib.model.reply import SmtpReply
from tests.adapters.server.talk import KeepingIntake
from tests.interop.smtpd_session import MemoryTransport

if TYPE_CHECKING:
    from collections.abc import Coroutine

_SECONDS = 10.0
LIMITS = ServerLimits(tarpit_seconds=0, hard_errors=0, junk_commands=0, recipients=3)
CLOSING = (221, 421, 521)


class _Peer:
    """A session in memory, and what it says."""

    def __init__(self, limits: ServerLimits = LIMITS) -> None:
        self.intake = KeepingIntake()
        self.runner = asyncio.Runner()
        self.records: list[logging.LogRecord] = []
        self.reader = self.run(self._begin(limits))

    async def _begin(self, limits: ServerLimits) -> asyncio.StreamReader:
        reader = asyncio.StreamReader()
        listener = Listener(hostname="mx.example.org", intake=self.intake, limits=limits)
        self.state = ServerState(listener)
        self.session = ServerSession(self.state)
        self.transport = MemoryTransport(self.session, reader)
        self.session.connection_made(self.transport)
        return reader

    def run(self, work: Coroutine[object, object, asyncio.StreamReader]) -> asyncio.StreamReader:
        return self.runner.run(work)

    def send(self, octets: bytes) -> SmtpReply | None:
        """Send octets and return one reply, or `None` at the end."""

        async def talk() -> SmtpReply | None:
            if octets and not self.transport.is_closing():
                self.session.data_received(octets)
            return await self._read()

        return self.runner.run(talk())

    async def _read(self) -> SmtpReply | None:
        lines: list[bytes] = []
        async with asyncio.timeout(_SECONDS):
            while not lines or lines[-1][3:4] == b"-":
                line = await self.reader.readline()
                if not line:
                    return None
                assert len(line) <= 512
                lines.append(line)
        return SmtpReply.parse(b"".join(lines))

    def rest(self, octets: bytes) -> bytes:
        """Send octets, end the input, and return all that is said."""

        async def talk() -> bytes:
            if not self.transport.is_closing():
                self.session.data_received(octets)
            self.session.eof_received()
            async with asyncio.timeout(_SECONDS):
                return await self.reader.read()

        return self.runner.run(talk())

    def close(self) -> None:
        """End the session; nothing may be left of it."""

        async def end() -> None:
            self.session.abort()
            for _ in range(3):
                await asyncio.sleep(0)
            assert not self.state.sessions
            assert len(asyncio.all_tasks()) == 1

        self.runner.run(end())
        self.runner.close()


class _SessionMachine(RuleBasedStateMachine):
    """What a client may do, and what it has to hear."""

    def __init__(self) -> None:
        super().__init__()
        self.begin()

    def begin(self) -> None:
        self.peer = _Peer()
        assert self.peer.send(b"") == SmtpReply(220, None, ("mx.example.org ESMTP",))
        self.has_helo = False
        self.has_mail = False
        self.recipients = 0
        self.has_chunks = False
        self.taken = 0

    def say(self, text: str, *expected: int) -> None:
        reply = self.peer.send(text.encode() + b"\r\n")
        assert reply is not None
        assert reply.code in expected, (text, str(reply))
        is_status_due = reply.code // 100 != 3 and text[:4].upper() not in ("EHLO", "HELO", "ETRN")
        assert (reply.status is not None) == is_status_due

    def forget(self) -> None:
        self.has_mail = self.has_chunks = False
        self.recipients = 0

    @rule(verb=st.sampled_from(["EHLO", "HELO", "ehlo"]))
    def hello(self, verb: str) -> None:
        self.say(f"{verb} client.example", 250)
        self.has_helo = True
        self.forget()

    @rule(
        path=st.sampled_from(["<>", "<ann@example.org>", '<"a b"@example.org>']),
        words=st.sampled_from(["", " RET=FULL", " SIZE=5 BODY=8BITMIME", " ENVID=x+2Bx"]),
    )
    def mail(self, path: str, words: str) -> None:
        is_time = self.has_helo and not self.has_mail
        self.say(f"MAIL FROM:{path}{words}", 250 if is_time else 503)
        self.has_mail |= is_time

    @rule(words=st.sampled_from(["", " FOO", " RET=NO", " ENVID=+", " SIZE=x", " NOTIFY=NEVER"]))
    def bad_mail(self, words: str) -> None:
        self.say(f"MAIL FROM:<a b>{words}", 501, 503)

    @rule(words=st.sampled_from(["", " NOTIFY=SUCCESS,DELAY", " ORCPT=rfc822;x"]))
    def rcpt(self, words: str) -> None:
        expected = 503 if not self.has_mail else 452 if self.recipients == 3 else 250
        self.say(f"RCPT TO:<bob@example.com>{words}", expected)
        self.recipients += expected == 250

    @rule(words=st.sampled_from(["<> ", "<a", "x y", "<a@b> NOTIFY=NEVER,DELAY", "<a@b> RET=FULL"]))
    def bad_rcpt(self, words: str) -> None:
        self.say(f"RCPT TO:{words}", 501, 503, 555)

    @rule(text=st.sampled_from([b"", b"..\r\n", b"a\r\n", b"a\nb\r\n", b"x" * 5000 + b"\r\n"]))
    def data(self, text: bytes) -> None:
        if not self.recipients or self.has_chunks:
            self.say("DATA", 503 if not self.has_mail or self.recipients else 554)
            return
        self.say("DATA", 354)
        is_bad = b"\n" in text.replace(b"\r\n", b"")
        self.say((text + b".").decode(), 550 if is_bad else 250)
        self.taken += not is_bad
        self.forget()

    @rule(octets=st.sampled_from([b"", b"a\r\n", b"QUIT\r\n.\r\n"]), is_last=st.booleans())
    def chunk(self, octets: bytes, is_last: bool) -> None:  # noqa: FBT001  drawn
        self.peer.session.data_received(f"BDAT {len(octets)}{' LAST' * is_last}\r\n".encode())
        reply = self.peer.send(octets)
        assert reply is not None
        expected = 250 if self.recipients else 554 if self.has_mail else 503
        assert expected == reply.code
        if self.recipients:
            self.has_chunks = True
            if is_last:
                self.taken += 1
                self.forget()

    @rule()
    def rset(self) -> None:
        self.say("RSET", 250)
        self.forget()

    @rule(
        text=st.sampled_from(
            ["", "NOOP", "VRFY x", "HELP", "FOO", "STARTTLS", "AUTH PLAIN", "RSET x", "QUIT x"]
        )
    )
    def others(self, text: str) -> None:
        self.say(text, 250, 252, 214, 500, 501, 502, 503)

    @rule()
    def quit(self) -> None:
        self.say("QUIT", 221)
        assert self.peer.send(b"NOOP\r\n") is None
        self.peer.close()
        self.begin()

    @invariant()
    def what_is_promised_is_kept(self) -> None:
        assert self.taken == len(self.peer.intake.messages)

    def teardown(self) -> None:
        self.peer.close()


TestSession = _SessionMachine.TestCase
TestSession.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


class _Errors(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage())


COMMANDS = st.sampled_from(
    [
        b"EHLO x\r\n", b"HELO x\r\n", b"MAIL FROM:<a@b>\r\n", b"MAIL FROM:<>\r\n", b"RSET\r\n",
        b"RCPT TO:<a@b>\r\n", b"DATA\r\n", b".\r\n", b"x\r\n.\r\n", b"\n.\n", b"QUIT\r\n",
        b"BDAT 3\r\n", b"BDAT 0 LAST\r\n", b"BDAT 99999999999999999999 LAST\r\n", b"BDAT\r\n",
        b"AUTH PLAIN =\r\n", b"STARTTLS\r\n", b"*\r\n", b"XCLIENT ADDR=1.2.3.4\r\n", b"ETRN\r\n",
        b"MAIL FROM:<a@b> SMTPUTF8\r\n", b"RCPT TO:<\xc3\xa9@b>\r\n", b"\r\n", b"\r", b"\n", b"\0",
    ]
)  # fmt: skip
STREAMS = st.lists(st.one_of(COMMANDS, COMMANDS, st.binary(max_size=20))).map(b"".join)


@settings(max_examples=150, deadline=None)
@given(STREAMS)
def test_any_octets(octets: bytes) -> None:
    """Whatever octets come, what is said is replies, and the session ends cleanly."""
    handler = _Errors()
    logging.getLogger("dsnlib").addHandler(handler)
    try:
        peer = _Peer()
        said = peer.rest(octets)
        peer.close()
    finally:
        logging.getLogger("dsnlib").removeHandler(handler)

    assert [] == handler.seen
    assert said.startswith(b"220 mx.example.org ESMTP\r\n")
    assert said.endswith(b"\r\n")
    reply: list[bytes] = []
    count = 0
    for line in said.splitlines(keepends=True):
        reply.append(line)
        if line[3:4] == b" ":
            found = SmtpReply.parse(b"".join(reply))
            count += 1
            reply.clear()
            if found.code in CLOSING:
                assert said.endswith(line)
    assert [] == reply
    assert count <= octets.count(b"\n") + octets.count(b"BDAT") + 2


def test_nothing_is_left() -> None:
    """Sessions that were fed with anything are gone when they have ended."""
    gc.collect()
    assert [] == [each for each in gc.get_objects() if isinstance(each, ServerSession)]
