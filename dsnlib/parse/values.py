"""The text of one field -> its value, strictly, or as it was most likely meant.

`STRICT` has, for each form of field, a reader that takes the text as RFC 3464
s2.2 and s2.3 define it and raises `InvalidValue` where it is something else.
`GUESS` has one for that case: it never raises, and returns the value that was
most likely meant, or `None`, and the code of the defect.

Both take unfolded text.  A guess wants it without white space round it and
without controls, which `clean` sees to.  Of a status the value is the pair of code and comment.
"""

from __future__ import annotations

import contextlib
import functools
import re
from typing import TYPE_CHECKING, Any

from dsnlib.errors import InvalidValue
from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.address_comment import INTERNET_TYPES, strip_comment
from dsnlib.model.date import guess_date, parse_date
from dsnlib.model.fields import FIELDS, FieldForm, FieldScope, LocalizedDiagnostic
from dsnlib.model.report import Action
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.model.text import (
    encode_wire,
    is_atom,
    refuse_controls,
    replace_controls,
    split_comment,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

__all__ = ["GUESS", "ROWS", "STRICT", "Row", "clean"]

_WHITE = " \t"
_ISO_2022_JP = "\x1b$"
# MTA names and statuses kept, chosen by us: a short line each, so some hundred kB.
# What is long is not kept, or strangers could fill the memory.
_INTERNED = 1024
_SHORT = 100

_ACTIONS = {action.value: action for action in Action}
# TOLERANT: words that are not RFC 3464's.  "failure" is in RFC 2156's samples,
# "error" is OpenSMTPD's; the rest are near misses of the five.
_ACTION_WORDS = _ACTIONS | {
    "failure": Action.FAILED,
    "fail": Action.FAILED,
    "error": Action.FAILED,
    "bounced": Action.FAILED,
    "undeliverable": Action.FAILED,
    "expired": Action.FAILED,
    "delay": Action.DELAYED,
    "deferred": Action.DELAYED,
    "success": Action.DELIVERED,
    "deliverable": Action.DELIVERED,
    "relay": Action.RELAYED,
}
_WORD = re.compile(r"[a-z]+")
_STATUS = re.compile(r"(?<![0-9.])([245])[ ]?\.[ ]?([0-9]{1,3})[ ]?\.[ ]?([0-9]{1,3})(?!\.?[0-9])")
_NOT_IN_COMMENT = re.compile(r"[()\\]")
_REPLY = re.compile(r"[2-5][0-9]{2}[ -]")
_HOST = re.compile(r"\[[0-9A-Fa-f.:]+\]|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+\.?")


def clean(text: str) -> str:
    """Return `text` with its control characters read, or made harmless."""
    if _ISO_2022_JP in text:
        # TOLERANT: Notes and Japanese carriers write ISO-2022-JP as it is.
        with contextlib.suppress(UnicodeDecodeError):
            text = encode_wire(text).decode("iso2022_jp")
    return replace_controls(text)


def _text(text: str) -> str:
    text = text.strip(_WHITE)
    if not text.isprintable():
        refuse_controls(text, "text", tab=True)
    return text


def _address(text: str) -> TypedAddress:
    type_, semicolon, value = text.partition(";")
    type_, value = type_.strip(_WHITE), value.strip(_WHITE)
    if value[-1:] == ")":
        # "Text in parentheses is a comment": RFC 3464 s2.1.1.
        value = strip_comment(type_, value)
    # Brackets are not how RFC 3461 s9.1 writes it, and UTF-8 is for the type
    # that is made for it (RFC 6533 s4.1).
    if (
        semicolon
        and (value[-1:] != ">" or not _is_bracketed(type_, value))
        and (value[:1] != "<" or type_.lower() not in INTERNET_TYPES)
        and (value.isascii() or type_.lower() == "utf-8")
    ):
        return TypedAddress(type_, value)
    raise InvalidValue(text)


def _is_bracketed(type_: str, value: str) -> bool:
    return type_.lower() in INTERNET_TYPES and "@" in value.rpartition("<")[2] and "<" in value


def _guess_address(text: str) -> tuple[TypedAddress | None, str]:
    type_, semicolon, value = text.partition(";")
    type_, code = type_.strip(_WHITE), "address-brackets"
    if not semicolon or not is_atom(type_):
        value, code = text, "address"
        type_ = "rfc822" if "@" in text else "unknown"
    value = value.strip(_WHITE)
    # TOLERANT: "<bob@example.org>", with or without a name in front.
    before, bracket, inside = value.partition("<")
    if type_.lower() in INTERNET_TYPES and bracket and '"' not in before:
        inside, closed, _ = inside.partition(">")
        if closed and inside.strip(_WHITE):
            value = inside.strip(_WHITE)
    elif semicolon and code == "address-brackets":
        code = "address-utf8"
    return TypedAddress(type_, value.replace("\t", " ")), code


# A system's bounces name the same few systems over and over.
_known_mta_name = functools.lru_cache(maxsize=_INTERNED)(MtaName.parse)


def _mta_name(text: str) -> MtaName:
    text = text.strip(_WHITE)
    return _known_mta_name(text) if len(text) < _SHORT else MtaName.parse(text)


def _guess_mta_name(text: str) -> tuple[MtaName | None, str]:
    type_, semicolon, rest = text.partition(";")
    if semicolon and " " in type_.strip(_WHITE):
        rest = text
    name, comment = split_comment((rest if semicolon else text).strip(_WHITE))
    return MtaName("dns" if _HOST.match(name) else "unknown", name, comment=comment), "mta-name"


def _action(text: str) -> Action:
    text = text.strip(_WHITE)
    action = _ACTIONS.get(text.lower())
    if action is None:
        bare, comment = split_comment(text)
        action = _ACTIONS.get(bare.lower())
        if action is None or comment is None:
            raise InvalidValue(text)
    return action


def _guess_action(text: str) -> tuple[Action | None, str]:
    found = _WORD.search(text.lower())
    return (_ACTION_WORDS.get(found[0]) if found else None), "action-value"


# The same few codes come again and again.
@functools.lru_cache(maxsize=_INTERNED)
def _short_status(text: str) -> tuple[EnhancedStatusCode, str | None]:
    return _any_status(text)


def _any_status(text: str) -> tuple[EnhancedStatusCode, str | None]:
    if text[-1:] != ")":
        return EnhancedStatusCode.parse(text), None
    bare, comment = split_comment(text)
    if comment is not None:
        refuse_controls(comment, "Status", tab=True)
    return EnhancedStatusCode.parse(bare), comment


def _status(text: str) -> tuple[EnhancedStatusCode, str | None]:
    text = text.strip(_WHITE)
    return _short_status(text) if len(text) < _SHORT else _any_status(text)


def _as_comment(text: str) -> str | None:
    """Return text that could stand in parentheses, without what would end them early."""
    if split_comment(f"({text})") != ("", text):
        text = _NOT_IN_COMMENT.sub(" ", text).strip(_WHITE)
    return text or None


def _guess_status(text: str) -> tuple[tuple[EnhancedStatusCode, str | None] | None, str]:
    found = _STATUS.search(text)
    if found is None:
        return None, "status-syntax"
    class_, subject, detail = (int(number) for number in found.groups())
    code = EnhancedStatusCode.parse(f"{class_}.{subject}.{detail}")
    if str(code) == found[0]:
        return (code, _as_comment(text[found.end() :].strip(" -:;,()"))), "status-text"
    return (code, None), "status-syntax" if " " in found[0] else "status-leading-zero"


def _diagnostic(text: str) -> DiagnosticCode:
    type_, semicolon, value = text.partition(";")
    if not semicolon:
        raise InvalidValue(text)
    return DiagnosticCode(type_.strip(_WHITE), value.strip(_WHITE))


def _guess_diagnostic(text: str) -> tuple[DiagnosticCode | None, str]:
    return DiagnosticCode("smtp" if _REPLY.match(text) else "unknown", text), "diagnostic"


def _localized(text: str) -> LocalizedDiagnostic:
    language, semicolon, rest = text.partition(";")
    if not semicolon:
        raise InvalidValue(text)
    return LocalizedDiagnostic(language.strip(_WHITE), rest.strip(_WHITE))


def _date(text: str) -> dt.datetime:
    return parse_date(text.strip(_WHITE))


STRICT: dict[FieldForm, Callable[[str], Any]] = {
    FieldForm.TEXT: _text,
    FieldForm.MTA_NAME: _mta_name,
    FieldForm.ADDRESS: _address,
    FieldForm.ACTION: _action,
    FieldForm.STATUS: _status,
    FieldForm.DIAGNOSTIC: _diagnostic,
    FieldForm.LOCALIZED: _localized,
    FieldForm.DATE: _date,
}
GUESS: dict[FieldForm, Callable[[str], tuple[Any, str]]] = {
    FieldForm.TEXT: lambda text: (text, "field-control"),
    FieldForm.MTA_NAME: _guess_mta_name,
    FieldForm.ADDRESS: _guess_address,
    FieldForm.ACTION: _guess_action,
    FieldForm.STATUS: _guess_status,
    FieldForm.DIAGNOSTIC: _guess_diagnostic,
    FieldForm.LOCALIZED: lambda _: (None, "localized"),
    FieldForm.DATE: lambda text: (guess_date(text), "date"),
}

# What a reader of lines needs of a row of `FIELDS`: whether it is a recipient's, its
# attribute, how it is read strictly, and its form.  A plain tuple, because it is
# taken apart for each line.
Row = tuple[bool, str, "Callable[[str], Any]", FieldForm]
# By name in lower case: names compare without case (RFC 3464 s2.1.1).
ROWS: dict[str, Row] = {
    rule.name.lower(): (
        rule.scope is FieldScope.RECIPIENT,
        rule.attribute,
        STRICT[rule.form],
        rule.form,
    )
    for rule in FIELDS
}
