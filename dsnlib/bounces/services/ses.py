"""Notifications of Amazon SES -> events.

    notificationType    Bounce, Complaint, Delivery: by SNS
    eventType           the same and DeliveryDelay, Reject, Rendering Failure: published events

Either is read, alone or in the envelopes that `sns` knows.  By Amazon's developer guide,
"Amazon SNS notification contents" and "event data published to Amazon SNS".

What they are for us
    Bounce              failure of each bounced recipient
    DeliveryDelay       delay of each delayed recipient
    Complaint           complaint of each recipient; `not-spam` and `auth-failure` are none
    Delivery            relayed: the recipient's server has taken it
    Reject              failure of each address of the mail, which SES did not send
    Rendering Failure   the same
    Open, Click, Send, Subscription, and what is new: nothing

Rules.
- What the recipient's server said, as `diagnosticCode` and `status`, tells the reason; the
  sub-type only where that says little.  Where SES did not even try, nobody else spoke.
- `feedbackId`, the mail and the recipient name the event, so it counts once whether it came
  as notification, as published event or twice.
- `message_id` is that of the mail's own header if it is told; SES gives the mail another.
  That one, which sending has returned, is `envelope_id`.
- Several recipients may share one domain in a complaint, and one of them has complained:
  such evidence is likely, not certain.
- Members that we do not know, and values of other types than they have, are passed over.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from dsnlib.bounces.event import BounceEvent, Confidence, EventKind, Evidence
from dsnlib.bounces.kinds.feedback import parse_address
from dsnlib.bounces.reason import classify
from dsnlib.bounces.rules.defaults import default_fault, default_permanence
from dsnlib.bounces.services.notification import (
    DIALECT,
    SesNotification,
    list_in,
    object_in,
    objects_in,
    text_in,
)
from dsnlib.bounces.services.sns import open_envelopes
from dsnlib.bounces.taxonomy import Permanence, Reason
from dsnlib.errors import DsnError, InvalidReply
from dsnlib.model.local_part import domain_of
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dsnlib.bounces.rules.rule_set import RuleSet

__all__ = ["read_ses"]

# What is a name of Amazon's may be part of a rule's.
_NAME = re.compile(r"[A-Za-z]{1,40}")
_SHOWN = 120

_PERMANENCES = {"Permanent": Permanence.HARD, "Transient": Permanence.SOFT}
# bounceSubType
_BOUNCES = {
    "NoEmail": Reason.UNKNOWN_USER,
    "MailboxFull": Reason.MAILBOX_FULL,
    "MessageTooLarge": Reason.MESSAGE_TOO_LARGE,
    "ContentRejected": Reason.BAD_CONTENT,
    "AttachmentRejected": Reason.BAD_CONTENT,
    "CustomTimeoutExceeded": Reason.EXPIRED,
}
# SES did not try: what stands in the other members is its own text.
_NOT_TRIED = {
    "Suppressed": Reason.SUPPRESSED,
    "OnAccountSuppressionList": Reason.SUPPRESSED,
    "UnsubscribedRecipient": Reason.SUPPRESSED,
}
# delayType
_DELAYS = {
    "MailboxFull": Reason.MAILBOX_FULL,
    "SpamDetected": Reason.SPAM_CONTENT,
    "RecipientServerError": Reason.SYSTEM_ERROR,
    "IPFailure": Reason.BLOCKED_HOST,
    "TransientCommunicationFailure": Reason.CONNECTION_LOST,
    "BYOIPHostNameLookupUnavailable": Reason.NO_REVERSE_NAME,
    "InternalFailure": Reason.SYSTEM_ERROR,
    "SendingDeferral": Reason.RATE_LIMITED,
}
# Registered types of feedback that are no complaint: RFC 5965 s7.3, RFC 6591.
_NO_COMPLAINTS = frozenset({"not-spam", "auth-failure"})


def read_ses(data: bytes | str, *, rules: RuleSet | None = None) -> tuple[BounceEvent, ...]:
    """Return what notifications of Amazon SES say of each recipient.

    Args:
        data: JSON: a notification, or an envelope or list of them.
        rules: What replies mean; ours if `None`.

    Returns:
        Nothing for JSON of other kinds.

    Raises:
        ParseError: It is no JSON, or is nested too deeply; the message names the place.
        LimitExceeded: It is too long, or there are too many.
    """
    events: list[BounceEvent] = []
    for value in open_envelopes(data):
        kind = value.get("eventType") or value.get("notificationType")
        read = _READERS.get(kind) if isinstance(kind, str) else None
        if read is not None:
            events += read(SesNotification.of(value), rules)
    return tuple(events)


@attrs.frozen(kw_only=True)
class _Verdict:
    """What SES says of all recipients: why, and for how long; `is_final`: it did not try."""

    rule: str
    reason: Reason | None
    is_final: bool = False
    permanence: Permanence


def _bounce(notification: SesNotification, rules: RuleSet | None) -> Iterator[BounceEvent]:
    about = object_in(notification.value, "bounce")
    type_ = text_in(about, "bounceType")
    sub_type = text_in(about, "bounceSubType")
    verdict = _Verdict(
        rule=f"{_name(type_)}/{_name(sub_type)}",
        reason=_NOT_TRIED.get(sub_type) or _BOUNCES.get(sub_type),
        is_final=sub_type in _NOT_TRIED,
        permanence=_PERMANENCES.get(type_, Permanence.UNKNOWN),
    )
    for each in objects_in(about, "bouncedRecipients"):
        is_delay = text_in(each, "action") == "delayed"
        yield from _refused(
            notification,
            about,
            each,
            EventKind.DELAY if is_delay else EventKind.FAILURE,
            verdict,
            rules,
        )


def _delay(notification: SesNotification, rules: RuleSet | None) -> Iterator[BounceEvent]:
    about = object_in(notification.value, "deliveryDelay")
    type_ = text_in(about, "delayType")
    verdict = _Verdict(
        rule=f"DeliveryDelay/{_name(type_)}", reason=_DELAYS.get(type_), permanence=Permanence.SOFT
    )
    for each in objects_in(about, "delayedRecipients"):
        yield from _refused(notification, about, each, EventKind.DELAY, verdict, rules)


def _refused(
    notification: SesNotification,
    about: dict[str, Any],
    recipient: dict[str, Any],
    kind: EventKind,
    verdict: _Verdict,
    rules: RuleSet | None,
) -> Iterator[BounceEvent]:
    """Yield what is said of a recipient who was not reached: by the server, then by SES."""
    rule = verdict.rule
    status = _status(text_in(recipient, "status"))
    diagnostic = _without_type(text_in(recipient, "diagnosticCode"))
    address = recipient.get("emailAddress")
    evidence = [_evidence("kind", rule, rule)]
    domain = domain_of(parse_address(address) or "") if isinstance(address, str) else ""
    found = classify(
        reply_code=None,
        status=status,
        text=diagnostic,
        remote_mta=domain or None,
        rules=rules,
    )
    is_told = found.reason is not Reason.UNDEFINED and found.confidence is not Confidence.GUESSED
    reason, fault, lasts = found.reason, found.fault, found.permanence
    if verdict.reason is None or (is_told and not verdict.is_final):
        evidence += found.evidence
    else:
        reason, fault = verdict.reason, default_fault(verdict.reason)
        if verdict.is_final:
            lasts = default_permanence(reason)
        evidence.append(_evidence("reason", rule, rule, Confidence.LIKELY))
    if lasts is Permanence.UNKNOWN:
        lasts = verdict.permanence
        evidence.append(_evidence("permanence", rule, rule, Confidence.LIKELY))
    event = notification.event(
        about,
        address,
        kind,
        status=status,
        reply_code=found.reply_code,
        diagnostic=diagnostic or None,
        reason=reason,
        fault=fault,
        permanence=lasts,
        evidence=evidence,
    )
    if event is not None:
        yield event


def _complaint(notification: SesNotification, _: RuleSet | None) -> Iterator[BounceEvent]:
    about = object_in(notification.value, "complaint")
    type_ = text_in(about, "complaintFeedbackType").lower()
    if type_ in _NO_COMPLAINTS:
        return
    sub_type = text_in(about, "complaintSubType")
    said = type_ or sub_type
    recipients = objects_in(about, "complainedRecipients")
    sure = Confidence.CERTAIN if len(recipients) == 1 else Confidence.LIKELY
    for each in recipients:
        event = notification.event(
            about,
            each.get("emailAddress"),
            EventKind.COMPLAINT,
            diagnostic=said or None,
            evidence=[
                _evidence("kind", "Complaint", said),
                _evidence("recipient", "Complaint", said, sure),
            ],
        )
        if event is not None:
            yield event


def _delivered(notification: SesNotification, _: RuleSet | None) -> Iterator[BounceEvent]:
    about = object_in(notification.value, "delivery")
    said = text_in(about, "smtpResponse")
    try:
        reply = SmtpReply.from_diagnostic(said)
    except InvalidReply:
        reply = None
    for each in list_in(about, "recipients"):
        event = notification.event(
            about,
            each,
            EventKind.RELAYED,
            diagnostic=said or None,
            status=None if reply is None else reply.status,
            reply_code=None if reply is None else reply.code,
            evidence=[_evidence("kind", "Delivery", said)],
        )
        if event is not None:
            yield event


def _not_sent(name: str, member: str, reason: Reason) -> _Reader:
    """Return what reads that SES has not sent a mail at all."""

    def read(notification: SesNotification, _: RuleSet | None) -> Iterator[BounceEvent]:
        about = object_in(notification.value, name)
        said = text_in(about, member)
        rule = _RULES[name]
        for each in list_in(notification.mail, "destination"):
            event = notification.event(
                about,
                each,
                EventKind.FAILURE,
                diagnostic=said or None,
                reason=reason,
                fault=default_fault(reason),
                permanence=Permanence.HARD,
                evidence=[_evidence("kind", rule, said), _evidence("reason", rule, said)],
            )
            if event is not None:
                yield event

    return read


if TYPE_CHECKING:
    _Reader = Callable[[SesNotification, RuleSet | None], Iterator[BounceEvent]]

_RULES = {"reject": "Reject", "failure": "RenderingFailure"}
_READERS: dict[str, _Reader] = {
    "Bounce": _bounce,
    "Complaint": _complaint,
    "Delivery": _delivered,
    "DeliveryDelay": _delay,
    # "Bad content" is a virus: nothing else is rejected.
    "Reject": _not_sent("reject", "reason", Reason.VIRUS),
    # A template of the sender's and the values for it
    "Rendering Failure": _not_sent("failure", "errorMessage", Reason.BAD_CONTENT),
}


def _evidence(
    field: str, rule: str, text: str, confidence: Confidence = Confidence.CERTAIN
) -> Evidence:
    return Evidence(
        field=field, rule=f"{DIALECT}/{rule}", text=text[:_SHOWN], confidence=confidence
    )


def _name(text: str) -> str:
    return text if _NAME.fullmatch(text) else "other"


def _without_type(text: str) -> str:
    """Return what `smtp; 550 5.1.1 unknown` says."""
    type_, mark, said = text.partition(";")
    return said.strip() if mark and type_.strip().lower() in ("smtp", "x-amazon") else text


def _status(text: str) -> EnhancedStatusCode | None:
    try:
        return EnhancedStatusCode.parse(text) if text else None
    except DsnError:
        return None
