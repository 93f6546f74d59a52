"""Restrictions about what an address is to this site: ours, known, its user's own.

Rules.
- Mail is taken for our own domains and those we relay for; the rest is for
  those whom another restriction has let pass.
- A notification, from the null path, goes to one recipient (RFC 5321 s4.5.5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.errors import InvalidStatusCode
from dsnlib.model.local_part import domain_of
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.replies.resolver import resolve
from dsnlib.replies.search import address_keys, find, network_keys
from dsnlib.replies.site import DomainKind, Listing, Probe
from dsnlib.replies.stage import Stage
from dsnlib.replies.table import settle

if TYPE_CHECKING:
    from dsnlib.replies.finding import Finding, Inquiry

__all__ = [
    "defer_foreign_destination",
    "permit_backup",
    "permit_own_destination",
    "refuse_foreign_destination",
    "refuse_login_mismatch",
    "refuse_login_mismatch_known",
    "refuse_login_mismatch_with_login",
    "refuse_login_mismatch_without",
    "refuse_several_recipients",
    "refuse_unlisted_recipient",
    "refuse_unlisted_sender",
    "refuse_unverified_recipient",
    "refuse_unverified_sender",
    "settle_destination",
]

# Chosen by us: room for the codes and the address in a line of 512 octets.
_LONGEST_PROBE_TEXT = 250

# What a local part can name another system with: user%host, host!user, "user@host".
_ROUTE = frozenset("@%!")


async def permit_own_destination(inquiry: Inquiry) -> Finding | None:
    """Let mail pass that is for a domain of ours."""
    return inquiry.permit() if await _is_ours(inquiry) else None


async def settle_destination(inquiry: Inquiry) -> Finding | None:
    """Let mail pass that is for a domain of ours, and refuse all other."""
    return await permit_own_destination(inquiry) or await refuse_foreign_destination(inquiry)


async def refuse_foreign_destination(inquiry: Inquiry) -> Finding | None:
    """Refuse mail that is for nobody of ours."""
    return await _refuse_foreign(inquiry, inquiry.site.codes.relay_domains)


async def defer_foreign_destination(inquiry: Inquiry) -> Finding | None:
    """Refuse mail for now that is for nobody of ours."""
    return await _refuse_foreign(inquiry, inquiry.site.codes.unauth_deferred)


async def _refuse_foreign(inquiry: Inquiry, code: int) -> Finding | None:
    if inquiry.session.recipient is None or await _is_ours(inquiry):
        return None
    text = "this system does not pass mail on to its domain"
    return inquiry.refuse(code, "5.7.1", text, stage=Stage.RECIPIENT)


async def _is_ours(inquiry: Inquiry) -> bool:
    recipient, directory = inquiry.session.recipient, inquiry.site.directory
    if recipient is None or directory is None:
        return False
    domain = domain_of(recipient)
    if not domain:
        return True  # whoever is meant is here
    kind = await settle(
        lambda: directory.domain_kind(domain), DomainKind, source="directory", key=domain
    )
    if kind is DomainKind.RELAY and not _ROUTE.isdisjoint(recipient.rpartition("@")[0]):
        # The next system might follow the route, and we would have relayed for a stranger.
        return False
    return kind is not DomainKind.FOREIGN


async def permit_backup(inquiry: Inquiry) -> Finding | None:
    """Let mail pass that is for a domain of ours, or one that names us in its MX records.

    Where the site says in which networks the primary MX has to be, one of its
    addresses is.
    """
    site = inquiry.site
    domain = domain_of(inquiry.session.recipient or "")
    if await _is_ours(inquiry):
        return inquiry.permit()
    if not domain or site.resolver is None:
        return None
    exchangers = await resolve(site.resolver, "mail_exchangers", domain)
    ours = [name for name in exchangers if name.lower() == site.hostname.lower()]
    primary = next((name for name in exchangers if name and name not in ours), None)
    if not ours or primary is None or exchangers[0] in ours:
        return None
    if site.backup_networks is None:
        return inquiry.permit()
    for address in await resolve(site.resolver, "addresses", primary):
        if await find(site.backup_networks, network_keys(address)) is not None:
            return inquiry.permit(source=site.backup_networks.name)
    return None


async def refuse_several_recipients(inquiry: Inquiry) -> Finding | None:
    """Refuse a notification for more than one recipient."""
    session = inquiry.session
    if session.sender != "" or session.recipients < 2:
        return None
    code = inquiry.site.codes.multi_recipient_bounce
    return inquiry.refuse(code, "5.5.3", "a notification goes to one recipient")


async def refuse_unlisted_sender(inquiry: Inquiry) -> Finding | None:
    """Refuse a sender that would be ours and is not known."""
    return await _refuse_unlisted(inquiry, inquiry.session.sender, Stage.SENDER, "1.0")


async def refuse_unlisted_recipient(inquiry: Inquiry) -> Finding | None:
    """Refuse a recipient that would be ours and is not known."""
    return await _refuse_unlisted(inquiry, inquiry.session.recipient, Stage.RECIPIENT, "1.1")


async def _refuse_unlisted(
    inquiry: Inquiry, address: str | None, stage: Stage, detail: str
) -> Finding | None:
    directory = inquiry.site.directory
    if not address or directory is None:
        return None
    listing = await settle(
        lambda: directory.listing(address), Listing, source="directory", key=address
    )
    if listing.is_known:
        return None
    codes = inquiry.site.codes
    code = codes.unlisted_deferred if listing.is_temporary else codes.unlisted
    status, text = _take_status(listing.text, f"5.{detail}")
    return inquiry.refuse(code, status, text or "there is no such mailbox here", stage=stage)


def _take_status(text: str, default: str) -> tuple[str, str]:
    """Return the status that a text begins with, and the rest."""
    word, _, rest = text.partition(" ")
    try:
        EnhancedStatusCode.parse(word)
    except InvalidStatusCode:
        return default, text
    return word, rest.strip()


async def refuse_unverified_sender(inquiry: Inquiry) -> Finding | None:
    """Refuse a sender that its own mail system does not take mail for."""
    code = inquiry.site.codes.unverified_sender
    return await _refuse_unverified(inquiry, inquiry.session.sender, Stage.SENDER, code, "5.1.7")


async def refuse_unverified_recipient(inquiry: Inquiry) -> Finding | None:
    """Refuse a recipient that the mail system behind us does not take mail for."""
    code = inquiry.site.codes.unverified_recipient
    return await _refuse_unverified(
        inquiry, inquiry.session.recipient, Stage.RECIPIENT, code, "5.1.1"
    )


async def _refuse_unverified(
    inquiry: Inquiry, address: str | None, stage: Stage, code: int, status: str
) -> Finding | None:
    prober = inquiry.site.prober
    if not address or prober is None:
        return None
    probe = await settle(lambda: prober.probe(address), Probe, source="prober", key=address)
    if probe.is_deliverable:
        return None
    said = f": {probe.text[:_LONGEST_PROBE_TEXT]}" if probe.text else ""
    if probe.is_deliverable is None:
        text = f"it is not verified yet{said}"
        return inquiry.refuse(inquiry.site.codes.unverified_deferred, status, text, stage=stage)
    return inquiry.refuse(code, status, f"no mail can be delivered to it{said}", stage=stage)


async def refuse_login_mismatch(inquiry: Inquiry) -> Finding | None:
    """Refuse a sender that is another's, and one that is a user's who has not logged in."""
    if inquiry.session.login is None:
        return await refuse_login_mismatch_without(inquiry)
    return await refuse_login_mismatch_with_login(inquiry)


async def refuse_login_mismatch_with_login(inquiry: Inquiry) -> Finding | None:
    """Refuse a sender that is not known to be the user's who has logged in."""
    return await _refuse_not_owned(inquiry, takes_unknown=False)


async def refuse_login_mismatch_known(inquiry: Inquiry) -> Finding | None:
    """Refuse a sender that is known to be another's."""
    if inquiry.session.login is None:
        return await refuse_login_mismatch_without(inquiry)
    return await _refuse_not_owned(inquiry, takes_unknown=True)


async def _refuse_not_owned(inquiry: Inquiry, *, takes_unknown: bool) -> Finding | None:
    login = inquiry.session.login
    if login is None or inquiry.session.sender is None:
        return None
    owners, source = await _owners(inquiry, inquiry.session.sender)
    if login.lower() in owners or (takes_unknown and not owners):
        return None
    text = f"it is not an address of the user {login}"
    return inquiry.refuse(
        inquiry.site.codes.login_mismatch, "5.7.1", text, stage=Stage.SENDER, source=source
    )


async def refuse_login_mismatch_without(inquiry: Inquiry) -> Finding | None:
    """Refuse a sender that is a user's when nobody has logged in."""
    if inquiry.session.login is not None or inquiry.session.sender is None:
        return None
    owners, source = await _owners(inquiry, inquiry.session.sender)
    if not owners:
        return None
    text = "to use this address, log in first"
    return inquiry.refuse(
        inquiry.site.codes.login_mismatch, "5.7.1", text, stage=Stage.SENDER, source=source
    )


async def _owners(inquiry: Inquiry, sender: str) -> tuple[frozenset[str], str]:
    """Return the logins that may use an address, in lower case, and who said so."""
    table = inquiry.site.login_owners
    if table is None:
        return frozenset(), ""
    found = await find(table, address_keys(sender, delimiter=inquiry.site.delimiter))
    if found is None:
        return frozenset(), table.name
    return frozenset(found.value.lower().replace(",", " ").split()), table.name
