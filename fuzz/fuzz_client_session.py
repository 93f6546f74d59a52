"""Fuzz what a server says to the client: the opening of a session, and a transaction.

The first octet of an input says how the two speak; the rest comes in packets, one when
the client waits for more, and then the connection is lost.

Invariant.
- Whatever comes: each recipient has one outcome, in order, and nothing is raised but
  `Trouble` and `NoTls` before the transaction.
- Nobody is a success unless the whole message was sent, and there is no session without
  TLS where it is asked for.
- What is kept of what a server says has a bound, and a text of ours is one line.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from typing import TYPE_CHECKING, TypeVar

from dsnlib import Envelope, Recipient
from dsnlib.adapters.client.dialogue import Hear, Lost, Say, StartTls, TlsFailed
from dsnlib.adapters.client.features import PeerFeatures
from dsnlib.adapters.client.opening import NoTls, open_session
from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.plan import plan_message
from dsnlib.adapters.client.reply_reader import ReplyReader
from dsnlib.adapters.client.settings import ClientSettings
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.client.transact import transact
from dsnlib.adapters.client.trouble import Trouble
from dsnlib.adapters.content import Content
from dsnlib.policy.hop import NextHop
from dsnlib.policy.settle import settle_recipients
from dsnlib.replies.discard import Discards
from fuzz.alphabet import expand

if TYPE_CHECKING:
    from dsnlib.adapters.client.dialogue import Answer, Dialogue

__all__ = ["READS", "SERVER", "check"]

READS = (
    "dsnlib.adapters.client.opening",
    "dsnlib.adapters.client.transact",
    "dsnlib.adapters.client.reply_reader",
    "dsnlib.adapters.client.features",
    "dsnlib.adapters.client.hearing",
    "dsnlib.adapters.client.say",
)

T = TypeVar("T")

_PACKET_END = b"\x01"
# Replies, lines of EHLO and what is neither.
SERVER = (
    _PACKET_END, b"\r\n", b"\n", b"\r", b"\0", b" ", b"-", b"220 mx.example ESMTP\r\n",
    b"250-mx.example\r\n", b"250-PIPELINING\r\n", b"250-CHUNKING\r\n", b"250-BINARYMIME\r\n",
    b"250-SIZE 1000\r\n", b"250-SIZE 10\r\n", b"250-8BITMIME\r\n", b"250-SMTPUTF8\r\n",
    b"250-STARTTLS\r\n", b"250-AUTH PLAIN LOGIN\r\n", b"250-DELIVERBY 240\r\n", b"250 DSN\r\n",
    b"250 2.1.0 Fine\r\n", b"250 2.1.5 Fine\r\n", b"250 2.0.0 Taken\r\n", b"354 Go on\r\n",
    b"421 4.3.2 Closing\r\n", b"450 4.2.0 Later\r\n", b"452 4.5.3 Too many\r\n",
    b"503 5.5.1 No\r\n", b"550 5.1.1 Nobody\r\n", b"552 5.3.4 Too large\r\n",
    b"554 5.7.1 Never\r\n", b"502 5.5.1 What\r\n", b"220 2.0.0 Go\r\n", b"454 4.7.0 No\r\n",
    b"334 \r\n", b"334 VXNlcm5hbWU6\r\n", b"235 2.7.0 Fine\r\n", b"535 5.7.8 No\r\n",
    b"999 x\r\n", b"250-", b"550-", b"hello\r\n", b"x" * 300, b"\xff", b"\xc3\xa4", b"5.1.1 ",
)  # fmt: skip
_NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_PLACE = ServerPlace(host="mx.example", address="192.0.2.1", port=25)
_MESSAGE = Content(body=b"Subject: x\r\n\r\n.\r\nend\r\n")
_LARGE = Content(body=b"Subject: x\r\n\r\n" + b"y\r\n" * 30_000)
# A line and a text of ours around what was said.
_MOST_KEPT = 8192 + 1024
_LMTP, _PIPELINING, _CHUNKING, _TLS, _MANY, _LARGE_BIT = (1 << bit for bit in range(6))


def check(data: bytes) -> None:
    """Take one input as what a server says, and assert the invariant."""
    octets = expand(data, SERVER)
    mode = octets[0] if octets else 0
    settings = ClientSettings(hello="client.example", is_lmtp=bool(mode & _LMTP))
    packets = deque(octets[1:].split(_PACKET_END))
    level = ClientTlsLevel.ENCRYPT if mode & _TLS else ClientTlsLevel.MAY
    _open(deque(packets), settings, level)
    _transact(packets, settings, mode)


def _open(packets: deque[bytes], settings: ClientSettings, level: ClientTlsLevel) -> None:
    dialogue = open_session(
        _PLACE, settings, policy=TlsPolicy(level=level), login=None, discards=Discards()
    )
    try:
        opened = _hold(dialogue, packets)
    except NoTls:
        assert level is ClientTlsLevel.MAY
        return
    except Trouble as trouble:
        _check_text(trouble.replies.lost)
        return
    assert opened.is_encrypted or not level.is_required
    assert opened.features.size is None or opened.features.size > 0


def _transact(packets: deque[bytes], settings: ClientSettings, mode: int) -> None:
    announced = ["DSN", "SIZE 1000000"]
    announced += ["PIPELINING"] * bool(mode & _PIPELINING) + ["CHUNKING"] * bool(mode & _CHUNKING)
    features = PeerFeatures.from_ehlo(announced)
    hop = NextHop.from_ehlo("mx.example", announced, is_lmtp=settings.is_lmtp)
    recipients = [Recipient(f"r{number}@x.example") for number in range(3 if mode & _MANY else 1)]
    envelope = Envelope(sender="ann@example.org", recipients=recipients)
    content = _LARGE if mode & _LARGE_BIT else _MESSAGE
    plan = plan_message(features, hop, envelope, recipients, content, now=_NOW)
    (transaction,) = plan.transactions
    came = _hold(
        transact(
            transaction, content, settings=settings, features=features,
            body=envelope.body, peer=str(_PLACE),
        ),
        packets,
    )  # fmt: skip
    settled = settle_recipients(plan, [came.replies], now=_NOW)
    assert recipients == [each.outcome.recipient for each in settled]
    _check_text(came.replies.lost)
    for each in settled:
        assert each.outcome.status.class_ != 2 or came.has_sent
        assert len(str(each.answer)) <= 2 * _MOST_KEPT


def _check_text(text: str) -> None:
    assert "\r" not in text
    assert "\n" not in text
    assert len(text) <= _MOST_KEPT


def _hold(dialogue: Dialogue[T], packets: deque[bytes]) -> T:
    """Hold a dialogue with a server that says what it says."""
    reader = ReplyReader()
    answer: Answer | None = None
    fault: Exception | None = None
    while True:
        try:
            step = dialogue.send(answer) if fault is None else dialogue.throw(fault)
        except StopIteration as stop:
            value: T = stop.value
            return value
        answer = fault = None
        try:
            if isinstance(step, Say):
                _check_said(step)
            elif isinstance(step, Hear):
                answer = _hear(reader, packets)
            elif isinstance(step, StartTls):
                answer = _hear(reader, packets)
                if not reader.is_empty:
                    fault = TlsFailed("octets in clear")
            elif not reader.is_empty:
                answer = reader.take()
                answer = reader.rest() if answer is None else answer
        except Lost as error:
            fault = error


def _hear(reader: ReplyReader, packets: deque[bytes]) -> Answer:
    while (answer := reader.take()) is None:
        if not packets:
            raise Lost("there is no more")
        reader.feed(packets.popleft())
    return answer


def _check_said(step: Say) -> None:
    chunks = [step.octets] if isinstance(step.octets, bytes) else step.octets
    assert b"".join(chunks)
