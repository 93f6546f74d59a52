r"""Fuzz the MTA's side of the milter protocol: octets of a filter -> verdicts and edits.

An input is what a filter sends, packet by packet, each when an answer is waited
for; a packet that is only NULs means that the one behind it comes without being
asked.  Where an input ends, the connection is lost.  In an input of tokens the
first token is the filter's answer to the negotiation.

Invariant.
- Whatever a filter sends, no step raises.
- A refusal has a reply of class 4 or 5, of lines that a client can take.
- A message that goes on keeps its prefix; its header is a header still, its body
  begins behind one empty line, and every line of it ends with CRLF.
- What is not refused has an envelope, or nobody left in it.
- A filter that was left, or that refuses the client, refuses all that follows.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING

from dsnlib.adapters.content import Content
from dsnlib.adapters.milter import DefaultAction, Milter, MilterAction, MilterChain
from dsnlib.adapters.milters.connection import FilterConnection
from dsnlib.adapters.milters.header import HeaderBlock
from dsnlib.adapters.milters.session import MilterSession
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.session import Client
from fuzz.alphabet import expand

if TYPE_CHECKING:
    from dsnlib.adapters.milter import MilterVerdict

__all__ = ["PACKETS", "READS", "check"]

READS = ("dsnlib.adapters.milters",)

_PREFIX = b"Received: by mx.example.org\r\n"
_HEADER = b"Subject: x\r\nX: 1\r\n\t2\r\nX: 3\r\n"
_CONTENT = Content(body=_HEADER + b"\r\nHello\r\n\r\nWorld\r\n", prefix=_PREFIX)
_ENVELOPE = Envelope(
    sender="ann@example.net",
    recipients=[Recipient("bob@example.org"), Recipient("eve@example.org")],
)
_CLIENT = Client(address="192.0.2.1")
_LONGEST_LINE_OCTETS = 512
_LONE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_LENGTH_OCTETS = 4


def _packet(body: bytes) -> bytes:
    return len(body).to_bytes(_LENGTH_OCTETS) + body


# Whole packets of every kind, and pieces to make others of.
PACKETS = (
    _packet(b"O\0\0\0\x06\0\0\x01\xff\0\0\0\0"),
    _packet(b"O\0\0\0\x06\0\0\x01\xff\0\x10\x0c\0"),
    _packet(b"O\0\0\0\x06\0\0\x01\xff\0\x0f\xf0\x80"),
    _packet(b"O\0\0\0\x06\0\0\x01\xff\0\0\x03\x7f"),
    _packet(b"O\0\0\0\x02\0\0\0\x3f\0\0\0\0"),
    _packet(b"O\0\0\0\x06\0\0\x01\xff\0\0\0\0\0\0\0\x02i {mail_addr}\0"),
    *[_packet(letter) for letter in (b"c", b"a", b"r", b"t", b"d", b"s", b"p", b"4", b"f", b"b")],
    _packet(b"y550 5.1.1 no\0"),
    _packet(b"y450-4.1.1 a\r\n450 4.1.1 100%%\0"),
    _packet(b"hY\x001\n2\0"),
    _packet(b"i\0\0\0\x01Y\0 1\0"),
    _packet(b"m\0\0\0\x01X\x009\0"),
    _packet(b"m\0\0\0\x02x\0\0"),
    _packet(b"bnew\r"),
    _packet(b"b\n.\r\n"),
    _packet(b"e<new@example.net>\0RET=HDRS\0"),
    _packet(b"e<>\0"),
    _packet(b"+<fay@example.org>\0"),
    _packet(b"2<gil@example.org>\0NOTIFY=NEVER ORCPT=rfc822;x\0"),
    _packet(b"-<bob@example.org>\0"),
    _packet(b"-eve@example.org\0"),
    _packet(b"qodd\0"),
    b"\0\0\0\0",
    b"\0\0\0",
    b"\r\n",
    b"550-",
    b"5.7.1 ",
    b"hX-",
    b"y",
    b": ",
)


class _Wire(asyncio.Transport):
    """A transport that takes all, and sends it nowhere."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Forget it."""

    def get_write_buffer_size(self) -> int:
        """Return that nothing waits."""
        return 0

    def is_closing(self) -> bool:
        """Return that it is open."""
        return False

    def close(self) -> None:
        """Do nothing."""

    abort = pause_reading = resume_reading = close


class _Fed(FilterConnection):
    """A connection whose filter has written down what it says."""

    def __init__(self, script: bytes) -> None:
        super().__init__()
        self._script = script
        self.connection_made(_Wire())

    async def receive(self, *, seconds: float) -> tuple[int, bytes]:
        """Let the next packet come if there is none."""
        if not self.has_spoken:
            self._feed()
        return await super().receive(seconds=seconds)

    def _feed(self) -> None:
        if not self._script:
            self.connection_lost(None)
            return
        size = _LENGTH_OCTETS + int.from_bytes(self._script[:_LENGTH_OCTETS])
        is_alone = size == _LENGTH_OCTETS
        self._script = self._script[_LENGTH_OCTETS:] if is_alone else self._script
        if is_alone:
            size = _LENGTH_OCTETS + int.from_bytes(self._script[:_LENGTH_OCTETS])
        self.data_received(self._script[:size])
        self._script = self._script[size:]
        if is_alone or not self.has_spoken:
            self._feed()


def check(data: bytes) -> None:
    """Take a session through all its steps, twice, and assert the invariant."""
    logging.getLogger("dsnlib.milter").setLevel(logging.CRITICAL)
    actions = tuple(DefaultAction)
    action = actions[len(data) % len(actions)]
    asyncio.run(_session(expand(data, PACKETS), action))


async def _session(script: bytes, action: DefaultAction) -> None:
    milter = Milter(where="unix:/filter", default_action=action)

    async def opener(_: Milter) -> FilterConnection:
        return _Fed(script)

    chain = MilterChain([], macros={"i": "QID"})
    session = MilterSession(milter, macros=chain.macros, opener=opener)
    chain._sessions = (session,)  # noqa: SLF001  a filter that needs no socket
    try:
        client = [await chain.connect(_CLIENT), await chain.helo("a")]
        for verdict in client:
            _check_refusal(verdict)
        for _ in range(2):
            await _message(chain, is_refused=client[-1].is_refused)
        await chain.unknown("FOO")
    finally:
        await chain.quit()


async def _message(chain: MilterChain, *, is_refused: bool) -> None:
    verdicts = [
        await chain.mail("ann@example.net", ["RET=FULL"]),
        await chain.rcpt("bob@example.org"),
        await chain.rcpt("eve@example.org", rejected=SmtpReply.parse("550 5.1.1 no")),
        await chain.data(),
        await chain.content(_CONTENT),
    ]
    for number, verdict in enumerate(verdicts):
        _check_refusal(verdict)
        is_told = number != 2
        assert verdict.is_refused or not (is_refused and is_told)
    end = verdicts[-1]
    assert (end.edits is None) is (end.is_refused or end.is_discarded)
    if end.edits is not None:
        _check_content(end.edits.content)
        envelope = end.edits.apply(_ENVELOPE)
        assert envelope is None or envelope.recipients


def _check_refusal(verdict: MilterVerdict) -> None:
    reply = verdict.reply
    assert (reply is None) is (
        verdict.action in {MilterAction.CONTINUE, MilterAction.DISCARD, MilterAction.QUARANTINE}
    )
    if reply is not None:
        assert reply.code // 100 in {4, 5}
        assert reply.format() == SmtpReply.parse(reply.format()).format()
        lines = reply.format().splitlines(keepends=True)
        assert all(len(line) <= _LONGEST_LINE_OCTETS for line in lines)


def _check_content(content: Content) -> None:
    if content is _CONTENT:
        return
    octets = content.read()
    assert len(octets) == len(content)
    assert octets.startswith(_PREFIX)
    assert _LONE.search(octets) is None
    _, end = HeaderBlock.read(octets)
    assert octets.startswith(b"\r\n", end)
