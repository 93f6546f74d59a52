"""The codes in a text: `550 5.1.1 no such user` among other numbers.

Rules.
- An enhanced code behind a reply code is what a server said; one that stands
  alone may be; a version number, an address or a date is none.
- A reply code is three digits 4yz or 5yz where a reply would begin.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dsnlib.errors import InvalidStatusCode
from dsnlib.model.status import EnhancedStatusCode

__all__ = ["Codes", "find_codes"]

_STATUS = r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9]|\.[0-9])"
# 550 5.1.1, 550-5.1.1, 550 #5.1.1, 550 (5.1.1), 421-4.7.0
_BOTH = re.compile(rf"(?<![0-9.,:/@-])([45][0-9]{{2}})[ \t:-]{{0,3}}[#(\[ ]{{0,2}}{_STATUS}")
_ALONE = re.compile(rf"(?<![0-9A-Za-z./@_-]){_STATUS}(?![A-Za-z/@_])")
_REPLY = re.compile(
    r"(?:^|[\s(:\"'>\[#=])([45][0-5][0-9])(?=[ \t-]{1,2}[^\s0-9]|[ \t]*$|[:.,)\]#])", re.MULTILINE
)
# What stands before a number that is no reply code.
_OTHER = re.compile(
    r"(?:\bport|\bline|\bafter|\bfor|\bin|\bid|\bsize|\bof|\blast|\bx|\bversion|\bbuild|[$#])[ \t:=]{0,2}$",
    re.IGNORECASE,
)


class Codes(NamedTuple):
    """What codes a text has.

    Args:
        status: The enhanced code, or `None`.
        reply_code: The reply code, or `None`.
        start: Where the first of them begins, -1 without any.
    """

    status: EnhancedStatusCode | None = None
    reply_code: int | None = None
    start: int = -1


def find_codes(text: str) -> Codes:
    """Return the codes of the reply that a text has.  Linear; never raises.

    >>> codes = find_codes("host mx.example.org [192.0.2.1] said: 550 5.1.1 no")
    >>> str(codes.status), codes.reply_code
    ('5.1.1', 550)
    """
    for both in _BOTH.finditer(text):
        status = _parse(both[2])
        if status is not None:
            return Codes(status, int(both[1]), both.start())
    reply = next(
        (each for each in _REPLY.finditer(text) if not _OTHER.search(text[max(0, each.start(1) - 12) : each.start(1)])),
        None,
    )
    for alone in _ALONE.finditer(text):
        status = _parse(alone[1])
        if status is not None and (reply is None or int(reply[1][0]) == status.class_):
            return Codes(status, None if reply is None else int(reply[1]), alone.start(1))
    if reply is None:
        return Codes()
    return Codes(None, int(reply[1]), reply.start(1))


def _parse(text: str) -> EnhancedStatusCode | None:
    try:
        return EnhancedStatusCode.parse(text)
    except InvalidStatusCode:
        return None
