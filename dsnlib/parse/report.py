"""Octets of a message -> delivery reports (RFC 3464, RFC 6522, RFC 6533).

There is one reading path.  It always takes what it can and notes each rule
that was broken; `parse_report` raises on the first note, `read_reports` hands
the notes out with the report.  Three steps find the report, each tried only
when the one before found nothing: the structure of the message, the marks that
a broken structure leaves, and a MIME library's own reading.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, BinaryIO

from dsnlib.errors import Defect, MalformedReport, NotADeliveryReport
from dsnlib.model.report import DeliveryReport
from dsnlib.model.returned import ReturnedContent
from dsnlib.parse.defects import DEFECTS
from dsnlib.parse.elsewhere import recipients_elsewhere
from dsnlib.parse.fields import Note, StatusText, read_status_text
from dsnlib.parse.groups import read_groups
from dsnlib.parse.inspect import inspect_structure
from dsnlib.parse.labels import STATUS_TYPES
from dsnlib.parse.limits import Limits
from dsnlib.parse.locate import StatusPart, locate_status_parts
from dsnlib.parse.salvage import may_be_salvaged, salvage_status_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import Message

__all__ = ["parse_report", "read_octets", "read_reports"]

_DEFAULT_LIMITS = Limits()
_LF, _CR = b"\n", b"\r"
_line_of = operator.itemgetter(1)


def _offset_of(defect: Defect) -> int:
    """Put what concerns no single place first."""
    return -1 if defect.offset is None else defect.offset


def parse_report(
    data: bytes | bytearray | memoryview | BinaryIO | Message, *, limits: Limits = _DEFAULT_LIMITS
) -> DeliveryReport:
    """Return the report that a message is, if it keeps to every rule.

    Args:
        data: The message: octets, a binary file, or a message of the standard
            library.
        limits: How much to take.

    Raises:
        NotADeliveryReport: There is no status part.
        MalformedReport: A rule of RFC 3464, 6522 or 6533 is broken; `defects`
            has every breach.
        LimitExceeded: The message is beyond a bound.
    """
    reports = _read(read_octets(data), limits, thorough=True)
    if not reports:
        message = "message: there is no delivery status notification in it"
        raise NotADeliveryReport(message)
    defects = [defect for report in reports for defect in report.defects]
    if defects:
        more = f" (and {len(defects) - 1} more)" if len(defects) > 1 else ""
        raise MalformedReport(f"{defects[0]}{more}", defects=defects)
    return reports[0]


def read_reports(
    data: bytes | bytearray | memoryview | BinaryIO | Message, *, limits: Limits = _DEFAULT_LIMITS
) -> tuple[DeliveryReport, ...]:
    """Return the reports in a message, however odd; `()` if there is none.

    What the reports break is in their `defects`.  Breaches that would need a
    search of the returned message, such as a missing closing boundary, are
    reported by `parse_report` alone.

    Args:
        data: The message: octets, a binary file, or a message of the standard
            library.
        limits: How much to take.

    Raises:
        LimitExceeded: The message is beyond a bound.
    """
    return _read(read_octets(data), limits, thorough=False)


def read_octets(data: bytes | bytearray | memoryview | BinaryIO | Message) -> bytes:
    """Return the octets of a message, with line ends that have an LF.

    A message that has only CRs comes back with LFs in their place, so every
    offset is one into what the caller has.

    Raises:
        TypeError: `data` is none of the three.
    """
    octets: object = data
    if isinstance(data, (bytearray, memoryview)):
        octets = bytes(data)
    elif not isinstance(data, bytes):
        if hasattr(data, "read"):
            octets = data.read()
        elif hasattr(data, "as_bytes"):
            from dsnlib.parse.fallback import message_octets  # it loads email

            octets = message_octets(data)
    if not isinstance(octets, bytes):
        message = f"message: octets, a binary file or a message wanted, not {type(data).__name__}"
        raise TypeError(message)
    if _LF not in octets and _CR in octets:
        return octets.replace(_CR, _LF)
    return octets


def _read(octets: bytes, limits: Limits, *, thorough: bool) -> tuple[DeliveryReport, ...]:
    parts = locate_status_parts(octets, limits)
    if parts:
        first = _report(octets, parts[0], limits, thorough=thorough, alone=len(parts) == 1)
        rest = [_report(octets, part, limits, thorough=thorough) for part in parts[1:]]
        return (first, *rest)
    lowered = octets.lower()
    if b"delivery-status" not in lowered and b"final-recipient" not in lowered:
        return ()
    if not may_be_salvaged(octets, limits):
        return ()
    salvaged = [
        _report(octets, part, limits, thorough=thorough)
        for part in salvage_status_parts(octets, limits)
    ]
    reports = tuple([report for report in salvaged if report.recipients])
    return reports or tuple(_fall_back(octets, limits))


def _fall_back(octets: bytes, limits: Limits) -> Iterator[DeliveryReport]:
    """Read the parts that a MIME library finds where the scanner finds none."""
    from dsnlib.parse.fallback import status_texts

    for text in status_texts(octets):
        status = read_status_text(text, 0, "7bit", limits.status_octets)
        groups = read_groups(status.text, most=limits.recipients, fields_only=True)
        if groups.recipients:
            defects = [_defect("report-structure", None, "only a MIME library finds it")]
            defects += [_defect(code, None, detail) for code, _, detail in groups.notes]
            yield DeliveryReport(
                message=groups.message, recipients=groups.recipients, defects=tuple(defects)
            )


def _report(
    octets: bytes, part: StatusPart, limits: Limits, *, thorough: bool, alone: bool = False
) -> DeliveryReport:
    labels, _, start, end, returned, _, container, _, delimiter, _, _, _ = part
    media_type, _, encoding, _ = labels
    status = read_status_text(octets[start:end], start, encoding, limits.status_octets)
    # A part that is not labelled as one may go on behind the fields.
    fields_only = media_type not in STATUS_TYPES
    message, recipients, group_notes = read_groups(
        status.text, most=limits.recipients, fields_only=fields_only
    )
    notes = inspect_structure(octets, part, status.octets, thorough=thorough)
    # One of several cannot be told from the others by what stands elsewhere.
    if not recipients and container and alone:
        recipients = recipients_elsewhere(octets, part)
        if recipients:
            notes.append(("recipient-elsewhere", start, str(recipients[0].recipient)))
    content = None
    if returned is not None:
        (media_type, _, encoding, _), _, start, stop = returned
        content = ReturnedContent(
            media_type=media_type or "text/plain",
            encoding=encoding,
            source=octets,
            start=start,
            delimiter=delimiter,
            limit=stop,
        )
    defects: tuple[()] | Callable[[], tuple[Defect, ...]] = ()
    if notes or group_notes or status.notes:
        # Made when somebody asks: most readers want the fields alone.
        defects = functools.partial(_defects, notes, status, group_notes)
    return DeliveryReport(
        message=message,
        recipients=recipients,
        returned=content,
        defects=defects,
    )


def _defects(
    notes: list[tuple[str, int | None, str]], status: StatusText, group_notes: list[Note]
) -> tuple[Defect, ...]:
    defects = [_defect(code, offset, detail) for code, offset, detail in notes]
    if group_notes or status.notes:
        offsets = status.offsets()
        in_order = sorted((*status.notes, *group_notes), key=_line_of)
        defects += [_defect(code, offsets[line], detail) for code, line, detail in in_order]
    return tuple(sorted(defects, key=_offset_of))


def _defect(code: str, offset: int | None, detail: str) -> Defect:
    rule = DEFECTS[code]
    message = f"{rule.title}: {detail}" if detail else rule.title
    return Defect(code=code, message=message, offset=offset, requirement=rule.requirement)
