"""The shapes of reports, remembered: where each line of a status part goes (RFC 3464 s2.1).

That is told by the labels of the lines alone, and the reports of one system have
the same labels.  So what `groups` decided about a report that breaks no rule
serves for the next one of that shape; a value that cannot be read, or two that
contradict each other, send the report back to `groups`.

The memory is bounded, holds labels and no mail, and changes no result: the
tests read every report with it and without.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dsnlib.errors import InvalidValue
from dsnlib.model.fields import ExtensionField, FieldForm
from dsnlib.model.report import Action, MessageFields, RecipientFields
from dsnlib.model.status import StatusClass
from dsnlib.parse.values import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["contradicts", "labels_of", "learn_shape", "read_known_shape"]

_WHITE = " \t"
_FAILED, _DELAYED = Action.FAILED, Action.DELAYED
_SUCCESS, _TRANSIENT = StatusClass.SUCCESS, StatusClass.TRANSIENT
# RFC 3464 s2.3.3: a conversion's code, 5.6.x or 2.6.x, may go with relayed too.
_CONVERSION_SUBJECT = 6

# A shape has, for each block, the rows of its fields and of its extension fields.
# A row is line, attribute, reader and length of the label; an extension's is line,
# name and length.
_Rows = tuple[tuple[int, str, "Callable[[str], Any]", int], ...]
_ExtensionRows = tuple[tuple[int, str, int], ...]
_Shape = tuple[tuple[_Rows, _ExtensionRows], ...]

_SHAPES: dict[tuple[str, ...], _Shape] = {}
# Chosen by us: a mail system has a handful of shapes, the corpus of 226 reports
# that we test on has fifty.
_SHAPES_KEPT = 256
_SHAPE_LINES = 64
_SHAPE_CHARACTERS = 2048
_LABELS = re.compile(r"\n([^:\n]*:?)").findall


def labels_of(text: str) -> tuple[str, ...]:
    """Return, for each line, what stands before its colon and the colon, or all of it."""
    return tuple(_LABELS("\n" + text))


def learn_shape(labels: tuple[str, ...]) -> None:
    """Remember the shape of a report that broke no rule.

    Then its blocks are the message's fields and one group for each recipient: an
    empty line anywhere else breaks RFC 3464 s2.1.
    """
    if len(labels) > _SHAPE_LINES or sum(map(len, labels)) > _SHAPE_CHARACTERS:
        return
    blocks: list[tuple[list[Any], list[Any]]] = [([], [])]
    for line, label in enumerate(labels):
        rows, extensions = blocks[-1]
        if not label:
            if rows or extensions:
                blocks.append(([], []))
            continue
        row = ROWS.get(label[:-1].lower())
        if row is None:
            extensions.append((line, label[:-1], len(label)))
        elif row[3] is FieldForm.LOCALIZED:
            return
        else:
            rows.append((line, row[1], row[2], len(label)))
    if blocks[-1] == ([], []):
        blocks.pop()
    if len(_SHAPES) >= _SHAPES_KEPT:
        _SHAPES.clear()
    _SHAPES[labels] = tuple([(tuple(rows), tuple(more)) for rows, more in blocks])


def read_known_shape(
    labels: tuple[str, ...], text: str
) -> tuple[MessageFields, tuple[RecipientFields, ...]] | None:
    """Read a report of a known shape.

    Args:
        labels: From `labels_of`.
        text: The unfolded lines that they are of.

    Returns:
        The fields of the message and of each recipient; `None` if the shape is
        not known, or a value needs a closer look.
    """
    shape = _SHAPES.get(labels)
    if shape is None:
        return None
    lines = text.split("\n")
    read: list[dict[str, Any]] = []
    try:
        for rows, extensions in shape:
            values = {
                attribute: strict(lines[line][length:]) for line, attribute, strict, length in rows
            }
            if extensions:
                values["extensions"] = tuple(
                    [
                        ExtensionField(name, lines[line][length:].strip(_WHITE))
                        for line, name, length in extensions
                    ]
                )
            read.append(values)
    except InvalidValue:
        return None
    recipients = []
    for values in read[1:]:
        if contradicts(values):
            return None
        values["status"], values["status_comment"] = values["status"]
        recipients.append(RecipientFields.from_checked(values))
    return MessageFields.from_checked(read[0]), tuple(recipients)


def contradicts(values: dict[str, Any]) -> bool:
    """Tell whether action and status, or action and Will-Retry-Until, cannot go together."""
    action, status = values.get("action"), values.get("status")
    if action is None:
        return False
    if action is not _DELAYED and "will_retry_until" in values:
        return True
    if status is None or status[0].subject == _CONVERSION_SUBJECT:
        return False
    class_ = status[0].class_
    if action is _FAILED:
        return class_ is _SUCCESS
    if action is _DELAYED:
        return class_ is not _TRANSIENT
    return class_ is not _SUCCESS
