"""The human-readable part of a notification in one language (RFC 6522 s3).

A template says how the letter is built; what its `$names` stand for is here:
one table for the message, one for a recipient.  A value is made when a template
asks for it.

Rules.
- What a stranger said (an address, a subject, a diagnostic) is neutral before
  it is used (`neutral`).
- The sender sees the address that they wrote to, not the one it leads to
  (RFC 3464 s4.2).
- A template without `Language:` is a Postfix template: its text comes out as
  Postfix prints it, and the recipients follow it.
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.entries import format_entries
from dsnlib.compose.fill import fill
from dsnlib.compose.neutral import neutral_text, unclickable
from dsnlib.compose.original import message_id, original_date, subject
from dsnlib.model.report import Action, Kind
from dsnlib.policy.plan import Audience

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dsnlib.compose.template import Template, TemplateSet
    from dsnlib.compose.wording import Wording
    from dsnlib.model.report import RecipientFields
    from dsnlib.policy.plan import DsnPlan
    from dsnlib.policy.reporter import Reporter

__all__ = ["Letter", "Occasion", "write_letter"]

# More addresses than these are a number in the first line.
_LISTED = 3
_LONGEST_SUBJECT = 120
_ADDRESS_TYPES = frozenset({"rfc822", "utf-8"})
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


@attrs.frozen(kw_only=True)
class Letter:
    """The text of one language.

    Args:
        language: Its tag, or `None` if the template does not say.
        is_right_to_left: How it is written.
        from_: The display name and address of the template, not yet qualified.
        subject: The subject, decoded.
        charset: The character set of `text`.
        paragraphs: The text with a line for each paragraph.
    """

    language: str | None
    is_right_to_left: bool = False
    from_: str
    subject: str
    charset: str
    paragraphs: str

    @property
    def text(self) -> str:
        """The text for a screen of 72 columns, with LF line ends.

        That of a Postfix template is as wide as its writer made it.
        """
        return self.paragraphs if self.language is None else fill(self.paragraphs)


@attrs.frozen(kw_only=True)
class Occasion:
    """What a letter is written about, the same for every language.

    Args:
        plan: The notification.
        reporter: Who notifies.
        fields: The original's fields, from `Original.fields`.
        now: When; with a zone.
        attached: The phrase that says what is attached, or `""`.
        size_octets: The size of the original, if it is told.
        is_unclickable: Whether links in what strangers said are broken.
        parameters: The settings that a template may name, `$myhostname` and
            the like.
    """

    plan: DsnPlan
    reporter: Reporter
    fields: Mapping[str, str]
    now: dt.datetime
    attached: str = ""
    size_octets: int | None = None
    is_unclickable: bool = False
    parameters: Mapping[str, str] | None = None

    @functools.cached_property
    def date(self) -> dt.datetime | None:
        """When the original says that it was written."""
        return original_date(self.fields)

    @functools.cached_property
    def zone(self) -> dt.tzinfo:
        """The sender's own zone, as far as the original tells it; else UTC."""
        date = self.date
        zone = None if date is None else date.tzinfo
        return dt.UTC if zone is None else zone

    def neutral(self, text: str) -> str:
        """Return what a stranger said as it may be shown."""
        text = neutral_text(text)
        return unclickable(text) if self.is_unclickable else text

    def address(self, recipient: RecipientFields) -> str:
        """Return the address that the sender knows the recipient by."""
        original, final = recipient.original_recipient, recipient.final_recipient
        if original is not None and original.type.lower() in _ADDRESS_TYPES and original.value:
            return neutral_text(original.address)
        return "" if final is None else neutral_text(final.address)


def write_letter(
    occasion: Occasion, template: Template, templates: TemplateSet, wording: Wording
) -> Letter:
    """Return the letter that a template makes of an occasion.

    Args:
        occasion: What to tell.
        template: The template of its kind.
        templates: The set it is from, for the blocks of a recipient.
        wording: The words of the template's language.
    """
    plan = occasion.plan
    values = _MessageValues(occasion, templates, wording)
    is_copy = plan.audience is Audience.POSTMASTER
    subject_text = template.postmaster_subject if is_copy else None
    text = "" if is_copy else template.render(values.__getitem__)
    if template.language is None or is_copy:
        entries = format_entries(plan.report, is_unclickable=occasion.is_unclickable)
        text = f"{text}{entries}" if text else entries.lstrip("\n")
    else:
        text = text.strip("\n") + "\n"
    return Letter(
        language=template.language,
        is_right_to_left=template.language is not None and wording.is_right_to_left,
        from_=template.from_,
        subject=subject_text or template.subject,
        charset=template.charset,
        paragraphs=text,
    )


class _MessageValues(dict[str, str]):
    """What the `$names` of a message stand for.  Lives for one letter."""

    def __init__(self, occasion: Occasion, templates: TemplateSet, wording: Wording) -> None:
        self.occasion = occasion
        self.templates = templates
        self.wording = wording

    def __missing__(self, name: str) -> str | None:
        make = _MESSAGE_VALUES.get(name)
        if make is None:
            parameters = self.occasion.parameters
            return None if parameters is None else parameters.get(name)
        value = self[name] = make(self)
        return value


class _RecipientValues(_MessageValues):
    """What they stand for in the block of a recipient."""

    def __init__(self, of_message: _MessageValues, recipient: RecipientFields) -> None:
        super().__init__(of_message.occasion, of_message.templates, of_message.wording)
        self.of_message = of_message
        self.recipient = recipient

    def __missing__(self, name: str) -> str | None:
        make = _RECIPIENT_VALUES.get(name)
        if make is None:
            return self.of_message[name]
        value = self[name] = make(self)
        return value


# ---- of a message


def _summary(values: _MessageValues) -> str:
    occasion, wording = values.occasion, values.wording
    kind = occasion.plan.kind
    told = [each for each in occasion.plan.report.recipients if each.action in _ACTIONS[kind]]
    if len(told) > _LISTED:
        return wording.counted(f"{_SUMMARIES[kind]}-count", len(told))
    addresses = [wording.isolated(occasion.address(each)) for each in told]
    return wording.phrase(_SUMMARIES[kind], recipients=wording.listing(addresses))


def _recipients(values: _MessageValues) -> str:
    occasion, wording = values.occasion, values.wording
    recipients = occasion.plan.report.recipients
    return wording.listing([wording.isolated(occasion.address(each)) for each in recipients])


def _original_subject(values: _MessageValues) -> str:
    text = values.occasion.neutral(subject(values.occasion.fields)).strip()
    if len(text) > _LONGEST_SUBJECT:
        text = text[: _LONGEST_SUBJECT - 3].rstrip() + "..."
    return values.wording.isolated(text)


def _when(values: _MessageValues, when: dt.datetime | None) -> str:
    if when is None:
        return ""
    return values.wording.date(when.astimezone(values.occasion.zone))


def _retry_until(values: _MessageValues) -> str:
    times = [each.will_retry_until for each in values.occasion.plan.report.recipients]
    return _when(values, min((time for time in times if time is not None), default=None))


def _elapsed(values: _MessageValues) -> str:
    arrival = values.occasion.plan.report.message.arrival_date
    if arrival is None or values.occasion.now <= arrival:
        return ""
    return values.wording.duration(values.occasion.now - arrival)


def _attached(values: _MessageValues) -> str:
    occasion = values.occasion
    if not occasion.attached:
        return ""
    if occasion.size_octets is None:
        return values.wording.phrase(occasion.attached)
    size = values.wording.size(occasion.size_octets)
    return values.wording.phrase(f"{occasion.attached}-size", size=size)


def _queue_id(values: _MessageValues) -> str:
    for each in values.occasion.plan.report.message.extensions:
        if each.name.lower().endswith("-queue-id"):
            return values.wording.isolated(neutral_text(each.value))
    return ""


def _reporting_mta(values: _MessageValues) -> str:
    mta = values.occasion.plan.report.message.reporting_mta
    return "" if mta is None else values.wording.isolated(neutral_text(mta.name))


def _each(name: str, values: _MessageValues) -> str:
    template = getattr(values.templates, name)
    texts = [
        template.render(_RecipientValues(values, each).__getitem__).strip("\n")
        for each in values.occasion.plan.report.recipients
    ]
    return "\n\n".join([text for text in texts if text])


_MESSAGE_VALUES: dict[str, Callable[[_MessageValues], str]] = {
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


# ---- of a recipient


def _heading(values: _RecipientValues) -> str:
    """Return the address, unless there is only one and the first line names it."""
    if len(values.occasion.plan.report.recipients) == 1:
        return ""
    return values["recipient"]


def _reason(values: _RecipientValues) -> str:
    status = values.recipient.status
    return "" if status is None else values.wording.title(status)


def _advice(values: _RecipientValues) -> str:
    status = values.recipient.status
    return "" if status is None else values.wording.advice(status)


def _outcome(values: _RecipientValues) -> str:
    action = values.recipient.action
    if action in (Action.FAILED, Action.DELAYED, None):
        return values["reason"]
    return values.wording.phrase(f"outcome-{action.value}")


def _explanation(values: _RecipientValues) -> str:
    if values.recipient.action is Action.FAILED:
        return values.wording.sentences(values["reason"], values["advice"])
    return values["outcome"]


def _said(values: _RecipientValues) -> str:
    """Return who said what stands in `$diagnostic` (RFC 3464 s2.3.6)."""
    if not values["diagnostic"]:
        return ""
    if values.recipient.remote_mta is None:
        return values.wording.phrase("local-said")
    if not values["remote_mta"]:
        return values.wording.phrase("other-said")
    return values.wording.phrase("remote-said", host=values["remote_mta"])


def _diagnostic(values: _RecipientValues) -> str:
    diagnostic = values.recipient.diagnostic_code
    if diagnostic is None:
        return ""
    return values.wording.isolated(values.occasion.neutral(diagnostic.text))


def _remote_mta(values: _RecipientValues) -> str:
    mta = values.recipient.remote_mta
    return "" if mta is None else values.wording.isolated(neutral_text(mta.name))


def _original_recipient(values: _RecipientValues) -> str:
    original = values.recipient.original_recipient
    return "" if original is None else values.wording.isolated(neutral_text(original.address))


_RECIPIENT_VALUES: dict[str, Callable[[_RecipientValues], str]] = {
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
