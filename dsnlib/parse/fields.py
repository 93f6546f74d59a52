"""Octets of a status part -> its text, decoded and unfolded.

RFC 3464 s2.1.1 builds a status part from RFC 822 fields.  Here it becomes lines
in which each field stands whole; which lines are fields, and what they mean, is
for `groups`.

Rules.
- A fold counts as one space, as linear white space does in RFC 822 s3.1.4.
- A part may be encoded, wholly or from some group on; the offsets of its lines
  are then those of the part.
"""

from __future__ import annotations

import binascii
import re
from typing import NamedTuple

from dsnlib.errors import LimitExceeded
from dsnlib.model.text import decode_base64, decode_wire

__all__ = ["Note", "StatusText", "read_status_text"]

# Code of a defect, line counted from 0 in the unfolded text, detail.
Note = tuple[str, int, str]

# FWS before text.  White space alone in a line is no fold: RFC 5322 s3.2.2
# lets nobody write it, and it stands where an empty line was meant.
_FOLD = re.compile(r"\n[ \t]+(?=[^ \t\r\n])")
_LINE_END = re.compile(rb"\n(?![ \t]+[^ \t\r\n])")
_BASE64_LINES = re.compile(rb"[A-Za-z0-9+/=\s]+")
_FIRST_FIELD = re.compile(rb"\s*[A-Za-z][A-Za-z0-9-]*[ \t]*:")
_IDENTITY = frozenset({"7bit", "8bit", "binary"})


class StatusText(NamedTuple):
    """A status part as text.

    Args:
        text: With LF line ends and no folds.
        notes: What broke the rules so far.
        octets: The content, its transfer encoding undone.
        start: Where the content begins in the message.
        decoded: Whether a transfer encoding was undone, so that places within
            are not places in the message.
    """

    text: str
    notes: list[Note]
    octets: bytes
    start: int
    decoded: bool

    def offsets(self) -> list[int]:
        """Return the offset in the message of each line of `text`."""
        ends = _LINE_END.finditer(self.octets)
        if self.decoded:
            return [self.start, *(self.start for _ in ends)]
        return [self.start, *(self.start + found.end() for found in ends)]


def read_status_text(octets: bytes, start: int, encoding: str, limit: int) -> StatusText:
    """Return the content of a status part as unfolded text.

    Args:
        octets: The part's content as it stands in the message.
        start: Its offset there.
        encoding: The Content-Transfer-Encoding, lower case.
        limit: The largest size to take, in octets.

    Raises:
        LimitExceeded: The part is larger than `limit`.
    """
    if len(octets) > limit:
        message = f"status part: {len(octets)} octets are more than {limit}"
        raise LimitExceeded(message, limit="status_octets", value=limit)
    notes: list[Note] = []
    decoded = False
    # Behind the last colon there is the rest of a line, unless base64 follows.
    rest = octets[octets.rfind(b":") :]
    if encoding not in _IDENTITY or b"\n\n" in rest or b"\n\r\n" in rest:
        octets, decoded = _decode(octets, encoding, notes)
    text = decode_wire(octets)
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    unfolded = _FOLD.sub(" ", text)
    if unfolded is not text and (" \n" in text or "\t\n" in text):
        unfolded = _FOLD.sub(" ", _fold_ends(text))
    return StatusText(unfolded, notes, octets, start, decoded)


def _fold_ends(text: str) -> str:
    """Take white space off the end of lines that hold something else.

    White space on both sides of a line end is one fold.
    """
    lines = text.split("\n")
    return "\n".join([line if line.isspace() else line.rstrip(" \t") for line in lines])


def _decode(octets: bytes, encoding: str, notes: list[Note]) -> tuple[bytes, bool]:
    """Undo the transfer encoding of the part, or of its later groups."""
    if encoding == "base64":
        # TOLERANT: labelled base64 and plain all the same, at least in front.
        if b":" not in octets.lstrip().partition(b"\n")[0]:
            return _from_base64(octets, notes), True
    elif encoding == "quoted-printable":
        return binascii.a2b_qp(octets), b"=" in octets
    # TOLERANT: Office 365 encodes only the groups behind the first, whose
    # fields end in a Content-Transfer-Encoding.
    if (blank := _find_blank(octets)) >= 0 and octets.find(b":", blank) < 0:
        rest = octets[blank:]
        if _BASE64_LINES.fullmatch(rest):
            later = _from_base64(rest, [])
            if _FIRST_FIELD.match(later):
                notes.append(("status-part-encoding", 0, "only the later groups are base64"))
                return octets[:blank] + b"\n\n" + later, True
    return octets, False


def _find_blank(octets: bytes) -> int:
    crlf = octets.find(b"\n\r\n")
    lf = octets.find(b"\n\n", 0, crlf if crlf >= 0 else len(octets))
    return crlf if lf < 0 else lf


def _from_base64(octets: bytes, notes: list[Note]) -> bytes:
    try:
        return binascii.a2b_base64(octets)
    except binascii.Error as error:
        notes.append(("status-part-encoding", 0, f"base64: {error}"))
    return decode_base64(octets)
