"""One notification of Amazon SES: its parts, and what its events have in common.

Rules.
- A value of another type than it has is as one that is missing.
- Text is made fit for an event: one line, octets in UTF-8, a bound.
"""

from __future__ import annotations

from typing import Any, Self

import attrs

from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.kinds.feedback import parse_address
from dsnlib.bounces.links.clues import find_message_ids
from dsnlib.bounces.links.event_id import digest_parts
from dsnlib.bounces.one_line import is_fit_address, one_line
from dsnlib.model.date import guess_date

__all__ = ["DIALECT", "SesNotification", "list_in", "object_in", "objects_in", "text_in"]

DIALECT = "amazon-ses"
"""The dialect of its events."""

_LONGEST_TEXT = 2000


@attrs.frozen(kw_only=True)
class SesNotification:
    """A notification.

    Args:
        value: All of it.
        mail: What it says of the mail.
        ses_id: What SES calls the mail.
        message_id: The Message-ID of the mail as it was sent, else what SES calls it.
    """

    value: dict[str, Any]
    mail: dict[str, Any]
    ses_id: str
    message_id: str | None

    @classmethod
    def of(cls, value: dict[str, Any]) -> Self:
        """Return the notification that an object is.  Never raises."""
        mail = object_in(value, "mail")
        ses_id = text_in(mail, "messageId")
        return cls(
            value=value, mail=mail, ses_id=ses_id, message_id=_message_id(mail) or ses_id or None
        )

    def event(
        self,
        about: dict[str, Any],
        recipient: object,
        kind: EventKind,
        **fields: Any,  # noqa: ANN401  what else an event has, of its types
    ) -> BounceEvent | None:
        """Return the event of a recipient; `None` where no address is named.

        Args:
            about: The member that tells: `bounce`.
            recipient: The address.
            kind: What happened.
            fields: What else the event has.

        Never raises.
        """
        address = parse_address(recipient) if isinstance(recipient, str) else None
        if address is None or not is_fit_address(address):
            return None
        time = text_in(about, "timestamp") or text_in(self.mail, "timestamp")
        feedback = text_in(about, "feedbackId")
        names = (feedback, self.ses_id, "" if feedback else time, address, kind.value)
        return BounceEvent(
            recipient=address,
            kind=kind,
            dialect=DIALECT,
            reporting_mta=_mta(text_in(about, "reportingMTA")),
            remote_mta=text_in(about, "remoteMtaIp") or None,
            envelope_id=self.ses_id or None,
            message_id=self.message_id,
            occurred=guess_date(time),
            event_id=digest_parts("ses 1", *names),
            **fields,
        )


def _message_id(mail: dict[str, Any]) -> str | None:
    """Return the Message-ID of the header of a mail, without brackets."""
    for field in objects_in(mail, "headers"):
        if text_in(field, "name").lower() == "message-id":
            return _identifier(text_in(field, "value"))
    return _identifier(text_in(object_in(mail, "commonHeaders"), "messageId"))


def _identifier(text: str) -> str | None:
    return next(iter(find_message_ids(text)), None)


def _mta(text: str) -> str | None:
    """Return the name in `dns; mx.example.org`."""
    return text.rpartition(";")[2].strip() or None


def text_in(value: dict[str, Any], name: str) -> str:
    """Return the text of a member; `""` if it has none.  Never raises."""
    text = value.get(name)
    return one_line(text, _LONGEST_TEXT) if isinstance(text, str) else ""


def object_in(value: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the object that a member is; an empty one if it is none.  Never raises."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def list_in(value: dict[str, Any], name: str) -> list[object]:
    """Return the list that a member is; an empty one if it is none.  Never raises."""
    found = value.get(name)
    return found if isinstance(found, list) else []


def objects_in(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects in the list that a member is.  Never raises."""
    return [each for each in list_in(value, name) if isinstance(each, dict)]
