"""One thing that became known of one recipient, with the evidence for it.

A bounce about three recipients is three events.  An event says what happened,
as far as the mail says so, and why we think so: a person can check it, and a
program can decide what it relies on.

Rules.
- What is not known is `None`, never a guess without evidence.
- The same bounce gives the same events with the same `event_id`, wherever and
  whenever it is read: counting twice is impossible.
- Text from a mail is data of a stranger's: it is kept as it is, and whoever
  shows it has to make it harmless.
"""

from __future__ import annotations

import datetime as dt
import enum
from typing import TYPE_CHECKING

import attrs

from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.errors import InvalidValue
from dsnlib.model.date import require_zone
from dsnlib.model.number import require_whole
from dsnlib.model.report import Action
from dsnlib.model.status import EnhancedStatusCode

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BounceEvent", "Confidence", "EventKind", "Evidence"]


# The reply codes that SMTP has                                  RFC 5321 s4.2
REPLY_CODES = (200, 599)


class EventKind(enum.Enum):
    """What happened."""

    FAILURE = "failure"
    DELAY = "delay"
    SUCCESS = "success"
    RELAYED = "relayed"
    EXPANDED = "expanded"
    COMPLAINT = "complaint"
    """By a feedback report (RFC 5965) the recipient called it spam, or left."""


_KINDS = {
    Action.FAILED: EventKind.FAILURE,
    Action.DELAYED: EventKind.DELAY,
    Action.DELIVERED: EventKind.SUCCESS,
    Action.RELAYED: EventKind.RELAYED,
    Action.EXPANDED: EventKind.EXPANDED,
}


def kind_of(action: Action) -> EventKind:
    """Return the kind of event that an action of a report is.  Never raises."""
    return _KINDS[action]


class Confidence(enum.IntEnum):
    """How sure a piece of evidence is; more is surer."""

    GUESSED = 1
    """From what mails of this kind usually mean, the words around an address."""
    LIKELY = 2
    """From the form of a system that is known, or from a code in the text."""
    CERTAIN = 3
    """Said in a field that is there to say it."""


@attrs.frozen(kw_only=True)
class Evidence:
    """Why one field of an event has its value.

    Args:
        field: The field of the event: `recipient`, `status`, `reason`.
        rule: The name of the rule that fired: `exim/recipient`.
        version: The version of the rule or of the data it is in.
        start: Where it begins, in octets: for the recipient those of the mail,
            for reason and permanence those of `diagnostic` in UTF-8; `None` if it
            follows from other evidence or stands in an encoded part.
        end: Where it ends.
        text: What stands there, shortened.
        confidence: How sure it is.
    """

    field: str
    rule: str
    version: int = 1
    start: int | None = None
    end: int | None = None
    text: str = ""
    confidence: Confidence = Confidence.LIKELY


def _evidence(values: Iterable[Evidence]) -> tuple[Evidence, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class BounceEvent:
    """What a mail says about one recipient.

    Args:
        recipient: The address that failed, or was delayed or reached.
        kind: What happened.
        original_recipient: The address that the sender had written, if it is
            known to be another.
        permanence: Whether another attempt may succeed.
        reason: Why.
        fault: Whose fault it is.
        status: The enhanced code, as it was given.
        reply_code: The reply code, 200..599, as it was given.
        diagnostic: What the mail system said, on one line.
        remote_mta: The host that said so.
        reporting_mta: The host that reports it.
        dialect: The form of the mail: `rfc3464`, `exim`, `prose`.
        envelope_id: The ENVID of the original.
        message_id: The Message-ID of the original, without brackets.
        occurred: When it happened, or was reported; with a zone.
        event_id: The same for the same event; `""` until it is given.
        evidence: Why the fields have their values.

    Raises:
        InvalidValue: There is no recipient, the reply code is out of range, or the time
            has no zone.
    """

    recipient: str
    kind: EventKind
    original_recipient: str | None = None
    permanence: Permanence = Permanence.UNKNOWN
    reason: Reason | None = None
    fault: Fault = Fault.UNKNOWN
    status: EnhancedStatusCode | None = None
    reply_code: int | None = None
    diagnostic: str | None = None
    remote_mta: str | None = None
    reporting_mta: str | None = None
    dialect: str = "rfc3464"
    envelope_id: str | None = None
    message_id: str | None = None
    occurred: dt.datetime | None = None
    event_id: str = ""
    evidence: tuple[Evidence, ...] = attrs.field(default=(), converter=_evidence)

    def __attrs_post_init__(self) -> None:
        if not self.recipient:
            message = "event: there is no recipient"
            raise InvalidValue(message, value=self.recipient)
        if self.reply_code is not None:
            least, most = REPLY_CODES
            require_whole(self.reply_code, "reply_code", least=least, most=most)
        require_zone(self.occurred, "occurred", of_minutes=False)
