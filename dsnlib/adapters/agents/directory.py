"""What the site knows of addresses, for those who refuse unknown ones at RCPT.

Aliases, mailboxes and routes are the ones that mail is delivered by, so what is
accepted can be delivered, and what cannot be is refused while a client waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.adapters.agents.domains import DomainClass
from dsnlib.model.local_part import split_address
from dsnlib.replies.site import DomainKind, Listing
from dsnlib.replies.table import ask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.adapters.agents.domains import Domains
    from dsnlib.adapters.agents.expansions import Expansions
    from dsnlib.adapters.agents.mailboxes import Mailboxes
    from dsnlib.adapters.agents.router import Router
    from dsnlib.replies.table import Table

__all__ = ["SiteDirectory"]

_POSTMASTER = "postmaster"
_KINDS = {
    DomainClass.LOCAL: DomainKind.LOCAL,
    # Its addresses are mailboxes of ours, whatever the class of the domain.
    DomainClass.MAILBOX: DomainKind.LOCAL,
    DomainClass.ALIAS: DomainKind.ALIAS,
    DomainClass.RELAY: DomainKind.RELAY,
    DomainClass.FOREIGN: DomainKind.FOREIGN,
}
_KNOWN = Listing()
_UNKNOWN = Listing(is_known=False)


class SiteDirectory:
    """The domains and addresses of a site, as `dsnlib.replies.site.Directory` asks for them.

    Args:
        domains: The domains of the site.
        expansions: Where addresses lead.
        mailboxes: Which have a mailbox.
        router: Where mail goes: an address with the transport `error` is unknown.
        relay_recipients: Tables with the addresses of relay domains; without any,
            every address is one.
    """

    def __init__(
        self,
        domains: Domains,
        *,
        expansions: Expansions,
        mailboxes: Mailboxes,
        router: Router | None = None,
        relay_recipients: Iterable[Table] = (),
    ) -> None:
        self._domains = domains
        self._expansions = expansions
        self._mailboxes = mailboxes
        self._router = router
        self._relay_recipients = tuple(relay_recipients)

    def domain_kind(self, domain: str) -> DomainKind:
        """Return what a domain is to the site.  Never raises."""
        return _KINDS[self._domains.class_of(domain)]

    async def listing(self, address: str) -> Listing:
        """Return what is known of an address.

        Raises:
            LookupFailed: A table cannot answer.
        """
        whole = self._domains.qualify(address)
        local_part, _, domain = split_address(whole)
        class_ = self._domains.class_of(domain)
        # "MUST accept": at every domain served, and without one.   RFC 5321 s4.5.1
        if local_part.lower() == _POSTMASTER and class_ is not DomainClass.FOREIGN:
            return _KNOWN
        if self._expansions.look_up(whole) is not None:
            return _KNOWN
        if class_ is DomainClass.ALIAS:
            return _UNKNOWN
        refused = None if self._router is None else await self._refused(self._router, whole)
        if refused is not None:
            return refused
        if class_ in (DomainClass.LOCAL, DomainClass.MAILBOX):
            return _UNKNOWN if await self._mailboxes.find(whole) is None else _KNOWN
        is_relayed = class_ is not DomainClass.RELAY or await self._is_relayed(whole, domain)
        return _KNOWN if is_relayed else _UNKNOWN

    @staticmethod
    async def _refused(router: Router, whole: str) -> Listing | None:
        """Return why the way of an address ends at once, if it does."""
        destination = await router.route(whole)
        if destination.transport not in ("error", "retry"):
            return None
        is_temporary = destination.transport == "retry"
        return Listing(is_known=False, text=destination.nexthop, is_temporary=is_temporary)

    async def _is_relayed(self, whole: str, domain: str) -> bool:
        for key in (whole.lower(), f"@{domain.lower()}"):
            for table in self._relay_recipients:
                if await ask(table, key) is not None:
                    return True
        return not self._relay_recipients
