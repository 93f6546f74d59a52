"""Where an address leads: virtual aliases, confidential forwards, alias files, lists.

Asked in this order, the first that has it counts:

    confidential   tables   a forward that the sender must not learn of (s5.2.7.4)
    virtual        tables   `virtual_alias_maps`: any address
    local          files    `alias_maps`: names in local domains; with `owner-`, a list
    postmaster              at each domain of the site, to the postmaster of the origin

Rules.
- Keys of tables are `user+ext@domain`, `user@domain`, in local domains the name alone,
  then `@domain` for all of a domain.
- What a key leaves of an extension goes on with the targets of a virtual alias.
- An address that leads to itself alone is where it should be.
- An address without a domain is in the origin, before and after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dsnlib.adapters.agents.aliases import parse_addresses
from dsnlib.adapters.agents.domains import DomainClass
from dsnlib.adapters.agents.local_name import extend_address, split_extension, table_keys
from dsnlib.errors import LookupFailed, TableError
from dsnlib.model.local_part import bare_local_part, quote_local_part, split_address
from dsnlib.policy.expansion import Expansion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsnlib.adapters.agents.domains import Domains

__all__ = ["AddressTable", "AliasSource", "Expansions"]

_POSTMASTER = "postmaster"


class AddressTable(Protocol):
    """A table that answers at once, as those of `open_table` do."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def lookup(self, key: str) -> str | None:
        """Return the value for a key, or `None`."""


class AliasSource(Protocol):
    """Where names lead, as `Aliases` and `AliasFile` say it."""

    def lookup(self, name: str) -> Sequence[str] | None:
        """Return the addresses that a name leads to, or `None`."""


class Expansions:
    """Where addresses lead: what `expand` asks.

    Args:
        domains: The domains of the site.
        virtual: Tables of addresses and where they lead.
        local: The alias files, for local domains.
        confidential: Tables of forwards that senders must not learn of.
        delimiter: The characters that can begin an extension.
    """

    def __init__(
        self,
        domains: Domains,
        *,
        virtual: Iterable[AddressTable] = (),
        local: Iterable[AliasSource] = (),
        confidential: Iterable[AddressTable] = (),
        delimiter: str = "",
    ) -> None:
        self._domains = domains
        self._virtual = tuple(virtual)
        self._local = tuple(local)
        self._confidential = tuple(confidential)
        self._delimiter = delimiter

    def look_up(self, address: str) -> Expansion | None:
        """Return what an address leads to, or `None` if it is at its end.

        Raises:
            LookupFailed: A table cannot answer, or has a value that is no address.
        """
        whole = self._domains.qualify(address)
        local_part, _, domain = split_address(whole)
        class_ = self._domains.class_of(domain)
        is_local = class_ is DomainClass.LOCAL
        hidden = self._search(self._confidential, whole, is_local=is_local)
        if hidden:
            return Expansion.confidential(*hidden)
        targets = self._search(self._virtual, whole, is_local=is_local)
        if targets and not _is_itself(targets, whole):
            return Expansion.alias(*targets)
        found = self._in_files(local_part, domain) if is_local else None
        if found is not None and not _is_itself(found.targets, whole):
            return found
        if class_ is DomainClass.ALIAS and not targets and local_part.lower() == _POSTMASTER:
            return Expansion.alias(f"{_POSTMASTER}@{self._domains.origin}")
        return None if whole == address else Expansion.alias(whole)

    def _search(
        self, tables: Iterable[AddressTable], address: str, *, is_local: bool
    ) -> tuple[str, ...]:
        for key, extension in table_keys(address, self._delimiter, is_local=is_local):
            for table in tables:
                value = _ask(table, key)
                if value is not None:
                    targets = _targets(value, table.name, key)
                    return tuple(
                        [extend_address(self._domains.qualify(each), extension) for each in targets]
                    )
        return ()

    def _in_files(self, local_part: str, domain: str) -> Expansion | None:
        """Return what the alias files say of a name: the whole, then without extension."""
        whole = bare_local_part(local_part).lower()
        for name in dict.fromkeys((whole, split_extension(local_part, self._delimiter)[0])):
            members = self._members(name)
            if members is None:
                continue
            targets = [self._domains.qualify(each) for each in members]
            owner = f"owner-{name}"
            if name.startswith("owner-") or self._members(owner) is None:
                return Expansion.alias(*targets)
            return Expansion.list_(*targets, owner=f"{quote_local_part(owner)}@{domain}")
        return None

    def _members(self, name: str) -> Sequence[str] | None:
        return next((found for each in self._local if (found := each.lookup(name))), None)


def _ask(table: AddressTable, key: str) -> str | None:
    try:
        value: object = table.lookup(key)
    except LookupFailed:
        raise
    except Exception as error:  # a table of the caller's may raise anything
        message = f"{table.name}: {key!r}: {type(error).__name__}: {error}"
        raise LookupFailed(message, source=table.name, key=key) from error
    if value is None or isinstance(value, str):
        return value
    message = f"{table.name}: {key!r}: it answers {type(value).__name__}, not text"
    raise LookupFailed(message, source=table.name, key=key)


def _targets(value: str, source: str, key: str) -> tuple[str, ...]:
    try:
        targets = tuple(dict.fromkeys(parse_addresses(value, origin=source, line=1)))
    except TableError as error:
        raise LookupFailed(f"{source}: {key!r}: {error}", source=source, key=key) from error
    if not targets or any(each.lower().startswith(":include:") for each in targets):
        message = f"{source}: {key!r}: {value[:80]!r} is no list of addresses"
        raise LookupFailed(message, source=source, key=key)
    return targets


def _is_itself(targets: Sequence[str], address: str) -> bool:
    return len(targets) == 1 and targets[0].lower() == address.lower()
