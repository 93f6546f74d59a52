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

__all__ = ["Codes", "best_codes", "list_codes"]

# Each begins with a digit, which `re` looks for many times faster than for a
# look-behind: what stands before is looked at afterwards.
# 550 5.1.1, 550-5.1.1, 550 #5.1.1, 550 (5.1.1), 421-4.7.0; or 5.1.1; or 550
_NUMBER = re.compile(
    r"[45](?:[0-9]{2}(?:[ \t:-]{0,3}[#(\[ ]{0,2}([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9]|\.[0-9]))?"
    r"|\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9]|\.[0-9]))"
)
_BEFORE_STATUS = re.compile(r"[0-9A-Za-z./@_-]")
_BEFORE_REPLY = frozenset(" \t\n(:\"'>[#=")
_BEHIND_STATUS = re.compile(r"[A-Za-z/@_]|-\w")
_BEHIND_REPLY = re.compile(r"[ \t-]{1,2}[^\s0-9]|[ \t]*$|[:.,)\]#]", re.MULTILINE)
# What stands before a number that is no reply code.
_OTHER = re.compile(
    r"(?:\b(?:port|line|after|for|in|id|size|of|last|x|version|build)|[$#])[ \t:=]{0,2}$",
    re.IGNORECASE,
)
_MOST = 200


class Codes(NamedTuple):
    """A reply's codes.

    Args:
        status: The enhanced code, or `None`.
        reply_code: The reply code, or `None`.
        start: Where the first of them begins, -1 without any.
    """

    status: EnhancedStatusCode | None = None
    reply_code: int | None = None
    start: int = -1


def list_codes(text: str) -> list[Codes]:
    """Return the codes that stand in a text, in order.  Linear; never raises."""
    found: list[Codes] = []
    for match in _NUMBER.finditer(text):
        start = match.start()
        before = text[start - 1] if start else "\n"
        written = match[0]
        if written[1] == ".":
            if not _BEFORE_STATUS.match(before) and not _BEHIND_STATUS.match(text, match.end()):
                status = _parse(written)
                if status is not None:
                    found.append(Codes(status, None, start))
        elif match[1]:
            if before not in "0123456789.,:/@-" or (before == ":" and not start):
                status = _parse(match[1])
                found.append(Codes(status, int(written[:3]), start))
        elif (
            before in _BEFORE_REPLY
            and written[1] in "012345"
            and _BEHIND_REPLY.match(text, match.end())
            and not _OTHER.search(text[max(0, start - 12) : start])
        ):
            found.append(Codes(None, int(written), start))
        if len(found) >= _MOST:
            break
    return found


def best_codes(found: list[Codes]) -> Codes:
    """Return the codes of the reply that is in a list: both, or what fits together.

    Never raises.
    """
    reply = None
    status = None
    for each in found:
        if each.status is not None and each.reply_code is not None:
            return each
        if each.reply_code is not None:
            reply = reply or each
        else:
            status = status or each
    if status is None:
        return reply or Codes()
    if reply is None:
        return status
    fitting = next(
        (
            each
            for each in found
            if each.status is not None and each.status.class_ == (reply.reply_code or 0) // 100
        ),
        None,
    )
    if fitting is None:
        return reply
    return Codes(fitting.status, reply.reply_code, min(fitting.start, reply.start))


def _parse(text: str) -> EnhancedStatusCode | None:
    try:
        return EnhancedStatusCode.parse(text)
    except InvalidStatusCode:
        return None
