r"""Find the status part and the returned part of a report; decode nothing.

Works on offsets into the octets of the message.  Structure is found with
`bytes.find`; of a part, only the header block is read.  The walk stops at the
returned part: what lies behind the first status part of a multipart/report is
the original, and a report inside *that* is not ours to read (RFC 6522 s3).

Rules.
- Every search is bounded by the next delimiter or the end of the enclosing
  part, so the work is linear in the size of the message.
- A bare-CR message was turned into an LF one by the caller, octet for octet,
  so offsets hold.
- Leniency is here only about structure; fields are read in `fields`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.errors import LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsnlib.parse.limits import Limits

__all__ = [
    "STATUS_TYPES",
    "Place",
    "StatusPart",
    "is_from_mail_system",
    "locate_status_parts",
    "salvage_status_parts",
]

STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
# RFC 6533 s4.4 wants any combination; the third and last have been seen in mail.
_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global", "message/partial"})

_LF = 0x0A
_HEADER_END = re.compile(rb"\n\r?\n")
# A field with its folds: field-body = (*([FWS] VCHAR) *WSP)     RFC 5322 s2.2
_FOLDED_VALUE = rb"[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)"
_CONTENT_TYPE = re.compile(rb"\ncontent-type" + _FOLDED_VALUE, re.IGNORECASE)
_ENCODING = re.compile(rb"\ncontent-transfer-encoding" + _FOLDED_VALUE, re.IGNORECASE)
_PARAMETER = rb"(?:^|[;\s])%s[ \t]*=[ \t]*(?:\"((?:[^\"\\]|\\.)*)\"?|([^;\s]+))"
_BOUNDARY = re.compile(_PARAMETER % rb"boundary", re.IGNORECASE | re.DOTALL)
_REPORT_TYPE = re.compile(_PARAMETER % rb"report-type", re.IGNORECASE | re.DOTALL)

# The first field of a status part, for parts that are labelled as something
# else, and for headers that run into the fields.
_FIRST_FIELDS = (
    b"reporting-mta",
    b"original-envelope-id",
    b"final-recipient",
    b"original-recipient",
    b"arrival-date",
    b"received-from-mta",
)
_RUN_IN = re.compile(rb"\n(?:reporting-mta|final-recipient|original-recipient)[ \t]*:", re.I)

_STATUS_LABEL = re.compile(rb"\ncontent-type[ \t]*:[ \t]*message/(?:global-)?delivery-status", re.I)
_STATUS_FIELD = re.compile(rb"\n(?:reporting-mta|final-recipient)[ \t]*:", re.I)
_REJECTED = re.compile(
    rb"\ndisposition[ \t]*:[ \t]*automatic-action[ \t]*/[ \t]*mdn-sent-automatically"
    rb"[ \t]*;[ \t]*deleted",
    re.IGNORECASE,
)
# Fields in a text have no end of their own.  Enough for hundreds of recipients.
_SALVAGE_OCTETS = 1 << 18
# TOLERANT: what says that a mail comes from a mail system, when its structure
# does not: the null return path, or a sender that RFC 2142 and custom reserve.
_MAIL_SYSTEM = re.compile(
    rb"\n(?:from|return-path|sender)[ \t]*:[^\n]*"
    rb"(?:mailer-daemon|mail-daemon|postmaster|mail delivery|<[ \t]*>)",
    re.IGNORECASE,
)


class Place(NamedTuple):
    """A body part: where its header begins and what its content is.

    `stop` is the end of what encloses it; the part itself ends at `delimiter`,
    which nobody has looked for yet.
    """

    media_type: str
    content_type: bytes
    encoding: str
    header: int
    start: int
    stop: int
    delimiter: bytes


class StatusPart(NamedTuple):
    """A status part with its surroundings.

    `place.stop` is the true end here.  `index` counts from 0 within
    `container`, the media type of what holds it; `depth` is 1 in a top-level
    multipart.  `notes` are codes of defects in the structure, with offsets.
    """

    place: Place
    returned: Place | None
    explanation: Place | None
    container: str
    report_type: str | None
    index: int
    depth: int
    delimiter: bytes
    notes: tuple[tuple[str, int], ...]


def locate_status_parts(data: bytes, limits: Limits) -> Iterator[StatusPart]:
    """Yield the status parts that the structure of the message leads to.

    Args:
        data: A message; line ends are LF or CRLF.
        limits: Bounds on header, parts and nesting.

    Raises:
        LimitExceeded: A bound was met before a report was found.
    """
    walk = _Walk(data, limits)
    top = walk.place(_skip_mbox_line(data), len(data), b"")
    if top.media_type in STATUS_TYPES:
        yield StatusPart(top, None, None, "", None, 1, 0, b"", ())
        return
    yield from walk.descend(top, 0)


class _Walk:
    """One pass over the structure, with what it has used of the limits."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.limits = limits
        self.parts = 0

    def place(self, header: int, stop: int, delimiter: bytes) -> Place:
        """Read the header block that begins at `header`."""
        start = _header_end(self.data, header, stop, self.limits)
        content_type = self._value(_CONTENT_TYPE, header, start)
        media_type = content_type.partition(b";")[0].strip().lower().decode("latin-1")
        encoding = b""
        # A multipart has none but 7bit, 8bit and binary: RFC 2045 s6.4.
        if not media_type.startswith("multipart/"):
            encoding = self._value(_ENCODING, header, start).strip().lower()
        return Place(
            media_type,
            content_type,
            encoding.decode("latin-1") or "7bit",
            header,
            start,
            stop,
            delimiter,
        )

    def _value(self, field: re.Pattern[bytes], header: int, start: int) -> bytes:
        """Return the value of a field of the header block, or nothing."""
        data = self.data
        if header and data[header - 1] == _LF:
            found = field.search(data, header - 1, start)
        else:
            found = field.search(b"\n" + data[header:start])
        return found[1] if found else b""

    def descend(self, place: Place, depth: int) -> Iterator[StatusPart]:
        """Look into a multipart or a message."""
        if depth >= self.limits.nesting:
            message = f"message: nested deeper than {self.limits.nesting} levels"
            raise LimitExceeded(message, limit="nesting", value=self.limits.nesting)
        if place.media_type.startswith("multipart/"):
            yield from self._multipart(place, depth)
        elif place.media_type in _MESSAGE_TYPES:
            # TOLERANT: a report that somebody forwarded.  RFC 6522 s1 allows it.
            stop = _end(self.data, place)
            inner = self.place(place.start, stop, b"")
            if inner.media_type.startswith("multipart/"):
                yield from self.descend(inner, depth + 1)

    def _multipart(self, outer: Place, depth: int) -> Iterator[StatusPart]:
        boundary = _boundary(outer.content_type)
        if not boundary:
            return
        report_type = _report_type(outer.content_type)
        is_report = outer.media_type == "multipart/report"
        # A feedback report or a receipt returns a message too; a report in
        # there is the subject of the other, not a report to us.
        is_other_report = is_report and report_type not in (
            None, "delivery-status", "global-delivery-status",
        )  # fmt: skip
        delimiter = b"\n--" + boundary
        explanation: Place | None = None
        found_one = False
        index = -1
        for index, header in self._parts(outer, delimiter):
            place = self.place(header, outer.stop, delimiter)
            if place.media_type in STATUS_TYPES or (
                index and not is_other_report and self._looks_like_status(place)
            ):
                stop = _end(self.data, place)
                notes = [] if place.media_type in STATUS_TYPES else [("status-part-type", header)]
                place = self._run_in(place._replace(stop=stop, delimiter=b""), notes)
                found_one = True
                returned = self.next_part(outer, delimiter, stop)
                yield StatusPart(
                    place, returned, explanation, outer.media_type,
                    report_type, index, depth + 1, delimiter, tuple(notes),
                )  # fmt: skip
            elif found_one and is_report:
                return  # the returned part, which is not looked into
            elif place.media_type.startswith("multipart/") or (
                place.media_type in _MESSAGE_TYPES and not is_report
            ):
                bounded = place._replace(stop=_end(self.data, place), delimiter=b"")
                if not index:
                    explanation = bounded
                yield from self.descend(bounded, depth + 1)
            elif explanation is None:
                explanation = place

    def _parts(self, outer: Place, delimiter: bytes) -> Iterator[tuple[int, int]]:
        """Yield number and start of the header of each part."""
        data = self.data
        position = outer.start - 1
        index = 0
        while (line := _find_delimiter(data, delimiter, position, outer.stop)) >= 0:
            after = line + len(delimiter)
            if data.startswith(b"--", after):
                return
            header = data.find(b"\n", after, outer.stop) + 1
            if not header:
                return
            self.parts += 1
            if self.parts > self.limits.parts:
                message = f"message: more than {self.limits.parts} parts"
                raise LimitExceeded(message, limit="parts", value=self.limits.parts)
            yield index, header
            index += 1
            position = header - 1

    def next_part(self, outer: Place, delimiter: bytes, stop: int) -> Place | None:
        """Return the part behind the one that ends at `stop`, if it is no status part."""
        for _, header in self._parts(outer._replace(start=stop), delimiter):
            place = self.place(header, outer.stop, delimiter)
            return None if place.media_type in STATUS_TYPES else place
        return None

    def _looks_like_status(self, place: Place) -> bool:
        # TOLERANT: some gateways relabel the part text/plain.
        if place.media_type not in ("", "text/plain") or place.encoding == "base64":
            return False
        return self.data[place.start : place.start + 80].lstrip().lower().startswith(_FIRST_FIELDS)

    def _run_in(self, place: Place, notes: list[tuple[str, int]]) -> Place:
        # TOLERANT: no empty line between the part's header and the fields.
        found = _RUN_IN.search(self.data, place.header, place.start)
        if found is None:
            return place
        notes.append(("status-part-header", found.start() + 1))
        return place._replace(start=found.start() + 1)


def salvage_status_parts(data: bytes, limits: Limits) -> Iterator[StatusPart]:
    """Yield status parts that no structure leads to.

    For a multipart whose boundary is missing or never occurs, and for a plain
    text that a mail system sent.  An ordinary mail that quotes a report has
    neither and yields nothing.

    Raises:
        LimitExceeded: The header is longer than the bound.
    """
    walk = _Walk(data, limits)
    top = walk.place(_skip_mbox_line(data), len(data), b"")
    container, report_type = top.media_type, _report_type(top.content_type)
    if report_type == "disposition-notification":
        # A receipt has a Final-Recipient too.  Only the one that Sieve's reject
        # sends says that the message was refused: RFC 5429 s2.1.2.
        if _REJECTED.search(data, top.start) is None:
            return
    elif not is_from_mail_system(data, top) and not _is_broken_multipart(data, top):
        return
    note = ("report-structure", top.start)
    body = max(top.start - 1, 0)
    found = _STATUS_LABEL.search(data, body)
    if found:
        delimiter = _last_delimiter(data, body, found.start())
        place = walk.place(found.start() + 1, len(data), delimiter)
        place = place._replace(stop=_end(data, place))
        returned = walk.next_part(top, delimiter, place.stop) if delimiter else None
        yield StatusPart(
            place._replace(delimiter=b""), returned, top, container,
            report_type, 1, 1, delimiter, (note,),
        )  # fmt: skip
        return
    found = _STATUS_FIELD.search(data, body)
    if found:
        start = found.start() + 1
        stop = min(len(data), start + _SALVAGE_OCTETS)
        place = Place("text/plain", b"", top.encoding, start, start, stop, b"")
        yield StatusPart(place, None, top, container, report_type, 1, 1, b"", (note,))


def _is_broken_multipart(data: bytes, top: Place) -> bool:
    """Tell whether a mail says it has parts and has none."""
    if not top.media_type.startswith("multipart/"):
        return False
    boundary = _boundary(top.content_type)
    return not boundary or _find_delimiter(data, b"\n--" + boundary, top.start - 1, top.stop) < 0


def is_from_mail_system(data: bytes, top: Place) -> bool:
    """Tell whether the header says that software sent the mail."""
    if data.startswith(b"From MAILER-DAEMON"):
        return True
    return _MAIL_SYSTEM.search(b"\n" + data[top.header : top.start]) is not None


def _skip_mbox_line(data: bytes) -> int:
    # TOLERANT: an mbox separator, quoted or not, and empty lines, in front.
    position = 0
    while data.startswith((b"\n", b"\r\n"), position):
        position = data.index(b"\n", position) + 1
    while data.startswith((b"From ", b">From "), position):
        position = data.find(b"\n", position) + 1
        if not position:
            return len(data)
    return position


def _header_end(data: bytes, header: int, stop: int, limits: Limits) -> int:
    """Return where the content begins behind the header block at `header`."""
    # An empty header: the line end of the line before is the first of the two.
    bound = min(stop, header + limits.header_octets)
    found = _HEADER_END.search(data, max(header - 1, 0), bound)
    if found:
        return found.end()
    if bound < stop:
        message = f"message: a header is longer than {limits.header_octets} octets"
        raise LimitExceeded(message, limit="header_octets", value=limits.header_octets)
    return stop


def _find_delimiter(data: bytes, delimiter: bytes, position: int, stop: int) -> int:
    """Return where the next delimiter line begins, its line end included."""
    while True:
        found = data.find(delimiter, position, stop)
        if found < 0:
            return found
        # "Boundary delimiters must not be a prefix of another": RFC 2046 s5.1.1
        # lets only white space or the closing hyphens follow.
        after = data[found + len(delimiter) : found + len(delimiter) + 2]
        if not after or after[:1] in b" \t\r\n" or after == b"--":
            return found
        position = found + 1


def _end(data: bytes, place: Place) -> int:
    """Return where the content of a part ends, without its last line end."""
    if not place.delimiter:
        return place.stop
    # From one before, because an empty part shares its line end.
    found = _find_delimiter(data, place.delimiter, place.start - 1, place.stop)
    if found < 0:
        return place.stop
    if data[found - 1 : found] == b"\r" and found > place.start:
        found -= 1
    return max(found, place.start)


def _boundary(content_type: bytes) -> bytes:
    found = _BOUNDARY.search(content_type)
    if not found:
        return b""
    if found[1] is None:
        return found[2]
    value = found[1]
    if b"\\" in value:
        value = re.sub(rb"\\(.)", rb"\1", value, flags=re.DOTALL)
    return value.rstrip()


def _report_type(content_type: bytes) -> str | None:
    found = _REPORT_TYPE.search(content_type)
    if not found:
        return None
    return (found[1] or found[2] or b"").strip().lower().decode("latin-1")


def _last_delimiter(data: bytes, start: int, stop: int) -> bytes:
    """Return the delimiter line that most closely precedes `stop`, as a delimiter."""
    line = data.rfind(b"\n--", start, stop)
    if line < 0:
        return b""
    end = data.find(b"\n", line + 1)
    return data[line : min(end, line + 200)].rstrip() if end >= 0 else b""
