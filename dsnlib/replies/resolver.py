"""What restrictions ask of the domain name system, and who a client is.

The protocol is as small as the restrictions need; an adapter implements it.
Its functions may be coroutines.

Rules.
- "There is none" is an empty tuple.  What could not be found out raises, and
  whatever is raised is taken for a failed look-up.
- A client's name counts only if it leads back to the address (RFC 8601 s2.7.3).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

from dsnlib.errors import LookupFailed
from dsnlib.model.text import replace_controls
from dsnlib.replies.session import Client
from dsnlib.replies.table import not_an_answer, settle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    Names = Sequence[str] | Awaitable[Sequence[str]]

__all__ = ["Resolver", "identify", "resolve"]

# Chosen by us: a stranger's zone can have any number; one name is the rule.
_NAMES_TRIED = 10


class Resolver(Protocol):
    """The domain name system, as far as restrictions ask it.

    A name without such records has no names in the answer.  Where it cannot be told,
    a function raises `LookupFailed`, and any other exception is taken for it.
    """

    def addresses(self, name: str) -> Names:
        """Return the IP addresses of a name: its A and AAAA records."""

    def hostnames(self, address: str) -> Names:
        """Return the names of an IP address: its PTR records."""

    def mail_exchangers(self, name: str) -> Names:
        """Return the hosts of a domain's MX records, the preferred one first.

        A null MX (RFC 7505) is one empty name.
        """

    def name_servers(self, name: str) -> Names:
        """Return the hosts of a domain's NS records."""

    def texts(self, name: str) -> Names:
        """Return the texts of a name's TXT records."""


async def resolve(resolver: Resolver, kind: str, name: str) -> tuple[str, ...]:
    """Return what a resolver answers, names without a dot at the end.

    Args:
        resolver: Who is asked.
        kind: For what: the name of a function of the protocol.
        name: For which name or address.

    Raises:
        LookupFailed: It could not answer, or what it answers is no names.
    """
    question, source = getattr(resolver, kind), f"dns {kind}"
    found = await settle(lambda: question(name), object, source=source, key=name)
    # A text is a sequence of texts too, of one letter each.
    if isinstance(found, str) or not isinstance(found, Collection):
        raise not_an_answer(found, "names", source=source, key=name)
    for each in found:
        if not isinstance(each, str):
            raise not_an_answer(each, "a name", source=source, key=name)
    return tuple([each if kind == "texts" else each.removesuffix(".") for each in found])


async def identify(address: str, resolver: Resolver) -> Client:
    """Return who is at an IP address.  Never raises.

    Args:
        address: The address of the client.
        resolver: Who knows names.
    """
    try:
        names = await resolve(resolver, "hostnames", address)
    except LookupFailed:
        return Client(address=address, is_hostname_failed=True, is_reverse_failed=True)
    names = tuple([name for name in names if replace_controls(name) == name])
    has_failed = False
    for name in names[:_NAMES_TRIED]:
        try:
            back = await resolve(resolver, "addresses", name)
        except LookupFailed:
            has_failed = True
            continue
        if any(_is_same(each, address) for each in back):
            return Client(address=address, hostname=name, reverse_hostname=name)
    return Client(
        address=address,
        reverse_hostname=next(iter(names), None),
        is_hostname_failed=has_failed,
    )


def _is_same(left: str, right: str) -> bool:
    try:
        return ipaddress.ip_address(left) == ipaddress.ip_address(right)
    except ValueError:
        return left == right
