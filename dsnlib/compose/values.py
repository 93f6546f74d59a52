"""What the `$names` of a template stand for: one table for a message, one for a recipient.

A value is made when a template asks for it, and once.  A name that neither table
has is a parameter of the site.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.compose.neutral import neutral_text
from dsnlib.compose.original import message_id, subject
from dsnlib.model.report import Action, Kind

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from dsnlib.compose.occasion import Occasion
    from dsnlib.compose.template import TemplateSet
    from dsnlib.compose.wording import Wording
    from dsnlib.model.report import RecipientFields

__all__ = ["MESSAGE_VALUES", "RECIPIENT_VALUES", "MessageValues", "RecipientValues"]

# More addresses than these are a number in the first line.
_LISTED = 3
_LONGEST_SUBJECT = 120
_SUMMARIES = {
    Kind.FAILURE: "failed",
    Kind.DELAY: "delayed",
    Kind.SUCCESS: "delivered",
    Kind.RELAYED: "relayed",
    Kind.EXPANDED: "relayed",
}
_ACTIONS = {
    Kind.FAILURE: (Action.FAILED,),
    Kind.DELAY: (Action.DELAYED,),
    Kind.SUCCESS: (Action.DELIVERED,),
    Kind.RELAYED: (Action.DELIVERED, Action.RELAYED),
    Kind.EXPANDED: (Action.DELIVERED, Action.RELAYED, Action.EXPANDED),
}


class MessageValues(dict[str, str]):
    """What the `$names` of a message stand for.  Lives for one letter."""

    def __init__(self, occasion: Occasion, templates: TemplateSet, wording: Wording) -> None:
        self.occasion = occasion
        self.templates = templates
        self.wording = wording

    def __missing__(self, name: str) -> str | None:
        make = MESSAGE_VALUES.get(name)
        if make is None:
            return self.parameter(name)
        value = self[name] = make(self)
        return value

    def parameter(self, name: str) -> str | None:
        """Return what a name stands for to Postfix: a parameter of the site, or nothing."""
        parameters = self.occasion.parameters
        return None if parameters is None else parameters.get(name)


class RecipientValues(MessageValues):
    """What they stand for in the block of a recipient."""

    def __init__(self, of_message: MessageValues, recipient: RecipientFields) -> None:
        self.occasion = of_message.occasion
        self.templates = of_message.templates
        self.wording = of_message.wording
        self.of_message = of_message
        self.recipient = recipient

    def __missing__(self, name: str) -> str | None:
        make = RECIPIENT_VALUES.get(name)
        if make is None:
            return self.of_message[name]
        value = self[name] = make(self)
        return value


def _summary(values: MessageValues) -> str:
    occasion, wording = values.occasion, values.wording
    kind = occasion.plan.kind
    told = [each for each in occasion.plan.report.recipients if each.action in _ACTIONS[kind]]
    if len(told) > _LISTED:
        return wording.counted(f"{_SUMMARIES[kind]}-count", len(told))
    addresses = [wording.isolated(occasion.address(each)) for each in told]
    return wording.phrase(_SUMMARIES[kind], recipients=wording.listing(addresses))


def _recipients(values: MessageValues) -> str:
    occasion, wording = values.occasion, values.wording
    recipients = occasion.plan.report.recipients
    return wording.listing([wording.isolated(occasion.address(each)) for each in recipients])


def _original_subject(values: MessageValues) -> str:
    text = values.occasion.neutral(subject(values.occasion.fields)).strip()
    if len(text) > _LONGEST_SUBJECT:
        text = text[: _LONGEST_SUBJECT - 3].rstrip() + "..."
    return values.wording.isolated(text)


def _when(values: MessageValues, when: dt.datetime | None) -> str:
    if when is None:
        return ""
    return values.wording.date(when.astimezone(values.occasion.zone))


def _retry_until(values: MessageValues) -> str:
    times = [each.will_retry_until for each in values.occasion.plan.report.recipients]
    return _when(values, min((time for time in times if time is not None), default=None))


def _elapsed(values: MessageValues) -> str:
    arrival = values.occasion.plan.report.message.arrival_date
    if arrival is None or values.occasion.now <= arrival:
        return ""
    return values.wording.duration(values.occasion.now - arrival)


def _attached(values: MessageValues) -> str:
    occasion = values.occasion
    if not occasion.attached:
        return ""
    if occasion.size_octets is None:
        return values.wording.phrase(occasion.attached)
    size = values.wording.size(occasion.size_octets)
    return values.wording.phrase(f"{occasion.attached}-size", size=size)


def _queue_id(values: MessageValues) -> str:
    for each in values.occasion.plan.report.message.extensions:
        if each.name.lower().endswith("-queue-id"):
            return values.wording.isolated(neutral_text(each.value))
    return ""


def _reporting_mta(values: MessageValues) -> str:
    mta = values.occasion.plan.report.message.reporting_mta
    return "" if mta is None else values.wording.isolated(neutral_text(mta.name))


def _each(name: str, values: MessageValues) -> str:
    template = getattr(values.templates, name)
    texts = [
        template.render(RecipientValues(values, each).__getitem__).strip("\n")
        for each in values.occasion.plan.report.recipients
    ]
    return "\n\n".join([text for text in texts if text])


MESSAGE_VALUES: dict[str, Callable[[MessageValues], str]] = {
    "summary": _summary,
    "sender": lambda of: of.wording.isolated(neutral_text(of.occasion.plan.recipient.address)),
    "recipients": _recipients,
    "recipient_count": lambda of: of.wording.number(len(of.occasion.plan.report.recipients)),
    "original_subject": _original_subject,
    "original_date": lambda of: _when(of, of.occasion.date),
    "original_message_id": lambda of: of.wording.isolated(message_id(of.occasion.fields) or ""),
    "arrival_date": lambda of: _when(of, of.occasion.plan.report.message.arrival_date),
    "retry_until": _retry_until,
    "elapsed": _elapsed,
    "each_recipient": lambda of: _each("recipient_block", of),
    "each_details": lambda of: _each("details_block", of),
    "attached": _attached,
    "postmaster": lambda of: of.wording.isolated(of.occasion.reporter.postmaster),
    "reporting_mta": _reporting_mta,
    "envelope_id": lambda of: of.wording.isolated(
        neutral_text(of.occasion.plan.report.message.original_envelope_id or "")
    ),
    "queue_id": _queue_id,
}


def _heading(values: RecipientValues) -> str:
    """Return the address, unless there is only one and the first line names it."""
    if len(values.occasion.plan.report.recipients) == 1:
        return ""
    return values["recipient"]


def _reason(values: RecipientValues) -> str:
    status = values.recipient.status
    return "" if status is None else values.wording.title(status)


def _advice(values: RecipientValues) -> str:
    status = values.recipient.status
    return "" if status is None else values.wording.advice(status)


def _outcome(values: RecipientValues) -> str:
    action = values.recipient.action
    if action in (Action.FAILED, Action.DELAYED, None):
        return values["reason"]
    return values.wording.phrase(f"outcome-{action.value}")


def _explanation(values: RecipientValues) -> str:
    if values.recipient.action is Action.FAILED:
        return values.wording.sentences(values["reason"], values["advice"])
    return values["outcome"]


def _said(values: RecipientValues) -> str:
    """Return who said what stands in `$diagnostic` (RFC 3464 s2.3.6)."""
    if not values["diagnostic"]:
        return ""
    if values.recipient.remote_mta is None:
        return values.wording.phrase("local-said")
    if not values["remote_mta"]:
        return values.wording.phrase("other-said")
    return values.wording.phrase("remote-said", host=values["remote_mta"])


def _diagnostic(values: RecipientValues) -> str:
    diagnostic = values.recipient.diagnostic_code
    if diagnostic is None:
        return ""
    return values.wording.isolated(values.occasion.neutral(diagnostic.text))


def _remote_mta(values: RecipientValues) -> str:
    mta = values.recipient.remote_mta
    return "" if mta is None else values.wording.isolated(neutral_text(mta.name))


def _original_recipient(values: RecipientValues) -> str:
    original = values.recipient.original_recipient
    return "" if original is None else values.wording.isolated(neutral_text(original.address))


RECIPIENT_VALUES: dict[str, Callable[[RecipientValues], str]] = {
    "recipient": lambda of: of.wording.isolated(of.occasion.address(of.recipient)),
    "recipient_heading": _heading,
    "original_recipient": _original_recipient,
    "reason": _reason,
    "advice": _advice,
    "explanation": _explanation,
    "outcome": _outcome,
    "status": lambda of: of.wording.isolated(str(of.recipient.status)),
    "action": lambda of: "" if of.recipient.action is None else of.recipient.action.value,
    "said": _said,
    "diagnostic": _diagnostic,
    "remote_mta": _remote_mta,
    "will_retry_until": lambda of: _when(of, of.recipient.will_retry_until),
    "last_attempt_date": lambda of: _when(of, of.recipient.last_attempt_date),
}
