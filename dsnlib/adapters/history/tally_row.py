"""What events are counted by, as columns of a table.

Rules.
- Whose mailbox it is, `bounces.provider` tells; its answers are remembered, as many as a
  site meets in a year.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.provider import provider_of
from dsnlib.bounces.summary import TallyKey
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "FAULTS",
    "KINDS",
    "PERMANENCES",
    "PROVIDERS",
    "REASONS",
    "TallyRow",
    "look_up_provider",
    "read_tally_row",
]

# By value.  Looking up is a tenth of what calling an `Enum` costs.
KINDS: dict[object, EventKind] = {each.value: each for each in EventKind}
PERMANENCES: dict[object, Permanence] = {each.value: each for each in Permanence}
FAULTS: dict[object, Fault] = {each.value: each for each in Fault}
REASONS: dict[object, Reason] = {each.value: each for each in Reason}

# Chosen by us; a stranger can invent more.
_REMEMBERED = 65_536
# Two names of hosts (RFC 1035 s2.3.4); what is longer is none.
_LONGEST_HOSTS = 510
# (host that spoke, domain of the address) -> who runs the mailbox, as `look_up_provider`
# has found it
PROVIDERS: dict[tuple[str | None, str], str] = {}


class TallyRow(NamedTuple):
    """A `TallyKey` as columns; `""` stands where it has no reason."""

    day: str
    provider: str
    kind: str
    permanence: str
    reason: str
    fault: str
    status: str


def look_up_provider(remote_mta: str | None, domain: str) -> str:
    """Return who runs a mailbox, and remember it; `""` if nobody that we know.  Never raises."""
    found = provider_of(remote_mta, f"@{domain}")
    if len(PROVIDERS) >= _REMEMBERED:
        PROVIDERS.clear()
    if len(remote_mta or "") + len(domain) <= _LONGEST_HOSTS:
        PROVIDERS[remote_mta, domain] = found
    return found


def read_tally_row(row: Sequence[Any]) -> TallyKey:
    """Return the key of a tally.

    Args:
        row: The columns of `TallyRow`, as a database gives them.

    Raises:
        InvalidValue: A value is none that its column can have.
    """
    try:
        day, provider, kind, permanence, reason, fault, status = row
        return TallyKey(
            dt.date.fromisoformat(day),
            provider,
            KINDS[kind],
            PERMANENCES[permanence],
            None if reason == "" else REASONS[reason],
            FAULTS[fault],
            status,
        )
    except (KeyError, TypeError, ValueError) as error:
        message = f"tally: {tuple(row)!r} is no row of one: {error}"
        raise InvalidValue(message, value=tuple(row)) from error
