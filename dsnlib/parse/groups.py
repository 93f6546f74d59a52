"""Unfolded lines of a status part -> per-message and per-recipient values.

`place` sorts the lines, `shapes` remembers how it did; here the groups become the
values of RFC 3464 s2.2 and s2.3, and what they lack or contradict is noted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import attrs

from dsnlib.model.report import Action, MessageFields, RecipientFields
from dsnlib.parse.place import Group, LinePlacer
from dsnlib.parse.shapes import contradicts, labels_of, learn_shape, read_known_shape

if TYPE_CHECKING:
    from dsnlib.parse.fields import Note

__all__ = ["Groups", "read_groups"]

_REQUIRED = ("final_recipient", "action", "status")
_DELAYED = Action.DELAYED


class Groups(NamedTuple):
    """What a status part says; `notes` has what broke the rules."""

    message: MessageFields
    recipients: tuple[RecipientFields, ...]
    notes: list[Note]


def read_groups(text: str, *, most: int, fields_only: bool = False) -> Groups:
    """Sort the fields of a status part into groups and read them.

    Args:
        text: The part's unfolded lines.
        most: The largest number of recipients to take.
        fields_only: Whether the text may go on with something else, which ends
            the part.

    Raises:
        LimitExceeded: There are more recipients.
    """
    labels = () if fields_only else labels_of(text)
    if labels and (known := read_known_shape(labels, text)) and len(known[1]) <= most:
        return Groups(*known, [])
    placer = LinePlacer(most)
    placer.read(text, fields_only=fields_only)
    message, groups, notes = placer.message, placer.groups, placer.notes
    if "reporting_mta" not in message.values:
        notes.append(("reporting-mta-missing", message.line, ""))
    if not groups:
        notes.append(("group-missing", message.line, ""))
    for group in groups:
        _check_group(group, notes)
    if labels and not notes:
        learn_shape(labels)
    return Groups(_message(message), tuple([_recipient(group) for group in groups]), notes)


def _check_group(group: Group, notes: list[Note]) -> None:
    values = group.values
    for attribute in _REQUIRED:
        if attribute not in values:
            name = attribute.replace("_", "-")
            notes.append((f"{name}-missing", group.line, ""))
    if contradicts(values):
        action, status = values["action"], values.get("status")
        if "will_retry_until" in values and action is not _DELAYED:
            what = f"Will-Retry-Until with {action.value}"
            notes.append(("retry-not-delayed", group.line, what))
        if status is not None and contradicts({"action": action, "status": status}):
            what = f"{action.value} with status {status[0]}"
            notes.append(("action-status", group.line, what))
    if group.localized and "diagnostic_code" not in values:
        notes.append(("localized-alone", group.line, ""))


def _message(group: Group) -> MessageFields:
    values = group.values
    if group.extensions:
        values["extensions"] = tuple(group.extensions)
    if group.unreadable:
        values["unreadable"] = tuple(group.unreadable)
    return MessageFields.from_checked(values)


def _recipient(group: Group) -> RecipientFields:
    values = group.values
    if status := values.get("status"):
        values["status"], values["status_comment"] = status
    if group.wrapped:
        diagnostic = values["diagnostic_code"]
        text = " ".join([diagnostic.text, *group.wrapped]).strip(" \t")
        values["diagnostic_code"] = attrs.evolve(diagnostic, text=text)
    if group.localized:
        values["localized_diagnostics"] = tuple(group.localized.values())
    if group.extensions:
        values["extensions"] = tuple(group.extensions)
    if group.unreadable:
        values["unreadable"] = tuple(group.unreadable)
    return RecipientFields.from_checked(values)
