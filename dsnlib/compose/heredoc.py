"""A file of bounce templates -> its named documents.

The syntax is that of Postfix's bounce(5): `name = <<EOF`, the lines of the
document, and a line that is `EOF` and nothing else.  Between documents there
may be blank lines and lines whose first character is `#`.  A value that does
not begin with `<<` is a document of that one line.

Rules.
- A line ends with LF or CRLF.  Nothing else is taken off a line of a document:
  neither a backslash nor a space at either end means anything.
- A document keeps every line, empty ones at its start too.
- What cannot be told apart as documents is a `TemplateError`; what can be read
  all the same is a `Defect`.
- Octets that are no UTF-8 survive: the text is decoded with `surrogateescape`.
"""

from __future__ import annotations

import re

import attrs

from dsnlib.errors import Defect, TemplateError
from dsnlib.model.text import decode_wire

__all__ = ["LARGEST_OCTETS", "Document", "Place", "read_documents", "write_document"]

# Chosen here: 250 times the longest set of letters that we have, and small
# enough that any number of copies fits into memory.
LARGEST_OCTETS = 1 << 20

# What Postfix takes for white space in this file.
_BLANKS = b" \t\n\v\f\r"
_BLANK = re.compile(rb"[ \t\n\v\f\r]")
_MARKER_START = re.compile(rb"[A-Za-z0-9]")
# What is shown of a line in a message, in characters.
_SHOWN = 60

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@attrs.frozen
class Place:
    """A line of a file.

    Args:
        origin: The name of the file, as the caller gave it.
        line: Counted from 1.
        offset: Octets from the start of the file to the line.
    """

    origin: str
    line: int
    offset: int = 0

    def __str__(self) -> str:
        return f"{self.origin}:{self.line}"

    def error(self, message: str) -> TemplateError:
        """Return the error that stands for a fault on this line.  Never raises."""
        return TemplateError(f"{self}: {message}", origin=self.origin, line=self.line)

    def defect(self, code: str, message: str) -> Defect:
        """Return the defect that stands for a fault on this line.  Never raises."""
        return Defect(code=code, message=f"{self}: {message}", offset=self.offset)


@attrs.frozen(kw_only=True)
class Document:
    """One definition of a file.

    Args:
        name: What stands before the `=`.
        place: The line of the `=`.
        lines: The text.
        places: Of each line of the text.
    """

    name: str
    place: Place
    lines: tuple[str, ...]
    places: tuple[Place, ...]


def read_documents(data: bytes, *, origin: str) -> tuple[tuple[Document, ...], tuple[Defect, ...]]:
    """Return the documents of a file in their order, and its defects.

    Linear in the size of the file.

    Args:
        data: The whole file.
        origin: What errors call the file.

    Raises:
        TemplateError: A line between documents is no definition, an end marker
            is missing or malformed, or the file is not text or too large.
    """
    _refuse(data, origin)
    file = _File(data, origin)
    documents: list[Document] = []
    while (line := file.next()) is not None:
        line = line.strip(_BLANKS)
        if not line or line.startswith(b"#"):
            continue
        place = file.place
        name, value = _definition(line, place)
        if value.startswith(b"<<"):
            lines, places = file.body(_marker(value, place), place)
        else:
            lines, places = ((decode_wire(value),), (place,)) if value else ((), ())
        documents.append(Document(name=name, place=place, lines=lines, places=places))
    return tuple(documents), tuple(file.defects)


def write_document(name: str, lines: list[str]) -> str:
    """Return the lines of a document as `read_documents` reads them.  Never raises.

    The end marker is `EOF`, with a number behind it where a line says that.
    """
    marker, number = "EOF", 0
    taken = {line for line in lines if line.startswith(marker)}
    while marker in taken:
        number += 1
        marker = f"EOF{number}"
    return "\n".join([f"{name} = <<{marker}", *lines, marker, ""])


class _File:
    """The lines of a file, and where in it we are."""

    def __init__(self, data: bytes, origin: str) -> None:
        self._lines = data.split(b"\n")
        if not self._lines[-1]:
            self._lines.pop()
        self._offset = self._next_offset = 0
        if data.startswith(_UTF8_MARK):
            self._lines[0] = self._lines[0][len(_UTF8_MARK) :]
            self._next_offset = len(_UTF8_MARK)
        self._origin = origin
        self._line = 0
        self._has_nul = False
        self.defects: list[Defect] = []

    @property
    def place(self) -> Place:
        """Of the line that `next` gave last."""
        return Place(self._origin, self._line, self._offset)

    def next(self) -> bytes | None:
        """Return the next line without its end; `None` after the last."""
        if self._line == len(self._lines):
            return None
        line = self._lines[self._line]
        self._offset = self._next_offset
        self._next_offset += len(line) + 1
        self._line += 1
        if b"\0" in line:
            line = line.replace(b"\0", b"")
            if not self._has_nul:
                self._has_nul = True
                message = "a NUL, which no mail may hold, is left out"
                self.defects.append(self.place.defect("template-nul", message))
        return line.rstrip(b"\r")

    def body(self, marker: bytes, opened: Place) -> tuple[tuple[str, ...], tuple[Place, ...]]:
        """Return the lines up to the marker, and where they stand."""
        lines: list[str] = []
        places: list[Place] = []
        while (line := self.next()) is not None:
            if line == marker:
                break
            lines.append(decode_wire(line))
            places.append(self.place)
        else:
            message = f"no line is {decode_wire(marker)!r}, so the text ends with the file"
            self.defects.append(opened.defect("template-end-marker", message))
        return tuple(lines), tuple(places)


def _refuse(data: bytes, origin: str) -> None:
    if len(data) > LARGEST_OCTETS:
        message = f"more than {LARGEST_OCTETS} octets: too large for a template file"
        raise Place(origin, 1).error(message)
    if data.startswith(_UTF16_MARKS):
        raise Place(origin, 1).error("the file is UTF-16; save it as UTF-8")


# definition = *blank name *blank "=" *blank value                      bounce(5)
def _definition(line: bytes, place: Place) -> tuple[str, bytes]:
    name, equals, value = line.partition(b"=")
    name = name.rstrip(_BLANKS)
    if equals and not name:
        raise place.error(f"missing name before '=': {_show(line)}")
    if not equals or _BLANK.search(name):
        raise place.error(f"missing '=' after the name: {_show(line)}")
    return decode_wire(name), value.lstrip(_BLANKS)


def _marker(value: bytes, place: Place) -> bytes:
    marker = value[2:].lstrip(_BLANKS)
    if not marker:
        raise place.error("missing end marker after <<")
    if _MARKER_START.match(marker) is None:
        message = f"malformed end marker after <<: {_show(marker)} does not begin with a letter"
        raise place.error(f"{message} or digit")
    return marker


def _show(octets: bytes) -> str:
    text = decode_wire(octets)
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
