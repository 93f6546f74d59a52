"""What can go wrong at a server, by name, and what a client is to make of it.

Rules.
- `heard` says what stands where a reply was due: `RIGHT` the reply, a code another reply,
  `LOST` none, `GARBLED` octets that are no reply.
- A fault that is not `strict` may cost replies that went out before it, as TCP allows.
- A fault that `shifts` makes replies stand for other commands; what it may cost is
  a delay, but nobody is to be told what was said of somebody else.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import attrs

from tests.adapters.client.faulty_peer import Act

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.adapters.client.faulty_peer import Talk

__all__ = ["BEFORE", "END", "FAULTS", "GARBLED", "LOST", "RIGHT", "Kind"]

RIGHT, LOST, GARBLED = "right", "lost", "garbled"

_SESSION = ("greeting", "EHLO")
_ENVELOPE = ("MAIL", "RCPT 0", "RCPT 1", "RCPT 4")
BEFORE = (*_SESSION, *_ENVELOPE, "DATA")
END = ("end 0", "end 2")
ALL = (*BEFORE, *END)
_FLOOD_OCTETS = 10_000_000
_BIT = b"x" * 8192


def _kinds(values: Iterable[str] | str) -> frozenset[str]:
    return frozenset({values} if isinstance(values, str) else values)


@attrs.frozen(kw_only=True)
class Kind:
    """A kind of fault.

    Args:
        act: What is done.
        heard: What a client may make of it.
        steps: Where it can be.
        waits: Whether the client has to wait until its patience is over.
        strict: Whether what was said before is heard for certain.
        shifts: Whether there are more or fewer replies than commands.
    """

    act: Act
    heard: frozenset[str] = attrs.field(default=frozenset({LOST}), converter=_kinds)
    steps: tuple[str, ...] = ALL
    waits: bool = False
    strict: bool = True
    shifts: bool = False


async def _stall(talk: Talk, _: bytes) -> None:
    await talk.stall()


async def _close(talk: Talk, _: bytes) -> None:
    talk.close()


async def _reset(talk: Talk, _: bytes) -> None:
    talk.reset()


async def _half_close(talk: Talk, right: bytes) -> None:
    await talk.say(right[: len(right) // 2].rstrip(b"\r\n"))
    talk.close()


async def _half_stall(talk: Talk, right: bytes) -> None:
    await talk.say(right[: len(right) // 2].rstrip(b"\r\n"))
    await talk.stall()


async def _unended_close(talk: Talk, right: bytes) -> None:
    await talk.say(right.replace(b" ", b"-", 1))
    talk.close()


async def _trickle(talk: Talk, right: bytes) -> None:
    """Each octet is in time, and the reply never comes."""
    await talk.say(right[:3] + b"-")
    while True:
        await talk.say(b"x")
        await asyncio.sleep(0.02)


async def _trickle_lines(talk: Talk, right: bytes) -> None:
    """The same in lines."""
    while True:
        await talk.say(right[:3] + b"-x\r\n")
        await asyncio.sleep(0.02)


async def _dribble(talk: Talk, right: bytes) -> None:
    for octet in right:
        await talk.say(bytes((octet,)))
        await asyncio.sleep(0)


async def _flood(talk: Talk, _: bytes) -> None:
    """A line of ten million octets."""
    await talk.say(b"250 ")
    for _each in range(_FLOOD_OCTETS // len(_BIT)):
        await talk.say(_BIT)
    await talk.say(b"\r\n")
    await talk.stall()


async def _flood_lines(talk: Talk, _: bytes) -> None:
    """A reply of lines without an end."""
    lines = b"250-x\r\n" * 1000
    while True:
        await talk.say(lines)


async def _flood_replies(talk: Talk, _: bytes) -> None:
    """Replies without an end."""
    lines = b"250 x\r\n" * 1000
    while True:
        await talk.say(lines)


async def _leave(talk: Talk, _: bytes) -> None:
    await talk.say(b"421 4.3.2 going down\r\n")
    talk.close()


async def _twice(talk: Talk, right: bytes) -> None:
    await talk.say(right + right)


async def _twice_late(talk: Talk, right: bytes) -> None:
    await talk.say(right)
    await asyncio.sleep(0.01)
    await talk.say(right)


async def _skip(_talk: Talk, _: bytes) -> None:
    """Forget to answer."""


async def _bare_newline(talk: Talk, right: bytes) -> None:
    await talk.say(right.replace(b"\r\n", b"\n"))


async def _code_alone(talk: Talk, right: bytes) -> None:
    await talk.say(right[:3] + b"\r\n")


async def _two_lines(talk: Talk, right: bytes) -> None:
    await talk.say(right[:3] + b"-first\r\n" + right)


async def _deaf(talk: Talk, _: bytes) -> None:
    """Neither read nor say anything."""
    talk.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it reads too
    await asyncio.Event().wait()


async def _flood_deaf(talk: Talk, _: bytes) -> None:
    """Read nothing, and say what nobody asked for, without an end."""
    talk.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it reads too
    await _flood_replies(talk, b"")


async def _too_large(talk: Talk, _: bytes) -> None:
    """Refuse what has only begun, and go."""
    await talk.say(b"552 5.3.4 too large\r\n")
    await asyncio.sleep(0.05)
    talk.close()


def _said(octets: bytes) -> Act:
    async def act(talk: Talk, _: bytes) -> None:
        await talk.say(octets)

    return act


def _garbled(octets: bytes) -> Kind:
    # Octets that are no reply leave it open which reply comes next.
    return Kind(act=_said(octets), heard=(GARBLED, LOST), waits=True, shifts=True)


FAULTS = {
    "deaf to the message": Kind(act=_deaf, steps=("message",), waits=True),
    "deaf to the message, and loud": Kind(
        act=_flood_deaf, steps=("message",), waits=True, strict=False
    ),
    "gone in the message": Kind(act=_close, steps=("message",)),
    "reset in the message": Kind(act=_reset, steps=("message",)),
    "552 in the message, closed": Kind(
        act=_too_large, heard="552", steps=("message",), strict=False
    ),
    "a word in the message": Kind(
        act=_said(b"250 2.0.0 so far\r\n"), heard=RIGHT, steps=("message",), shifts=True
    ),
    "stall": Kind(act=_stall, waits=True),
    "close": Kind(act=_close),
    "reset": Kind(act=_reset, strict=False),
    "half a reply, closed": Kind(act=_half_close),
    "half a reply, stalled": Kind(act=_half_stall, waits=True),
    "a reply without its last line": Kind(act=_unended_close),
    "octets for ever": Kind(act=_trickle, waits=True),
    "lines for ever": Kind(act=_trickle_lines, waits=True),
    "octet by octet": Kind(act=_dribble, heard=RIGHT),
    "10 MB line": Kind(act=_flood, heard=(GARBLED, LOST), strict=False),
    "10 MB of lines": Kind(act=_flood_lines, heard=(GARBLED, LOST), strict=False),
    "10 MB of replies": Kind(act=_flood_replies, heard=RIGHT, strict=False, shifts=True),
    "421, closed": Kind(act=_leave, heard=("421", LOST)),
    "421, open": Kind(act=_said(b"421 4.3.2 going down\r\n"), heard=("421", LOST)),
    "450": Kind(act=_said(b"450 4.2.0 later\r\n"), heard="450"),
    "554": Kind(act=_said(b"554 5.7.1 never\r\n"), heard="554"),
    "354 without need": Kind(
        act=_said(b"354 go on\r\n"),
        heard=("354", LOST),
        steps=(*_SESSION, *_ENVELOPE),
        strict=False,
    ),
    "250 in place of 354": Kind(
        act=_said(b"250 2.0.0 ok\r\n"), heard=("250", LOST), steps=("DATA",), strict=False
    ),
    "twice": Kind(act=_twice, heard=RIGHT, shifts=True),
    "twice, late": Kind(act=_twice_late, heard=RIGHT, shifts=True),
    "no reply, and on": Kind(act=_skip, waits=True, shifts=True),
    "bare LF": Kind(act=_bare_newline, heard=RIGHT),
    "a code alone": Kind(
        act=_code_alone, heard=RIGHT, steps=("greeting", *_ENVELOPE, "DATA", *END)
    ),
    "two lines": Kind(act=_two_lines, heard=RIGHT),
    "an empty line": _garbled(b"\r\n"),
    "words": _garbled(b"hello there\r\n"),
    "octets": _garbled(b"\x00\xff\xfe\x80\r\n"),
    "999": _garbled(b"999 x\r\n"),
    "25": _garbled(b"25\r\n"),
    "2500": _garbled(b"2500 x\r\n"),
    "150": _garbled(b"150 wait\r\n"),
    "two codes": attrs.evolve(_garbled(b"250-a\r\n550 b\r\n"), heard=(GARBLED, LOST, "550")),
}
