"""Which rules on the structure of a report a located part breaks (RFC 6522 s3, RFC 3464 s2).

What can be told from the headers that were read anyway is told always.  What
needs a look past the returned message is told only when asked for, because
that search costs more than the reading of the whole report.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dsnlib.parse.labels import STATUS_TYPES, top_header
from dsnlib.parse.locate import find_delimiter

if TYPE_CHECKING:
    from dsnlib.parse.locate import StatusPart

__all__ = ["inspect_structure"]

# Code, offset and detail of a breach.
_Finding = tuple[str, int | None, str]

_MIME_VERSION = re.compile(rb"(?:\A|\n)mime-version[ \t]*:", re.IGNORECASE)
_PLAIN_LABELS = (b"message/delivery-status", b"message/delivery-status\r")
_GLOBAL = "message/global-delivery-status"


def inspect_structure(
    octets: bytes, part: StatusPart, content: bytes, *, thorough: bool
) -> list[_Finding]:
    """Return code, offset and detail of each breach.

    Args:
        octets: The message.
        part: Where its status part is.
        content: The status part's content, decoded.
        thorough: Also look behind the status part.
    """
    labels, _, _, _, _, _, container, report_type, _, index, depth, part_notes = part
    # Nearly every report that breaks no rule here says so in these few words.
    if (
        not thorough
        and report_type == "delivery-status"
        and container == "multipart/report"
        and index == depth == 1
        and labels.content_type in _PLAIN_LABELS
        and labels.encoding == "7bit"
        and not part_notes
        and content.isascii()
    ):
        return []
    notes: list[_Finding] = [(code, at, "") for code, at in part_notes]
    notes += _about_container(part)
    notes += _about_status_part(part, content)
    if thorough:
        notes += _look_around(octets, part)
    return notes


def _about_container(part: StatusPart) -> list[_Finding]:
    notes: list[_Finding] = []
    if part.container != "multipart/report":
        if not any(code == "report-structure" for code, _ in part.notes):
            notes.append(("report-container", None, f"it is {part.container or 'not multipart'}"))
    elif part.report_type is None:
        notes.append(("report-type-missing", None, ""))
    elif part.report_type != "delivery-status":
        # RFC 8460 s6.2 registers the same name for the global type.
        notes.append(("report-type", None, repr(part.report_type)))
    if part.depth > 1:
        notes.append(("report-nested", part.header, f"{part.depth} levels deep"))
    if part.index != 1:
        notes.append(("report-part-order", part.header, f"it is part {part.index + 1}"))
    return notes


def _about_status_part(part: StatusPart, content: bytes) -> list[_Finding]:
    notes: list[_Finding] = []
    labels = part.labels
    is_global = labels.media_type == _GLOBAL
    if not is_global and labels.encoding != "7bit":
        notes.append(("status-part-encoding", part.header, repr(labels.encoding)))
    if labels.media_type in STATUS_TYPES and b";" in labels.content_type.rstrip(b"; \t\r\n"):
        notes.append(("status-part-parameter", part.header, ""))
    if not content.isascii():
        if not is_global:
            notes.append(("status-part-8bit", part.start, ""))
        elif not _is_utf8(content):
            notes.append(("status-part-utf8", part.start, ""))
        elif labels.encoding == "7bit":
            notes.append(("global-encoding", part.header, "it is 8bit and does not say so"))
    return notes


def _look_around(octets: bytes, part: StatusPart) -> list[_Finding]:
    notes: list[_Finding] = []
    if octets.startswith((b"From ", b">From ")):
        notes.append(("mbox-line", 0, ""))
    if _MIME_VERSION.search(top_header(octets)) is None:
        notes.append(("mime-version", 0, ""))
    if not part.delimiter:
        return notes
    count, position = 0, part.end
    while (found := find_delimiter(octets, part.delimiter, position, len(octets))) >= 0:
        position = found + len(part.delimiter)
        if octets.startswith(b"--", position):
            break
        count += 1
    else:
        notes.append(("closing-boundary", len(octets), ""))
    if part.index + 1 + count not in (2, 3):
        notes.append(("report-parts", None, f"there are {part.index + 1 + count}"))
    return notes


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
