"""Octets of a status part -> blocks of fields: names, unfolded values, places.

Reads RFC 822 fields (RFC 3464 s2.1.1) out of a part that may be encoded, wholly
or from some group on, and may hold lines that are no fields.  What a field
*means* is for `report` to say.

Rules.
- A fold counts as one space, as linear white space does in RFC 822 s3.1.4.
- A line that begins no field belongs to the diagnostic before it, or is noted.
- Empty lines behind the last group are nothing: many writers leave one or two
  before the boundary, and no reader can take them for anything else.
- Work is linear: folds are collected in a list and joined once.
"""

from __future__ import annotations

import binascii
import itertools
import re
from typing import NamedTuple

from dsnlib.errors import LimitExceeded
from dsnlib.model.text import decode_wire, encode_wire, replace_controls

__all__ = ["Field", "StatusText", "read_status_text"]

# field-name = 1*(%d33-57 / %d59-126)                           RFC 5322 s2.2
_NAME = re.compile(r"[!-9;-~]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n|\Z)")
_BASE64_LINES = re.compile(rb"[A-Za-z0-9+/=\s]+")
_FIRST_FIELD = re.compile(rb"\s*[A-Za-z][A-Za-z0-9-]*[ \t]*:")
_FREE_TEXT = frozenset({"diagnostic-code", "localized-diagnostic"})
_ISO_2022_JP = "\x1b$"
_BLANKS = " \t"
_WHITE = " \t\r"


class Field(NamedTuple):
    """One field of a block; `line` counts from 0 in the decoded part."""

    name: str
    value: str
    line: int


class StatusText(NamedTuple):
    """A status part as text, taken apart.

    Args:
        blocks: What stood between empty lines.
        notes: Code, line and detail of each breach of the field syntax.
        octets: The decoded content.
        start: Where the content begins in the message.
        decoded: Whether a transfer encoding was undone, so that places within
            are not places in the message.
    """

    blocks: list[list[Field]]
    notes: list[tuple[str, int, str]]
    octets: bytes
    start: int
    decoded: bool

    def offsets(self) -> list[int]:
        """Return the offset in the message of each line."""
        if self.decoded:
            return [self.start] * (self.octets.count(b"\n") + 1)
        lengths = (len(line) + 1 for line in self.octets.split(b"\n"))
        return list(itertools.accumulate(lengths, initial=self.start))


def read_status_text(octets: bytes, start: int, encoding: str, limit: int) -> StatusText:
    """Take a status part apart.

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
    notes: list[tuple[str, int, str]] = []
    plain, decoded = _decode(octets, encoding, notes)
    text = decode_wire(plain)
    found = _CONTROLS.search(text)
    if found:
        line = text.count("\n", 0, found.start())
        notes.append(("field-control", line, f"the part holds {found[0]!r}"))
        text = _clean(text)
    return StatusText(_split(text, notes), notes, plain, start, decoded)


def _decode(
    octets: bytes, encoding: str, notes: list[tuple[str, int, str]]
) -> tuple[bytes, bool]:
    """Undo the transfer encoding of the part, or of its later groups."""
    if encoding == "base64":
        # TOLERANT: labelled base64 and plain all the same, at least in front.
        if b":" not in octets.lstrip().partition(b"\n")[0]:
            return _from_base64(octets, notes), True
    elif encoding == "quoted-printable":
        return binascii.a2b_qp(octets), b"=" in octets
    # TOLERANT: Office 365 encodes only the groups behind the first, whose
    # fields end in a Content-Transfer-Encoding.  The first group is always
    # near the start, so only there is looked for the empty line.
    head, blank, rest = octets.partition(b"\n\r\n" if b"\n\r\n" in octets[:4096] else b"\n\n")
    if blank and rest and b":" not in rest and _BASE64_LINES.fullmatch(rest):
        later = _from_base64(rest, [])
        if _FIRST_FIELD.match(later):
            notes.append(("status-part-encoding", 0, "only the later groups are base64"))
            return head + b"\n\n" + later, True
    return octets, False


def _from_base64(octets: bytes, notes: list[tuple[str, int, str]]) -> bytes:
    try:
        return binascii.a2b_base64(octets)
    except binascii.Error as error:
        notes.append(("status-part-encoding", 0, f"base64: {error}"))
    # Cut short: what makes whole groups of four can still be read.
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", octets)
    return binascii.a2b_base64(letters[: len(letters) // 4 * 4])


def _clean(text: str) -> str:
    lines = text.split("\n")
    return "\n".join([_clean_line(line.rstrip("\r")) for line in lines])


def _clean_line(line: str) -> str:
    if _ISO_2022_JP in line:
        # TOLERANT: Notes and Japanese carriers write ISO-2022-JP as it is.
        try:
            line = encode_wire(line).decode("iso2022_jp")
        except UnicodeDecodeError:
            pass
    return replace_controls(line)


def _split(text: str, notes: list[tuple[str, int, str]]) -> list[list[Field]]:
    """Split text into blocks of unfolded fields."""
    blocks: list[list[tuple[str, list[str], int]]] = []
    block: list[tuple[str, list[str], int]] = []
    folds: list[str] = []  # of the field that a continuation line belongs to
    free_text = False
    blanks = 0
    for number, line in enumerate(text.split("\n")):
        name, colon, value = line.partition(":")
        if not colon or _NAME.fullmatch(name) is None:
            if not line or line.isspace():
                if block:
                    blocks.append(block)
                    block = []
                else:
                    blanks += 1
                if line not in ("", "\r"):
                    notes.append(("blank-line-space", number, "white space in an empty line"))
                continue
            bare = name.rstrip(_BLANKS)
            if not colon or _NAME.fullmatch(bare) is None or line[0] in _BLANKS:
                if line[0] not in _BLANKS or not block:
                    notes.append(("field-syntax", number, f"{line[:80]!r} is not a field"))
                # TOLERANT: a diagnostic that was wrapped without being folded.
                # To another field a stray line adds nothing, and would hide
                # what the field says.
                if line[0] in _BLANKS or free_text:
                    folds.append(line.strip(_WHITE))
                continue
            # TOLERANT: "Action : failed".  RFC 822 s3.1.2 lets no white space
            # end a name, yet gateways of several makers write it.
            notes.append(("field-space", number, f"white space between {bare!r} and the colon"))
            name = bare
        if blanks:
            notes.append(("blank-line-extra", number, "an empty line that separates nothing"))
            blanks = 0
        folds = [value.strip(_WHITE)]
        free_text = name.lower() in _FREE_TEXT
        block.append((name, folds, number))
    if block:
        blocks.append(block)
    return [
        [
            Field(name, folds[0] if len(folds) == 1 else " ".join(folds).strip(), line)
            for name, folds, line in block
        ]
        for block in blocks
    ]
