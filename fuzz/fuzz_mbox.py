r"""Fuzz what takes files of mail apart: mbox, and lines that come in pieces.

Invariant.
- The messages of an mbox, put together again, are the file: nothing is lost or read
  twice, whatever the chunks in which it came.
- Each begins where it says, and on the line that it says; the last one alone is last.
- A message beyond the bound has no octets, and changes nothing in those around it.
- What was taken out of its quotes and put into them again is what it was.
- Lines are the same however they came in pieces.
"""

from __future__ import annotations

import io

from dsnlib.adapters.feeds.line_cutter import LineCutter
from dsnlib.adapters.feeds.line_reader import LINE_FORMATS, tell_form
from dsnlib.adapters.mailboxes.mbox import (
    MboxMessage,
    begins_mbox,
    find_line_end,
    split_mbox,
    unquote,
)
from fuzz.alphabet import expand

__all__ = ["MBOX", "READS", "check"]

READS = (
    "dsnlib.adapters.mailboxes.mbox",
    "dsnlib.adapters.feeds.line_cutter",
)

_LARGE = 1 << 20
_SMALL = 60
_PIECES = (1, 7, 100)

# Separators, fields, ends of lines, and what is at the head of other files.
MBOX = (
    b"\n", b"\r\n", b"\r", b"\n\n", b"\r\n\r\n", b"From ", b"From ann@example.org ",
    b"From ann@example.org Thu Jul  7 17:15:49 1994\n", b"Thu Jul  7 17:15:49 1994",
    b"Thu, 7 Jul 1994 17:15", b">From ", b">>From x\n", b"From: ann@example.org\n", b"Subject: x\n",
    b"From : ada\n", b"x", b":", b" ", b"\t", b"\0", b"\xff", b"x" * 900, b"x" * 300 + b"\n",
    b"Nov 23 04:00:00 mx postfix/qmgr[3]: 4F0: removed\n", b"2026-11-23 04:00:00 1abcde-0004xZ-AB ",
    b'{"notificationType": "Bounce"}', b"[",
)  # fmt: skip


class _Pieces(io.BytesIO):
    """A stream that gives no more than so many octets at a time."""

    def __init__(self, octets: bytes, most: int) -> None:
        super().__init__(octets)
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next ones, or fewer."""
        return super().read(self._most if size is None or size < 0 else min(size, self._most))


def check(data: bytes) -> None:
    """Take one input apart in every way and assert the invariant."""
    octets = expand(data, MBOX)
    line_end = find_line_end(octets)
    whole = _split(octets, octets, line_end=line_end, most=_LARGE)
    assert octets == b"".join([each.octets or b"" for each in whole])
    place = 0
    for each in whole:
        assert place == each.start
        assert octets.count(line_end, 0, place) + 1 == each.line
        assert (each is whole[-1]) is each.is_last
        place += len(each.octets or b"")
    assert not begins_mbox(octets) or octets.startswith(b"From ")
    for most in _PIECES:
        head = octets[: min(most, 3)]
        assert whole == _split(octets, head, line_end=line_end, most=_LARGE, piece=most)
    short = _split(octets, octets, line_end=line_end, most=_SMALL)
    assert [each.start for each in whole] == [each.start for each in short]
    for expected, actual in zip(whole, short, strict=True):
        is_long = len(expected.octets or b"") > _SMALL
        assert actual.octets is None if is_long else expected == actual
    for each in whole:
        _check_quotes(each.octets or b"")
    assert tell_form(octets) in {None, *LINE_FORMATS}
    _check_lines(octets)


def _split(
    octets: bytes, head: bytes, *, line_end: bytes, most: int, piece: int = _LARGE
) -> list[MboxMessage]:
    stream = _Pieces(octets[len(head) :], piece)
    return list(split_mbox(head, stream, most_octets=most, count_lines=True, line_end=line_end))


def _check_quotes(octets: bytes) -> None:
    message = unquote(octets)
    assert len(message) <= len(octets)
    # Quoted as mboxrd is: a `>` more before any number of them.
    lines = message.split(b"\n")
    quoted = [b">" + each if each.lstrip(b">").startswith(b"From ") else each for each in lines]
    if b"\r" not in octets:
        assert message == unquote(
            b"From x\n" + b"\n".join(quoted) + b"\n" * message.endswith(b"\n")
        )


def _check_lines(octets: bytes) -> None:
    expected = [line for line in octets.split(b"\n") if line]
    for most in _PIECES:
        cutter = LineCutter()
        lines = []
        for place in range(0, len(octets), most):
            lines += cutter.cut(octets[place : place + most])
        lines += cutter.rest()
        assert expected == lines
        assert cutter.waiting_octets == 0
        assert cutter.left_out == 0
