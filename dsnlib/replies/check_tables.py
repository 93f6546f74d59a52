"""The tables that content is checked with, and how one of their values is read.

    REJECT [status] text      refuse the message
    REPLACE text              put another field, or line, in its place
    PREPEND text              put one in front
    IGNORE  STRIP             take it away
    ...                       and the others of `access.CHECK_ACTIONS`

Rules.
- A field about MIME is asked of `mime_headers` wherever it stands, as in
  Postfix, and what attached messages have in their headers of
  `nested_headers`.  Where they are not given, `headers` answers for them.
- What is put into a header is one field: what a pattern took from a stranger's
  text cannot begin another.  A fold in it stays a fold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.header import one_line
from dsnlib.replies.access import CHECK_ACTIONS, AccessAction, ActionKind, is_edit, parse_action
from dsnlib.replies.content import PieceKind
from dsnlib.replies.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ContentChecks", "InvalidEdit", "check_body_value", "check_value", "read_value"]

# What puts a text into the message.
_EDITS = {
    ActionKind.PREPEND.value: ActionKind.PREPEND,
    ActionKind.REPLACE.value: ActionKind.REPLACE,
}
# What means nothing without an argument, which a pattern may fill in later.
_WITH_ARGUMENTS = frozenset({"REDIRECT", "BCC", "FILTER", *_EDITS})


class InvalidEdit(InvalidValue):
    """A text that cannot be put into the message: see `read_value`."""


def _tables(values: Iterable[Table]) -> tuple[Table, ...]:
    return tuple(values)


def _tables_or_none(values: Iterable[Table] | None) -> tuple[Table, ...] | None:
    return None if values is None else tuple(values)


@attrs.frozen(kw_only=True)
class ContentChecks:
    """Which tables are asked of what; the first that has an answer decides.

    Args:
        headers: Of the fields of the message's header.
        mime_headers: Of fields about MIME, and the headers of parts; `headers`
            if not said.
        nested_headers: Of the headers of attached messages; `headers` if not
            said.
        body: Of lines of bodies.
    """

    headers: tuple[Table, ...] = attrs.field(default=(), converter=_tables)
    mime_headers: tuple[Table, ...] | None = attrs.field(default=None, converter=_tables_or_none)
    nested_headers: tuple[Table, ...] | None = attrs.field(default=None, converter=_tables_or_none)
    body: tuple[Table, ...] = attrs.field(default=(), converter=_tables)

    def by_kind(self) -> dict[PieceKind, tuple[Table, ...]]:
        """Return the tables for each kind of piece.  Never raises."""
        headers = self.headers
        return {
            PieceKind.HEADER: headers,
            PieceKind.MIME_HEADER: headers if self.mime_headers is None else self.mime_headers,
            PieceKind.NESTED_HEADER: (
                headers if self.nested_headers is None else self.nested_headers
            ),
            PieceKind.BODY: self.body,
        }


def check_value(text: str) -> None:
    """Raise unless a table of headers may have this value; for `parse_table(check=...)`.

    An argument with a `$`, which a pattern fills in, is looked at only then.

    Raises:
        InvalidValue: An unknown action, or an argument that means nothing.
    """
    _check(text, is_body=False)


def check_body_value(text: str) -> None:
    """Raise unless a table of body lines may have this value.

    Raises:
        InvalidValue: As for `check_value`, but that any line may be put in.
    """
    _check(text, is_body=True)


def _check(text: str, *, is_body: bool) -> None:
    word, argument = _split(text)
    if "$" in argument and word.upper() in _WITH_ARGUMENTS:
        return
    read_value(text, is_body=is_body)


def read_value(text: str, *, is_body: bool) -> AccessAction:
    r"""Return the action that a value spells.

    >>> read_value("REPLACE X-Mailer: none", is_body=False).text
    'X-Mailer: none'

    Args:
        text: The value, with what a pattern has put into it.
        is_body: Whether it is for a line of a body, which need be no field.

    Returns:
        The action.  The text of an edit may have folds, a `\n` with white
        space behind it; all other texts are one line.

    Raises:
        InvalidEdit: A text to put in that is no field, or no line.
        InvalidValue: An unknown action, one that has no place here, or an
            argument that means nothing.
    """
    word, argument = _split(text)
    kind = _EDITS.get(word.upper())
    if kind is None:
        return parse_action(one_line(text), words=CHECK_ACTIONS)
    if not is_edit(argument, is_field=not is_body):
        message = (
            f"action: {word} needs a {'line' if is_body else 'header field'}, not {argument[:80]!r}"
        )
        raise InvalidEdit(message, value=text)
    return AccessAction(kind, argument)


def _split(text: str) -> tuple[str, str]:
    words = text.split(None, 1)
    return (words[0] if words else "", words[1].rstrip() if len(words) > 1 else "")
