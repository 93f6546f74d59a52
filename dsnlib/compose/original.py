"""The message that a notification is about, read as far as it has to be.

It comes as octets, as a binary file or as an iterator of chunks, and only its
header is ever held: a notification about a message of 100 MB needs no more
memory than one about a short one.

Rules.
- Line ends become CRLF, whatever they were: a bare LF or CR in what is sent on
  is how one message is made to look like two.
- The header is what stands before the first empty line, all of it (RFC 6522 s4).
"""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, cast

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.date import guess_date, parse_date
from dsnlib.model.header import decode_words, one_line
from dsnlib.model.text import decode_wire

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

__all__ = ["Original", "message_id", "open_original", "original_date", "subject"]

# Precedent: Postfix takes headers of 100 kB a field, and the largest whole one
# seen in mail is some 60 kB.  What stands beyond is taken for text.
_HEADER_OCTETS = 1 << 20
_CHUNK_OCTETS = 1 << 16
_GOOD_LINE_ENDS = (None, "\r\n")

# The end of the last line of a header with the empty line behind it.
_EMPTY_LINES = (b"\r\n\r\n", b"\n\n", b"\n\r\n", b"\r\r")
# A field that we read, with its folds; the header has CRLF by then.
_FIELD = re.compile(
    rb"^(subject|date|message-id|accept-language|content-language)[ \t]*:"
    rb"([^\r]*(?:\r\n[ \t][^\r]*)*)",
    re.IGNORECASE | re.MULTILINE,
)
# What can be repeated in In-Reply-To without harm.  RFC 5322 s3.6.4 is narrower,
# but what was sent is what the sender's program will look for.
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")


@attrs.frozen(kw_only=True)
class Original:
    """What is known of the message.

    Args:
        header: Its header with CRLF line ends, without the empty line.
        is_headed: Whether an empty line follows, so that there is a text.
        size_octets: How large it is as it came, or `None` if nobody knows.
        is_eight_bit: Whether it may have octets beyond US-ASCII.
        source: What follows the header and the empty line, as it came: octets,
            or chunks that can be read once.
        is_crlf: Whether its line ends are known to be CRLF.
    """

    header: bytes
    is_headed: bool
    size_octets: int | None
    is_eight_bit: bool
    source: bytes | Iterator[bytes] = attrs.field(repr=False)
    is_crlf: bool = False

    @property
    def is_repeatable(self) -> bool:
        """Whether the text can be read more than once."""
        return isinstance(self.source, bytes)

    def fields(self) -> dict[str, str]:
        """Return the text of the fields that matter here, by lower-case name.  Never raises.

        The first of each name; unfolded, without controls.
        """
        found: dict[str, str] = {}
        for name, text in _FIELD.findall(self.header):
            key = name.decode("ascii").lower()
            if key not in found:
                value = decode_wire(text).strip(" \t\r\n")
                found[key] = value if value.isprintable() else _unfolded(value)
        return found

    def body(self) -> Iterator[bytes]:
        """Yield the text in chunks, with CRLF line ends.  Raises what reading its source does."""
        if isinstance(self.source, bytes):
            if self.source:
                yield _crlf(self.source)
            return
        if self.is_crlf:
            yield from self.source
            return
        held = b""
        for chunk in self.source:
            if not chunk:
                continue
            octets = held + chunk if held else chunk
            # A CR at the end may be half a line end.
            held = b"\r" if octets[-1:] == b"\r" else b""
            yield _crlf(octets[:-1] if held else octets)
        if held:
            yield b"\r\n"


def open_original(
    source: bytes | BinaryIO | Iterable[bytes],
    *,
    size_octets: int | None = None,
    is_crlf: bool = False,
) -> Original:
    """Return the message, its header read.  Raises what reading the source does.

    Args:
        source: The octets, a binary file read from where it stands, or chunks.
        size_octets: How large it is; known without it for octets and for files
            that can be sought in.
        is_crlf: Whether every line end of a file or of chunks is known to be
            CRLF, as in the queue of a server that takes no other: then the
            text is passed on without a look at it.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return _open_octets(bytes(source))
    if hasattr(source, "read"):
        file = cast("BinaryIO", source)
        known = _size(file)
        # A small file is read at once: then all of it is known.
        if known is not None and known <= _CHUNK_OCTETS:
            return _open_octets(file.read(known))
        size_octets = known if size_octets is None else size_octets
        chunks = iter(lambda: file.read(_CHUNK_OCTETS), b"")
    else:
        chunks = iter(source)
    # The octets so far in a list: a chunk may be a line or a single octet.
    taken, count, header, is_headed, rest = [], 0, b"", False, b""
    looked = 0
    for chunk in chunks:
        taken.append(chunk)
        count += len(chunk)
        # Looked at whenever they have doubled, so the time stays linear.
        if count < 2 * looked and count < _HEADER_OCTETS:
            continue
        octets = b"".join(taken)
        taken, looked = [octets], count
        header, is_headed, rest = _split(octets, is_whole=False)
        if is_headed or count >= _HEADER_OCTETS:
            break
    else:
        header, is_headed, rest = _split(b"".join(taken), is_whole=True)
    return Original(
        header=header,
        is_headed=is_headed,
        size_octets=size_octets,
        is_eight_bit=True,  # nobody has seen all of it
        source=itertools.chain([rest], chunks),
        is_crlf=is_crlf,
    )


def _open_octets(octets: bytes) -> Original:
    header, is_headed, rest = _split(octets, is_whole=True)
    return Original(
        header=header,
        is_headed=is_headed,
        size_octets=len(octets),
        is_eight_bit=not octets.isascii(),
        source=rest,
    )


def original_date(fields: Mapping[str, str]) -> dt.datetime | None:
    """Return the time in the Date field, in the zone of who wrote it.  Never raises."""
    text = fields.get("date")
    if text is None:
        return None
    try:
        return parse_date(text)
    except InvalidValue:
        return guess_date(text)


def subject(fields: Mapping[str, str]) -> str:
    """Return the Subject as a person reads it, `""` if there is none.  Never raises."""
    return one_line(decode_words(fields.get("subject", "")))


def message_id(fields: Mapping[str, str]) -> str | None:
    """Return the Message-ID if it can be repeated in a header.  Never raises."""
    text = fields.get("message-id", "")
    return text if _MESSAGE_ID.fullmatch(text) else None


def _split(octets: bytes, *, is_whole: bool) -> tuple[bytes, bool, bytes]:
    """Take the header off: itself, whether it has ended, what follows."""
    found = _find_end(octets)
    # What ends in a line end may go on with another one.
    if found is None or (not is_whole and found[1] == len(octets) and octets[-1:] == b"\r"):
        if is_whole or len(octets) >= _HEADER_OCTETS:
            header = _crlf(octets[:_HEADER_OCTETS])
            line_end = b"" if not header or header.endswith(b"\r\n") else b"\r\n"
            return header + line_end, False, octets[_HEADER_OCTETS:]
        return b"", False, octets
    start, end = found
    return (_crlf(octets[:start]) + b"\r\n") if start else b"", True, octets[end:]


def _find_end(octets: bytes) -> tuple[int, int] | None:
    """Find where a header ends, and where what follows the empty line begins."""
    if octets[:1] in (b"\r", b"\n"):
        return 0, 2 if octets[:2] == b"\r\n" else 1
    limit, found = min(len(octets), _HEADER_OCTETS), None
    for empty_line in _EMPTY_LINES:
        place = octets.find(empty_line, 0, limit)
        if place >= 0:
            found, limit = (place, place + len(empty_line)), place + len(empty_line)
    if found is not None and octets[found[0] - 1 : found[0]] == b"\r":
        return found[0] - 1, found[1]
    return found


def _crlf(octets: bytes) -> bytes:
    # The decoder of text files notes which line ends it sees, in a third of the
    # time that counting them takes.
    decoder = io.IncrementalNewlineDecoder(None, translate=False)
    decoder.decode(octets.decode("latin-1"), final=True)
    if decoder.newlines in _GOOD_LINE_ENDS:
        return octets
    if decoder.newlines != "\n":
        octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return octets.replace(b"\n", b"\r\n")


def _size(source: BinaryIO) -> int | None:
    try:
        start = source.tell()
        end = source.seek(0, 2)
        source.seek(start)
    except (OSError, ValueError, AttributeError):
        return None
    return end - start


def _unfolded(text: str) -> str:
    return one_line(text.replace("\r\n", ""))
