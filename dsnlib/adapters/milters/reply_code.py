r"""The reply that a filter gives with its refusal: SMFIR_REPLYCODE.

    550-5.7.1 Your message looks like\r\n550 5.7.1 100%% spam

RFC 2034 s4 and RFC 3463 s2 have codes and classes.

Rules.
- Every line: a code of three digits, 4 or 5 first, the same in all; `-` behind it
  in all but the last.
- Where a digit follows, it is the class, and that of the code.
- `%%` is a percent sign: filters write through printf.
- A line is cut at 510 octets (RFC 5321 s4.5.3.1.5).
"""

from __future__ import annotations

import re

from dsnlib.adapters.milters.packets import MilterFault
from dsnlib.model.reply import SmtpReply
from dsnlib.model.text import cut_octets, decode_wire

__all__ = ["read_reply_code"]

_LINE = re.compile(rb"([45][0-9]{2})([ -])([^\r\n\0]*)")
_DIGITS = b"0123456789"
# libmilter's smfi_setmlreply takes as many.
_MOST_LINES = 32
_LONGEST_LINE_OCTETS = 510


def read_reply_code(data: bytes) -> SmtpReply:
    r"""Return a filter's reply.

    >>> str(read_reply_code(b"550 5.1.1 100%% unknown\0"))
    '550 5.1.1 100% unknown'

    Args:
        data: Of the packet, with the NUL at its end or without.

    Raises:
        MilterFault: It breaks one of the rules.
    """
    lines = data.removesuffix(b"\0").split(b"\r\n")
    if len(lines) > _MOST_LINES:
        message = f"malformed reply: it has more than {_MOST_LINES} lines"
        raise MilterFault(message)
    code = b""
    for number, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line)
        if found is None:
            raise _fault(line, "no code and text")
        code = code or found[1]
        if found[1] != code:
            raise _fault(line, "another code than the line before")
        if (found[2] == b"-") != (number < len(lines)):
            raise _fault(line, "a separator out of place")
        first = found[3][:1]
        if first and first in _DIGITS and first != code[:1]:
            raise _fault(line, "a status of another class than the code")
    return _read(lines)


def _read(lines: list[bytes]) -> SmtpReply:
    texts = [
        cut_octets(decode_wire(line.replace(b"%%", b"%")), _LONGEST_LINE_OCTETS) for line in lines
    ]
    reply = SmtpReply.read("\r\n".join(texts))
    # Where one line has a status all have it, which may have made them longer.
    room = _LONGEST_LINE_OCTETS - len("550 ") - (len(str(reply.status)) + 1 if reply.status else 0)
    return SmtpReply(
        reply.code, reply.status, tuple([cut_octets(line, room) for line in reply.lines])
    )


def _fault(line: bytes, what: str) -> MilterFault:
    return MilterFault(f"malformed reply: {what}: {line[:80]!r}")
