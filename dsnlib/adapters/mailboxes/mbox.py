"""Take an mbox apart while it streams (RFC 4155 appendix A).

Rules.
- A separator is a line that begins with `From` and a blank, stands behind an empty line
  and before a header field.  One with a date in it needs only one of the two:
  writers forget the empty line, and a message may be empty.
- `>From` and a blank at the start of a line, with any number of `>`, loses one of them
  (mboxrd).  That also reads mboxo, up to what mboxo itself has lost.
- Memory holds one message and a chunk.  A message beyond the bound is skipped,
  and the next one is found all the same.
- Time is linear in the size of the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "LOOKBEHIND_OCTETS",
    "MboxMessage",
    "begins_mbox",
    "find_line_end",
    "split_mbox",
    "unquote",
]

_CHUNK_OCTETS = 1 << 20
# A separator line and the start of the line behind it.  Longer ones do not
# occur: RFC 4155 has an address and 24 octets.
_LINE_OCTETS = 1000
_LOOKAHEAD_OCTETS = _LINE_OCTETS + 200
# What is looked at behind a line end before it is known whether a separator follows:
# the same, however the file came in pieces.
_NEXT_OCTETS = 1 + _LINE_OCTETS + 1 + _LOOKAHEAD_OCTETS
# An empty line before a separator: CR LF CR LF.
LOOKBEHIND_OCTETS = 4

# TOLERANT: `From : Ada` is a field with a space before its colon.
_START = re.compile(rb"From +[^\s:]")
# timestamp = asctime's form                              RFC 4155 appendix A
# TOLERANT: RFC 5322's form too.
_DATED = re.compile(rb"(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)\b[^\r\n]{1,20}[0-9]{1,2}:[0-9]{2}\b")
# field-name = 1*(%d33-57 / %d59-126)                            RFC 5322 s2.2
# A line that an mbox in an mbox left in front is skipped.
_FIELD = re.compile(rb"(?:>*From [^\r\n]*\r?\n)*[!-9;-~]+[ \t]*:")
_QUOTED = re.compile(rb"(^|[\r\n])>(>*From )")


class MboxMessage(NamedTuple):
    """A message as it stands in the file, its separator line included.

    Args:
        octets: What stands there; `None` if it is beyond the bound.
        line: The line of the file it begins on, from 1; 0 if not counted.
        is_last: Whether the file ends with it.
        start: The octet of what was given that it begins at.
    """

    octets: bytes | None
    line: int
    is_last: bool
    start: int = 0


def begins_mbox(head: bytes) -> bool:
    """Tell whether a file that begins so begins with a separator.  Never raises."""
    return head.startswith(b"From ") and _is_separator(head, 0, find_line_end(head))


def split_mbox(
    head: bytes,
    stream: BinaryIO,
    *,
    most_octets: int,
    count_lines: bool = False,
    line_end: bytes | None = None,
) -> Iterator[MboxMessage]:
    """Yield the messages of an mbox, one by one.

    Args:
        head: The first octets, read already.
        stream: The rest.
        most_octets: How long a message may be.
        count_lines: Whether somebody will ask for line numbers.
        line_end: As `find_line_end` gave it for the start of the file; that of `head`
            if not given.

    Raises:
        OSError: The stream cannot be read on.
    """
    line_end = line_end or find_line_end(head)
    marker = line_end + b"From "
    buffer = bytearray(head)
    begin = searched = 0  # of the message; where no separator begins before
    start = gone = 0  # of the message in what was given; how much of that the buffer lost
    line = next_line = 1 if count_lines else 0
    too_long = ended = False
    while True:
        found = buffer.find(marker, searched)
        if not ended and (found < 0 or found + _NEXT_OCTETS > len(buffer)):
            searched = found if found >= 0 else max(len(buffer) - len(marker) + 1, searched)
            too_long = too_long or searched - begin > most_octets
            keep = max(searched - LOOKBEHIND_OCTETS, begin) if too_long else begin
            if count_lines:
                next_line += buffer.count(line_end, begin, keep)
            del buffer[:keep]
            gone += keep
            begin, searched = 0, searched - keep
            chunk = stream.read(_CHUNK_OCTETS)
            ended = not chunk
            buffer += chunk
            continue
        end = found + 1 if found >= 0 else len(buffer)
        if found >= 0 and not _is_separator(buffer, end, line_end):
            searched = end
            continue
        too_long = too_long or end - begin > most_octets
        if count_lines:
            next_line += buffer.count(line_end, begin, end)
        octets = None if too_long else bytes(buffer[begin:end])
        yield MboxMessage(octets, line, found < 0, start)
        if found < 0:
            return
        start = gone + end
        begin, searched, line, too_long = end, end, next_line, False


def unquote(octets: bytes) -> bytes:
    """Return the message that stands in an mbox as `octets`.

    Without the separator line before and the empty line behind, and with
    ``>From`` and a blank at the start of a line as it was.  Never raises.
    """
    line_end = find_line_end(octets[:_LOOKAHEAD_OCTETS])
    message = octets[octets.find(line_end) + 1 :] if line_end in octets else b""
    if message.endswith(b"\r\n\r\n"):
        message = message[:-2]
    elif message.endswith(line_end * 2):
        message = message[:-1]
    return _QUOTED.sub(rb"\1\2", message) if b">From " in message else message


def find_line_end(head: bytes) -> bytes:
    """Return the octet that ends lines: CR in files of old Macs, else LF.  Never raises."""
    return b"\n" if b"\n" in head or b"\r" not in head else b"\r"


def _is_separator(data: bytes | bytearray, start: int, line_end: bytes) -> bool:
    """Tell whether the line that begins at `start` with `From ` separates."""
    if _START.match(data, start) is None:
        return False
    end = data.find(line_end, start, start + _LINE_OCTETS)
    if end < 0:  # a long line, or the end of a file that was cut there
        end = len(data)
        if end - start > _LINE_OCTETS:
            return False
    before = bytes(data[max(start - 3, 0) : start])
    behind_empty = not start or before.endswith((line_end * 2, b"\n\r\n"))
    before_field = _FIELD.match(data, end + 1, end + _LOOKAHEAD_OCTETS) is not None
    if behind_empty and before_field:
        return True
    return (behind_empty or before_field) and _DATED.search(data, start, end) is not None
