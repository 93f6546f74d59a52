"""An address -> the transport that takes its mail, and the next hop it is told.

    transport_maps    a table's `transport:nexthop`, for an address, a domain, `.domain`, `*`
    local, mailbox    the site's own mailboxes
    alias             an error: an address that leads nowhere is no recipient
    relay, foreign    `relayhost`, or the domain itself

Rules.
- The first of these that has an answer counts; of a table's value what is left out is
  taken from the rest.
- A table that cannot answer is no reason to lose mail: `retry:4.3.0`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.agents.domains import DomainClass, Domains
from dsnlib.adapters.agents.local_name import split_extension
from dsnlib.adapters.transport import Destination
from dsnlib.errors import InvalidValue, LookupFailed
from dsnlib.model.local_part import bare_local_part, split_address
from dsnlib.replies.search import host_keys
from dsnlib.replies.table import Table, ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Router", "parse_destination"]

_NOWHERE = Destination("error", "5.1.1 this address leads nowhere")
_UNKNOWN = Destination("retry", "4.3.0 the way of this address cannot be looked up now")


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
    """

    domains: Domains
    tables: tuple[Table, ...] = attrs.field(default=(), converter=_tables)
    relayhost: str = ""
    local: str = "local"
    mailbox: str = "virtual"
    relay: str = "smtp"
    default: str = "smtp"
    delimiter: str = ""

    async def route(self, address: str) -> Destination:
        """Return where mail for an address goes.  Never raises."""
        whole = self.domains.qualify(address)
        domain = split_address(whole)[2].lower()
        usual = self._usual(domain)
        try:
            value = await self._find(whole, domain)
        except LookupFailed:
            return _UNKNOWN
        if value is None:
            return usual
        transport, _, nexthop = value.partition(":")
        transport = transport.strip() or usual.transport
        # Of another transport the usual next hop says nothing, but the domain does.
        default = usual.nexthop if transport == usual.transport else domain
        return Destination(transport, nexthop.strip() or default)

    def _usual(self, domain: str) -> Destination:
        class_ = self.domains.class_of(domain)
        if class_ is DomainClass.ALIAS:
            return _NOWHERE
        transport: str = getattr(self, _TRANSPORTS[class_])
        if class_ in (DomainClass.LOCAL, DomainClass.MAILBOX):
            return Destination(transport, domain)
        return Destination(transport, self.relayhost or domain)

    async def _find(self, address: str, domain: str) -> str | None:
        if not self.tables:
            return None
        for key in self._keys(address, domain):
            for table in self.tables:
                value = await ask(table, key)
                if value is not None:
                    return value
        return None

    def _keys(self, address: str, domain: str) -> Iterator[str]:
        local_part = split_address(address)[0]
        yield f"{bare_local_part(local_part).lower()}@{domain}"
        name, extension = split_extension(local_part, self.delimiter)
        if extension:
            yield f"{name}@{domain}"
        yield from host_keys(domain, parents=False)
        yield "*"


# The field of `Router` that says it.
_TRANSPORTS = {
    DomainClass.LOCAL: "local",
    DomainClass.MAILBOX: "mailbox",
    DomainClass.RELAY: "relay",
    DomainClass.FOREIGN: "default",
}
