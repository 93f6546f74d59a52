r"""Octets become replies: one after the other, each with a bound (RFC 5321 s4.2).

Rules.
- Nothing is read before it is asked for: what a server sends in advance stays octets.
- A reply has a bound in lines and in octets; what is kept of it has one too, since it
  stands in the queue for each recipient.
- What is no reply is handed on as text, one line of it, without controls.
- TOLERANT: a line may end with LF alone, as some servers behind filters end theirs; the
  text behind the code may be missing with its space.
"""

from __future__ import annotations

import functools
import re

from dsnlib.adapters.client.dialogue import Answer, Lost
from dsnlib.errors import InvalidReply
from dsnlib.model.reply import SmtpReply
from dsnlib.model.text import decode_wire, replace_controls

__all__ = ["UNREAD_OCTETS", "ReplyReader"]

# "512 octets including the reply code and the <CRLF>" is what RFC 5321 s4.5.3.1.5 has;
# what servers send is longer, and this is the bound of smtplib and aiosmtplib.
_LINE_OCTETS = 8192
# The longest reply seen is an EHLO of some thirty lines.
_MOST_LINES = 200
# Chosen by us: what is kept of a reply.
_KEPT_OCTETS = 8192
# Chosen by us: what may wait to be read.  500 replies of the length that RFC 5321 has
# fit in; a driver stops reading from the socket beyond it.
UNREAD_OCTETS = 1 << 18
# Chosen by us: what is kept of a line that is no reply, and how long a reply is that
# is remembered by its octets.
_SHORT_OCTETS = 512

_CODE_DIGITS, _SPACE = 3, ord(" ")
_CODE = re.compile(rb"[0-9]{3}[ \t\r\n-]")


class ReplyReader:
    r"""What a server has sent, cut into replies.

    >>> reader = ReplyReader()
    >>> reader.feed(b"250-2.0.0 One\r\n250 2.0.0 Two\r\n354")
    >>> reader.take().lines
    ('One', 'Two')
    >>> reader.take() is None, reader.is_empty
    (True, False)
    """

    def __init__(self) -> None:
        self._octets = bytearray()
        # Up to where there is known to be no line end; lines before it are whole.
        self._searched = 0
        self._line_start = 0
        self._count = 0

    def __len__(self) -> int:
        """Return how many octets have not been taken."""
        return len(self._octets)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing, not even the beginning of a reply."""
        return not self._octets

    def feed(self, octets: bytes) -> None:
        """Put what has come behind what is there.  Never raises."""
        self._octets += octets

    def take(self) -> Answer | None:
        """Return the next reply, or the text in its place; `None` if it is not whole yet.

        Raises:
            Lost: It has no end in sight.
        """
        octets = self._octets
        if not octets:
            return None
        end = octets.find(b"\n", self._searched)
        if (
            _CODE_DIGITS < end < _SHORT_OCTETS
            and octets[_CODE_DIGITS] == _SPACE
            and not self._count
        ):
            # Nearly all replies are one short line.
            line = bytes(octets[: end + 1])
            del octets[: end + 1]
            self._searched = 0
            return _read_one(line)
        while end >= 0:
            start = self._line_start
            if end - start >= _LINE_OCTETS:
                break
            line_code = octets[start : start + 4]
            self._searched = self._line_start = end + 1
            self._count += 1
            if line_code[3:] != b"-" or not line_code[:3].isdigit():
                return self._cut(start, end + 1)
            if self._count >= _MOST_LINES:
                message = "a reply without end"
                raise Lost(message)
            end = octets.find(b"\n", end + 1)
        else:
            self._searched = len(octets)
            if len(octets) > UNREAD_OCTETS:
                # No driver reads on: it would be waited for in vain.
                message = "a reply without end"
                raise Lost(message)
            if self._searched - self._line_start < _LINE_OCTETS:
                return None
        message = "a line without end"
        raise Lost(message)

    def _cut(self, start: int, end: int) -> Answer:
        """Return the reply whose last line is there, and take it away."""
        octets = self._octets
        whole = bytes(octets[:end])
        del octets[:end]
        self._searched = self._line_start = self._count = 0
        if _CODE.match(whole, start) is None:
            return _text_of(whole[start:])
        return _read(whole.split(b"\n")[:-1])

    def rest(self) -> str:
        """Return what is there that is no whole reply as text, and forget it."""
        text = _text_of(bytes(self._octets[:_SHORT_OCTETS]))
        self._octets.clear()
        self._searched = self._line_start = self._count = 0
        return text


# A server says the same few things again and again.
@functools.lru_cache(maxsize=256)
def _read_one(line: bytes) -> Answer:
    return _text_of(line) if _CODE.match(line) is None else _read([line])


def _read(lines: list[bytes]) -> Answer:
    """Return the reply of lines that begin with a code; the last line's counts."""
    if any(line[:1] != lines[0][:1] for line in lines):
        # Taken and refused at once.
        return _text_of(b" ".join(lines))
    texts = []
    room = _KEPT_OCTETS
    for line in lines:
        text = line[4:].strip(b" \t\r\n")
        texts.append(text[:room])
        room -= len(text) + 1
        if room <= 0:
            break
    try:
        return SmtpReply.from_pair(int(lines[-1][:3]), b"\n".join(texts))
    except InvalidReply:
        # 1yz, which SMTP does not have, or above 599.
        return _text_of(lines[-1])


def _text_of(line: bytes) -> str:
    return replace_controls(" ".join(decode_wire(line[:_SHORT_OCTETS]).split()))
