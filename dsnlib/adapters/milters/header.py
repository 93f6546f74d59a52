r"""The header of a message as filters see and change it: fields by name and number.

    Received: ...       field 1, Received 1
    Received: ...       field 2, Received 2
    Subject: ...        field 3, Subject 1

Rules.
- A field that nobody changes stays octet for octet.
- An edit takes logarithmic time, whatever was edited before.
- What a filter writes is one field: each of its line ends is a fold, a line without
  text is left out, and there is no NUL (RFC 5322 s2.2.3).
- The header ends at an empty line, or before the first line that is no field.
"""

from __future__ import annotations

import bisect
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["MOST_FIELDS", "Field", "HeaderBlock", "is_name"]

# field-name = 1*ftext, ftext = %d33-57 / %d59-126                  RFC 5322 s3.6.8
# TOLERANT: white space before the colon, as in the obsolete syntax of s4.5.
_START = re.compile(rb"([!-9;-~]++)[ \t]*+:")
_NAME = re.compile(rb"[!-9;-~]+")
# TOLERANT: the separator of a mailbox file in front; not the field From.
_MBOX_LINE = re.compile(rb">*+From (?![ \t]*+:)[^\n]*+\n")
_FOLD = re.compile(rb"\r\n|\n|\r")
# Chosen by us: ten times what the longest honest header has.
MOST_FIELDS = 20_000
# How far apart labels are: a field can go between two some hundred times before
# they are given out anew.
_GAP = 1 << 256


class Field:
    """A field; `label` orders the fields of a header."""

    __slots__ = ("key", "label", "name", "octets")

    def __init__(self, name: bytes, octets: bytes, label: int = 0) -> None:
        self.name = name
        self.octets = octets
        self.key = name.lower()
        self.label = label

    def value(self, *, keeps_space: bool) -> bytes:
        """Return what is behind the colon, with LF for each line end.

        Args:
            keeps_space: Whether the first space is part of it.
        """
        value = self.octets.partition(b":")[2].rstrip(b"\r\n")
        value = value.replace(b"\r\n", b"\n").replace(b"\0", b" ")
        return value if keeps_space else value.removeprefix(b" ")


def _label(field: Field) -> int:
    return field.label


class HeaderBlock:
    r"""The header of a message.

    >>> header, _ = HeaderBlock.read(b"Subject: a\r\nX: 1\r\n\r\nText\r\n")
    >>> header.change(b"subject", 1, b" b\r\nc")
    >>> header.insert(1, b"Y", b" 2")
    >>> header.change(b"X", 1, b"")
    >>> header.octets()
    b'Y: 2\r\nsubject: b\r\n\tc\r\n'

    Args:
        fields: In order.
        preamble: What is in front of them, and is no field.
    """

    def __init__(self, fields: Iterable[Field], *, preamble: bytes = b"") -> None:
        self._preamble = preamble
        self._fields = list(fields)
        self._by_key: dict[bytes, list[Field]] = {}
        self._label_all()
        for field in self._fields:
            self._by_key.setdefault(field.key, []).append(field)

    @classmethod
    def read(cls, data: bytes, *, most: int = MOST_FIELDS) -> tuple[HeaderBlock, int]:
        """Return the header of a message, and where what follows it begins.

        That is an empty line, or a line that is no field, or the end.

        Args:
            data: The message, or the beginning of it.
            most: How many fields are read.
        """
        position = 0
        while found := _MBOX_LINE.match(data, position):
            position = found.end()
        preamble = data[:position]
        fields: list[Field] = []
        while len(fields) < most and (found := _START.match(data, position)):
            end = _field_end(data, found.end())
            fields.append(Field(found[1], data[position:end]))
            position = end
        return cls(fields, preamble=preamble), position

    def __iter__(self) -> Iterator[Field]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def octets(self) -> bytes:
        """Return the header as it is now."""
        return self._preamble + b"".join([field.octets for field in self._fields])

    def end_line(self) -> None:
        """End the last line, if it has no end, as that of a message without a body."""
        self._end_line(len(self._fields))

    def add(self, name: bytes, value: bytes) -> None:
        """Put a field behind all others; `value` is what stands behind the colon."""
        self.insert(len(self._fields) + 1, name, value)

    def insert(self, number: int, name: bytes, value: bytes) -> None:
        """Put a field where the one of that number is, counted from 1; 0 is 1."""
        place = min(max(number - 1, 0), len(self._fields))
        self._end_line(place)
        field = Field(name, _write(name, value))
        field.label = self._label_between(place)
        self._fields.insert(place, field)
        bisect.insort(self._by_key.setdefault(field.key, []), field, key=_label)

    def change(self, name: bytes, number: int, value: bytes) -> None:
        """Give the field of that name and number another value; without one it goes.

        Where there is none of that number it is added.
        """
        same = self._by_key.get(name.lower(), [])
        place = max(number - 1, 0)
        if place >= len(same):
            if value:
                self.add(name, value)
        elif value:
            field = same[place]
            field.name = name
            field.octets = _write(name, value)
        else:
            field = same.pop(place)
            del self._fields[bisect.bisect_left(self._fields, field.label, key=_label)]

    def _end_line(self, place: int) -> None:
        if place and not self._fields[place - 1].octets.endswith(b"\n"):
            self._fields[place - 1].octets += b"\r\n"

    def _label_between(self, place: int) -> int:
        if place == len(self._fields):
            return self._fields[-1].label + _GAP if self._fields else 0
        if not place:
            return self._fields[0].label - _GAP
        before, behind = self._fields[place - 1].label, self._fields[place].label
        if behind - before < 2:
            self._label_all()
            before, behind = self._fields[place - 1].label, self._fields[place].label
        return (before + behind) // 2

    def _label_all(self) -> None:
        for number, field in enumerate(self._fields):
            field.label = number * _GAP


def is_name(name: bytes) -> bool:
    """Tell whether a field can have a name.  Never raises."""
    return _NAME.fullmatch(name) is not None


def _field_end(data: bytes, position: int) -> int:
    """Return where the field with this place in its first line ends, folds included."""
    while True:
        end = data.find(b"\n", position) + 1
        if not end:
            return len(data)
        if not data.startswith((b" ", b"\t"), end):
            return end
        position = end


def _write(name: bytes, value: bytes) -> bytes:
    first, *rest = _FOLD.split(value.replace(b"\0", b""))
    folded = [
        line if line.startswith((b" ", b"\t")) else b"\t" + line
        for line in rest
        if line.strip(b" \t")
    ]
    return b"\r\n".join([name + b":" + first, *folded, b""])
