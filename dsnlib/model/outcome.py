"""What delivery knows about one recipient after an attempt.

The policy layer turns outcomes into notifications; so an outcome must not
contradict itself.  RFC 3464 s2.3.3 forbids few combinations of action and
status in so many words; those refused here are the ones its definitions leave
no meaning for (requirement 3464-2.3.3-14).
"""

from __future__ import annotations

import datetime as dt
import enum

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.date import require_zone
from dsnlib.model.envelope import Recipient
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.model.text import refuse_controls

__all__ = ["DeliveryOutcome", "Disposition"]


class Disposition(enum.Enum):
    """How an attempt ended for one recipient."""

    DELIVERED = "delivered"
    RELAYED = "relayed"
    HANDED_ON = "handed-on"
    """To a next hop that supports DSN and now answers for it (RFC 3461 s5.2.2)."""
    EXPANDED = "expanded"
    DELAYED = "delayed"
    FAILED = "failed"


_CLASSES = {
    Disposition.DELIVERED: (StatusClass.SUCCESS,),
    Disposition.RELAYED: (StatusClass.SUCCESS,),
    Disposition.HANDED_ON: (StatusClass.SUCCESS,),
    Disposition.EXPANDED: (StatusClass.SUCCESS,),
    Disposition.DELAYED: (StatusClass.TRANSIENT,),
    # Giving up after a transient error is a failure of class 4: RFC 3464 s2.3.3.
    Disposition.FAILED: (StatusClass.TRANSIENT, StatusClass.PERMANENT),
}
_ONWARD = frozenset({Disposition.RELAYED, Disposition.HANDED_ON})


@attrs.frozen(kw_only=True)
class DeliveryOutcome:
    """The result for one recipient, as far as it is known.

    Args:
        recipient: The recipient of the envelope it is about.
        disposition: How it ended.
        status: The enhanced code; of class 2 for a success, 4 for a delay, 4
            or 5 for a failure.
        diagnostic: What the transport said.
        remote_mta: The next hop, if one was involved (RFC 3464 s2.3.5).
        final_recipient: The address at the end of local rewriting, where it is
            not the envelope's own.
        attempted: When the last attempt was made; with a zone.
        retry_until: When a delayed message will be given up; with a zone.
        log_id: The next system's identifier for the message.
        is_traced: Whether RFC 2852 s4.1.4 wants the relay reported to whoever
            did not say NEVER; for what was relayed or handed on.
        is_delay_reported: Whether the sender has been told before that this
            recipient's message is late.
        is_late: Whether the deadline that DELIVERBY set for it has just passed,
            of which the sender is to hear (RFC 2852 s4.1.3); for what is
            delayed.

    Raises:
        InvalidValue: Disposition and status contradict each other, a time has
            no zone, `retry_until` or `is_late` is given for something not
            delayed, or `is_traced` for something that went nowhere.
    """

    recipient: Recipient
    disposition: Disposition
    status: EnhancedStatusCode
    diagnostic: DiagnosticCode | None = None
    remote_mta: MtaName | None = None
    final_recipient: TypedAddress | None = None
    attempted: dt.datetime | None = None
    retry_until: dt.datetime | None = None
    log_id: str | None = None
    is_traced: bool = False
    is_delay_reported: bool = False
    is_late: bool = False

    def __attrs_post_init__(self) -> None:
        if self.status.class_ not in _CLASSES[self.disposition]:
            message = f"outcome: {self.disposition.value} contradicts status {self.status}"
            raise InvalidValue(message, value=self.status, requirement="3464-2.3.3-14")
        if self.retry_until is not None and self.disposition is not Disposition.DELAYED:
            message = f"outcome: {self.disposition.value} with a time of giving up"
            raise InvalidValue(message, value=self.retry_until, requirement="3464-2.3.9-02")
        if self.is_traced and self.disposition not in _ONWARD:
            message = f"outcome: {self.disposition.value} is no relay to be traced"
            raise InvalidValue(message, value=self.disposition, requirement="2852-4.1.4-02")
        if self.is_late and self.disposition is not Disposition.DELAYED:
            message = f"outcome: {self.disposition.value} is not late"
            raise InvalidValue(message, value=self.disposition, requirement="2852-4.1.3-02")
        require_zone(self.attempted, "attempted")
        require_zone(self.retry_until, "retry_until")
        if self.log_id is not None:
            refuse_controls(self.log_id, "log id")
