"""Find the status part (RFC 3464 s2.1) of a report whose structure was lost on the way.

TOLERANT: the boundary parameter is gone or another one is used, the header has no
type, a list server sent the body as text.  The label of the part, or its fields,
still stand at the beginning of a line.  When that is believed is in
docs/decisions/0004: people quote bounces too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dsnlib.parse.labels import (
    BOUNDARY_OCTETS,
    Labels,
    boundary_of,
    report_type_of,
    skip_mbox_line,
)
from dsnlib.parse.locate import REPORT_TYPES, StatusPart, Walk, content_end, find_delimiter

if TYPE_CHECKING:
    from dsnlib.parse.limits import Limits

__all__ = ["may_be_salvaged", "salvage_status_parts"]

_STATUS_LABEL = re.compile(
    rb"\ncontent-type[ \t]*:[ \t]*message/(?:global-)?delivery-status", re.IGNORECASE
)
_STATUS_FIELD = re.compile(rb"\n(?:reporting-mta|final-recipient)[ \t]*:", re.IGNORECASE)
# Reports of other kinds: RFC 8098, RFC 6533, RFC 5965.
_OTHER_LABEL = re.compile(
    rb"\ncontent-type[ \t]*:[ \t]*message/(?:(?:global-)?disposition-notification|feedback-report)",
    re.IGNORECASE,
)
# Of the receipts, only the one that Sieve's reject sends says that the message was
# refused: RFC 5429 s2.1.2.
_REJECTED = re.compile(
    rb"\ndisposition[ \t]*:[ \t]*automatic-action[ \t]*/[ \t]*mdn-sent-automatically"
    rb"[ \t]*;[ \t]*deleted",
    re.IGNORECASE,
)
# TOLERANT: what says that a mail comes from a mail system, when its structure
# does not: the null return path, or a sender that RFC 2142 and custom reserve.
_MAIL_SYSTEM = re.compile(
    rb"\n(?:from|return-path|sender)[ \t]*:[^\n]*"
    rb"(?:mailer-daemon|mail-daemon|postmaster|mail delivery|<[ \t]*>)",
    re.IGNORECASE,
)
# Fields in a text have no end of their own.  Enough for hundreds of recipients.
_SALVAGE_OCTETS = 1 << 18


def may_be_salvaged(data: bytes, limits: Limits) -> bool:
    """Tell whether a message that has no status part may hold a report all the same.

    A multipart whose boundary is missing or never occurs may, and so may what a
    mail system sent.  An ordinary mail that quotes a report is neither.

    Raises:
        LimitExceeded: The header is longer than the bound.
    """
    header = skip_mbox_line(data)
    top, start = Walk(data, limits).open(header, len(data))
    report_type = report_type_of(top.content_type)
    is_report = top.media_type == "multipart/report"
    if (is_report and report_type not in REPORT_TYPES) or _OTHER_LABEL.search(data, start):
        # A receipt has a Final-Recipient too, a complaint a Reporting-MTA.
        return _REJECTED.search(data, start) is not None
    if is_report:
        return True
    return _is_from_mail_system(data[header:start]) or _is_broken_multipart(data, top, start)


def salvage_status_parts(data: bytes, limits: Limits) -> list[StatusPart]:
    """Return status parts that no structure leads to.

    Only for a message that `may_be_salvaged`.

    Raises:
        LimitExceeded: The header is longer than the bound.
    """
    walk = Walk(data, limits)
    stop = len(data)
    header = skip_mbox_line(data)
    top, start = walk.open(header, stop)
    report_type = report_type_of(top.content_type)
    before = max(start - 1, 0)
    found = _STATUS_LABEL.search(data, before)
    returned = None
    delimiter = b""
    if found:
        labels, begin = walk.open(found.start() + 1, stop)
        at = found.start() + 1
        end = stop
        delimiter = _last_delimiter(data, before, found.start())
        if delimiter:
            line = find_delimiter(data, delimiter, begin - 1, stop)
            end = content_end(data, line, begin, stop)
            after = data.find(b"\n", line + len(delimiter)) + 1 if line >= 0 else 0
            if after and not data.startswith(b"--", line + len(delimiter)):
                behind, content = walk.open(after, stop)
                returned = (behind, after, content, stop)
    else:
        found = _STATUS_FIELD.search(data, before)
        if not found:
            return []
        at = begin = found.start() + 1
        end = min(stop, begin + _SALVAGE_OCTETS)
        labels = Labels("text/plain", b"", top.encoding, -1)
    notes = (("report-structure", start),)
    return [
        StatusPart(
            labels,
            at,
            begin,
            end,
            returned,
            header,
            top.media_type,
            report_type,
            delimiter,
            1,
            1,
            notes,
        )
    ]


def _is_broken_multipart(data: bytes, top: Labels, start: int) -> bool:
    """Tell whether a mail says it has parts and has none."""
    if not top.media_type.startswith("multipart/"):
        return False
    boundary = boundary_of(top.content_type)
    return not boundary or find_delimiter(data, b"\n--" + boundary, start - 1, len(data)) < 0


def _is_from_mail_system(header: bytes) -> bool:
    """Tell whether a header says that software sent the mail."""
    return _MAIL_SYSTEM.search(b"\n" + header) is not None


def _last_delimiter(data: bytes, start: int, stop: int) -> bytes:
    """Return the delimiter line that most closely precedes `stop`, as a delimiter."""
    line = data.rfind(b"\n--", start, stop)
    end = data.find(b"\n", line + 1) if line >= 0 else -1
    return data[line:end].rstrip() if 0 < end - line <= BOUNDARY_OCTETS else b""
