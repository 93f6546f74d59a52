"""Restrictions about names: that of HELO, and the domains of addresses.

Rules.
- What the DNS cannot tell now is refused for now, and only if all else permits.
- RFC 5321 s4.5.1: a server takes mail for `postmaster`, without a domain too.
- RFC 7505: a null MX says that a domain takes, and so sends, no mail.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from dsnlib.errors import LookupFailed
from dsnlib.model.local_part import domain_of
from dsnlib.replies.finding import Finding, Inquiry, Ruling
from dsnlib.replies.resolver import resolve
from dsnlib.replies.site import DomainKind
from dsnlib.replies.stage import Stage
from dsnlib.replies.table import settle

if TYPE_CHECKING:
    from dsnlib.replies.resolver import Resolver

__all__ = [
    "refuse_helo_invalid",
    "refuse_helo_not_full",
    "refuse_helo_unknown",
    "refuse_recipient_domain_unknown",
    "refuse_recipient_not_full",
    "refuse_sender_domain_unknown",
    "refuse_sender_not_full",
]

# Let-dig *(let-dig / "-") let-dig                               RFC 5321 s4.1.2
# TOLERANT: "_" anywhere, which hosts of some systems have; and U-labels, which
# RFC 6531 s3.3 allows.  Named by the US-ASCII that is left out.
_LETTER = r"[^\x00-/:-@\[-^`{-\x7f]"
_LABEL = re.compile(rf"{_LETTER}(?:(?:{_LETTER}|-)*{_LETTER})?")
_LABEL_LENGTH = 63
_NAME_LENGTH = 255


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_literal(text: str) -> bool:
    """Tell whether a text is an address literal (RFC 5321 s4.1.3)."""
    if not (text.startswith("[") and text.endswith("]")):
        return False
    inner = text[1:-1]
    return _is_address(inner[5:] if inner[:5].lower() == "ipv6:" else inner)


def _is_hostname(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    return (
        len(text) <= _NAME_LENGTH
        and all(len(each) <= _LABEL_LENGTH and _LABEL.fullmatch(each) for each in labels)
        and not all(each.isdecimal() for each in labels)  # that would be an address
    )


async def refuse_helo_invalid(inquiry: Inquiry) -> Finding | None:
    """Refuse a HELO name that no host can have."""
    helo = inquiry.session.helo
    if helo is None or _is_address(helo) or _is_literal(helo) or _is_hostname(helo):
        return None
    what = "IP address" if helo.startswith("[") else "host name"
    code = inquiry.site.codes.invalid_hostname
    return inquiry.refuse(code, "5.5.2", f"it is not a valid {what}", stage=Stage.HELO)


async def refuse_helo_not_full(inquiry: Inquiry) -> Finding | None:
    """Refuse a HELO name that is neither a full domain name nor a literal."""
    helo = inquiry.session.helo
    if helo is None or _is_literal(helo) or _is_full(helo):
        return None
    code = inquiry.site.codes.non_fqdn
    text = "the full name of the host is needed"
    return inquiry.refuse(code, "5.5.2", text, stage=Stage.HELO)


async def refuse_helo_unknown(inquiry: Inquiry) -> Finding | None:
    """Refuse a HELO name that the DNS does not have."""
    helo, resolver = inquiry.session.helo, inquiry.site.resolver
    if helo is None or resolver is None or _is_literal(helo):
        return None

    def refuse(code: int, text: str, ruling: Ruling = Ruling.REFUSE) -> Finding:
        return inquiry.refuse(code, "5.7.1", text, stage=Stage.HELO, ruling=ruling)

    try:
        if await _takes_mail(resolver, helo) is not False:
            return None
    except LookupFailed:
        return refuse(450, "its name cannot be looked up now", Ruling.DEFER_IF_PERMIT)
    return refuse(inquiry.site.codes.unknown_hostname, "there is no such host")


async def refuse_sender_not_full(inquiry: Inquiry) -> Finding | None:
    """Refuse a sender without a full domain name; the null path has none to show."""
    return _refuse_not_full(inquiry, inquiry.session.sender, Stage.SENDER)


async def refuse_recipient_not_full(inquiry: Inquiry) -> Finding | None:
    """Refuse a recipient without a full domain name; `postmaster` needs none."""
    recipient = inquiry.session.recipient
    if recipient is not None and recipient.lower() == "postmaster":
        return None
    return _refuse_not_full(inquiry, recipient, Stage.RECIPIENT)


def _refuse_not_full(inquiry: Inquiry, address: str | None, stage: Stage) -> Finding | None:
    if not address:
        return None
    domain = domain_of(address)
    if _is_literal(domain) or _is_full(domain):
        return None
    code = inquiry.site.codes.non_fqdn
    return inquiry.refuse(code, "5.5.2", "an address with its full domain is needed", stage=stage)


def _is_full(name: str) -> bool:
    return "." in name.removesuffix(".") and _is_hostname(name)


async def refuse_sender_domain_unknown(inquiry: Inquiry) -> Finding | None:
    """Refuse a sender whose domain the DNS does not have, or that takes no mail."""
    return await _refuse_domain_unknown(
        inquiry,
        inquiry.session.sender,
        Stage.SENDER,
        null_mx=(inquiry.site.codes.null_mx_sender, "5.7.27"),
    )


async def refuse_recipient_domain_unknown(inquiry: Inquiry) -> Finding | None:
    """Refuse a recipient whose domain the DNS does not have, or that takes no mail."""
    return await _refuse_domain_unknown(
        inquiry,
        inquiry.session.recipient,
        Stage.RECIPIENT,
        null_mx=(inquiry.site.codes.null_mx_recipient, "5.1.10"),
    )


async def _refuse_domain_unknown(
    inquiry: Inquiry, address: str | None, stage: Stage, *, null_mx: tuple[int, str]
) -> Finding | None:
    domain = domain_of(address or "")
    resolver = inquiry.site.resolver
    if not domain or resolver is None or _is_literal(domain):
        return None
    directory = inquiry.site.directory
    if directory is not None:
        kind = await settle(
            lambda: directory.domain_kind(domain), DomainKind, source="directory", key=domain
        )
        if kind is not DomainKind.FOREIGN:
            return None
    status = "5.1.8" if stage is Stage.SENDER else "5.1.2"
    try:
        takes_mail = await _takes_mail(resolver, domain)
    except LookupFailed:
        text = "its domain cannot be looked up now"
        return inquiry.refuse(450, status, text, stage=stage, ruling=Ruling.DEFER_IF_PERMIT)
    if takes_mail is None:
        code, status = null_mx
        return inquiry.refuse(code, status, "its domain takes no mail", stage=stage)
    if takes_mail:
        return None
    code = inquiry.site.codes.unknown_address
    return inquiry.refuse(code, status, "its domain does not exist", stage=stage)


async def _takes_mail(resolver: Resolver, domain: str) -> bool | None:
    """Tell whether a domain has an MX or an address; `None` for a null MX.

    Raises:
        LookupFailed: It cannot be told.
    """
    exchangers = await resolve(resolver, "mail_exchangers", domain)
    if exchangers:
        return True if any(exchangers) else None
    return bool(await resolve(resolver, "addresses", domain))
