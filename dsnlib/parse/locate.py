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

from typing import TYPE_CHECKING, NamedTuple

from dsnlib.errors import LimitExceeded
from dsnlib.parse.labels import (
    HEADER_END,
    STATUS_TYPES,
    Labels,
    boundary_of,
    read_labels,
    read_top,
    report_type_of,
)

if TYPE_CHECKING:
    from dsnlib.parse.limits import Limits

__all__ = [
    "REPORT_TYPES",
    "Place",
    "StatusPart",
    "Walk",
    "content_end",
    "find_delimiter",
    "locate_status_parts",
]

_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global"})
# Values of report-type under which a status part may be looked for.
# TOLERANT: the last is what RFC 6522 s3 would make of the global type.
REPORT_TYPES = (None, "delivery-status", "global-delivery-status")

_HEADER_END = HEADER_END.search
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
_CR = 0x0D
# What may follow a boundary in its line (RFC 2046 s5.1.1), but for the hyphens.
_ENDS = frozenset({b"", b"\n", b"\r", b" ", b"\t"})
# How far into the first part of a report is looked for a status part's label.
_GLANCE = 300
# A part shorter than this is bounded by its end when its header is read.
_NEAR = 4096
# A body part: its labels, where its header and its content begin, and the end of
# what encloses it: nobody may have looked for its own.
Place = tuple[Labels, int, int, int]


class StatusPart(NamedTuple):
    """A status part with its surroundings.

    Args:
        labels: What its header says.
        header: Where its header begins.
        start: Where its content begins.
        end: Where its content ends.
        returned: The part behind it, if that is no status part too.
        explanation: Where the header of the first part begins, or -1.
        container: The media type of what holds them.
        report_type: Its report-type parameter, lower case.
        delimiter: The boundary line between the parts, with the line end
            before; empty if there is none.
        index: Which part of the container it is, from 0.
        depth: How deep the container is, from 1.
        notes: Codes and offsets of defects in the structure.
    """

    labels: Labels
    header: int
    start: int
    end: int
    returned: Place | None
    explanation: int
    container: str
    report_type: str | None
    delimiter: bytes
    # A tuple has a method of that name, which nobody here calls.
    index: int  # type: ignore[assignment]  # not the method
    depth: int
    notes: tuple[tuple[str, int], ...]


def locate_status_parts(data: bytes, limits: Limits) -> list[StatusPart]:
    """Return the status parts that the structure of the message leads to.

    Args:
        data: A message; line ends are LF or CRLF.
        limits: Bounds on header, parts and nesting.

    Raises:
        LimitExceeded: A bound was met.
    """
    walk = Walk(data, limits)
    labels, header, start = read_top(data, limits.header_octets)
    if labels.media_type in STATUS_TYPES:
        start = walk.open(header, len(data))[1]
        return [StatusPart(labels, header, start, len(data), None, -1, "", None, b"", 1, 0, ())]
    if labels.media_type in _MESSAGE_TYPES:
        start = walk.open(header, len(data))[1]
    walk.descend(labels, start, len(data), 1)
    return walk.found


class Walk:
    """One pass over the structure: what was found, what of the limits is left."""

    __slots__ = ("data", "found", "header_octets", "limits", "parts_left")

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.limits = limits
        self.header_octets = limits.header_octets
        self.found: list[StatusPart] = []
        self.parts_left = limits.parts

    def open(self, header: int, stop: int) -> tuple[Labels, int]:
        """Read the header block at `header`; tell where the content behind it begins.

        Raises:
            LimitExceeded: It has no end within the bound, nor before `stop`.
        """
        data = self.data
        # The line end of the line before is the first of the two that end a
        # header: it can be empty.
        limit = header + self.header_octets
        end = _HEADER_END(data, header - 1 if header else 0, min(limit, stop))
        if end is not None:
            start = end.end()
        elif stop <= limit:
            start = stop
        else:
            message = f"message: a header is longer than {self.header_octets} octets"
            raise LimitExceeded(message, limit="header_octets", value=self.header_octets)
        block = data[header:start]
        labels = read_labels(block)
        # TOLERANT: no empty line between the part's header and the fields.
        return labels, start if labels[3] < 0 else header + labels[3]

    def descend(self, labels: Labels, start: int, stop: int, depth: int) -> None:
        """Look into a multipart or a message whose content is at `start`.

        Args:
            labels: What its header says.
            start: Where its content begins.
            stop: Where what encloses it ends.
            depth: How deep it is, from 1.

        Raises:
            LimitExceeded: A bound on nesting, parts or headers was met.
        """
        if depth > self.limits.nesting:
            message = f"message: nested deeper than {self.limits.nesting} levels"
            raise LimitExceeded(message, limit="nesting", value=self.limits.nesting)
        if labels.media_type.startswith("multipart/"):
            self._multipart(labels, start, stop, depth)
        elif labels.media_type in _MESSAGE_TYPES:
            # TOLERANT: a report that somebody forwarded.  RFC 6522 s1 allows it.
            inner, start = self.open(start, stop)
            if inner.media_type.startswith("multipart/"):
                self.descend(inner, start, stop, depth + 1)

    def _multipart(  # noqa: C901, PLR0912, PLR0915  one loop, for speed
        self, outer: Labels, start: int, stop: int, depth: int
    ) -> None:
        media_type, content_type, _, _ = outer
        boundary = boundary_of(content_type)
        if not boundary:
            return
        data = self.data
        find = data.find
        delimiter = b"\n--" + boundary
        length = len(delimiter)
        report_type = report_type_of(content_type)
        is_report = media_type == "multipart/report"
        # A feedback report or a receipt returns a message too; a report in
        # there is the subject of the other, not a report to us.
        may_be_relabelled = not is_report or report_type in REPORT_TYPES
        explanation = -1
        index = -1
        line = find(delimiter, start - 1, stop)
        while line >= 0:
            after = line + length
            behind = data[after : after + 2]
            if behind[:1] not in _ENDS:
                if behind == b"--":
                    return
                # The beginning of a longer boundary.
                line = find_delimiter(data, delimiter, after, stop)
                continue
            header = find(b"\n", after, stop) + 1
            if not header:
                return
            index += 1
            self.parts_left -= 1
            if self.parts_left < 0:
                message = f"message: more than {self.limits.parts} parts"
                raise LimitExceeded(message, limit="parts", value=self.limits.parts)
            if not index and is_report and find(b"elivery-", header, header + _GLANCE) < 0:
                # The explanation, as nearly always: its labels say nothing
                # about the report.
                explanation = header
                line = find(delimiter, header - 1, stop)
                continue
            line = find_delimiter(data, delimiter, header - 1, stop)
            labels, start = self.open(header, stop if line < 0 else line + 1)
            kind = labels[0]
            is_status = kind in STATUS_TYPES
            if not is_status:
                if not is_report and (kind[:10] == "multipart/" or kind in _MESSAGE_TYPES):
                    end = content_end(data, line, start, stop)
                    self.descend(labels, start, end, depth + 1)
                if not index:
                    explanation = header
                    continue
                if not may_be_relabelled or not self._looks_like_status(labels, start):
                    continue
            returned = self._returned(line, delimiter, stop) if line >= 0 else None
            notes: tuple[tuple[str, int], ...] = ()
            if not is_status:
                notes = (("status-part-type", header),)
            if labels[3] >= 0:
                notes += (("status-part-header", start),)
            self.found.append(
                StatusPart(
                    labels, header, start, content_end(data, line, start, stop),
                    returned, explanation, media_type, report_type, delimiter, index, depth, notes,
                )
            )  # fmt: skip
            if is_report and returned is not None:
                return

    def _returned(self, line: int, delimiter: bytes, stop: int) -> Place | None:
        """Return the part behind the delimiter at `line`, if it is one that returns mail."""
        data = self.data
        after = line + len(delimiter)
        header = data.find(b"\n", after, stop) + 1
        if not header or data.startswith(b"--", after):
            return None
        bound = stop
        if self.found:
            # One of many: then its header must not be searched for beyond it.
            near = data.find(delimiter, header - 1, min(stop, header + _NEAR))
            bound = stop if near < 0 else near + 1
        labels, start = self.open(header, bound)
        return None if labels[0] in STATUS_TYPES else (labels, header, start, stop)

    def _looks_like_status(self, labels: Labels, start: int) -> bool:
        # TOLERANT: some gateways relabel the part text/plain.
        if labels.media_type not in ("", "text/plain") or labels.encoding == "base64":
            return False
        return self.data[start : start + 80].lstrip().lower().startswith(_FIRST_FIELDS)


def find_delimiter(data: bytes, delimiter: bytes, position: int, stop: int) -> int:
    """Return where the next delimiter line begins, its line end included, or -1.

    Args:
        data: The message.
        delimiter: A line end, two hyphens and the boundary.
        position: Where to begin.
        stop: Where what encloses the line ends.
    """
    while (line := data.find(delimiter, position, stop)) >= 0:
        # A boundary may be the beginning of another one: only white space or
        # the closing hyphens follow it (RFC 2046 s5.1.1).
        position = line + len(delimiter)
        if data[position : position + 1] in _ENDS or data.startswith(b"--", position):
            break
    return line


def content_end(data: bytes, line: int, start: int, stop: int) -> int:
    """Return the end of a content that begins at `start` before a delimiter line.

    Args:
        data: The message.
        line: Where the line end before the delimiter is, or -1 if there is none.
        start: Where the content begins.
        stop: Where what encloses it ends.
    """
    if line < 0:
        return stop
    # The line end before a delimiter is part of it: RFC 2046 s5.1.1.
    end = line - 1 if data[line - 1] == _CR else line
    # An empty content shares its line end with the header's.
    return max(start, end)
