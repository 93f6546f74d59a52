"""A document of a template file -> headers and text, checked as Postfix checks them.

The headers of a template are no fields of a message: `From`, `Subject` and
`Postmaster-Subject` become some, `Charset` and `Language` tell how the text is
written.

Rules.
- Headers are one line each.  What follows the label's colons is the value, with
  its spaces at the end.  The last of a name counts.
- The first line that does not look like a header ends them; blank lines before
  the text are left out.  So a text whose first line looks like a header needs a
  line with a space, or other headers and a blank line, before it.
- What breaks a rule is one `Defect`, and the document is not used.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import Defect
from dsnlib.model.charset import US_ASCII, find_codec, is_decodable
from dsnlib.model.text import is_utf8

if TYPE_CHECKING:
    from dsnlib.compose.heredoc import Document, Place

__all__ = ["Draft", "read_draft"]

# A header that becomes a field may begin with a label of printable US-ASCII.
# label = 1*<printable US-ASCII but ":">                            RFC 5322 s3.6.8
_LABEL = re.compile(r"([!-9;-~]+)[ \t]*:")
_BLANKS = " \t\n\v\f\r"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# langtag, as much of it as matters here                            RFC 5646 s2.1
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,8}")

_LANGUAGE_LABEL = "language"
_COPY_LABEL = "postmaster-subject"
_LABELS = ("charset", "from", "subject", _COPY_LABEL)


class _Unusable(Exception):
    """What makes a document unusable."""

    def __init__(self, defect: Defect) -> None:
        super().__init__(str(defect))
        self.defect = defect


@attrs.frozen(kw_only=True)
class Draft:
    """What a document says, before what it leaves out is filled in.

    Args:
        headers: Values by label, in lower case.
        text: Lines joined by LF.
        line: The line of the file on which the text begins.
        defects: What is odd, though the document is used.
    """

    headers: dict[str, str]
    text: str
    line: int
    defects: tuple[Defect, ...]

    @property
    def language(self) -> str | None:
        """The tag of the language, if the document is an extended one."""
        value = self.headers.get(_LANGUAGE_LABEL)
        # What POSIX writes `pt_BR` is `pt-BR` in a header field (RFC 5646 s2.1).
        return None if value is None else value.strip(_BLANKS).replace("_", "-")

    @property
    def charset(self) -> str:
        """The character set of the text."""
        return _charset(self.headers)


def read_draft(
    document: Document, kind: str, *, has_copy: bool, is_extended: bool
) -> Draft | Defect:
    """Return what a document says, or why it cannot be used.  Never raises.

    Args:
        document: As it stands in the file.
        kind: What messages call the template.
        has_copy: Whether there is a copy for the postmaster to have a subject.
        is_extended: Whether there may be a `Language`.
    """
    lines, places = document.lines, document.places
    position = _skip(lines, 0, "")
    found: list[tuple[str, str, Place]] = []
    while position < len(lines) and (match := _LABEL.match(lines[position])):
        value = lines[position][match.end(1) :].lstrip(f":{_BLANKS}")
        found.append((match[1], value, places[position]))
        position += 1
    labels = (*_LABELS, _LANGUAGE_LABEL) if is_extended else _LABELS
    has_language = _LANGUAGE_LABEL in labels and any(
        label.lower() == _LANGUAGE_LABEL for label, _, _ in found
    )
    try:
        for label, value, place in found:
            _check(label, value, place, kind, labels, has_copy=has_copy, is_utf8_fine=has_language)
        headers = {label.lower(): value for label, value, _ in found}
        position = _skip(lines, position, _BLANKS)
        defects = _check_text(document, position, headers, kind)
    except _Unusable as unusable:
        return unusable.defect
    return Draft(
        headers=headers,
        text="\n".join(lines[position:]),
        line=places[position].line,
        defects=defects,
    )


def _skip(lines: tuple[str, ...], position: int, blanks: str) -> int:
    """Return the position of the first line that is more than blanks."""
    while position < len(lines) and not lines[position].strip(blanks or "\n"):
        position += 1
    return position


def _check(
    label: str,
    value: str,
    place: Place,
    kind: str,
    labels: tuple[str, ...],
    *,
    has_copy: bool,
    is_utf8_fine: bool,
) -> None:
    """Raise for the first rule that a header breaks, in the order of Postfix."""
    name = label.lower()
    if not value:
        fault = "empty"
    elif not value.isascii() and not (is_utf8_fine and is_utf8(value)):
        fault = "non-ascii"
    elif name not in labels:
        fault = "unknown"
    elif name == _COPY_LABEL and not has_copy:
        fault = "inapplicable"
    elif _CONTROL.search(value):
        fault = "unsafe"
    elif name == _LANGUAGE_LABEL and _LANGUAGE.fullmatch(value.strip(_BLANKS)) is None:
        fault = "malformed"
    else:
        return
    message = f"{fault} header {label!r} in the {kind} template, which is ignored"
    raise _Unusable(place.defect(f"template-{fault}-header", message))


def _check_text(
    document: Document, position: int, headers: dict[str, str], kind: str
) -> tuple[Defect, ...]:
    if position == len(document.lines):
        message = f"the {kind} template has no text; it is ignored"
        raise _Unusable(document.place.defect("template-missing-text", message))
    charset = _charset(headers).strip(_BLANKS)
    beyond = next(
        (
            each
            for each in range(position, len(document.lines))
            if not document.lines[each].isascii()
        ),
        None,
    )
    if charset.lower() == US_ASCII:
        if beyond is None:
            return ()
        message = f"8-bit text in the {kind} template, which is ignored: its charset is {US_ASCII}"
        raise _Unusable(document.places[beyond].defect("template-8bit-text", message))
    codec = find_codec(charset)
    if codec is None:
        message = f"nobody knows the charset {charset!r} of the {kind} template"
        return (document.place.defect("template-unknown-charset", message),)
    if beyond is not None:
        for index in range(beyond, len(document.lines)):
            if not is_decodable(document.lines[index], codec):
                message = f"text of the {kind} template that is not {charset}"
                return (document.places[index].defect("template-undecodable-text", message),)
    return ()


def _charset(headers: dict[str, str]) -> str:
    return headers.get("charset", "utf-8" if _LANGUAGE_LABEL in headers else US_ASCII)
