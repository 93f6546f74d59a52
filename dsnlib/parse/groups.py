"""Blocks of fields -> per-message and per-recipient values (RFC 3464 s2.1).

The grammar is: per-message fields, then a group for each recipient, an empty
line before each.  Real reports leave the line out, put one too many, or write
several recipients in one group; so a field goes where its *name* belongs, and
empty lines only confirm it.

Rules.
- A group belongs to one recipient.  It ends where the field that opened it, or
  the recipient's address, comes again.
- A field that comes again otherwise is kept in `unreadable`; the first counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dsnlib.errors import InvalidValue, LimitExceeded
from dsnlib.model.report import (
    FIELDS,
    Action,
    ExtensionField,
    FieldForm,
    FieldScope,
    MessageFields,
    RecipientFields,
)
from dsnlib.model.status import StatusClass
from dsnlib.parse.values import read_value

if TYPE_CHECKING:
    from dsnlib.parse.fields import Field

__all__ = ["Groups", "read_groups"]

_RULES = {rule.name.lower(): rule for rule in FIELDS}
_RECIPIENT = FieldScope.RECIPIENT
_IDENTITY = frozenset({"original_recipient", "final_recipient"})
_CLASSES = {
    Action.FAILED: (StatusClass.TRANSIENT, StatusClass.PERMANENT),
    Action.DELAYED: (StatusClass.TRANSIENT,),
    Action.DELIVERED: (StatusClass.SUCCESS,),
    Action.RELAYED: (StatusClass.SUCCESS,),
    Action.EXPANDED: (StatusClass.SUCCESS,),
}
# RFC 3464 s2.3.3: a conversion's code, 5.6.x or 2.6.x, may go with relayed too.
_CONVERSION_SUBJECT = 6

Note = tuple[str, int, str]


class Groups(NamedTuple):
    """What a status part says; `notes` are code, line and detail of defects."""

    message: MessageFields
    recipients: tuple[RecipientFields, ...]
    notes: list[Note]


class _Group:
    """The fields of one group while it is read."""

    __slots__ = ("extensions", "line", "localized", "unreadable", "values")

    def __init__(self, line: int) -> None:
        self.line = line
        # By attribute, in the order of the input.
        self.values: dict[str, Any] = {}
        self.localized: list[Any] = []
        self.extensions: list[ExtensionField] = []
        self.unreadable: list[ExtensionField] = []


def read_groups(blocks: list[list[Field]], *, most: int) -> Groups:
    """Sort the fields of a status part into groups and read them.

    Args:
        blocks: What stood between empty lines.
        most: The largest number of recipients to take.

    Raises:
        LimitExceeded: There are more recipients.
    """
    notes: list[Note] = []
    message = _Group(0)
    groups: list[_Group] = []
    group: _Group | None = None
    for number, block in enumerate(blocks):
        group = _open_block(block, group, groups, number, notes)
        for field in block:
            rule = _RULES.get(field.name.lower())
            if rule is None:
                (group or message).extensions.append(ExtensionField(field.name, field.value))
            elif rule.scope is not _RECIPIENT:
                if group is not None and rule.attribute not in message.values:
                    notes.append(("field-place", field.line, f"{field.name} behind a recipient"))
                _read_field(message, rule.attribute, rule.form, field, notes)
            else:
                if group is None:
                    if message.values or message.extensions:
                        notes.append(("blank-line-missing", field.line, f"before {field.name}"))
                    group = _Group(field.line)
                    groups.append(group)
                elif _starts_another(group, rule.attribute):
                    notes.append(("blank-line-missing", field.line, f"before {field.name}"))
                    group = _next_group(group, rule.attribute, field.line)
                    groups.append(group)
                _read_field(group, rule.attribute, rule.form, field, notes)
        if len(groups) > most:
            text = f"status part: more than {most} recipients"
            raise LimitExceeded(text, limit="recipients", value=most)
    if "reporting_mta" not in message.values:
        notes.append(("reporting-mta-missing", message.line, "no Reporting-MTA"))
    if not groups:
        notes.append(("group-missing", message.line, "no field of a recipient"))
    for each in groups:
        _check_group(each, notes)
    return Groups(_message(message), tuple([_recipient(each) for each in groups]), notes)


def _open_block(
    block: list[Field],
    group: _Group | None,
    groups: list[_Group],
    number: int,
    notes: list[Note],
) -> _Group | None:
    """Decide which group a block behind an empty line belongs to."""
    if not number:
        return None
    attributes = {
        rule.attribute
        for field in block
        if (rule := _RULES.get(field.name.lower())) and rule.scope is _RECIPIENT
    }
    if not attributes:
        return group
    if group is not None and not (
        attributes & _IDENTITY and any(name in group.values for name in attributes)
    ):
        # TOLERANT: an empty line inside a group, as in RFC 3464's own sample
        # of a delayed report: the block completes the one before.
        if "final_recipient" not in group.values or not attributes & _IDENTITY:
            notes.append(("blank-line-stray", block[0].line, "an empty line inside a group"))
            return group
    group = _Group(block[0].line)
    groups.append(group)
    return group


def _starts_another(group: _Group, attribute: str) -> bool:
    if attribute not in group.values:
        return False
    return attribute in _IDENTITY or (
        attribute == next(iter(group.values)) and not _IDENTITY.isdisjoint(group.values)
    )


def _next_group(group: _Group, attribute: str, line: int) -> _Group:
    following = _Group(line)
    # An Original-Recipient right before a second Final-Recipient is the next
    # recipient's.
    if attribute == "final_recipient" and list(group.values)[-1] == "original_recipient":
        following.values["original_recipient"] = group.values.pop("original_recipient")
    return following


def _read_field(
    group: _Group, attribute: str, form: FieldForm, field: Field, notes: list[Note]
) -> None:
    name, text, line = field
    if attribute in group.values:
        notes.append(("field-duplicate", line, f"{name} comes again"))
        group.unreadable.append(ExtensionField(name, text))
        return
    value, code = read_value(form, text)
    if code is not None:
        notes.append((code, line, f"{name}: {text[:200]!r}"))
    if value is None:
        group.unreadable.append(ExtensionField(name, text))
        if form is not FieldForm.LOCALIZED:
            group.values[attribute] = None
        return
    if form is FieldForm.LOCALIZED:
        if any(value.language.lower() == each.language.lower() for each in group.localized):
            notes.append(("localized-language", line, f"{value.language} comes again"))
            group.unreadable.append(ExtensionField(name, text))
        else:
            group.localized.append(value)
        return
    group.values[attribute] = value
    if form is FieldForm.ADDRESS and value.type.lower() != "utf-8" and not value.value.isascii():
        notes.append(("address-utf8", line, f"{name}: {text[:200]!r}"))


def _check_group(group: _Group, notes: list[Note]) -> None:
    values = group.values
    for attribute in ("final_recipient", "action", "status"):
        if attribute not in values:
            name = attribute.replace("_", "-")
            notes.append((f"{name}-missing", group.line, f"a group has no {name.title()}"))
    action, status = values.get("action"), values.get("status")
    if (
        action is not None
        and status is not None
        and status[0].class_ not in _CLASSES[action]
        and status[0].subject != _CONVERSION_SUBJECT
    ):
        what = f"{action.value} with status {status[0]}"
        notes.append(("action-status", group.line, what))
    if "will_retry_until" in values and action not in (Action.DELAYED, None):
        notes.append(("retry-not-delayed", group.line, f"Will-Retry-Until with {action}"))
    if group.localized and "diagnostic_code" not in values:
        notes.append(("localized-alone", group.line, "no Diagnostic-Code beside it"))


def _message(group: _Group) -> MessageFields:
    return MessageFields(
        **group.values,
        extensions=tuple(group.extensions),
        unreadable=tuple(group.unreadable),
    )


def _recipient(group: _Group) -> RecipientFields:
    values = group.values
    status = values.pop("status", None)
    return RecipientFields(
        **values,
        status=status[0] if status else None,
        status_comment=status[1] if status else None,
        localized_diagnostics=tuple(group.localized),
        extensions=tuple(group.extensions),
        unreadable=tuple(group.unreadable),
    )
