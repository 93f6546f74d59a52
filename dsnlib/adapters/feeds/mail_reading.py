"""One mail as a feed takes it: what it says, when that was, and about whom.

Rules.
- An event has a time: its own, or that of the bounce's Date, or when it arrived.  A time
  in the future becomes now, and one from before 1970 is none.
- Only mail that looks like a bounce and says nothing is `unknown`; other mail is no
  business of a history.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.feeds.subscriber import Lookup, attribute
from dsnlib.bounces.event import BounceEvent
from dsnlib.bounces.kinds.message_kind import MessageKind, tell_kind
from dsnlib.bounces.links.link import Issuer
from dsnlib.bounces.read import read_bounces
from dsnlib.bounces.rules.rule_set import RuleSet
from dsnlib.bounces.unknown import UnknownBounce
from dsnlib.model.date import guess_date
from dsnlib.model.texts import texts
from dsnlib.parse.labels import top_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["MailReader", "MailReading", "settle_time"]

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DATE = re.compile(rb"(?:^|\n)date[ \t]*:([^\r\n]{1,200})", re.IGNORECASE)
_HEADER_OCTETS = 1 << 16


def _events(values: Iterable[BounceEvent]) -> tuple[BounceEvent, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class MailReading:
    """What one mail says.

    Args:
        events: Each with its time and its `event_id`.
        kind: What kind of mail it is.
        unknown: The mail, if it looks like a bounce and nothing could be read of it.
        is_forged: Whether nothing shows that it is about a mail of ours, though we sign
            them; there are no events then.
    """

    events: tuple[BounceEvent, ...] = attrs.field(default=(), converter=_events)
    kind: MessageKind = MessageKind.ORDINARY
    unknown: UnknownBounce | None = None
    is_forged: bool = False


@attrs.frozen(kw_only=True)
class MailReader:
    """How mails are read.

    Args:
        issuer: What the sender signs, to know the subscriber by; see `subscriber`.
        lookup: Tells whose a verified link is that names no address itself.
        rules: What replies mean; ours if not given.
        believes_unsigned: Whether a bounce counts that has no signature though the issuer
            has keys; while mail from before them is on its way.
    """

    issuer: Issuer | None = None
    lookup: Lookup | None = None
    rules: RuleSet | None = None
    believes_unsigned: bool = False

    def read(
        self,
        octets: bytes,
        *,
        now: dt.datetime,
        arrived: dt.datetime | None = None,
        arrived_at: Sequence[str] = (),
    ) -> MailReading:
        """Return what a mail says.

        Args:
            octets: The mail.
            now: What the time is, with a zone.
            arrived: When it came, with a zone; now if not given.
            arrived_at: The addresses that it was delivered to, as far as they are known.

        Raises:
            InvalidValue: `arrived_at` is one text.  Nothing that is in the mail raises.
        """
        arrived_at = texts(arrived_at, "arrived_at")
        found: list[UnknownBounce] = []
        events = read_bounces(octets, rules=self.rules, on_unknown=found.append)
        if not events:
            unknown = found[0] if found else None
            kind = tell_kind(octets) if unknown is None else unknown.kind
            return MailReading(kind=kind, unknown=unknown)
        header = top_header(octets)
        seen = attribute(
            events,
            octets,
            issuer=self.issuer,
            arrived_at=arrived_at,
            lookup=self.lookup,
            now=now,
            believes_unsigned=self.believes_unsigned,
        )
        kind = tell_kind(octets)
        if seen.is_forged:
            return MailReading(kind=kind, is_forged=True)
        reported = None
        if any(event.occurred is None for event in seen.events):
            reported = _reported(header)
        return MailReading(
            events=[
                settle_time(event, now=now, otherwise=reported or arrived or now)
                for event in seen.events
            ],
            kind=kind,
        )


def settle_time(event: BounceEvent, *, now: dt.datetime, otherwise: dt.datetime) -> BounceEvent:
    """Return an event with a time that can be right.

    Args:
        event: It may have a time.
        now: What the time is, with a zone; nothing has occurred after it.
        otherwise: When it occurred if the event does not say so.
    """
    occurred = event.occurred
    if occurred is None or occurred < _EPOCH:
        occurred = otherwise if otherwise >= _EPOCH else now
    occurred = min(occurred, now)
    return event if occurred == event.occurred else attrs.evolve(event, occurred=occurred)


def _reported(header: bytes) -> dt.datetime | None:
    """Return the Date of a bounce."""
    found = _DATE.search(header[:_HEADER_OCTETS])
    return None if found is None else guess_date(found[1].decode("latin-1"))
