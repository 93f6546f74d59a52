"""An address and its sender -> the transport that takes the mail, and the next hop it is told.

What is asked, in this order::

    transport_maps    a table's `transport:nexthop`, for an address, a domain, `.domain`, `*`
    local, mailbox    the site's own mailboxes
    alias             an error: an address that leads nowhere is no recipient
    foreign           sender_dependent_default_transport_maps: a table's `transport:nexthop`
    relay, foreign    sender_dependent_relayhost_maps: a table's next hop; then `relayhost`,
                      or the domain itself

Rules.
- The first of these that has an answer counts.
- In `transport_maps` a transport that stands alone has the domain for its next hop, so
  `smtp:` goes past `relayhost`; a next hop that stands alone has the usual transport, and
  `:` is what is usual.
- A table by sender is asked for the whole address, the address without its extension and
  `@domain`; for the null return path, `<>`.  `DUNNO` ends the search, and says nothing.
- What a table answers is told as it is, its case included.
- A table that cannot answer is no reason to lose mail: `retry:4.3.0`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.agents.domains import DomainClass, Domains
from dsnlib.adapters.agents.local_name import split_extension, table_keys
from dsnlib.adapters.client.first_key import find_first
from dsnlib.adapters.transport import Destination
from dsnlib.errors import InvalidValue, LookupFailed
from dsnlib.model.local_part import bare_local_part, split_address
from dsnlib.replies.search import NULL_SENDER, host_keys
from dsnlib.replies.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Router", "parse_destination"]

_NOWHERE = Destination("error", "5.1.1 this address leads nowhere")
_UNKNOWN = Destination("retry", "4.3.0 the way of this address cannot be looked up now")
_SAYS_NOTHING = "DUNNO"


def parse_destination(text: str) -> Destination:
    """Return what `smtp:[mail.example.org]:587` or `error:5.1.1 gone` says.

    >>> parse_destination("smtp:[mail.example.org]:587").nexthop
    '[mail.example.org]:587'

    Raises:
        InvalidValue: There is no colon.
    """
    transport, colon, nexthop = text.strip().partition(":")
    if not colon:
        message = f"transport: {text[:80]!r} has no colon, such as smtp:[mail.example.org]"
        raise InvalidValue(message, value=text)
    return Destination(transport.strip(), nexthop.strip())


def _tables(values: Iterable[Table]) -> tuple[Table, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class Router:
    """Where mail goes.

    Args:
        domains: The domains of the site.
        tables: Those of `transport_maps`.
        relayhost: The next hop of all that is not delivered here, such as
            `[mail.example.org]:587`; `""` for each domain's own.
        local: The transport of local domains.
        mailbox: The transport of mailbox domains.
        relay: The transport of relay domains.
        default: The transport of everybody else's.
        delimiter: The characters that can begin an extension.
        transports_by_sender: Tables of `transport:nexthop` by sender, which come before
            `default`.
        relayhosts_by_sender: Tables of next hops by sender, which come before `relayhost`.
    """

    domains: Domains
    tables: tuple[Table, ...] = attrs.field(default=(), converter=_tables)
    relayhost: str = ""
    local: str = "local"
    mailbox: str = "virtual"
    relay: str = "smtp"
    default: str = "smtp"
    delimiter: str = ""
    transports_by_sender: tuple[Table, ...] = attrs.field(default=(), converter=_tables)
    relayhosts_by_sender: tuple[Table, ...] = attrs.field(default=(), converter=_tables)

    async def route(self, address: str, sender: str | None = None) -> Destination:
        """Return where mail for an address goes.  Never raises.

        Args:
            address: The recipient's.
            sender: The return path, `""` for the null one; `None` for nobody's, where
                no table by sender is asked.
        """
        whole = self.domains.qualify(address)
        # A dot at the end says the same of a name, and is no way past a table.
        domain = split_address(whole)[2].lower().removesuffix(".")
        try:
            value = await _find(self.tables, self._keys(whole, domain))
            return await self._way(domain, sender, value or ":")
        except LookupFailed:
            return _UNKNOWN

    async def _way(self, domain: str, sender: str | None, value: str) -> Destination:
        """Return where mail for a domain goes, for what `transport_maps` says of it.

        Raises:
            LookupFailed: A table cannot answer.
        """
        transport, _, nexthop = map(str.strip, value.partition(":"))
        if transport:
            return Destination(transport, nexthop or _default_of(transport, domain))
        class_ = self.domains.class_of(domain)
        if class_ is DomainClass.ALIAS:
            usual = _NOWHERE
        elif class_ in (DomainClass.LOCAL, DomainClass.MAILBOX):
            usual = Destination(getattr(self, _TRANSPORTS[class_]), domain)
        else:
            usual = await self._usual(domain, sender, class_)
        return Destination(usual.transport, nexthop or usual.nexthop)

    async def _usual(self, domain: str, sender: str | None, class_: DomainClass) -> Destination:
        """Return where mail for a domain that is not here goes.

        Raises:
            LookupFailed: A table cannot answer.
        """
        value = None
        if class_ is DomainClass.FOREIGN:
            value = await self._by_sender(self.transports_by_sender, sender)
        transport, _, nexthop = map(str.strip, (value or "").partition(":"))
        # `error:` has a text there, or none.
        if not nexthop and (not transport or _default_of(transport, domain)):
            by_sender = await self._by_sender(self.relayhosts_by_sender, sender)
            nexthop = by_sender or self.relayhost or domain
        return Destination(transport or getattr(self, _TRANSPORTS[class_]), nexthop)

    async def _by_sender(self, tables: Sequence[Table], sender: str | None) -> str | None:
        if not tables or sender is None:
            return None
        whole = self.domains.qualify(sender) if sender else ""
        keys = [key for key, _ in table_keys(whole, self.delimiter, is_local=False)]
        value = await _find(tables, keys if sender else [NULL_SENDER])
        # An empty value is none, as in Postfix.
        return None if value is None or value.upper() == _SAYS_NOTHING else value

    def _keys(self, address: str, domain: str) -> Iterator[str]:
        local_part = split_address(address)[0]
        yield f"{bare_local_part(local_part).lower()}@{domain}"
        name, extension = split_extension(local_part, self.delimiter)
        if extension:
            yield f"{name}@{domain}"
        yield from host_keys(domain, parents=False)
        yield "*"


def _default_of(transport: str, domain: str) -> str:
    return "" if transport in ("error", "retry") else domain


async def _find(tables: Sequence[Table], keys: Iterable[str]) -> str | None:
    """Return the value of the first key that a table has.

    Raises:
        LookupFailed: A table cannot answer.
    """
    if not tables:
        return None
    # A table of patterns is asked once, with the whole.
    whole, *parts = keys
    found = await find_first(tables, [whole], parts)
    return None if found is None else found.value.strip()


# The field of `Router` that says it.
_TRANSPORTS = {
    DomainClass.LOCAL: "local",
    DomainClass.MAILBOX: "mailbox",
    DomainClass.RELAY: "relay",
    DomainClass.FOREIGN: "default",
}
