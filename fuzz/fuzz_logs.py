"""Fuzz `PostfixLog` and `EximLog`.

Invariant.
- Any lines give events or none, nothing else; read again from the start the same ones, with
  the same names, in whatever year and zone that is.
- An event has a recipient with an at sign, its own `event_id`, evidence, and a reason where
  it tells of a failure; it can be written and read as a record, and has octets in UTF-8.
- What stands behind a line that was read, as a server may make it longer, changes neither
  whom it is about nor what happened.
- No more messages are remembered than allowed.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from dsnlib.bounces.logs.exim import EximLog
from dsnlib.bounces.logs.postfix import PostfixLog
from dsnlib.bounces.logs.queue_files import QueueFiles
from fuzz.alphabet import expand, text_of
from fuzz.invariants import assert_event

if TYPE_CHECKING:
    from dsnlib.bounces.event import BounceEvent, EventKind

__all__ = ["LOG", "READS", "check"]

READS = (
    "dsnlib.bounces.logs",
    "dsnlib.bounces.event_record",
)

_NOW = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
_LATER = dt.datetime(2029, 2, 28, 5, 0, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
_MOST = 3
_LIE = ", to=<al@example.net>, relay=none, delay=0, dsn=2.0.0, status=sent (250 yes"

# What lines of logs are made of.
LOG = (
    b"Nov 23 04:00:00 mx postfix/smtp[1]: 4F0ABC: ",
    b"Feb 29 04:00:00 mx postfix-out/lmtp[1]: 4F0ABC: ",
    b"2026-11-23T04:00:00.5+01:00 mx dsnlib/delivery[1]: 4F0ABC: ",
    b'<22>1 2026-11-23T04:00:00Z mx postfix/local 1 - [a b="c"] 4F0ABC: ',
    b"Nov 23 04:00:00 mx postfix/cleanup[1]: 4F0ABC: message-id=<a@example.net>\n",
    b"Nov 23 04:00:00 mx postfix/qmgr[1]: 4F0ABC: ",
    b"from=<ann@example.net>, status=expired, returned to sender\n",
    b"removed\n",
    b"to=<bob@example.org>",
    b"to=<",
    b", orig_to=<team@example.org>",
    b", relay=mx.example.org[192.0.2.1]:25",
    b", relay=none",
    b", conn_use=2",
    b", delay=1",
    b", delays=1/0/0/0",
    b", tls=verified",
    b", dsn=5.1.1",
    b", dsn=4.4.1",
    b", status=bounced (",
    b", status=deferred (",
    b", status=sent (",
    b", status=undeliverable (",
    b"host mx.example.org[192.0.2.1] said: ",
    b" (in reply to RCPT TO command))",
    b"forwarded as 4F0ABD",
    b"550 5.1.1 unknown",
    b"452 4.2.2 full",
    b"#303#274",
    b"#011",
    b"\\303\\274",
    b"\\n",
    b"2026-11-23 04:00:00 1abcde-0004xZ-AB ",
    b"2026-11-23 04:00:00.5 +0100 [1] 1abcde-00000004xZA-ABCD ",
    b"Nov 23 04:00:00 mx exim[1]: 1abcde-0004xZ-AB ",
    b"<= ann@example.net",
    b"=> ",
    b"-> ",
    b">> ",
    b"** ",
    b"== ",
    b"Completed\n",
    b"bob@example.org",
    b"|/bin/x -y",
    b":blackhole:",
    b" <bob@example.org>",
    b' <"a b"@example.org>',
    b"a b@example.org",
    b" (al@example.org)",
    b" R=a T=b",
    b" H=mx.example.org (a) [192.0.2.1]:25*",
    b' C="250 2.0.0 OK"',
    b" id=a@example.net",
    b" X=TLS1.3:A:256 CV=no K L.-",
    b" defer (-44)",
    b": ",
    b"SMTP error from remote mail server after RCPT TO:<bob@example.org>: ",
    b"end of data: ",
    b" DT=0.1s",
    b'{"event": "delivery", "time": "2026-11-23T04:00:00Z", "host": "mx", "queue_id": "A", ',
    b'"to": "bob@example.org", "relay": "none", "dsn": "5.1.1", "status": "bounced", "text": "',
    b", status=",
    b'"}',
    b'"',
    b"\\",
    b"<",
    b">",
    b"(",
    b")",
    b",",
    b"@",
    b" ",
    b"\n",
    b"\r\n",
    b"\x00",
    b"\xff",
    b"\xc3\xbc",
    b"\xed\xa0\x80",
    b"\xe2\x80\xa8",
)


def check(data: bytes) -> None:
    """Read the lines of one input in every way and assert the invariant."""
    lines = text_of(expand(data, LOG)).split("\n")
    for kind in (PostfixLog, EximLog):
        memory = QueueFiles(most_messages=_MOST, most_waiting=_MOST)
        log = kind(memory=memory)
        again = kind(zone=_LATER.tzinfo or dt.UTC)
        for line in lines:
            events = log.feed(line, now=_NOW)
            names = [event.event_id for event in again.feed(f"{line}\n", now=_LATER)]
            assert len(memory) <= _MOST
            # What expires is told of those who are remembered.
            assert {*names} >= {event.event_id for event in events}
            for event in events:
                assert_event(event)
    for line in lines:
        _check_longer(line)


def _check_longer(line: str) -> None:
    line = line.rstrip("\r\n")
    before = PostfixLog().feed(line, now=_NOW)
    after = PostfixLog().feed(line + _LIE, now=_NOW)
    if before and not line.startswith("{") and line.partition(", status=")[2].find(" (") > 0:
        assert [_about(event) for event in before] == [_about(event) for event in after]


def _about(event: BounceEvent) -> tuple[str, EventKind]:
    return event.recipient, event.kind
