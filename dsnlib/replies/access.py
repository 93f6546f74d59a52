"""What an access table answers: one action, written as a word and its argument.

    OK  RELAY  DUNNO                      let it pass, or go on
    REJECT [status] [text]                refuse for good
    DEFER [status] [text]                 refuse for now
    450 [status] text   550 [status] text refuse with this reply code
    DEFER_IF_PERMIT / DEFER_IF_REJECT     refuse for now if all else permits, or refuses
    WARN  INFO  HOLD  DISCARD  [text]     take note, keep back, take and drop
    REDIRECT address   BCC address        deliver elsewhere, or there too
    PREPEND header     FILTER hop         add a field, hand to a filter
    IGNORE  STRIP  PASS  REPLACE header   for lines of the content: see `checks`

The words are those of Postfix's tables, so a table can be moved as it is.

Rules.
- An action that exists is carried out or told of, never passed over: what the
  caller has to do is in `AccessAction.kind`, and an unknown word is an error.
- The status is the first word of the text if it is one.  What only looks like
  one stays text, with a Defect.
- Digits alone permit, as they do in Postfix.  Because `554` looks like a
  refusal, that has a Defect too.
- An action that exists can stand in a table: what `str` writes reads as the
  same action, and what could not be written so is refused.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import Defect, InvalidStatusCode, InvalidValue
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.model.text import has_octets, refuse_controls, replace_controls

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = [
    "ACCESS_ACTIONS",
    "CHECK_ACTIONS",
    "AccessAction",
    "ActionKind",
    "is_edit",
    "parse_action",
]


class ActionKind(enum.Enum):
    """What is to be done."""

    OK = "OK"
    DUNNO = "DUNNO"
    REJECT = "REJECT"
    DEFER = "DEFER"
    DEFER_IF_PERMIT = "DEFER_IF_PERMIT"
    DEFER_IF_REJECT = "DEFER_IF_REJECT"
    WARN = "WARN"
    INFO = "INFO"
    HOLD = "HOLD"
    DISCARD = "DISCARD"
    REDIRECT = "REDIRECT"
    BCC = "BCC"
    PREPEND = "PREPEND"
    FILTER = "FILTER"
    IGNORE = "IGNORE"
    STRIP = "STRIP"
    PASS = "PASS"  # noqa: S105  an action, not a password
    REPLACE = "REPLACE"


_BOTH = frozenset(
    {
        ActionKind.DUNNO,
        ActionKind.REJECT,
        ActionKind.WARN,
        ActionKind.INFO,
        ActionKind.HOLD,
        ActionKind.DISCARD,
        ActionKind.REDIRECT,
        ActionKind.BCC,
        ActionKind.PREPEND,
        ActionKind.FILTER,
    }
)
# What may stand in a table of clients, names and addresses, and in one of lines.
ACCESS_ACTIONS = _BOTH | {
    ActionKind.OK,
    ActionKind.DEFER,
    ActionKind.DEFER_IF_PERMIT,
    ActionKind.DEFER_IF_REJECT,
}
CHECK_ACTIONS = _BOTH | {
    ActionKind.IGNORE,
    ActionKind.STRIP,
    ActionKind.PASS,
    ActionKind.REPLACE,
}

_WORDS = {kind.value: kind for kind in ActionKind} | {"RELAY": ActionKind.OK}
# Those that refuse, whose text may begin with a status.
_REFUSING = frozenset(
    {
        ActionKind.REJECT,
        ActionKind.DEFER,
        ActionKind.DEFER_IF_PERMIT,
        ActionKind.DEFER_IF_REJECT,
    }
)

_CODE = re.compile(r"[45][0-9]{2}")
_DIGITS = re.compile(r"[0-9]+")
# Looks like a status to whoever wrote it.
# An IPv4 address does not.
_STATUS_LIKE = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}(?!\.?[0-9])")
# field-name = 1*ftext                                           RFC 5322 s3.6.8
_HEADER = re.compile(r"[!-9;-~]+[ \t]*:")

# What an argument must have to mean anything: the pattern, and what it is.
_ARGUMENTS = {
    ActionKind.REDIRECT: (re.compile(r"\S*[^\s@]@[^\s@]\S*"), "an address"),
    ActionKind.BCC: (re.compile(r"\S*[^\s@]@[^\s@]\S*"), "an address"),
    ActionKind.PREPEND: (_HEADER, "a header field"),
    ActionKind.REPLACE: (_HEADER, "a header field"),
    ActionKind.FILTER: (re.compile(r"[^\s:]+:"), "transport:next hop"),
}
# What puts a text into a message, which may be any line of a body: `check_tables`
# asks for a field where it has to be one.
_EDITS = frozenset({ActionKind.PREPEND, ActionKind.REPLACE})
# field = field-name ":" unstructured                       RFC 5322 s2.2, s3.6.8
_FIELD = re.compile(r"[!-9;-~]++[ \t]*+:[^\x00\r\n]*+(?>(?:\n[ \t][^\x00\r\n]*+)*)")
_LINE = re.compile(r"[^\x00\r\n]++")
# Which refusal a reply code alone stands for, by its first digit.
_CLASSES = {4: ActionKind.DEFER, 5: ActionKind.REJECT}


def _defects(values: Iterable[Defect]) -> tuple[Defect, ...]:
    return tuple(values)


@attrs.frozen
class AccessAction:
    """One action, as a table gives it.

    Args:
        kind: What is to be done.
        text: The argument: the words of a refusal without its codes, an
            address, a header field, a next hop.  No white space at its ends,
            and no control characters but TAB; what PREPEND and REPLACE put into
            a message may have others, but is one line, or a header field with
            its folds.
        code: The reply code that a refusal gives, where it gives one: 400..499
            for DEFER, 500..599 for REJECT.  It needs a status or a text beside
            it, because a number alone permits.
        status: The status that a refusal gives, of the class of `code` where
            it gives both.
        defects: What whoever wrote it should know.  Not part of the value.

    Raises:
        InvalidValue: A code or a status for what refuses nothing, a code out
            of range, of another refusal, or alone; a status of another class; a
            text that the action cannot have, or whose first word is a status
            that would be read as that of the action.
    """

    kind: ActionKind
    text: str = ""
    code: int | None = attrs.field(default=None, kw_only=True)
    status: EnhancedStatusCode | None = attrs.field(default=None, kw_only=True)
    defects: tuple[Defect, ...] = attrs.field(
        default=(), eq=False, repr=False, kw_only=True, converter=_defects
    )

    def __attrs_post_init__(self) -> None:
        if self.kind not in _REFUSING and (self.code, self.status) != (None, None):
            message = f"action: {self.kind.value} has no code"
            raise InvalidValue(message, value=self.code or self.status)
        if self.code is not None and (
            type(self.code) is not int or _CODE.fullmatch(str(self.code)) is None
        ):
            message = f"action: code {self.code!r} is not a number from 400 to 599"
            raise InvalidValue(message, value=self.code)
        if self.code and self.status and self.status.class_ != self.code // 100:
            message = f"action: status {self.status} does not agree with code {self.code}"
            raise InvalidValue(message, value=self.status)
        self._check_text()
        if self.kind in _REFUSING:
            self._check_refusal()

    def _check_text(self) -> None:
        kind, text = self.kind, self.text
        if kind in _EDITS:
            if not (is_edit(text, is_field=False) or is_edit(text, is_field=True)):
                message = f"action: {kind.value} needs a line or a header field, not {text!r}"
                raise InvalidValue(message, value=text)
            return
        refuse_controls(text, "action", tab=True)
        if text != text.strip():
            message = f"action: {text!r} has white space at an end"
            raise InvalidValue(message, value=text)
        if kind in _ARGUMENTS:
            _check_argument(kind, kind.value, text, text)

    def _check_refusal(self) -> None:
        """Refuse what would read as another action."""
        if self.code is not None and _CLASSES[self.code // 100] is not self.kind:
            message = f"action: code {self.code} is not for {self.kind.value}"
            raise InvalidValue(message, value=self.code)
        if self.status is not None:
            return
        if self.code is not None and not self.text:
            message = f"action: code {self.code} alone would permit; it needs a text or a status"
            raise InvalidValue(message, value=self.code)
        if _status_of(_split(self.text)[0]) is not None:
            message = f"action: {self.text!r} begins with a status; give it as one"
            raise InvalidValue(message, value=self.text)

    def __str__(self) -> str:
        word = self.kind.value if self.code is None else str(self.code)
        status = "" if self.status is None else str(self.status)
        return " ".join(part for part in (word, status, self.text) if part)


def parse_action(text: str, *, words: Collection[ActionKind] = ACCESS_ACTIONS) -> AccessAction:
    """Return the action that a table's value spells.

    >>> parse_action("REJECT 5.1.1 no such user").status
    EnhancedStatusCode(class_=<StatusClass.PERMANENT: 5>, subject=1, detail=1)
    >>> str(parse_action("450 4.2.1 come back later"))
    '450 4.2.1 come back later'

    Args:
        text: A word in any case, and what it takes.  Control characters, which
            a pattern may have taken from a stranger's text, become U+FFFD.
        words: Which actions have a place in the table.

    Raises:
        InvalidValue: An unknown word, one without a place here, or an argument
            that means nothing.
    """
    text = replace_controls(text).strip()
    word, argument = _split(text)
    if _DIGITS.fullmatch(word) is not None and ActionKind.OK in words:
        return _numeric(text, word, argument)
    # upper() makes a "K" of the sign for kelvin, and an "FI" of one character
    kind = _WORDS.get(word.upper()) if word.isascii() else None
    if kind is None or kind not in words:
        why = "is not an action" if kind is None else "has no place in this table"
        message = f"action: {word!r} {why}"
        raise InvalidValue(message, value=text)
    if kind in _REFUSING:
        return _refusal(kind, argument)
    if kind in _ARGUMENTS:
        _check_argument(kind, word, argument, text)
    return AccessAction(kind, argument)


def is_edit(text: str, *, is_field: bool) -> bool:
    r"""Tell whether PREPEND and REPLACE can put a text into a message.  Never raises.

    >>> is_edit("X-A: b\n c", is_field=True), is_edit("X-A: b\n c", is_field=False)
    (True, False)

    Args:
        text: The text.
        is_field: Whether it has to be a header field, which may have folds, a
            `\n` with white space behind it; else it is any one line.
    """
    pattern = _FIELD if is_field else _LINE
    return (
        pattern.fullmatch(text) is not None
        and text == text.strip()
        # A fold of nothing but white space would look like the end of the header.
        and all(map(str.strip, text.split("\n")))
        and has_octets(text)
    )


def _check_argument(kind: ActionKind, word: str, argument: str, text: str) -> None:
    pattern, what = _ARGUMENTS[kind]
    if pattern.match(argument) is None:
        message = f"action: {word} needs {what}, not {argument!r}"
        raise InvalidValue(message, value=text)


def _numeric(text: str, word: str, argument: str) -> AccessAction:
    if not argument:
        if _CODE.fullmatch(word) is None:
            return AccessAction(ActionKind.OK)
        what = f"{word!r} alone permits; to refuse, put a text behind it"
        return AccessAction(ActionKind.OK, defects=[_defect("action-digits", what)])
    if _CODE.fullmatch(word) is None:
        message = f"action: {word!r} is not a code from 400 to 599"
        raise InvalidValue(message, value=text)
    kind = ActionKind.DEFER if word.startswith("4") else ActionKind.REJECT
    return _refusal(kind, argument, code=int(word))


def _refusal(kind: ActionKind, argument: str, *, code: int | None = None) -> AccessAction:
    """Take the status off the text of a refusal."""
    word, rest = _split(argument)
    defects = []
    status = _status_of(word)
    if status is None:
        if _STATUS_LIKE.match(word):
            what = f"{word!r} is not a status code, so it is part of the text"
            defects.append(_defect("action-status", what))
        return AccessAction(kind, argument, code=code, defects=defects)
    if code is not None and status.class_ != code // 100:
        what = f"status {status} does not agree with code {code}, which decides"
        defects.append(_defect("action-class", what))
        status = status.with_class(code // 100)
    return AccessAction(kind, rest, code=code, status=status, defects=defects)


def _status_of(word: str) -> EnhancedStatusCode | None:
    try:
        return EnhancedStatusCode.parse(word)
    except InvalidStatusCode:
        return None


def _split(text: str) -> tuple[str, str]:
    """Return the first word and the rest, between which is any white space."""
    words = text.split(None, 1)
    return (words[0] if words else "", words[1] if len(words) > 1 else "")


def _defect(code: str, message: str) -> Defect:
    return Defect(code=code, message=f"action: {message}")
