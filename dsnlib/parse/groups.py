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
from dsnlib.parse.values import GUESS, STRICT, clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.parse.fields import Note

__all__ = ["Groups", "read_groups"]

# field-name = 1*(%d33-57 / %d59-126)                           RFC 5322 s2.2
_NAME = re.compile(r"[!-9;-~]+")
_IDENTITY = frozenset({"original_recipient", "final_recipient"})
_LOCALIZED = FieldForm.LOCALIZED
_ADDRESS = FieldForm.ADDRESS
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


# What the reader needs of a row of `FIELDS`: whether it is a recipient's, its
# attribute, how it is read strictly, and its form.  A plain tuple, because it
# is taken apart for each line.
_Row = tuple[bool, str, "Callable[[str], Any]", FieldForm]
_ROWS: dict[str, _Row] = {
    rule.name: (
        rule.scope is FieldScope.RECIPIENT,
        rule.attribute,
        STRICT[rule.form],
        rule.form,
    )
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
    return Groups(_message(message), tuple([_recipient(group) for group in groups]), notes)


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
        message_values = self.message.values
        values = message_values  # of the group that is open
        blanks = 0  # empty lines since the last field
        is_open = True  # whether a known field stands in the block
        last: _Row | None = None
        for number, line in enumerate(text.split("\n")):
            name, _, value = line.partition(":")
            row = rows.get(name)
            if row is None:
                if not line or line.isspace() or line[0] in _WHITE:
                    if self.pending and not is_open:
                        if fields_only:
                            self.pending = []
                            break
                        self._settle()
                    blanks += 1
                    is_open = False
                    if line:
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
            of_recipient, attribute, strict, form = row
            if of_recipient:
                if values is message_values or not is_open or attribute in values:
                    values = self._group_for(attribute, number, after_blank=not is_open).values
                target = values
            else:
                if values is not message_values and attribute not in message_values:
                    self.notes.append(("field-place", number, f"{name} behind a recipient"))
                target = message_values
            if self.pending:
                self._settle()
            is_open = True
            last = row
            value = value.strip()
            if attribute in target:
                self._unreadable(of_recipient, name, value)
                self.notes.append(("field-duplicate", number, f"{name} comes again"))
                continue
            try:
                result = strict(value)
            except InvalidValue:
                result = self._guess(row, name, value, number)
            if form is _LOCALIZED:
                self._localize(result, name, number)
                continue
            target[attribute] = result
            if form is _ADDRESS and not value.isascii() and result.type.lower() != "utf-8":
                self.notes.append(("address-utf8", number, f"{name}: {value[:_SHOWN]!r}"))
        if not fields_only or is_open:
            self._settle()

    def _unreadable(self, of_recipient: bool, name: str, value: str) -> None:  # noqa: FBT001
        group = self.group if of_recipient and self.group else self.message
        group.unreadable.append(ExtensionField(name, clean(value)))

    def _settle(self) -> None:
        """Give the extension fields that open a block to the group it belongs to."""
        (self.group or self.message).extensions.extend(self.pending)
        self.pending = []

    def _odd_blank(self, line: str, number: int) -> None:
        if line.strip():
            # A fold with nothing before it to continue.
            self.notes.append(("field-syntax", number, f"{line[:_SHOWN]!r} is not a field"))
        elif line:
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
                self.group.wrapped.append(clean(line).strip())
            return None
        if bare != name:
            # TOLERANT: "Action : failed".  RFC 822 s3.1.2 lets no white space
            # end a name, yet gateways of several makers write it.
            what = f"white space between {bare!r} and the colon"
            self.notes.append(("field-space", number, what))
        row = _ROWS.get(bare.lower())
        if row is None:
            text = value.strip()
            if not text.isprintable() and text != (text := clean(text)):
                self.notes.append(("field-control", number, f"{bare}: {value[:_SHOWN]!r}"))
            self.pending.append(ExtensionField(bare, text))
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

    def _guess(self, row: _Row, name: str, value: str, number: int) -> Any:
        """Return what a value that breaks its form was most likely meant to be."""
        of_recipient, _, strict, form = row
        text = clean(value)
        if text != value:
            self.notes.append(("field-control", number, f"{name}: {value[:_SHOWN]!r}"))
            try:
                return strict(text)
            except InvalidValue:
                pass
        result, code = GUESS[form](text)
        self.notes.append((code, number, f"{name}: {text[:_SHOWN]!r}"))
        if result is None:
            self._unreadable(of_recipient, name, text)
        return result

    def _localize(self, value: LocalizedDiagnostic | None, name: str, number: int) -> None:
        group = self.group
        if value is None or group is None:
            return
        language = value.language.lower()
        if any(language == each.language.lower() for each in group.localized):
            self.notes.append(("localized-language", number, f"{value.language} comes again"))
            self._unreadable(True, name, str(value))  # noqa: FBT003
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


# Keywords one by one: twice as fast as `**values`, and the type checker sees them.
def _message(group: _Group) -> MessageFields:
    get = group.values.get
    return MessageFields(
        original_envelope_id=get("original_envelope_id"),
        reporting_mta=get("reporting_mta"),
        dsn_gateway=get("dsn_gateway"),
        received_from_mta=get("received_from_mta"),
        arrival_date=get("arrival_date"),
        deliver_by_date=get("deliver_by_date"),
        extensions=tuple(group.extensions),
        unreadable=tuple(group.unreadable),
    )


def _recipient(group: _Group) -> RecipientFields:
    get = group.values.get
    status, comment = get("status") or (None, None)
    diagnostic = get("diagnostic_code")
    if group.wrapped:
        text = " ".join([diagnostic.text, *group.wrapped]).strip()
        diagnostic = attrs.evolve(diagnostic, text=text)
    return RecipientFields(
        original_recipient=get("original_recipient"),
        final_recipient=get("final_recipient"),
        action=get("action"),
        status=status,
        status_comment=comment,
        remote_mta=get("remote_mta"),
        diagnostic_code=diagnostic,
        localized_diagnostics=tuple(group.localized),
        last_attempt_date=get("last_attempt_date"),
        final_log_id=get("final_log_id"),
        will_retry_until=get("will_retry_until"),
        extensions=tuple(group.extensions),
        unreadable=tuple(group.unreadable),
    )
