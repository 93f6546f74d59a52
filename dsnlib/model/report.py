"""A delivery status notification as values (RFC 3464 s2.2, s2.3; RFC 6533 s4.1).

`FIELDS`, the table of the report's fields, is in `fields`; the reader and the
writer of reports both work from it.

Rules.
- Every field may be absent, because real reports lack even the required ones;
  what a report must have, the strict reader and the composer enforce.
- Extension fields are kept in order.  A field whose text could not be used is
  kept too, in `unreadable`: nothing that was sent is lost.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Self

import attrs

from dsnlib.errors import Defect, InvalidValue
from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.address_comment import guard_comment
from dsnlib.model.date import format_date, require_zone
from dsnlib.model.fields import (
    FIELDS,
    ExtensionField,
    FieldForm,
    FieldScope,
    LocalizedDiagnostic,
)
from dsnlib.model.returned import ReturnedContent
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.model.text import encode_wire, is_utf8, refuse_controls, split_comment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage


__all__ = [
    "Action",
    "DeliveryReport",
    "Kind",
    "MessageFields",
    "RecipientFields",
]


class Action(enum.Enum):
    """What the reporting MTA did (RFC 3464 s2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


class Kind(enum.Enum):
    """What a report as a whole tells: the gravest of its recipients' actions."""

    FAILURE = "failure"
    DELAY = "delay"
    EXPANDED = "expanded"
    RELAYED = "relayed"
    SUCCESS = "success"


# Gravest first.
_KINDS = {
    Action.FAILED: Kind.FAILURE,
    Action.DELAYED: Kind.DELAY,
    Action.EXPANDED: Kind.EXPANDED,
    Action.RELAYED: Kind.RELAYED,
    Action.DELIVERED: Kind.SUCCESS,
}
_PRESUMED = {
    StatusClass.SUCCESS: Action.DELIVERED,
    StatusClass.TRANSIENT: Action.DELAYED,
    StatusClass.PERMANENT: Action.FAILED,
}


def _fields(values: Iterable[ExtensionField]) -> tuple[ExtensionField, ...]:
    return tuple(values)


def _bare(text: str | None) -> str | None:
    # White space round a text is no part of it where it stands in a field: RFC 3464
    # s2.1.1.  An ENVID, which a stranger chose, may have it: RFC 3461 s4.4.
    return None if text is None else text.strip(" \t")


_DEFINED = {
    scope: frozenset(rule.name.lower() for rule in FIELDS if rule.scope is scope)
    for scope in FieldScope
}


def _refuse_defined(extensions: Iterable[ExtensionField], scope: FieldScope) -> None:
    # Beside the field itself it would come twice, which a reader takes for a breach.
    for each in extensions:
        if each.name.lower() in _DEFINED[scope]:
            message = f"extension field: {each.name} is a field of the report itself"
            raise InvalidValue(message, value=each.name)


def _localized(values: Iterable[LocalizedDiagnostic]) -> tuple[LocalizedDiagnostic, ...]:
    return tuple(values)


# The two wide values have no slots: the reader fills them from a dictionary of
# values that it has checked, in a third of the time that keywords take.
@attrs.frozen(kw_only=True, slots=False)
class MessageFields:
    """The fields that concern the message as a whole (RFC 3464 s2.2).

    Args:
        original_envelope_id: The ENVID, decoded; case counts.  White space round
            it, which a field cannot carry, is taken off.
        reporting_mta: Who made the attempts that are reported.
        dsn_gateway: Who translated a foreign notification.
        received_from_mta: Where the reporting MTA got the message.
        arrival_date: When; with a zone.
        deliver_by_date: The deadline that DELIVERBY set (RFC 2852 s5).
        extensions: Other fields, in order.
        unreadable: Fields above that came twice or could not be read.

    Raises:
        InvalidValue: A text has a control character, a time no zone; an extension
            has the name of a field above.
    """

    original_envelope_id: str | None = attrs.field(default=None, converter=_bare)
    reporting_mta: MtaName | None = None
    dsn_gateway: MtaName | None = None
    received_from_mta: MtaName | None = None
    arrival_date: dt.datetime | None = None
    deliver_by_date: dt.datetime | None = None
    extensions: tuple[ExtensionField, ...] = attrs.field(default=(), converter=_fields)
    unreadable: tuple[ExtensionField, ...] = attrs.field(default=(), converter=_fields)

    def __attrs_post_init__(self) -> None:
        if self.original_envelope_id is not None:
            refuse_controls(self.original_envelope_id, "Original-Envelope-Id", tab=True)
        require_zone(self.arrival_date, "Arrival-Date")
        require_zone(self.deliver_by_date, "Deliver-By-Date")
        _refuse_defined(self.extensions, FieldScope.MESSAGE)

    @classmethod
    def from_checked(cls, values: dict[str, Any]) -> Self:
        """Return the fields that a reader has checked one by one; checks nothing."""
        self = cls.__new__(cls)
        self.__dict__.update(_MESSAGE_DEFAULTS | values)
        return self

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield name and text of each field, in the order of RFC 3464 s2.2."""
        return _items(self, FieldScope.MESSAGE)


@attrs.frozen(kw_only=True, slots=False)
class RecipientFields:
    """The fields that concern one recipient (RFC 3464 s2.3).

    Args:
        original_recipient: The address the sender gave (ORCPT).
        final_recipient: The address as the reporting MTA had it.
        action: What was done.
        status: The enhanced code.
        status_comment: What stood in parentheses after it; its own are
            balanced (RFC 3464 s2.1.1).
        remote_mta: The next hop that refused or could not take the message.
        diagnostic_code: What it said, or, without `remote_mta`, what the
            reporting MTA itself said (s2.3.6).
        localized_diagnostics: The same in languages, each once.
        last_attempt_date: When the last attempt was made; with a zone.
        final_log_id: The log entry of the final MTA.  White space round it, which
            a field cannot carry, is taken off.
        will_retry_until: When a delayed message will be given up.
        extensions: Other fields, in order.
        unreadable: Fields above that came twice or could not be read.

    Raises:
        InvalidValue: A text has a control character, a time no zone; a comment
            without a status, or that would not read back; a language twice; an
            extension has the name of a field above.
    """

    original_recipient: TypedAddress | None = None
    final_recipient: TypedAddress | None = None
    action: Action | None = None
    status: EnhancedStatusCode | None = None
    status_comment: str | None = None
    remote_mta: MtaName | None = None
    diagnostic_code: DiagnosticCode | None = None
    localized_diagnostics: tuple[LocalizedDiagnostic, ...] = attrs.field(
        default=(), converter=_localized
    )
    last_attempt_date: dt.datetime | None = None
    final_log_id: str | None = attrs.field(default=None, converter=_bare)
    will_retry_until: dt.datetime | None = None
    extensions: tuple[ExtensionField, ...] = attrs.field(default=(), converter=_fields)
    unreadable: tuple[ExtensionField, ...] = attrs.field(default=(), converter=_fields)

    def __attrs_post_init__(self) -> None:
        comment = self.status_comment
        if comment is not None:
            refuse_controls(comment, "Status", tab=True)
            if self.status is None or split_comment(f"({comment})") != ("", comment):
                message = f"Status: {self.status} ({comment!r}) would not read back as comment"
                raise InvalidValue(message, value=comment, requirement="3464-2.1.1-02")
        languages = [each.language.lower() for each in self.localized_diagnostics]
        if len(set(languages)) < len(languages):
            message = f"Localized-Diagnostic: a language comes twice in {languages!r}"
            raise InvalidValue(message, value=languages, requirement="6533-4.1-07")
        if self.final_log_id is not None:
            refuse_controls(self.final_log_id, "Final-Log-ID", tab=True)
        require_zone(self.last_attempt_date, "Last-Attempt-Date")
        require_zone(self.will_retry_until, "Will-Retry-Until")
        _refuse_defined(self.extensions, FieldScope.RECIPIENT)

    @classmethod
    def from_checked(cls, values: dict[str, Any]) -> Self:
        """Return the fields that a reader has checked one by one; checks nothing."""
        self = cls.__new__(cls)
        self.__dict__.update(_RECIPIENT_DEFAULTS | values)
        return self

    @property
    def recipient(self) -> str | None:
        """The address that the report is about, for people and look-ups.

        The final recipient's, or the original one's where that is missing.
        """
        address = self.final_recipient or self.original_recipient
        return None if address is None else address.address

    @property
    def presumed_action(self) -> Action:
        """The action, or the one that a report without it most likely means.

        The class of the status decides; without one it is FAILED, because a
        sender who asked for nothing is told only of failures (RFC 3461 s3).
        """
        if self.action is not None:
            return self.action
        return Action.FAILED if self.status is None else _PRESUMED[self.status.class_]

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield name and text of each field, in the order of RFC 3464 s2.3."""
        return _items(self, FieldScope.RECIPIENT)


_MESSAGE_DEFAULTS = {field.name: field.default for field in attrs.fields(MessageFields)}
_RECIPIENT_DEFAULTS = {field.name: field.default for field in attrs.fields(RecipientFields)}


if TYPE_CHECKING:

    def _recipients(values: Iterable[RecipientFields]) -> tuple[RecipientFields, ...]: ...

else:
    # The reader gives a tuple, which comes back as it is, without a call of ours.
    _recipients = tuple


@attrs.frozen(kw_only=True)
class DeliveryReport:
    """A delivery status notification (RFC 3464).

    Args:
        message: What concerns the message as a whole.
        recipients: One entry for each recipient that is reported.
        returned: Where the returned message or its header is.
        defects: The rules that the report breaks, or a function that tells
            them when asked; not part of the value.
    """

    message: MessageFields
    recipients: tuple[RecipientFields, ...] = attrs.field(converter=_recipients)
    returned: ReturnedContent | None = None
    # A reader gives a function: most callers never look.
    _defects: Iterable[Defect] | Callable[[], Iterable[Defect]] = attrs.field(
        default=(), eq=False, repr=False
    )

    @property
    def defects(self) -> tuple[Defect, ...]:
        """The rules that the report breaks, in the order of the input."""
        defects = self._defects
        if not isinstance(defects, tuple):
            defects = tuple(defects() if callable(defects) else defects)
            object.__setattr__(self, "_defects", defects)
        return defects

    @property
    def kind(self) -> Kind | None:
        """The gravest of the recipients' actions, or `None` without recipients."""
        actions = {recipient.presumed_action for recipient in self.recipients}
        return next((kind for action, kind in _KINDS.items() if action in actions), None)

    @property
    def is_bounce(self) -> bool:
        """Whether at least one recipient failed or was delayed."""
        return self.kind in (Kind.FAILURE, Kind.DELAY)

    def as_email_message(self) -> EmailMessage:
        """Return the fields as the standard library shows a status part.

        A message/delivery-status part whose payload is a list of header-only
        messages: the per-message fields first, then one for each recipient.
        Made from the values, so it is the same for a report that came base64
        encoded or as message/global-delivery-status, which the standard
        library does not take apart.

        Its octets are UTF-8 where a field is, and each field is one line as
        long as its text.
        """
        from email.message import EmailMessage, Message
        from email.policy import SMTPUTF8

        # To fold, the library would decode encoded words inside the texts.
        part = EmailMessage(policy=SMTPUTF8.clone(refold_source="none"))
        part["Content-Type"] = "message/delivery-status"
        groups: list[Message[str, str] | str] = []
        values: list[MessageFields | RecipientFields] = [self.message, *self.recipients]
        for fields in values:
            group: Message[str, str] = Message()
            for name, text in fields.items():
                # Octets that are no UTF-8 it takes only beside US-ASCII, and what
                # Unicode calls a line end it would write as one.
                if not is_utf8(text) or len(f"{text}.".splitlines()) > 1:
                    text = encode_wire(text).decode("ascii", "surrogateescape")  # noqa: PLW2901  the same text in another form
                group[name] = text
            groups.append(group)
        part.set_payload(groups)
        return part


def _items(fields: MessageFields | RecipientFields, scope: FieldScope) -> Iterator[tuple[str, str]]:
    for rule in FIELDS:
        if rule.scope is not scope:
            continue
        value = getattr(fields, rule.attribute)
        if rule.form is FieldForm.LOCALIZED:
            for each in value:
                yield rule.name, str(each)
        elif value is not None:
            text = _TEXTS[rule.form](value)
            if isinstance(fields, RecipientFields) and rule.form is FieldForm.STATUS:
                comment = fields.status_comment
                text = text if comment is None else f"{text} ({comment})"
            yield rule.name, text
    for extension in fields.extensions:
        yield extension.name, extension.value


def _address_text(address: TypedAddress) -> str:
    return f"{address.type}; {guard_comment(address.type, address.value)}".rstrip(" ")


def _action_text(action: Action) -> str:
    return action.value


_TEXTS: dict[FieldForm, Callable[[Any], str]] = {
    FieldForm.TEXT: str,
    FieldForm.MTA_NAME: str,
    FieldForm.ADDRESS: _address_text,
    FieldForm.ACTION: _action_text,
    FieldForm.STATUS: str,
    FieldForm.DIAGNOSTIC: str,
    FieldForm.DATE: format_date,
}
