"""Restrictions about the client and the connection, and those that ask nothing.

The codes are Postfix's; RFC 7372 s3.3 has X.7.25 for a client whose name does
not lead back to it.
"""

from __future__ import annotations

from dsnlib.replies.finding import Finding, Inquiry, Ruling
from dsnlib.replies.search import find, network_keys
from dsnlib.replies.stage import Stage
from dsnlib.replies.table import ask

__all__ = [
    "defer",
    "defer_if_permit",
    "defer_if_reject",
    "permit",
    "permit_certificates",
    "permit_login",
    "permit_networks",
    "permit_own_addresses",
    "permit_trusted_certificates",
    "refuse_early_talkers",
    "refuse_hostname_unknown",
    "refuse_plaintext",
    "refuse_reverse_unknown",
    "reject",
]

_LOCAL_POLICY = "the rules of this site do not allow it"
_LATER = "please come back later"


async def permit(inquiry: Inquiry) -> Finding:
    """Let it pass."""
    return inquiry.permit()


async def reject(inquiry: Inquiry) -> Finding:
    """Refuse it."""
    return inquiry.refuse(inquiry.site.codes.reject, "5.7.1", _LOCAL_POLICY)


async def defer(inquiry: Inquiry) -> Finding:
    """Refuse it for now."""
    return inquiry.refuse(inquiry.site.codes.defer, "4.3.2", _LATER)


async def defer_if_permit(inquiry: Inquiry) -> Finding:
    """Refuse it for now if nothing else does."""
    codes = inquiry.site.codes
    return inquiry.refuse(codes.defer, "4.7.0", _LATER, ruling=Ruling.DEFER_IF_PERMIT)


async def defer_if_reject(inquiry: Inquiry) -> Finding:
    """Make a refusal of this list one for now."""
    codes = inquiry.site.codes
    return inquiry.refuse(codes.defer, "4.7.0", _LATER, ruling=Ruling.DEFER_IF_REJECT)


async def permit_networks(inquiry: Inquiry) -> Finding | None:
    """Let the networks pass that the site trusts."""
    networks = inquiry.site.networks
    if networks is None:
        return None
    found = await find(networks, network_keys(inquiry.session.client.address))
    return None if found is None else inquiry.permit(source=networks.name)


async def permit_own_addresses(inquiry: Inquiry) -> Finding | None:
    """Let our own addresses pass."""
    is_ours = inquiry.session.client.address in inquiry.site.addresses
    return inquiry.permit() if is_ours else None


async def permit_login(inquiry: Inquiry) -> Finding | None:
    """Let those pass who have authenticated."""
    return None if inquiry.session.login is None else inquiry.permit()


async def permit_certificates(inquiry: Inquiry) -> Finding | None:
    """Let those pass whose certificate the site knows."""
    table = inquiry.site.certificates
    if table is None:
        return None
    for fingerprint in inquiry.session.client.certificates:
        if await ask(table, fingerprint) is not None:
            return inquiry.permit(source=table.name)
    return None


async def permit_trusted_certificates(inquiry: Inquiry) -> Finding | None:
    """Let those pass whose certificate an authority vouches for."""
    return inquiry.permit() if inquiry.session.client.is_certificate_trusted else None


async def refuse_hostname_unknown(inquiry: Inquiry) -> Finding | None:
    """Refuse a client whose address has no name that leads back to it."""
    client = inquiry.session.client
    if client.hostname is not None:
        return None
    # What could not be found out is no reason to refuse for good.
    code = 450 if client.is_hostname_failed else inquiry.site.codes.unknown_client
    text = f"no name of its address [{client.address}] leads back to it"
    return inquiry.refuse(code, "5.7.25", text, stage=Stage.CLIENT, name="")


async def refuse_reverse_unknown(inquiry: Inquiry) -> Finding | None:
    """Refuse a client whose address has no name at all."""
    client = inquiry.session.client
    if client.reverse_hostname is not None:
        return None
    code = 450 if client.is_reverse_failed else inquiry.site.codes.unknown_client
    text = f"its address [{client.address}] has no name"
    return inquiry.refuse(code, "5.7.1", text, stage=Stage.CLIENT, name="")


async def refuse_early_talkers(inquiry: Inquiry) -> Finding | None:
    """Refuse a client that sends commands before it may (RFC 2920 s3.1)."""
    if not inquiry.session.has_talked_early:
        return None
    code = inquiry.site.codes.unauth_pipelining
    return inquiry.refuse(code, "5.5.0", "commands came before they were due")


async def refuse_plaintext(inquiry: Inquiry) -> Finding | None:
    """Refuse a session that is not encrypted."""
    if inquiry.session.is_tls:
        return None
    code = inquiry.site.codes.plaintext
    return inquiry.refuse(code, "5.7.1", "the connection has to be encrypted")
