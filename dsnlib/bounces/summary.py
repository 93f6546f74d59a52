"""What became of mail over a time, in numbers: what a report draws and says.

Made by a history (`adapters.store`) from its tallies, or by a bulk run from its rows.
No address is in the tallies; the worst addresses are named beside them.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

import attrs

if TYPE_CHECKING:
    from dsnlib.bounces.event import EventKind
    from dsnlib.bounces.taxonomy import Fault, Permanence, Reason

__all__ = ["Summary", "Tally", "TallyKey", "Worst"]


class TallyKey(NamedTuple):
    """What events are counted by.

    Args:
        day: The day, UTC, on which they occurred.
        provider: Who runs the mailboxes (`google`, `microsoft`), `""` for any other.
        kind: What happened.
        permanence: Whether it lasts.
        reason: Why; `None` where nobody asked.
        fault: Whose fault it is.
        status: The enhanced code as text; `""` where none was given.
    """

    day: dt.date
    provider: str
    kind: EventKind
    permanence: Permanence
    reason: Reason | None
    fault: Fault
    status: str


class Tally(NamedTuple):
    """How many events there were of a kind."""

    key: TallyKey
    events: int


class Worst(NamedTuple):
    """An address or a domain with many failures.

    Args:
        name: The key of the address, or the domain.
        failures: How many failures there were.
        events: How many events of any kind.
        reason: The reason that most failures had; `None` if nobody asked.
        last: The last day on which it failed.
        suppressed: Whether the address is suppressed; `None` for a domain.
    """

    name: str
    failures: int
    events: int
    reason: Reason | None
    last: dt.date
    suppressed: bool | None = None


@attrs.frozen(kw_only=True)
class Summary:
    """All that a report is made of.

    Args:
        since: The first day.
        until: The last day.
        tallies: How many events there were, by day and by what happened.
        addresses: Those with most failures, the worst first.
        domains: The same for domains.
        suppressed: How many addresses are suppressed, by source.
        unread: How many messages looked like bounces and could not be read, if that
            is known.
    """

    since: dt.date
    until: dt.date
    tallies: tuple[Tally, ...] = ()
    addresses: tuple[Worst, ...] = ()
    domains: tuple[Worst, ...] = ()
    suppressed: tuple[tuple[str, int], ...] = ()
    unread: int | None = None
