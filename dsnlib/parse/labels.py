"""What the header of a body part says: type, encoding, parameters (RFC 2045 s5, s6, RFC 6522 s3).

Reads as little of a header as it can.  The usual spelling of a field is found many
times faster than any other, so it is tried first; the header blocks of parts, which
come again in every report of a system, are remembered.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from dsnlib.errors import LimitExceeded

__all__ = [
    "BOUNDARY_OCTETS",
    "HEADER_END",
    "STATUS_TYPES",
    "Labels",
    "boundary_of",
    "read_labels",
    "read_top",
    "report_type_of",
    "skip_mbox_line",
    "top_header",
]

STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})

# The last line end of a header, and the empty line behind it.
HEADER_END = re.compile(rb"\n\r?\n")
# Read of a header that has no end.
_LARGEST_HEADER = 1 << 20

# A field with its folds: field-body = (*([FWS] VCHAR) *WSP)     RFC 5322 s2.2
_FOLDED_VALUE = rb"([^\n]*(?:\n[ \t][^\n]*)*)"
_USUAL_CONTENT_TYPE = re.compile(rb"\nContent-Type: " + _FOLDED_VALUE).search
_CONTENT_TYPE = re.compile(rb"\ncontent-type[ \t]*:" + _FOLDED_VALUE, re.IGNORECASE).search
# The field, or the end of the header without it.
_USUAL_TOP = re.compile(rb"\n(?:\r?\n|Content-Type: " + _FOLDED_VALUE + rb")").search
_TOP = re.compile(rb"\n(?:\r?\n|content-type[ \t]*:" + _FOLDED_VALUE + rb")", re.IGNORECASE).search
_ENCODING = re.compile(rb"\ncontent-transfer-encoding[ \t]*:" + _FOLDED_VALUE, re.IGNORECASE).search
# parameter = attribute "=" value                               RFC 2045 s5.1
_PARAMETER = rb"(?:^|[;\s])%s[ \t]*=[ \t]*(?:\"((?:[^\"\\]|\\.)*)\"?|([^;\s]+))"
_BOUNDARY = re.compile(_PARAMETER % rb"boundary", re.IGNORECASE | re.DOTALL).search
_REPORT_TYPE = re.compile(_PARAMETER % rb"report-type", re.IGNORECASE | re.DOTALL).search
_USUAL_BOUNDARY = re.compile(rb'[; \t]boundary="([^"\\\n]{0,199}[^"\\\s])"').search
_COMMENT = re.compile(rb"\([^()]*\)")
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)

# TOLERANT: fields of a report that no empty line precedes.
_RUN_IN = re.compile(
    rb"\n(?:reporting-mta|final-recipient|original-recipient)[ \t]*:", re.IGNORECASE
).search
_TYPE_LENGTH = len("report-type=delivery-status")
_TYPE_ENDS = frozenset({b"", b";", b"\r", b"\n", b" "})
# How a message begins that has something before its header, no header, or the
# wanted field in its first line.
_ODD_STARTS = frozenset({b"F", b">", b"\n", b"\r", b"C", b"c"})
# RFC 2046 s5.1.1 allows 70; whatever is longer than a line may be is no boundary.
BOUNDARY_OCTETS = 998
# The header of a part is short and comes again in every report of a system.
_SHORT_HEADER = 400
_SHORT_HEADERS = 1024


class Labels(NamedTuple):
    """What the header of a part says.

    `run_in` is where in the header block the fields of a report begin that no
    empty line precedes, or -1.
    """

    media_type: str
    content_type: bytes
    encoding: str
    run_in: int


_NO_LABELS = Labels("", b"", "7bit", -1)


def read_top(data: bytes, header_octets: int) -> tuple[Labels, int, int]:
    """Read the type in the header of the message.

    Args:
        data: The message.
        header_octets: The largest header to take.

    Returns:
        The labels; where the header begins; and a place behind the field and
        before the content, which is enough to search for a boundary.  The rest
        of the header is not read.

    Raises:
        LimitExceeded: The header is longer.
    """
    header = 0
    if data[:1] in _ODD_STARTS:
        header = skip_mbox_line(data)
        block = data[header : header + header_octets]
        found = _TOP(b"\n" + block)
        start = header + found.end() - 1 if found else header
    else:
        found = _USUAL_TOP(data, 0, header_octets)
        if found is None or found[1] is None or _has_type(data[: found.start()]):
            found = _TOP(data, 0, header_octets)
        start = found.end() if found else 0
    if found is None:
        if len(data) - header > header_octets:
            message = f"message: a header is longer than {header_octets} octets"
            raise LimitExceeded(message, limit="header_octets", value=header_octets)
        return _NO_LABELS, header, len(data)
    content_type = found[1]
    if content_type is None:
        return _NO_LABELS, header, start
    return Labels(_media_type(content_type), content_type, "7bit", -1), header, start


def skip_mbox_line(data: bytes) -> int:
    """Return where the header of the message begins."""
    # TOLERANT: an mbox separator, quoted or not, and empty lines, in front.
    position = 0
    while data.startswith((b"\n", b"\r\n"), position):
        position = data.index(b"\n", position) + 1
    while data.startswith((b"From ", b">From "), position):
        position = data.find(b"\n", position) + 1
        if not position:
            return len(data)
    return position


def top_header(octets: bytes) -> bytes:
    """Return the header at the beginning, without the empty line behind it."""
    end = HEADER_END.search(octets, 0, _LARGEST_HEADER)
    return octets[: end.start() + 1 if end else _LARGEST_HEADER]


def _token(value: bytes) -> str:
    """Return a value without comments (RFC 2045 s5.1), in lower case."""
    if b"(" in value:
        value = _COMMENT.sub(b" ", value)
    return value.strip().lower().decode("latin-1")


def _has_type(before: bytes) -> bool:
    """Tell whether the field stands before its usual spelling too: the first one counts."""
    return b"\ncontent-type" in before.lower()


def _media_type(content_type: bytes) -> str:
    return _token(content_type.partition(b";")[0])


def _read_header(block: bytes) -> Labels:
    """Read the header block of a part."""
    lines = b"\n" + block  # so that the first field begins as the others do
    # The usual spelling is found many times faster than any other.
    found = _USUAL_CONTENT_TYPE(lines)
    if found is None or _has_type(lines[: found.start()]):
        found = _CONTENT_TYPE(lines)
    if found is None:
        content_type, media_type = b"", ""
    else:
        content_type = found[1]
        media_type = _media_type(content_type)
        # A multipart has none but 7bit, 8bit and binary: RFC 2045 s6.4.
        if media_type[:10] == "multipart/":
            return Labels(media_type, content_type, "7bit", -1)
    found = _ENCODING(lines)
    encoding = _token(found[1]) if found else ""
    run_in = _RUN_IN(block) if media_type in STATUS_TYPES else None
    return Labels(
        media_type, content_type, encoding or "7bit", run_in.start() + 1 if run_in else -1
    )


_read_short_header = functools.lru_cache(maxsize=_SHORT_HEADERS)(_read_header)


def read_labels(block: bytes) -> Labels:
    """Read the header block of a part, as far as it concerns reports."""
    return _read_short_header(block) if len(block) < _SHORT_HEADER else _read_header(block)


def boundary_of(content_type: bytes) -> bytes:
    """Return the boundary, or nothing if there is none that could be one."""
    found = _USUAL_BOUNDARY(content_type)
    if found is not None:
        return found[1]
    found = _BOUNDARY(content_type)
    if found is None:
        return b""
    value = _ESCAPED.sub(rb"\1", found[2] or found[1] or b"").rstrip()
    return b"" if len(value) > BOUNDARY_OCTETS or b"\n" in value else value


def report_type_of(content_type: bytes) -> str | None:
    """Return the report-type parameter in lower case, or `None`."""
    usual = content_type.find(b"report-type=delivery-status")
    if usual > 0 and content_type[usual + _TYPE_LENGTH : usual + _TYPE_LENGTH + 1] in _TYPE_ENDS:
        return "delivery-status"
    found = _REPORT_TYPE(content_type)
    if found is None:
        return None
    return (found[1] or found[2] or b"").strip().lower().decode("latin-1")
