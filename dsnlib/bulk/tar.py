"""Tar archives, read as they stand: where members begin, and what is in them (POSIX ustar).

The standard library's reader stops at the first damage and takes longer for the header of
a member than dsnlib takes for some messages.  This one reads what backups of mail have:
regular files, with names as ustar, GNU tar and pax (POSIX.1-2001) write them.

Rules.
- A header counts if its checksum is right.  Where none is, everything up to the next that
  is right is damage: it is reported once, and the rest is read.
- Blocks of zeros are passed over: archives are put behind one another.
- Memory holds a header; whoever reads a member decides how much of it there is at once.
- Linear in the size of the archive, whatever the headers say.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["Damage", "Member", "find_cuts", "is_tar", "read_members"]

_BLOCK = 512
_ZEROS = bytes(_BLOCK)
_SKIP_OCTETS = 1 << 20
# Longer names and notes do not occur: PATH_MAX is 4096.
_NOTE_OCTETS = 1 << 16
_BINARY = 0x80

# typeflag                                                          POSIX pax, "ustar"
_REGULAR = frozenset(b"0\x007")
_GNU_NAME, _PAX = b"L"[0], b"x"[0]
_NOTES = frozenset({_GNU_NAME, _PAX, *b"Kg"})
# Without content, whatever their size field says: links, devices, directories.
_EMPTY = frozenset(b"123456")
_SPARSE = b"S"[0]
# "%d %s=%s\n": length, keyword, value                         POSIX pax extended header
# The length is that of the whole, in octets: a value may have a line end in it.
_PAX_RECORD = re.compile(rb"([0-9]{1,6}) ([^=\n\0]+)=")
_PAX_SIZE = re.compile(rb"[0-9]{1,18}")


class Member(NamedTuple):
    """A regular file in an archive.

    Args:
        name: Its name; lone surrogates stand for octets that are not UTF-8.
        octets: How long it is, as its header says.
        stream: What is in it; to be read before the next member.
        start: The octet of the archive where its headers begin.
    """

    name: str
    octets: int
    stream: BoundedStream
    start: int


class Damage(NamedTuple):
    """What cannot be read of an archive.

    Args:
        start: The octet where it begins.
        name: The member that it concerns, if that is known.
        reason: What is wrong, for a person.
    """

    start: int
    name: str
    reason: str


class _Header(NamedTuple):
    name: str
    octets: int
    kind: int


class _Note(NamedTuple):
    name: str
    octets: int


_NO_NOTE = _Note("", -1)


class BoundedStream(io.RawIOBase):
    """So many octets of a stream, and no more.

    Args:
        stream: Where they are; it stays open.
        octets: How many there are.
    """

    def __init__(self, stream: BinaryIO, octets: int) -> None:
        self._stream = stream
        self.left = octets

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives it
        """Read the next octets, and return how many; 0 at the end.

        Raises:
            OSError: The stream cannot be read.
        """
        octets = min(len(buffer), self.left)
        data = self._stream.read(octets) if octets else b""
        self.left -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def skip(self) -> bool:
        """Pass over what is left, and tell whether all of it was there.

        Whoever read the stream may have closed it: what it is part of goes on.

        Raises:
            OSError: The stream cannot be read.
        """
        while self.left and (data := self._stream.read(min(self.left, _SKIP_OCTETS))):
            self.left -= len(data)
        return not self.left


def is_tar(head: bytes) -> bool:
    """Tell whether a file that begins so is a tar archive.  Never raises."""
    return len(head) >= _BLOCK and _parse(head[:_BLOCK]) is not None


def find_cuts(stream: BinaryIO, octets: int) -> Iterator[int]:
    """Yield places before members at which an archive can be cut, one in so many octets.

    Args:
        stream: The archive, at its start.
        octets: How many are between two cuts, at least.

    Raises:
        OSError: It cannot be read.
    """
    next_cut = octets
    for found in read_members(stream):
        if isinstance(found, Member) and found.start >= next_cut:
            yield found.start
            next_cut = found.start + octets


def read_members(
    stream: BinaryIO, *, start: int = 0, end: int | None = None
) -> Iterator[Member | Damage]:
    """Yield the regular files of an archive, and what is damaged, in order.

    Args:
        stream: The archive, at `start`.
        start: Where that is: the start, or as `find_cuts` gave it.
        end: Where to stop: what begins there is no longer yielded.

    Raises:
        OSError: It cannot be read on.
    """
    for found in _walk(stream, start, end):
        if isinstance(found, Damage):
            yield found
        elif found.kind in _REGULAR and not found.member.name.endswith("/"):
            yield found.member
        elif found.kind == _SPARSE:
            yield Damage(found.member.start, found.member.name, "the member is a sparse file")


class _Found(NamedTuple):
    kind: int
    member: Member


def _walk(stream: BinaryIO, place: int, end: int | None) -> Iterator[_Found | Damage]:
    """Yield what is in an archive, of any kind but notes, which are about what follows them."""
    first, note = place, _NO_NOTE  # where the headers of a member begin, and what they said
    is_damaged = False
    while end is None or place < end:
        block = stream.read(_BLOCK)
        if len(block) < _BLOCK:
            if block.strip(b"\0"):
                yield Damage(place, note.name, "the archive is cut off in a header")
            return
        header = _parse(block)
        if header is None:
            if block != _ZEROS and not is_damaged:
                is_damaged = True
                yield Damage(place, note.name, "the archive is damaged: this is no header")
            place += _BLOCK
            first, note = place, _NO_NOTE
            continue
        is_damaged, is_note = False, header.kind in _NOTES
        octets = header.octets if is_note or note.octets < 0 else note.octets
        content = BoundedStream(stream, 0 if header.kind in _EMPTY else octets)
        octets = content.left
        name = note.name or header.name
        if not is_note:
            yield _Found(header.kind, Member(name, octets, content, first))
        elif octets <= _NOTE_OCTETS:
            note = _read_note(header.kind, content.read(), note)
        if not content.skip():
            yield Damage(place, name, "the archive is cut off in this member")
            return
        # Contents are filled up to a whole number of blocks.
        stream.read(-octets % _BLOCK)
        place += _BLOCK + octets + -octets % _BLOCK
        if not is_note:
            first, note = place, _NO_NOTE


def _read_note(kind: int, text: bytes, note: _Note) -> _Note:
    """Return what a note says of the member behind it, besides what others said."""
    if kind == _GNU_NAME:
        return note._replace(name=_decode(text))
    if kind == _PAX:
        records = dict(_pax_records(text))
        if path := records.get(b"path"):
            note = note._replace(name=_decode(path))
        if _PAX_SIZE.fullmatch(octets := records.get(b"size", b"")):
            note = note._replace(octets=int(octets))
    return note


def _pax_records(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield keywords and values, up to the first record that is none."""
    place = 0
    while found := _PAX_RECORD.match(text, place):
        place += int(found[1])
        if not found.end() < place <= len(text) or text[place - 1 : place] != b"\n":
            return
        yield found[2], text[found.end() : place - 1]


def _parse(block: bytes) -> _Header | None:
    """Return what a header says, or `None` if it is none."""
    checksum = _number(block[148:156])
    # "the simple sum of all octets, as if the chksum field were all spaces"   POSIX ustar
    if checksum is None or sum(block) - sum(block[148:156]) + 8 * 0x20 != checksum:
        return None
    octets = _number(block[124:136])
    if octets is None:
        return None
    name = block[:100].partition(b"\0")[0]
    # "ustar\0" has a prefix there, "ustar  \0" of old GNU tar has other things.
    if block[257:263] == b"ustar\0" and (prefix := block[345:500].partition(b"\0")[0]):
        name = prefix + b"/" + name
    return _Header(_decode(name), octets, block[156])


def _number(field: bytes) -> int | None:
    if field[0] == _BINARY:  # GNU tar: base 256
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not digits or digits.strip(b"01234567"):
        return None if digits else 0
    return int(digits, 8)


def _decode(name: bytes) -> str:
    return name.partition(b"\0")[0].decode("utf-8", "surrogateescape")
