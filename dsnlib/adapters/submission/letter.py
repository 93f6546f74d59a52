"""A letter as programs write it to the sendmail command, and as it is handed over.

    octets -> lines -> header fields, body

Rules.
- A line ends with LF or CRLF.  A CR that stands alone becomes a space: nobody agrees on
  what it means, and mail was smuggled by it.
- A line with a lone dot ends the letter, if that is asked for.
- A separator of mailboxes at the top, `From ann Sun Nov 22...`, is left out.
- The header ends before the first line that is no field: an empty one, or one of a
  letter without a header.
- What is large is kept in a file that has no name.
"""

from __future__ import annotations

import os
import re
from typing import IO, TYPE_CHECKING

from dsnlib.adapters.submission.fault import SubmissionFault

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Field", "Letter", "read_letter"]

Field = tuple[bytes, bytes]
"""A header field: its name in lower case, and the field with its last LF."""

_CHUNK_OCTETS = 65_536
_MEMORY_OCTETS = 1 << 20
# No program writes so much; header checks of Postfix look at a tenth of it.
_HEADER_OCTETS = 1 << 20
# field-name = 1*ftext; ftext = %d33-57 / %d59-126                 RFC 5322 s3.6.8
# TOLERANT: blanks before the colon (RFC 5322 s4.5).
_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:[^\n]*+(?>(?:\n[ \t][^\n]*+)*)(?:\n|\Z)")
_FROM_LINE = re.compile(rb">?From [^\n]*\n")


class Letter:
    """A letter.

    Attributes:
        fields: Its header.
        is_8bit: Whether an octet has its eighth bit set.
    """

    def __init__(
        self, fields: list[Field], body: list[bytes], *, rest: IO[bytes] | None, is_8bit: bool
    ) -> None:
        self.fields = fields
        self.is_8bit = is_8bit
        self._body = body
        self._rest = rest

    def values(self, *names: bytes) -> Iterator[str]:
        """Yield what stands behind the colon of each field with such a name, unfolded.

        Args:
            names: In lower case.
        """
        for name, octets in self.fields:
            if name in names:
                value = octets.partition(b":")[2].replace(b"\n", b"")
                yield value.decode("utf-8", "surrogateescape").strip()

    def __len__(self) -> int:
        """How many octets it has with CRLF."""
        return sum(len(each) + each.count(b"\n") for each in self._pieces())

    def chunks(self, *, stuffs_dots: bool) -> Iterator[bytes]:
        """Yield the letter with CRLF, the last line ended.

        Args:
            stuffs_dots: Whether a dot at the beginning of a line is doubled (RFC 5321
                s4.5.2).

        Raises:
            OSError: What is in the file cannot be read.
        """
        last = b"\n"
        for piece in self._pieces():
            octets = piece
            if stuffs_dots:
                octets = octets.replace(b"\n.", b"\n..")
                if last == b"\n" and piece.startswith(b"."):
                    octets = b"." + octets
            last = piece[-1:]
            yield octets.replace(b"\n", b"\r\n")

    def close(self) -> None:
        """Let go of the file, if there is one."""
        if self._rest is not None:
            self._rest.close()

    def _pieces(self) -> Iterator[bytes]:
        """Yield what there is, with LF; none is empty, and the last ends with LF."""
        yield b"".join([octets for _, octets in self.fields]) + b"\n"
        last = b"\n"
        for piece in self._body_pieces():
            last = piece[-1:]
            yield piece
        if last != b"\n":
            yield b"\n"

    def _body_pieces(self) -> Iterator[bytes]:
        yield from self._body
        if self._rest is not None:
            self._rest.seek(0)
            while piece := self._rest.read(_CHUNK_OCTETS):
                yield piece


def read_letter(file: int, *, ends_at_dot: bool, most_octets: int = 0) -> Letter:
    """Read a letter to its end.

    Args:
        file: The descriptor that it comes from.
        ends_at_dot: Whether a line with a lone dot is its end.
        most_octets: How large it may be, with LF; 0 for any size.

    Raises:
        SubmissionFault: It is too large, or its header is.
        OSError: It cannot be read, or not be kept.
    """
    kept: list[bytes] = []
    octets = 0
    rest: IO[bytes] | None = None
    is_8bit = False
    for piece in _lines(file, ends_at_dot=ends_at_dot):
        octets += len(piece)
        if 0 < most_octets < octets:
            text = f"the message has more than the {most_octets} octets that are taken"
            raise SubmissionFault(os.EX_DATAERR, text)
        is_8bit = is_8bit or not piece.isascii()
        if octets <= _MEMORY_OCTETS:
            kept.append(piece)
            continue
        if rest is None:
            # Nearly every letter does without.
            import tempfile

            rest = tempfile.TemporaryFile()  # noqa: SIM115  it is read when the letter goes out
        rest.write(piece)
    fields, begun = _split(b"".join(kept), is_whole=rest is None)
    return Letter(fields, [begun] if begun else [], rest=rest, is_8bit=is_8bit)


def _lines(file: int, *, ends_at_dot: bool) -> Iterator[bytes]:
    """Yield what comes, with LF for the end of a line; no piece is empty."""
    # A CR that may have its LF in the next chunk, and a dot that may end all.
    held = b""
    before = b"\n"
    while chunk := os.read(file, _CHUNK_OCTETS):
        octets = held + chunk
        held = b"\r" if octets.endswith(b"\r") else b""
        text = _with_lf(octets.removesuffix(held) if held else octets)
        if ends_at_dot:
            window = before + text
            end = window.find(b"\n.\n")
            if end >= 0:
                if end:
                    yield text[:end]
                return
            if window.endswith(b"\n."):
                text, held = text[:-1], b"." + held
        if text:
            before = text[-1:]
            yield text
    text = _with_lf(held)
    if text and not (ends_at_dot and text == b"."):
        yield text


def _with_lf(octets: bytes) -> bytes:
    if b"\r" not in octets:
        return octets
    return octets.replace(b"\r\n", b"\n").replace(b"\r", b" ")


def _split(octets: bytes, *, is_whole: bool) -> tuple[list[Field], bytes]:
    """Return the header fields and the beginning of the body."""
    place = 0
    found = _FROM_LINE.match(octets)
    if found is not None:
        place = found.end()
    fields: list[Field] = []
    while (match := _FIELD.match(octets, place)) is not None:
        raw = match[0]
        fields.append((match[1].lower(), raw if raw.endswith(b"\n") else raw + b"\n"))
        place = match.end()
        if place > _HEADER_OCTETS or (place == len(octets) and not is_whole):
            text = f"the header has more than {_HEADER_OCTETS} octets"
            raise SubmissionFault(os.EX_DATAERR, text)
    if octets.startswith(b"\n", place):
        place += 1
    return fields, octets[place:]
