"""What restrictions have to know of the site: its codes, domains, users, tables.

Rules.
- What a restriction needs and the site does not have is an error when the
  policy is made, not when mail comes.
- The protocols are asked at run time, and may answer with awaitables.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import attrs

from dsnlib.model.number import require_whole
from dsnlib.model.texts import text_set, texts
from dsnlib.replies.resolver import Resolver
from dsnlib.replies.table import Table

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = [
    "Directory",
    "DomainKind",
    "Listing",
    "PolicyService",
    "Probe",
    "Prober",
    "ReplyCodes",
    "Site",
]


def _code(default: int) -> int:
    """Make the field of a reply code."""
    field: int = attrs.field(default=default, validator=_check_code)
    return field


def _check_code(_: object, attribute: attrs.Attribute[int], value: int) -> None:
    require_whole(value, f"reply codes: {attribute.name}", least=400, most=599)


@attrs.frozen(kw_only=True)
class ReplyCodes:
    """The reply codes of refusals, each 400..599; the names are Postfix's.

    Args:
        access_map_defer: DEFER in a table, and DEFER_IF_PERMIT, DEFER_IF_REJECT.
        access_map_reject: REJECT in a table.
        defer: `defer`, and `defer_if_permit`, `defer_if_reject`.
        invalid_hostname: `reject_invalid_helo_hostname`.
        maps_rbl: A client or name on a block list.
        multi_recipient_bounce: `reject_multi_recipient_bounce`.
        non_fqdn: A name or address without a full domain.
        plaintext: `reject_plaintext_session`.
        reject: `reject`.
        relay_domains: `reject_unauth_destination`.
        unauth_deferred: `defer_unauth_destination`.
        unauth_pipelining: `reject_unauth_pipelining`.
        unknown_address: A domain that the DNS does not have.
        unknown_client: A client without a name.
        unknown_hostname: A HELO name that the DNS does not have.
        unlisted: A sender or recipient that is no mailbox of ours.
        unlisted_deferred: The same, where delivery is put off.
        unverified_sender: A sender that was probed and is not there.
        unverified_recipient: The same of a recipient.
        unverified_deferred: A probe that has not ended.
        login_mismatch: A sender address that is not the user's own.
        null_mx_sender: A sender whose domain takes no mail (RFC 7505 s4.2).
        null_mx_recipient: A recipient whose domain takes none.

    Raises:
        InvalidValue: A code is out of range.
    """

    access_map_defer: int = _code(450)
    access_map_reject: int = _code(554)
    defer: int = _code(450)
    invalid_hostname: int = _code(501)
    maps_rbl: int = _code(554)
    multi_recipient_bounce: int = _code(550)
    non_fqdn: int = _code(504)
    plaintext: int = _code(450)
    reject: int = _code(554)
    relay_domains: int = _code(554)
    unauth_deferred: int = _code(454)
    unauth_pipelining: int = _code(503)
    unknown_address: int = _code(450)
    unknown_client: int = _code(450)
    unknown_hostname: int = _code(450)
    unlisted: int = _code(550)
    unlisted_deferred: int = _code(450)
    unverified_sender: int = _code(450)
    unverified_recipient: int = _code(450)
    unverified_deferred: int = _code(450)
    login_mismatch: int = _code(553)
    null_mx_sender: int = _code(550)
    null_mx_recipient: int = _code(556)


class DomainKind(enum.Enum):
    """What a domain is to the site."""

    LOCAL = "local"
    """Its mailboxes are here."""
    ALIAS = "alias"
    """Its addresses lead to others."""
    RELAY = "relay"
    """Mail for it is taken in and sent on."""
    FOREIGN = "foreign"
    """Somebody else's."""


@attrs.frozen(kw_only=True)
class Listing:
    """What the site knows of an address.

    Args:
        is_known: Whether mail for it can be delivered, as far as is known; a
            foreign address is known.
        text: Why not, for the sender; may begin with a status.
        is_temporary: Whether that may change.
    """

    is_known: bool = True
    text: str = ""
    is_temporary: bool = False


@attrs.frozen(kw_only=True)
class Probe:
    """What asking an address's own mail system has shown.

    Args:
        is_deliverable: Whether it takes mail; `None` while that is being asked.
        text: What it said.
    """

    is_deliverable: bool | None
    text: str = ""


class Directory(Protocol):
    """What the site knows of domains and addresses.

    Where it cannot be told, a function raises `LookupFailed`; any other exception, and an
    answer of another type, is taken for it.
    """

    def domain_kind(self, domain: str) -> DomainKind | Awaitable[DomainKind]:
        """Return what a domain is to the site; it is in lower case."""

    def listing(self, address: str) -> Listing | Awaitable[Listing]:
        """Return what is known of an address, with or without a domain."""


class Prober(Protocol):
    """Who asks whether an address takes mail.

    Whatever it raises is a failed look-up, as is an answer of another type.
    """

    def probe(self, address: str) -> Probe | Awaitable[Probe]:
        """Return what is known by now."""


class PolicyService(Protocol):
    """Who decides by the attributes of a session, as Postfix's policy services do.

    Whatever it raises is a failed look-up, as is an answer of another type.
    """

    def decide(self, attributes: Mapping[str, str]) -> str | Awaitable[str]:
        """Return an action, as an access table would have it."""


@attrs.frozen(kw_only=True)
class Site:
    """What a mail system has that restrictions may ask for; all of it is optional.

    Args:
        hostname: Our own name.
        addresses: Our own IP addresses, in text.
        networks: A table of the networks we trust.
        delimiter: What begins the extension of a local part: `"+"`, or none.
        parents_match: Whether `example.org` in a table stands for the domains
            below it too; if not, `.example.org` does.
        codes: The reply codes of refusals.
        directory: Our domains and mailboxes.
        resolver: The domain name system.
        prober: Who asks whether an address takes mail.
        login_owners: A table of which logins may use a sender address.
        certificates: A table of client certificates, by fingerprint.
        block_lists: The domains that `reject_maps_rbl` asks.
        backup_networks: A table of the networks in which the primary MX of a
            domain has to be for `permit_mx_backup`.
        policies: Policy services by the name that `check_policy_service` gives.
        skips_failed_lists: Whether a block list that does not answer is passed
            over, rather than the mail put off.

    Raises:
        InvalidValue: One text is given where several are wanted.
    """

    hostname: str = ""
    addresses: frozenset[str] = attrs.field(default=frozenset(), converter=text_set)
    networks: Table | None = None
    delimiter: str = ""
    parents_match: bool = True
    codes: ReplyCodes = attrs.field(factory=ReplyCodes)
    directory: Directory | None = None
    resolver: Resolver | None = None
    prober: Prober | None = None
    login_owners: Table | None = None
    certificates: Table | None = None
    block_lists: tuple[str, ...] = attrs.field(default=(), converter=texts)
    backup_networks: Table | None = None
    policies: Mapping[str, PolicyService] = attrs.field(factory=dict)
    skips_failed_lists: bool = False
