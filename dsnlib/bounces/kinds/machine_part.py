"""The part of a multipart/report that is for machines, as field names and values.

RFC 6522 s3 gives every report the same three parts: an explanation, a part for
machines, and what is reported on.  The part for machines of a feedback report
(RFC 5965) and of a receipt (RFC 8098) has fields as a header has.  Here it is
found and taken apart; what its fields mean is for `feedback` and `receipt`.

Rules.
- The part is found by its type among the parts of the message, also where the
  report-type is missing or a list has wrapped the report in a multipart/mixed.
  A message that the mail forwards is not looked into.
- A part of another type may be asked for too, for reports that have no part for
  machines.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.errors import LimitExceeded
from dsnlib.model.text import decode_base64, decode_wire, replace_controls
from dsnlib.parse.fields import read_status_text
from dsnlib.parse.labels import HEADER_END, boundary_of, read_labels, read_top
from dsnlib.parse.limits import Limits
from dsnlib.parse.locate import content_end, find_delimiter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsnlib.parse.labels import Labels

__all__ = ["Field", "MachinePart", "read_machine_part", "returned_fields"]

_LIMITS = Limits()
# More than a header of the original has that is worth looking at; chosen by us.
_RETURNED_OCTETS = 1 << 16
_MOST_LEVELS = 5
_RETURNED_TYPES = frozenset(
    {
        "message/rfc822",
        "message/global",
        "message/rfc822-headers",
        "message/global-headers",
        "text/rfc822-headers",
        # TOLERANT: without the "s", as some feedback loops write it.
        "text/rfc822-header",
    }
)


class Field(NamedTuple):
    """A field, unfolded.

    Args:
        name: Lower case.
        value: Without white space round it and without controls.
        start: Where its line begins in the mail, `None` in an encoded part.
    """

    name: str
    value: str
    start: int | None = None


class MachinePart(NamedTuple):
    """What a report says to machines.

    Args:
        media_type: The type of the part that has the fields, or `""`.
        fields: Its fields, in order.
        returned: Those of the header of what is reported on, in order.
        part_count: How many parts the message has.
    """

    media_type: str
    fields: tuple[Field, ...]
    returned: tuple[Field, ...]
    part_count: int = 0

    def values(self, name: str) -> list[str]:
        """Return the values of all fields of a name, lower case, that have one.  Never raises."""
        return [field.value for field in self.fields if field.name == name and field.value]


class _Part(NamedTuple):
    labels: Labels
    start: int
    end: int


def read_machine_part(data: bytes, media_types: frozenset[str]) -> MachinePart | None:
    """Return the fields of the first part of one of these types, and what is reported on.

    A part that is larger than `Limits.status_octets` is none.  Never raises.

    Args:
        data: The message, with LF or CRLF line ends.
        media_types: Lower case.

    Returns:
        `None` if the message has neither such a part nor a returned message.
    """
    machine: _Part | None = None
    returned: _Part | None = None
    try:
        top, header, _ = read_top(data, _LIMITS.header_octets)
        parts = [_Part(top, *_content(data, header, len(data)))]
        parts = parts if top.media_type in media_types else list(_parts(data, parts[0], 1))
        for part in parts:
            if machine is None and part.labels.media_type in media_types:
                machine = part
            elif returned is None and part.labels.media_type in _RETURNED_TYPES:
                returned = part
        fields = () if machine is None else _fields(data, machine)
    except LimitExceeded:
        return None
    if machine is None and returned is None:
        return None
    return MachinePart(
        "" if machine is None else machine.labels.media_type,
        fields,
        () if returned is None else returned_fields(data, returned),
        len(parts),
    )


def _content(data: bytes, header: int, stop: int) -> tuple[int, int]:
    end = HEADER_END.search(data, max(header - 1, 0), stop)
    return (end.end() if end else stop), stop


def _parts(data: bytes, outer: _Part, level: int) -> Iterator[_Part]:
    """Yield the parts of a multipart, and of multiparts in it."""
    boundary = boundary_of(outer.labels.content_type)
    if not outer.labels.media_type.startswith("multipart/") or not boundary:
        return
    delimiter = b"\n--" + boundary
    line = find_delimiter(data, delimiter, max(outer.start - 1, 0), outer.end)
    for _ in range(_LIMITS.parts):
        after = line + len(delimiter)
        header = data.find(b"\n", after, outer.end) + 1 if line >= 0 else 0
        if not header or data.startswith(b"--", after):
            return
        line = find_delimiter(data, delimiter, header - 1, outer.end)
        stop = outer.end if line < 0 else line + 1
        start, _stop = _content(data, header, stop)
        labels = read_labels(data[header:start])
        part = _Part(labels, start, content_end(data, line, start, outer.end))
        if labels.media_type.startswith("multipart/") and level < _MOST_LEVELS:
            yield from _parts(data, part, level + 1)
        else:
            yield part


def _fields(data: bytes, part: _Part) -> tuple[Field, ...]:
    text = read_status_text(
        data[part.start : part.end], part.start, part.labels.encoding, _LIMITS.status_octets
    )
    offsets = text.offsets()
    fields = []
    for line, start in zip(text.text.split("\n"), offsets, strict=False):
        field = _field(line, None if text.decoded else start)
        if field is not None:
            fields.append(field)
    return tuple(fields)


def _field(line: str, start: int | None) -> Field | None:
    name, colon, value = line.partition(":")
    if not colon or not name or name[0] in " \t":
        return None
    return Field(name.strip().lower(), replace_controls(value.strip()), start)


def returned_fields(data: bytes, part: _Part) -> tuple[Field, ...]:
    """Return the fields of a header that a part returns, up to its first empty line.

    Never raises.
    """
    octets = data[part.start : min(part.end, part.start + _RETURNED_OCTETS)]
    if part.labels.encoding == "base64":
        octets = decode_base64(octets)
    elif part.labels.encoding == "quoted-printable":
        octets = binascii.a2b_qp(octets)
    end = HEADER_END.search(octets)
    lines: list[str] = []
    for line in decode_wire(octets[: end.start()] if end else octets).split("\n"):
        if line[:1] in (" ", "\t") and lines:
            lines.append("\0" + line.strip())
        else:
            lines.append("\n" + line.rstrip("\r"))
    text = "".join(lines).replace("\0", " ")
    return tuple([field for line in text.split("\n") if (field := _field(line, None))])
