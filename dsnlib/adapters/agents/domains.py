"""The domains of a site, by what they are to it (RFC 5321 s2.3.5).

    local     mydestination              names of accounts: aliases and mailboxes
    alias     virtual_alias_domains      every address leads to others
    mailbox   virtual_mailbox_domains    every address has a mailbox of its own
    relay     relay_domains              taken in, and sent on

Rules.
- A name stands for itself; one that begins with a dot, for all names below it.
- Of two lists that have a domain the first in this order counts.
- An address without a domain is in `origin`.
"""

from __future__ import annotations

import enum

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.local_part import split_address
from dsnlib.model.texts import lower_text_set

__all__ = ["DomainClass", "Domains"]

# "255 octets or less"                                           RFC 1035 s2.3.4
_LONGEST_NAME = 255


class DomainClass(enum.Enum):
    """What a domain is to the site."""

    LOCAL = "local"
    ALIAS = "alias"
    MAILBOX = "mailbox"
    RELAY = "relay"
    FOREIGN = "foreign"


@attrs.frozen(kw_only=True)
class Domains:
    """The domains of a site.

    >>> site = Domains(origin="example.org", local=["example.org"], relay=[".example.net"])
    >>> site.class_of("a.example.net").value, site.class_of("example.net").value
    ('relay', 'foreign')

    Args:
        origin: The domain of an address that has none; `myorigin`.
        local: Domains whose addresses are names of accounts.
        alias: Domains whose addresses lead to others.
        mailbox: Domains whose addresses have mailboxes of their own.
        relay: Domains whose mail is sent on.

    Raises:
        InvalidValue: There is no origin.
    """

    origin: str
    local: frozenset[str] = attrs.field(default=(), converter=lower_text_set)
    alias: frozenset[str] = attrs.field(default=(), converter=lower_text_set)
    mailbox: frozenset[str] = attrs.field(default=(), converter=lower_text_set)
    relay: frozenset[str] = attrs.field(default=(), converter=lower_text_set)

    def __attrs_post_init__(self) -> None:
        if not self.origin:
            message = "domains: there is no origin for addresses without a domain"
            raise InvalidValue(message, value=self.origin)

    def class_of(self, domain: str) -> DomainClass:
        """Return what a domain is.  Never raises."""
        name = domain.lower().removesuffix(".")
        keys = [name, *_above(name)]
        for class_ in _CLASSES:
            listed: frozenset[str] = getattr(self, class_.value)
            if listed and any(key in listed for key in keys):
                return class_
        return DomainClass.FOREIGN

    def qualify(self, address: str) -> str:
        """Return an address with a domain: its own, or the origin."""
        return address if split_address(address)[1] else f"{address}@{self.origin}"


_CLASSES = (DomainClass.LOCAL, DomainClass.ALIAS, DomainClass.MAILBOX, DomainClass.RELAY)


def _above(name: str) -> list[str]:
    """Return `.example.org`, `.org` for `a.example.org`."""
    if len(name) > _LONGEST_NAME or name[:1] == "[":
        return []
    keys = []
    _, dot, rest = name.partition(".")
    while dot:
        keys.append(f".{rest}")
        _, dot, rest = rest.partition(".")
    return keys
