"""A notification described in JSON, or by options -> the plan to carry out.

The description has the keys of `dsnlib parse --json`, so what one system reads
another can write; and those that a report has not: `sender`, `ret`, `language`
and `audience`.  What `dsnlib plan --json` writes is one too, if it is one
notification.

Rules.  Every error names its place: `reports[1].status: '5.1' is no code`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsnlib.cli.json_object import JsonObject, at_place, read_json, read_mta, read_time
from dsnlib.errors import InvalidValue
from dsnlib.model.address import DiagnosticCode, TypedAddress
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import Ret
from dsnlib.model.fields import ExtensionField, LocalizedDiagnostic
from dsnlib.model.report import Action, DeliveryReport, MessageFields, RecipientFields
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.parse.shapes import contradicts
from dsnlib.policy.plan import Audience, DsnPlan

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["plan_from", "read_description", "read_time"]

_ACTIONS = {
    StatusClass.SUCCESS: Action.DELIVERED,
    StatusClass.TRANSIENT: Action.DELAYED,
    StatusClass.PERMANENT: Action.FAILED,
}
_KEYS = frozenset(
    {
        "sender", "audience", "ret", "language", "languages", "reports",
        "envelope_id", "reporting_mta", "received_from_mta", "arrival_date",
        "deliver_by_date", "extensions",
        # What `dsnlib parse` and `dsnlib plan` write besides and a plan does not need.
        "schema_version", "is_bounce", "kind", "returned", "defects", "file", "message", "error",
        "dialect", "mail", "rcpt", "trail",
    }
)  # fmt: skip
_RECIPIENT_KEYS = frozenset(
    {
        "recipient", "original_recipient", "action", "status", "status_comment",
        "diagnostic", "diagnostic_type", "remote_mta", "last_attempt_date",
        "will_retry_until", "final_log_id", "extensions", "localized_diagnostics",
        # What `dsnlib parse` writes besides.
        "kind", "reason", "permanence", "fault", "reply_code", "cls", "event_id", "message_id",
        "evidence",
    }
)  # fmt: skip


def read_description(text: str) -> dict[str, Any]:
    """Return the description in a JSON text.

    Raises:
        InvalidValue: It is not one JSON object or not of one notification, or
            has a key that there is not.
    """
    description = read_json(text)
    if "notifications" in description.members:
        planned = description.objects("notifications")
        if len(planned) != 1:
            message = f"notifications: there are {len(planned)}; give one of them"
            raise InvalidValue(message)
        description = planned[0]
    return dict(description.allow(_KEYS).members)


def plan_from(description: Mapping[str, Any], *, is_copy: bool) -> DsnPlan:
    """Return the plan that a description asks for.

    Args:
        description: From `read_description`, or of the same form.
        is_copy: Whether the notification is a postmaster's copy; it is one too
            if the description says so.

    Raises:
        InvalidValue: With the place of what cannot be used.
    """
    whole = JsonObject(description)
    groups = description.get("reports") or []
    if not isinstance(groups, list) or not groups:
        message = "reports: there must be a list of at least one recipient"
        raise InvalidValue(message)
    whole.text("language")
    message_fields = MessageFields(
        original_envelope_id=whole.text("envelope_id"),
        reporting_mta=whole.read("reporting_mta", read_mta),
        received_from_mta=whole.read("received_from_mta", read_mta),
        arrival_date=whole.time("arrival_date"),
        deliver_by_date=whole.time("deliver_by_date"),
        extensions=_extensions(whole),
    )
    recipients = tuple([_recipient(each) for each in whole.objects("reports")])
    sender = whole.text("sender")
    if not sender:
        message = "sender: whom to notify is missing; to the null sender nothing is ever sent"
        raise InvalidValue(message)
    audience = whole.choice("audience", Audience) or Audience.SENDER
    ret = whole.choice("ret", Ret)
    return at_place(
        "",
        lambda: DsnPlan(
            report=DeliveryReport(message=message_fields, recipients=recipients),
            ret=ret,
            envelope=Envelope(sender="", recipients=(Recipient(sender),)),
            audience=Audience.POSTMASTER if is_copy else audience,
            languages=whole.texts("languages"),
        ),
    )


def _recipient(group: JsonObject) -> RecipientFields:
    group.allow(_RECIPIENT_KEYS)
    status = group.read_required("status", EnhancedStatusCode.parse)
    action = group.choice("action", Action) or _ACTIONS[status.class_]
    if contradicts({"action": action, "status": (status,)}):
        raise group.fault("action", f"{action.value} contradicts status {status}", action)
    values: dict[str, Any] = {
        "final_recipient": group.read_required("recipient", TypedAddress.from_address),
        "original_recipient": group.read("original_recipient", TypedAddress.from_address),
        "action": action,
        "status": status,
        "status_comment": group.text("status_comment"),
        "localized_diagnostics": _localized(group),
        "remote_mta": group.read("remote_mta", read_mta),
        "last_attempt_date": group.time("last_attempt_date"),
        "will_retry_until": group.time("will_retry_until"),
        "final_log_id": group.text("final_log_id"),
        "extensions": _extensions(group),
    }
    diagnostic = group.text("diagnostic")
    type_ = group.text("diagnostic_type") or "smtp"
    return at_place(
        group.place,
        lambda: RecipientFields(
            diagnostic_code=None if diagnostic is None else DiagnosticCode(type_, diagnostic),
            **values,
        ),
    )


def _localized(group: JsonObject) -> tuple[LocalizedDiagnostic, ...]:
    texts = group.members.get("localized_diagnostics") or {}
    try:
        return tuple(LocalizedDiagnostic(str(tag), str(text)) for tag, text in texts.items())
    except (AttributeError, ValueError) as error:
        raise group.fault("localized_diagnostics", str(error), texts) from error


def _extensions(group: JsonObject) -> tuple[ExtensionField, ...]:
    pairs = group.members.get("extensions") or []
    try:
        return tuple(ExtensionField(str(name), str(value)) for name, value in pairs)
    except (TypeError, ValueError) as error:
        raise group.fault("extensions", str(error), pairs) from error
