"""Which group each line of a status part belongs to.

The grammar is: per-message fields, then a group for each recipient, an empty line
before each (RFC 3464 s2.1).  Real reports leave the line out, put one too many, or
write several recipients in one group; so a field goes where its *name* belongs,
and empty lines only help to tell one recipient from the next.

Rules.
- A group ends where its recipient's address, or the field that opened it, comes
  again, and at an empty line that another recipient follows.
- A field that comes again otherwise is kept in `unreadable`; the first counts.
- Empty lines behind the last group are nothing: many writers leave one or two
  before the boundary, and no reader can take them for anything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsnlib.errors import InvalidValue, LimitExceeded
from dsnlib.model.fields import (
    FIELDS,
    ExtensionField,
    FieldForm,
    LocalizedDiagnostic,
    is_field_name,
)
from dsnlib.parse.values import GUESS, ROWS, Row, clean

if TYPE_CHECKING:
    from dsnlib.parse.fields import Note

__all__ = ["Group", "LinePlacer"]

_PAIRED = (["final_recipient", "original_recipient"], ["original_recipient"])
_IDENTITY = frozenset({"original_recipient", "final_recipient"})
_WHITE = " \t"
# How much of an odd text a defect shows.
_SHOWN = 200

# The usual spelling saves a call.  Localized-Diagnostic, which may come several
# times, is never usual.
_USUAL_ROWS = {
    rule.name: ROWS[rule.name.lower()] for rule in FIELDS if rule.form is not FieldForm.LOCALIZED
}

# The number of notes, values, extension fields, unreadable fields and languages.
_Counts = tuple[int, int, int, int, int]


class Group:
    """The fields of one group while it is read."""

    __slots__ = (
        "closed",
        "extensions",
        "line",
        "localized",
        "stray",
        "unreadable",
        "values",
        "wrapped",
    )

    def __init__(self, line: int) -> None:
        self.line = line
        # By attribute, in the order of the input.
        self.values: dict[str, Any] = {}
        self.localized: dict[str, LocalizedDiagnostic] = {}  # by language
        self.extensions: list[ExtensionField] = []
        self.unreadable: list[ExtensionField] = []
        # Lines that belong to the diagnostic though they are no folds of it.
        self.wrapped: list[str] = []
        # How many values there were at the last extension field.
        self.closed = 0
        # What there was at an empty line that seemed not to end it.
        self.stray: _Counts | None = None

    @property
    def has_fields(self) -> bool:
        """Whether a field was put into it."""
        return bool(self.values or self.localized or self.extensions)


class LinePlacer:
    """One pass over the lines: the groups so far, and where the next field goes.

    `read` holds what happens to nearly every line; all else is in the methods
    that it calls.
    """

    __slots__ = ("blanks", "group", "groups", "message", "most", "notes", "pending")

    def __init__(self, most: int) -> None:
        self.most = most
        self.notes: list[Note] = []
        self.message = Group(0)
        self.groups: list[Group] = []
        # The group that the last field went to.
        self.group = self.message
        # Empty lines since the last field.
        self.blanks = 0
        # Extension fields that open a block: the next known field tells whose
        # they are.
        self.pending: list[ExtensionField] = []

    def read(self, text: str, *, fields_only: bool) -> None:  # noqa: C901, PLR0912  one loop, for speed
        """Read every line; of a text that goes on after the fields, just those.

        Raises:
            LimitExceeded: There are more recipients than `most`.
        """
        usual = _USUAL_ROWS.get
        values = self.message.values
        # Whose fields the open block has; `None` behind an empty line, until a
        # known field tells.
        of_recipient: bool | None = False
        for number, line in enumerate(text.split("\n")):
            name, colon, value = line.partition(":")
            row = usual(name) if colon else None
            if row is None:
                if line:
                    row = self._odd_line(line, number, is_open=of_recipient is not None)
                else:
                    self.blanks += 1
                if row is None:
                    if self.blanks:
                        if of_recipient is None and self.pending:
                            if fields_only:
                                self.pending = []
                                return
                            self._settle_alone(number)
                        of_recipient = None
                    continue
                name = name.rstrip(_WHITE)
                if row[3] is FieldForm.LOCALIZED:
                    if of_recipient is not True:
                        after_blank = of_recipient is None
                        values = self._place(row, name, number, after_blank=after_blank)
                        of_recipient = True
                    self._localize(row, name, value.strip(_WHITE), number)
                    continue
            scope, attribute, strict, _ = row
            if scope is not of_recipient or attribute in values:
                values = self._place(row, name, number, after_blank=of_recipient is None)
                of_recipient = scope
                if attribute in values:
                    self._unreadable(name, value.strip(_WHITE))
                    self.notes.append(("field-duplicate", number, f"{name} comes again"))
                    continue
            try:
                values[attribute] = strict(value)
            except InvalidValue:
                values[attribute] = self._guess(row, name, value.strip(_WHITE), number)
        if self.pending and not fields_only:
            self._settle_alone(number)

    def _settle(self) -> None:
        """Give the extension fields that opened a block to the group it belongs to."""
        self.group.extensions.extend(self.pending)
        self.pending = []

    def _settle_alone(self, number: int) -> None:
        """Settle extension fields that make up a block of their own."""
        if self.message.has_fields or self.groups:
            self.notes.append(("blank-line-stray", number, ""))
        self._settle()

    def _unreadable(self, name: str, value: str) -> None:
        self.group.unreadable.append(ExtensionField(name, clean(value).strip(_WHITE)))

    def _end_blanks(self, number: int) -> None:
        """Tell of empty lines that separate nothing from the field at `number`."""
        begun = self.message.has_fields or self.groups or self.pending
        if self.blanks > 1 or (self.blanks and not begun):
            self.notes.append(("blank-line-extra", number, ""))
        self.blanks = 0

    def _odd_line(self, line: str, number: int, *, is_open: bool) -> Row | None:
        """Take a line that does not begin with a known name in the usual spelling.

        Returns:
            The row of a known field, or `None` if the line is dealt with.
        """
        name, colon, value = line.partition(":")
        if is_open and colon and is_field_name(name):
            text = value.strip(_WHITE)
            if text.isprintable() and name.lower() not in ROWS:
                self.group.extensions.append(ExtensionField(name, text))
                self.group.closed = len(self.group.values)
                return None
        if line.isspace():
            self.blanks += 1
            self.notes.append(("blank-line-space", number, ""))
            return None
        bare = name.rstrip(_WHITE)
        if not colon or not is_field_name(bare):
            self._stray_line(line, number, is_open=is_open)
            return None
        if self.blanks:
            self._end_blanks(number)
        if bare != name:
            # TOLERANT: "Action : failed".  RFC 822 s3.1.2 lets no white space
            # end a name, yet gateways of several makers write it.
            what = f"white space between {bare!r} and the colon"
            self.notes.append(("field-space", number, what))
        row = ROWS.get(bare.lower())
        if row is None:
            text = value.strip(_WHITE)
            if not text.isprintable() and text != (text := clean(text)):
                self.notes.append(("field-control", number, f"{bare}: {value[:_SHOWN]!r}"))
                text = text.strip(_WHITE)
            extension = ExtensionField(bare, text)
            (self.group.extensions if is_open else self.pending).append(extension)
        return row

    def _stray_line(self, line: str, number: int, *, is_open: bool) -> None:
        self.notes.append(("field-syntax", number, f"{line[:_SHOWN]!r} is not a field"))
        if line[0] in _WHITE:
            # A fold behind an empty line, which `fields` took for one.
            self.blanks += 1
        elif (
            is_open
            and len(self.group.values) > self.group.closed
            and next(reversed(self.group.values)) == "diagnostic_code"
        ):
            # TOLERANT: a diagnostic that was wrapped without being folded.  To
            # another field a stray line adds nothing, and would hide what the
            # field says.
            self.group.wrapped.append(clean(line).strip())

    def _place(self, row: Row, name: str, number: int, *, after_blank: bool) -> dict[str, Any]:
        """Choose the group of a field that does not simply continue the open one."""
        of_recipient, attribute, _, _ = row
        if self.blanks:
            self._end_blanks(number)
        if not of_recipient:
            if self.groups and attribute not in self.message.values:
                self.notes.append(("field-place", number, f"{name} behind a recipient"))
            elif after_blank and not self.groups and self.message.has_fields:
                self.notes.append(("blank-line-stray", number, ""))
            self.group = self.message
        else:
            last = self.groups[-1] if self.groups else None
            self.group = last or self.message
            if last is None:
                if not after_blank and self.message.has_fields:
                    self.notes.append(("blank-line-missing", number, f"before {name}"))
                self._begin(number)
            elif after_blank:
                self._place_block(last, attribute, number)
            elif attribute in last.values:
                self._split(last, attribute, name, number)
        if self.pending:
            self._settle()
        return self.group.values

    def _place_block(self, last: Group, attribute: str, number: int) -> None:
        """Tell whether a block behind an empty line is another recipient's."""
        last.stray = None
        if attribute in last.values or (
            attribute in _IDENTITY and "final_recipient" in last.values
        ):
            self._begin(number)
        else:
            # TOLERANT: an empty line inside a group, as in RFC 3464's own
            # sample of a delayed report: the block completes the one before.
            last.stray = (
                len(self.notes),
                len(last.values),
                len(last.extensions),
                len(last.unreadable),
                len(last.localized),
            )
            self.notes.append(("blank-line-stray", number, ""))

    def _split(self, last: Group, attribute: str, name: str, number: int) -> None:
        """Begin another group where a field comes again, if that tells of one."""
        names = list(last.values)
        if last.stray is not None:
            # The empty line did end the group after all.
            self._move(last, last.stray, number)
            return
        opens = attribute == names[0] and not _IDENTITY.isdisjoint(names)
        if not opens and attribute not in _IDENTITY:
            return
        self.notes.append(("blank-line-missing", number, f"before {name}"))
        following = self._begin(number)
        # An Original-Recipient right before a second Final-Recipient is the next
        # recipient's, unless it stands right behind the first one.
        if (
            attribute == "final_recipient"
            and names[-2:] not in _PAIRED
            and (names[-1] == "original_recipient")
        ):
            following.values[names[-1]] = last.values.pop(names[-1])

    def _move(self, last: Group, stray: _Counts, number: int) -> None:
        """Give what came behind a stray empty line to the group that begins there."""
        following = self._begin(number)
        note, values, extensions, unreadable, languages = stray
        del self.notes[note]
        last.stray = None
        for name in list(last.values)[values:]:
            following.values[name] = last.values.pop(name)
        for language in list(last.localized)[languages:]:
            following.localized[language] = last.localized.pop(language)
        following.extensions = last.extensions[extensions:]
        del last.extensions[extensions:]
        following.unreadable = last.unreadable[unreadable:]
        del last.unreadable[unreadable:]
        if "diagnostic_code" in following.values:
            following.wrapped, last.wrapped = last.wrapped, []

    def _begin(self, number: int) -> Group:
        if len(self.groups) >= self.most:
            message = f"status part: more than {self.most} recipients"
            raise LimitExceeded(message, limit="recipients", value=self.most)
        self.group = Group(number)
        self.groups.append(self.group)
        return self.group

    def _guess(self, row: Row, name: str, value: str, number: int) -> Any:  # noqa: ANN401  a value of the form
        """Return what a value that breaks its form was most likely meant to be."""
        _, _, strict, form = row
        text = clean(value)
        if text != value:
            self.notes.append(("field-control", number, f"{name}: {value[:_SHOWN]!r}"))
            text = text.strip(_WHITE)
            try:
                return strict(text)
            except InvalidValue:
                pass
        result, code = GUESS[form](text)
        if code != "address-utf8" or text == value:
            self.notes.append((code, number, f"{name}: {text[:_SHOWN]!r}"))
        if result is None:
            self._unreadable(name, text)
        return result

    def _localize(self, row: Row, name: str, value: str, number: int) -> None:
        """Add a localized diagnostic to the group that is open."""
        text = clean(value)
        if text != value:
            self.notes.append(("field-control", number, f"{name}: {value[:_SHOWN]!r}"))
        try:
            localized = row[2](text)
        except InvalidValue:
            localized = self._guess(row, name, text, number)
        if localized is None:
            return
        if localized.language.lower() in self.group.localized:
            self.notes.append(("localized-language", number, f"{localized.language} comes again"))
            self._unreadable(name, value)
        else:
            self.group.localized[localized.language.lower()] = localized
