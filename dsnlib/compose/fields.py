r"""A delivery report -> the octets of its status part (RFC 3464 s2, RFC 6533 s4.1).

Two forms.  The traditional one is US-ASCII whatever happens, because
message/delivery-status is 7bit (RFC 3464 s2.1): a character beyond it is
written `\x{E9}`, as RFC 6533 s3 writes it in addresses.  The global one is UTF-8.

Rules.
- Fields stand in the order of RFC 3464, none is made up, and what was read
  badly (`unreadable`) is not passed on.
- A field is folded only where one space becomes a fold: reading it back gives
  the same text (RFC 822 s3.1.4).  There are no encoded words: RFC 2047 s5
  allows none in these fields.
- What a peer said is neutral (`neutral`); an address stays the same address:
  where its end would be taken for a comment, an empty comment follows.
- A Localized-Diagnostic is written where there is a Diagnostic-Code, which RFC
  6533 s4.1 asks for; a report that was read may lack it.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

from dsnlib.compose.neutral import HARMFUL, LONGEST_FIELD_WORD, LONGEST_WORD, neutral_text
from dsnlib.errors import InvalidXtext
from dsnlib.model.address_comment import guard_comment
from dsnlib.model.date import format_date
from dsnlib.model.fields import FIELDS, FieldForm, FieldScope
from dsnlib.model.text import is_utf8
from dsnlib.model.xtext import decode_utf8_address, encode_utf8_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dsnlib.model.address import TypedAddress
    from dsnlib.model.fields import LocalizedDiagnostic
    from dsnlib.model.report import Action, DeliveryReport, MessageFields, RecipientFields

__all__ = ["escape_text", "fold_field", "format_status"]

_COLUMNS = 78  # RFC 5322 s2.1.1
# RFC 5322 s2.1.1 has 998 octets in a line, the name of the field among them.
# What makes 900 octets at most, whatever is escaped.
_MANY_ESCAPES = re.compile(r"(?:\\x\{[0-9A-F]+\}|[^ \\]|\\(?!x\{)){80}(?=[^ ])")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
# One space between two words: the only place where a fold is no change.
_FOLD = re.compile(r"(?<=[^ ]) (?=[^ ])")
# Characters of an address that are better not shown as they are: those that
# `neutral` replaces, and the space, which RFC 6533 s3 has escaped anyway.
_HIDDEN = re.compile(r"[\x80-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def format_status(report: DeliveryReport, *, is_global: bool) -> str:
    """Return the text of the status part, with CRLF line ends.

    Args:
        report: What to write.
        is_global: Whether the text may have characters beyond US-ASCII.

    Raises:
        InvalidValue: Never for the report of a `DsnPlan`.
    """
    groups = [_group(report.message, _MESSAGE, is_global=is_global)]
    groups.extend(_group(each, _RECIPIENT, is_global=is_global) for each in report.recipients)
    return "\r\n".join(groups)


def fold_field(name: str, text: str) -> str:
    r"""Return a field with its CRLF, folded at 78 columns where a space allows it.  Never raises.

    >>> fold_field("Status", "5.1.1")
    'Status: 5.1.1\r\n'
    """
    line = f"{name}: {text}"
    if len(line) <= _COLUMNS:
        return f"{line}\r\n"
    lines = []
    start, last = 0, 0
    # Behind the name there is no place to fold: a line of white space and a
    # name alone are what some readers choke on.
    for found in _FOLD.finditer(line, len(name) + 2):
        place = found.start()
        if place - start > _COLUMNS and last > start:
            lines.append(line[start:last])
            start = last
        last = place
    if len(line) - start > _COLUMNS and last > start:
        lines.append(line[start:last])
        start = last
    lines.append(line[start:])
    return "\r\n".join(lines) + "\r\n"


def escape_text(text: str) -> str:
    r"""Return `text` in US-ASCII, other characters as `\x{...}`.  Never raises.

    A word that would not fit into a line is broken by spaces.

    >>> escape_text("grüß")
    'gr\\x{FC}\\x{DF}'
    """
    if text.isascii():
        return text
    escaped = _NOT_ASCII.sub(_escaped, text)
    if len(escaped) > LONGEST_FIELD_WORD and max(map(len, escaped.split(" "))) > LONGEST_FIELD_WORD:
        return _MANY_ESCAPES.sub(r"\g<0> ", escaped)
    return escaped


def _group(
    fields: MessageFields | RecipientFields,
    rules: tuple[tuple[str, str, Callable[[Any], str] | None], ...],
    *,
    is_global: bool,
) -> str:
    values = fields.__dict__
    lines: list[str] = []
    for name, attribute, text_of in rules:
        value = values[attribute]
        if value is None:
            continue
        if text_of is None:
            text = _address(value, is_global=is_global)
        elif attribute == "localized_diagnostics":
            if values["diagnostic_code"] is not None:
                lines += _localized(name, value, is_global=is_global)
            continue
        else:
            text = text_of(value)
            if attribute == "status" and values["status_comment"] is not None:
                text = f"{text} ({_neutral(values['status_comment'])})"
        lines.append(_field(name, text, is_global=is_global))
    for extension in fields.extensions:
        lines.append(_field(extension.name, _neutral(extension.value), is_global=is_global))
    return "".join(lines)


def _field(name: str, text: str, *, is_global: bool) -> str:
    if not (is_global or text.isascii()):
        text = escape_text(text)
    line = f"{name}: {text}\r\n"
    return line if len(line) <= _COLUMNS else fold_field(name, text)


def _localized(
    name: str, values: tuple[LocalizedDiagnostic, ...], *, is_global: bool
) -> Iterator[str]:
    for each in values:
        # It is for readers of UTF-8 only: RFC 6533 s4.1.
        if is_global or each.text.isascii():
            yield _field(name, _neutral(each), is_global=is_global)


def _address(value: TypedAddress, *, is_global: bool) -> str:
    type_, text = value.type, value.value
    if not text.isascii() or "\\" in text:
        type_, text = _beyond_ascii(type_, text, is_global=is_global)
    return f"{type_}; {guard_comment(type_, text)}" if text else f"{type_};"


def _beyond_ascii(type_: str, text: str, *, is_global: bool) -> tuple[str, str]:
    is_utf8_type = type_.lower() == "utf-8"
    if is_utf8_type or (type_.lower() == "rfc822" and not text.isascii() and is_utf8(text)):
        # "xtext or unitext ORCPT is up-converted": RFC 6533 s4.1; one that does
        # not conform is copied: s3.
        with contextlib.suppress(InvalidXtext):
            address = decode_utf8_address(text) if is_utf8_type else text
            text = encode_utf8_address(address, smtputf8=is_global)
            return "utf-8", _HIDDEN.sub(_escaped, text)
    # An address with a space more is another one: no word of it is broken.
    text = HARMFUL.sub("?", text)
    # "utf-8-enc-addr is allowed only with type utf-8": RFC 6533 s4.1.
    return type_, text if is_utf8_type else escape_text(text)


def _escaped(found: re.Match[str]) -> str:
    return f"\\x{{{ord(found[0]):X}}}"


def _neutral(value: object) -> str:
    text = str(value)
    # A line is counted in octets, of which other characters have up to four.
    longest = LONGEST_FIELD_WORD if text.isascii() else LONGEST_WORD
    return neutral_text(text, longest_word=longest)


def _action(value: Action) -> str:
    return value.value


# What writes a field of each form; an address is written as the form of the
# report asks.
_TEXTS: dict[FieldForm, Callable[[Any], str] | None] = {
    FieldForm.TEXT: _neutral,
    FieldForm.MTA_NAME: _neutral,
    FieldForm.ADDRESS: None,
    FieldForm.ACTION: _action,
    FieldForm.STATUS: str,
    FieldForm.DIAGNOSTIC: _neutral,
    FieldForm.LOCALIZED: _neutral,
    FieldForm.DATE: format_date,
}
_MESSAGE, _RECIPIENT = (
    tuple((rule.name, rule.attribute, _TEXTS[rule.form]) for rule in FIELDS if rule.scope is scope)
    for scope in (FieldScope.MESSAGE, FieldScope.RECIPIENT)
)
