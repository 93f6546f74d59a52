"""The header fields and lines of a message one by one, with what they belong to.

    HEADER          a field of the message's own header
    MIME_HEADER     a field about MIME, wherever it stands, or any field of a part
    NESTED_HEADER   a field of a message that is attached
    BODY            a line of a body, or a piece of a long one

A `Walk` follows the structure of the message (RFC 2045, RFC 2046) with the
boundaries that are open, in one pass; it decodes nothing and keeps nothing.

Rules.
- A field is its lines with their folds.  The first line that is no field ends
  a header, as an empty one does.
- A delimiter is told by its beginning, whatever follows (RFC 2046 s5.1.1); one
  that is the whole line is preferred.  That of an outer multipart closes those
  inside it.
- Delimiters, preambles and epilogues are lines of the body too.
- A bound that is met is told as a Defect.  What lies behind it is not looked
  at; that of nesting is in `is_too_deep`, for whoever cannot let that pass.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, NamedTuple

import attrs

from dsnlib.errors import Defect
from dsnlib.model.number import require_whole
from dsnlib.model.text import decode_wire

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

__all__ = ["ContentLimits", "Piece", "PieceKind", "Walk"]

# field-name = 1*ftext, and the obsolete white space before the colon
#                                              RFC 5322 s3.6.8, s4.5.8
_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:")
# TOLERANT: the separator of a mailbox file, quoted or not, in front of a message;
# not the field From with white space before its colon.
_MBOX_LINE = re.compile(rb">*+From (?![ \t]*+:)")
_LINE_END = re.compile(rb"[\r\n]")
# MIME-message-headers and MIME-part-headers                     RFC 2045 s3
_MIME_FIELDS = frozenset(
    {
        b"content-description",
        b"content-disposition",
        b"content-id",
        b"content-transfer-encoding",
        b"content-type",
        b"mime-version",
    }
)
_MESSAGE_TYPES = (b"message/rfc822", b"message/global")
_IDENTITIES = frozenset({b"", b"7bit", b"8bit", b"binary"})
_DIGEST = b"multipart/digest"

# What stands between the semicolons of a value, some of which may be quoted.
_SEGMENT = re.compile(rb'((?>(?:[^";]++|"(?>(?:[^"\\]++|\\.)*)"?)*))(?:;|\Z)', re.DOTALL)
# parameter = attribute "=" value                               RFC 2045 s5.1
# TOLERANT: whatever a value without quotes has, as the "=" in "boundary=--=_x".
_BOUNDARY = re.compile(
    rb'\s*+boundary\s*+=\s*+(?:"((?>(?:[^"\\]++|\\.)*))"?|([^\s"]\S*+))', re.DOTALL | re.IGNORECASE
)
_OUTSIDE = re.compile(rb'[^("]++|"(?>(?:[^"\\]++|\\.)*)"?', re.DOTALL)
_INSIDE = re.compile(rb"[^()\\]++|\\.?|[()]", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
# RFC 2046 s5.1.1 allows 70; whatever is longer than a line may be is no boundary.
_LONGEST_BOUNDARY = 998


@attrs.frozen(kw_only=True)
class ContentLimits:
    """How much of a message is looked at; the defaults are Postfix's.

    Args:
        header_octets: Of one field, folds included; what is longer is looked at
            up to there.  Postfix's `header_size_limit`.
        line_octets: Of one piece of a line of the body; a longer line is looked
            at in pieces.  Postfix's `line_length_limit`.
        body_octets: Of the body of one part, to the end of the line that passes
            it.  Postfix's `body_checks_size_limit`.
        nesting: Multiparts inside each other.  Postfix's `mime_nesting_limit`.

    Raises:
        InvalidValue: One is not a whole number, 1 or more.
    """

    header_octets: int = 102_400
    line_octets: int = 2048
    body_octets: int = 51_200
    nesting: int = 100

    def __attrs_post_init__(self) -> None:
        for field in attrs.fields(type(self)):
            require_whole(getattr(self, field.name), f"limits: {field.name}", least=1)


class PieceKind(enum.Enum):
    """What a piece of a message is; see the table above."""

    HEADER = "header"
    MIME_HEADER = "MIME header"
    NESTED_HEADER = "nested header"
    BODY = "body"


class Piece(NamedTuple):
    """A header field, a line of a body, or a piece of one.

    Args:
        kind: What it is.
        line: Where its line begins: before `start` in the second and later
            pieces of a long line.
        start: Where it begins.
        stop: Where it ends, without a line end.
        end: Behind its line end; `stop` where it has none.
    """

    kind: PieceKind
    line: int
    start: int
    stop: int
    end: int


class _Labels(NamedTuple):
    """What a header says of the content behind it."""

    media_type: bytes = b""
    boundary: bytes = b""
    encoding: bytes = b""


class Walk:
    """One pass over a message.

    Args:
        data: The message; lines end with LF or CRLF.
        limits: How much is looked at.
        wants_body: Whether pieces of bodies are wanted at all.
    """

    __slots__ = ("_data", "_delimiters", "_digests", "_levels", "_limits", "_wants_body",
                 "defects", "is_too_deep")  # fmt: skip

    def __init__(self, data: bytes, limits: ContentLimits, *, wants_body: bool = True) -> None:
        self._data = data
        self._limits = limits
        self._wants_body = wants_body
        # The delimiters of the multiparts that are open, the outermost first;
        # the level of each; and whether the parts at that level are messages
        # unless they say otherwise (RFC 2046 s5.1.5).
        self._delimiters: tuple[bytes, ...] = ()
        self._levels: dict[bytes, int] = {}
        self._digests: tuple[bool, ...] = ()
        self.defects: list[Defect] = []
        self.is_too_deep = False

    def pieces(self) -> Iterator[Piece]:
        """Yield each header field, and each line of a body, in order.  Never raises."""
        position = _skip_mbox_lines(self._data)
        kind: PieceKind | None = PieceKind.HEADER
        while position < len(self._data):
            if kind is None:
                position, kind = yield from self._body(position)
            else:
                position, labels = yield from self._header(position, kind)
                kind = self._enter(labels, position, is_part=kind is PieceKind.MIME_HEADER)

    def text(self, piece: Piece) -> str:
        r"""Return what a piece is checked by: its text, folds in it with `\n`.  Never raises.

        Octets that are no UTF-8 are as `decode_wire` has them.
        """
        most = self._limits.header_octets
        # Twice as many, because half of them may be the CRs.
        octets = self._data[piece.start : min(piece.stop, piece.start + 2 * most)]
        return decode_wire(octets.replace(b"\r\n", b"\n")[:most])

    def _header(
        self, position: int, kind: PieceKind
    ) -> Generator[Piece, None, tuple[int, _Labels]]:
        """Yield the fields of a header; return where the content behind it begins."""
        data = self._data
        most = self._limits.header_octets
        values: dict[bytes, bytes] = {}
        while position < len(data):
            found = _FIELD.match(data, position)
            if found is None:
                if data.startswith((b"\n", b"\r\n"), position):
                    position = data.index(b"\n", position) + 1
                break
            if self._level(position, self._line_stop(position)[0]) is not None:
                break
            stop, end = self._field_stop(position)
            if stop - position - data.count(b"\r\n", position, stop) > most:
                self._tell("content-header", f"a field is longer than {most} octets", position)
            name = found[1].lower()
            is_mime = name in _MIME_FIELDS
            yield Piece(PieceKind.MIME_HEADER if is_mime else kind, position, position, stop, end)
            if is_mime:
                # Of two, readers take the first; and they read all of it, so no bound.
                values.setdefault(name, data[found.end() : stop])
            position = end
        media_type, boundary = _read_type(values.get(b"content-type", b""))
        encoding = _without_comments(values.get(b"content-transfer-encoding", b""))
        return position, _Labels(media_type, boundary, encoding.strip().lower())

    def _enter(self, labels: _Labels, position: int, *, is_part: bool) -> PieceKind | None:
        """Open what a header announces; return the kind of the header that follows, if any."""
        media_type = labels.media_type
        if not media_type and is_part and self._digests[-1]:
            media_type = _MESSAGE_TYPES[0]
        if media_type.startswith(b"multipart/") and labels.boundary:
            if len(self._delimiters) < self._limits.nesting:
                self._digests += (media_type == _DIGEST,)
                self._set_delimiters((*self._delimiters, b"--" + labels.boundary))
            elif not self.is_too_deep:
                self.is_too_deep = True
                most = self._limits.nesting
                self._tell("content-nesting", f"more than {most} multiparts are open", position)
        elif media_type in _MESSAGE_TYPES and labels.encoding in _IDENTITIES:
            return PieceKind.NESTED_HEADER
        return None

    def _body(self, position: int) -> Generator[Piece, None, tuple[int, PieceKind | None]]:
        """Yield the lines up to a delimiter; return the place behind it, and what follows."""
        data = self._data
        left = self._limits.body_octets if self._wants_body else 0
        while position < len(data):
            if left <= 0:
                # From here on only delimiters count, and they begin a line.
                found = data.find(b"\n--", position - 1) if self._delimiters else -1
                if found < 0:
                    return len(data), None
                position = found + 1
            line = position
            stop, position = self._line_stop(line)
            if left > 0:
                yield from self._line(line, stop, position, left)
                left -= stop - line + 1
            level = self._level(line, stop)
            if level is not None:
                # close-delimiter = delimiter "--"             RFC 2046 s5.1.1
                is_closing = data.startswith(b"--", line + len(self._delimiters[level]))
                still_open = level if is_closing else level + 1
                if still_open < len(self._delimiters):
                    self._set_delimiters(self._delimiters[:still_open])
                return position, None if is_closing else PieceKind.MIME_HEADER
        return position, None

    def _line(self, line: int, stop: int, end: int, left: int) -> Iterator[Piece]:
        """Yield a line of a body in pieces, as long as there are octets left to look at."""
        most = self._limits.line_octets
        for start in range(line, min(max(stop, line + 1), line + left), most):
            cut = start + most
            if cut < stop:
                yield Piece(PieceKind.BODY, line, start, cut, cut)
            else:
                yield Piece(PieceKind.BODY, line, start, stop, end)

    def _line_stop(self, position: int) -> tuple[int, int]:
        """Return where the line at a place ends, without and with its line end."""
        data = self._data
        found = data.find(b"\n", position)
        if found < 0:
            return len(data), len(data)
        return found - data.endswith(b"\r", position, found), found + 1

    def _field_stop(self, position: int) -> tuple[int, int]:
        """Return the same of the field at a place."""
        stop, end = self._line_stop(position)
        while self._data.startswith((b" ", b"\t"), end):
            stop, end = self._line_stop(end)
        return stop, end

    def _level(self, position: int, stop: int) -> int | None:
        """Return which multipart's delimiter a line is, or `None`."""
        delimiters = self._delimiters
        if not delimiters or not self._data.startswith(delimiters, position):
            return None
        line = self._data[position:stop].rstrip()
        level = self._levels.get(line, self._levels.get(line.removesuffix(b"--")))
        if level is not None:
            return level
        inward = reversed(range(len(delimiters)))
        return next(level for level in inward if line.startswith(delimiters[level]))

    def _set_delimiters(self, delimiters: tuple[bytes, ...]) -> None:
        self._delimiters = delimiters
        self._digests = self._digests[: len(delimiters)]
        # Of two that are equal the inner one.
        self._levels = {each: level for level, each in enumerate(delimiters)}

    def _tell(self, code: str, what: str, offset: int) -> None:
        self.defects.append(Defect(code=code, message=f"content: {what}", offset=offset))


def _skip_mbox_lines(data: bytes) -> int:
    """Return where a message begins that a mailbox file's separator may precede."""
    position = 0
    while _MBOX_LINE.match(data, position):
        position = data.find(b"\n", position) + 1
        if not position:
            return len(data)
    return position


def _without_comments(value: bytes) -> bytes:
    """Return a value with a space for each comment (RFC 5322 s3.2.2)."""
    if b"(" not in value:
        return value
    kept = []
    position = depth = 0
    while position < len(value):
        found = (_INSIDE if depth else _OUTSIDE).match(value, position)
        piece = b"(" if found is None else found[0]
        position += len(piece)
        if piece == b"(":
            depth += 1
        elif not depth:
            kept.append(piece)
        elif piece == b")":
            depth -= 1
            kept.append(b" ")
    return b"".join(kept)


def _read_type(value: bytes) -> tuple[bytes, bytes]:
    """Return the media type and the boundary that a Content-Type has; either may be empty."""
    first, *parameters = [found[1] for found in _SEGMENT.finditer(_without_comments(value))]
    media_type = b"".join(first.split()).lower()
    boundary = next(filter(None, map(_BOUNDARY.match, parameters)), None)
    if boundary is None:
        return media_type, b""
    text = (boundary[2] or _ESCAPED.sub(rb"\1", boundary[1])).rstrip()
    return media_type, b"" if len(text) > _LONGEST_BOUNDARY or _LINE_END.search(text) else text
