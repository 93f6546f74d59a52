"""What django-anymail tells of a mail service -> events: one reader for all its services.

Its webhooks turn what a service posts into an `AnymailTrackingEvent`.  A receiver of the
signal `tracking` hands that on::

    def on_tracking(sender, event, esp_name, **kwargs):
        found = read_anymail(event, esp_name=esp_name)

What they are for us
    bounced         failure
    rejected        failure: the service did not try
    failed          failure: the service could not send it
    deferred        delay
    delivered       relayed: the recipient's server has taken it
    complained      complaint
    queued, sent, autoresponded, opened, clicked, and what is new: nothing

Rules.
- What the recipient's server said tells the reason; the service's word for it only where
  that says little.  A service that did not try has nothing from a server, unless what it
  quotes is a reply.
- The names are those of `anymail/signals.py` 15.2.  `description` is the service's own
  text: it is shown where the server's is not there, and no reason follows from it.
- `message_id` is what the service calls the mail, and often no Message-ID; it is
  `envelope_id` too.
- What dsnlib has sent itself by that signal (`esp_name` is `dsnlib`) is nothing new.
- A value of another type than it has is as one that is missing.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Protocol

from dsnlib.bounces.event import BounceEvent, Confidence, EventKind, Evidence
from dsnlib.bounces.kinds.feedback import parse_address
from dsnlib.bounces.links.clues import find_message_ids
from dsnlib.bounces.links.event_id import digest_parts
from dsnlib.bounces.one_line import is_fit_address, one_line
from dsnlib.bounces.reason import classify
from dsnlib.bounces.rules.defaults import default_fault, default_permanence
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.errors import InvalidReply
from dsnlib.model.date import has_zone
from dsnlib.model.local_part import domain_of
from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from dsnlib.bounces.rules.rule_set import RuleSet

__all__ = ["TrackingEvent", "read_anymail"]

_DIALECT = "anymail"
# `esp_name` of the signals that `adapters.outbox.anymail` sends.
_OURS = "dsnlib"
_LONGEST_TEXT = 2000
_SHOWN = 120
_NO_NAME = re.compile(r"[^a-z0-9]+")

_KINDS = {
    "bounced": EventKind.FAILURE,
    "rejected": EventKind.FAILURE,
    "failed": EventKind.FAILURE,
    "deferred": EventKind.DELAY,
    "delivered": EventKind.RELAYED,
    "complained": EventKind.COMPLAINT,
}
# reject_reason, where the recipient's server was asked.  `bounced` says nothing more.
_BOUNCES = {
    "invalid": Reason.BAD_RECIPIENT_SYNTAX,
    "timed_out": Reason.EXPIRED,
    "blocked": Reason.POLICY,
}
# The same, where the service did not try: it keeps a list.
_REJECTS = {
    "invalid": Reason.BAD_RECIPIENT_SYNTAX,
    "bounced": Reason.SUPPRESSED,
    "timed_out": Reason.SUPPRESSED,
    "blocked": Reason.SUPPRESSED,
    "spam": Reason.SUPPRESSED,
    "unsubscribed": Reason.SUPPRESSED,
}
_NOT_TRIED = frozenset({"rejected", "failed"})


class TrackingEvent(Protocol):
    """What is read of an `anymail.signals.AnymailTrackingEvent`."""

    event_type: str
    timestamp: dt.datetime | None
    event_id: str | None
    message_id: str | None
    recipient: str | None
    reject_reason: str | None
    description: str | None
    mta_response: str | None


def read_anymail(
    event: TrackingEvent, *, esp_name: str, rules: RuleSet | None = None
) -> BounceEvent | None:
    """Return what an event of django-anymail says of its recipient.

    The same event of the service has the same `event_id`, so it counts once however often
    its webhook is called.  Never raises.

    Args:
        event: As the signal has it.
        esp_name: Which service it is, as the signal has it.
        rules: What replies mean; ours if `None`.

    Returns:
        `None` for an event of another kind, or of nobody.
    """
    type_ = _text(event.event_type)
    kind = _KINDS.get(type_)
    service = _NO_NAME.sub("-", _text(esp_name).lower()).strip("-")[:40] or "other"
    recipient = parse_address(_text(event.recipient))
    if kind is None or service == _OURS or recipient is None or not is_fit_address(recipient):
        return None
    said = _text(event.mta_response)
    rule = f"{_DIALECT}/{service}/{type_}"
    reply = _reply(said)
    reason, fault, permanence, evidence = _why(event, kind, said, reply, recipient, rule, rules)
    time = event.timestamp
    if not isinstance(time, dt.datetime) or not has_zone(time):
        time = None
    name, mail = _text(event.event_id), _text(event.message_id)
    # Without a name of its own an event is known by its time.
    own = name or ("" if time is None else time.isoformat())
    return BounceEvent(
        recipient=recipient,
        kind=kind,
        permanence=permanence,
        reason=reason,
        fault=fault,
        status=None if reply is None else reply.status,
        reply_code=None if reply is None else reply.code,
        diagnostic=said or _text(event.description) or None,
        dialect=_DIALECT,
        envelope_id=mail or None,
        message_id=next(iter(find_message_ids(mail)), None) or mail or None,
        occurred=time,
        event_id=digest_parts("anymail 1", service, own, mail, recipient, kind.value),
        evidence=[
            Evidence(
                field="kind",
                rule=rule,
                text=_text(event.reject_reason)[:_SHOWN] or type_,
                confidence=Confidence.CERTAIN,
            ),
            *evidence,
        ],
    )


def _why(
    event: TrackingEvent,
    kind: EventKind,
    said: str,
    reply: SmtpReply | None,
    recipient: str,
    rule: str,
    rules: RuleSet | None,
) -> tuple[Reason | None, Fault, Permanence, tuple[Evidence, ...]]:
    """Return reason, fault, permanence and their evidence: the server's words, else a name."""
    if kind not in (EventKind.FAILURE, EventKind.DELAY):
        return None, Fault.UNKNOWN, Permanence.UNKNOWN, ()
    is_tried = event.event_type not in _NOT_TRIED or reply is not None
    word = _text(event.reject_reason)
    named = (_BOUNCES if is_tried else _REJECTS).get(word)
    found = classify(
        reply_code=None,
        status=None,
        text=said if is_tried else "",
        remote_mta=domain_of(recipient) or None,
        rules=rules,
    )
    is_told = found.reason is not Reason.UNDEFINED and found.confidence is not Confidence.GUESSED
    if named is None or is_told:
        reason, fault, lasts = found.reason, found.fault, found.permanence
        evidence = found.evidence
    else:
        reason, fault, lasts = named, default_fault(named), default_permanence(named)
        evidence = (Evidence(field="reason", rule=rule, text=word[:_SHOWN]),)
    if lasts is Permanence.UNKNOWN and kind is EventKind.DELAY:
        lasts = Permanence.SOFT
    return reason, fault, lasts, evidence


def _reply(said: str) -> SmtpReply | None:
    try:
        return SmtpReply.from_diagnostic(said)
    except InvalidReply:
        return None


def _text(value: object) -> str:
    return one_line(value, _LONGEST_TEXT) if isinstance(value, str) else ""
