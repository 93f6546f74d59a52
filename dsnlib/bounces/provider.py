"""Who runs the mailbox that an event is about, as far as the shipped rules know it.

Rules.
- The host that spoke tells; where nobody that we know runs it, the domain of the recipient
  does: a gateway may stand before a mailbox of a provider's.
- Hosts are names of strangers: as many are remembered as a year of bounces of one site has,
  none longer than a name can be (RFC 1035 s2.3.4).
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from dsnlib.bounces.address_key import address_key
from dsnlib.bounces.rules.shipped import shipped_rules
from dsnlib.model.local_part import domain_of

if TYPE_CHECKING:
    from dsnlib.bounces.event import BounceEvent

__all__ = ["provider_of", "provider_of_event"]

_LONGEST_HOST = 255
# Chosen by us: some megabytes.
_REMEMBERED = 16_384


def provider_of_event(event: BounceEvent) -> str:
    """Return who runs the mailbox of an event; `""` if nobody that we know.  Never raises.

    >>> from dsnlib.bounces.event import BounceEvent, EventKind
    >>> provider_of_event(BounceEvent(recipient="bob@gmail.com", kind=EventKind.FAILURE))
    'google'
    """
    return provider_of(event.remote_mta, event.recipient)


def provider_of(remote_mta: str | None, recipient: str) -> str:
    """Return the same, where an event is a row.  Never raises.

    Args:
        remote_mta: The host that spoke, if it is known.
        recipient: The address.
    """
    found = _runs(remote_mta[-_LONGEST_HOST:]) if remote_mta else ""
    return found or _runs(domain_of(address_key(recipient))[-_LONGEST_HOST:])


@functools.lru_cache(maxsize=_REMEMBERED)
def _runs(host: str) -> str:
    return shipped_rules().provider_of(host) or ""
