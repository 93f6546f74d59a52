"""Fuzz the readers of tar archives and of compressed files.

An input is the blocks of an archive: where a block would be a header but for its
checksum, it gets the right one, so that what is behind the checksum is reached too.

Invariant.
- Any octets are members and damage, nothing else; they come in the order of the archive.
- A member's stream has no more than it says, and nothing of what is not its own.
- An archive that is cut where `find_cuts` says gives what the whole one gives.
- What the standard library wrote is read as it was written.
- A compressed file is read up to where it is damaged, and says so there; in whatever form
  an input is compressed, it is read as it was, and what is cut off it is only missing.
"""

from __future__ import annotations

import bz2
import functools
import gzip
import io
import lzma
import tarfile

from dsnlib.bulk.open_plain import is_compressed, open_plain
from dsnlib.bulk.tar import Damage, Member, find_cuts, is_tar, read_members
from fuzz.alphabet import expand, text_of

__all__ = ["ARCHIVE", "READS", "check"]

READS = ("dsnlib.bulk.open_plain", "dsnlib.bulk.tar")

_BLOCK = 512
_CHECKSUM = slice(148, 156)
_MARK = b"\1"
# A few octets can stand for gigabytes.
_MOST_PLAIN = 1 << 16
_MAGIC = (b"\x1f\x8b\x08\0", b"BZh9", b"\xfd7zXZ\0")
# As quick as it goes: otherwise this takes longer than all that is read.
_COMPRESS = (
    functools.partial(gzip.compress, compresslevel=1),
    functools.partial(bz2.compress, compresslevel=1),
    functools.partial(lzma.compress, preset=0),
)
_Found = tuple[str, int, int, bytes] | Damage


def _header(name: bytes, octets: bytes, kind: bytes, magic: bytes = b"ustar\x0000") -> bytes:
    head = name[:100].ljust(100, b"\0") + b"0000644\0" + b"0" * 16 + octets.ljust(12, b"\0")
    return (head + b"0" * 12 + b" " * 8 + kind + b"\0" * 100 + magic).ljust(_BLOCK, b"\0")


# Headers of every kind, contents of one block, and what is in notes.
ARCHIVE = (
    _header(b"a.eml", b"5", b"0"), _header(b"b.eml", b"1000", b"0"), _header(b"dir/", b"0", b"5"),
    _header(b"c", b"\x80" + b"\0" * 9 + b"\2\0", b"0"), _header(b"d", b"\x80" + b"\xff" * 11, b"0"),
    _header(b"link", b"7777", b"2"), _header(b"sparse", b"10", b"S"),
    _header(b"././@LongLink", b"20", b"L"), _header(b"pax", b"30", b"x"),
    _header(b"global", b"30", b"g"), _header(b"old", b"5", b"\0", b"ustar  \0"),
    _header(b"huge", b"77777777777", b"x"), _header(b"bad", b"9x", b"0"),
    b"Subject: x\n".ljust(_BLOCK, b"\0"), b"\0" * _BLOCK, b"\0" * 100, b"x" * _BLOCK,
    b"14 path=e.eml\n".ljust(_BLOCK, b"\0"), b"12 size=600\n".ljust(_BLOCK, b"\0"),
    b"long/name\0".ljust(_BLOCK, b"\0"), b"\xff", b"/", b"0", b"7", b"1777",
)  # fmt: skip


def check(data: bytes) -> None:
    """Read one input as an archive and assert the invariant."""
    octets = _with_checksums(expand(data, ARCHIVE))
    found = _read(octets, 0, None)
    starts = [each.start if isinstance(each, Damage) else each[2] for each in found]
    assert sorted(starts) == starts
    assert all(0 <= start <= len(octets) for start in starts)
    assert not is_tar(octets) or len(octets) >= _BLOCK
    cuts = [0, *find_cuts(io.BytesIO(octets), _BLOCK)]
    pieces = [
        each
        for start, end in zip(cuts, [*cuts[1:], None], strict=True)
        for each in _read(octets, start, end)
    ]
    assert found == pieces
    _check_compressed(data)
    _check_written(text_of(data[:200].replace(b"\0", b"")) or "x", data)


def _with_checksums(octets: bytes) -> bytes:
    """Return the blocks, each that looks like a header with the checksum of one."""
    blocks = []
    for place in range(0, len(octets), _BLOCK):
        block = bytearray(octets[place : place + _BLOCK])
        if block[257:262] == b"ustar":
            block[_CHECKSUM] = b" " * 8
            block[_CHECKSUM] = b"%06o\0 " % sum(block)
        blocks.append(bytes(block))
    return b"".join(blocks)


def _read(octets: bytes, start: int, end: int | None) -> list[_Found]:
    stream = io.BytesIO(octets)
    stream.seek(start)
    found: list[_Found] = []
    for each in read_members(stream, start=start, end=end):
        if isinstance(each, Damage):
            found.append(each)
            continue
        text = each.stream.read()
        assert len(text) <= each.octets
        assert not text or text in octets[each.start :]
        found.append((each.name, each.octets, each.start, text))
    return found


def _check_written(name: str, content: bytes) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        entry = tarfile.TarInfo(f"m/{name}")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    buffer.seek(0)
    read = [
        (each.name, each.octets, each.stream.read())
        for each in read_members(buffer)
        if isinstance(each, Member)
    ]
    # A name that ends with a slash is that of a directory.
    assert read == ([] if name.endswith("/") else [(f"m/{name}", len(content), content)])


def _check_compressed(data: bytes) -> None:
    for octets in (data, *[magic + data for magic in _MAGIC]):
        if is_compressed(octets):
            _open(octets)
    compress = _COMPRESS[len(data) % len(_COMPRESS)]
    packed = compress(data)
    assert (data, None) == _open(packed)
    begun, fault = _open(packed[: len(packed) // 2])
    assert data.startswith(begun)
    assert fault


def _open(octets: bytes) -> tuple[bytes, str | None]:
    with open_plain(io.BytesIO(octets), octets[:10]) as plain:
        text = plain.read(_MOST_PLAIN)
        return text, plain.fault
