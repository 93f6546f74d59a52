"""Hands events to a Django site, as the tracking signal of django-anymail.

A receiver::

    @receiver(anymail.signals.tracking)
    def on_bounce(sender, event, esp_name, **kwargs): ...

Receivers that were written for the webhooks of a service work as they are: `esp_name` is
`dsnlib`, `event.esp_event` is the record of the event (`bounces.event_record`).

Rules.
- The names are those of `bounces.rules.names`; `deferred`, `delivered` and `complained`
  follow from the kind of an event.  Where anymail has no name it is `unknown`.
- `message_id` is the Message-ID of the original, in brackets, as Django's own mail has it
  and anymail's status; where it is not known, the ENVID.
- An event is taken when every receiver has returned.  One that raises refuses it, but for
  a database that is away: that is nothing the event could help.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from dsnlib.adapters.outbox.sink import EventRefused, SinkUnavailable
from dsnlib.bounces.event import EventKind
from dsnlib.bounces.event_record import event_record
from dsnlib.bounces.rules.names import System, foreign_name
from dsnlib.bounces.taxonomy import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anymail.signals import AnymailTrackingEvent

    from dsnlib.adapters.outbox.notice import Notice
    from dsnlib.bounces.event import BounceEvent

__all__ = ["AnymailSignal", "anymail_event"]

# kind -> event_type, reject_reason.  A failure is named by its reason instead.
_BY_KIND: dict[EventKind, tuple[str, str | None]] = {
    # "should be followed by a later BOUNCED or DELIVERED"
    EventKind.DELAY: ("deferred", None),
    EventKind.SUCCESS: ("delivered", None),
    EventKind.COMPLAINT: ("complained", "spam"),
    # Handed to a system that does not report, or to a list: nobody knows of the mailbox.
    EventKind.RELAYED: ("sent", None),
    EventKind.EXPANDED: ("sent", None),
}


def anymail_event(notice: Notice) -> AnymailTrackingEvent:
    """Return an event as anymail has it.

    Raises:
        ImportError: django-anymail is not installed.
    """
    from anymail.signals import AnymailTrackingEvent

    event = notice.event
    event_type, reject_reason = _names(event)
    # Its constructor has no annotations.
    made: Any = AnymailTrackingEvent
    tracked: AnymailTrackingEvent = made(
        event_type=event_type,
        timestamp=event.occurred or dt.datetime.now(dt.UTC),
        event_id=event.event_id,
        esp_event=event_record(event),
        message_id=f"<{event.message_id}>" if event.message_id else event.envelope_id,
        recipient=event.recipient,
        reject_reason=reject_reason,
        description=None if event.reason is None else event.reason.value,
        mta_response=event.diagnostic,
        tags=[],
        metadata={"source": notice.source} if notice.source else {},
    )
    return tracked


def _names(event: BounceEvent) -> tuple[str, str | None]:
    if event.kind in _BY_KIND:
        return _BY_KIND[event.kind]
    reason = Reason.UNDEFINED if event.reason is None else event.reason
    name = foreign_name(reason, event.permanence, System.ANYMAIL)
    event_type, _, reject_reason = (name or "unknown").partition("/")
    return event_type, reject_reason or None


class AnymailSignal:
    """Sends the tracking signal of django-anymail.

    Args:
        sender: The `sender` of the signal; this class if `None`.

    Raises:
        ImportError: django-anymail is not installed.
    """

    most_notices = 1
    wants_suppression = False

    def __init__(self, sender: object = None) -> None:
        from anymail.signals import tracking
        from django.db.utils import InterfaceError, OperationalError

        self._away = (InterfaceError, OperationalError, SinkUnavailable)
        self._sender = type(self) if sender is None else sender
        self._signal = tracking

    def take(self, notices: Sequence[Notice]) -> None:
        """Send the signal for each event.

        Raises:
            SinkUnavailable: The database of a receiver is away.
            EventRefused: A receiver raised anything else.
        """
        for each in notices:
            try:
                self._signal.send(sender=self._sender, event=anymail_event(each), esp_name="dsnlib")
            except self._away as error:
                message = f"the database of a receiver is away: {type(error).__name__}"
                raise SinkUnavailable(message) from error
            except Exception as error:
                message = f"a receiver raised {type(error).__name__}"
                raise EventRefused(message) from error

    def close(self) -> None:
        """Do nothing."""
