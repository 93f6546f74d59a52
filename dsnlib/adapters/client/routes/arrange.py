"""The hosts of a next hop -> their places, in the order in which they are tried.

    preference 10: a, b    a's first, b's first, a's second, ..
    preference 20: c       c's first, ..

Rules.
- Between hosts with the same preference chance decides, so that they share the mail
  (RFC 5321 s5.1); so it does between the addresses of one.
- The versions of IP take turns: where one of them does not work, the limit must not keep
  the mail from the other.
- No address is tried twice.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.routes.route_settings import AddressPreference

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["HostPlaces", "arrange_places"]


def _places(values: Iterable[ServerPlace]) -> tuple[ServerPlace, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class HostPlaces:
    """A host of a next hop.

    Args:
        preference: The lower, the sooner.
        places: One for each of its addresses.
    """

    preference: int = 0
    places: tuple[ServerPlace, ...] = attrs.field(converter=_places)


def arrange_places(
    hosts: Sequence[HostPlaces],
    *,
    preference: AddressPreference = AddressPreference.ANY,
    most: int = 0,
    chance: random.Random,
) -> tuple[ServerPlace, ...]:
    """Return the places of hosts in the order in which they are tried.

    Args:
        hosts: Those with the lowest preference first.
        preference: Which version of IP comes first.
        most: How many places; 0 for all.
        chance: Decides between equals.
    """
    if len(hosts) == 1 and len(hosts[0].places) == 1:
        return hosts[0].places
    found: dict[str, ServerPlace] = {}
    for _, group in itertools.groupby(hosts, lambda host: host.preference):
        equals = list(group)
        chance.shuffle(equals)
        for place in _in_turn([_of_host(each, preference, chance) for each in equals]):
            found.setdefault(place.address, place)
    return tuple(found.values())[: most or None]


def _of_host(
    host: HostPlaces, preference: AddressPreference, chance: random.Random
) -> Iterator[ServerPlace]:
    shuffled = list(host.places)
    chance.shuffle(shuffled)
    is_six_first = preference is AddressPreference.IPV6
    if preference is AddressPreference.ANY:
        is_six_first = ":" in shuffled[0].address
    rows = [
        [place for place in shuffled if (":" in place.address) is is_six]
        for is_six in (is_six_first, not is_six_first)
    ]
    return _in_turn(rows)


def _in_turn(rows: Iterable[Iterable[ServerPlace]]) -> Iterator[ServerPlace]:
    """Yield the first of each row, then the second of each."""
    for column in itertools.zip_longest(*rows):
        yield from filter(None, column)
