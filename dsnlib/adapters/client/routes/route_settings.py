"""How the way of mail is looked up: the settings of `MxRouter`."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.client.routes.hosts import HostLookup
from dsnlib.errors import InvalidValue
from dsnlib.model.texts import texts
from dsnlib.replies.cidr_table import read_address

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["AddressPreference", "RouteSettings"]


class AddressPreference(enum.Enum):
    """Which version of IP comes first; the words are those of `smtp_address_preference`."""

    ANY = "any"
    IPV4 = "ipv4"
    IPV6 = "ipv6"


def _names(values: Iterable[str]) -> frozenset[str]:
    return frozenset(value.lower().removesuffix(".") for value in texts(values))


def _addresses(values: Iterable[str]) -> frozenset[str]:
    return frozenset(str(read_address(value) or value) for value in texts(values))


def _lookups(values: Iterable[HostLookup]) -> tuple[HostLookup, ...]:
    return tuple(values)


def _numbers(values: Iterable[int]) -> tuple[int, ...]:
    return tuple(values)


def _endpoints(values: Iterable[tuple[str, int]]) -> frozenset[tuple[str, int]]:
    return frozenset((str(read_address(host) or host), port) for host, port in values)


@attrs.frozen(kw_only=True)
class RouteSettings:
    """How the way of mail is looked up.

    Args:
        port: The port of a next hop that names none.
        has_mx: Whether domains have MX records: with LMTP, never.
        lookups: How the addresses of hosts are looked up.
        versions: The versions of IP that are spoken here: 4, 6.
        preference: Which of them comes first.
        most_addresses: How many places of a next hop are tried; 0 for all.
        own_names: The names of this system: where it may be an MX.
        own_addresses: Its IP addresses, and those it is reached at through others, for
            the same.
        own_endpoints: Addresses and ports where it listens: what a next hop in
            brackets may be as well; another server may listen beside it.  `0.0.0.0` and
            `::` are all addresses of this system.
        fallback_relays: Next hops for what reaches none of its own.
        seconds: How long one question may take; all of them for one next hop take no
            more than three times that.

    Raises:
        InvalidValue: A number is out of range, or there is no version or no way to
            look up.
    """

    port: int = 25
    has_mx: bool = True
    lookups: tuple[HostLookup, ...] = attrs.field(default=(HostLookup.DNS,), converter=_lookups)
    versions: tuple[int, ...] = attrs.field(default=(4, 6), converter=_numbers)
    preference: AddressPreference = AddressPreference.ANY
    most_addresses: int = 5
    own_names: frozenset[str] = attrs.field(default=(), converter=_names)
    own_addresses: frozenset[str] = attrs.field(default=(), converter=_addresses)
    own_endpoints: frozenset[tuple[str, int]] = attrs.field(default=(), converter=_endpoints)
    fallback_relays: tuple[str, ...] = attrs.field(default=(), converter=texts)
    seconds: float = 10.0

    def __attrs_post_init__(self) -> None:
        # name, value, whether it is right
        checks = (
            ("port", self.port, 0 < self.port <= 65_535),
            ("lookups", self.lookups, bool(self.lookups)),
            ("versions", self.versions, set(self.versions) in ({4}, {6}, {4, 6})),
            ("most_addresses", self.most_addresses, self.most_addresses >= 0),
            ("seconds", self.seconds, self.seconds > 0),
        )
        for name, value, is_right in checks:
            if not is_right:
                message = f"route: {name} cannot be {value!r}"
                raise InvalidValue(message, value=value)
