"""A notification described in JSON, or by options -> the plan to carry out.

The description has the keys of `dsnlib parse --json`, so what one system reads
another can write; and three that a report has not: `sender`, `ret`, `language`.

Rules.  Every error names its place: `reports[1].status: '5.1' is no code`.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, TypeVar

from dsnlib.errors import DsnError, InvalidValue
from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import Ret
from dsnlib.model.fields import ExtensionField, LocalizedDiagnostic
from dsnlib.model.report import Action, DeliveryReport, MessageFields, RecipientFields
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.policy.plan import Audience, DsnPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["plan_from", "read_description", "read_time"]

_Product = TypeVar("_Product")

_ACTIONS = {
    StatusClass.SUCCESS: Action.DELIVERED,
    StatusClass.TRANSIENT: Action.DELAYED,
    StatusClass.PERMANENT: Action.FAILED,
}
_KEYS = frozenset(
    {
        "sender", "ret", "language", "reports",
        "envelope_id", "reporting_mta", "received_from_mta", "arrival_date", "extensions",
        # What `dsnlib parse` writes besides and a plan does not need.
        "schema_version", "is_bounce", "kind", "returned", "defects", "file", "message", "error",
    }
)  # fmt: skip
_RECIPIENT_KEYS = frozenset(
    {
        "recipient", "original_recipient", "action", "status", "status_comment",
        "diagnostic", "diagnostic_type", "remote_mta", "last_attempt_date",
        "will_retry_until", "final_log_id", "extensions", "localized_diagnostics",
    }
)  # fmt: skip


def read_description(text: str) -> dict[str, Any]:
    """Return the description in a JSON text.

    Raises:
        InvalidValue: It is not one JSON object, or has a key that there is not.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"not JSON: {error}"
        raise InvalidValue(message) from error
    # `parse --json` writes an array; one message is one object.
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        message = "the description is not one JSON object"
        raise InvalidValue(message)
    _check_keys(value, _KEYS, "")
    return value


def plan_from(description: Mapping[str, Any], *, is_copy: bool) -> DsnPlan:
    """Return the plan that a description asks for.

    Args:
        description: From `read_description`, or of the same form.
        is_copy: Whether the notification is a postmaster's copy.

    Raises:
        InvalidValue: With the place of what cannot be used.
    """
    groups = description.get("reports") or []
    if not isinstance(groups, list) or not groups:
        message = "reports: there must be a list of at least one recipient"
        raise InvalidValue(message)
    _text(description, "language", "")
    message_fields = MessageFields(
        original_envelope_id=_text(description, "envelope_id", ""),
        reporting_mta=_optional(description, "reporting_mta", "", _mta),
        received_from_mta=_optional(description, "received_from_mta", "", _mta),
        arrival_date=_optional(description, "arrival_date", "", read_time),
        extensions=_extensions(description, ""),
    )
    recipients = [_recipient(each, f"reports[{index}].") for index, each in enumerate(groups)]
    sender = _text(description, "sender", "")
    if not sender:
        message = "sender: whom to notify is missing; to the null sender nothing is ever sent"
        raise InvalidValue(message)
    return _at(
        "",
        lambda: DsnPlan(
            report=DeliveryReport(message=message_fields, recipients=tuple(recipients)),
            ret=_optional(description, "ret", "", _ret),
            envelope=Envelope(sender="", recipients=(Recipient(sender),)),
            audience=Audience.POSTMASTER if is_copy else Audience.SENDER,
        ),
    )


def _recipient(group: object, place: str) -> RecipientFields:
    if not isinstance(group, dict):
        message = f"{place.rstrip('.')}: not an object"
        raise InvalidValue(message)
    _check_keys(group, _RECIPIENT_KEYS, place)
    address, code = _text(group, "recipient", place), _text(group, "status", place)
    if not address or not code:
        message = f"{place}{'status' if address else 'recipient'}: missing"
        raise InvalidValue(message)
    status = _at(f"{place}status", lambda: EnhancedStatusCode.parse(code))
    action = _optional(group, "action", place, _action)
    diagnostic = _text(group, "diagnostic", place)
    type_ = _text(group, "diagnostic_type", place) or "smtp"
    return _at(
        place.rstrip("."),
        lambda: RecipientFields(
            final_recipient=TypedAddress.from_address(address),
            original_recipient=_optional(group, "original_recipient", place, _address),
            action=action or _ACTIONS[status.class_],
            status=status,
            status_comment=_text(group, "status_comment", place),
            diagnostic_code=None if diagnostic is None else DiagnosticCode(type_, diagnostic),
            localized_diagnostics=_localized(group, place),
            remote_mta=_optional(group, "remote_mta", place, _mta),
            last_attempt_date=_optional(group, "last_attempt_date", place, read_time),
            will_retry_until=_optional(group, "will_retry_until", place, read_time),
            final_log_id=_text(group, "final_log_id", place),
            extensions=_extensions(group, place),
        ),
    )


def _check_keys(value: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    for key in value:
        if key not in known:
            message = f"{place}{key}: there is no such key"
            raise InvalidValue(message, value=key)


def _text(group: Mapping[str, Any], key: str, place: str) -> str | None:
    value = group.get(key)
    if value is not None and not isinstance(value, str):
        message = f"{place}{key}: {value!r} is not a text"
        raise InvalidValue(message, value=value)
    return value


def _optional(
    group: Mapping[str, Any], key: str, place: str, make: Callable[[str, str], _Product]
) -> _Product | None:
    text = _text(group, key, place)
    return None if text is None else make(text, f"{place}{key}")


def _at(place: str, make: Callable[[], _Product]) -> _Product:
    try:
        return make()
    except DsnError as error:
        message = f"{place}: {error}" if place else str(error)
        raise InvalidValue(message) from error


def _address(text: str, place: str) -> TypedAddress:
    return _at(place, lambda: TypedAddress.from_address(text))


def _mta(text: str, place: str) -> MtaName:
    type_ = "dns" if "." in text.strip(".") else "x-local-hostname"
    return _at(place, lambda: MtaName(type_, text))


def _action(text: str, place: str) -> Action:
    try:
        return Action(text.lower())
    except ValueError as error:
        message = f"{place}: {text!r} is none of {', '.join(each.value for each in Action)}"
        raise InvalidValue(message, value=text) from error


def _ret(text: str, place: str) -> Ret:
    try:
        return Ret(text.upper())
    except ValueError as error:
        message = f"{place}: {text!r} is neither FULL nor HDRS"
        raise InvalidValue(message, value=text) from error


def read_time(text: str, place: str) -> dt.datetime:
    """Return the time that a person wrote, in this system's zone if it has none.

    Args:
        text: As ISO 8601 has it.
        place: How an error names it.

    Raises:
        InvalidValue: It is no time.
    """
    try:
        when = dt.datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{place}: {text!r} is no time such as 2026-11-22T10:04:00+01:00"
        raise InvalidValue(message, value=text) from error
    return when if when.tzinfo is not None else when.astimezone()


def _localized(group: Mapping[str, Any], place: str) -> tuple[LocalizedDiagnostic, ...]:
    texts = group.get("localized_diagnostics") or {}
    try:
        return tuple(LocalizedDiagnostic(str(tag), str(text)) for tag, text in texts.items())
    except (AttributeError, ValueError) as error:
        message = f"{place}localized_diagnostics: {error}"
        raise InvalidValue(message, value=texts) from error


def _extensions(group: Mapping[str, Any], place: str) -> tuple[ExtensionField, ...]:
    pairs = group.get("extensions") or []
    try:
        return tuple(ExtensionField(str(name), str(value)) for name, value in pairs)
    except (TypeError, ValueError) as error:
        message = f"{place}extensions: {error}"
        raise InvalidValue(message, value=pairs) from error
