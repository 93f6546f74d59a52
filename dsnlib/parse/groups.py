"""Unfolded lines of a status part -> per-message and per-recipient values.

The grammar is: per-message fields, then a group for each recipient, an empty
line before each (RFC 3464 s2.1).  Real reports leave the line out, put one too
many, or write several recipients in one group; so a field goes where its *name*
belongs, and empty lines only help to tell one recipient from the next.

Rules.
- A group ends where its recipient's address, or the field that opened it, comes
  again, and at an empty line that another recipient follows.
- A field that comes again otherwise is kept in `unreadable`; the first counts.
- Empty lines behind the last group are nothing: many writers leave one or two
  before the boundary, and no reader can take them for anything else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from dsnlib.errors import InvalidValue, LimitExceeded
from dsnlib.model.report import (
    FIELDS,
    Action,
    ExtensionField,
    FieldForm,
    FieldScope,
    LocalizedDiagnostic,
    MessageFields,
    RecipientFields,
)
from dsnlib.model.status import StatusClass
from dsnlib.parse.values import GUESS, STRICT

if TYPE_CHECKING:
    from dsnlib.parse.fields import Note

__all__ = ["Groups", "read_groups"]

# field-name = 1*(%d33-57 / %d59-126)                           RFC 5322 s2.2
_NAME = re.compile(r"[!-9;-~]+")
_IDENTITY = frozenset({"original_recipient", "final_recipient"})
_LOCALIZED = FieldForm.LOCALIZED
_WHITE = " \t"
# How much of an odd text a defect shows.
_SHOWN = 200
_CLASSES = {
    Action.FAILED: (StatusClass.TRANSIENT, StatusClass.PERMANENT),
    Action.DELAYED: (StatusClass.TRANSIENT,),
    Action.DELIVERED: (StatusClass.SUCCESS,),
    Action.RELAYED: (StatusClass.SUCCESS,),
    Action.EXPANDED: (StatusClass.SUCCESS,),
}
# RFC 3464 s2.3.3: a conversion's code, 5.6.x or 2.6.x, may go with relayed too.
_CONVERSION_SUBJECT = 6


class _Row(NamedTuple):
    """What the reader needs of a row of `FIELDS`."""

    of_recipient: bool
    attribute: str
    strict: Any
    form: FieldForm


_ROWS = {
    rule.name: _Row(rule.scope is FieldScope.RECIPIENT, rule.attribute, STRICT[rule.form], rule.form)
    for rule in FIELDS
}
# Names compare without case (RFC 3464 s2.1.1); the usual spelling saves a call.
_ROWS |= {name.lower(): row for name, row in _ROWS.items()}
_DIAGNOSTIC = _ROWS["Diagnostic-Code"]


class Groups(NamedTuple):
    """What a status part says; `notes` has what broke the rules."""

    message: MessageFields
    recipients: tuple[RecipientFields, ...]
    notes: list[Note]


class _Group:
    """The fields of one group while it is read."""

    __slots__ = ("extensions", "line", "localized", "stray", "unreadable", "values", "wrapped")

    def __init__(self, line: int) -> None:
        self.line = line
        # By attribute, in the order of the input.
        self.values: dict[str, Any] = {}
        self.localized: list[LocalizedDiagnostic] = []
        self.extensions: list[ExtensionField] = []
        self.unreadable: list[ExtensionField] = []
        # Lines that belong to the diagnostic though they are no folds of it.
        self.wrapped: list[str] = []
        # How many values there were at an empty line that seemed not to end it.
        self.stray = 0


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
    reader = _Reader(most)
    reader.read(text, fields_only=fields_only)
    message, groups, notes = reader.message, reader.groups, reader.notes
    if "reporting_mta" not in message.values:
        notes.append(("reporting-mta-missing", message.line, "no Reporting-MTA"))
    if not groups:
        notes.append(("group-missing", message.line, "no field of a recipient"))
    for group in groups:
        _check_group(group, notes)
    fields = MessageFields(
        **message.values,
        extensions=tuple(message.extensions),
        unreadable=tuple(message.unreadable),
    )
    return Groups(fields, tuple([_recipient(group) for group in groups]), notes)


class _Reader:
    """One pass over the lines: the groups so far, and where the next field goes."""

    __slots__ = ("group", "groups", "message", "most", "notes", "pending")

    def __init__(self, most: int) -> None:
        self.most = most
        self.notes: list[Note] = []
        self.message = _Group(0)
        self.groups: list[_Group] = []
        self.group: _Group | None = None
        # Extension fields that open a block: the next known field tells whose
        # they are.
        self.pending: list[ExtensionField] = []

    def read(self, text: str, *, fields_only: bool) -> None:
        """Read every line; of a text that goes on after the fields, just those."""
        rows = _ROWS
        message = self.message
        blanks = 0  # empty lines since the last field
        is_open = True  # whether a known field stands in the block
        last: _Row | None = None
        for number, line in enumerate(text.split("\n")):
            name, _, value = line.partition(":")
            row = rows.get(name)
            if row is None:
                if not line or line.isspace() or line[0] in _WHITE:
                    if not is_open and self.pending:
                        if fields_only:
                            self.pending = []
                            break
                        self._settle()
                    blanks += 1
                    is_open = False
                    self._odd_blank(line, number)
                    continue
                row = self._odd_line(line, number, last if is_open else None)
                name = name.rstrip(_WHITE)
            if blanks:
                if blanks > 1 or last is None:
                    self.notes.append(("blank-line-extra", number, "an empty line too many"))
                blanks = 0
            if row is None:
                if is_open:
                    self._settle()
                continue
            attribute = row.attribute
            value = value.strip()
            if not row.of_recipient:
                group = message
                if self.group is not None and attribute not in message.values:
                    self.notes.append(("field-place", number, f"{name} behind a recipient"))
            elif (
                not is_open or (group := self.group) is None or attribute in group.values
            ):
                group = self._group_for(attribute, number, after_blank=not is_open)
            if self.pending:
                self._settle()
            is_open = True
            last = row
            if attribute in group.values:
                self.notes.append(("field-duplicate", number, f"{name} comes again"))
                group.unreadable.append(ExtensionField(name, value))
                continue
            try:
                result = row.strict(value)
            except InvalidValue:
                result = self._guess(group, row, name, value, number)
            if row.form is _LOCALIZED:
                self._localize(group, result, name, number)
                continue
            group.values[attribute] = result
            if attribute in _IDENTITY and not value.isascii() and result.type.lower() != "utf-8":
                self.notes.append(("address-utf8", number, f"{name}: {value[:_SHOWN]!r}"))
        if not (fields_only and not is_open):
            self._settle()

    def _settle(self) -> None:
        """Give the extension fields that open a block to the group it belongs to."""
        (self.group or self.message).extensions.extend(self.pending)
        self.pending = []

    def _odd_blank(self, line: str, number: int) -> None:
        if line.strip():
            # A fold with nothing before it to continue.
            self.notes.append(("field-syntax", number, f"{line[:_SHOWN]!r} is not a field"))
        elif line not in ("", "\r"):
            self.notes.append(("blank-line-space", number, "white space in an empty line"))

    def _odd_line(self, line: str, number: int, last: _Row | None) -> _Row | None:
        """Take a line that does not begin with a known name in the usual spelling.

        Returns:
            The row of a known field, or `None` if the line is dealt with.
        """
        name, colon, value = line.partition(":")
        bare = name.rstrip(_WHITE)
        if not colon or _NAME.fullmatch(bare) is None:
            self.notes.append(("field-syntax", number, f"{line[:_SHOWN]!r} is not a field"))
            # TOLERANT: a diagnostic that was wrapped without being folded.  To
            # another field a stray line adds nothing, and would hide what the
            # field says.
            if last is _DIAGNOSTIC and self.group is not None:
                self.group.wrapped.append(line.strip())
            return None
        if bare != name:
            # TOLERANT: "Action : failed".  RFC 822 s3.1.2 lets no white space
            # end a name, yet gateways of several makers write it.
            what = f"white space between {bare!r} and the colon"
            self.notes.append(("field-space", number, what))
        row = _ROWS.get(bare.lower())
        if row is None:
            self.pending.append(ExtensionField(bare, value.strip()))
        return row

    def _group_for(self, attribute: str, number: int, *, after_blank: bool) -> _Group:
        """Return the group that a field of a recipient belongs to."""
        group = self.group
        if group is None:
            if not after_blank and (self.message.values or self.message.extensions):
                self.notes.append(("blank-line-missing", number, f"before {attribute}"))
            return self._begin(number)
        names_another = attribute in _IDENTITY and "final_recipient" in group.values
        if after_blank:
            if names_another or attribute in group.values:
                return self._begin(number)
            # TOLERANT: an empty line inside a group, as in RFC 3464's own
            # sample of a delayed report: the block completes the one before.
            group.stray = len(group.values)
            self.notes.append(("blank-line-stray", number, "an empty line inside a group"))
            return group
        opens = attribute == next(iter(group.values)) and not _IDENTITY.isdisjoint(group.values)
        if not opens and attribute not in _IDENTITY:
            return group
        # What has been read of the next recipient already: since an empty line
        # that did end the group after all, or an Original-Recipient just before.
        names = list(group.values)
        moved = names[group.stray :] if group.stray else []
        if not moved:
            self.notes.append(("blank-line-missing", number, f"before {attribute}"))
            if attribute == "final_recipient" and names[-1] == "original_recipient":
                moved = names[-1:]
        following = self._begin(number)
        for name in moved:
            following.values[name] = group.values.pop(name)
        return following

    def _begin(self, number: int) -> _Group:
        if len(self.groups) >= self.most:
            message = f"status part: more than {self.most} recipients"
            raise LimitExceeded(message, limit="recipients", value=self.most)
        self.group = _Group(number)
        self.groups.append(self.group)
        return self.group

    def _guess(self, group: _Group, row: _Row, name: str, value: str, number: int) -> Any:
        result, code = GUESS[row.form](value)
        self.notes.append((code, number, f"{name}: {value[:_SHOWN]!r}"))
        if result is None:
            group.unreadable.append(ExtensionField(name, value))
        return result

    def _localize(
        self, group: _Group, value: LocalizedDiagnostic | None, name: str, number: int
    ) -> None:
        if value is None:
            return
        language = value.language.lower()
        if any(language == each.language.lower() for each in group.localized):
            self.notes.append(("localized-language", number, f"{value.language} comes again"))
            group.unreadable.append(ExtensionField(name, str(value)))
        else:
            group.localized.append(value)


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
        notes.append(("retry-not-delayed", group.line, f"Will-Retry-Until with {action.value}"))
    if group.localized and "diagnostic_code" not in values:
        notes.append(("localized-alone", group.line, "no Diagnostic-Code beside it"))


def _recipient(group: _Group) -> RecipientFields:
    values = group.values
    status, comment = values.pop("status", None) or (None, None)
    if group.wrapped:
        first = values["diagnostic_code"]
        text = " ".join([first.text, *group.wrapped]).strip()
        values["diagnostic_code"] = attrs.evolve(first, text=text)
    return RecipientFields(
        **values,
        status=status,
        status_comment=comment,
        localized_diagnostics=tuple(group.localized),
        extensions=tuple(group.extensions),
        unreadable=tuple(group.unreadable),
    )
